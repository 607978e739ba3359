# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Sourced by the tests of this folder, which run as root and as an ordinary user alike:
# root runs the cases of `nobody` too, with copies that nobody can reach.

# shellcheck source=../tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"

PATH=/usr/sbin:/usr/bin:/sbin:/bin # the system's own programs: nobody can run them too
need_program python3 python3

helpers=${BUILD_DIRECTORY:=$(dirname "$DISABLENETWORK")}/tests/chain
need_built "$helpers/show_state" "$helpers/around"
cp "$DISABLENETWORK" "$helpers/show_state" "$helpers/around" "$scratch"/
cp "$(dirname "${BASH_SOURCE[0]}")/cases.py" "$scratch"/
tool=$scratch/disablenetwork
export TOOL=$tool
is_static "$tool" && STATIC=yes || STATIC=no
export STATIC

# The users whose cases run, and `as USER COMMAND...`. nobody has $scratch/nobody to write in.
nobody=65534
mkdir "$scratch/root" "$scratch/nobody"
# shellcheck disable=SC2034 # used by the tests
users=(ordinary)
if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2034
	users=(root nobody)
	chown "$nobody:$nobody" "$scratch/nobody"
else
	mkdir "$scratch/ordinary"
fi
as() {
	local user=$1
	shift
	case $user in
	nobody) setpriv --reuid="$nobody" --regid="$nobody" --clear-groups -- "$@" ;;
	*) "$@" ;;
	esac
}

# run_cases DESCRIPTION COMMAND...: a program that prints "ok ...", "not ok ..." or
# "skip REASON: ..." for each case, other lines for notes, and "end" when it is through.
run_cases() {
	local description=$1 line ended=no
	shift
	while IFS= read -r line; do
		case $line in
		'ok '*) tap_result ok "$description: ${line#ok }" ;;
		'not ok '*) tap_result 'not ok' "$description: ${line#not ok }" ;;
		'skip '*)
			line=${line#skip }
			skip "${line%%: *}" "$description: ${line#*: }"
			;;
		end) ended=yes ;;
		*) note "$line" ;;
		esac
	done < <("$@" 2>&1 </dev/null)
	is "$ended" yes "$description: all cases were run"
}
