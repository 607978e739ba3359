# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced by the shell tests: TAP on standard output, for automake's driver and for eyes.
#
#     DISABLENETWORK    the program under test
#     TESTS_DIRECTORY   this directory
#     NO_SKIP           when set (CI), a skip for want of a package is a failure
#     INSTALLED         when set (installcheck.sh), the program is an installed one, BINDIR says
#                       where, and nothing has been built here but the tests' own programs
#     NO_LIBRARY        when set (installcheck.sh), the library is not installed
#
# A test ends with `finish`. $scratch is a directory of its own, removed at the end;
# processes named by `reap PID` are ended with it.

set -u
: "${DISABLENETWORK:=$PWD/disablenetwork}"
: "${TESTS_DIRECTORY:=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
export LC_ALL=C
unset MAKEFLAGS MFLAGS MAKELEVEL # of the make that runs this
# What the harness leaves open (automake's driver its log, which grows meanwhile, make its job
# server) is nothing of ours, and would show in what the programs under test inherit.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-

tap_count=0
tap_failed=0
tap_pids=()
scratch=$(mktemp -d "${TMPDIR:-/tmp}/disablenetwork.XXXXXX") || exit 99
chmod 755 "$scratch"

tap_cleanup() {
	[ "$BASHPID" = $$ ] || return # a background child that is ended before its exec
	for pid in ${tap_pids[@]+"${tap_pids[@]}"}; do
		end_child "$pid" && wait "$pid" 2>/dev/null
	done
	rm -rf "$scratch"
}
trap tap_cleanup EXIT

# end_child PID: unless it has ended, and the number is somebody else's by now
end_child() {
	local key value
	while read -r key value _; do
		[ "$key" != PPid: ] || break
	done 2>/dev/null <"/proc/$1/status"
	[ "${value-}" = $$ ] && kill "$1" 2>/dev/null
}

reap() { tap_pids+=("$1"); }

# begin COMMAND...: in the background, beside no more than three others, since it mostly waits. Its number is
# ${#begun[@]} before; what it prints goes to $scratch/out.NUMBER and $scratch/err.NUMBER.
begun=()
begin() {
	while [ "$(jobs -rp | wc -l)" -ge 4 ]; do
		sleep 0.1
	done
	record_end "${#begun[@]}" "$@" &
	begun+=($!)
	reap $!
}
# bash forgets how a child ended when its number is used again.
record_end() {
	local number=$1 child
	shift
	"$@" >"$scratch/out.$number" 2>"$scratch/err.$number" </dev/null &
	child=$!
	trap 'kill "$child"' TERM
	wait "$child"
	echo $? >"$scratch/end.$number"
}
# end_of NUMBER: waits for it, and returns its exit status
end_of() {
	wait "${begun[$1]}" 2>/dev/null
	return "$(cat "$scratch/end.$1")"
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

tap_result() { # tap_result ok|'not ok' DESCRIPTION
	tap_count=$((tap_count + 1))
	printf '%s %d - %s\n' "$1" "$tap_count" "${2//#/}"
	[ "$1" = ok ] || tap_failed=$((tap_failed + 1))
}

# ok DESCRIPTION COMMAND...: the command succeeds
ok() {
	local description=$1 output
	shift
	if output=$("$@" 2>&1); then
		tap_result ok "$description"
	else
		tap_result 'not ok' "$description"
		note "$* failed:"
		note "$output"
	fi
}

# is GOT WANTED DESCRIPTION: two strings are the same
is() {
	if [ "$1" = "$2" ]; then
		tap_result ok "$3"
	else
		tap_result 'not ok' "$3"
		note "got:    $1"
		note "wanted: $2"
	fi
}

# like GOT PATTERN DESCRIPTION: the string matches a bash pattern (*, ?, [])
like() {
	# shellcheck disable=SC2053 # the pattern is one
	if [[ $1 == $2 ]]; then
		tap_result ok "$3"
	else
		tap_result 'not ok' "$3"
		note "got:            ${1:0:2000}"
		note "wanted pattern: $2"
	fi
}

# skip REASON DESCRIPTION: this machine cannot show it (a kernel feature, a privilege). Where
# the REASON is `for want of the package NAME` it is a failure under NO_SKIP.
skip() {
	if [ -n "${NO_SKIP-}" ] && [[ $1 == 'for want of the package '* ]]; then
		tap_result 'not ok' "$2"
		note "$1"
		return
	fi
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "${2//#/}" "$1"
}

# need PACKAGE COMMAND...: go on only if the command succeeds; otherwise the whole test is
# skipped, or failed under NO_SKIP, for want of the Debian package
need() {
	local package=$1
	shift
	"$@" >/dev/null 2>&1 && return
	if [ -n "${NO_SKIP-}" ]; then
		tap_result 'not ok' "package $package is installed"
		finish
	fi
	echo "1..0 # SKIP for want of the package $package"
	exit 0
}

# need_program PACKAGE PROGRAM
need_program() { need "$1" command -v "$2"; }

# need_loopback: go on only where a peer on 127.0.0.1 can be had. A builder's network namespace may
# have its lo down, and then nothing is refused there but unreachable.
has_loopback() { [[ $( (: <>/dev/tcp/127.0.0.1/9) 2>&1) != *'unreachable'* ]]; }
need_loopback() {
	has_loopback && return
	echo '1..0 # SKIP no loopback here: ip link set lo up'
	exit 0
}

# has_localhost: that name is known without asking anybody; a builder's tree may have no /etc/hosts
has_localhost() { grep -qsw localhost /etc/hosts; }

# is_static FILE: it needs no loader, which itself opens files
is_static() { ! readelf -lW "$1" 2>/dev/null | grep -q INTERP; }

# need_built FILE...: go on only if make has made them; without, nothing must look tested
need_built() {
	local file
	for file; do
		[ -x "$file" ] && continue
		echo "Bail out! $file is missing: make check makes it"
		exit 99
	done
}

# without_library DESCRIPTION: succeeds where the library is not installed, which is then skipped
without_library() {
	[ -n "${NO_LIBRARY-}" ] || return
	skip 'for want of the package libdisablenetwork-dev' "$1"
}

finish() {
	echo "1..$tap_count"
	exit "$((tap_failed > 0))"
}
