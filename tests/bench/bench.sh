#!/bin/bash
# SPDX-License-Identifier: ISC
# What disablenetwork costs, beside its peers: `make bench` runs this after it has built
# the programs. It judges nothing; goals are printed beside what was measured.
#
#     BENCH_SPAWNS=300                 starts of each program
#     BENCH_ROUNDS=20                  rounds of system calls, and of TCP
#     BENCH_COMPILES=5                 compilations of this project
#     BENCH_PROCESSES='1000 3000 10000'  so many at once
#     BENCH_PATIENCE=90                seconds for the starts of those, then no more
#     BENCH_RESULTS=DIRECTORY          table, CSV and pictures; tests/bench/results
set -eu -o pipefail
export LC_ALL=C
source=$1
build=$2
: "${DISABLENETWORK:=$build/disablenetwork}" "${CC:=cc}"
: "${BENCH_SPAWNS:=300}" "${BENCH_ROUNDS:=20}" "${BENCH_COMPILES:=5}" "${BENCH_PATIENCE:=90}"
: "${BENCH_PROCESSES=1000 3000 10000}" "${BENCH_RESULTS:=$build/tests/bench/results}"
PATH=$PATH:/usr/sbin:/sbin

# Other users run the programs too (setuidgid), and must reach them.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/disablenetwork-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir -p "$BENCH_RESULTS"
cp "$DISABLENETWORK" "$build"/tests/bench/{noop,spawn,calls} "$scratch"
musl=no
if [ -e "$build/tests/bench/musl.stamp" ]; then
	musl=yes
	cp "$build"/tests/bench/{disablenetwork,noop}-musl "$scratch"
else
	echo "skipped: the musl build (Debian: musl-tools)"
fi
# -q: as root it would write its warning.
tool="$scratch/disablenetwork -q"
small="$scratch/disablenetwork-musl -q"
bare=$scratch/noop
[ $musl = no ] || bare=$scratch/noop-musl

step() { printf '%s ...\n' "$*" >&2; }
as_user=()
[ "$(id -u)" = 0 ] && as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# Start-up: NAME PACKAGE COMMAND...; the packages are Debian's, - is what we build.
step "start-up: $BENCH_SPAWNS starts of each"
tools=$scratch/tools
while read -r name package command; do
	case $package in
	musl) [ $musl = yes ] || continue ;;
	-) ;;
	*)
		command -v "${command%% *}" >/dev/null || {
			echo "skipped: $name is not installed (Debian: $package)"
			continue
		}
		;;
	esac
	echo "$name $command"
done >"$tools.all" <<EOF
no-op-chain                  -            $scratch/noop
no-op-chain+any-filter       -            $scratch/noop allow
no-op-chain+filter           -            $scratch/noop filter
no-op-chain+filter+fds       -            $scratch/noop descriptors filter
no-op-chain+all-steps        -            $scratch/noop descriptors landlock capabilities filter
disablenetwork               -            $tool
no-op-chain-musl             musl         $scratch/noop-musl
no-op-chain+any-filter-musl  musl         $scratch/noop-musl allow
no-op-chain+filter-musl      musl         $scratch/noop-musl filter
no-op-chain+filter+fds-musl  musl         $scratch/noop-musl descriptors filter
no-op-chain+all-steps-musl   musl         $scratch/noop-musl descriptors landlock capabilities filter
disablenetwork-musl          musl         $small
setuidgid                    daemontools  setuidgid nobody
softlimit                    daemontools  softlimit -o 100
chpst                        runit        chpst -o 100
disablenetwork-x             -            $tool -x
disablenetwork-L             -            $tool -L
disablenetwork-L-musl        musl         $small -L
unshare-n                    util-linux   unshare -n
unshare-rn                   util-linux   unshare -rn
bwrap                        bubblewrap   bwrap --unshare-net --bind / /
firejail                     firejail     firejail --quiet --noprofile --net=none
EOF
grep '^skipped' "$tools.all" || true
grep -v '^skipped' "$tools.all" >"$tools"
{
	echo "bare $bare"
	sed "s|\$| $bare|" "$tools"
} | "$scratch/spawn" time "$BENCH_SPAWNS" 2>"$scratch/complaints" >"$scratch/times"
sort -u "$scratch/complaints"
# Users need a user namespace for a network of their own.
{
	echo "bare $bare"
	grep -E '^(disablenetwork(-L)?(-musl)?|unshare-rn|bwrap) ' "$tools" | sed "s|\$| $bare|"
} | "${as_user[@]}" "$scratch/spawn" time "$BENCH_SPAWNS" 2>"$scratch/complaints" >"$scratch/times-user"
sort -u "$scratch/complaints"

