#!/bin/bash
# SPDX-License-Identifier: MIT
# An engine at the other end of ssh: a real sshd on loopback with keys of its own, and what is said when the way is closed.
# Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/sshd.sh
. tests/support/tap.sh
tap_begin
engine='' sshd='' user=''
leave() {
	[ -z "$engine" ] || kill "$engine" 2>/dev/null
	[ -z "$sshd" ] || kill "$sshd" 2>/dev/null
	wait 2>/dev/null
}

is_there() { [ -S "$top/state/engine.sock" ]; }
start_sshd() { sshd_start "$top" "$build"; }
start_engine() {
	echo 123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi >"$top/token" && chmod 600 "$top/token"
	printf '%s\n' "state_dir: $top/state" 'write: always' 'telegram: {api: "http://127.0.0.1:9"}' 'bots:' \
		"  there: {token: {file: $top/token}}" >"$top/it's.yaml"
	"$build/botswaind" -c "$top/it's.yaml" >"$top/engine.log" 2>&1 & engine=$!
	wait_until 10 is_there
}
way() { printf 'ssh://%s@127.0.0.1:%s%s' "$user" "$port" "$top/it's.yaml"; }

reads_the_bots() {
	"$build/botswain" --connect "$(way)" bots --jsonl >"$top/bots"
	[ $? != 1 ] && grep -q '"name":"there"' "$top/bots"
}
# Nothing here is configured: neither HOME nor /etc names a fleet.
shows_the_screen() {
	echo 'wait-for there' >"$top/script"
	HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" --connect "$(way)" --script "$top/script"
}
starts_one_there() {
	kill "$engine" && wait "$engine"
	engine=''
	reads_the_bots
}
says() { # STATUS WORDS WAY
	"$build/botswain" --connect "$3" bots >"$top/said" 2>&1
	[ $? = "$1" ] && grep -q -- "$2" "$top/said" || { cat "$top/said"; false; }
}
wrong_key() {
	rm -f "$top/authorized" && says 4 'Permission denied' "$(way)"
	local good=$?
	cp "$top/key.pub" "$top/authorized" && chmod 600 "$top/authorized"
	return $good
}
changed_host() {
	sed -i 's/ ssh-ed25519 .*/ ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+vJ1pTz2nsQuI2sJZvQ7p3hTqFqEohwO0Xc5bqKX2m/' "$top/known"
	says 4 'Host key verification failed' "$(way)"
}

check 'an sshd of our own answers' start_sshd
check 'an engine runs at its end' start_engine
check 'a command line reads the bots there' reads_the_bots
check 'a screen without a configuration here shows the bots there' shows_the_screen
check 'where none runs, one is started' starts_one_there
check 'a configuration that is not there is said' says 4 'nowhere.yaml' "ssh://$user@127.0.0.1:$port/nowhere.yaml"
# /etc/botswain may have one here: then there is nothing to say.
says_it_in_a_sentence() {
	[ ! -e /etc/botswain/botswain.yaml ] || return 0
	HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" attach --stdio </dev/null 2>"$top/said"
	[ $? = 2 ] && [ "$(wc -l <"$top/said")" = 1 ] && grep -q 'no configuration on that machine: .*ssh://HOST/PATH$' "$top/said"
}
check 'a machine without any says so in one sentence' says_it_in_a_sentence
check 'a refused key is said in the words of ssh' wrong_key
check 'a host that is not the known one is said' changed_host
check 'a host that is no word is refused' says 2 'names no host' 'ssh://-oProxyCommand=true'
check 'a way that is none is refused' says 2 'is no way to an engine' 'telnet://x'
tap_end
