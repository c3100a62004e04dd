# SPDX-License-Identifier: MIT
# bash completion for botswain. The program itself says what may follow: `botswain completion -- WORDS`.
_botswain() {
	local cur=${COMP_WORDS[COMP_CWORD]} said
	said=$("${COMP_WORDS[0]}" completion -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null | cut -f1)
	if [[ $said == :files ]]; then
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -W "$said" -- "$cur"))
	fi
}
complete -F _botswain botswain
