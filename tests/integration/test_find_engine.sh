#!/bin/bash
# SPDX-License-Identifier: MIT
# A command line that only asks, and an engine that cannot be spoken to: its door is full, it is silent, it has no socket yet.
# It tries again, says who it is, and starts an engine of its own only where none runs. Real programs. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin find
engine='' killed='' other='' asking=''
leave() {
	local pid
	[ -z "$engine" ] || kill -CONT "$engine"
	for pid in $other $engine; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}
umask 077
printf '123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi\n' >"$top/token"
cat >"$top/botswain.yaml" <<-YAML
	state_dir: $top/state
	telegram: {api: "http://127.0.0.1:9", interval: 2s}
	bots:
	  ada: {token: {file: token}}
YAML
# Those that say hello and stay, and who has the lock and no socket.
cat >"$top/others.py" <<-'PY'
	import fcntl, os, selectors, signal, socket, struct, sys
	what, state = sys.argv[1], sys.argv[2]
	if what == "lock":
	    os.makedirs(state, 0o700, exist_ok=True)
	    file = open(state + "/lock", "w")
	    file.write("pid 7 since 2026-02-03T04:05:06Z\n")
	    file.flush()
	    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
	    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
	else:
	    places = selectors.DefaultSelector()
	    def take(wait):  # who takes nothing is dropped after a while
	        for key, _ in places.select(wait):
	            key.fileobj.recv(1 << 20)
	    for i in range(64):
	        place = socket.socket(socket.AF_UNIX)
	        place.connect(state + "/engine.sock")
	        place.sendall(struct.pack("<IHBB", 4, 1, 4, 1))
	        place.recv(1)
	        places.register(place, selectors.EVENT_READ)
	        take(0)
	print("there", flush=True)
	while what != "lock":  # until it is ended
	    take(None)
	signal.pause()
PY
console() { "$build/botswain" -c "$top/botswain.yaml" "$@" >"$top/answer" 2>"$top/said"; }
others() { # WHAT: until they are ended
	python3 "$top/others.py" "$1" "$top/state" >"$top/others" & other=$!
	wait_until 10 grep -q there "$top/others"
}
end_others() { kill "$other" && wait "$other" 2>/dev/null; other=''; true; }
serve() {
	rm -f "$top/state/engine.sock"
	"$build/botswaind" -c "$top/botswain.yaml" 2>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/state/engine.sock"
}
exits() { local want=$1 status; shift; console "$@"; status=$?; [ $status = "$want" ] || { printf 'exit %s, not %s\n' $status "$want"; false; }; }
says() { grep -q -- "$1" "$top/said" || { printf 'it does not say: %s\n' "$1"; false; }; }
knows_nothing() { [ ! -s "$top/answer" ] || { cat "$top/answer"; false; }; }
lists_ada() { grep -q '^?  ada ' "$top/answer" || { cat "$top/answer"; false; }; }

own_where_none_runs() { exits 4 bots && lists_ada && [ ! -e "$top/state/lock" ]; }
after_a_killed_one() { serve && kill -KILL "$engine" && { wait "$engine" 2>/dev/null; engine=''; } && [ -S "$top/state/engine.sock" ] && exits 4 bots && lists_ada; }
no_socket() { others lock && exits 4 bots && knows_nothing && says '(pid 7 since 2026-02-03T04:05:06Z) has no open socket'; }
silent() { end_others && serve && kill -STOP "$engine" && exits 4 bots && knows_nothing && says "(pid $engine since .*) does not answer: try again"; }
# ask: begins to ask, while it cannot be answered
ask() { "$build/botswain" -c "$top/botswain.yaml" bots --json >"$top/answer" 2>"$top/said" & asking=$!; }
still_asks() { ! wait_until 1 is_done && [ ! -s "$top/answer" ]; }
is_done() { [ -z "$(started_at "$asking")" ]; }
is_answered() { wait "$asking"; grep -q "\"pid\":${engine}[,}]" "$top/answer" || { cat "$top/answer"; false; }; }
waits_for_an_answer() { ask && still_asks && kill -CONT "$engine" && is_answered; }
full() { others places && exits 4 bots && knows_nothing && says "(pid $engine since .*) lets nobody in: the engine has 64 clients already"; }
waits_for_a_place() { ask && still_asks && end_others && is_answered; }
# ends SIGNAL: the engine does, and another one begins
ends() { killed=$engine && kill "-$1" "$engine" && { wait "$engine" 2>/dev/null; engine=''; } && serve; }
tells() { console logs; grep -q "the engine before this one (pid $killed since .*) crashed or was killed" "$top/answer"; }
tells_of_a_kill() { ends KILL && { wait_until 10 tells || { cat "$top/answer"; false; }; }; }
tells_of_no_end() { ends TERM && ! tells && [ -s "$top/answer" ]; }

check 'where no engine runs it starts one of its own, which takes no lock' own_where_none_runs
check 'so it does where one was killed' after_a_killed_one
check 'of one without a socket it says who it is, and starts none' no_socket
check 'of one that is silent it says who it is, and starts none' silent
check 'one that answers late is waited for' waits_for_an_answer
check 'of one that has no place left it says so, and starts none' full
check 'a place that becomes free is waited for' waits_for_a_place
check 'one that begins after a kill says in its log what nobody saw' tells_of_a_kill
check 'one that begins after a clean end says nothing of the kind' tells_of_no_end
tap_end
