# SPDX-License-Identifier: ISC
# Reads what init said in all guests, prints the table of kernels.sh, exits 1 if it is not good.

function bad(what) {
	failures[++failed] = guest ": " what
	good = 0
}

# Cases by kind: of what lies on the socket that they are about, or by their first word.
function kind(name) {
	return name ~ /@/ ? "*" substr(name, index(name, "@")) : substr(name, 1, match(name "-", "-")) "*"
}

function finish_run() {
	if (run == "")
		return
	if (!summarized && status == 111) {
		summary = "refuses to run (111)"
	} else if (!summarized) {
		bad("user " user ", " run ": no summary, exit " status)
		summary = "no end"
	}
	row[rows++] = sprintf("%-27s %-8s %-12s %3s %6s %-8s %-42s %-7s%5s %s", release, architecture, major, abi, user, run, \
		summary, verdict[user], seconds, gaps)
	seconds = ""
	run = ""
}

BEGIN {
	printf "%-27s %-8s %-12s %3s %6s %-8s %5s %7s %7s %5s %6s %4s %-7s%5s  %s\n", "kernel", "arch", "LSM", "ABI", "user", "run", \
		"tried", "blocked", "ESCAPED", "works", "BROKEN", "gaps", "--check", "secs", "gaps by name"
}
$2 == "guest" {
	guest = $3
	architecture = $4
	release = "?"
	run = ""
	seconds = $5
	ended = missing = 0
	good = 1
	split("", verdict)
}
$2 == "release" { release = $3 }
$2 == "lsms" {
	major = $3 ~ /selinux/ ? "selinux" : $3 ~ /apparmor/ ? "apparmor" : "none"
	if ($3 ~ /tomoyo/)
		major = major "+tom"
}
$2 == "user" { user = $3 }
$2 == "check" { verdict[user] = $3 == "yes:" ? "yes" : "NO" }
$2 == "landlock" { abi = $3 == "ABI" ? $4 + 0 : "-" }
$2 == "cost" { notes[++noted] = guest ": cost behind " substr($0, 8) }
$2 == "refusal" { notes[++noted] = guest ": user " user ": " substr($0, 11) }
$2 == "basics" && NF > 2 { bad("user " user ": basics:" substr($0, 9)) }
$2 == "run" {
	finish_run()
	user = $3
	run = $4
	summarized = 0
	status = "unknown"
	gaps = ""
	summary = ""
	split("", seen)
}
$2 == "status" { status = $3 }
$2 == "case" && ($4 == "ESCAPED" || $4 == "BROKEN") { bad("user " user ", " run ": " substr($0, 8)) }
$2 == "case" && $4 == "gap" && !(kind($3) in seen) {
	seen[kind($3)] = 1
	gaps = gaps " " kind($3)
}
$2 == "error" { notes[++noted] = guest ": user " user ", " run ": " substr($0, 9) }
$2 == "summary" {
	gsub(",", "")
	# blocked 1 ESCAPED 2 works 3 BROKEN 4 n/a 5 gap 6
	summary = sprintf("%5d %7d %7d %5d %6d %4d", $4 + $6 + $8 + $10 + $14, $4, $6, $8, $10, $14)
	summarized = 1
}
$2 == "end" {
	finish_run()
	ended = 1
}
$2 == "threads" && !/threads lost their network$|unable to put every thread into a Landlock domain/ { bad("threads:" substr($0, 10)) }
$2 == "supervisor" && $3 != 10 { bad("of 10 cases about the supervisor of -x, blocked: " $3) }
$2 == "socketcall:" && !/ (as it must be|none here)$/ { bad("a thread in " substr($0, 3)) }
$2 == "unable" { notes[++noted] = guest ": -L without namespaces: " substr($0, 10) }
$2 == "unable" && !/: (in words|not in this kernel)$/ { bad("-L without namespaces: " substr($0, 10)) }
$2 == "terminal" && !/terminal (kept|none here)$/ { bad("the second serial line: " substr($0, 12)) }
$2 == "storm" && !/ [1-9][0-9]* returned 0, .* 0 untrue$/ { bad("storm:" substr($0, 8)) }
$2 == "storm" { notes[++noted] = guest ": storm of" substr($0, 8) }
$2 == "host" { notes[++noted] = guest ": " substr($0, 8) }
$2 == "host-failed" { bad(substr($0, 15)) }
$2 == "missing" {
	missing = 1
	notes[++noted] = guest ": skipped: " substr($0, 11)
}
$2 == "next" {
	finish_run()
	if (!ended && !missing)
		bad("the guest came to no end")
	outcome[missing ? "skipped" : good ? "passed" : "failed"]++
	guests++
}
END {
	for (i = 0; i < rows; i++)
		print row[i]
	for (i = 1; i <= noted; i++)
		print "note: " notes[i]
	for (i = 1; i <= failed; i++)
		print "FAILED: " failures[i]
	ran = guests - outcome["skipped"]
	if (ran * 3 < guests * 2)
		print "FAILED: only " ran " of " guests " guests ran"
	line = sprintf("%d passed, %d failed, %d skipped", outcome["passed"], outcome["failed"], outcome["skipped"])
	print line > result
	print line
	exit failed > 0 || ran * 3 < guests * 2
}
