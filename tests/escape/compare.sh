#!/bin/bash
# SPDX-License-Identifier: ISC
# compare.sh BUILD-DIRECTORY: netprobe behind what people use to keep a program from the
# network, and the table of what each shuts and what goes on working. Judges nothing.
# What is not installed, or does not start here, is said and left out of the counts.
# COMPARE_ONLY is a shell pattern of commands; COMPARE_USER the ordinary user, when root runs this.
# Services of systemd run in a machine of our own (tests/chain/machine.sh), where this script
# runs once more: IN_MACHINE is then where its part of the table goes.
set -eu -o pipefail
build=$1
: "${DISABLENETWORK:=$build/disablenetwork}" "${NETPROBE:=$build/netprobe}"
: "${COMPARE_ONLY:=*}" "${COMPARE_SECONDS:=300}"
PATH=$PATH:/usr/sbin:/sbin
result=$build/tests/escape/compare.txt
[ -n "${IN_MACHINE-}" ] || mkdir -p "${result%/*}"

# Other users run the programs too, and must reach them; sandboxes leave /tmp alone.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/disablenetwork-compare.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir "$scratch/test" "$scratch/result" "$scratch/units"
cp "$DISABLENETWORK" "$NETPROBE" "$scratch"
export PATH=$scratch:$PATH

