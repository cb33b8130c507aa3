/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/packer.h"

bool
packer_step(
    struct packer *packer, const struct dynamic *dynamic, unsigned count)
{
	struct dynamic_entry entry;

	for (unsigned i = 0; i < count; i++) {
		if (!dynamic_next(
			dynamic, packer->begun ? &packer->last : NULL, &entry))
			return true;
		packer->begun = true;
		packer->last = entry.prefix;
		prefixes_add(&packer->builder, &entry.prefix);
	}
	return false;
}