# What each does between its start and its execve. Those that fork are left out.
while read -r name command; do
	case $name in bwrap | firejail) continue ;; esac
	# shellcheck disable=SC2086 # words
	seen=$("$scratch/spawn" look $command "$bare" 2>/dev/null) || continue
	echo "$name,$seen"
done <"$tools" >"$scratch/looks"
awk -F, -v OFS=, '
	FNR == NR { look[$1] = $2 OFS $3 OFS $4; next }
	FNR == 1 && !header++ { print "tool,median_us,min_us,p90_us,cpu_median_us,own_us,own_cpu_us,calls,page_faults,resident_kB" }
	FNR == 1 { bare = $2; bare_cpu = $5; user = FILENAME ~ /user$/ ? "-as-user" : "" }
	FNR > 1 || !user { print $1 user, $2, $3, $4, $5, $2 - bare, $5 - bare_cpu, (!user && $1 in look) ? look[$1] : ",," }
' "$scratch/looks" "$scratch/times" "$scratch/times-user" >"$BENCH_RESULTS/startup.csv"

# System calls, an inherited TCP connection, and one over the lo of a network namespace, in a bare one
# and in that of -L: short slices in turn.
[ "$(id -u)" = 0 ] && bare_network=(unshare -n) || bare_network=(unshare -rn)
bare_network+=(sh -c 'ip link set lo up && exec "$@"' -)
networks=no
if "${bare_network[@]}" true 2>/dev/null && $tool -L true 2>/dev/null; then
	networks=yes
else
	echo 'skipped: TCP over the lo of a network namespace (none here, or Debian: iproute2)'
fi
step "system calls and TCP: $BENCH_ROUNDS rounds"
for ((round = 0; round < BENCH_ROUNDS; round++)); do
	"$scratch/calls" loops 10 | sed 's/^/bare /'
	$tool "$scratch/calls" loops 10 | sed -n 'h; s/^/behind /p; g; s/^/bare -x:/p'
	$tool -qx "$scratch/calls" loops 10 2>/dev/null | sed 's/^/behind -x:/' # to the plain tool
	if [ $networks = yes ]; then
		"${bare_network[@]}" "$scratch/calls" stream 50 | sed 's/^/bare lo-/'
		$tool -L "$scratch/calls" stream 50 | sed 's/^/behind lo-/'
	fi
	"$scratch/calls" stream 50 | sed 's/^/bare /'
	# shellcheck disable=SC2086 # words
	"$scratch/calls" stream 50 $tool | sed 's/^/behind /'
done >"$scratch/calls.raw"

# The compilation of this project.
step "compilation: $BENCH_COMPILES rounds"
mkdir "$scratch/compile"
cat >"$scratch/compile/Makefile" <<EOF
objects = $(cd "$source/src" && printf '%s\n' *.c | sed '/policy/d; s/c$/o/' | tr '\n' ' ')
all: \$(objects)
%.o: $source/src/%.c
	@$CC -O2 -D_GNU_SOURCE -DPACKAGE_VERSION='"0"' -iquote $source/src -iquote $build/src -c -o \$@ \$<
EOF
printf '%s\n' "bare make -C $scratch/compile -s -B -j2" "behind $tool make -C $scratch/compile -s -B -j2" |
	"$scratch/spawn" time "$BENCH_COMPILES" |
	awk -F, '{ # least, median, median: the median of these is the median, the best the least
		printf "%s make-j2 %.1f\n%s make-j2 %.1f\n%s make-j2 %.1f\n", $1, $3 / 1000, $1, $2 / 1000, $1, $2 / 1000
		printf "%s make-j2-cpu %.1f\n%s make-j2-cpu %.1f\n%s make-j2-cpu %.1f\n", $1, $6 / 1000, $1, $5 / 1000, $1, $5 / 1000
	}' >>"$scratch/calls.raw"

