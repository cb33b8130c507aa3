/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_PARTS_H
#define CONF_LOAD_PARTS_H

/* Types of single keys outside of policies. Private to conf/load. */

#include "conf/load/schema.h"

extern const struct schema_type type_threads;
extern const struct schema_type type_limits;
extern const struct schema_type type_log;
extern const struct schema_type type_address;
extern const struct schema_type type_control;
extern const struct schema_type type_socket;
extern const struct schema_type type_mode;
extern const struct schema_type type_path;
/* Read and printed by hand: several files may have a share in it. */
extern const struct schema_type type_part;

#endif
