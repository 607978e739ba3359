#!/bin/bash
# SPDX-License-Identifier: ISC
# The tarball and Debian's packages: made twice, in two folders, at two times, by umasks and time
# zones that differ, they are the same bit for bit; lintian has no error and no warning. And make rpm.
# make check-packages runs it, BUILD_DIRECTORY is a configured build. Packages are made without their tests, which CI runs
# elsewhere.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../tap.sh"
: "${BUILD_DIRECTORY:=$PWD}"
for program in dpkg-buildpackage:dpkg-dev dh:debhelper lintian:lintian; do
	need_program "${program#*:}" "${program%:*}"
done
unset CC CFLAGS CPPFLAGS LDFLAGS CONFIG_SITE SOURCE_DATE_EPOCH
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)"
export DEB_BUILD_OPTIONS DEB_BUILD_PROFILES=nocheck

# build FOLDER TARBALL: the packages of the tarball, as packaging/README does it
build() {
	local source=${2##*/}
	source=${source%.tar.gz}
	(
		mkdir -p "$1" && cp "$2" "$1/disablenetwork_${source#*-}.orig.tar.gz" && cd "$1" && tar -xf "$2" &&
			cp -r "$source/packaging/deb" "$source/debian" && cd "$source" && dpkg-buildpackage -us -uc
	) >"$1.log" 2>&1
	local status=$?
	[ $status = 0 ] || tail -n 30 "$1.log"
	return $status
}
ok 'make dist' make -s -C "$BUILD_DIRECTORY" dist
tarball=$(echo "$BUILD_DIRECTORY"/disablenetwork-*.tar.gz)
[ -f "$tarball" ] || finish
first=$scratch/first second=$scratch/another/and/longer/folder
(umask 022 && build "$first" "$tarball" >"$scratch/first.out") &
reap $! && job=$!
# The second tarball is one that was made of the first.
mkdir -p "$second/dist" && tar -xzf "$tarball" -C "$second/dist"
export TZ=Asia/Tokyo
(umask 002 && cd "$second"/dist/* && ./configure --quiet && make -s dist) >"$scratch/dist.out" 2>&1
ok 'the tarball has a tarball' cmp "$second"/dist/*/disablenetwork-*.tar.gz "$tarball"
wait "$job"
is "$? $(cat "$scratch/first.out")" '0 ' 'packages are built'
umask 002
ok 'once more, elsewhere' build "$second/packages" "$tarball"
count=0
for file in "$first"/*.deb "$first"/*.dsc "$first"/*.debian.tar.*; do
	count=$((count + 1))
	ok "${file##*/} is the same" cmp "$file" "$second/packages/${file##*/}"
done
ok "these are $count" test $count -ge 8
is "$(lintian -I --allow-root --fail-on error,warning "$first"/*.changes >"$scratch/lintian" 2>&1; echo $?)" 0 'lintian has no error and no warning'
note "$(cat "$scratch/lintian")"
is "$(find "$first" -name '*.deb' -exec dpkg-deb -c {} \; | grep -c '\.la$')" 0 'no .la is in them'
postinst=$(dpkg-deb --ctrl-tarfile "$first"/disablenetwork-lsm_*.deb | tar -xO ./postinst)
like "$postinst" '*deb-systemd-helper debian-installed*' 'disablenetwork-lsm has a unit that is enabled only if it was'
is "$(grep -cE 'deb-systemd-invoke|systemctl|service ' <<<"$postinst")" 0 'and not started'
if command -v rpmbuild >/dev/null; then # Debian's has none of the dependencies by these names
	ok 'make rpm' make -s -C "$BUILD_DIRECTORY" rpm RPM_FLAGS='--nodeps --nocheck'
	is "$(find "$BUILD_DIRECTORY/packages/rpm" -name '*.rpm' | wc -l)" 8 'seven packages, and the source'
else
	skip 'for want of the package rpm' 'make rpm'
fi
finish
