#!/bin/bash
# SPDX-License-Identifier: MIT
# A service that starts while the engine of a screen has its place: it gets it, and the screens go on in their view. Whatever
# runs is waited for and named, and a service gives way to nobody. Real programs, screens in memory. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin place
service='' screens='' stopped=''
leave() {
	local pid
	[ -z "$stopped" ] || kill -CONT "$stopped"
	for pid in $screens $service; do kill "$pid" 2>/dev/null; done
	echo >&9
	wait 2>/dev/null
	wait_until 15 no_engine
}
umask 077
mkfifo "$top/go" && exec 9<>"$top/go" # a line lets the backup go on
printf '123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi\n' >"$top/token"
printf '%s\n' '#!/bin/bash' "touch $top/held" "read -r <$top/go" 'echo all of it' >"$top/dump"
chmod +x "$top/dump"
cat >"$top/botswain.yaml" <<-YAML
	state_dir: $top/state
	write: always
	http: {listen: $top/metrics.sock}
	telegram: {api: "http://127.0.0.1:9", interval: 2s}
	driver: {restart: ["true", "{bot}"]}
	backups:
	  database: {command: [$top/dump], file: "$top/backup-{time}", verify: [test, -s, "{file}"]}
	bots:
	  ada: {token: {file: token}}
	  bob: {token: {file: token}}
YAML
console() { "$build/botswain" -c "$top/botswain.yaml" "$@"; }
engines() { grep -alzF "$top/botswain.yaml" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | while read -r pid; do
	[ "$(readlink "/proc/$pid/exe")" != "$build/botswaind" ] || echo "$pid"; done; }
no_engine() { [ -z "$(engines)" ]; }
one_engine() { [ "$(engines | wc -l)" = 1 ]; }

# screen NAME: it filters, says so in NAME.before, and goes on when it is attached to a service; NAME.after is what it shows then.
screen() {
	printf '%s\n' 'resize 120x30' 'deadline 60s' 'wait-for own engine' 'wait-for bob' 'key /' 'type ada' 'key Enter' 'expect-not bob' \
		"save-screen $top/$1.before" 'wait-for attached to pid' 'wait-gone engine lost' 'expect /ada' 'expect ada' 'expect-not bob' \
		"save-screen $top/$1.after" "wait-for never" >"$top/$1.script"
	rm -f "$top/$1.before" "$top/$1.after"
	"$build/botswain" -c "$top/botswain.yaml" --script "$top/$1.script" >"$top/$1.out" 2>&1 & screens+=" $!"
	wait_until 20 test -s "$top/$1.before" || { cat "$top/$1.out"; false; }
}
end_screens() {
	local pid
	for pid in $screens; do kill "$pid"; wait "$pid"; done 2>/dev/null
	screens=''
}
serve() { "$build/botswain" -c "$top/botswain.yaml" serve 2>"$top/said" & service=$!; }
end_service() { kill "$service" && wait "$service"; service=''; }
serves() { [ "$(engines)" = "$service" ] && [ -S "$top/state/engine.sock" ]; }
sees_service() { wait_until 20 test -s "$top/$1.after" && grep -q "attached to pid $service" "$top/$1.after" || { cat "$top/$1.out"; false; }; }
said() { grep -q -- "$1" "$top/said"; }
says() { comes_true 10 said "$1" || { printf 'it does not say: %s\n' "$1"; false; }; }
ends() { local status; wait "$service"; status=$?; service=''; [ $status = "$1" ] || { echo "exit $status"; false; }; }

gets_the_place() { screen one && screen two && one_engine && serve && comes_true 20 serves; }
names_who_had_it() { says 'the engine of a screen (pid [0-9]*) has the place: it leaves'; }
introduces_itself() {
	says "^botswaind: serves '$top/state/engine.sock', /metrics on '$top/metrics.sock', records to '$top/state/recording', watches 2 bots$"
}
goes_on() { sees_service one && sees_service two && serves; }
comes_in_beside_wrong_bots() {
	cp -p "$top/botswain.yaml" "$top/right.yaml"
	echo '  eve: {tokne: x}' >>"$top/botswain.yaml"
	printf '%s\n' 'deadline 20s' 'wait-for 2 bots' 'expect-not own engine' >"$top/wrong.script"
	! console check-config >/dev/null 2>&1 && console --script "$top/wrong.script" >"$top/wrong.out" 2>&1 || { cat "$top/wrong.out"; false; }
	local status=$?
	mv "$top/right.yaml" "$top/botswain.yaml"
	return "$status"
}
second_service() {
	local first=$service status=0
	serve
	ends 5 && says "pid $first since .* is already running as the engine of" || status=1
	service=$first
	return $status && serves
}
ends_in_order() { end_screens; end_service && wait_until 10 no_engine; }