medians='
	function sort(list, values,   count, i, j, value) {
		count = split(list, values, " ")
		for (i = 2; i <= count; i++) {
			value = values[i] + 0
			for (j = i - 1; j > 0 && values[j] + 0 > value; j--)
				values[j + 1] = values[j]
			values[j + 1] = value
		}
		return count
	}
	function median(list,   values, count) {
		count = sort(list, values)
		return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
	}'
# Of a throughput the best is the greatest, of all else the least.
awk -v OFS=, "$medians"'
	function best(name, list,   values, count) {
		count = sort(list, values)
		return name ~ /TCP/ ? values[count] : values[1]
	}
	{ list[$1 " " $2] = list[$1 " " $2] " " $3; if (!($2 in known)) { known[$2] = 1; names[++count] = $2 } }
	END {
		print "what,bare,behind,ratio,ratio_of_best"
		for (i = 1; i <= count; i++) {
			bare = list["bare " names[i]]; behind = list["behind " names[i]]
			print names[i], median(bare), median(behind), median(behind) / median(bare),
				best(names[i], behind) / best(names[i], bare)
		}
	}' "$scratch/calls.raw" >"$BENCH_RESULTS/calls.csv"

# Many at once. Small numbers are tried three times. All of them are asked for, and as many
# as have started when patience ends are looked at.
for number in $BENCH_PROCESSES; do
	step "$number processes at once"
	for ((round = 0; round < (number > 1000 ? 1 : 3); round++)); do
		while read -r name command; do
			# shellcheck disable=SC2086 # words
			seen=$("$scratch/spawn" alive "$BENCH_PATIENCE" "$number" $command "$bare" hold) || continue
			echo "$name,$seen"
		done < <(echo "bare"; grep -E '^(no-op-chain(-musl)?|disablenetwork(-musl)?) ' "$tools")
	done
done >"$scratch/alive.raw"
# Network namespaces last, and no more than 20 seconds of them: they are taken down long
# after their processes, more slowly than they were made.
while read -r name command; do
	prefix=()
	case $name in *-as-user) prefix=("${as_user[@]}") ;; esac
	# shellcheck disable=SC2086 # words
	"${prefix[@]}" $command true 2>/dev/null || continue
	for number in $BENCH_PROCESSES; do
		step "$number network namespaces at once: $name"
		# shellcheck disable=SC2086 # words
		seen=$("${prefix[@]}" "$scratch/spawn" alive $((BENCH_PATIENCE < 20 ? BENCH_PATIENCE : 20)) "$number" $command "$bare" hold) || break
		echo "$name,$seen" >>"$scratch/alive.raw"
		case $seen in "$number,$number,"*) ;; *) break ;; esac
	done
done < <(grep -E '^(disablenetwork-L(-musl)?|unshare-n) ' "$tools"
	grep -E '^(disablenetwork-L(-musl)?|unshare-rn) ' "$tools" | sed 's/ /-as-user /')
awk -F, -v OFS=, "$medians"'
	{ key = $1 OFS $2; if (!(key in time)) keys[++count] = key
	  time[key] = time[key] " " $4; memory[key] = memory[key] " " $5; cache[key] = cache[key] " " $6; alive[key] = $3 }
	END {
		print "tool,wanted,alive,seconds,ratio,kernel_kB_each,more_than_bare_kB,more_cache_than_bare_kB"
		for (i = 1; i <= count; i++) {
			key = keys[i]; split(key, part, ","); bare = "bare" OFS part[2]
			print key, alive[key], median(time[key]),
				alive[key] == part[2] ? median(time[key]) / median(time[bare]) : "",
				median(memory[key]), median(memory[key]) - median(memory[bare]),
				median(cache[key]) - median(cache[bare])
		}
	}' "$scratch/alive.raw" >"$BENCH_RESULTS/alive.csv"

