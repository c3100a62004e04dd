#!/bin/bash
# SPDX-License-Identifier: MIT
# events: {history: ...}: a log that is larger than the memory for it, with a real engine that is restarted and killed, and a log
# that is gone; a Redis stream that is trimmed: every line is there, once. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
export XDG_CONFIG_HOME=$top/none XDG_STATE_HOME=$top/none HOME=$top/none
engine='' redis='' lines=0
leave() {
	[ -z "$engine" ] || kill "$engine" 2>/dev/null
	[ -z "$redis" ] || kill "$redis" 2>/dev/null
	wait 2>/dev/null
}

cat >"$top/botswain.yaml" <<END
state_dir: $top/state
events: {memory: 1MiB, history: 16MiB}
http: {listen: $top/metrics}
logs: [{name: app, path: $top/app.log}]
END
chmod 600 "$top/botswain.yaml"
asks() { "$build/botswain" -c "$top/botswain.yaml" "$@" 2>"$top/said"; }
serves() {
	"$build/botswaind" -c "$top/botswain.yaml" 2>>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/metrics"
}
ends() { kill "-$1" "$engine"; wait "$engine" 2>/dev/null; engine=''; rm -f "$top/metrics"; }
metric() { curl -s --unix-socket "$top/metrics" http://localhost/metrics | sed -n "s/^$1{.*} //p"; }

# Piece by piece: what waits is less than what would stay in the file.
has_last() { asks logs -n 1 --grep "number $lines of" | grep -q of; }
writes() {
	local piece
	for piece in $(seq "$1"); do
		for _ in $(seq 250); do
			lines=$((lines + 1))
			printf '{"time":%d,"level":"info","msg":"number %d of many, %0150d"}\n' $((${EPOCHREALTIME/./} / 1000)) "$lines" "$lines"
		done >>"$top/app.log"
		wait_until 10 has_last || { echo "piece $piece"; return 1; }
	done
}
each_once() {
	asks logs -n all >"$top/answer"
	sed -n 's/.* number \([0-9]*\) of many.*/\1/p' "$top/answer" | sort -n >"$top/numbers"
	seq "$lines" | cmp -s - "$top/numbers"
}
once() { wait_until 30 each_once || { wc -l "$top/numbers"; seq "$lines" | diff - "$top/numbers" | head -5; cat "$top/engine.log"; false; }; }

is_written() { : >"$top/app.log" && serves && writes 40 && once; }
is_private() {
	[ "$(stat -c %a "$top/state/history")" = 700 ] && [ "$(find "$top/state/history" -type f | wc -l)" -ge 1 ] &&
		[ -z "$(find "$top/state/history" -type f ! -perm 600)" ]
}
is_shown() {
	[ "$(metric botswain_event_history_limit_bytes)" = 16777216 ] && [ "$(metric botswain_event_history_ok)" = 1 ] &&
		wait_until 5 has_bytes && asks services --json >"$top/answer" && grep -q '"history_limit_bytes": *16777216' "$top/answer" &&
		printf '%s\n' 'deadline 20s' 'key 7' 'wait-for . recording' 'key End Enter' 'wait-for of 16M on the disk' |
		asks --size 160x45 --script -
}
has_bytes() { [ "$(metric botswain_event_history_bytes)" -gt 10000 ]; }
survives_a_restart() { ends TERM && serves && once && asks logs -n 1 --grep 'number 7 of' | grep -q 'number 7 of'; }
survives_a_kill() { writes 4 && once && ends KILL && serves && once; }
survives_its_log() { ends TERM && rm "$top/app.log" && serves && once; }
goes_on() { : >"$top/app.log" && writes 2 && once && ends TERM && serves && once; }
# A stream: its last entries are read again by every engine, until they are trimmed.
in_redis() { redis-cli -s "$top/redis.sock" "$@"; }
answers() { [ "$(in_redis ping 2>/dev/null)" = PONG ]; }
entries=0
adds() {
	seq $((entries + 1)) $((entries + $1)) | sed "s/.*/XADD jobs * level info msg 'entry & of many'/" | in_redis >/dev/null
	entries=$((entries + $1))
}
each_entry_once() {
	asks logs -n all --grep 'entry' | sed -n 's/.* entry \([0-9]*\) of many.*/\1/p' | sort -n >"$top/numbers"
	seq "$entries" | cmp -s - "$top/numbers"
}
entries_once() { wait_until 30 each_entry_once || { wc -l "$top/numbers"; seq "$entries" | diff - "$top/numbers" | head -5; false; }; }
of_a_stream() {
	ends TERM
	redis-server --port 0 --unixsocket "$top/redis.sock" --save '' --dir "$top" >/dev/null 2>&1 & redis=$!
	wait_until 10 answers && echo "redis: {main: {socket: $top/redis.sock, streams: [jobs]}}" >>"$top/botswain.yaml" &&
		adds 10 && serves && entries_once || return 1
	for _ in 1 2 3 4 5 6 7 8; do adds 2000 && entries_once || return 1; done
	ends TERM && serves && entries_once && adds 500 && entries_once && ends KILL && serves && entries_once &&
		ends TERM && in_redis XTRIM jobs MAXLEN 300 >/dev/null && serves && entries_once && adds 50 && entries_once
}

# What may not be written any more costs what falls out of memory, and nothing else.
is_limited() { [ "$(metric botswain_event_history_ok)" = 0 ] && asks logs -n all --grep 'history of logs' | grep -q 'File too large'; }
of_a_full_disk() {
	ends TERM
	printf 'state_dir: %s/state\nevents: {memory: 1MiB, history: 16MiB}\nrecording: {disk: 0}\nhttp: {listen: %s/metrics}\nlogs: [{name: app, path: %s/big.log}]\n' \
		"$top" "$top" "$top" >"$top/botswain.yaml"
	local most; most=$(ulimit -S -f)
	ulimit -S -f 256; serves; ulimit -S -f "$most"
	lines=0
	for _ in $(seq 40); do
		awk -v from=$((lines + 1)) -v now=$((${EPOCHREALTIME/./} / 1000)) 'BEGIN {
			srand(from)
			for (i = from; i < from + 250; i++)
				printf "{\"time\":%d,\"level\":\"info\",\"msg\":\"number %d of many %d %d %d %d %d %d %d %d\"}\n", now, i, rand() * 1e9,
					rand() * 1e9, rand() * 1e9, rand() * 1e9, rand() * 1e9, rand() * 1e9, rand() * 1e9, rand() * 1e9
		}' >>"$top/big.log"
		lines=$((lines + 250))
		wait_until 10 has_last || return 1
	done
	wait_until 10 is_limited && has_last
}

is_off_by_default() {
	ends TERM && sed -i 's/, history: 16MiB//' "$top/botswain.yaml" && serves && [ "$(metric botswain_event_history_limit_bytes)" = 0 ]
}

check 'a log that is larger than memory is there, each line once' is_written
check 'its history is nobody else'"'"'s' is_private
check 'how much it holds of how much is shown' is_shown
check 'each line is there once after a restart' survives_a_restart
check 'each line is there once after the engine was killed' survives_a_kill
check 'each line is there once when its log is gone' survives_its_log
check 'a new log at the same path goes on where the old one ended' goes_on
if command -v redis-server >/dev/null; then
	check 'each entry of a stream is there once, over restarts and a kill, and when it was trimmed' of_a_stream
else
	skip 'each entry of a stream is there once' 'no redis-server: apt install redis-server'
fi
check 'a file that may not grow costs the history, says so, and nothing else' of_a_full_disk
check 'there is none where nobody asks for it' is_off_by_default
tap_end
