#!/bin/bash
# SPDX-License-Identifier: MIT
# botswain promqltest: our own tests of PromQL pass, and those of Prometheus but for what tests/promqltest/allowed names. Prints TAP.
# BOTSWAIN_CORPUS names another folder than ../shared/corpus.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
corpus=${BOTSWAIN_CORPUS:-../shared/corpus}/promqltest
. tests/support/tap.sh
tap_begin promqltest

run() { "$build/botswain" promqltest "$@" >"$top/said" 2>"$top/errors"; }
passes_whole() { run "$1" && tail -n 1 "$top/said" | grep -qE '^[1-9][0-9]* passed, 0 failed, 0 not supported$'; }

for file in tests/promqltest/*.test; do
	check "all of $(basename -- "$file") passes" passes_whole "$file"
done

# FILE:LINE of each case that did not pass, against those that are named with a reason.
not_passed() { sed -nE 's/^.*\/([a-z_]+\.test:[0-9]+): (failed|not supported): .*/\1/p' "$top/said" | LC_ALL=C sort; }
named() { sed -nE "s/^($1:[0-9]+) .+/\1/p" tests/promqltest/allowed | LC_ALL=C sort; }
passes_but_for_named() {
	run "$1"
	diff <(named "$(basename -- "$1")") <(not_passed)
}
if [ -d "$corpus" ]; then
	for file in literals operators range_queries selectors staleness; do
		check "all of Prometheus' $file.test passes but what is named, and nothing is named that passes" \
			passes_but_for_named "$corpus/$file.test"
	done
	check 'more than 200 cases of Prometheus pass' test "$(run "$corpus"/*.test; sed -n '$s/ passed.*//p' "$top/said")" -ge 232
else
	skip "the tests of Prometheus" "no $corpus"
fi

has_reason() { ! grep -vE '^#|^$' tests/promqltest/allowed | grep -vqE '^[a-z_]+\.test:[0-9]+ [a-z].+'; }
check 'each case that is named has its reason' has_reason

printf 'load 1m\n  a 1\n\neval instant at 0 a\n  a 1\n\neval instant at 0 a + 1\n  {} 3\n' >"$top/wrong.test"
says_where() {
	local status
	run "$top/wrong.test"
	status=$?
	[ $status = 1 ] && printf '%s\n' "$top/wrong.test:7: failed: a + 1: {} should be 3 and is 2" '1 passed, 1 failed, 0 not supported' |
		diff - "$top/said"
}
check 'a case that fails is named by file and line, with what was got, and the exit status is 1' says_where
refuses() { run "$@"; [ $? = 2 ] && [ -s "$top/errors" ] && [ ! -s "$top/said" ]; }
check 'a file that is missing is a mistake of its own' refuses "$top/none.test"
check 'no file is a mistake of its own' refuses
helps() { grep -qE ' promqltest +FILE' <<<"$("$build/botswain" --help)" && grep -qx ':files' <<<"$("$build/botswain" completion -- promqltest '')"; }
check 'help and completion know it' helps
tap_end
