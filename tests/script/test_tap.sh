#!/bin/bash
# SPDX-License-Identifier: MIT
# What the shell tests rely on: a check that fails and a script that ends before its time are failures. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/support/tap.sh
tap_begin tap

# ends STATUS LINE-OF-ITS-OUTPUT COMMAND...: a test of these commands
ends() {
	local want=$1 line=$2 status; shift 2
	printf '%s\n' 'set -uo pipefail' '. tests/support/tap.sh' tap_begin 'echo "folder $top"' "$@" >"$top/inner.sh"
	bash "$top/inner.sh" >"$top/said" 2>&1
	status=$?
	[ $status = "$want" ] && grep -qxF -- "$line" "$top/said"
}
left_no_folder() { [ ! -e "$(sed -n 's/^folder //p' "$top/said")" ]; }
fails() { ends 1 'not ok 2 - b' 'check a true' 'check b false' 'check c true' tap_end; }
shows() { ends 1 '# words' 'check a sh -c "echo words; exit 3"' tap_end; }
shows_said() { ends 1 '# from the program' 'said() { echo "from the program" >"$top/said"; return 1; }' 'check a said' tap_end; }
does_not_end() { ends 1 'not ok 2 - the test comes to its end' 'check a true' 'exit 0'; }
cleans_up() { ends 0 'left' 'leave() { echo left; }' 'check a true' tap_end && left_no_folder; }
is_killed() { ends 143 'left' 'leave() { echo left; }' 'check a true' 'kill -TERM $$' 'tap_end' && left_no_folder; }

check 'checks that are good exit 0 with their plan' ends 0 '1..2' 'check a true' 'check b true' tap_end
check 'one that fails is named, and the exit status is 1' fails
check 'what it said is shown' shows
check 'and what the program said' shows_said
check 'a script that ends before its plan has failed' does_not_end
check 'what it started is ended, and its folder goes' cleans_up
check 'also when it is killed' is_killed
check 'what cannot be had is counted as skipped' ends 0 'ok 1 - a # SKIP no root' "skip a 'no root'" tap_end
check 'without what every check needs it says so and exits 1' ends 1 'Bail out! no server' "bail 'no server'"
tap_end
