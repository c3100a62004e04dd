# SPDX-License-Identifier: MIT
# What the shell tests share: a folder of their own, a line of TAP for each check, the plan and an orderly end. Sourced by bash.
#
# tap_begin makes the folder $top. However the script ends, its function `leave`, if it has one, ends what it started, and then
# $top goes. A script that ends without tap_end, tap_skip_all or bail has failed, whatever its last command said.
# Tests that keep what a program said in $top/said have it shown with a check that fails.

tap_number=0 tap_failed=0 tap_ended='' tap_prefix=${tap_prefix-}

tap_begin() { # [NAME [PLACE]]: the folder is PLACE/botswain-NAME.*; its path is short, as those of sockets have to be
	top=$(mktemp -d "${2:-/tmp}/botswain-${1:-test}.XXXXXX") || exit 2
	trap tap_leave EXIT
}

tap_leave() {
	local status=$?
	[ "$(type -t leave)" != function ] || leave
	rm -rf --one-file-system -- "$top"
	[ -z "$tap_ended" ] || exit "$status"
	tap_result 1 'the test comes to its end'
	exit 1
}

tap_result() { # STATUS TITLE
	tap_number=$((tap_number + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s%s\n' "$tap_number" "$tap_prefix" "$2"
	else
		printf 'not ok %d - %s%s\n' "$tap_number" "$tap_prefix" "$2"
		tap_failed=1
	fi
}

tap_show() { # FILE...: their last lines, as comments
	local file
	for file in "$@"; do
		[ ! -s "$file" ] || tail -n 40 "$file" | cut -c1-600 | sed 's/^/# /'
	done
}

# check TITLE COMMAND...: runs it in this shell; it is good when it exits 0
check() {
	local title=$1 status; shift
	"$@" >"$top/out" 2>&1
	status=$?
	[ $status = 0 ] || tap_show "$top/out" "$top/said"
	tap_result $status "$title"
}

skip() { # TITLE REASON: one check that this machine cannot have
	tap_result 0 "$1 # SKIP $2"
}

tap_skip_all() { # TITLE REASON: none of it can be had here
	skip "$1" "$2"
	tap_end
	exit 0
}

bail() { # REASON: what every check needs is not there
	tap_ended=yes
	printf 'Bail out! %s\n' "$1"
	exit 1
}

tap_end() { # the last line of a test: the plan; false when a check failed
	tap_ended=yes
	printf '1..%d\n' "$tap_number"
	[ $tap_failed = 0 ]
}

# comes_true SECONDS COMMAND...: as wait_until of tests/fleet/lib.sh; what the last try says is shown when the time is over
comes_true() { wait_until "$@" || { shift; "$@"; }; }
