#!/bin/bash
# SPDX-License-Identifier: MIT
# The dashboards that are shipped, on a real fleet: after a minute none of their expressions is in error, and no panel of those
# that every fleet has is empty. And what check-config says of an operator's own. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
BUILD=$(realpath -- "${BOTSWAIN_BUILD:-build}")
export BUILD TROUBLE=0 BOTS=6
unset XDG_CONFIG_HOME XDG_STATE_HOME
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin dashboards
fleet=$top/fleet
export HOME=$top/home
mkdir -p "$HOME"
leave() {
	[ ! -s "$top/pid" ] || kill "$(cat "$top/pid")"
	tests/fleet/down "$fleet" >/dev/null
}
botswain() { "$BUILD/botswain" -c "$fleet/botswain.yaml" "$@"; }

# expressions NAME: those of a dashboard, "panel<TAB>expression", with what the screen puts in for its variable.
expressions() {
	sed -n "s/^ *- title: \(.*\)/T\1/p; s/.*{expr: '\([^']*\)'.*/E\1/p; s/.*{expr: \([^'][^,}]*\)[,}].*/E\1/p" "config/dashboards/$1.yaml" |
		awk '/^T/ {title = substr($0, 2)} /^E/ {print title "\t" substr($0, 2)}' |
		sed 's/\$bot/orders/g; s/\$instance/.+/g'
}
dashboards() { for file in config/dashboards/*.yaml; do basename "$file" .yaml; done; }

# Of each that comes at its own pace, what needs it twice.
is_fed() {
	local expr
	for expr in 'rate(pg_stat_database_xact_commit[1m])' 'increase(botswain_dropped_total[10m])' 'rate(redis_commands_total[1m])' \
		'$(error-share.budget)' '$(cache)' 'rate(redis_net_input_bytes_total[1m])' 'rate(redis_stream_entries_added_total[1m])'; do
		[ -n "$(botswain query "$expr")" ] || return
	done
}
fleet_is_up() {
	tests/fleet/up "$fleet" || return
	"$BUILD/botswain" -c "$fleet/botswain.yaml" serve >"$top/served" 2>&1 &
	echo $! >"$top/pid"
	wait_until 90 is_fed
}
all_are_asked() {
	local total=0 name
	for name in $(dashboards); do total=$((total + $(expressions "$name" | wc -l))); done
	[ "$total" = "$(grep -ho 'expr: ' config/dashboards/*.yaml | wc -l)" ]
}
none_is_in_error() {
	local name title expr bad=0
	for name in $(dashboards); do
		while IFS=$'\t' read -r title expr; do
			botswain query "$expr" >"$top/said" 2>&1 || { printf '%s, %s: %s\n' "$name" "$title" "$(cat "$top/said")"; bad=1; }
		done < <(expressions "$name")
	done
	[ $bad = 0 ]
}
# A panel is empty when all of its expressions are.
none_is_empty() {
	local title expr
	while IFS=$'\t' read -r title expr; do
		botswain query "$expr" | grep -qv 'NaN$' && printf 'full\t%s\n' "$title" || printf 'empty\t%s\n' "$title"
	done < <(expressions "$1") >"$top/panels"
	awk -F '\t' -v name="$1" '{seen[$2] = 1} $1 == "full" {full[$2] = 1}
		END {for (title in seen) if (!(title in full)) {print name ", " title ": empty"; bad = 1} exit bad}' "$top/panels"
}
says() { grep -q -- "$1" "$top/said" || { printf 'it does not say: %s\n' "$1"; cat "$top/said"; false; }; }
own_are_checked() {
	mkdir -p "$fleet/dashboards" && cp config/dashboards/redis.yaml "$fleet/dashboards/mine.yaml" &&
		botswain check-config >"$top/said" && says '1 dashboard,' &&
		"$BUILD/botswain" check-config "$fleet/dashboards/mine.yaml" >"$top/said" && says 'is a good dashboard: 4 rows, 10 panels'
}
what_is_wrong_is_said() {
	printf 'title: x\nrows:\n  - panels:\n      - {title: a, knd: line, queries: [{expr: up}]}\n' >"$fleet/dashboards/mine.yaml"
	! botswain check-config >"$top/said" 2>&1 && says "mine.yaml:4:20: unknown key 'knd'; did you mean 'kind'?" &&
		! "$BUILD/botswain" check-config "$fleet/dashboards/mine.yaml" >"$top/said" 2>&1 && says 'mine.yaml:4:20'
}

check 'a fleet runs, and its engine has read everything twice' fleet_is_up
check 'every expression of the files is asked below' all_are_asked
check 'no expression of a shipped dashboard is in error' none_is_in_error
for name in fleet sla redis postgres streams botswain; do
	check "no panel of $name is empty" none_is_empty "$name"
done
check 'check-config reads the dashboards beside the configuration, and one by its name' own_are_checked
check 'check-config says what is wrong with one, and where' what_is_wrong_is_said
tap_end
