# SPDX-License-Identifier: MIT
# fish completion for botswain. The program itself says what may follow: `botswain completion -- WORDS`.
function __botswain_words
	set -l words (commandline -opc)
	set -l said ($words[1] completion -- $words[2..-1] 2>/dev/null)
	if test "$said[1]" = :files
		__fish_complete_path (commandline -ct)
	else
		printf '%s\n' $said
	end
end
complete -c botswain -f -a '(__botswain_words)'
