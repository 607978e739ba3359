# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # variables from tap.sh, variables for the tests
# Sourced by the chain tests after tap.sh: peers on loopback, waiting, and the end of
# everything that a test started.
#
#     $root    yes or no
#     peers    starts a TCP peer: $tcp_port, $tcp_log; a UDP one: $udp_port, $udp_log
#
# In front of PATH are copies of disablenetwork and peer.py that nobody can run too, whoever
# may read the build directory. The system's own programs are next: nobody may be unable to
# run what root has in its home.

export PATH=$scratch:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export DISABLENETWORK_TEST=$scratch # marks every process that a test starts

chain_cleanup() {
	local pids
	# A subshell that is killed before it execs runs this trap, too.
	[ "$BASHPID" = $$ ] || return
	# Supervisors start services again, hence several rounds.
	while pids=$(running) && [ -n "$pids" ]; do
		# shellcheck disable=SC2086 # a list
		kill -KILL $pids 2>/dev/null
	done
	tap_cleanup
}
trap chain_cleanup EXIT

# The pids of what this test started and still runs: a program's environment tells. (Nothing
# runs in this pipeline that has the mark itself.)
running() {
	env -u DISABLENETWORK_TEST grep -lasxz "DISABLENETWORK_TEST=$scratch" /proc/[0-9]*/environ |
		env -u DISABLENETWORK_TEST tr -dc '0-9\n'
}
none_running() { [ -z "$(running)" ]; }

# At the end of a test, after everything has been told to stop.
nothing_left() {
	for pid in ${tap_pids[@]+"${tap_pids[@]}"}; do
		end_child "$pid"
	done
	ok 'nothing is left running' poll none_running
}

# poll COMMAND...: wait until it succeeds, within a bound that no busy machine reaches (once
# something has failed, what follows is bound to, and need not wait so long)
poll() {
	local tries
	for ((tries = tap_failed ? 570 : 0; tries < 600; tries++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}
has_line() { grep -qx -- "$2" "$1" 2>/dev/null; } # has_line FILE REGEX
lines() { grep -cx -- "$2" "$1" 2>/dev/null; }      # lines FILE REGEX: how many
has_lines() { [ "0$(lines "$1" "$2")" -ge "$3" ]; } # has_lines FILE REGEX COUNT
# That of `disablenetwork -x --explain=$scratch/tmp/NAME.json` has ended, or is there. (grep has another line.)
has_supervisor() { grep -qasz -- "^--[e]xplain=$scratch/tmp/$1.json\$" /proc/[0-9]*/cmdline; }
has_no_supervisor() { ! has_supervisor "$1"; }
has_no_file() { [ ! -e "$1" ]; }

# TCP is Landlock's where its ABI is 4 or more; behind a connection AF_UNIX connect then goes on.
landlock_has_tcp() { disablenetwork --check </dev/null | grep -q '^Landlock.*TCP'; }

peers() {
	tcp_log=$scratch/tcp.log udp_log=$scratch/udp.log
	touch "$tcp_log" "$udp_log"
	peer.py echo "$tcp_log" >"$scratch/tcp.port" &
	reap $!
	peer.py udp "$udp_log" >"$scratch/udp.port" &
	reap $!
	poll test -s "$scratch/tcp.port" && poll test -s "$scratch/udp.port" || exit 99
	read -r tcp_port <"$scratch/tcp.port" && read -r udp_port <"$scratch/udp.port"
	export tcp_port udp_port # run scripts use them
}

need_program python3 python3
install -m 755 "$DISABLENETWORK" "$TESTS_DIRECTORY/chain/peer.py" "$scratch" || exit 99
mkdir -m 1777 "$scratch/tmp" && export TMPDIR=$scratch/tmp
[ "$(id -u)" = 0 ] && root=yes || root=no
