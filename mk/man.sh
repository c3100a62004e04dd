#!/bin/bash
# SPDX-License-Identifier: MIT
# man.sh page IN PROGRAM: a page from its template, with what PROGRAM --help says at @HELP@.
# man.sh table NAME SECTION TITLE MARKDOWN: a page from one that is printed from a table (docs/*.md): headings, paragraphs
# and tables, of which each row becomes an entry.
set -euo pipefail
version=$(cat "$(dirname -- "$0")/../VERSION")

# What roff would take for its own: a backslash, a point or quote at the begin of a line, a minus.
escape() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"; }

page() {
	local line
	while IFS= read -r line; do
		case $line in
		@HELP@) "$2" --help | escape ;;
		*) printf '%s\n' "${line//@VERSION@/$version}" ;;
		esac
	done <"$1"
}

table() {
	printf '.\\" SPDX-License-Identifier: MIT\n.TH "%s" %s "" "botswain %s" "botswain"\n.SH NAME\n%s \\- %s\n' \
		"${1^^}" "$2" "$version" "$1" "$3"
	escape <"$4" | awk '
		function plain(text, link) {
			gsub(/`/, "", text)
			while (match(text, /\[[^]]*\]\([^)]*\)/)) {
				link = substr(text, RSTART + 1, RLENGTH - 1)
				sub(/\].*/, "", link)
				text = substr(text, 1, RSTART - 1) link substr(text, RSTART + RLENGTH)
			}
			return text
		}
		function trim(text) { gsub(/^ +| +$/, "", text); return text }
		/^# / { print ".SH DESCRIPTION"; next }
		/^## / { print ".SH " toupper(plain(substr($0, 4))); next }
		/^\|[\\: |-]*\|$/ { next }
		/^\|/ {
			line = $0
			gsub(/\\e\|/, "\001", line)
			count = split(line, cell, "|")
			for (i in cell) { gsub(/\001/, "|", cell[i]); cell[i] = trim(plain(cell[i])) }
			if (!headed) { headed = 1; next }
			print ".TP"
			head = cell[2] != "" ? cell[2] : cell[3]
			print ".B " head
			text = ""
			for (i = cell[2] != "" ? 3 : 4; i < count; i++)
				if (cell[i] != "") text = text (text == "" ? "" : "; ") cell[i]
			print text == "" ? "\\&" : text
			next
		}
		{ headed = 0 }
		/^$/ { print ".PP"; next }
		{ print plain($0) }'
}

"$@"
