# verify.awk - awk -v truth=TRUTH -f verify.awk LINES: every note of the workload is found among the printed events, in the order
# of its thread. LINES: "tid|event|arguments" each. Prints the notes that are not found, and how many there were.

BEGIN {
	while ((getline line < truth) > 0) {
		split(line, part, "|")
		tid = part[1]
		notes[tid, ++count[tid]] = line
		all++
	}
}

# The next note of this thread, if this is its event. All of its texts must be there.
{
	bar = index($0, "|")
	tid = substr($0, 1, bar - 1)
	if (!(tid in count) || at[tid] >= count[tid]) { next }
	n = split(notes[tid, at[tid] + 1], part, "|")
	rest = substr($0, bar + 1)
	event = substr(rest, 1, index(rest, "|") - 1)
	args = substr(rest, index(rest, "|") + 1) " "
	if (event != part[2]) { next }
	for (i = 3; i <= n; i++) {
		if (index(args, part[i]) == 0) { near[tid] = $0; next }
	}
	at[tid]++
	found++
}

END {
	for (tid in count) {
		if (at[tid] < count[tid]) {
			printf "not found: %s\n", notes[tid, at[tid] + 1]
			if (tid in near) { printf "     like: %s\n", near[tid] }
		}
	}
	printf "%d of %d steps found\n", found, all
	exit found != all || all == 0
}
