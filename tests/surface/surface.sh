#!/bin/bash
# SPDX-License-Identifier: ISC
# Fetches the kernel's headers as Debian has them, from Linux 5.10 on and for each architecture,
# and has surface.py look for what is not named here. Nothing is installed.
#
#     CACHE             where they are kept: see ../kernels/apt.sh
#     COMPILE_POLICY    src/compile_policy
#
# Exit 1: something is not named, or fewer than two thirds of the headers can be had.
set -u
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../kernels/apt.sh
. "$here/../kernels/apt.sh"
: "${COMPILE_POLICY:=src/compile_policy}"

# suite | Debian's architectures that it has; one package is for all from Linux 6.11 on
suites='
bullseye         | amd64 i386 arm64 armhf
bookworm         | amd64 i386 arm64 armhf ppc64el s390x
trixie           | all
trixie-backports | all
sid              | all
experimental     | all
'

# get_headers SUITE ARCHITECTURE: sets $headers to a folder with usr/include
get_headers() {
	local suite=$1 architecture=$2 version new
	[ "$architecture" != all ] || architecture=amd64
	update "$suite" "$architecture" || return
	version=$(record_of "$suite" "$architecture" linux-libc-dev | sed -n 's/^Version: //p')
	[ -n "$version" ] || return
	headers=$CACHE/linux-libc-dev-$version-$2
	[ -e "$headers" ] && return
	echo "fetching linux-libc-dev $version for $2" >&2
	new=$(mktemp -d "$CACHE/new.XXXXXX") || return
	if (cd "$new" && download "$suite" "$architecture" linux-libc-dev && dpkg-deb -x ./*.deb . && rm ./*.deb); then
		mv -T "$new" "$headers" 2>/dev/null || rm -rf "$new" # another run was faster
		return 0
	fi
	cat "$new/download.log" >&2
	rm -rf "$new"
	return 1
}

trees=()
missing=0
while IFS='|' read -r suite architectures; do
	for architecture in $architectures; do
		if get_headers "${suite// /}" "$architecture"; then
			trees+=("${suite// /}=$headers")
		else
			echo "cannot be had: the headers of ${suite// /} for $architecture"
			missing=$((missing + 1))
		fi
	done
done < <(grep '|' <<<"$suites")

status=0
python3 "$here/surface.py" "$COMPILE_POLICY" ${trees[@]+"${trees[@]}"} || status=1
echo "${#trees[@]} packages of headers looked at, $missing not to be had"
[ $((missing * 2)) -le ${#trees[@]} ] || status=1
exit $status
