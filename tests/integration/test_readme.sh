#!/bin/bash
# SPDX-License-Identifier: MIT
# What README.md says is true of the programs: its configurations are good ones, its keys, links, subcommands and make
# targets exist. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
botswain=$(realpath -- "${BOTSWAIN_BUILD:-build}")/botswain
. tests/support/tap.sh
tap_begin readme

none_of() { [ -z "$1" ] || { printf 'README.md has, and nothing else: %s\n' "$1"; false; }; }

# A folder with the files that the README tells its reader to make; no token in it is one that works.
make_home() {
	mkdir -p "$top/tokens"
	printf '%s:%s\n' 7100000001 AAE0123456789abcdefghijklmnopqrstuv >"$top/tokens/orders"
	sed 's/^/BOT_TOKEN=/' "$top/tokens/orders" >"$top/env"
	chmod 600 "$top/tokens/orders" "$top/env"
}

# Each ```yaml block into $top/block-N.yaml, without the indentation of its list.
extract_blocks() {
	awk -v top="$top" '
		/^ *```yaml$/ { n++; indent = index($0, "`") - 1; inside = 1; next }
		/^ *```$/ { inside = 0 }
		inside { print substr($0, indent + 1) > (top "/block-" n ".yaml") }' README.md
	ls "$top"/block-*.yaml | wc -l
}

# Good, and with nothing to warn of.
is_good() { "$botswain" check-config "$1" >"$top/said" 2>&1 && grep -q ' is good: ' "$top/said" && ! grep -q warning "$top/said" || { cat "$top/said"; false; }; }
blocks_are_good() {
	local block
	for block in "$top"/block-*.yaml; do is_good "$block" || return 1; done
}
wrong_one_is_found() { sed 's/token:/tokn:/' "$top/block-1.yaml" >"$top/wrong.yaml" && ! is_good "$top/wrong.yaml" && grep -q "did you mean 'token'" "$top/said"; }

# Options in the text: `token: {...}`, `bots_from: [...]`, `telegram: {...}`.
inline_options() { grep -o '`[a-z_]*: [[{][^`]*`' README.md | tr -d '`'; }
inline_is_good() {
	local option seen=0
	while read -r option; do
		seen=$((seen + 1))
		case $option in
		token:*) printf 'bots:\n  orders:\n    %s\n' "${option//\/srv\/orders\/.env/$top/env}" ;;
		bots_from:*) printf '%s\n' "$option" ;;
		*) cat "$top/block-1.yaml"; printf '%s\n' "$option" ;;
		esac >"$top/inline.yaml"
		is_good "$top/inline.yaml" || return 1
	done < <(inline_options)
	[ "$seen" -ge 3 ]
}

# The first column of the table under "## Keys".
readme_keys() {
	sed -n '/^## Keys/,/^## On/p' README.md | awk -F'|' '/^\| *[^-k ]/ { print $2 }' | sed 's/`\([0-9]\)`-`\([0-9]\)`/`\1` `\2`/' |
		tr -d '`' | tr -s ', ' '\n' | grep .
}
known_keys() { sed -n 's/^|\([^|]*\)|.*/\1/p' docs/keys.md | grep -o '`[^`]*`' | tr -d '`' | sort -u; }
keys_exist() {
	readme_keys | sort -u >"$top/keys" && [ "$(wc -l <"$top/keys")" -ge 20 ] || return 1
	none_of "$(comm -23 "$top/keys" <(known_keys))"
}
keys_page_is_current() { "$botswain" --print-keys | diff docs/keys.md -; }

links_exist() {
	local link missing=
	for link in $(grep -o '](\([^)#]*\))' README.md | tr -d '()]' | sort -u); do [ -e "$link" ] || missing+=" $link"; done
	none_of "$missing"
}
targets_exist() {
	local target missing=
	for target in $(grep -oE '(^|[`& ])make [a-z-]+' README.md | awk '{ print $NF }' | sort -u); do
		grep -qE "^$target:" Makefile mk/*.mk || missing+=" $target"
	done
	none_of "$missing"
}
subcommands_exist() {
	local word missing=
	for word in $(grep -oE '(^|`)botswain [a-z][a-z-]+' README.md | awk '{ print $NF }' | sort -u); do
		"$botswain" "$word" --help >"$top/said" 2>&1 || missing+=" $word"
	done
	none_of "$missing" && [ -s "$top/said" ]
}
three_lines_are_said() {
	mkdir "$top/home" && ! HOME=$top/home XDG_CONFIG_HOME='' "$botswain" bots 2>"$top/said" && grep -q "these three lines to $top/home/.config/botswain/botswain.yaml" "$top/said" ||
		[ -e /etc/botswain/botswain.yaml ]
}
exit_statuses_agree() {
	local status
	for status in 0 1 2 3 4 5 130; do grep -qE "(^|[ ,:])$status [a-z]" <(sed -n '/^Exit status/,$p' <("$botswain" --help)) || return 1; done
	grep -o '[0-9]* interrupted' README.md | grep -q '^130 '
}

make_home
check 'there are yaml blocks to check' test "$(extract_blocks)" -ge 2
check 'every yaml block is a good configuration' blocks_are_good
check 'a mistake in one would be found' wrong_one_is_found
check 'every option in the text is good' inline_is_good
check 'every key of the table exists' keys_exist
check 'docs/keys.md is what the program prints' keys_page_is_current
check 'every link leads somewhere' links_exist
check 'every make target exists' targets_exist
check 'every subcommand exists' subcommands_exist
check 'without a configuration the three lines are said' three_lines_are_said
check 'the exit statuses are those of --help' exit_statuses_agree
tap_end
