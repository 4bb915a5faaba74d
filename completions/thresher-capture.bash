# bash completion for thresher-capture

_thresher_capture()
{
	local cur prev i
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	# Behind -- stands another command with its own words.
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			if declare -F _command_offset > /dev/null; then
				_command_offset $((i + 1))
			elif ((COMP_CWORD == i + 1)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$cur")
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			fi
			return
		fi
	done
	case $prev in
	-w | --write)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-i | --interface)
		mapfile -t COMPREPLY < <(compgen -W "any $(ls /sys/class/net 2> /dev/null)" -- "$cur")
		return
		;;
	--netns)
		mapfile -t COMPREPLY < <(compgen -W "all $(ls /run/netns 2> /dev/null)" -- "$cur")
		return
		;;
	--compress)
		mapfile -t COMPREPLY < <(compgen -W 'auto none gzip zstd' -- "$cur")
		return
		;;
	--redact)
		mapfile -t COMPREPLY < <(compgen -W 'secrets' -- "$cur")
		return
		;;
	--snaplen | -s)
		mapfile -t COMPREPLY < <(compgen -S = -W 'file net http other packet' -- "$cur")
		return
		;;
	--cgroup)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-Z | --user | --uid)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return
		;;
	--pid)
		mapfile -t COMPREPLY < <(compgen -W "$(ps -e -o pid= 2> /dev/null)" -- "$cur")
		return
		;;
	-z | --level | -C | --file-size | -G | --file-seconds | -e | --file-events | -W | --files | --flush | -f | --packet-filter | \
		--packet-buffer | --comm | --container | --syscalls | -B | --ring-size | -d | --duration | -c | --count | --priority)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--write --force --compress --level --file-size --file-seconds --file-events --files
			--flush --interleave --split --interface --netns --packet-filter --packet-buffer --promiscuous --pid --comm --uid
			--cgroup --container --syscalls --snaplen --no-data --no-args --no-env --own-lists --redact --switches --signals --page-faults
			--ring-size --duration --count --priority --user --quiet --check --version --help
			-w -z -C -G -e -W -i -f -s -B -d -c -Z -q -h --' -- "$cur")
	fi
}

complete -o filenames -F _thresher_capture thresher-capture
