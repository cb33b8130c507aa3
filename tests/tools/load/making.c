/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/making.h"

#include <stdio.h>

/* ---- verdicts ---- */

void
expect(struct expected *expected, enum verdict verdict, enum rule rule)
{
	expected->verdict = (uint8_t)verdict;
	expected->rule = (uint8_t)rule;
}

/* The policy "default" about a client. */
static void
expect_default(struct expected *expected, enum place place)
{
	expect(expected, VERDICT_ALLOW, RULE_DEFAULT);
	switch (place) {
	case PLACE_LISTED:
		expect(expected, VERDICT_DENY, RULE_BLOCKED);
		break;
	case PLACE_OFFICE:
		expect(expected, VERDICT_ALLOW, RULE_ALLOW_1);
		break;
	case PLACE_SUSPECT:
		expect(expected, VERDICT_CAPTCHA, RULE_CAPTCHA_2);
		break;
	case PLACE_EVEN:
		expected->changing = CHANGING_EVEN;
		break;
	case PLACE_ODD:
		expected->changing = CHANGING_ODD;
		break;
	case PLACE_CLEAR:
	case PLACE_NEAR:
		break;
	}
}

void
expect_client(struct making *making, enum source source)
{
	struct expected *expected = &making->route->expected;

	expected->client = making->client;
	expected->source = (uint8_t)source;
	expected->proven = true;
	expect_default(expected, making->place);
}

void
expect_proxy(struct making *making, const struct ip *proxy, enum source source)
{
	struct expected *expected = &making->route->expected;

	expected->client = *proxy;
	expected->source = (uint8_t)source;
	expected->flags |= FLAG_PROXYS_OWN;
	expect(expected, VERDICT_ALLOW, RULE_DEFAULT);
}

void
expect_error(struct making *making, enum error error)
{
	struct expected *expected = &making->route->expected;

	*expected =
	    (struct expected){.scope = SCOPE_TXN, .error = (uint8_t)error};
}

/* ---- entries and lines ---- */

struct ip
next_balancer(struct making *making)
{
	return balancer_address(making->balancer++);
}

void
add_address(struct making *making, const struct ip *ip)
{
	char *entry = making->entries[making->count++];
	unsigned spelling = dice_below(&making->dice, 100);
	unsigned port = 1024 + dice_below(&making->dice, 60000);
	struct ip mapped = ip_mapped(*ip);
	char text[IP_TEXT_SIZE];

	ip_format(spelling >= 95 ? &mapped : ip, text);
	if (spelling < 4)
		snprintf(entry, ENTRY_SIZE,
		    ip->family == 4 ? "%s:%u" : "[%s]:%u", text, port);
	else if (spelling < 8 && ip->family == 6)
		snprintf(entry, ENTRY_SIZE, "[%s]", text);
	else
		snprintf(entry, ENTRY_SIZE, "%s", text);
}

void
add_text(struct making *making, const char *text)
{
	snprintf(making->entries[making->count++], ENTRY_SIZE, "%s", text);
}

struct ip
add_balancers(struct making *making, unsigned count)
{
	struct ip first = {0};

	for (unsigned i = 0; i < count; i++) {
		struct ip hop = next_balancer(making);

		if (i == 0)
			first = hop;
		add_address(making, &hop);
	}
	return first;
}

void
add_lies(struct making *making)
{
	static const char *const lies[] = {"unknown", "127.0.0.1", "10.20.0.1",
	    "198.18.7.7", "_hidden", "1.2.3", "::1", "2001:db8:1::7",
	    "\"4.4.4.4\"", "192.168.1.1"};
	unsigned count = 1 + dice_below(&making->dice, 3);

	for (unsigned i = 0; i < count; i++)
		add_text(making, lies[dice_below(&making->dice,
				     sizeof(lies) / sizeof(lies[0]))]);
}

static void
add_to_line(char *line, const char *separator, const char *entry)
{
	size_t length = strlen(line);

	snprintf(line + length, LINE_SIZE - length, "%s%s",
	    length > 0 ? separator : "", entry);
}

void
make_lines(struct making *making, unsigned count)
{
	static const char *const separators[] = {", ", ",", " , ", ",\t"};
	struct route *route = making->route;
	const char *separator = separators[dice_percent(&making->dice, 80)
					       ? 0
					       : dice_below(&making->dice, 4)];
	unsigned line = count;

	for (unsigned i = 0; i < making->count; i++) {
		unsigned left = making->count - i;

		if (line == count || left <= line ||
		    (line > 0 && dice_percent(&making->dice, 40)))
			line--;
		add_to_line(route->lines[line], separator, making->entries[i]);
	}
	route->sent = count;
	route->count = count;
	if (count > 1)
		route->expected.flags |= FLAG_SEVERAL;
}

void
make_some_lines(struct making *making)
{
	unsigned most = making->count < LINES_SENT ? making->count : LINES_SENT;

	make_lines(making, dice_percent(&making->dice, 70)
			       ? 1
			       : 1 + dice_below(&making->dice, most));
}
