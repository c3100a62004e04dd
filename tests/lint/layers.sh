#!/bin/sh
# SPDX-License-Identifier: MIT
# The order of the rooms, checked in the includes: a file may include its own room and lower ones only. The screen
# side (themes, widgets, tui) sees base, parse, msg, model, verbs, conf and engine/client.h, and nothing else of core.
set -u
cd "$(dirname "$0")/../.." || exit 2
find core themes widgets tui -name '*.[ch]' | LC_ALL=C sort | xargs awk '
BEGIN {
	n = split("base parse msg model verbs conf events series alert act store collect engine", order, " ")
	for (i = 1; i <= n; i++) rank["core/" order[i]] = i
	rank["themes"] = 101; rank["widgets"] = 102; rank["tui"] = 103
	m = split("base parse msg model verbs conf", open, " ")
	for (i = 1; i <= m; i++) screen["core/" open[i]] = 1
}
function room(path, part) {
	split(path, part, "/")
	return part[1] == "core" ? "core/" part[2] : part[1]
}
function folder(path) {
	sub(/[^\/]*$/, "", path)
	return path
}
/^#[ \t]*include[ \t]+"/ {
	split($0, quoted, "\"")
	to = room(quoted[2]); from = room(FILENAME)
	if (!(to in rank)) next
	bad = rank[to] > rank[from]
	if (rank[from] > 100 && rank[to] < 100 && !(to in screen) && quoted[2] !~ /^core\/engine\/client[a-z_]*\.h$/) bad = 1
	if (FILENAME ~ /^core\/engine\/client[a-z_]*\.[ch]$/ && !(to in screen) && quoted[2] !~ /^core\/engine\/client[a-z_]*\.h$/) bad = 1
	if (quoted[2] ~ /internal\.h$/ && folder(quoted[2]) != folder(FILENAME)) bad = 1
	if (bad) { printf "%s:%d: %s may not include \"%s\"\n", FILENAME, FNR, from, quoted[2]; failed = 1 }
}
END { exit failed }'
