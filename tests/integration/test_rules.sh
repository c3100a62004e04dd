#!/bin/bash
# SPDX-License-Identifier: MIT
# Rule files as an operator has them: check-config, an alert on the command line and to on_alert, a reload. The rules are about the
# engine's own figures. Prints TAP.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
tap_begin rules

engine=''
leave() { kill ${engine:+"$engine"} 2>/dev/null; wait 2>/dev/null; }
botswain() { "$build/botswain" -c "$top/botswain.yaml" "$@"; }

write_rules() { # FOR [MORE]
	mkdir -p "$top/rules"
	{
		printf 'groups:\n- name: own\n  interval: 1s\n  rules:\n'
		printf -- '  - {record: "own:turns", expr: "botswain_clients >= 0"}\n'
		printf -- '  - alert: EngineIsThere\n    expr: own:turns >= 0\n    for: %s\n    labels: {severity: warning}\n' "$1"
		printf -- '    annotations: {summary: "it has {{ $value | printf \\"%%.1f\\" }} clients, or more"}\n'
		printf '%s' "${2-}"
	} >"$top/rules/own.yml"
	chmod 600 "$top/rules/own.yml"
}

cat >"$top/tell" <<END_OF_PROGRAM
#!/bin/sh
cat >>"$top/told"
END_OF_PROGRAM
chmod 700 "$top/tell"
cat >"$top/botswain.yaml" <<END_OF_SETTINGS
state_dir: $top/state
rules: {files: [rules/*.yml]}
on_alert: {command: [$top/tell]}
END_OF_SETTINGS

write_rules 1s
says_good() { botswain check-config >"$top/said" 2>&1 && grep -qx '2 rules loaded, 0 refused' "$top/said"; }
check 'check-config says how many rules are good' says_good
write_rules 1s '  - {alert: Bad, expr: "rate(x)"}
'
says_bad() {
	botswain check-config >"$top/said" 2>&1
	[ $? = 2 ] && grep -qx '2 rules loaded, 1 refused' "$top/said" && grep -q "rules/own.yml:11: expr 1:6: expected range vector" "$top/said"
}
check 'and which are not, with file, line and reason; its exit status is 2' says_bad
write_rules 1s

"$build/botswaind" -c "$top/botswain.yaml" >"$top/engine" 2>&1 &
engine=$!
is() { botswain alerts >"$top/said" 2>&1; grep -Eq "$1.*EngineIsThere" "$top/said"; }
check 'an alert fires' comes_true 20 is firing
check 'its sentence is filled in' grep -q 'it has [0-9.]* clients, or more' "$top/said"
records() { [ "$(botswain query 'count(own:turns)')" = '{} 1' ] && [ "$(botswain query 'count(ALERTS)')" = '{} 1' ]; }
check 'recorded series and ALERTS can be asked for' comes_true 10 records
write_rules 1h
kill -HUP "$engine"
check 'a reload with a longer for makes it wait again' comes_true 10 is pending
write_rules 1s
kill -HUP "$engine"
check 'with a shorter one it fires again' comes_true 10 is firing
write_rules 1s '  - {alert: Bad, expr: "rate(x)"}
'
kill -HUP "$engine"
refused() { botswain alerts >"$top/said" 2>&1; grep -q 'rules_refused .*own.yml:11' "$top/said" && grep -q 'firing.*EngineIsThere' "$top/said"; }
check 'a rule that is wrong is an alert, and the others go on' comes_true 10 refused
write_rules 1s
kill -HUP "$engine"
mended() { botswain alerts >"$top/said" 2>&1; ! grep -q rules_refused "$top/said" && grep -q "firing.*EngineIsThere" "$top/said"; }
check 'until it is mended' comes_true 10 mended
is_told() { grep -q '"rule":"EngineIsThere".*"labels":{"alertname":"EngineIsThere","severity":"warning"}' "$top/told" 2>/dev/null; }
check 'on_alert is told of it, with its labels' comes_true 60 is_told
rm "$top/rules/own.yml"
kill -HUP "$engine"
is_gone() { ! is . && [ -z "$(botswain query 'own:turns or ALERTS')" ]; }
check 'without its file it is gone, and its series end' comes_true 10 is_gone
is_told_over() { grep -q '"event":"resolved".*"rule":"EngineIsThere"' "$top/told"; }
check 'and on_alert is told that it is over' comes_true 20 is_told_over
tap_end
