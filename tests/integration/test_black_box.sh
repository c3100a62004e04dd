#!/bin/bash
# SPDX-License-Identifier: MIT
# The black box on a real fleet: an incident is recorded, looked back at from a screen, and replayed from its file; no token
# of the fleet is in it. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
fleet=$top/fleet engine=''
leave() {
	[ -z "$engine" ] || kill "$engine" 2>/dev/null
	wait 2>/dev/null
	tests/fleet/down "$fleet" >/dev/null 2>&1
}

words() { "$build/botswain" -c "$fleet/botswain.yaml" bots --jsonl 2>/dev/null | grep '"name":"orders"'; }
pid_of() { words | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }
is_well() { [[ $(words) == *'"state":"ok"'* ]]; } # the exit status is that of the whole fleet
screen() { "$build/botswain" "$@" --size 160x45 --script "$top/script"; }

starts() {
	BUILD=$build tests/fleet/up "$fleet" || return 1
	"$build/botswaind" -c "$fleet/botswain.yaml" --record "$top/incident.rec" 2>"$top/engine.log" & engine=$!
	wait_until 60 is_well
}
is_past() { [ "$(date +%s)" -gt "$1" ]; }
# Its supervisor is held up, so that a moment that is named by a whole second is before it, or within it.
an_incident() {
	local held status=1
	held=$(awk '/^supervisord/ { print $2 }' "$fleet/pids")
	wait_until 5 is_past $(($(date +%s) + 1))
	kill -STOP "$held" && kill -9 "$(pid_of)" && killed=$(date +%s) && wait_until 60 sees_it_gone && gone=$(date +%s) &&
		wait_until 5 is_past $((gone + 2)) && status=0
	kill -CONT "$held"
	return $status
}
sees_it_gone() { [[ $(words) == *'"name":"orders"'* ]] && ! is_well; }

looks_back() {
	printf '%s\n' 'deadline 30s' 'wait-for orders' 'key <' 'wait-for REWIND' 'wait-for ago)' 'key r' \
		"wait-for what was can't be changed" 'key Esc' 'wait-gone REWIND' >"$top/script"
	screen -c "$fleet/botswain.yaml"
}
ends() { kill "$engine" && wait "$engine"; engine=''; [ -s "$top/incident.rec" ]; }

replays() {
	local before after
	before=$(date -u -d "@$killed" +%H:%M:%S) after=$(date -u -d "@$((gone + 1))" +%H:%M:%S)
	printf '%s\n' 'deadline 30s' 'wait-for REPLAY' 'key :' "type rewind $before" 'key Enter' "wait-for ${before}Z" \
		'wait-for . orders' 'key :' "type rewind $after" 'key Enter' "wait-for ${after}Z" 'wait-gone . orders' \
		>"$top/script"
	screen --replay "$top/incident.rec" --speed 0
}
holds_no_token() {
	cat "$fleet"/tokens/* >"$top/tokens" && [ -s "$top/tokens" ] || return 1
	sed 's/.*://' "$top/tokens" | grep . >"$top/canaries"
	[ "$(stat -c %a "$top/incident.rec")" = 600 ] && ! grep -qaFf "$top/canaries" "$top/incident.rec"
}
refuses() {
	screen --replay README.md 2>"$top/said"
	[ $? = 1 ] && grep -q 'is no recording of botswain' "$top/said"
}

# The recording of a service, whose engine is killed while it records.
serves() { "$build/botswaind" -c "$fleet/botswain.yaml" 2>>"$top/engine.log" & engine=$!; }
has_files() { [ "$(find "$fleet/state/recording" -name '*.rec' -size +4k 2>/dev/null | wc -l)" = "$1" ]; }
is_killed_and_comes_back() {
	serves
	wait_until 20 has_files 1 && wait_until 5 is_past $(($(date +%s) + 1)) || return 1
	kill -9 "$engine" && lost=$(date +%s)
	wait "$engine" 2>/dev/null
	wait_until 10 is_past $((lost + 3)) || return 1
	serves
	wait_until 20 has_files 2
}
says_the_gap() {
	local within; within=$(date -u -d "@$((lost + 2))" +%H:%M:%S)
	printf '%s\n' 'deadline 30s' 'wait-for orders' 'key :' "type rewind $within" 'key Enter' "wait-for REWIND ${within}Z" \
		'wait-for nothing recorded from' 'wait-for ; showing' 'key Esc' 'wait-gone REWIND' >"$top/script"
	screen -c "$fleet/botswain.yaml"
}

if ! starts >"$top/out" 2>&1; then
	tap_show "$top/out" "$top/engine.log"
	bail 'no fleet whose engine records'
fi
check 'a bot that is killed is seen to be gone' an_incident
check 'a screen goes back in the recording, may change nothing there, and comes back' looks_back
check 'the recording is whole when the engine has left' ends
check 'the file shows the bot well before, and not well after' replays
check 'no token of the fleet is in the recording' holds_no_token
check 'an engine that is killed while it records comes back, and records' is_killed_and_comes_back
check 'a moment between the two is said to be of no recording, and what is shown instead' says_the_gap
check 'a file that is no recording is refused in one sentence' refuses
tap_end
