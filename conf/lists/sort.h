/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_SORT_H
#define CONF_LISTS_SORT_H

/* Sorting in place what lists are made of. Private to conf/lists. */

#include "conf/lists/prefixes.h"

/* Keys below 2^40, ascending. */
void sort_ipv4(uint64_t *keys, size_t count);

/* By address, then by length; bits[i] and lengths[i] belong together. */
void sort_ipv6(struct ipv6_bits *bits, uint8_t *lengths, size_t count);

#endif
