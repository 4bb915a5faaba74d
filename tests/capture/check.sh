#!/bin/sh
# tests/capture/check.sh [CHECK...] - records for real, as root, and looks at what came out. Needs $BUILD/thresher-capture and
# $BUILD/thresher. Each check prints ok or FAILED; the last line is "N passed, N failed", with ", N skipped" where this machine does
# not permit BPF: then nothing was shown, and it says so loudly.
set -u
export LC_ALL=C TZ=UTC

BUILD=${BUILD:-build}
top=$(pwd)
case $BUILD in
/*) bin=$BUILD ;;
*) bin=$top/$BUILD ;;
esac
rec=$bin/thresher-capture
thresher=$bin/thresher
here=$top/tests/capture

work=$(mktemp -d "${TMPDIR:-/tmp}/thresher-capture-check.XXXXXX")
chmod 755 "$work"
ns=thc$$
passed=0
failed=0
skipped=0

clean_up()
{
	cd /
	mountpoint -q "$work/small" && umount "$work/small"
	ip netns del ${ns}a 2> /dev/null
	ip netns del ${ns}b 2> /dev/null
	ip link del ${ns}gone 2> /dev/null
	[ -n "${cgroup:-}" ] && rmdir "$cgroup" "$(dirname "$cgroup")" 2> /dev/null
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1

all="workload workload_events container exact syscall_counts signals status closed killed disk_full drops interface_gone rotation pipe layouts filters \
	secrets privileges limits deep statistics"

# ---- helpers -----------------------------------------------------------------------------------------------------------------

why()
{
	echo "    $*" >> why
	return 1
}

# equals WHAT EXPECTED GOT
equals()
{
	[ "$2" = "$3" ] || why "$1: expected '$2', got '$3'"
}

holds()
{
	grep -q -e "$2" "$1" || why "'$2' is not in $1: $(head -c 600 "$1" | tr '\n' '~')"
}

# One number of `info`: events, packets.
count_of()
{
	"$thresher" info -q "$1" 2> /dev/null | awk -v what="$2" '$1 == what { gsub(",", "", $2); n += $2 } END { print n + 0 }'
}

# No damage, no drops, nothing to complain of. "sound FILE machine": of a whole machine a descriptor may be closed while its process is
# looked at, and its close is then of no known descriptor; the kernel starts helpers that nobody forked; others may keep the machine busy.
sound()
{
	"$thresher" report -q --reproducible --strict -o sound-report "$1" > /dev/null 2> sound-messages ||
		why "$1 is damaged: $(head -n 3 sound-messages)" || return 1
	complaints=$(tail -n +2 sound-report/csv/quality.csv | grep -v ',packets captured twice,')
	[ -z "${2:-}" ] || complaints=$(echo "$complaints" | grep -v -E ',(events on unknown fds|threads not seen to start|events of unknown threads|recorder dropped events),')
	rm -rf sound-report
	equals "complaints about $1" "" "$complaints"
}

lines_of()
{
	"$thresher" print -q --events -p '*%thread.tid|%evt.type|%evt.args' "$1" > "$2" || why "print of $1 failed"
}

# Starts the recorder in the background and waits until it records: background FILE-FOR-MESSAGES ARGUMENTS...
background()
{
	messages=$1
	shift
	: > "$messages"	# or what an earlier one said would be taken for what this one says
	"$rec" "$@" 2> "$messages" &
	recorder=$!
	for i in $(seq 200); do
		grep -q 'recording into' "$messages" && return 0
		kill -0 $recorder 2> /dev/null || break
		sleep 0.1
	done
	why "the recorder did not begin: $(cat "$messages")"
}

ended()
{
	wait $recorder
	recorder_status=$?
}

# ---- what must be shown --------------------------------------------------------------------------------------------------------

check_workload()
{
	mkdir -p shown
	"$rec" -w shown.scap -i ${ns}va --netns ${ns}a -- ./workload "$work/shown.truth" "$work/shown" files processes killed threads pipes unix \
		tcp ${ns}a ${ns}b 10.99.77.1 2> shown.messages
	equals "exit status" 0 $? || return 1
	lines_of shown.scap shown.lines || return 1
	awk -v truth=shown.truth -f "$here/verify.awk" shown.lines > shown.verified || why "$(cat shown.verified)" || return 1
	echo "    $(tail -n 1 shown.verified)"
	holds shown.messages 'dropped: 0 events' && sound shown.scap
}

# The order of the calls of one thread is the order of its events, and times never go back in it.
check_workload_events()
{
	"$thresher" print -q --events -p '*%thread.tid %evt.rawtime %evt.num' shown.scap > times || return 1
	equals "steps back in time of threads" 0 "$(awk '$2 < last[$1] { n++ } { last[$1] = $2 } END { print n + 0 }' times)" &&
		equals "serials" "gaps 0, repeated 0" "$("$work/extras" shown.scap | sed -n 's/^serials [0-9]*, //p')" &&
		equals "entries of a directory" ". .. renamed symbolic" \
			"$("$work/extras" shown.scap | sed -n 's/^entry //p' | sort | tr '\n' ' ' | sed 's/ $//')" &&
		equals "calls that begin after they end" "late 0" "$("$work/extras" shown.scap | sed -n 's/^begins [1-9][0-9]*, //p')"
}

check_container()
{
	id=3f1c0a77b2d84e55a9c6d1e2f30415a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c
	for root in /sys/fs/cgroup/cpu /sys/fs/cgroup/unified /sys/fs/cgroup; do
		if [ -e $root/cgroup.procs ] && mkdir -p $root/docker/$id 2> /dev/null; then
			cgroup=$root/docker/$id
			break
		fi
	done
	[ -n "${cgroup:-}" ] || why "no cgroup can be made" || return 1
	mkdir -p boxed
	"$rec" -q -w boxed.scap -- sh -c "echo \$\$ > $cgroup/cgroup.procs && exec ./workload '$work/boxed.truth' '$work/boxed' container" ||
		why "recording failed" || return 1
	lines_of boxed.scap boxed.lines && awk -v truth=boxed.truth -f "$here/verify.awk" boxed.lines > boxed.verified || why "$(cat boxed.verified)" || return 1
	"$thresher" print -q -p '%container.id %evt.type %fd.name' boxed.scap > boxed.containers
	holds boxed.containers "^3f1c0a77b2d8 openat $work/boxed/in-container"
}

# Every byte that a call on a TCP socket told lies in a packet at the sequence number the call told.
check_exact()
{
	"$work/extras" shown.scap > exact
	holds exact '^tcp [1-9][0-9]*, right [1-9][0-9]*, wrong 0, unseen 0$' || return 1
	echo "    $(grep '^tcp' exact)"
	"$thresher" report -q --reproducible -o exact-report shown.scap > /dev/null || return 1
	# Both directions of the HTTP connection, to the byte: no difference at either end.
	head=$(printf 'HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n' | wc -c)
	equals "bytes of the connection" "225,$((5 * (300000 + head)))," \
		"$(grep ',tcp,.*,8080,' exact-report/csv/joined_flows.csv | head -n 1 | cut -d , -f 10-12 | sed 's/""//')" &&
		equals "requests" 5 "$(grep -c '/item/[0-4],' exact-report/csv/http.csv)" || return 1
	# Of a call with messages to two peers, each has its own.
	equals "bytes to and from each peer" "3,2 5,4" "$(grep ',udp,.*,530[12],' exact-report/csv/joined_flows.csv | sort -t, -k6 | cut -d, -f10,11 |
		tr '\n' ' ' | sed 's/ $//')" || return 1
	# The process that was given a connection by another one is who moved its bytes.
	grep ',tcp,.*,8081,' exact-report/csv/joined_flows.csv > exact.passed
	holds exact.passed " $(awk -F'|' '$2 == "recvmsg" && /take/ { print $1 "/" $1 }' shown.truth) 13 received 9 sent"
}

# strace counts what the recorder counts.
check_syscall_counts()
{
	for who in strace record; do
		rm -rf counted
		mkdir counted
		: > counted.truth
		set -- ./workload "$work/counted.truth" "$work/counted" files processes threads pipes unix
		if [ $who = strace ]; then
			strace -f -qq -c -U name,calls -o counts.strace "$@" || why "strace failed" || return 1
		else
			"$rec" -q -w counted.scap -- "$@" || why "recording failed" || return 1
		fi
	done
	awk '$2 ~ /^[0-9]+$/ && $1 != "total" { print $1, $2 }' counts.strace > counts.expected
	lines_of counted.scap counted.lines
	# From its first success to execute on; a new process has a clone event of its own; some events have shorter names.
	awk -F'|' 'BEGIN { name["pread"] = "pread64"; name["pwrite"] = "pwrite64"; name["prlimit"] = "prlimit64" }
		$2 == "execve" && $3 ~ /^res=0 / { begun = 1 }
		!begun || $2 == "procexit" || $2 == "signaldeliver" || ($2 ~ /^(clone|clone3|fork|vfork)$/ && $3 ~ /^res=0 /) { next }
		{ n[$2 in name ? name[$2] : $2]++ }
		END { for (c in n) { print c, n[c] } }' counted.lines > counts.recorded
	for f in expected recorded; do
		grep -v -E '^(exit|exit_group|rt_sigreturn|restart_syscall) ' counts.$f | sort > counts.$f.sorted
	done
	diff counts.expected.sorted counts.recorded.sorted > counts.diff || why "strace (<) and recorded (>) differ: $(cat counts.diff)" || return 1
	echo "    $(wc -l < counts.expected.sorted) kinds of calls, $(awk '{ n += $2 } END { print n }' counts.expected.sorted) calls, as strace counts them"
}

# ---- ends -----------------------------------------------------------------------------------------------------------------------

check_signals()
{
	for sig in INT TERM HUP; do
		rm -f by-signal.scap
		background signal.messages -w by-signal.scap || return 1
		/bin/true
		kill -$sig $recorder
		ended
		equals "exit status after $sig" 0 $recorder_status && holds signal.messages 'events: [1-9]' && sound by-signal.scap machine || return 1
	done
	# Handed on to a command, whose status it is.
	background signal.messages -w signal-command.scap -- sh -c 'trap "exit 33" TERM; while :; do sleep 0.05; done' || return 1
	sleep 0.5
	kill -TERM $recorder
	ended
	equals "exit status of a command that was told to end" 33 $recorder_status && sound signal-command.scap
}

check_status()
{
	"$rec" -q --force -w s.scap -- sh -c 'exit 7' 2> /dev/null
	equals "status of the command" 7 $? || return 1
	"$rec" -q --force -w s.scap -- sh -c 'kill -9 $$' 2> /dev/null
	equals "status of a killed command" 137 $? || return 1
	"$rec" -q --force -w s.scap -- ./no-such-command 2> s.messages
	equals "status without a command" 127 $? && holds s.messages 'No such file' || return 1
	"$rec" -q --force -w s.scap -- "$work/shown.scap" 2> s.messages
	equals "status of what cannot be run" 126 $? || return 1
	"$rec" -q -w s.scap -- true 2> s.messages
	equals "status when the recorder fails" 125 $? && holds s.messages 'exists'
}

# Started with its standard descriptors closed, as some supervisors do: what it says must not get into what it records.
check_closed()
{
	./workload c.truth "$work" loop &
	loop=$!
	"$rec" -w closed.scap --pid $loop -d 1 <&- >&- 2>&-
	equals "exit status" 0 $? && ! grep -a 'thresher-capture: ' closed.scap && sound closed.scap || return 1
	"$rec" -w closed2.scap -- sh -c 'ls -l /proc/self/fd/ > closed.fds' <&- >&- 2>&-
	equals "exit status of a command" 0 $? && ! grep -a 'thresher-capture: ' closed2.scap && sound closed2.scap || return 1
	! grep ' [0-2] -> /dev/null' closed.fds || return 1
	"$rec" -w - --pid $loop -d 1 2> closed.messages >&-
	equals "exit status without standard output" 3 $? && holds closed.messages 'cannot write' && kill $loop
}

# Nothing is wrong with a file but, perhaps, its end: the kernel may stop in the middle of a write of what it kills.
cut_at_most()
{
	"$thresher" info -q --strict "$1" > /dev/null 2> cut.messages && return 0
	grep -v -E "damaged input '[^']*': input ends inside a block of " cut.messages > cut.others
	[ ! -s cut.others ] || why "$1 is damaged: $(head -n 3 cut.others)"
}

check_killed()
{
	for name in k.scap k.scap.gz k.scap.zst; do
		background k.messages -w $name --flush 200 || return 1
		./workload k.truth "$work" spin &
		sleep 2
		kill -9 $recorder
		wait $recorder 2> /dev/null
		wait
		# Calls up to the last flush, at least those of the first second.
		n=$("$thresher" print -q -p '%evt.type %evt.arg.name' $name 2> /dev/null | grep -c 'access /spin/')
		[ "$n" -gt 1000 ] || why "$name: $n of the calls are there" || return 1
		"$thresher" report -q -o k-report $name > /dev/null 2>&1 || why "$name: report failed" || return 1
		rm -rf k-report
	done
	cut_at_most k.scap || return 1
	# With packets: two files, both good, and read together as one would be; put together by hand too.
	background k.messages -w kp.scap -i lo --flush 100 || return 1
	./udp_self
	sleep 1
	kill -9 $recorder
	wait $recorder 2> /dev/null
	"$thresher" print -q --join --events kp.scap kp.scap.events~ 2> /dev/null | grep -q 'sendto .*data=datagram' || why "calls are lost" || return 1
	[ "$(count_of kp.scap packets)" -ge 10 ] || why "packets are lost" || return 1
	cut_at_most kp.scap && cut_at_most kp.scap.events~ || return 1
	cat kp.scap.events~ >> kp.scap && rm kp.scap.events~ && cut_at_most kp.scap
}

# A ring that is too small: what is missing is told, as events, by numbers on each CPU, and at the end, and all three agree.
check_drops()
{
	mkdir -p narrow
	"$rec" -w narrow.scap -B 64K -s 4000 -- sh -c 'for i in 1 2 3; do dd if=/dev/zero of=/dev/null bs=4000 count=100000 2> /dev/null; done' \
		2> narrow.messages
	equals "exit status" 0 $? || return 1
	told=$(sed -n 's/.*dropped: \([0-9]*\) events.*/\1/p' narrow.messages)
	[ "$told" -gt 0 ] || why "nothing was dropped: the check shows nothing" || return 1
	"$work/extras" narrow.scap > narrow.extras
	equals "drops in drop events" "dropped $told" "$(tail -n 1 narrow.extras)" || return 1
	missing=$(sed -n 's/^missing //p' narrow.extras)
	[ "$missing" -le "$told" ] && [ "$missing" -gt 0 ] || why "$missing numbers are missing, $told were told" || return 1
	"$thresher" info -q narrow.scap | grep '^  drops' > narrow.info
	! grep -q 'none recorded' narrow.info || why "info says nothing of drops" || return 1
	"$thresher" report -q -o narrow-report narrow.scap > /dev/null && holds narrow-report/csv/quality.csv 'drop'
}

