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
mkdir -p /run/lock /behind
chmod 755 /behind
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd
hostname guest

# The tool of everybody who asks for it by $DISABLENETWORK. (dash would lose the functions that tests
# export, and bash their PS1.)
printf '#!/usr/bin/perl\nexec "%s", "-U", @ARGV;\n' "$BUILD_DIRECTORY/disablenetwork" >/behind/disablenetwork
chmod 755 /behind/disablenetwork

say "user 0"
say "landlock $("$BUILD_DIRECTORY/disablenetwork" --check | sed -n 's/^Landlock *//p')"
for test in $tests; do
	began=$SECONDS
	cd /behind || exit
	case $test in
	faults)
		# The calls that they add or ask something else of; the others fail in make check-faults.
		calls=landlock_create_ruleset,landlock_add_rule,landlock_restrict_self,openat
		make -s -C "$BUILD_DIRECTORY" check-faults FAULTS="-U:$calls --unix:$calls" && echo 'ok - faults' || echo 'not ok - faults'
		;;
	programs/others | chain/*) # which give -U and --unix themselves
		DISABLENETWORK=$BUILD_DIRECTORY/disablenetwork "$TESTS_DIRECTORY/$test.test"
		;;
	*)
		DISABLENETWORK=/behind/disablenetwork "$TESTS_DIRECTORY/$test.test"
		;;
	esac >/run/out 2>&1
	grep -v '^ok [^#]*$' /run/out
	say "host $test: $(grep -c '^ok ' /run/out) ok, $(grep -c '^ok .*# SKIP' /run/out) of them skipped, $(
		grep -c '^not ok' /run/out) not ok, $((SECONDS - began)) s"
	grep '^not ok' /run/out | sed 's/^/@ host-failed /'
	grep -q '^1\.\.\|^all ' /run/out || say "host-failed $test came to no end"
done
say end
sync
echo o >/proc/sysrq-trigger
sleep 100
