#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# functional.sh BUILD_DIR
#
# What the programs do, in that build: unit tests, conformance, inputs of the
# fuzzers, the integration tests. Its last line is the sum of them all. For
# builds with a sanitizer, and for build/valgrind, where a program that is good
# but was reported on ends badly (valgrind takes a share of it, for it is slow).

set -u

build=${1:?usage: functional.sh BUILD_DIR}
kind=${build##*/}
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
TAP_TOTALS=$work/totals
TAP_TIMEOUT=1800
B=$build
TSAN_OPTIONS="report_thread_leaks=0 die_after_fork=0 exitcode=66"
CK_TIMEOUT_MULTIPLIER=20
export B TAP_TOTALS TAP_TIMEOUT TSAN_OPTIONS CK_TIMEOUT_MULTIPLIER
: >"$TAP_TOTALS"
started=$(date +%s)

title() {
	echo
	echo "== $kind: $* ($(($(date +%s) - started)) s)"
}

run() {
	sh tests/tools/tap-run.sh "$@"
}

# How much of what is random, and which tests with real HAProxys.
policies=200
requests=200000
left_out=
peers='tests/integration/1*.py'
haproxys='tests/integration/5*.py'
if [ "$kind" = valgrind ]; then
	# A limit of descriptors would be valgrind's own, too.
	policies=10
	requests=5000
	# Millions of cases each; the corpora of the fuzzers stand in for them.
	left_out='dialog table reclaim'
	peers='tests/integration/1[0-2]-*.py tests/integration/1[5-9]-*.py'
	haproxys='tests/integration/51-*.py tests/integration/56-*.py
		tests/integration/57-*.py'
fi

title unit tests
set --
for source in tests/unit/test_*.c; do
	name=${source##*/test_}
	name=${name%.c}
	case " $left_out " in
	*" $name "*) ;;
	*) set -- "$@" "$build/tests/test_$name" ;;
	esac
done
run "$@"

title conformance
run "tests/conformance/run-cases.py $build/truesrcctl" \
	"tests/conformance/random_policies.py --policies $policies
		$build/truesrcctl" \
	"$build/tests/safety -n $requests"

title inputs of the fuzzers
set --
for source in tests/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	name=${name%.c}
	set -- "$@" "$build/replay/fuzz_$name tests/fuzz/corpus/$name"
done
run "$@"

title integration, our own peer
# shellcheck disable=SC2086 # patterns
run $peers

title integration, HAProxy
/usr/bin/python3 tests/tools/haproxies.py
# shellcheck disable=SC2086 # patterns
run $haproxys

title "all done"
awk -v kind="$kind" '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		if (skipped)
			print skipped " skipped"
		print kind ": " passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0
	}' "$TAP_TOTALS"
