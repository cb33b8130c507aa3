/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_LOG_KEPT_H
#define AGENT_CONTROL_LOG_KEPT_H

/* The log's own view of the lines it keeps; its mutex guards them. */

#include "agent/control/log.h"

/* Without what ends it. */
void log_kept_add(struct log_kept *kept, enum log_level level, const char *text,
    size_t length);

#endif
