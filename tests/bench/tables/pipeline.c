/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/clock.h"
#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/unique.h"

struct text {
	char *bytes; /* a NUL behind the last one */
	size_t size;
};

static struct text
read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	struct text text = {NULL, 0};

	if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	text.size = (size_t)ftell(file);
	rewind(file);
	text.bytes = memory_new(text.size + 1, 1);
	if (fread(text.bytes, 1, text.size, file) != text.size) {
		perror(path);
		exit(1);
	}
	fclose(file);
	return text;
}

/* ---- lines: what is wrong ends the program ---- */

_Noreturn static void
refuse(const char *line)
{
	fprintf(stderr, "no prefix: %.40s\n", line);
	exit(1);
}

static unsigned
read_number(const char **at, unsigned limit)
{
	const char *from = *at;
	unsigned number = 0;

	while (**at >= '0' && **at <= '9' && *at < from + 3)
		number = number * 10 + (unsigned)(*(*at)++ - '0');
	if (*at == from || number > limit || (*from == '0' && *at > from + 1))
		refuse(from);
	return number;
}

static uint128
read_ipv4(const char **at)
{
	uint32_t address = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (i > 0 && *(*at)++ != '.')
			refuse(*at - 1);
		address = address << 8 | read_number(at, 255);
	}
	return address;
}

static int
hexadecimal(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static unsigned
read_group(const char **at)
{
	const char *from = *at;
	unsigned group = 0;
	int digit;

	while (*at < from + 4 && (digit = hexadecimal(**at)) >= 0) {
		group = group << 4 | (unsigned)digit;
		++*at;
	}
	if (*at == from)
		refuse(from);
	return group;
}

static uint128
read_ipv6(const char **at)
{
	uint128 address = 0, before = 0;
	unsigned groups = 0, gap = 8;

	for (;;) {
		if (gap == 8 && (*at)[0] == ':' && (*at)[1] == ':') {
			gap = groups;
			before = address;
			address = 0;
			*at += 2;
			if (hexadecimal(**at) < 0)
				break;
		} else if (groups > 0) {
			if (**at != ':')
				break;
			++*at;
		}
		if (groups == 8)
			refuse(*at);
		address = address << 16 | read_group(at);
		groups++;
	}
	if (gap == 8 && groups != 8)
		refuse(*at);
	return gap == 8 || gap == 0 ? address
				    : before << (128 - 16 * gap) | address;
}

static void
add(struct set *set, uint128 address, unsigned length)
{
	size_t at = set->count++;

	set->lengths[at] = (uint8_t)length;
	set->masks[at] = 1;
	if (set->family == ADDRESS_IPV4) {
		set->ipv4[at] = (uint32_t)address;
	} else {
		set->ipv6[at].hi = (uint64_t)(address >> 64);
		set->ipv6[at].lo = (uint64_t)address;
	}
}

static void
read_lines(struct set *set, const struct text *text)
{
	const char *at = text->bytes;
	bool wide = set->family == ADDRESS_IPV6;

	while (*at != '\0') {
		uint128 address = wide ? read_ipv6(&at) : read_ipv4(&at);
		unsigned length = set_width(set);

		if (*at == '/') {
			at++;
			length = read_number(&at, length);
		}
		if (*at++ != '\n' ||
		    (address & set_host_bits(set, length)) != 0)
			refuse(at - 1);
		add(set, address, length);
	}
}

/* Room for a prefix every 8 bytes; what is not used costs nothing. */
static void
make_room(struct set *set, const struct text *text)
{
	set->room = text->size / 8 + 1;
	set->members = 1;
	set->family =
	    memchr(text->bytes, ':', text->size < 50 ? text->size : 50)
		? ADDRESS_IPV6
		: ADDRESS_IPV4;
	set->lengths = memory_new(set->room, 1);
	set->masks = memory_new(set->room, sizeof(set->masks[0]));
	if (set->family == ADDRESS_IPV4)
		set->ipv4 = memory_new(set->room, sizeof(set->ipv4[0]));
	else
		set->ipv6 = memory_new(set->room, sizeof(set->ipv6[0]));
}

/* ---- sorting IPv4 by its digits, 11 bits each ---- */

enum { DIGIT = 11, DIGITS = 1 << DIGIT, PASSES = 4 };

static void
sort_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
	static size_t places[DIGITS];
	size_t sum = 0;

	memset(places, 0, sizeof(places));
	for (size_t i = 0; i < count; i++)
		places[from[i] >> shift & (DIGITS - 1)]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t own = places[digit];

		places[digit] = sum;
		sum += own;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* By the address, then by the length, of six bits. */
static void
sort_ipv4(struct set *set)
{
	uint64_t *keys = memory_new(set->count, sizeof(keys[0]));
	uint64_t *other = memory_new(set->count, sizeof(keys[0]));
	uint64_t *kept;

	for (size_t i = 0; i < set->count; i++)
		keys[i] = (uint64_t)set->ipv4[i] << 6 | set->lengths[i];
	for (unsigned pass = 0; pass < PASSES; pass++) {
		sort_pass(keys, other, set->count, pass * DIGIT);
		kept = keys;
		keys = other;
		other = kept;
	}
	for (size_t i = 0; i < set->count; i++) {
		set->ipv4[i] = (uint32_t)(keys[i] >> 6);
		set->lengths[i] = keys[i] & 63;
	}
	memory_free(keys, set->count, sizeof(keys[0]));
	memory_free(other, set->count, sizeof(keys[0]));
}

static void
sort(struct set *set)
{
	if (set->family == ADDRESS_IPV4)
		sort_ipv4(set);
	else
		unique_sort(set);
}

/* ---- all together ---- */

static void
tell(const char *step, uint64_t *since)
{
	uint64_t now = clock_cpu();

	printf("%s\t%.3f\n", step, (double)(now - *since) / 1e6);
	*since = clock_cpu();
}

void
pipeline_run(const char *path)
{
	const struct engine *engine;
	struct set set = {.name = "file"};
	uint64_t since = clock_cpu();
	struct text text = read_all(path);

	make_room(&set, &text);
	read_lines(&set, &text);
	printf("lines\t%zu\n", set.count);
	tell("read", &since);
	engine = set.family == ADDRESS_IPV4 ? &engine_hl4 : &engine_hl6;
	if (!engine->fits(&set)) {
		sort(&set);
		tell("sort", &since);
		engine =
		    set.family == ADDRESS_IPV4 ? &engine_dxr16 : &engine_h32;
	}
	engine->free(engine->build(&set));
	tell("build", &since);
	printf("engine\t%s\n", engine->name);
}