# firejail wants an ordinary user who is in the password file.
own=$(id -u)
ordinary=$own
[ "$own" != 0 ] || ordinary=${COMPARE_USER:-$(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 { print $3; exit }')}
: "${ordinary:=65534}"

# service PROPERTY... -- COMMAND...: as systemd-run does, which needs a D-Bus daemon. The service is
# told where the peers are, and without a network of its own it is in theirs.
cat >"$scratch/service" <<'EOF'
#!/bin/bash
unit=/run/systemd/system/netprobe-service.service
{
	printf '%s\n' '[Service]' Type=oneshot TimeoutStartSec=infinity "Environment=NETPROBE_SHARED=$NETPROBE_SHARED" \
		"StandardOutput=truncate:$0.out" "StandardError=truncate:$0.err" "ExecStart=/bin/bash $0.command"
	[[ " $* " == *' PrivateNetwork=yes '* ]] || echo "NetworkNamespacePath=/proc/$$/ns/net"
	for property; do
		[ "$property" != -- ] || break
		printf '%s\n' "${property//,/ }"
	done
} >"$unit"
while [ "$1" != -- ]; do shift; done
shift
printf '%q ' exec "$@" >"$0.command"
systemctl daemon-reload
systemctl start netprobe-service
cat "$0.out"
cat "$0.err" >&2
EOF
chmod 755 "$scratch/service"

# USER | WHAT IT NEEDS | COMMAND | as it is run, where that differs. -q: root's warning.
network='PrivateNetwork=yes RestrictAddressFamilies=AF_UNIX IPAddressDeny=any NoNewPrivileges=yes'
rows() {
	sed 's/ *| */|/g' <<EOF
user | | nothing | env
user | | setpriv --nnp | setpriv --no-new-privs
user | user namespaces | unshare -rn
user | user namespaces or setuid | bwrap --dev-bind / / --unshare-net
user | user namespaces or setuid | bwrap --dev-bind / / --unshare-all --proc /proc
user | setuid | firejail --net=none | firejail --quiet --noprofile --net=none
user | setuid | firejail --net=none --keep-fd=all | firejail --quiet --noprofile --net=none --keep-fd=all
user | setuid | firejail --protocol=unix | firejail --quiet --noprofile --protocol=unix
user | setuid | firejail --protocol=unix --keep-fd=all | firejail --quiet --noprofile --protocol=unix --keep-fd=all
user | Landlock | landrun | landrun --unrestricted-filesystem --env NETPROBE_SHARED
user | seccomp | disablenetwork
user | seccomp | disablenetwork -a
user | user namespaces | disablenetwork -L
root | | nothing | env
root | root | unshare -n
root | root, systemd | systemd: PrivateNetwork=yes | service PrivateNetwork=yes --
root | root, systemd | systemd: RestrictAddressFamilies=AF_UNIX | service RestrictAddressFamilies=AF_UNIX --
root | root, systemd | systemd: IPAddressDeny=any | service IPAddressDeny=any --
root | root, systemd | systemd: all three, NoNewPrivileges=yes | service $network --
root | root, systemd | systemd: the same, ~@network-io ~@aio | service $network SystemCallFilter=~@network-io,@aio,@debug,@keyring SystemCallErrorNumber=EPERM --
root | seccomp | disablenetwork | disablenetwork -q
root | seccomp | disablenetwork -a | disablenetwork -q -a
root | root | disablenetwork -L | disablenetwork -q -L
EOF
}

# The verdicts of CONTROL (nothing, the same user and descriptors) and RUN, in numbers. A way
# out is open when the outside was reached, documented (gap) or not; one that "is not
# refused, and yet nothing arrived" is shut. So is a socket that is made in a network of its own.
count() { # count CONTROL RUN OWN-NETWORK
	awk '
	FNR == NR && $2 == "ESCAPED" { kind[$1] = /there is a socket$/ ? "made" : $1 ~ /@passed-/ ? "passed" : $1 ~ /@(tcp|listener)/ ? "held" : "other" }
	FNR == NR && $2 == "works" { kind[$1] = "works" }
	FNR == NR { next }
	$2 == "ESCAPED" && !($1 in kind) { more++ }
	!($1 in kind) { next }
	$2 == "n/a" { untried++; next }
	{ tried[kind[$1]]++; good[kind[$1]] += $2 == "blocked" || own && kind[$1] == "made" || $2 == (kind[$1] == "works" ? "works" : "BROKEN") }
	function of(what) { return tried[what] ? good[what] + 0 "/" tried[what] : "-" }
	END {
		print good["made"] + good["passed"] + good["held"] + good["other"] "/" \
			tried["made"] + tried["passed"] + tried["held"] + tried["other"], \
			of("works"), untried + 0, of("made") (own ? " own network" : ""), of("held"), of("passed"), of("other"), more + 0
	}' OFS='|' own="$3" "$1" "$2"
}

# Runs the rest, and says in which network namespace it does: before and behind the sandbox.
# shellcheck disable=SC2016 # for the shell that runs it
where=(sh -c 'echo "network: $(readlink /proc/self/ns/net)" >&2; exec "$@"' sh)

skipped() { echo "skipped: $1: $2" | tee -a "$scratch/skipped" >&2; }
while IFS='|' read -r user needs name command; do
	# shellcheck disable=SC2053 # a pattern
	[[ $name = nothing || $name = $COMPARE_ONLY ]] || continue
	[[ $name != systemd:* || -n ${IN_MACHINE-} ]] || continue
	eval "words=(${command:-$name})"
	program=${words[0]}
	uid=$ordinary why=
	[ "$user" != root ] || uid=0
	[ "$uid" != 0 ] || [ "$own" = 0 ] || why='by root: make compare is not run by root'
	command -v "$program" >/dev/null || why='not installed'
	[ -z "$why" ] || { skipped "$name" "$why"; continue; }
	line="$name|$user|${needs:--}" out=$scratch/out
	words=("${where[@]}" "${words[@]}" "${where[@]}")
	[ "$name" != nothing ] || words=()
	for set in none tcp,listener; do
		echo "$name, by $user, inherited: $set ..." >&2
		control=$scratch/control-$user-$set
		[ "$name" != nothing ] || out=$control
		timeout -k 5 "$COMPARE_SECONDS" "$scratch/netprobe" --driver --user="$uid" --inherit="$set" \
			"${words[@]}" </dev/null >"$out" 2>"$scratch/err" || :
		# Some case is always n/a without the sandbox; netprobe says so if it reached its control.
		if ! grep -q '^summary:' "$out" || [ "$name" != nothing ] && ! grep -q 'without the sandbox:' "$out"; then
			skipped "$name, by $user, inherited: $set" "did not run: $(grep -m 1 -v '^network:' "$scratch/err" || echo 'netprobe did not come to its end')"
			[ "$name" != nothing ] || exit 111
			line="$line|did not run|-|-|-|-|-|-|-"
			continue
		fi
		networks=$(sort -u "$scratch/err" | grep -c '^network:' || :)
		line="$line|$(count "$control" "$out" "$((networks == 2))")"
	done
	echo "$line" >>"$scratch/table"
done < <(rows)

[ -z "${IN_MACHINE-}" ] || { mv "$scratch/table" "$IN_MACHINE"; exit; }

services() {
	# shellcheck disable=SC2053 # a pattern
	[[ 'systemd: ' = $COMPARE_ONLY ]] || return 0
	local source
	source=$(dirname "$0")
	# shellcheck source=../chain/machine.sh
	. "$source/../chain/machine.sh"
	reap() { running=$1; }
	running=
	trap '[ -z "$running" ] || kill "$running" 2>/dev/null || :; remove_traces || :; rm -rf "$scratch"' EXIT
	[ "$own" = 0 ] || { skipped systemd 'make compare is not run by root'; return; }
	make_tree || { skipped systemd "$reason"; return; }
	cp "$DISABLENETWORK" "$NETPROBE" "$source/compare.sh" "$scratch/test"
	cat >"$scratch/units/compare.service" <<-EOF
		[Unit]
		SuccessAction=poweroff-force
		FailureAction=poweroff-force
		[Service]
		Type=oneshot
		TimeoutStartSec=infinity
		Environment=IN_MACHINE=/result/table "COMPARE_ONLY=systemd:*"
		StandardOutput=truncate:/result/log
		StandardError=inherit
		WorkingDirectory=/run
		ExecStart=/bin/bash /test/compare.sh /test
	EOF
	echo 'services of systemd, in a machine of our own ...' >&2
	# What else nspawn refuses would be missing in the counts.
	in_machine $((10 * COMPARE_SECONDS)) --bind="$scratch/result:/result" --bind=/dev/net/tun \
		--system-call-filter='bpf io_uring_setup io_uring_enter io_uring_register add_key keyctl request_key' \
		--boot -- systemd.unit=compare.service || :
	if [ ! -s "$scratch/result/table" ]; then
		skipped systemd "did not run: $(tail -n 2 "$scratch/result/log" "$scratch/log" 2>&1 | tr '\n' ' ')"
		return
	fi
	sed 's/^nothing|/nothing, in the machine with systemd|/' "$scratch/result/table" >>"$scratch/table"
}
services

table() { { echo "$2" && cut -d '|' -f "$1" "$scratch/table"; } | column -t -s '|'; } # table FIELDS HEADER
{
	cat <<EOF
Ways out of the network that are shut, of those open without the sandbox, and things that
go on working, of those that worked, by netprobe on $(uname -sr). +TCP: with TCP
connections and a listener inherited; below, those by kind.

$(table 1-6,12-14 'behind|run by|needs|shut|work|not asked|+TCP: shut|work|not asked')

$(table 1,2,15-19 'behind|run by|sockets made|inherited|passed in|other ways|only behind it')

Sockets that are made in a network namespace of its own (own network) count as shut. Passed in:
a helper outside hands sockets over (SCM_RIGHTS). Other ways: processes outside, AF_UNIX sockets
outside, the terminal, devices, keys, privilege. Not asked: the sandbox closed what the case
needs, or there is nothing to gain. Only behind it: not open without the sandbox, and not in the
other counts. The ordinary user was $ordinary.

EOF
	[ ! -e "$scratch/skipped" ] || cat "$scratch/skipped"
	for program in bwrap firejail unshare setpriv landrun disablenetwork; do
		! command -v "$program" >/dev/null || "$program" --version 2>&1 | head -n 1
	done
	! grep -q '|root, systemd|' "$scratch/table" || chroot "$tree" systemctl --version | head -n 1
} | tee "$result"
