/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LOAD_TEXT_H
#define CONF_LOAD_LOAD_TEXT_H

/* Loading from memory, for tests and fuzzers. */

#include "conf/load/settings.h"

/* As settings_load() for one file of that name and text. */
struct settings *settings_load_text(
    const char *name, const char *text, size_t length, struct report *report);

/* As settings_check(), likewise. */
bool settings_check_text(const char *name, const char *text, size_t length,
    struct report *report, struct settings **settings,
    struct contents *contents);

#endif
