/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/list.h"
#include "conf/load/parts.h"

#define UNBUILT(key, text)                                            \
	{                                                             \
		.name = (key), .type = &type_unbuilt, .about = (text) \
	}

static const struct schema_row list_rows[] = {
    [LIST_ROW_PREFIXES] = {.name = "prefixes",
	.type = &type_list_prefixes,
	.values = "addresses and prefixes in brackets",
	.about = "The prefixes themselves, for a list that needs other keys "
		 "too."},
    [LIST_ROW_FILE] = {.name = "file",
	.type = &type_list_file,
	.values = "a path",
	.about = "A file that holds them. It is watched, and read again when "
		 "it changes."},
    [LIST_ROW_PRESET] = {.name = "preset",
	.type = &type_list_preset,
	.values = "the name of a preset",
	.about = "The ranges of a CDN or cloud, as shipped with the program; "
		 "each tells in its file of which day they are."},
    [LIST_ROW_DYNAMIC] = {.name = "dynamic",
	.type = &type_list_dynamic,
	.values = "true",
	.about = "Filled while running, through the control socket, and kept "
		 "in the state-directory."},
    [LIST_ROW_FORMAT] = {.name = "format",
	.type = &type_list_format,
	.words = list_formats,
	.values = "lines, csv, json or ndjson",
	.default_ = "lines",
	.about = "What the file looks like. In lines, there is one prefix, "
		 "address or range a line, and comments from # or ; on; words "
		 "behind the first are passed over, as in maps of HAProxy. In "
		 "csv, they are in one column. A json file is one document, "
		 "ndjson an object a line."},
    [LIST_ROW_COLUMN] = {.name = "column",
	.type = &type_list_column,
	.min = 1,
	.max = 1000,
	.values = "a number from 1 to 1000",
	.default_ = "1",
	.about = "The column of a csv file in which they are."},
    [LIST_ROW_PATH] = {.name = "path",
	.type = &type_list_path,
	.values = "keys with dots between, [] behind those of arrays",
	.about = "Where they are in a json or ndjson file, as in "
		 "prefixes[].ip_prefix; several with commas between."},
    [LIST_ROW_FILTER] = {.name = "filter",
	.type = &type_list_filter,
	.values = "a mapping of keys to values",
	.about = "Only entries count that have these values: in their own "
		 "object, or in one around it."},
    [LIST_ROW_EXPORT] = {.name = "export",
	.type = &type_path,
	MEMBER(struct list_settings, export_),
	.values = "a path",
	.about = "A file that the list is written to, one prefix a line, "
		 "whenever it changes: for HAProxy's own ACLs, should the "
		 "agent be away."},
    [LIST_ROW_GUARD] = {.name = "guard",
	.type = &type_list_guard,
	.values = "a mapping",
	.about = "Which changes of its content are refused."},
    [LIST_ROW_URL] = UNBUILT("url", "Fetched from the web."),
    [LIST_ROW_REDIS] = UNBUILT("redis", "Shared through Redis or Valkey."),
    [LIST_ROW_CROWDSEC] =
	UNBUILT("crowdsec", "The decisions of a CrowdSec LAPI."),
    UNBUILT("refresh", "How often a feed is fetched."),
    UNBUILT("key", "The name of the set in Redis."),
    UNBUILT("key-file", "A file with the key of a CrowdSec LAPI."),
};

const struct schema_object object_list = {.name = "a list",
    .about = "A list has its prefixes in brackets, or it is a mapping that "
	     "says where they are: one of prefixes, file, preset and dynamic, "
	     "and what goes with it.",
    ROWS(list_rows)};

/* ---- guards ---- */

static const struct schema_row guard_rows[] = {
    {.name = "tolerate",
	.type = &type_percent,
	MEMBER(struct guard_settings, tolerate),
	.max = 100,
	.default_ = "0%",
	.about = "The share of entries that may be bad. They are left out; "
		 "with more of them the file is refused."},
    {.name = "shrink",
	.type = &type_percent,
	MEMBER(struct guard_settings, shrink),
	.max = 100,
	.default_ = "30%",
	.about = "The share of entries that may go at once."},
    {.name = "growth",
	.type = &type_percent,
	MEMBER(struct guard_settings, growth),
	.max = 1000000,
	.default_ = "50%",
	.about = "How much may be added at once, by the number there was; it "
		 "counts from 100 entries on."},
    {.name = "widest",
	.type = &type_widest,
	.values = "two prefix lengths, for IPv4 and IPv6, in brackets",
	.default_ = "[8, 16]",
	.about = "The widest prefixes that may come."},
    {.name = "never",
	.type = &type_set,
	MEMBER(struct guard_settings, never),
	.use = SET_OF_CLIENTS,
	.default_ = "[]",
	.about = "Nothing that touches any of this may come."},
    {.name = "allow",
	.type = &type_allow,
	.values = "addresses in brackets",
	.default_ = "[]",
	.about = "Addresses that must stay allowed: outside of a list that "
		 "rules deny by, inside of others."},
    {.name = "deny",
	.type = &type_deny,
	.values = "addresses in brackets",
	.default_ = "[]",
	.about = "Addresses that must stay denied: inside of a list that rules "
		 "deny by, outside of others."},
};

const struct schema_object object_guard = {.name = "guard",
    .about =
	"A new content of a list has to pass all of these; else the old "
	"one stays, and the log tells why. Where a rule denies by the list, "
	"more than half of IPv4, or of IPv6 2000::/3, never passes.",
    ROWS(guard_rows)};
