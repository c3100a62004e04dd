#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs and sums up their TAP: one line a program with its seconds, at the end "N passed, N failed,
# N skipped"; exit 1 when one failed. A program that dies or prints no result counts as one failure, and so does one
# that stops before its plan is met. BOTSWAIN_TEST_LIMIT (s) bounds each program. BOTSWAIN_BESIDE and BOTSWAIN_BEYOND
# name programs that run beside the others and beside each other, each list one after the other: such as mostly wait. BOTSWAIN_REPORTS is a folder for what
# the sanitizers say, also in programs that a test starts; one word of theirs is a failure of the test.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
reports=${BOTSWAIN_REPORTS-}
[ -z "$reports" ] || rm -rf "$reports"
# Each lane has a folder of its own, so that a word is that of the program that runs in it.
watch_reports() { # LANE
	[ -n "$reports" ] || return 0
	reports=$reports/$1
	mkdir -p "$reports/seen" || exit 1
	chmod 1777 "$reports"
	export ASAN_OPTIONS="log_path=$reports/report" TSAN_OPTIONS="log_path=$reports/report"
	export LSAN_OPTIONS="print_suppressions=0"
	export UBSAN_OPTIONS="log_path=$reports/report:print_stacktrace=1"
}
has_reports() { [ -n "$reports" ] && [ -n "$(find "$reports" -maxdepth 1 -type f)" ]; }
show_reports() {
	for report in "$reports"/report*; do
		printf '     %s\n' "$report"
		sed 's/^/     /' "$report" | head -n 40
		mv "$report" "$reports/seen/"
	done
}
seconds() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }'; }
# One program: its line, and its counts for the sum.
run_one() { # LANE PROGRAM
	out=$work/$1.out program=$2
	start=$(date +%s.%N)
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "${BOTSWAIN_TEST_LIMIT:-120}" "$program" >"$out" 2>&1
	status=$?
	took=$(seconds "$start")
	sed -i 's/^\([[:space:]]*\)not ok \([0-9]* # SKIP\)/\1ok \2/' "$out" # as cmocka prints what it skips
	p=$(grep -c '^[[:space:]]*ok ' "$out"); s=$(grep -ci '^[[:space:]]*ok .*# skip' "$out"); f=$(grep -c '^[[:space:]]*not ok ' "$out")
	planned=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
	if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ] || [ "$p" -lt "$planned" ]; }; then f=1; fi
	if has_reports; then f=$((f + 1)); fi
	p=$((p - s))
	if [ "$f" -gt 0 ]; then
		printf 'FAIL %s (exit %s, %s s)\n' "$program" "$status" "$took"
		sed 's/^/     /' "$out" | awk '{ line[NR] = $0 } END { for (i = 1; i <= NR; i++) if (i <= 40 || i > NR - 60) print line[i]; else if (i == 41) print "     ..." }'
		if has_reports; then show_reports; fi
	else
		printf 'ok   %s: %d passed%s (%s s)\n' "$program" "$p" "$([ "$s" -gt 0 ] && printf ', %d skipped' "$s")" "$took"
	fi
	echo "$p $f $s" >>"$work/$1.counts"
}
run_lane() { # LANE PROGRAM...
	lane=$1; shift
	watch_reports "$lane"
	for each in "$@"; do run_one "$lane" "$each"; done
}
begin=$(date +%s.%N)
# shellcheck disable=SC2086
run_lane beside ${BOTSWAIN_BESIDE-} &
# shellcheck disable=SC2086
run_lane beyond ${BOTSWAIN_BEYOND-} &
run_lane main "$@"
wait
read -r passed failed skipped programs <<-END
	$(cat "$work"/*.counts 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0, NR }')
END
# shellcheck disable=SC2086
beside=$(printf '%s\n' ${BOTSWAIN_BESIDE-} ${BOTSWAIN_BEYOND-} | grep -c .)
[ "$programs" -eq $(($# + beside)) ] || failed=$((failed + 1)) # a lane that died is no success
printf '%d programs in %s s\n' "$programs" "$(seconds "$begin")"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
