# SPDX-License-Identifier: ISC
# shellcheck shell=dash
# Sourced by init in a guest whose row has the word bpf: the kernel's own network-off
# (disablenetwork-lsm). With the word hooks: each taken out in turn, and a storm of children;
# with kills: the loader killed at its steps; with costs: what calls cost; else the escape suites.
pins=/sys/fs/bpf/disablenetwork moved=/sys/fs/bpf/other # as lsm_try moves it
mount -t bpf bpf /sys/fs/bpf
echo 1 2>/dev/null >/proc/sys/dev/tty/legacy_tiocsti

wrong=
is() { # is GOT WANTED NAME
	[ "$1" = "$2" ] || wrong="$wrong $3($1)"
}
like() { # like GOT PATTERN NAME
	# shellcheck disable=SC2254 # a pattern
	case $1 in $2) ;; *) wrong="$wrong $3($1)" ;; esac
}
lsm() { disablenetwork-lsm "$@" 2>&1; }
count_hooks() { # beside the list of marks, the door's latch and the count of those born with a mark
	set -- $pins/*
	echo $(($# - 3))
}
marked() { wc -l <$pins/marked; }
settle() { # until no mark is left, 10 s at most
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(marked)" = 0 ] && return
		sleep 1
	done
}

say "user 0"
say "landlock $(disablenetwork --check 2>/dev/null | sed -n 's/^Landlock *//p')"

# cost NAME COMMAND...: of calls behind the command, beside those behind nothing, in instructions,
# which do not depend on how busy the machine is. Judged by nobody.
cost() {
	name=$1
	shift
	{ "$@" calls loops 20 && calls stream 100 "$@" && "$@" lsm_try costs; } >/tmp/cost
	[ -e /tmp/cost-nothing ] || cp /tmp/cost /tmp/cost-nothing
	say "cost $name: $(awk 'NR == FNR { base[$1] = $2; next }
		{ printf "%s %.2f ", $1, $1 ~ /TCP/ ? base[$1] / $2 : $2 / base[$1] }' /tmp/cost-nothing /tmp/cost)"
}

case " $* " in
*' costs '*) # before the kernel has seen any hook
	cost nothing env
	cost seccomp disablenetwork -q
	if disablenetwork -q -U true 2>/dev/null; then # by Landlock
		cost no-unix disablenetwork -q -U
		cost unix-path lsm_try listener disablenetwork -q --unix=/tmp
	fi
	;;
esac

# --- Loading and unloading, as an administrator sees it. ---
is "$(lsm status; echo $?)" 'not loaded
1' status-before
not_loaded='netprobe: fatal: unable to switch the network off by prctl: Invalid argument'
is "$(netprobe --network-off true 2>&1)" "$not_loaded" prctl-before
is "$(lsm load; echo $?)" 0 load
hooks=$(count_hooks)
say "hooks $hooks"
like "$(lsm load; echo $?)" '*fatal: unable to load: already loaded*111' load-twice
is "$(lsm status)" "loaded: $hooks hooks, 0 threads without network" status-loaded
netprobe --network-off sleep 1000 &
sleeper=$!
while [ "$(marked)" = 0 ]; do sleep 1; done
is "$(cat $pins/marked)" "$sleeper sleep" list-of-marked
like "$(lsm unload; echo $?)" "*unable to unload: 1 thread without network lives, among them $sleeper sleep*111" unload-refused
is "$(lsm status)" "loaded: $hooks hooks, 1 thread without network" status-marked
is "$(netprobe --network-off echo open 2>&1)" open door-open-again
kill $sleeper
wait $sleeper 2>/dev/null
settle
lsm_try kill 2 /bin/disablenetwork-lsm unload # when the door is shut, and nothing gone
is "$(netprobe --network-off true 2>&1)" 'netprobe: fatal: unable to switch the network off by prctl: Device or resource busy' door-shut
like "$(lsm load)" '*already loaded*' load-opens-the-door
is "$(netprobe --network-off echo open 2>&1)" open door-open-after-load
settle
is "$(lsm unload; echo $?)" 0 unload
is "$(lsm unload; echo $?)" 'disablenetwork-lsm: fatal: unable to unload: not loaded
111' unload-twice
is "$(lsm load; echo $?)" 0 load-again
is "$(as 65534 disablenetwork-lsm status 2>&1; echo $?)" 'disablenetwork-lsm: fatal: unable to read the status: not root
111' not-root
say "basics$wrong"

mkdir /tmp/bpf
mount --bind /sys/fs/bpf /tmp/bpf
ask_all() { # what netprobe does not ask
	lsm_try answers
	lsm_try domains
	lsm_try pins /tmp/bpf
	lsm_try setting
	lsm_try sockets
	lsm_try rings
	lsm_try namespaces
	lsm_try no-unix 3
	lsm_try no-unix 2
	lsm_try no-unix 1 2
	lsm_try no-unix 2 1
	lsm_try core
}
wrong=$(ask_all)
for kept in '' '-p files' '-p users' '-p all'; do
	# shellcheck disable=SC2086 # two words
	disablenetwork -q $kept rm -rf $pins 2>/dev/null
	is "$(lsm status)" "loaded: $hooks hooks, 0 threads without network" "pins-kept-from-user-0${kept:+-}${kept#-p }"
