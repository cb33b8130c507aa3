#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tap-run.sh PROGRAM...
#
# Runs test programs that print TAP (*.py and *.sh by their interpreter; with
# arguments as in "a.py -x"), one after the other, each for TAP_TIMEOUT seconds
# at most. Shows a line for each program and whatever failed; the last line is
# "N passed, N failed". A program that dies, is stopped, or runs other than the
# planned number of tests has one more failure. Ends with 1 on failures, or when
# there was nothing to run.
#
# TAP_TOTALS names a file that the sums are appended to; with TAP_COMMENTS=1 the
# comments of the programs are shown, too. What TAP_WITH says stands behind the
# last line: "N passed, N failed; HAProxy 2.6.12".

set -u

limit=${TAP_TIMEOUT:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

run() {
	# shellcheck disable=SC2086 # the arguments are apart
	set -- $1
	case $1 in
	*.py) set -- /usr/bin/python3 "$@" ;;
	*.sh) set -- sh "$@" ;;
	esac
	timeout -k 10 "$limit" "$@" >"$work/out" 2>"$work/err" </dev/null
}

# Reads TAP; prints what failed to standard error and the counts, "passed
# failed skipped", to standard output.
count() {
	awk -v code="$1" -v limit="$limit" '
	function show(text) { print "    " text >"/dev/stderr" }
	function fail(text) { failed++; show(text) }
	/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1; next }
	/^ok/ {
		run++
		failing = 0
		words = ""
		if (/# [Ss][Kk][Ii][Pp]/) { skipped++; show($0) } else passed++
		next
	}
	/^not ok/ { run++; failing = 1; words = ""; fail($0); next }
	/^Bail out!/ { fail($0); next }
	failing { show($0); next }
	/^#/ { words = words "\n    " $0 }
	END {
		if (code == 124)
			fail("not ended after " limit " seconds" words)
		else if (code == 137)
			fail("killed" words)
		else if (code != 0 && !failed)
			fail("ended with " code words)
		if (planned && run != plan)
			fail(run + 0 " tests run, " plan " planned")
		else if (!planned && code == 0)
			fail("no plan")
		print passed + 0, failed + 0, skipped + 0
	}' "$work/out"
}

passed=0
failed=0
skipped=0
for program; do
	started=$(date +%s%N)
	code=0
	run "$program" || code=$?
	milliseconds=$((($(date +%s%N) - started) / 1000000))
	count $code >"$work/counts" 2>"$work/failures"
	read -r good bad left <"$work/counts"
	word=ok
	[ "$bad" -eq 0 ] || word=FAIL
	printf '%-4s %-44s %6d passed' "$word" "$program" "$good"
	[ "$bad" -eq 0 ] || printf ', %d failed' "$bad"
	[ "$left" -eq 0 ] || printf ', %d skipped' "$left"
	printf '  %d.%03ds\n' $((milliseconds / 1000)) $((milliseconds % 1000))
	cat "$work/failures"
	[ "${TAP_COMMENTS:-0}" = 0 ] || sed -n 's/^# /    /p' "$work/out"
	if [ "$bad" -gt 0 ] && [ -s "$work/err" ]; then
		tail -n 40 "$work/err" | sed 's/^/    | /'
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	skipped=$((skipped + left))
done

if [ $# -eq 0 ]; then
	echo "FAIL nothing to run"
	failed=1
fi
[ -z "${TAP_TOTALS:-}" ] ||
	echo "$passed $failed $skipped" >>"$TAP_TOTALS"
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed${TAP_WITH:+; $TAP_WITH}"
[ "$failed" -eq 0 ]