begin_backup() {
	rm -f "$top/held"
	screen three || return 1
	"$build/botswain" -c "$top/botswain.yaml" backup run database --yes --reason test >"$top/backup.out" 2>&1 & backup=$!
	wait_until 20 test -e "$top/held"
}
waits_for_backup() { serve; says 'has the place: waits for backup database' && one_engine_and_service; }
one_engine_and_service() { [ "$(engines | wc -l)" = 2 ]; }
begins_nothing_new() { console restart ada --yes --reason test >"$top/restart.out" 2>&1; [ $? = 5 ] && grep -q 'the engine is leaving' "$top/restart.out" || { cat "$top/restart.out"; false; }; }
says_it_on_screens() {
	printf '%s\n' 'resize 120x30' 'wait-for the engine is leaving: waits for backup database' >"$top/look.script"
	console --script "$top/look.script"
}
other_waits_not() {
	"$build/botswain" -c "$top/botswain.yaml" serve 2>"$top/other"
	[ $? = 5 ] && grep -q "pid $service since .* already waits for its place" "$top/other" || { cat "$top/other"; false; }
}
stops_waiting() { kill "$service" && ends 0; }
own_engine_comes_back() {
	echo >&9
	wait "$backup" && grep -q '^done: ' "$top/backup.out" || { cat "$top/backup.out"; return 1; }
	printf '%s\n' 'deadline 30s' 'wait-for own engine' 'wait-for ada' 'wait-gone leaving' >"$top/look.script"
	comes_true 20 one_engine && console --script "$top/look.script"
}
# No pipe: one that ends early fails whoever still writes into it.
all_copies_are_whole() { [ "$(grep -lx 'all of it' "$top"/backup-* | wc -l)" = "$(find "$top" -name 'backup-*' | wc -l)" ]; }
backup_ends_well() {
	echo >&9
	wait "$backup" && grep -q '^done: ' "$top/backup.out" && all_copies_are_whole || { cat "$top/backup.out"; false; }
}
follows_the_backup() { comes_true 20 serves && sees_service three; }
says_who_is_silent() {
	screen four || return 1
	stopped=$(engines)
	kill -STOP "$stopped" && serve && ends 5 || return 1
	says "pid $stopped since .* is already running as the engine of .*, and does not answer"
}

check 'a service gets the place of the engine that screens have' gets_the_place
check 'it says who had it' names_who_had_it
check 'and where it is, what it keeps and whom it watches' introduces_itself
check 'the screens go on in their view, and start no other' goes_on
check 'a screen comes in although bots in the file are wrong by now' comes_in_beside_wrong_bots
check 'a second service is refused, and told who runs since when' second_service
check 'the service ends as ever' ends_in_order
check 'a screen and a backup that takes its time' begin_backup
check 'a service waits for the backup, by its name' waits_for_backup
check 'nothing new begins meanwhile' begins_nothing_new
check 'a screen says what is waited for' says_it_on_screens
check 'one service waits, not two' other_waits_not
check 'who waits can be told to stop' stops_waiting
check 'the backup ends well, and the screen has an engine of its own again' own_engine_comes_back
end_screens
check 'all leave' wait_until 15 no_engine
check 'a screen and a backup once more' begin_backup
check 'a service waits for it' waits_for_backup
check 'the backup ends, and whoever began it is told' backup_ends_well
check 'then the service runs, and the screen goes on in its view' follows_the_backup
check 'that one ends as ever, too' ends_in_order
check 'of one that does not answer it is said who it is' says_who_is_silent
tap_end
