#!/bin/sh
# SPDX-License-Identifier: MIT
# make lint: every check, all of them run; ends with "N passed, N failed" and exit 1 when one failed.
# Usage: run.sh 'CPPFLAGS' (the flags that clang-tidy, cppcheck and gcc -fanalyzer need).
set -u
cd "$(dirname "$0")/../.." || exit 2
flags=$1
passed=0 failed=0
check() { # title, command...
	title=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		printf 'ok   lint: %s\n' "$title"
	else
		failed=$((failed + 1))
		printf 'FAIL lint: %s\n' "$title"
	fi
}
ours=$(git ls-files 'core/*.c' 'tui/*.c' 'widgets/*.c' 'themes/*.c' | tr '\n' ' ')
tidy_all() {
	printf '%s\n' $ours | xargs -P 2 -n 8 sh -c 'clang-tidy --quiet "$@" -- '"$flags"' -std=gnu17 2>&1 |
		grep -E "(warning|error):" ; true' tidy | sort -u > "$out"
	cat "$out"
	[ ! -s "$out" ]
}
# It looks only while it compiles to something: -fsyntax-only would find nothing in anything.
analyze() { # FILE...
	printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c 'object=$(mktemp) && gcc '"$flags"' -std=gnu17 -O1 -fanalyzer \
		-Wno-analyzer-malloc-leak -c -o "$object" "$1" 2>&1 | grep -E "warning:|error:"; rm -f "$object"' analyze > "$out"
	cat "$out"
}
analyze_all() {
	[ -n "$(analyze tests/lint/null.c)" ] || { echo 'it does not see what is wrong in tests/lint/null.c'; return 1; }
	analyze $ours
	[ ! -s "$out" ]
}
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
check 'the order of the rooms' tests/lint/layers.sh
check 'house rules' tests/lint/rules.sh
check 'sizes' tests/lint/size.sh
check 'shellcheck' tests/lint/shell.sh
check 'the list of mutants' tests/lint/mutants.sh
check 'clang-format' sh -c 'clang-format --dry-run -Werror $(git ls-files "*.c" "*.h")'
check 'cppcheck' sh -c 'cppcheck --quiet --inline-suppr --enable=warning,portability --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=varFuncNullUB --suppress=preprocessorErrorDirective \
	--suppress=syntaxError --suppress=unknownMacro --suppress=internalAstError -j 2 -I. '"$ours"
check 'clang-tidy' tidy_all
check 'gcc -fanalyzer' analyze_all
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
