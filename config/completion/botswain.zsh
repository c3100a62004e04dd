#compdef botswain
# SPDX-License-Identifier: MIT
# zsh completion for botswain. The program itself says what may follow: `botswain completion -- WORDS`.
_botswain() {
	local line
	local -a found said
	said=("${(@f)$($words[1] completion -- "${(@)words[2,CURRENT-1]}" 2>/dev/null)}")
	[[ $said[1] != :files ]] || { _files; return; }
	for line in "${(@)said}"; do
		found+=("${${line%%$'\t'*}//:/\\:}${${line##*$'\t'}:+:${line##*$'\t'}}")
	done
	_describe 'botswain' found
}
_botswain "$@"
