#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# conf-test.sh BUILD_DIR
#
# Configurations and what must be said of them, as TAP. tests/conf/NAME.in is a
# file, or NAME.args names several. NAME.ok is what was understood (without it
# the configuration must be refused), and reads again to the same; NAME.err is
# the report, none for nothing to say; NAME.held is what its lists hold, where
# that is worth a look. @DIR@ stands for tests/conf.
#
# With UPDATE=1 writes .ok, .err and .held instead; look at the difference.

set -u

[ $# -eq 1 ] || {
	echo "usage: conf-test.sh BUILD_DIR" >&2
	exit 2
}
cd "$(dirname "$0")/../.." || exit 1
case $1 in
/*) check=$1/tests/confcheck ;;
*) check=$PWD/$1/tests/confcheck ;;
esac
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
number=0
failed=0

# result NAME STATUS: one test, with $work/why as the reason.
result() {
	number=$((number + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $number - $1"
	else
		failed=$((failed + 1))
		echo "not ok $number - $1"
		sed 's/^/# /' "$work/why"
	fi
}

# run FILES…: leaves $work/out, $work/err and the exit status.
run() {
	timeout 60 "$check" -p "$@" >"$work/raw" 2>"$work/err"
	status=$?
	sed "s|$PWD|@DIR@|g" "$work/raw" >"$work/out"
	return $status
}

# Is the report what NAME.err says, or empty without one?
same_report() {
	if [ -f "$1.err" ]; then
		diff -u "$1.err" "$work/err"
	else
		diff -u /dev/null "$work/err"
	fi
}

refused() {
	[ "$status" -eq 1 ] || {
		echo "exit status $status, not 1"
		cat "$work/err"
		return 1
	}
	[ ! -s "$work/out" ] || {
		echo "refused, and printed all the same"
		return 1
	}
	same_report "$1"
}

understood() {
	[ "$status" -eq 0 ] || {
		echo "exit status $status, not 0"
		cat "$work/err"
		return 1
	}
	diff -u "$1.ok" "$work/out" && same_report "$1" || return 1
	cp "$work/raw" "$work/again.yaml"
	run "$work/again.yaml"
	cmp "$work/again.yaml" "$work/raw"
}

update() {
	rm -f "$1.ok" "$1.err"
	[ "$status" -ne 0 ] || cp "$work/out" "$1.ok"
	[ ! -s "$work/err" ] || cp "$work/err" "$1.err"
}

# case_named NAME FILES…
case_named() {
	name=$1
	shift
	run "$@"
	if [ "${UPDATE:-}" = 1 ]; then
		update "$name"
	elif [ -f "$name.ok" ]; then
		understood "$name" >"$work/why"
	else
		refused "$name" >"$work/why"
	fi
	result "$name" $?
}

# held NAME: do the lists of NAME.in hold what NAME.held says?
held() {
	timeout 60 "$check" -l "$1.in" >"$work/held" 2>/dev/null
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$work/held" "$1.held"
	else
		diff -u "$1.held" "$work/held" >"$work/why"
	fi
	result "$1, what the lists hold" $?
}

# round_trip NAME FILE: is understood, and printed reads again to the same.
round_trip() {
	if run "$2"; then
		cp "$work/raw" "$work/again.yaml"
		run "$work/again.yaml" && cmp "$work/again.yaml" "$work/raw" \
			>"$work/why"
		result "$1" $?
	else
		cp "$work/err" "$work/why"
		result "$1" 1
	fi
}

# quick NAME STATUS FILE TEXT: ends soon, with the status and, unless it is
# empty, the text.
quick() {
	timeout 20 "$check" "$3" >"$work/out" 2>"$work/err"
	status=$?
	head -n 3 "$work/err" >"$work/why"
	[ "$status" -eq "$2" ] && { [ -z "$4" ] || grep -q "$4" "$work/err"; }
	result "$1" $?
}

cd tests/conf || exit 1
for input in *.in; do
	case_named "${input%.in}" "$input"
done
for contents in *.held; do
	held "${contents%.held}"
done
for arguments in *.args; do
	# shellcheck disable=SC2046
	case_named "${arguments%.args}" $(cat "$arguments")
done

for like in "$root"/conf/like/*.yaml; do
	like=$(basename "$like" .yaml)
	echo "policies: {default: {like: $like}}" >"$work/like.yaml"
	round_trip "like $like" "$work/like.yaml"
done
for example in "$root"/conf/examples/*.yaml; do
	[ ! -f "$example" ] ||
		round_trip "example $(basename "$example")" "$example"
done

# Large and hostile: neither may take long.
awk 'BEGIN {
	print "lists:"
	for (i = 0; i < 1000; i++) {
		printf "  list-%d: [", i
		for (k = 0; k < 100; k++)
			printf "10.%d.%d.%d, ", i / 4, i % 4 * 64 + k % 50, k
		print "\"2001:db8::/32\"]"
	}
	print "policies:"
	for (i = 0; i < 1000; i++) {
		printf "  policy-%d:\n    trust: [192.0.2.1]\n", i
		printf "    rules:\n      - deny: ["
		for (k = 0; k < 64; k++)
			printf "list-%d, ", (i * 7 + k) % 1000
		print "]"
	}
}' >"$work/policies.yaml"
quick "1000 policies of 64 lists" 0 "$work/policies.yaml" ''
awk 'BEGIN {
	print "policies: {p: {}}\nlists:"
	for (i = 0; i < 1000; i++) {
		printf "  list-%d:\n    - \"", i
		for (k = 0; k < 140; k++)
			printf "2001:db8:%x:%x::/64\"\n    - \"", i, k
		print "2001:db8::/128\""
	}
}' >"$work/large.yaml"
quick "4 MiB of prefixes" 0 "$work/large.yaml" ''
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "["; }' >"$work/deep.yaml"
quick "200,000 brackets" 1 "$work/deep.yaml" 'more than 16 deep'
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "- "; }' >"$work/deep.yaml"
quick "200,000 dashes" 1 "$work/deep.yaml" 'more than 16 deep'
awk 'BEGIN {
	print "a: &a [x, x, x, x, x, x, x, x, x]"
	for (i = 98; i < 123; i++)
		printf "%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c]\n", \
		    i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1
}' >"$work/bomb.yaml"
quick "aliases of aliases" 1 "$work/bomb.yaml" 'aliases are not taken'
awk 'BEGIN {
	printf "lists: {a: ["
	for (i = 0; i < 200001; i++)
		printf "1.1.1.1,"
	print "]}"
}' >"$work/nodes.yaml"
quick "more than 200,000 nodes" 1 "$work/nodes.yaml" '200000 nodes'
awk 'BEGIN { for (i = 0; i < 99000; i++) print "threads: 4" }' \
	>"$work/keys.yaml"
quick "99,000 times the same key" 1 "$work/keys.yaml" 'written twice'
awk 'BEGIN {
	print "lists:"
	for (i = 0; i < 60000; i++)
		printf "  a-list-name-%d: []\n", i
	printf "policies: {p: {rules: [{deny: ["
	for (i = 0; i < 50000; i++)
		printf "a-lost-name-%d, ", i
	print "]}]}}"
}' >"$work/names.yaml"
quick "50,000 names that are not there" 1 "$work/names.yaml" 'no list is named'
awk 'BEGIN {
	printf "#"
	for (i = 0; i < 17 * 1024; i++)
		printf "%1024s", ""
}' >"$work/size.yaml"
quick "more than 16 MiB" 1 "$work/size.yaml" 'larger than 16 MiB'
quick "a file without end" 1 /dev/zero 'larger than 16 MiB'

echo "1..$number"
[ "$failed" -eq 0 ]
