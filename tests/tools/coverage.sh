#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh BUILD_DIR
#
# Runs the tests of configurations, the unit tests, the conformance tests and
# the fuzz corpora with programs built for gcov, and prints what share of the
# lines and branches they reached.

set -eu

build=$1

find "$build" -name '*.gcda' -delete
for program in "$build"/tests/test_*; do
	case $program in
	*.*) ;;
	*) "$program" >/dev/null 2>&1 || echo "failed: $program" ;;
	esac
done
sh tests/tools/conf-test.sh "$build" >/dev/null 2>&1 ||
	echo "failed: conf-test.sh"
for program in run-cases random_policies; do
	/usr/bin/python3 "tests/conformance/$program.py" "$build/truesrcctl" \
		>/dev/null 2>&1 || echo "failed: $program"
done
for program in "$build"/replay/fuzz_*; do
	name=${program##*/}
	[ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] ||
		"$program" "tests/fuzz/corpus/${name#fuzz_}" >/dev/null 2>&1 ||
		echo "failed: $program"
done

echo
printf '%-36s %9s %8s %9s %8s\n' source lines reached branches reached
find "$build/proto" "$build/conf" "$build/agent/policy" -name '*.gcda' | sort |
	while IFS= read -r data; do
		gcov -b -n -r "$data" 2>/dev/null
	done | awk '
	function show(name, l, lh, b, bh) {
		printf "%-36s %9d %7.1f%% %9d %7.1f%%\n", name, l,
			l ? 100 * lh / l : 100, b, b ? 100 * bh / b : 100
	}
	function close_file() {
		if (name !~ /\.c$/)
			return
		show(name, lines, line_hits, branches, branch_hits)
		all_l += lines; all_lh += line_hits
		all_b += branches; all_bh += branch_hits
	}
	/^File / {
		close_file()
		name = substr($2, 2, length($2) - 2)
		lines = line_hits = branches = branch_hits = 0
	}
	/^Lines executed:/ {
		split($0, part, /[:%]| of /)
		lines = $NF
		line_hits = part[2] * lines / 100
	}
	/^Taken at least once:/ {
		split($0, part, /[:%]| of /)
		branches = $NF
		branch_hits = part[2] * branches / 100
	}
	/^$/ { close_file(); name = "" }
	END { close_file(); show("all", all_l, all_lh, all_b, all_bh) }'
