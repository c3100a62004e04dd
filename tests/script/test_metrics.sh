#!/bin/bash
# SPDX-License-Identifier: MIT
# botswain parse-metrics: a page as JSON, or the place where it is none. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/support/tap.sh
tap_begin

# gives JSON PAGE [WORD...]: the page as printf writes it
gives() {
	local wanted=$1 page=$2; shift 2
	printf "$page" | "$build/botswain" parse-metrics "$@" >"$top/out" 2>"$top/said" && [ "$(cat "$top/out")" = "$wanted" ] ||
		{ echo "wanted: $wanted"; cat "$top/out" "$top/said"; return 1; }
}
# refuses STATUS WORDS PAGE [WORD...]
refuses() {
	local status=$1 words=$2 page=$3; shift 3
	printf "$page" | "$build/botswain" parse-metrics "$@" >"$top/out" 2>"$top/said"
	[ "${PIPESTATUS[1]}" = "$status" ] && [ "$(cat "$top/said")" = "$words" ] && [ ! -s "$top/out" ]
}
reads() {
	gives '{"v":1,"format":"text","families":[{"name":"a","type":"histogram","samples":[{"name":"a_bucket","labels":{"le":"+Inf","x":"\u000aä"},"value":3.25},{"name":"a_sum","labels":{},"value":"NaN"},{"name":"a_count","labels":{},"value":0.1,"timestamp_ms":5}]},{"name":"q.x","type":"untyped","samples":[{"name":"q.x","labels":{"b c":"d"},"value":"-Inf"}]}]}' \
		'# TYPE a histogram\na_bucket{le="+Inf",x="\\nä"} 3.25\na_sum NaN\na_count 0.1 5\n{"q.x","b c"="d"} -Inf\n' &&
		gives '{"v":1,"format":"text","families":[]}' ''
}
reads_open() {
	gives '{"v":1,"format":"openmetrics","families":[{"name":"j","type":"counter","samples":[{"name":"j_total","labels":{},"value":9007199254740992,"timestamp_ms":1500}]}]}' \
		'# TYPE j counter\nj_total 9007199254740993 1.5 # {} 1\n# EOF\n'
}
says_where() {
	refuses 1 "stdin:2:5: the label's value is never closed" 'a 1\na{b="c} 1\n' &&
		refuses 1 "stdin:2:1: the last line is not '# EOF'" 'a 1\n' --format openmetrics &&
		refuses 1 'stdin:1:5: the time is no whole number of milliseconds' 'a 1 1.5\n# EOF\n' --format text
}
knows_its_words() {
	local usage='botswain: usage: botswain parse-metrics [--format text|openmetrics] < FILE'
	refuses 2 "$usage" '' --format json && refuses 2 "$usage" '' page
}
reads_no_folder() {
	"$build/botswain" parse-metrics <"$top" 2>"$top/said"
	[ $? = 1 ] && [ "$(cat "$top/said")" = 'botswain: cannot read standard input: Is a directory' ]
}
fails_on_a_full_disk() {
	printf 'a 1\n' | "$build/botswain" parse-metrics 2>"$top/said" >/dev/full
	[ "${PIPESTATUS[1]}" = 1 ] && grep -q 'No space left on device' "$top/said"
}

check 'a page of text is JSON, with NaN and Inf as texts' reads
check 'a page of OpenMetrics is told by its end, and its exemplars are left out' reads_open
check 'a page with a line that is none is refused with line and column, and nothing is printed' says_where
check 'other words are refused' knows_its_words
check 'what cannot be read is said' reads_no_folder
check 'what cannot be printed is a failure' fails_on_a_full_disk
tap_end