check_disk_full()
{
	mkdir -p small
	mount -t tmpfs -o size=3m none small || why "no small file system" || return 1
	cp "$(command -v dd)" filler
	for name in d.scap d.scap.gz d.scap.zst; do
		background d.messages -w small/$name --comm filler -s 20000 --flush 100 || return 1
		while kill -0 $recorder 2> /dev/null; do
			./filler if=/dev/urandom of=/dev/null bs=20000 count=100 2> /dev/null
		done
		ended
		equals "exit status" 3 $recorder_status && holds d.messages 'No space left' || return 1
		"$thresher" info -q --strict small/$name > /dev/null 2> d.strict || why "$name is damaged: $(cat d.strict)" || return 1
		[ "$(count_of small/$name events)" -gt 50 ] || why "$name: few events" || return 1
		rm -f small/*
	done
	umount small
}

check_interface_gone()
{
	ip link add ${ns}gone type veth peer name ${ns}peer && ip link set ${ns}gone up || why "no interface can be made" || return 1
	background g.messages -w g.scap -i ${ns}gone -i lo || return 1
	ip link del ${ns}gone
	for i in $(seq 50); do
		grep -q "interface '${ns}gone'" g.messages && break
		sleep 0.1
	done
	kill -0 $recorder || why "it ended" || return 1
	./udp_self 2> /dev/null
	sleep 0.3
	kill -INT $recorder
	ended
	equals "exit status" 0 $recorder_status && holds g.messages "interface '${ns}gone' is not recorded any more" && sound g.scap machine &&
		equals "interfaces" 2 "$("$thresher" info -q g.scap | grep -c '^  interface')" &&
		{ [ "$(count_of g.scap packets)" -ge 1 ] || why "no packets of the other interface"; }
}

# ---- files ------------------------------------------------------------------------------------------------------------------------

# No event is lost or doubled between two files.
check_rotation()
{
	mkdir -p rotated
	"$rec" -q -w rotated/r.scap -e 4000 -- ./workload r.truth "$work" spin || why "recording failed" || return 1
	[ "$(ls rotated | wc -l)" -ge 4 ] || why "only $(ls rotated | wc -l) files" || return 1
	for f in rotated/*; do
		sound "$f" || return 1
		"$thresher" print -q -p '%evt.type %evt.arg.name' "$f" | sed -n 's/^access .spin.//p' >> rotated.numbers
	done
	seq 0 29999 > rotated.expected
	diff rotated.expected rotated.numbers > rotated.diff || why "calls lost, doubled or out of order: $(head -n 5 rotated.diff)" || return 1
	"$work/extras" rotated/*.scap > rotated.extras
	holds rotated.extras 'gaps 0, repeated 0' || return 1
	echo "    30000 numbered calls in $(ls rotated | wc -l) files"
	# A ring.
	mkdir -p ring
	"$rec" -q -w ring/r.scap.zst -e 3000 -W 2 -- ./workload r.truth "$work" spin
	equals "files of the ring" 2 "$(ls ring | wc -l)"
}

check_pipe()
{
	"$rec" -q -w - -i lo -- ./workload pipe.truth "$work" spin | "$thresher" info - > pipe.info 2>&1
	holds pipe.info 'damage  *none' && holds pipe.info 'interface 0' || return 1
	# A reader that has enough: with calls of its own to tell, for a quiet machine fills no pipe.
	"$rec" -w - -- ./workload pipe.truth "$work" spin 2> pipe.messages | head -c 200000 | wc -c > pipe.bytes
	equals "bytes" 200000 "$(tr -d ' ' < pipe.bytes)" && ! grep -q -i -E 'broken|error|cannot' pipe.messages || why "$(cat pipe.messages)"
}

# one_layout FILE OPTION FILES: ten datagrams, found as packets and as calls, in so many files.
one_layout()
{
	rm -f l.*
	"$rec" -q -w "$1" -i lo "$2" -- ./udp_self || why "recording failed" || return 1
	equals "files" "$3" "$(ls l.* | wc -l)" || return 1
	n=0
	calls=0
	for f in l.*; do
		sound "$f" || return 1
		n=$((n + $(count_of "$f" packets)))
		calls=$((calls + $("$thresher" print -q --events -p '%evt.type %evt.arg.data' "$f" | grep -c 'sendto datagram')))
	done
	[ $n -ge 10 ] || why "$1 $2: $n packets" || return 1
	equals "$1 $2: calls" 10 $calls
}

check_layouts()
{
	one_layout l.scap.gz -q 1 && one_layout l.scap.zst -q 1 && one_layout l.scap --interleave 1 && one_layout l.scap.gz --split 2 || return 1
	"$thresher" info -q l.packets.pcapng.gz > l2.info
	holds l2.info 'system calls are in l.scap.gz'
}

# ---- what is recorded -------------------------------------------------------------------------------------------------------------

check_filters()
{
	"$rec" -q -w f1.scap --syscalls access,execve -- ./workload f.truth "$work" spin
	equals "only these calls" "access execve" "$("$thresher" print -q -p '%evt.type' f1.scap | grep -v -E '^(procexit|clone)' | sort -u | tr '\n' ' ' | sed 's/ $//')" || return 1
	"$rec" -q -w f2.scap --syscalls=-access -- ./workload f.truth "$work" spin
	equals "all but this call" 0 "$("$thresher" print -q -p '%evt.type' f2.scap | grep -c '^access')" || return 1
	mkdir -p held && : > held/name-in-a-folder
	"$rec" -q -w f3.scap --no-data --no-args --no-env -- env SECRET=hidden sh -c 'echo written-text; : argument-text; ls held' > /dev/null
	! grep -q -a -E 'SECRET=hidden|written-text|argument-text|name-in-a-folder' f3.scap || why "f3.scap holds what it must not" || return 1
	"$rec" -q -w f4.scap -s 3 -- sh -c 'echo abcdefgh' > /dev/null
	"$thresher" print -q f4.scap | grep 'write res=9' > f4.line
	holds f4.line 'data=abc ' || return 1
	background f5.messages -w f5.scap --uid nobody || return 1
	setpriv --reuid=nobody --clear-groups ls / > /dev/null
	ls / > /dev/null
	sleep 0.3
	kill -INT $recorder
	ended
	# A process is known once it executes something: before, it was another user's.
	"$thresher" print -q -p '%user.uid' f5.scap | sort -u | grep -v -x 4294967295 > f5.users
	equals "users" 65534 "$(cat f5.users)" || return 1
	./workload f.truth "$work" loop &
	loop=$!
	background f6.messages -w f6.scap --comm workload || return 1
	ls / > /dev/null
	sleep 0.3
	kill -INT $recorder
	ended
	kill $loop
	equals "names" "workload" "$("$thresher" print -q -p '%proc.name' f6.scap | sort -u | tr '\n' ' ' | sed 's/ $//')"
}

check_secrets()
{
	"$rec" -q -w x.scap --redact secrets --redact 'mark-[a-z]+' -- sh -c 'PASSWORD=hunter2secret; export PASSWORD
		/bin/true --password=hunter2secret mark-covered; echo "Authorization: Bearer abcdefgh0123456789abcdef mark-written"' > /dev/null
	! grep -q -a -E 'mark-covered|mark-written' x.scap || why "x.scap holds what its own patterns cover" || return 1
	! grep -q -a -E 'PASSWORD=hunter2|Bearer abcdefgh' x.scap || why "x.scap holds secrets" || return 1
	sound x.scap
}

check_privileges()
{
	background p.messages -w p.scap -i lo || return 1
	caps=$(sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/$recorder/status)
	kill -INT $recorder
	ended
	# CAP_DAC_OVERRIDE and CAP_FOWNER: the two files are put together and one is removed.
	equals "capabilities while recording" 000000000000000a "$caps" && sound p.scap machine || return 1
	mkdir -p theirs && chown nobody theirs
	background p.messages -w theirs/p.scap -Z nobody || return 1
	caps=$(sed -n 's/^CapPrm:[^0-9a-f]*//p' /proc/$recorder/status)
	uid=$(sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' /proc/$recorder/status)
	kill -INT $recorder
	ended
	equals "capabilities as nobody" 0000000000000000 "$caps" && equals "user" "$(id -u nobody)" "$uid" &&
		equals "owner and mode" "nobody 600" "$(stat -c '%U %a' theirs/p.scap)" && sound theirs/p.scap machine || return 1
	# Nobody may do nothing, and is told what is missing.
	cp "$rec" theirs/rec
	setpriv --reuid=nobody --clear-groups theirs/rec -w theirs/q.scap -- true 2> q.messages
	equals "status without permission" 125 $? && holds q.messages 'cap_bpf' || return 1
	# Nor do they lose what they have.
	echo kept > theirs/old.scap && chown nobody theirs/old.scap
	setpriv --reuid=nobody --clear-groups theirs/rec --force -w theirs/old.scap -- true 2> q.messages
	equals "status without permission" 125 $? && equals "what was not replaced" kept "$(cat theirs/old.scap)" || return 1
	[ ! -e theirs/q.scap ] || why "a file was made for nothing" || return 1
	# With capabilities of the file it may.
	setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search,cap_sys_admin,cap_net_raw,cap_net_admin+ep theirs/rec || return 1
	setpriv --reuid=nobody --clear-groups theirs/rec -q -w theirs/q.scap -i lo -- ./udp_self 2> q.messages
	equals "status with capabilities" 0 $? && sound theirs/q.scap || why "$(cat q.messages)"
}

check_limits()
{
	"$rec" -q -w c.scap -c 100 -- ./workload c.truth "$work" spin
	equals "events" 100 "$(count_of c.scap events)" || return 1
	# Of the whole machine events wait for the snapshot: more of them than are asked for.
	./workload c5.truth "$work" spin &
	"$rec" -q -w c5.scap -c 10 -d 20
	wait
	equals "events of the machine" 10 "$(count_of c5.scap events)" || return 1
	"$rec" -q -w c2.scap -d 1 --syscalls openat || why "recording failed" || return 1
	"$rec" -q -w c.scap 2> c.messages
	equals "status for an existing file" 3 $? && holds c.messages 'exists' || return 1
	"$rec" -q 2> c.messages
	equals "status without a file" 2 $? || return 1
	"$rec" -q -w c3.scap -i no-such-interface 2> c.messages
	equals "status for a wrong interface" 3 $? && holds c.messages 'no such interface' || return 1
	"$rec" -q -w c4.scap -i lo -f 'tcp porst 80' 2> c.messages
	equals "status for a wrong packet filter" 2 $? && holds c.messages 'packet filter' || return 1
	"$rec" -q -w c5.scap -B 2G 2> c.messages
	equals "status for a ring too large" 2 $? && holds c.messages '2G is outside 65536 to 1073741824' || return 1
	[ ! -e c3.scap ] && [ ! -e c4.scap ] || why "files were made for nothing"
}

# A program many folders down: its path is told from the root on.
# The path that a recording tells of a program.
executed()
{
	"$rec" -q --force -w deep.scap -- "$1" || why "recording failed" || return 1
	"$thresher" print -q -p '%proc.exepath' -f 'evt.type = execve and evt.res = SUCCESS' deep.scap | tail -n 1
}

check_deep()
{
	path=$(seq -s / 1 150)
	mkdir -p "deep/$path" && cp /bin/true "deep/$path/program" || return 1
	# Told from the root of the machine: below another one (chroot) that of a program near by says what is in front.
	outer=
	if ! [ / -ef /proc/1/root ]; then
		cp /bin/true deep/program
		outer=$(executed deep/program)
		outer=${outer%"$(realpath deep/program)"}
	fi
	equals "path of the program" "$outer$(realpath "deep/$path/program")" "$(executed "deep/$path/program")"
}

check_statistics()
{
	background u.messages -w u.scap || return 1
	kill -USR1 $recorder
	for i in $(seq 50); do
		grep -q '^thresher-capture: dropped' u.messages && break
		sleep 0.1
	done
	holds u.messages 'events: [0-9]' && holds u.messages 'dropped: ' && kill -0 $recorder || why "no statistics" || return 1
	kill -INT $recorder
	ended
	equals "exit status" 0 $recorder_status
}

# ---- all of them ---------------------------------------------------------------------------------------------------------------------

checks=${*:-$all}
if [ "$(id -u)" != 0 ] || ! "$rec" --check > can 2>&1; then
	for name in $checks; do
		skipped=$((skipped + 1))
	done
	{
		echo "****************************************************************************"
		echo "*** NOT TESTED: this machine does not let thresher-capture record"
		if [ "$(id -u)" != 0 ]; then echo "*** (not root)"; else sed -n 's/^no /*** no /p' can; fi
		echo "*** $skipped checks of the live recorder were SKIPPED"
		echo "****************************************************************************"
	} | tee /dev/stderr
	echo "0 passed, 0 failed, $skipped skipped"
	exit 0
fi

cc=${CC:-cc}
$cc -O1 -pthread -o workload "$here/workload.c" "$here/workload_sockets.c" && $cc -O1 -I"$top/src" -o extras "$here/extras.c" && $cc -O1 -o udp_self "$here/udp_self.c" ||
	{ echo "the workload does not compile"; echo "0 passed, 1 failed"; exit 1; }
ip netns add ${ns}a && ip netns add ${ns}b && ip link add ${ns}va netns ${ns}a type veth peer name ${ns}vb netns ${ns}b &&
	ip -n ${ns}a addr add 10.99.77.1/24 dev ${ns}va && ip -n ${ns}b addr add 10.99.77.2/24 dev ${ns}vb &&
	ip -n ${ns}a link set ${ns}va up && ip -n ${ns}b link set ${ns}vb up ||
	{ echo "no network namespaces can be made"; echo "0 passed, 1 failed"; exit 1; }
ip link set lo up

for this in $checks; do
	: > why
	if check_"$this" > said 2>&1; then
		echo "ok $this"
		cat said
		passed=$((passed + 1))
	else
		echo "FAILED $this"
		cat why said
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