done
like "$(disablenetwork -q -v true 2>&1)" '*kernel network-off, *seccomp (base), *' verbose
like "$(disablenetwork --check 2>&1)" '*kernel network-off  on:*verdict  *yes:*' check
say "basics$wrong"

# -U: by the module where Landlock cannot.
is "$(lsm_try reach disablenetwork -q 2>&1)" '0 0 0' paths-open
for options in -U -UL -Ua '-U disablenetwork -q'; do
	# shellcheck disable=SC2086 # words
	like "$(lsm_try reach disablenetwork -q $options 2>&1)" '1* 1* 1*' "paths-shut-by-$options"
done
is "$(lsm_try reach disablenetwork -q disablenetwork -q -U -r unix 2>&1 | grep -c '^1')" 1 paths-shut-inside
say "basics$wrong"

try_escapes() {
	# The bare prctl: no seccomp filter, no Landlock domain. Then the tool, which leaves every socket
	# whose data goes to its peer.
	escapes mark 65534 --inherit=all netprobe --network-off
	escapes mark 0 --inherit=all netprobe --network-off
	escapes mark-32 65534 --inherit=none --probe /bin/netprobe32 netprobe --network-off
	escapes tool 65534 --inherit=tcp,listener,mptcp,vsock,udp,sctp disablenetwork -q
	settle
	is "$(marked)" 0 marks-left
	try_without_pins
}

