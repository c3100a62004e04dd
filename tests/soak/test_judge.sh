#!/bin/bash
# SPDX-License-Identifier: MIT
# What the judge of a soak says of figures that are made for it. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
tap_begin

# soak MINUTES MB_AN_HOUR DESCRIPTORS_A_ROUND [THREADS_A_ROUND [CONNECTIONS]]: a soak of rounds of ten minutes, calm in the last of each
soak() {
	rm -rf "$top/o" && mkdir "$top/o" && echo "minutes=$1 seed=1" >"$top/o/about"
	printf 'round\tphase\twho\tpid\tseconds\tfds\tthreads\trss_kb\tpss_kb\tdirty_kb\tcpu_s\tstate_bytes\tstore_bytes\ttcp\n' >"$top/o/figures.tsv"
	awk -v minutes="$1" -v mb="$2" -v fds="$3" -v threads="${4:-0}" -v flood="${5:-0}" 'BEGIN {
		for (s = 10; s <= minutes * 60; s += 10) {
			round = int(s / 600); phase = s % 600 >= 560 ? "calm" : "fault"
			# Who comes and goes holds some for a moment; faults hold more.
			noise = s % 30 == 0 ? 4 : 0
			for (w = 0; w < 2; w++) {
				tcp = w ? 0 : 10 + round % 2 * 11 + flood
				printf "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2f\t%d\t%d\t%d\n", round, phase, w ? "screen" : "engine", 100 + w, s,
					(w ? 10 : 100 + round * fds) + tcp + noise + (phase == "fault" ? 9 : 0), w ? 1 : 16 + round * threads,
					20000 + (phase == "fault" ? 900 : 0), 12000, 9000 + (w ? 0 : mb * 1000 * s / 3600) + (s * 37 % 101), s / 50, 5000000, 1000, tcp
			}
		}
	}' >>"$top/o/figures.tsv"
	for ((s = 0; s < $1 * 60; s += 2)); do printf '%d\t%d\t1\n' $s $((s % 40)); done >"$top/o/keys.tsv"
	for ((s = 1; s <= $1 / 10; s++)); do printf '%d redis_killed\n%d calm %d: well\n' $((s * 600)) $((s * 600)) $s; done >"$top/o/diary"
	echo 'ok the engine left with status 0' >"$top/o/end"
}
says() { # STATUS TEXT: the judge ends so and prints this
	tests/soak/judge "$top/o" >"$top/said"
	[ $? = "$1" ] && grep -q "$2" "$top/said"
}
steady() { soak 120 0 0; says 0 'ok engine: descriptors without TCP 100 to 100 in the calm of'; }
leaks() { soak 120 1.3 0; says 1 'FAILED engine: private memory without logs +1.3'; }
creeps() { soak 120 0.8 0; says 0 'ok engine: private memory without logs +0.8'; }
short() { soak 50 1.3 0; says 0 '(limit [0-9.]*: the run is short)'; }
keeps_descriptors() { soak 120 0 1; says 1 'FAILED engine: descriptors without TCP'; }
holds_a_while() { soak 120 0 0; sed -i '/^7\tcalm/s/\t1\(1[0-9]\|2[0-9]\)\t16\t/\t119\t16\t/' "$top/o/figures.tsv"; says 0 'ok engine: descriptors without TCP'; }
keeps_threads() { soak 120 0 0 1; says 1 'FAILED engine: threads'; }
keeps_connections() { soak 120 0 0 0 50; says 1 'FAILED engine: at most 71 TCP connections'; }
too_short() { soak 14 0 0; says 1 'too few to judge growth'; }
deaf() { soak 120 0 0; printf '500\t-1\t1\n' >>"$top/o/keys.tsv"; says 1 'FAILED screen: .* 1 never'; }
blind() { soak 120 0 0; printf '500\t9\t0\n' >>"$top/o/keys.tsv"; says 1 'FAILED screen: it saw its engine at all but 1'; }
unwell() { soak 120 0 0; echo '7000 calm 12: NOT well: orders' >>"$top/o/diary"; says 1 'FAILED after 12 of 13 rounds'; }
silent() { soak 120 0 0; echo '7000 scrape: no answer' >>"$top/o/diary"; says 1 'FAILED scrapes without an answer: 1'; }
large() { soak 120 0 0; sed -i '$s/5000000/17000000/' "$top/o/figures.tsv"; says 1 'FAILED state directory at most 16.2'; }
broken() { soak 120 0 0; echo 'FAILED what it left: audit.jsonl' >>"$top/o/end"; says 1 'FAILED what it left'; }

check 'an engine that holds on to the same for two hours passes, whatever faults and visitors hold' steady
check 'growth of 1.3 MB an hour is told from growth that is permitted' leaks
check 'growth of 0.8 MB an hour passes' creeps
check 'a short run is forgiven as much between its ends as a long one, and the line says so' short
check 'a descriptor more each round is a failure' keeps_descriptors
check 'a round that holds a few more for a while is none' holds_a_while
check 'a thread more each round is a failure' keeps_threads
check 'more connections by TCP than the fleet has use for are a failure' keeps_connections
check 'a run that is too short to judge growth says so, and fails' too_short
check 'a key that is never answered is a failure' deaf
check 'a look at which the screen does not see its engine is a failure' blind
check 'a round after which something is not well again is a failure' unwell
check 'a scrape without an answer is a failure' silent
check 'a state directory beyond its budget is a failure' large
check 'what was found at the end is a failure of the whole' broken
tap_end