# The table.
binary_size() { strip -o "$scratch/stripped" "$1" && stat -c %s "$scratch/stripped"; }
{
	echo "Start-up, $BENCH_SPAWNS starts each, microseconds; own: less a bare start; then what is done"
	echo "between start and execve"
	column -t -s, <(sed '1s/.*/tool,median,min,p90,cpu,own,own cpu,calls,faults,kB/; s/,,,$/,-,-,-/' "$BENCH_RESULTS/startup.csv" |
		awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= 7; i++) $i = sprintf("%.0f", $i) } 1')
	awk -F, '
		NR > 1 { own[$1] = $6; cpu[$1] = $7; kB[$1] = $10 }
		function goal(words, a, b, bound) {
			if (!(a in own) || !(b in own)) return
			printf "%-58s %6.2f  %6.2f  %6.2f\n", words, own[a] / own[b], cpu[a] / cpu[b], bound
		}
		END {
			printf "\n%-58s %6s  %6s  %6s\n", "Own cost as a ratio", "time", "cpu", "goal"
			goal("disablenetwork to a no-op chain program", "disablenetwork", "no-op-chain", 1.2)
			goal("  that program with a filter of one instruction", "no-op-chain+any-filter", "no-op-chain", 1.2)
			goal("  that program with our filter", "no-op-chain+filter", "no-op-chain", 1.2)
			goal("  that program with /proc/self/fd listed too", "no-op-chain+filter+fds", "no-op-chain", 1.2)
			goal("  and Landlock and capabilities, the bare calls", "no-op-chain+all-steps", "no-op-chain", 1.2)
			goal("disablenetwork to setuidgid", "disablenetwork", "setuidgid", 1)
			goal("disablenetwork to softlimit", "disablenetwork", "softlimit", 1)
			goal("disablenetwork to chpst", "disablenetwork", "chpst", 1)
			goal("disablenetwork to unshare -n", "disablenetwork", "unshare-n", 0.6)
			goal("disablenetwork to bwrap --unshare-net", "disablenetwork", "bwrap", 0.35)
			goal("disablenetwork -L to unshare -n", "disablenetwork-L", "unshare-n", 0.85)
			goal("disablenetwork -L to bwrap --unshare-net", "disablenetwork-L", "bwrap", 0.5)
			goal("disablenetwork -L to unshare -rn, as a user", "disablenetwork-L-as-user", "unshare-rn-as-user", 0.95)
			goal("disablenetwork -L to bwrap --unshare-net, as a user", "disablenetwork-L-as-user", "bwrap-as-user", 0.5)
			goal("disablenetwork to firejail --net=none", "disablenetwork", "firejail", 0.03)
			goal("disablenetwork -L with musl to unshare -n", "disablenetwork-L-musl", "unshare-n", 0.85)
			goal("disablenetwork -L with musl to unshare -rn, as a user", "disablenetwork-L-musl-as-user", "unshare-rn-as-user", 0.95)
			goal("disablenetwork with musl to setuidgid", "disablenetwork-musl", "setuidgid", 0.2)
			goal("  a no-op chain program with musl, to the same", "no-op-chain-musl", "setuidgid", 0.2)
			goal("  the same with a filter of one instruction", "no-op-chain+any-filter-musl", "setuidgid", 0.2)
			goal("  the same with our filter", "no-op-chain+filter-musl", "setuidgid", 0.2)
			goal("  the same with /proc/self/fd listed too", "no-op-chain+filter+fds-musl", "setuidgid", 0.2)
			goal("  and Landlock and capabilities, the bare calls", "no-op-chain+all-steps-musl", "setuidgid", 0.2)
			if ("disablenetwork-x" in own)
				printf "%-58s %6.0f  %6.0f  %6.0f\n", "disablenetwork -x: microseconds more than without",
					own["disablenetwork-x"] - own["disablenetwork"], cpu["disablenetwork-x"] - cpu["disablenetwork"], 1500
		}' "$BENCH_RESULTS/startup.csv"
	printf '\nBytes, stripped: %s' "$(binary_size "$scratch/disablenetwork")"
	[ $musl = no ] || printf '; with musl %s (goal 65536)' "$(binary_size "$scratch/disablenetwork-musl")"
	printf '\n\nAfterwards: nanoseconds a call, MB/s of TCP, milliseconds of make -j2\n'
	awk -F, '
		BEGIN {
			goals["getppid"] = goals["read"] = goals["write"] = goals["futex"] = "1.15"
			goals["ioctl"] = goals["send"] = goals["send+read"] = "1.35"; goals["socket+close"] = "1.10"
			goals["TCP-64kB-write"] = goals["TCP-64B-write"] = goals["TCP-64B-send"] = "0.98"
			goals["lo-TCP-64kB-write"] = goals["lo-TCP-64B-write"] = goals["lo-TCP-64B-send"] = "1"
			goals["-x:getppid"] = goals["-x:ioctl"] = goals["-x:send+read"] = goals["-x:socket+close"] = "1.00"
			goals["make-j2"] = goals["make-j2-cpu"] = "1.02"
			printf "%-17s %10s %10s %7s %8s %7s\n", "", "bare", "behind", "ratio", "of best", "goal"
		}
		NR > 1 { printf "%-17s %10.1f %10.1f %7.3f %8.3f %7s\n", $1, $2, $3, $4, $5, goals[$1] }' "$BENCH_RESULTS/calls.csv"
	printf '\nAlive at once (goals: 1.3 times the time of bare ones, 16 kB more kernel memory)\n'
	column -t -s, <(sed '1s/.*/tool,wanted,alive,seconds,ratio,kernel kB each,more than bare,and cache/; s/,,/,-,/' "$BENCH_RESULTS/alive.csv" |
		awk -F, -v OFS=, 'NR > 1 { $4 = sprintf("%.2f", $4); if ($5 != "-") $5 = sprintf("%.2f", $5); $6 = sprintf("%.1f", $6); $7 = sprintf("%.1f", $7); $8 = sprintf("%.1f", $8) } 1')
	awk -F, 'NR == 2 { printf "\nNoise: a bare start took %.0f us in the middle, %.0f at least, up to %.0f in 9 of 10 cases;\n", $2, $3, $4
		print (($4 > 1.5 * $3) ? "this machine was busy: trust the cpu column more than the time." : "this machine was quiet.") }' "$BENCH_RESULTS/startup.csv"
	printf '%s, %s processors, %s\n' "$(uname -srm)" "$(nproc)" "$("$DISABLENETWORK" --version)"
} | tee "$BENCH_RESULTS/table.txt"

