#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test-all.sh BUILD_DIR
#
# Everything that has to pass, a stage after the other; a stage that fails does
# not keep the next from running, and one that is missing has failed. The last
# line is "N passed, N failed; HAProxy ..." with the versions that were run; ends
# with 1 when anything failed.
#
# ALLOW_SKIP=1 makes do with the HAProxys at hand.

set -u

build=${1:-build/release}
sanitized=$(dirname "$build")/asan
threaded=$(dirname "$build")/tsan
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
TAP_TOTALS=$work/totals
export TAP_TOTALS
: >"$TAP_TOTALS"
started=$(date +%s)

title() {
	echo
	echo "== $* ($(($(date +%s) - started)) s)"
}

# A command that is one test by itself: silent unless it fails.
step() {
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok   $name"
		echo "1 0 0" >>"$TAP_TOTALS"
	else
		echo "FAIL $name"
		tail -n 40 "$work/out" | sed 's/^/    | /'
		echo "0 1 0" >>"$TAP_TOTALS"
	fi
}

run() {
	sh tests/tools/tap-run.sh "$@"
}

# The unit tests by the names of their sources, so that none is left out
# because it was not built.
run_units() {
	directory=$1
	set --
	for source in tests/unit/test_*.c; do
		name=${source##*/}
		set -- "$@" "$directory/tests/${name%.c}"
	done
	run "$@"
}

# A corpus each, by the names of the targets.
run_replays() {
	set --
	for source in tests/fuzz/fuzz_*.c; do
		name=${source##*/fuzz_}
		name=${name%.c}
		set -- "$@" "$sanitized/replay/fuzz_$name tests/fuzz/corpus/$name"
	done
	run "$@"
}

title lint
TAP_TIMEOUT=600 run tests/lint/run.sh

title build
step "release" \
	make -j2 B="$build" VARIANT=release all units tools faults-programs
step "address and undefined behaviour sanitizers" \
	make -j2 B="$sanitized" VARIANT=asan all units replay faults-programs
step "thread sanitizer" make -j2 B="$threaded" VARIANT=tsan all

title unit tests
run_units "$build"

title unit tests under sanitizers
TAP_TIMEOUT=600 run_units "$sanitized"

title tools of the tests
B=$build run tests/tools/check_*.py

title configuration
run "tests/tools/conf-test.sh $build" "tests/tools/manual.sh --check $build"

title conformance
B=$build run tests/conformance/test_oracle.py \
	"tests/conformance/run-cases.py $build/truesrcctl" \
	"tests/conformance/random_policies.py --policies 500 $build/truesrcctl" \
	"$build/tests/safety -n 1000000"

title inputs of the fuzzers
run_replays

title integration
step "HAProxys" /usr/bin/python3 tests/tools/haproxies.py
sed 's/^# /     /' "$work/out"
B=$build TAP_TIMEOUT=300 run tests/integration/[0-9]*.py

title integration under sanitizers
B=$sanitized run tests/integration/5[1-46-9]-*.py tests/integration/33-*.py tests/integration/34-*.py

# A thread that is left behind at the end is no race.
title integration under the thread sanitizer
B=$threaded TSAN_OPTIONS="report_thread_leaks=0 exitcode=66" \
	run tests/integration/51-*.py tests/integration/56-*.py

title calls that fail, clocks that step
B=$sanitized TAP_TIMEOUT=600 run "tests/faults/run.py --share 25" \
	tests/faults/found.py
B=$build run tests/faults/clock.py

title bad peers, and endurance
B=$build SIEGE_SCALE=0.5 TAP_TIMEOUT=600 run \
	"tests/faults/siege.py --count 100 --storm 4000 --rounds 3" \
	"tests/tools/soak.py --seconds 45"

title "all done"
awk -v with="$(/usr/bin/python3 tests/tools/haproxies.py --closing)" '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		if (skipped)
			print skipped " skipped"
		print with ": " passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0
	}' "$TAP_TOTALS"
