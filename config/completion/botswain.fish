# SPDX-License-Identifier: MIT
# fish completion for botswain. The program itself says what may follow: `botswain completion [SUBCOMMAND]`.
function __botswain_words
	set -l words (commandline -opc)
	set -l program $words[1]
	set -l config
	set -l sub
	set -l skip 0
	for i in (seq 2 (count $words))
		if test $skip = 1
			set skip 0
			continue
		end
		switch $words[$i]
			case -c --config
				set skip 1
				set -l next (math $i + 1)
				test $next -le (count $words); and set config -c $words[$next]
			case --script --size --bot --level --grep --where --wait --reason
				set skip 1
			case '-*'
			case '*'
				test -n "$sub"; or set sub $words[$i]
		end
	end
	switch $words[-1]
		case -c --config --script
			__fish_complete_path (commandline -ct)
			return
		case --level
			printf '%s\n' debug info warn error fatal
			return
		case --bot
			set sub --bot
		case --size --grep --where --wait --reason
			return
	end
	$program $config completion $sub 2>/dev/null
end
complete -c botswain -f -a '(__botswain_words)'
