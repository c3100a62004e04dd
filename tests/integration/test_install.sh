#!/bin/bash
# SPDX-License-Identifier: MIT
# What `make install` puts where: programs that run from there, pages without a warning, a unit that systemd accepts,
# completions of three shells that know what the program knows. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=${BOTSWAIN_BUILD:-build}
. tests/support/tap.sh
tap_begin
root=$top/root usr=$top/root/usr

installs() { make --no-print-directory O="$build" DESTDIR="$root" PREFIX=/usr install; }
runs() { "$usr/bin/botswain" --version && "$usr/bin/botswaind" --version; }
pages_without_warning() {
	local page
	for page in "$usr"/share/man/man?/*; do
		LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | grep . && return 1
	done
	[ "$(ls "$usr"/share/man/man?/* | wc -l)" = 4 ]
}
page() { LC_ALL=C.UTF-8 MANWIDTH=200 man -l "$usr/share/man/$1" | tr -s ' \n' ' '; }
page_says() { page "$1" | grep -F -- "$2" >/dev/null || { echo "$1 does not say: $2"; false; }; }
pages_say_what_tables_say() {
	page_says man1/botswain.1 '--default-config' && page_says man1/botswain.1 'check-config [FILE]' &&
		page_says man8/botswaind.8 '--read-only' && page_says man5/botswain.yaml.5 'base URL; http only towards loopback' &&
		page_says man7/botswain-keys.7 ':verb NAME [BOT...]' &&
		page_says man7/botswain-keys.7 ':notify [auto|osc9|osc777|both|no] tell the desktop' &&
		page_says man1/botswain.1 'replay FILE [--speed N]'
}
# The program must be where the unit says.
unit_is_accepted() {
	sed "s|/usr/bin/botswaind|$usr/bin/botswaind|" "$root/lib/systemd/system/botswain.service" >"$top/botswain.service"
	systemd-analyze verify --man=no "$top/botswain.service" >"$top/said" 2>&1 && ! grep . "$top/said"
}

cat >"$top/botswain.yaml" <<-END
	bots:
	  orders: {token: {file: $top/token}}
	  order-desk: {token: {file: $top/token}}
	redis: {cache: {host: 127.0.0.1}}
	backups: {nightly: {file: "/tmp/x-{time}", command: ["true"]}}
END
bash_words() { # WORD... -> what follows the last one
	(
		. "$usr/share/bash-completion/completions/botswain"
		compopt() { :; }
		COMP_WORDS=("$usr/bin/botswain" "$@") COMP_CWORD=$#
		_botswain
		printf '%s\n' "${COMPREPLY[@]}"
	)
}
zsh_words() {
	zsh -fc 'compdef() { :; }; _files() { print FILES; }; _values() { shift; print -l "$@"; }
		_describe() { print -l -- "${(@P)2}"; }
		words=("$@[2,-1]") CURRENT=$(($# - 1)); source $1' zsh "$usr/share/zsh/vendor-completions/_botswain" \
		"$usr/bin/botswain" "$@" | sed 's/:.*//' | grep -- "^${*: -1}"
}
fish_words() {
	local line=botswain word
	for word in "${@:1:$#-1}"; do line+=" $word"; done
	PATH=$usr/bin:$PATH fish --no-config -c "source $usr/share/fish/vendor_completions.d/botswain.fish; complete -C '$line ${*: -1}'" |
		cut -f1
}
completes() { # SHELL EXPECTED WORD...
	local shell=$1 expected=$2 found; shift 2
	found=$("${shell}_words" "$@" | sort | paste -sd' ')
	[ "$found" = "$expected" ] || { echo "$shell, $*: '$found', not '$expected'"; false; }
}
completes_all() {
	local config=(-c "$top/botswain.yaml")
	completes "$1" 'backup bots' b && completes "$1" '--yes' restart --y && completes "$1" 'order-desk orders' "${config[@]}" restart ord &&
		completes "$1" 'order-desk' "${config[@]}" logs --bot order- && completes "$1" '--level' logs --le &&
		completes "$1" 'error' logs --level e && completes "$1" run backup r &&
		completes "$1" 'nightly' "${config[@]}" backup run n && completes "$1" 'cache' "${config[@]}" services c &&
		completes "$1" 'bots' --connect ssh://far.example bot && completes "$1" 'bots' --speed 2 --record /x bot &&
		completes "$1" '--since' logs --connect unix:/x --host far --si && completes "$1" '--host' logs --since 15m -n 5 --ho &&
		completes "$1" '--supervisor' discover --merge botswain.yaml --su && completes "$1" 'replay' rep &&
		{ [ "$1" != bash ] || completes "$1" "$top/botswain.yaml" replay "$top/botswain.y"; }
}

replay_has_help() { "$build/botswain" replay --help | grep -qxF 'usage: botswain replay FILE [--speed N]'; }

check 'replay says what it takes when it is asked' replay_has_help
check 'it installs' installs
check 'the programs run from there' runs
check 'pages have no warning' pages_without_warning
check 'pages say what the tables say' pages_say_what_tables_say
check 'systemd accepts the unit' unit_is_accepted
check 'bash completes subcommands, options and names of bots' completes_all bash
check 'zsh completes subcommands, options and names of bots' completes_all zsh
check 'fish completes subcommands, options and names of bots' completes_all fish
tap_end
