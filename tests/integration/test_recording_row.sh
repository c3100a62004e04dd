#!/bin/bash
# SPDX-License-Identifier: MIT
# What is told of the engine's own recording: that there is one and how much it holds, a file that is full, a folder that
# cannot be, and nothing where nothing is recorded. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
engine=''
leave() { ends; }
ends() { [ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null; engine=''; }

write_config() { # BUDGET
	rm -rf "$top/state"
	printf '%s\n' "state_dir: $top/state" "recording: {disk: $1}" 'bots:' '  ada: {transport: none, process: {match: "^nobody-at-all$"}}' \
		'process: {interval: 500ms}' >"$top/botswain.yaml"
}
console() { "$build/botswain" -c "$top/botswain.yaml" "$@"; }
serve() { # OPTION...
	"$build/botswaind" -c "$top/botswain.yaml" "$@" 2>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/state/engine.sock"
}
# says TEXT-OF-PYTHON: of the row as `row` (None: there is none), of the engine and the exit status
says() {
	console services --json >"$top/said"
	status=$? python3 - "$top/said" "$1" <<-'PY'
	import json, os, sys
	said, status = json.load(open(sys.argv[1])), int(os.environ["status"])
	row = next((s for s in said["services"] if (s["kind"], s["name"]) == ("engine", "recording")), None)
	engine = said["engine"]
	assert eval("(" + sys.argv[2] + ")"), (status, row, engine)
	PY
}
screen() { printf '%s\n' "$@" | console --script - >"$top/said" 2>&1; }

nothing_is_recorded() { write_config 64KiB && says 'row is None and not engine["recording"]'; }
records() {
	write_config 64MiB && serve &&
		comes_true 10 says 'row["state"] == "ok" and row["severity"] == 0 and 0 < row["used_bytes"] < row["max_bytes"] == 64 << 20
			and engine["recording_limit_bytes"] == 64 << 20 and not engine["recording_dropped"]'
}
shows_it() {
	screen 'wait-for 1 bot ' 'key 7' 'wait-for . recording' 'wait-for /64M' 'key End Enter' 'wait-for nothing since its start' \
		'expect of 64M  the last' "expect $top/state/recording" 'resize 40x12' 'wait-for engine recording' 'expect nothing since its start'
}
fills_up() {
	ends && write_config 20KiB && serve --record "$top/full.rec" &&
		comes_true 30 says 'status == 3 and row["state"] == "degraded" and row["severity"] == 3
			and row["why"].startswith("the recording is full") and engine["recording_dropped"] > 0
			and engine["recording_drop_at"] and engine["recording_error"]'
}
shows_what_was_lost() {
	screen 'wait-for 1 bot ' 'key 7' 'wait-for w recording' 'wait-for the recording is full' 'key Home Enter' \
		'wait-for entries  last' "expect the recording '$top/full.rec' is full"
}
cannot_begin() {
	ends && write_config 64MiB && install -d -m 700 "$top/state" && touch "$top/state/recording" && serve &&
		comes_true 10 says 'status == 3 and row["state"] == "degraded" and row["why"] and not row["used_bytes"]
			and not engine["recording"] and "recording" in engine["recording_error"]'
}
shows_why() { screen 'wait-for 1 bot ' 'key 7' 'wait-for w recording' 'key Home Enter' 'wait-for error'; }

check 'an engine that records nothing has no row of it' nothing_is_recorded
check 'one that runs as a service says how much it holds of how much' records
check 'the screen shows the row, and with Enter the file and that nothing is lost' shows_it
check 'a file that is full is a warning, and what it lost is counted' fills_up
check 'the screen says so, and how much' shows_what_was_lost
check 'a recording that could not begin is a warning with its reason' cannot_begin
check 'the screen says so, too' shows_why
tap_end
