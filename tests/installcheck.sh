#!/bin/bash
# SPDX-License-Identifier: ISC
# The tests of chain, escape and library for what is installed. No build is needed, only this
# tree's tests, a compiler and what the tests themselves ask for: the programs that they run are
# compiled here, those of the library by what its .pc file says.
#
#     installcheck.sh [TEST...]    all of them, unless some are named ("chain/sh.test")
#     BINDIR                       where disablenetwork and netprobe are; by default /usr/bin
#     SBINDIR                      where disablenetwork-lsm may be; by default /usr/sbin
#     PKG_CONFIG_PATH              where disablenetwork.pc is, if pkg-config does not look there
#
# What went wrong is printed, and one line at the end of each test; all else is in the logs, in
# the folder INSTALLCHECK_LOGS if that is set.
set -u
TESTS_DIRECTORY=$(cd "$(dirname "$0")" && pwd)
: "${BINDIR:=/usr/bin}" "${SBINDIR:=/usr/sbin}"
unset MAKEFLAGS MFLAGS MAKELEVEL

die() {
	echo "installcheck: fatal: $*" >&2
	exit 99
}
for program in disablenetwork netprobe; do
	[ -x "$BINDIR/$program" ] || die "$BINDIR/$program is not installed"
done

# What stands in the place of the folder where all was built.
BUILD_DIRECTORY=$(mktemp -d "${TMPDIR:-/tmp}/installcheck.XXXXXX") || exit 99
trap 'rm -rf "$BUILD_DIRECTORY"' EXIT
chmod 755 "$BUILD_DIRECTORY"
: "${INSTALLCHECK_LOGS:=$BUILD_DIRECTORY/logs}"
mkdir -p "$BUILD_DIRECTORY"/tests/{chain,library} "$BUILD_DIRECTORY/.libs" "$INSTALLCHECK_LOGS" || exit 99
ln -s "$BINDIR/disablenetwork" "$BINDIR/netprobe" "$BUILD_DIRECTORY"
[ ! -x "$SBINDIR/disablenetwork-lsm" ] || ln -s "$SBINDIR/disablenetwork-lsm" "$BUILD_DIRECTORY"
version=$("$BINDIR/disablenetwork" --version | cut -d ' ' -f 2)
compile() { # compile PROGRAM SOURCE... FLAG...
	"${CC:-cc}" -O2 -g -D_GNU_SOURCE -DPACKAGE_VERSION="\"$version\"" -o "$BUILD_DIRECTORY/tests/$1" "${@:2}" || die "unable to compile $1"
}
# A loader opens files, which tests of low limits leave no room for.
linking=()
readelf -lW "$BINDIR/disablenetwork" | grep -q INTERP || linking=(-static)
for name in show_state around; do
	compile "chain/$name" "$TESTS_DIRECTORY/chain/$name.c" ${linking[@]+"${linking[@]}"}
done
folders='chain escape'
if pkg-config --exists disablenetwork; then
	read -ra flags <<<"$(pkg-config --cflags --libs disablenetwork)"
	libdir=$(pkg-config --variable=libdir disablenetwork)
	# Where the loader does not look by itself.
	ldconfig -p | grep -q "=> $libdir/libdisablenetwork\.so\.0$" || flags+=("-Wl,-rpath,$libdir")
	for file in "$libdir"/libdisablenetwork.{a,so,so.0}; do
		[ ! -e "$file" ] || ln -s "$file" "$BUILD_DIRECTORY/.libs/"
	done
	compile library/libprobe "$TESTS_DIRECTORY/library/libprobe.c" "$TESTS_DIRECTORY"/escape/{netprobe,driver,probe_*}.c "${flags[@]}" -lpthread
	for name in state storm threads; do
		compile "library/$name" "$TESTS_DIRECTORY/library/$name.c" "${flags[@]}" -lpthread
	done
	folders+=' library'
else
	echo 'skipped: the tests of the library, since pkg-config does not know disablenetwork'
	export NO_LIBRARY=yes
fi

INSTALLED=yes DISABLENETWORK=$BINDIR/disablenetwork NETPROBE=$BINDIR/netprobe
export BINDIR BUILD_DIRECTORY DISABLENETWORK INSTALLED NETPROBE TESTS_DIRECTORY
if [ $# = 0 ]; then
	for folder in $folders; do
		for test in "$TESTS_DIRECTORY/$folder"/*.test; do
			set -- "$@" "${test#"$TESTS_DIRECTORY"/}"
		done
	done
fi
passed=0 failed=0 skipped=0
for test; do
	log=$INSTALLCHECK_LOGS/$(tr / - <<<"${test%.test}").log
	timeout -k 20 3600 "$TESTS_DIRECTORY/$test" >"$log" 2>&1 </dev/null
	status=$?
	grep -E -A 4 '^(not ok|Bail out)' "$log"
	# Without its plan at the end a test has not come to an end.
	if ! grep -q '^1\.\.[0-9]' "$log" || { [ $status != 0 ] && ! grep -q '^not ok' "$log"; }; then
		tail -n 5 "$log"
		echo "$test: exit status $status"
		failed=$((failed + 1))
	fi
	these=$(grep -cE '^(ok .*|1\.\.0 )# SKIP' "$log")
	bad=$(grep -c '^not ok' "$log")
	good=$(($(grep -c '^ok ' "$log") - $(grep -c '^ok .*# SKIP' "$log")))
	echo "$test: $good passed, $bad failed, $these skipped"
	passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + these))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