# The library: as an ordinary user, and where threads are, as on a machine without Landlock.
if cp "$build/tests/bench/off" "$scratch" && chmod a+rx "$scratch" "$scratch/off"; then
	{
		echo
		echo 'A call of disablenetwork(), without Landlock: us in the middle of 200, and what goes on meanwhile'
		"$build/tests/chain/around" landlock_create_ruleset ENOSYS "${as_user[@]}" "$scratch/off" 200
	} | tee -a "$BENCH_RESULTS/table.txt"
fi

# Pictures.
if ! command -v gnuplot >/dev/null; then
	echo "skipped: the pictures (Debian: gnuplot-nox)"
	exit
fi
cd "$BENCH_RESULTS"
gnuplot <<'EOF'
set datafile separator ','
set terminal svg size 800,400
set output 'startup.svg'
set title 'What a chain tool adds to a start'
set xlabel 'microseconds'
set logscale x
set yrange [*:*] reverse
set style fill solid 0.6
set grid x
plot 'startup.csv' every ::2 using 6:0:(1):6:($0-0.35):($0+0.35):ytic(1) with boxxyerror notitle
EOF
[ -n "$BENCH_PROCESSES" ] && gnuplot <<'EOF'
set datafile separator ','
set terminal svg size 800,400
set output 'alive.svg'
names = system("sed 1d alive.csv | cut -d, -f1 | sort -u")
rows(name) = "< grep '^".name.",' alive.csv"
set multiplot layout 1,2 title 'Processes alive at once'
set xlabel 'processes'
set xrange [0:*]
set yrange [0:*]
set grid
set key left top
set ylabel 'seconds until all have started'
plot for [name in names] rows(name) using 3:4 with linespoints title name
set ylabel 'kB of kernel memory more than bare, each'
unset key
plot for [name in names] rows(name) using 3:7 with linespoints
EOF
echo "pictures: $BENCH_RESULTS/*.svg"
