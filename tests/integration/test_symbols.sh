#!/bin/bash
# SPDX-License-Identifier: MIT
# No function of a program is there twice: an archive gives the linker whichever it meets first, without a word, and its caller
# the wrong one. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/support/tap.sh
tap_begin

# What objects of the archives define for others, each name as often as it is there.
twice() {
	local names
	names=$(nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /^[TDBR]$/ {print $3}') && [ -n "$names" ] || return 1
	sort <<<"$names" | uniq -d
}
has_none() {
	local found
	found=$(twice "$@") || return 1
	[ -z "$found" ] || { echo "# twice: $found" && return 1; }
}
lower=("$build"/lib/core-{base,parse,msg,model,verbs,conf}.a "$build/lib/client.a")
check "every name of the engine's program is there once" has_none "${lower[@]}" "$build"/lib/core-{events,series,alert,act,store,collect,engine}.a
check "every name of the screen's program is there once" has_none "${lower[@]}" "$build"/lib/{themes,widgets,tui}.a
tap_end
