# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced: Debian's packages of other suites and architectures, by apt from the mirror that this
# machine uses, into $CACHE. No root is needed, nothing is installed.
#
#     CACHE    where packages are kept; by default ~/.cache/disablenetwork-kernels
: "${CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/disablenetwork-kernels}"
mkdir -p "$CACHE" || exit 99

die() {
	echo "${0##*/}: $*" >&2
	exit 99
}

# again COMMAND...: up to three times, for the weak moments of mirrors and proxies
again() {
	"$@" || { sleep 5 && "$@"; } || { sleep 15 && "$@"; }
}

# --- apt, in a folder of its own for each suite and architecture. ---

# shellcheck disable=SC2016 # for apt
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' |
	awk '$2 !~ /-/ { print $1; exit }')
[ -n "$mirror" ] || die 'apt knows no mirror of Debian'

in_suite() { # in_suite SUITE DEBIAN-ARCHITECTURE apt-get|apt-cache ARGUMENT...
	local folder=$CACHE/apt/$1-$2 architecture=$2 command=$3
	shift 3
	"$command" -q -o Dir::State="$folder" -o Dir::State::status=/dev/null -o Dir::Cache="$folder" \
		-o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
		-o Acquire::Languages=none -o APT::Sandbox::User= -o Acquire::Check-Valid-Until=false \
		-o Acquire::Retries=3 -o Acquire::http::Timeout=60 "$@"
}

# The lists are asked for once a day; a suite that cannot be had is done without.
update() { # update SUITE DEBIAN-ARCHITECTURE
	local folder=$CACHE/apt/$1-$2
	[ -n "$(find "$folder/available" -mtime -1 2>/dev/null)" ] && return
	[[ $without_suites == *" $1-$2 "* ]] && return 1
	mkdir -p "$folder/lists/partial" "$folder/archives/partial"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$folder/sources.list"
	again ask_for_list "$1" "$2" "$folder" || [ -e "$folder/available" ] || # yesterday's list will do
		{ without_suites+=" $1-$2 " && echo "no list of $1 for $2: see $folder/log" >&2 && return 1; }
}
without_suites=

# Another run may be at it as well. What we look up is set apart: apt-cache takes seconds each time.
ask_for_list() {
	(
		flock 9 && in_suite "$1" "$2" apt-get update >"$3/log" 2>&1 &&
			! grep -q '^[EW]: Failed to fetch' "$3/log" &&
			in_suite "$1" "$2" apt-cache dumpavail 2>>"$3/log" |
			awk -v RS= -v ORS='\n\n' '/^Package: (linux-|busybox-static\n)/' >"$3/available.new" &&
			[ -s "$3/available.new" ] && mv "$3/available.new" "$3/available"
	) 9>"$3/lock"
}

record_of() { # record_of SUITE DEBIAN-ARCHITECTURE PACKAGE
	awk -v RS= -v package="$3" '$1 == "Package:" && $2 == package' "$CACHE/apt/$1-$2/available"
}

# needs SUITE DEBIAN-ARCHITECTURE PACKAGE PATTERN: the packages of that name that it depends on
needs() {
	record_of "$1" "$2" "$3" | sed -n 's/^Depends: //p' | tr ',' '\n' |
		sed 's/[(|].*//; s/ //g' | grep -E "^($4)" | sort -u
}

download() { # download SUITE DEBIAN-ARCHITECTURE PACKAGE...: into the current folder
	again in_suite "$1" "$2" apt-get download "${@:3}" >>download.log 2>&1
}

