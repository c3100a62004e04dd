# SPDX-License-Identifier: MIT
# bash completion for botswain. The program itself says what may follow: `botswain completion [SUBCOMMAND]`.
_botswain() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} sub='' at
	local -a config=()
	for ((at = 1; at < COMP_CWORD; at++)); do
		case ${COMP_WORDS[at]} in
		-c | --config) config=(-c "${COMP_WORDS[at + 1]}"); ((at++)) ;;
		--script | --size | --bot | --level | --grep | --where | --wait | --reason) ((at++)) ;;
		-*) ;;
		*) sub=${sub:-${COMP_WORDS[at]}} ;;
		esac
	done
	case $prev in
	-c | --config | --script) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--size | --grep | --where | --wait | --reason) return ;;
	--level) COMPREPLY=($(compgen -W 'debug info warn error fatal' -- "$cur")); return ;;
	--bot) sub=--bot ;;
	esac
	[[ $sub != check-config ]] || { compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return; }
	COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "${config[@]}" completion $sub 2>/dev/null | cut -f1)" -- "$cur"))
}
complete -F _botswain botswain
