# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # $scratch is the caller's, $reason for it
# Sourced by what wants a systemd as PID 1: a container with a network namespace of its own. Its
# Debian tree is kept in $XDG_CACHE_HOME or /var/cache between runs (some 130 MB); remove it to
# have it made anew. The caller has `reap PID`, as tap.sh, and $scratch.
#
#     make_tree     once, and first: 0; 1 where it cannot be; 2 if it fails. $reason, $scratch/log
#     in_machine    runs a command in it, or boots it. The machine has $scratch/test as /test, to
#                   read, and $scratch/units as its units
#     remove_traces at the end

make_tree() {
	local release recipe cache
	reason='there is no systemd-nspawn (Debian: systemd-container)'
	command -v systemd-nspawn >/dev/null || return 1
	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')
	recipe=(--variant=essential --include=systemd --include=busybox-static --include=cron --include=at --include=openssh-server --dpkgopt=force-unsafe-io
		--dpkgopt=path-exclude=/usr/share/{doc,man,locale,info,bash-completion}/'*'
		"${release:-stable}")
	cache=${XDG_CACHE_HOME:-/var/cache}/disablenetwork-tests
	tree=$cache/systemd-${recipe[-1]}-$(cksum <<<"${recipe[*]}" | cut -d' ' -f1)
	mkdir -p "$cache"
	# One machine at a time: the cgroups that nspawn makes have fixed names.
	exec 9>"$cache/lock"
	reason="$cache/lock is held"
	flock -w 600 9 || return 1
	[ ! -x "$tree/usr/bin/busybox" ] || [ ! -x "$tree/lib/systemd/systemd" ] || return 0
	reason='there is no mmdebstrap'
	command -v mmdebstrap >/dev/null || return 1
	rm -rf --one-file-system "$tree" "$tree.new"
	timeout -k 20 900 mmdebstrap "${recipe[@]}" "$tree.new" </dev/null >"$scratch/log" 2>&1 9>&- &
	reap $!
	if ! wait $! || ! mv "$tree.new" "$tree"; then
		rm -rf --one-file-system "$tree.new"
		reason='mmdebstrap makes a Debian tree (are the package mirrors reached?)'
		return 2
	fi
}

# In its own process-id namespace, so that ending the outermost process ends it all. nspawn
# of Debian 12 would refuse Landlock to the machine.
in_machine() { # in_machine SECONDS NSPAWN-ARGUMENT...
	local seconds=$1
	shift
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 20 "$seconds" \
		unshare --mount --pid --fork --kill-child --mount-proc \
		systemd-nspawn --quiet --directory="$tree" --volatile=overlay --private-network \
		--machine="disablenetwork-$$" --register=no --keep-unit --console=pipe \
		--system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
		--bind-ro="$scratch/test:/test" --bind-ro="$scratch/units:/etc/systemd/system" \
		"$@" </dev/null >"$scratch/log" 2>&1 9>&- &
	reap $!
	wait $!
}

# shellcheck disable=SC2317 # called by a trap
remove_traces() { # nspawn leaves empty directories where /run is no tmpfs, and its cgroups
	local own
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	rmdir "/run/systemd/nspawn/propagate/disablenetwork-$$"
	find /sys/fs/cgroup/{,unified/,systemd/}"$own"/{payload,supervisor} \
		-depth -type d -exec rmdir {} \;
} 2>/dev/null
