#!/bin/bash
# SPDX-License-Identifier: MIT
# Looking back from elsewhere: through a real sshd on loopback, and on several engines at once, of which one records nothing and
# one hangs. The bots are real processes that are ended one after the other. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/sshd.sh
. tests/support/tap.sh
tap_begin
sshd='' user='' eu='' us='' ap=''
leave() {
	local pid
	for pid in $us $eu $ap; do kill -CONT "$pid" 2>/dev/null; done
	for pid in $eu $us $ap $sshd; do kill "$pid" 2>/dev/null; done
	for pid in "$top"/*/shop.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
	wait 2>/dev/null
}

# Its bot is a process that its engine finds by a name, which no other run of this test may bear: it would be the bot still.
write_fleet() { # ENVIRONMENT LINE...
	local dir=$top/$1 name=$1 process=$1-${top##*.}-shop
	shift
	mkdir "$dir" || return 1
	echo 123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi >"$dir/token" && chmod 600 "$dir/token"
	printf '%s\n' "environment: $name" "state_dir: $dir/state" 'write: always' 'telegram: {api: "http://127.0.0.1:9"}' \
		'process: {interval: 1s}' 'bots:' "  shop: {token: {file: $dir/token}, process: {match: '^$process '}}" "$@" \
		>"$dir/botswain.yaml"
	bash -c "echo \$\$ >$dir/shop.pid; exec -a $process sleep 3000" &
	wait_until 5 test -s "$dir/shop.pid"
}
start_sshd() { sshd_start "$top" "$build"; }
is_there() { [ -S "$top/$1/state/engine.sock" ]; }
start_engine() { # ENVIRONMENT: its pid is in the variable of that name
	"$build/botswaind" -c "$top/$1/botswain.yaml" >>"$top/$1/engine.log" 2>&1 &
	printf -v "$1" %s $!
	wait_until 10 is_there "$1"
}
start_all() {
	write_fleet eu && write_fleet us && write_fleet ap 'recording: {disk: 0}' && start_engine eu && start_engine us &&
		start_engine ap
}

# The exit status of the command line is that of the whole fleet.
words() { "$build/botswain" -c "$top/$1/botswain.yaml" bots --jsonl 2>/dev/null || true; } # ENVIRONMENT
is_down() { [[ $(words "$1") == *'"state":"down"'* ]]; }
runs() { [[ $(words "$1") == *'"proc_state":"running"'* ]]; }
is_past() { [ "$(date +%s)" -gt "$1" ]; }
ends_bot() { kill "$(cat "$top/$1/shop.pid")" && wait_until 30 is_down "$1"; } # ENVIRONMENT
clock() { date -u -d "@$1" +%H:%M:%S; }

# Both run for some seconds; then that of eu ends; and later that of us. $well and $half are in between.
two_incidents() {
	wait_until 30 runs eu && wait_until 30 runs us && wait_until 30 runs ap && well=$(($(date +%s) + 2)) &&
		wait_until 5 is_past $((well + 1)) && ends_bot eu && half=$(($(date +%s) + 2)) &&
		wait_until 5 is_past $((half + 1)) && ends_bot us && wait_until 5 is_past $(($(date +%s) + 2))
}

ssh_way() { printf 'eu=ssh://%s@127.0.0.1:%s%s' "$user" "$port" "$top/eu/botswain.yaml"; }
# The configuration of whoever runs this is none of its business.
on() { HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" "$@" --size 160x45 --script "$top/script"; }
both=()
script() { printf '%s\n' 'deadline 30s' "$@" >"$top/script"; }
back_to() { printf '%s\n' 'key :' "type rewind $(clock "$1")" 'key Enter' "wait-for REWIND $(clock "$1")Z ("; }

through_ssh() {
	script 'wait-for bot_down' 'key <' 'wait-for REWIND' 'wait-for < Back  > Ahead  Esc Now' "$(back_to "$well")" \
		'wait-gone process gone' 'expect shop' 'key r' "wait-for what was can't be changed" "$(back_to "$half")" \
		'wait-for process gone' 'key Esc' 'wait-gone REWIND' 'expect process gone' 'expect-not Esc Now'
	on --connect "$(ssh_way)"
}
forward_to_now() {
	script 'wait-for bot_down' 'key <' 'wait-for REWIND' 'key > > > >' 'wait-gone REWIND' 'expect process gone'
	on --connect "$(ssh_way)"
}
no_replay() {
	local found
	found=$(pgrep -f -- "--replay $top/") || return 0
	ps -o pid,args -p $found
	return 1
}
all_to_one_time() {
	both=(--connect "$(ssh_way)" --connect "us=unix:$top/us/state/engine.sock")
	script 'wait-for 2 bots' 'wait-for 2 crit' "$(back_to "$well")" 'wait-for 2 unknown' 'expect ? shop             eu' \
		'expect ? shop             us' "$(back_to "$half")" 'wait-for 1 crit' 'wait-for ! shop             eu' \
		'wait-gone eu at' 'wait-gone us at' 'expect ! shop             eu' 'expect ? shop             us' 'key Esc' 'wait-gone REWIND' 'wait-for 2 crit'
	on "${both[@]}"
}
one_records_nothing() {
	script 'wait-for 3 bots' 'key <' 'wait-for REWIND' 'wait-for ap no recording' \
		'wait-for ap: this engine records nothing: run it as a service' 'expect-not eu no' 'expect-not us no' 'wait-for 2 bots' \
		'key Esc' 'wait-gone REWIND' 'expect-not no recording' 'wait-for 3 bots'
	on "${both[@]}" --connect "ap=unix:$top/ap/state/engine.sock"
}
none_records() {
	script 'wait-for 1 bot ' 'key <' 'wait-for cannot go back: this engine records nothing: run it as a service' \
		'expect-not REWIND'
	on --connect "unix:$top/ap/state/engine.sock"
}
one_hangs() {
	local good
	kill -STOP "$us"
	script 'wait-for us connecting' 'wait-for 1 bot ' 'key <' 'deadline 4s' 'wait-for REWIND' 'wait-for ago)' \
		'expect us connecting' 'key Esc' 'wait-gone REWIND'
	on "${both[@]}"
	good=$?
	kill -CONT "$us"
	return $good
}

check 'an sshd of our own answers' start_sshd
check 'three engines run, one of which records nothing' start_all
check 'two bots end, one after the other' two_incidents
check 'a screen goes back through ssh, sees what was, may change nothing, and comes back' through_ssh
check 'and forward as far as now' forward_to_now
check 'several engines go back to one time' all_to_one_time
check 'one that records nothing is said by its name, the others go back' one_records_nothing
check 'where none records it is said in a sentence' none_records
check 'an engine that hangs keeps nobody waiting' one_hangs
check 'no replay is left' wait_until 10 no_replay
tap_end
