#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh BUILD_DIR
#
# Runs the tests with programs built for gcov and tells what they reached. Ends
# with 1 when a test fails or too little was reached: see coverage.py.

set -u

build=$1
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# Silent unless something fails.
run() {
	B=$build sh tests/tools/tap-run.sh "$@" >"$work/out" || {
		cat "$work/out"
		failed=1
	}
}

run_units() {
	set --
	for source in tests/unit/test_*.c; do
		name=${source##*/}
		set -- "$@" "$build/tests/${name%.c}"
	done
	run "$@"
}

run_replays() {
	set --
	for source in tests/fuzz/fuzz_*.c; do
		name=${source##*/fuzz_}
		name=${name%.c}
		set -- "$@" "$build/replay/fuzz_$name tests/fuzz/corpus/$name"
	done
	run "$@"
}

find "$build" -name '*.gcda' -delete
run_units
run "tests/tools/conf-test.sh $build" "tests/tools/manual.sh --check $build"
run "tests/conformance/run-cases.py $build/truesrcctl" \
	"tests/conformance/random_policies.py $build/truesrcctl"
run_replays
run tests/integration/[123][0-9]-*.py
/usr/bin/python3 tests/tools/coverage.py "$build" || failed=1
exit $failed
