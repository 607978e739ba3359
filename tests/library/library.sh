# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the tests of the library, after tap.sh.
: "${BUILD_DIRECTORY:=$PWD}"
compiler=${CC:-cc}
source=$TESTS_DIRECTORY/..
# As Makefile.am lists them.
mapfile -t library_sources < <(sed -n '/^libdisablenetwork_la_SOURCES/,/[^\\]$/p' "$source/Makefile.am" |
	grep -o 'src/[a-z_]*\.c' | sed "s|^|$source/|")

# As an ordinary user, if we are root: capabilities are each thread's own.
as_user=(env)
if [ "$(id -u)" = 0 ]; then
	as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi

# compile PROGRAM WORD...: with the library of this build; the static one if there is one
compile() {
	local built=$BUILD_DIRECTORY/.libs include=$source/src library
	library=("$built/libdisablenetwork.a")
	[ -e "${library[0]}" ] || library=(-L"$built" -ldisablenetwork "-Wl,-rpath,$built")
	[ -z "${INSTALLED-}" ] || include=$(pkg-config --variable=includedir disablenetwork)
	"$compiler" -O2 -Wall -Wextra -Werror -I "$include" -o "$scratch/$1" "${@:2}" "${library[@]}" -lpthread
}

# built_with_musl LIBRARY: programs here are of another C library
built_with_musl() { readelf -d "$1" | grep -q 'NEEDED.*\[libc\.so\]'; }
