# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154
# Sourced by the tests of real programs, after tap.sh.

# What the machine's user has set up must not change what the programs do: no proxies, no
# agents, no displays, no configuration.
export HOME=$scratch TERM=dumb
unset "${!GIT_CONFIG_@}" GIT_DIR GIT_WORK_TREE http_proxy https_proxy all_proxy no_proxy HTTP_PROXY \
	HTTPS_PROXY ALL_PROXY NO_PROXY SSH_AUTH_SOCK DISPLAY XAUTHORITY TMUX DEBUGINFOD_URLS \
	MAKEFLAGS MFLAGS MAKELEVEL BASH_ENV ENV NODE_OPTIONS PYTHONSTARTUP
export GIT_CONFIG_NOSYSTEM=1
ulimit -c 0 # SIGSYS dumps core

# Nothing here takes long, but an emulated machine may.
bounded() { timeout -k 5 "${BOUND:-120}" "$@" </dev/null; }

run_count=0
run_as=() # a command that changes the user, for run

# run FUNCTION [COMMAND...]: runs FUNCTION of this shell behind COMMAND, in an empty directory
# that is its home, and prints all that it prints. It ends at the first failure, and prints that.
run() {
	local directory=$scratch/run.$1.$((run_count += 1)) function=$1
	shift
	mkdir "$directory" || return
	chmod 777 "$directory"
	export -f "${function?}"
	(
		cd "$directory" && export HOME=$directory
		bounded ${run_as[@]+"${run_as[@]}"} "$@" bash -eu -o pipefail -c "$function" 2>&1 || echo "exit status $?"
	)
	rm -rf "$directory"
}

# become_ordinary: from now on run_as changes from root to an ordinary user, to whom the tool need
# not be reachable where it is
become_ordinary() {
	[ "$(id -u)" = 0 ] || return 0
	run_as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	cp "$DISABLENETWORK" "$scratch/disablenetwork"
	DISABLENETWORK=$scratch/disablenetwork
}

# go_on WANTED DESCRIPTION FUNCTION: FUNCTION prints WANTED, without the tool (if not, the
# machine or the test is broken), and behind it as well. It goes on even where refused calls
# kill: programs that need no network do not try, and so -x has nothing to tell either.
go_on() {
	is "$(run "$3")" "$1" "control: $2"
	is "$(run "$3" "$DISABLENETWORK" -q)" "$1" "$2"
	is "$(run "$3" "$DISABLENETWORK" -qk)" "$1" "$2, with -k"
	is "$(run "$3" "$DISABLENETWORK" -qx)" "$1" "$2, with -x"
}

# Whether the program under test shuts sockets of others by itself: sid-host runs these tests behind -U
others_are_shut() { "$DISABLENETWORK" --check </dev/null | grep -q '^kept .*\<unix\>'; }

# needs_others WORD SOCKET DESCRIPTION FUNCTION WANTED REFUSAL: the same for who needs a SOCKET of others (or a
# folder), which the manual says with that WORD. With -U FUNCTION prints what matches REFUSAL, where this kernel can.
needs_others() {
	local word=$1 socket=$2 description=$3 wanted=$5
	like "$(sed -n '/^\.Ss Sockets of others/,/^\.S[sh] Saying/p' "$TESTS_DIRECTORY/../man/disablenetwork.1")" "*$word*" \
		"$description: the manual names it"
	if others_are_shut; then
		is "$(run "$4")" "$wanted" "control: $description"
	else
		go_on "$wanted" "$description" "$4"
	fi
	if ! "$DISABLENETWORK" -q -U true 2>/dev/null; then
		skip 'neither Landlock ABI 9 nor disablenetwork-lsm here' "$description: refused with -U"
		return
	fi
	like "$(run "$4" "$DISABLENETWORK" -q -U)" "$6" "$description: refused with -U"
	is_shut "$TESTS_DIRECTORY" "$description: refused with --unix of another" "$4" "$6"
	"$DISABLENETWORK" -q --unix=/ true 2>/dev/null || return 0 # by the module
	is "$(run "$4" "$DISABLENETWORK" -q --unix="$socket")" "$wanted" "$description: goes on with --unix"
}
# is_shut SOCKET DESCRIPTION FUNCTION REFUSAL: with --unix=SOCKET, where this kernel can
is_shut() {
	! "$DISABLENETWORK" -q --unix=/ true 2>/dev/null || like "$(run "$3" "$DISABLENETWORK" -q --unix="$1")" "$4" "$2"
}

# landlock_abi: prints the kernel's Landlock ABI, 0 where there is none for us
landlock_abi() {
	local offered
	offered=$("$DISABLENETWORK" --check </dev/null | grep '^Landlock ')
	[[ $offered =~ ABI\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

# have PACKAGE PROGRAM DESCRIPTION: true if PROGRAM is there, else it is skipped
have() {
	command -v "$2" >/dev/null && return
	skip "for want of the package $1" "$3"
	return 1
}

# await COMMAND...: polls until it succeeds
await() {
	for _ in {1..600}; do
		"$@" 2>/dev/null && return
		sleep 0.1
	done
	note "$* has not come true"
	return 1
}

# resolver_here: prints the socket of whoever asks for names in the place of others, where one is
resolver_here() {
	local path
	for path in /run/nscd/socket /run/systemd/resolve/io.systemd.Resolve /run/avahi-daemon/socket; do
		[ ! -S "$path" ] || echo "$path"
	done | tail -n 1
}
