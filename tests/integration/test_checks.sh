#!/bin/bash
# SPDX-License-Identifier: MIT
# The health checks one by one, on the pages of real bots: what scripts and operators see of each, and what text of others
# does there. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
BUILD=$(realpath -- "${BOTSWAIN_BUILD:-build}")
export BUILD TROUBLE=0 BOTS=5
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
fleet=$top/f engine=''
leave() {
	[ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null
	frozen=$(cat "$fleet/run/news-de.pid" 2>/dev/null) && kill -CONT "$frozen" 2>/dev/null
	tests/fleet/down "$fleet" >/dev/null
}
names='orders support-en shop-pay quiz news-de'

port_of() { cat "$fleet/run/$1.port"; }
write_config() {
	local bot
	sed "s#^state_dir:.*#state_dir: $top/state#; s#health_interval: 5s#health_interval: 500ms, timeout: 1s#" \
		"$fleet/botswain.yaml" >"$top/botswain.yaml"
	printf 'health:\n' >>"$top/botswain.yaml"
	for bot in $names; do
		printf '  %s-figures: {url: "http://127.0.0.1:%s/metrics?key=canary-4711", bot: %s, interval: 500ms, text: bot_updates_total}\n' \
			"$bot" "$(port_of "$bot")" "$bot"
	done >>"$top/botswain.yaml"
	printf '  evil: {url: "http://127.0.0.1:%s/metrics", interval: 500ms, text: "\\e]0;owned\\a\\e[2J\\u202etxet"}\n' \
		"$(port_of quiz)" >>"$top/botswain.yaml"
	# A path of bytes that are no UTF-8, and of signs that turn the line around.
	printf '  path: {url: "http://127.0.0.1:%s/%%1b\\u202e\\u200b", interval: 500ms}\n' "$(port_of quiz)" >>"$top/botswain.yaml"
}
console() { "$BUILD/botswain" -c "$top/botswain.yaml" "$@"; }
comes_up() { tests/fleet/up "$fleet" && write_config && console check-config; }

# ask TEXT-OF-PYTHON COMMAND...: the command's JSON as `said`, each check by its name as `by`
ask() {
	local text=$1; shift
	console "$@" --json >"$top/said"
	status=$? python3 - "$top/said" "$text" <<-'PY'
	import json, os, sys
	said, status = json.load(open(sys.argv[1])), int(os.environ["status"])
	by = {c["name"]: c for c in said.get("checks", [])}
	assert eval("(" + sys.argv[2] + ")"), (status, sorted((c["name"], c["state"], c["why"]) for c in by.values()))
	PY
}
waits_for_each() { ask 'len(by) == 12 and all(c["state"] != "checking" and c["at"] for c in by.values())' checks --wait 10s; }
serves() {
	"$BUILD/botswaind" -c "$top/botswain.yaml" 2>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/state/engine.sock"
}
each_page_has_its_figures() {
	ask 'all(by[n]["status"] == 200 and by[n]["state"] == "ok" and 0 < by[n]["latency_ms"] < 1000 and by[n]["since"] and by[n]["ok"]
		and by[n]["bot"] == n.removesuffix("-figures")
		for bot in ["orders", "support-en", "shop-pay", "quiz", "news-de"] for n in (bot, bot + "-figures"))' checks
}
# Those of the bots are well, the two strange ones are not.
sum_says() { ask "[(s['passed'], s['checks']) for s in said['services'] if s['kind'] == 'health'] == [($1, 12)] and len(by) == 12" services; }
one_is_chosen() {
	console checks orders >"$top/said" && [ "$(wc -l <"$top/said")" -eq 2 ] &&
		grep -Eq '^\.  orders  orders  ok +200 +[0-9.]+ +[0-9.ms]+ +[0-9.msh]+  http://127.0.0.1:' "$top/said"
}
nobody_is_none() {
	console checks nobody >"$top/said" 2>&1
	[ $? -eq 2 ] && grep -q "no 'nobody' among the checks" "$top/said"
}
services_have_them_below() {
	console services >"$top/said"
	[ $? -eq 3 ] && [ "$(grep -c -- '-figures ' "$top/said")" -eq 5 ] && grep -q '^S  CHECK ' "$top/said"
}
other_services_do_not() { console services main >"$top/said"; ! grep -q CHECK "$top/said"; }
a_line_is_a_service() {
	console services --jsonl >"$top/said"
	[ "$(wc -l <"$top/said")" -ge 3 ] && ! grep -q '"url"' "$top/said"
}

