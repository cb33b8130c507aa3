/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/sweep.h"

static struct prefixes *
pack(const struct table_member *member)
{
	struct prefixes_builder builder = {0};

	for (size_t i = 0; i < member->count; i++)
		prefixes_add(&builder, &member->prefixes[i]);
	return prefixes_finish(&builder);
}

bool
sources_init(
    struct sources *sources, const struct table_member *members, unsigned count)
{
	sources->count = 0;
	for (unsigned m = 0; m < count; m++) {
		struct prefixes *own;

		if (members[m].packed)
			sources->items[sources->count++] =
			    (struct source){members[m].packed, NULL, m};
		if (members[m].count == 0)
			continue;
		own = pack(&members[m]);
		if (!own)
			return false;
		sources->items[sources->count++] = (struct source){own, own, m};
	}
	return true;
}

void
sources_fini(struct sources *sources)
{
	for (unsigned i = 0; i < sources->count; i++)
		prefixes_unref(sources->items[i].own);
}
