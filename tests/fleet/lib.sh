# SPDX-License-Identifier: MIT
# What the fleet's scripts share. Sourced by bash; `dir` is the fleet's directory.
#
# Every process of a fleet carries BOTSWAIN_FLEET=<tag> in its environment, and the daemons are written down in
# dir/pids with their start time. So a fleet ends exactly what it started: a recycled pid has another start time, and a
# leftover child still has the tag (but for Redis, which blanks its environment).

say() { printf '%s\n' "$*"; }
die() { printf 'fleet: %s\n' "$*" >&2; exit 1; }

# fleet_dir DIR -> an absolute path without anything that a configuration file would read as something else
fleet_dir() {
	[ -n "${1-}" ] || die "give the fleet's directory: make fleet-up DIR=/tmp/fleet"
	local path; path=$(realpath -m -- "$1")
	[[ $path =~ ^[A-Za-z0-9._/+-]+$ ]] || die "'$path': choose a directory without spaces or special characters"
	[ "$path" != / ] || die "'/' cannot be a fleet's directory"
	printf '%s' "$path"
}

# The 22nd field of /proc/PID/stat: when the process began, in clock ticks since boot. Empty when it is gone.
started_at() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	set -- ${stat##*) }
	[ "$1" = Z ] || printf '%s' "${20}"
}

record() { printf '%s %s %s\n' "$1" "$2" "$(started_at "$2")" >>"$dir/pids"; }

# is_same PID START: the process that was written down is still there
is_same() { [ -n "$2" ] && [ "$(started_at "$1")" = "$2" ]; }

# signal_recorded NAME SIGNAL: to each process written down under that name, if it is still the same
signal_recorded() {
	local name pid start
	[ -f "$dir/pids" ] || return 0
	while read -r name pid start; do
		[ "$name" = "$1" ] && is_same "$pid" "$start" && kill "-$2" "$pid" 2>/dev/null
	done <"$dir/pids"
	return 0
}

# signal_every_recorded SIGNAL: to all that are written down
signal_every_recorded() {
	local name
	for name in $(cut -d' ' -f1 "$dir/pids" 2>/dev/null | sort -u); do signal_recorded "$name" "$1"; done
}

# any_recorded [NAME]: true while a process (of that name) lives
any_recorded() {
	local name pid start
	[ -f "$dir/pids" ] || return 1
	while read -r name pid start; do
		[ -n "${1-}" ] && [ "$name" != "$1" ] && continue
		is_same "$pid" "$start" && return 0
	done <"$dir/pids"
	return 1
}

# tagged TAG -> the pids of every process that carries it
tagged() {
	grep -slzx "BOTSWAIN_FLEET=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
	return 0
}

# wait_until SECONDS COMMAND...: polls; false when the time is over
wait_until() {
	local deadline=$((SECONDS + $1)); shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}
