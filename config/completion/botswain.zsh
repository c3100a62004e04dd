#compdef botswain
# SPDX-License-Identifier: MIT
# zsh completion for botswain. The program itself says what may follow: `botswain completion [SUBCOMMAND]`.
_botswain() {
	local sub='' at line
	local -a config found
	for ((at = 2; at < CURRENT; at++)); do
		case $words[at] in
		-c | --config) config=(-c "$words[at+1]"); ((at++)) ;;
		--script | --size | --bot | --level | --grep | --where | --wait | --reason) ((at++)) ;;
		-*) ;;
		*) sub=${sub:-$words[at]} ;;
		esac
	done
	case $words[CURRENT-1] in
	-c | --config | --script) _files; return ;;
	--size | --grep | --where | --wait | --reason) return ;;
	--level) _values level debug info warn error fatal; return ;;
	--bot) sub=--bot ;;
	esac
	[[ $sub != check-config ]] || { _files; return; }
	for line in "${(@f)$($words[1] $config completion $sub 2>/dev/null)}"; do
		found+=("${${line%%$'\t'*}//:/\\:}${${line##*$'\t'}:+:${line##*$'\t'}}")
	done
	_describe 'botswain' found
}
_botswain "$@"
