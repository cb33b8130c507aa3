/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/presets.h"

#include <string.h>

const struct preset *
preset_find(const char *name)
{
	size_t first = 0, last = preset_count;

	while (first < last) {
		size_t middle = first + (last - first) / 2;
		int order = strcmp(name, presets[middle].name);

		if (order == 0)
			return &presets[middle];
		if (order < 0)
			last = middle;
		else
			first = middle + 1;
	}
	return NULL;
}