tells_of_unwell() {
	ask 'status == 3 and by["quiz"]["state"] == "degraded" and by["quiz"]["status"] == 503 and by["quiz"]["why"].startswith("503")
		and by["orders"]["state"] == "ok"' checks
}
screen() { printf '%s\n' "$@" | console --script - >"$top/said" 2>&1; }
screen_shows_unwell() {
	screen 'wait-for 5 bots' 'resize 160x45' 'key 7' 'wait-for health 9/12' 'key Home Enter' 'wait-for 8 Checks' \
		'wait-for 9/12' 'expect w quiz 503' 'expect w evil 200, but without' 'key /' 'type check=quiz' 'key Enter' \
		'wait-for 11 hidden' 'wait-for /healthz, every 0.5s' 'key Esc Esc' 'wait-gone 8 Checks'
}
every_size_shows_it() {
	screen 'wait-for 5 bots' 'key 8' 'wait-for 9/12' 'resize 80x24' 'key +' 'wait-for w quiz' 'resize 40x12' \
		'wait-for 9/12' 'wait-for CHECK' 'resize 24x6' 'wait-for 9/12'
}
figures_are_crossed_with_bots() {
	sed -i '/^  evil:/d; /^  path:/d' "$top/botswain.yaml" && kill -HUP "$engine" &&
		screen 'wait-for 5 bots' 'resize 160x45' 'key 8' 'wait-for 9/10' 'key +' 'wait-for /healthz figures' 'expect news-de    .        .'
}
freezes() { kill -STOP "$(cat "$fleet/run/news-de.pid")"; }
tells_of_silence() {
	ask 'by["news-de"]["state"] == "failing" and by["news-de"]["status"] == 0 and by["news-de"]["latency_ms"] is None
		and by["news-de"]["severity"] == 4 and said["checks"][0]["bot"] == "news-de"' checks
}
screen_names_the_worst_first() { screen 'wait-for 5 bots' 'resize 160x45' 'key 8' 'wait-for 7/10  ! news-de'; }

# Nothing that a terminal would obey, and nothing that turns a line around.
is_harmless() {
	{ console checks; console services; console checks --json; console --script <(printf '%s\n' 'wait-for 5 bots' 'key 8' \
		'wait-for /12' "save-screen $top/screen") 2>&1; cat "$top/screen"; } >"$top/said"
	grep -q owned "$top/said" && python3 - "$top/said" <<-'PY'
	import sys, unicodedata
	text = open(sys.argv[1], encoding="utf-8").read()
	bad = sorted({hex(ord(c)) for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs")})
	assert not bad, bad
	PY
}
keeps_the_query_to_itself() { ! grep -rqs canary-4711 "$top/said" "$top/screen" && ! console services --json | grep canary-4711; }
refuses_a_hostile_bot() {
	printf 'health:\n  x: {url: "http://127.0.0.1:1/", bot: "\\e[31mb"}\n' >"$top/evil.yaml"
	! "$BUILD/botswain" -c "$top/evil.yaml" check-config >"$top/said" 2>&1 && grep -q 'is no name' "$top/said"
}

check 'a fleet of real bots comes up' comes_up
check 'an engine for one command waits until each check has answered' waits_for_each
check 'an engine is served' serves
check 'each page has its status, latency and times' comes_true 20 each_page_has_its_figures
check 'the sum counts all of them, and has them in the same JSON' comes_true 10 sum_says 10
check 'one is chosen by name' one_is_chosen
check 'a name that is none is refused' nobody_is_none
check 'services prints them below their sum, and says 3' services_have_them_below
check 'of another service nothing is printed below' other_services_do_not
check 'with --jsonl a line is a service' a_line_is_a_service
check 'hostile texts and paths arrive as harmless words' is_harmless
check 'what stands in the query of a URL is shown nowhere' keeps_the_query_to_itself
check 'a bot whose name is none is refused' refuses_a_hostile_bot
tests/fleet/ctl "$fleet" trouble quiz unwell >/dev/null
check 'a page that answers 503 is told of by name' comes_true 20 tells_of_unwell
check 'Enter on the row of Services shows it, and Esc comes back' screen_shows_unwell
check 'it is shown at every size' every_size_shows_it
check 'what is checked of bots is crossed with them' figures_are_crossed_with_bots
check 'a bot that hangs' freezes
check 'is failing, without a figure, and first' comes_true 20 tells_of_silence
check 'on the screen, too' screen_names_the_worst_first
tap_end
