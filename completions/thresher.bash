# bash completion for thresher

_thresher_fields()
{
	thresher fields --json 2> /dev/null | grep -o '"name":"[^"]*' | cut -d'"' -f4
}

_thresher()
{
	local cur prev command i
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	command=
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} != -* ]]; then
			command=${COMP_WORDS[i]}
			break
		fi
	done

	if [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'annotate fields follow info print report top help version --help --version' -- "$cur")
		return
	fi
	if [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'annotate fields follow info print report top help version' -- "$cur")
		return
	fi
	case $prev in
	-o | --out)
		if [[ $command == annotate ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		fi
		return
		;;
	-t | --time)
		mapfile -t COMPREPLY < <(compgen -W 'h a i r d D' -- "$cur")
		return
		;;
	-j | --jobs)
		mapfile -t COMPREPLY < <(compgen -W "1 2 4 8 $(nproc 2> /dev/null)" -- "$cur")
		return
		;;
	--as)
		if [[ $command == top ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'table csv json' -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -W 'text hex raw json' -- "$cur")
		fi
		return
		;;
	--side)
		mapfile -t COMPREPLY < <(compgen -W 'both client server' -- "$cur")
		return
		;;
	--view)
		mapfile -t COMPREPLY < <(compgen -W 'both packets syscalls' -- "$cur")
		return
		;;
	--with)
		mapfile -t COMPREPLY < <(compgen -W 'option block comment' -- "$cur")
		return
		;;
	--clock)
		mapfile -t COMPREPLY < <(compgen -W 'syscalls packets' -- "$cur")
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	--filter-file | --script)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-c | --count | -p | --format | --batch-bytes | --clock-offset | -f | --filter | --packet-filter | --around | --from | --to | --last)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		local all='--filter --filter-file --packet-filter --strict --jobs --batch-bytes --quiet --help -f -j -q -h'
		case $command in
		info) all+=' --json --all --hash -a' ;;
		fields) all='--json --help -h' ;;
		annotate) all+=' --out --with --clock --clock-offset -o' ;;
		print)
			all+=' --format --json --join --raw --events --packets --count --time --local-time --list -p -c -t -l'
			all+=' --verbose --hex --ascii --around --from --to --last --color --pager -V -x -A'
			;;
		follow) all+=' --as --side --view --body --color' ;;
		top) all+=' --as --count -c' ;;
		report) all+=' --out --script --hash --reproducible --no-join --clock-offset --clock --trace -o' ;;
		*) all='--help -h' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$all" -- "$cur")
		return
	fi
	if [[ $command == fields || ($command == top && $prev == top) ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_thresher_fields)" -- "$cur")
		return
	fi
	if [[ $command == top && $prev == by ]]; then
		mapfile -t COMPREPLY < <(compgen -W "count bytes time errors $(_thresher_fields)" -- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

complete -o filenames -F _thresher thresher
