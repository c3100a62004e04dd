#!/bin/bash
# SPDX-License-Identifier: MIT
# The runner itself: what it takes for passed, failed and skipped. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
tap_begin run
# What the runner around this one was told is none of the business of those below.
unset BOTSWAIN_BESIDE BOTSWAIN_BEYOND BOTSWAIN_REPORTS BOTSWAIN_TEST_LIMIT

# counts EXPECTED STATUS LINE...: a program that prints the lines and ends with the status
counts() {
	local expected=$1 status=$2; shift 2
	{ printf '#!/bin/sh\n'; printf 'echo "%s"\n' "$@"; printf 'exit %s\n' "$status"; } >"$top/program"
	chmod +x "$top/program"
	tests/run.sh "$top/program" | tail -1 >"$top/said"
	[ "$(cat "$top/said")" = "$expected" ]
}

check 'what is ok has passed' counts '1 passed, 0 failed, 0 skipped' 0 'ok 1 - a' '1..1'
check 'what is not ok has failed' counts '1 passed, 1 failed, 0 skipped' 0 'ok 1 - a' 'not ok 2 - b' '1..2'
check 'what cmocka skips is skipped' counts '1 passed, 0 failed, 1 skipped' 0 'not ok 1 # SKIP a' 'ok 2 - b' '1..2'
check 'what a shell test skips is skipped' counts '0 passed, 0 failed, 1 skipped' 0 'ok 1 - a # SKIP no such thing' '1..1'
check 'a name that speaks of skipping is none' counts '0 passed, 1 failed, 0 skipped' 1 'not ok 1 - a # SKIP b' '1..1'
check 'a program that ends badly has failed' counts '1 passed, 1 failed, 0 skipped' 3 'ok 1 - a' '1..1'
check 'a program that ends before its plan has failed' counts '1 passed, 1 failed, 0 skipped' 0 'ok 1 - a' '1..2'
check 'a program that says nothing has failed' counts '0 passed, 1 failed, 0 skipped' 0

# A word of a sanitizer is a failure of the program that it is of, and of no other that runs at the same time.
write_program() { printf '#!/bin/sh\n%s\necho "ok 1 - a"; echo 1..1\n' "$2" >"$top/$1"; chmod +x "$top/$1"; }
blames_one() {
	write_program good "until [ -e $top/written ]; do sleep 0.01; done"
	write_program bad 'file=${ASAN_OPTIONS#log_path=}; echo "ERROR: a leak" >"$file.1"; : >"${0%bad}written"'
	BOTSWAIN_REPORTS=$top/reports BOTSWAIN_BESIDE=$top/good tests/run.sh "$top/bad" >"$top/said"
	grep -q "^ok   $top/good: 1 passed" "$top/said" && grep -q "^FAIL $top/bad" "$top/said" &&
		grep -q 'ERROR: a leak' "$top/said" && [ "$(tail -1 "$top/said")" = '2 passed, 1 failed, 0 skipped' ]
}
check 'a report is of the program in whose lane it is written' blames_one
tap_end
