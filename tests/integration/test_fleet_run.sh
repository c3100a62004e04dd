#!/bin/bash
# SPDX-License-Identifier: MIT
# `make run` leaves nothing behind, however it dies. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
export TMPDIR=$top/tmp
mkdir "$TMPDIR"

# A console that says where its fleet is and stays until it is ended or its terminal is lost.
cat >"$top/console" <<END
#!/bin/bash
echo "\$\$ \$2" >$top/console.new && mv $top/console.new $top/console.up
[ ! -t 0 ] || exec cat
exec tail -f /dev/null
END
# As make does it: the recipe's shell tells the script make's pid.
cat >"$top/Makefile" <<END
run:
	@BUILD=$build RUN_MAKE=\$\$PPID BOTS=2 TROUBLE=0 CONSOLE=$top/console exec $PWD/tests/fleet/run
END
chmod +x "$top/console"

console_is_up() { [ -f "$top/console.up" ]; }
tag_is_there() { fleet_tag=$(cat "$TMPDIR"/botswain-run.*/fleet/tag 2>/dev/null | head -n 1); [ -n "$fleet_tag" ]; }

# start COMMAND...: make run in a session of its own, until its console is up
start() {
	rm -f "$top/console.up"
	setsid env --default-signal=INT,QUIT "$@" >"$top/said" 2>&1 </dev/null &
	started=$!
	wait_until 40 console_is_up || return 1
	read -r console_pid config <"$top/console.up"
	fleet=$(dirname -- "$config")
	fleet_tag=$(cat "$fleet/tag")
	[ -n "$(tagged "$fleet_tag")" ]
}

all_gone() { [ ! -e "$(dirname -- "$fleet")" ] && [ -z "$(tagged "$fleet_tag")" ] && [ ! -d "/proc/$console_pid" ]; }
console_is_gone() { [ -z "$(started_at "$console_pid")" ]; }

# Within the time that a polite end of every server may take.
expect_all_gone() {
	wait_until 40 all_gone || { tagged "$fleet_tag" | sed 's/^/left: /'; ls -d "$fleet" | sed 's/^/left: /'; return 1; }
}

leaves_nothing_when() { # KILLER
	start make -f "$top/Makefile" run && "$1" && expect_all_gone
}

kill_make() { kill -KILL "$started"; }
kill_runner() { kill -KILL "$(pgrep -P "$started" -f tests/fleet/run)"; }
kill_console() { kill -KILL "$console_pid"; }
end_console() { kill -TERM "$console_pid"; }
hang_up() { kill -HUP -- "-$started"; }

# The terminal itself goes: script(1) holds the other side of it.
loses_its_terminal() {
	start script -qfc "make -f $top/Makefile run" /dev/null && kill -KILL "$started" && expect_all_gone
}
# A console that hangs does not notice the loss of its terminal; the watcher does.
loses_it_while_the_console_hangs() { sed -i '/exec cat/d' "$top/console" && loses_its_terminal; }

# Ctrl-C while the servers are being started: the terminal sends it to all of the group.
is_interrupted_at_the_start() {
	local status=1
	rm -f "$top/console.up"
	mkfifo "$top/keys"
	setsid env --default-signal=INT,QUIT script -qfc "make -f $top/Makefile run" /dev/null <"$top/keys" >"$top/said" 2>&1 &
	exec 7>"$top/keys"
	if wait_until 20 tag_is_there; then
		fleet=$(ls -d "$TMPDIR"/botswain-run.*/fleet | head -n 1) console_pid=0x
		printf '\003' >&7
		expect_all_gone && ! console_is_up && status=0
	fi
	exec 7>&-
	return $status
}

check 'leaving the console takes the fleet down' leaves_nothing_when end_console
check 'a killed console takes the fleet down' leaves_nothing_when kill_console
check 'a killed make takes the fleet down' leaves_nothing_when kill_make
check 'a killed runner takes the fleet down' leaves_nothing_when kill_runner
check 'a hang-up of the whole group takes the fleet down' leaves_nothing_when hang_up
check 'a lost terminal takes the fleet down' loses_its_terminal
check 'a lost terminal takes the fleet down though the console hangs' loses_it_while_the_console_hangs
check 'Ctrl-C during the start takes the fleet down' is_interrupted_at_the_start
tap_end