# Root outside takes the module out while prog lives: what stands on seccomp, Landlock and
# capabilities still stands. (Inherited sockets are what the module alone holds.)
try_without_pins() {
	cat >/bin/outlive <<-'END'
		#!/bin/sh
		echo >/tmp/take-out
		read -r _ </tmp/taken-out
		exec "$@"
	END
	chmod 755 /bin/outlive
	mkfifo -m 666 /tmp/take-out /tmp/taken-out
	{
		read -r _ </tmp/take-out
		lsm_try outlast & # sees when the hooks are gone
		while ! grep -q lsm_try $pins/marked; do sleep 1; done
		rm $pins/*
		wait $!
		echo >/tmp/taken-out
	} &
	got=$(netprobe --driver --user=65534 --inherit=none disablenetwork -q outlive 2>&1)
	wait
	like "$got" '*summary: blocked [1-9][0-9][0-9], *' tried-alone
	# What is passed in is a gap without the module, and so without a verdict here.
	is "$(echo "$got" | grep -E '^[^ ]+ +(ESCAPED|BROKEN) ' | grep -v '@passed-')" '' escaped-alone
	is "$(lsm status)" 'half loaded: nobody can be marked; load does it anew' taken-out
	is "$(lsm load; echo $?)" 0 load-after-taken-out
	say "basics$wrong"
}

# All children are marked, and nothing is left of them; nor is a marked process missed by unload.
try_storm() {
	wrong=$(lsm_try storm 10000; lsm_try flight 50 /bin/disablenetwork-lsm unload)
	settle
	is "$(marked)" 0 marks-after-storm
	say "basics$wrong"
}

# mutant HOOK VERDICT CASE [SOCKETS]: without the hook, that is the verdict of a case.
mutant() {
	wrong=
	[ -e "$pins/$1" ] || return
	rm "$pins/$1"
	got=$(netprobe --only "$3" --driver --inherit="${4:-none}" netprobe --network-off 2>&1 | sed -n "s/^$3 *\\([^ ]*\\) .*/\\1/p")
	is "$got" "$2" "without-$1"
	say "mutant $1: $3 $got"
	settle
	lsm unload
	is "$(lsm load; echo $?)" 0 "load-after-$1"
	say "basics$wrong"
}

# mutant_in TRY HOOK WRONG: without the hook, that is what lsm_try finds.
mutant_in() {
	wrong=
	[ -e "$pins/$2" ] || return
	rm "$pins/$2"
	for _ in $(seq 60); do # as below
		# shellcheck disable=SC2086 # words
		got=$(lsm_try $1)
		[ "$got" = "$3" ] && break
		sleep 1
	done
	is "$got" "$3" "without-$2"
	say "mutant $2: $1$3"
	# A folder of pins that could be moved away holds its hooks on, beside those of the next load.
	[ ! -e "$moved" ] || mv "$moved" $pins
	settle
	lsm unload
	is "$(lsm load; echo $?)" 0 "load-after-$2"
	say "basics$wrong"
}

try_hooks() {
	mutant task_alloc ESCAPED family-2
	mutant socket_create ESCAPED family-2
	mutant socket_post_create BROKEN unix-listen-abstract
	mutant socket_bind ESCAPED bind@tcp4-unconnected tcp
	mutant socket_connect ESCAPED connect@tcp4-unconnected tcp
	mutant socket_listen ESCAPED unspec-listen@tcp4-unconnected tcp
	mutant socket_sendmsg ESCAPED sendto@udp4 udp
	mutant socket_setsockopt ESCAPED routing-header@udp6 udp
	mutant sctp_bind_connect ESCAPED connectx@sctp4 sctp
	mutant unix_stream_connect ESCAPED abstract-stream
	mutant unix_may_send ESCAPED abstract-datagram
	mutant ptrace_access_check ESCAPED ptrace-seize
	mutant file_ioctl ESCAPED tap-attach
	mutant file_ioctl_compat ESCAPED tiocsti-int80
	mutant key_alloc ESCAPED request-key-callout
	mutant bpf ESCAPED xdp-program-passed
	mutant mmap_file ESCAPED io-uring-inherited-polled ring
	mutant_in domains ptrace_traceme ' traceme-by-outside'
	mutant_in sockets mmap_file ' map-packets'
	mutant_in sockets socket_setsockopt ' packet-ring multicast-router sctp-other-port'
	mutant_in sockets file_ioctl ' ioctl-of-unknown-socket'
	mutant_in rings mmap_file ' map-ring-of-another'
	mutant_in namespaces capable ' enter-user enter-network'
	mutant_in namespaces create_user_ns ' start-inside map-of-own-namespace enter'
	mutant_in 'pins /tmp/bpf' inode_unlink ' unlink unlink-elsewhere'
	mutant_in 'pins /tmp/bpf' inode_rename ' rename rename-over rename-folder'
	mutant_in 'pins /tmp/bpf' inode_rmdir ' rmdir'
	# Each found three times: by the caller, its child and a thread of that.
	streams=' outside-path-stream outside-path-packets outside-abstract-stream outside-abstract-packets'
	datagrams=' outside-path-datagram outside-abstract-datagram'
	mutant_in 'no-unix 3' unix_stream_connect "$streams$streams$streams inside-path-stream inside-path-packets"
	mutant_in 'no-unix 3' unix_may_send "$datagrams$datagrams$datagrams inside-path-datagram"
	mutant_in 'no-unix 3' ptrace_access_check ' trace-outside trace-other-domain'
	own=$(printf ' inside-%s' path-stream path-datagram path-packets abstract-stream abstract-datagram abstract-packets)
	mutant_in 'no-unix 3' socket_post_create "$own$own"
	wrong=
	rm $pins/task_prctl
	for _ in $(seq 60); do # the kernel lets go of a hook some time after its pin is gone
		got=$(netprobe --network-off true 2>&1)
		[ "$got" = "$not_loaded" ] && break
		sleep 1
	done
	is "$got" "$not_loaded" without-task_prctl
	is "$(lsm status)" 'half loaded: nobody can be marked; load does it anew' status-half
	is "$(lsm load; echo $?)" 0 load-after-task_prctl
	say "basics$wrong"
	# Last: it switches all hooks of the running kernel off and on.
	mutant_in setting file_open ' hooks-switched-off'
}

# whole_or_shut NAME: whoever can be marked has all hooks.
whole_or_shut() {
	if netprobe --network-off true 2>/dev/null; then
		is "$(count_hooks)" "$hooks" "$1"
	fi
}

# Before every third call by which hooks come or go: for all of them it takes ten minutes.
try_kills() {
	wrong=
	lsm unload
	step=1
	while lsm_try kill $step /bin/disablenetwork-lsm load >/dev/null 2>&1; do
		whole_or_shut "load-killed-at-$step"
		step=$((step + 3))
	done
	lsm load
	is "$(lsm status)" "loaded: $hooks hooks, 0 threads without network" load-after-kills
	say "killed at every third of $step steps of load"
	step=1
	while lsm_try kill $step /bin/disablenetwork-lsm unload >/dev/null 2>&1; do
		whole_or_shut "unload-killed-at-$step"
		lsm load >/dev/null
		is "$(netprobe --network-off echo marked 2>&1)" marked "load-after-unload-killed-at-$step"
		is "$(lsm status)" "loaded: $hooks hooks, 0 threads without network" "hooks-after-unload-killed-at-$step"
		step=$((step + 3))
	done
	say "killed at every third of $step steps of unload"
	like "$(lsm status; echo $?)" 'not loaded*1' status-unloaded
	say "basics$wrong"
}

case " $* " in
*' hooks '*)
	try_storm
	try_hooks
	;;
*' costs '*)
	cost hooks-unmarked env
	cost hooks-marked netprobe --network-off
	cost hooks-no-unix lsm_try hold 3
	;;
*' kills '*) try_kills ;;
*) try_escapes ;;
esac
say "basics$wrong"
