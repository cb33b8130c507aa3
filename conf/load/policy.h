/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_POLICY_H
#define CONF_LOAD_POLICY_H

/* The parts of a policy. Private to conf/load. */

#include "conf/load/loader.h"

/* Rows of object_policy that others ask for. */
enum policy_row {
	POLICY_LIKE,
	POLICY_TRUST,
	POLICY_UNTRUSTED_PEER,
	POLICY_PEER,
	POLICY_PROXY,
	POLICY_SOURCES,
	POLICY_FALLBACK,
	POLICY_CONFLICT,
	POLICY_IP,
	POLICY_RULES,
	POLICY_DEFAULT,
	POLICY_UNKNOWN,
	POLICY_FORWARD,
	POLICY_V4_PREFIX,
	POLICY_V6_PREFIX,
	POLICY_SCOPE,
	POLICY_RETURN,
	POLICY_MODE,
};

/* Rows of object_source. */
enum source_row {
	SOURCE_ROW_HEADER,
	SOURCE_ROW_ARGUMENT,
	SOURCE_ROW_FORMAT,
	SOURCE_ROW_LINES,
	SOURCE_ROW_PICK,
	SOURCE_ROW_FROM,
	SOURCE_ROW_TRUST,
	SOURCE_ROW_EXTERNAL,
	SOURCE_ROW_HOPS,
	SOURCE_ROW_VERIFY,
	SOURCE_ROW_LIMIT,
	SOURCE_ROW_SKIP,
	SOURCE_ROW_ON_INVALID,
	SOURCE_ROW_ON_EMPTY,
	SOURCE_ROW_ALL_TRUSTED,
	SOURCE_ROW_SHORT,
};

/* Rows of object_rule. */
enum rule_row {
	RULE_ROW_ALLOW,
	RULE_ROW_DENY,
	RULE_ROW_VERDICT,
	RULE_ROW_LISTS,
	RULE_ROW_NAME,
	RULE_ROW_STATUS,
	RULE_ROW_MESSAGE,
	RULE_ROW_EVEN_PROXIES,
};

enum { FORWARD_ROW_TRUSTED, FORWARD_ROW_UNTRUSTED }; /* of object_forward */

enum { PROXY_ROW_MODE }; /* of object_proxy */

extern const struct schema_type type_like;
extern const struct schema_type type_proxy;
extern const struct schema_type type_sources;
extern const struct schema_type type_source;
extern const struct schema_type type_conflict;
extern const struct schema_type type_ip;
extern const struct schema_type type_rules;
extern const struct schema_type type_verdict;
extern const struct schema_type type_forward;
extern const struct schema_type type_return;
extern const struct schema_type type_header;
extern const struct schema_type type_argument;
extern const struct schema_type type_rule_set;
extern const struct schema_type type_rule_verdict;
extern const struct schema_type type_rule_name;
extern const struct schema_type type_rule_status;
extern const struct schema_type type_rule_message;
extern const struct schema_type type_even_proxies;

/*
 * Starts a policy from the ready one that its key "like" names; reported when
 * there is none of that name.
 */
void like_apply(struct loader *loader, const struct node *value,
    struct policy_settings *policy);

/* More names of headers or arguments than a request has places for? */
void policies_count_fields(struct loader *loader);

/* The defaults of the fields that "forward" may name. */
void forward_defaults(
    enum forward_field field, struct forward_settings *forward);

#endif
