#!/bin/bash
# SPDX-License-Identifier: ISC
# Process 1 of the guest sid-host, after init: this machine's programs on a kernel that has -U
# (Landlock ABI 9). Runs the tests whose names kernels.sh gives, programs behind disablenetwork -U; of
# check-faults what -U and --unix add. Each is a line for table.awk; what failed stands below it.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root LC_ALL=C
exec </dev/null 2>&1
{
	read -r TESTS_DIRECTORY
	read -r BUILD_DIRECTORY
	read -r tests
} </run/host-tests
export TESTS_DIRECTORY BUILD_DIRECTORY DISABLENETWORK
say() { printf '@ %s\n' "$*"; }
mkdir -p /run/lock /run/behind
chmod 755 /run/behind
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd
hostname guest

# The tool of everybody who asks for it by $DISABLENETWORK. (dash would lose the functions that tests export.)
printf '#!/bin/bash\nexec %s -U "$@"\n' "$BUILD_DIRECTORY/disablenetwork" >/run/behind/disablenetwork
chmod 755 /run/behind/disablenetwork

# Those that need a socket of others, as the manual names them: behind -U they must not work.
need_others='ssh-add, ssh-keygen: an agent outside|X, a socket in the file system'

say "user 0"
say "landlock $("$BUILD_DIRECTORY/disablenetwork" --check | sed -n 's/^Landlock *//p')"
for test in $tests; do
	began=$SECONDS
	cd /run/behind || exit
	case $test in
	faults)
		# The calls that they add or ask something else of; the others fail in make check-faults.
		calls=landlock_create_ruleset,landlock_add_rule,landlock_restrict_self,openat
		make -s -C "$BUILD_DIRECTORY" check-faults FAULTS="-U:$calls --unix:$calls" && echo 'ok - faults' || echo 'not ok - faults'
		;;
	programs/*)
		DISABLENETWORK=/run/behind/disablenetwork "$TESTS_DIRECTORY/$test.test"
		;;
	*)
		DISABLENETWORK=$BUILD_DIRECTORY/disablenetwork "$TESTS_DIRECTORY/$test.test"
		;;
	esac >/run/out 2>&1
	grep -v '^ok [^#]*$' /run/out
	say "host $test: $(grep -c '^ok ' /run/out) ok, $(grep -c '^ok .*# SKIP' /run/out) of them skipped, $(
		grep -c '^not ok' /run/out) not ok, $((SECONDS - began)) s"
	grep '^not ok' /run/out | grep -vE " - ($need_others)(, with -k)?$" | sed 's/^/@ host-failed /'
	grep -E "^ok [0-9]* - ($need_others)(, with -k)?$" /run/out | sed 's/^/@ host-failed behind -U: /'
	grep -q '^1\.\.\|^all ' /run/out || say "host-failed $test came to no end"
done
say end
sync
echo o >/proc/sysrq-trigger
sleep 100
