#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs and sums up their TAP: ends with "N passed, N failed, N skipped"; exit 1 when one failed.
# A program that dies or prints no result counts as one failure. BOTSWAIN_TEST_LIMIT (s) bounds each program.
set -u
passed=0 failed=0 skipped=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
for program in "$@"; do
	CMOCKA_MESSAGE_OUTPUT=TAP timeout "${BOTSWAIN_TEST_LIMIT:-120}" "$program" >"$out" 2>&1
	status=$?
	p=$(grep -c '^[[:space:]]*ok ' "$out"); s=$(grep -ci '^[[:space:]]*ok .*# skip' "$out"); f=$(grep -c '^[[:space:]]*not ok ' "$out")
	p=$((p - s))
	if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
	if [ "$status" -eq 0 ] && [ $((p + s)) -eq 0 ]; then f=1; fi
	if [ "$f" -gt 0 ]; then
		printf 'FAIL %s (exit %s)\n' "$program" "$status"
		sed 's/^/     /' "$out" | tail -n 60
	else
		printf 'ok   %s: %d passed%s\n' "$program" "$p" "$([ "$s" -gt 0 ] && printf ', %d skipped' "$s")"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
