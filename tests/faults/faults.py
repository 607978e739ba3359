#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Makes each system call of the tool fail in turn, from libcap-ng's constructor to the exec.

    faults.py DISABLENETWORK JUDGE NETPROBE CALL-OF-LIBRARY INJECT [PATH[:CALL,CALL...]]...

A first run under strace lists the calls of a path. Then, one run each: the call returns an
error, or does nothing and says that it did (retval=0), or the tool is stopped and continued at
it. Afterwards either judge has run and found what it finds when nothing fails, or it has not,
and the tool said why in one line and exited 111, 126 or 127. Anything else is a leak.

Where a fault hits Landlock, the tool may go on without (ENOSYS and its kin: the fallback that
the manual describes).

"Library" is call.c in the tool's place, with the same rules; with threads it must not go on while
one of them is in a call that it began before.

"-x, supervisor" is the same for what -x leaves beside prog, by inject.c, which also kills it in front of
each of its calls. Then prog must run, be refused as ever, and end.

"Lied to" is a column of its own: something answered one call with 0 in the kernel's place, which
no kernel does and no sandbox that we know, and the tool could not tell. There are nine such lies:
  openat, socket, and of -x pidfd_open, socketpair and seccomp   "it is descriptor 0": which is then closed, though it was another
  landlock_create_ruleset, of the version    "ABI 0": a kernel without Landlock (abstract sockets)
  landlock_restrict_self, the second call    "done": the domain cannot be read back, so what it was
                 to keep off is open: abstract sockets and those in the file system, other processes, new
                 peers of TCP streams
  seccomp, the second filter of -k           "done": calls are refused still, but do not kill
  rt_sigprocmask of the library, and of -x   "done": signals stay held back, or too many are let through
  clone of the library, and of -x            "you are the child": it ends as that does
  ioctl of the supervisor, of an answer      "sent": whoever asked waits for it. Not tried, since it takes for ever;
                 nor is clone of the go-between, which would be awaited by the tool
  unshare of the library, the first of two   "done": there are no other threads
All others are found out by reading back, or change nothing.

strace is a tracer outside: neither Landlock nor the filters keep it off, and only the path
without /proc needs its --seccomp-bpf, which sets no_new_privs first.
"""
import concurrent.futures
import ctypes
import errno
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

FAULTS = ["error=" + e for e in "EPERM ENOSYS EINVAL ENOMEM EMFILE EINTR EAGAIN".split()] + ["retval=0"]
KNOWN_FAULTS = ["error=EPERM", "retval=0"]  # for a call that an earlier path has made too
NOBODY = 65534
OLD = ["-e", "inject=landlock_create_ruleset:error=ENOSYS"]
NO_PROC = ["-f", "--seccomp-bpf"]
SUPERVISOR = ["inject"]  # in strace's place
NUMBERED = ("openat", "socket", "pidfd_open", "socketpair", "seccomp")  # what they return is a descriptor
ENDLESS = {("clone(", "retval=0"), ("ioctl(NOTIF_SEND", "retval=0")}
# name, options of the tool, options of strace, what is held
PATHS = [
    ("plain", [], [], ""),
    ("-c", ["-c"], [], "udp"),
    ("-c, kinds", ["-c"], [], "kinds"),
    ("-k", ["-k"], [], ""),
    ("-l", ["-l"], [], ""),
    ("-p chown", ["-p", "chown"], [], ""),
    ("stream", [], [], "tcp"),
    ("old kernel", [], OLD, "tcp"),
    ("-L", ["-L"], [], ""),
    ("-L, old kernel", ["-L"], OLD, ""),
    ("-x", ["-x"], [], ""),
    ("-x, supervisor", ["-x"], SUPERVISOR, ""),
    ("library", [], [], ""),
    ("library, -c", ["-c"], [], "udp"),
    ("library, -k", ["-k"], [], ""),
    ("library, threads", ["-t"], OLD, ""),
    ("library, state", ["-s"], [], ""),
    ("-U", ["-U"], [], ""),
    ("--unix", ["--unix=/usr", "--unix=/etc/passwd"], [], ""),
    ("no /proc", ["-c"], NO_PROC, "udp"),
]
WAYS_OUT = "inet inet6 netlink ring i386 fast-open borrow abstract path machine generic connect-again listen".split()
START = re.compile(r'cap_last_cap|RLIMIT_NOFILE|^getppid')
LIES = {"clone": "it takes itself for the child, and ends", "rt_sigprocmask": "signals are held back or let through",
        "unshare": "it takes itself for the only thread"}
COLUMNS = ("injected", "refused", "ran safe", "lied to", "leaked", "wrong")


def accept_all(listener):
    while True:
        listener.accept()[0].close()


class Side:
    """One user's runs: root's or nobody's."""

    def __init__(self, name, uid, scratch):
        self.name, self.uid = name, uid
        self.directory = os.path.join(scratch, name)
        os.mkdir(self.directory)
        os.chown(self.directory, uid, -1)
        self.outside = subprocess.Popen(["sleep", "3600"], **self.user())

    def user(self):
        if self.uid == os.getuid():
            return {}
        return {"user": self.uid, "group": self.uid, "extra_groups": []}


class Faults:
    def __init__(self, tool, judge, netprobe, library, inject, scratch):
        self.scratch = scratch
        self.tool, self.judge, self.netprobe, self.library, self.inject = (
            shutil.copy(f, scratch) for f in (tool, judge, netprobe, library, inject))
        self.abstract = "disablenetwork-faults-%d" % os.getpid()
        self.known = set()
        self.numbers = iter(range(10 ** 9))
        self.tcp = socket.create_server(("127.0.0.1", 0))
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind("\0" + self.abstract)
        abstract.listen()
        self.path = os.path.join(scratch, "socket")
        in_folder = socket.socket(socket.AF_UNIX)
        in_folder.bind(self.path)
        os.chmod(self.path, 0o666)
        in_folder.listen()
        for listener in (self.tcp, abstract, in_folder):
            threading.Thread(target=accept_all, args=(listener,), daemon=True).start()

    @staticmethod
    def hold(held, listener):
        """What prog would inherit: for -c, of each kind that is judged in another way."""
        if held == "tcp":
            return [socket.create_connection(listener.getsockname())]
        if held == "udp":
            return [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        if held != "kinds":
            return []
        names = [("/proc/self/mem", os.O_RDWR), ("/proc/self/ns/net", os.O_RDONLY), ("/dev/net/tun", os.O_RDWR),
                 ("/dev/fuse", os.O_RDWR), ("/dev/null", os.O_RDWR), (__file__, os.O_RDONLY)]
        userfaultfd = ctypes.CDLL(None).syscall({"x86_64": 323}.get(os.uname().machine, 282), os.O_CLOEXEC | 1)
        return [open(os.open(name, how), "rb", 0) for name, how in names if os.access(name, os.F_OK)] + [
            open(number, "rb", 0) for number in (os.eventfd(0), os.memfd_create("file"), userfaultfd) if number >= 0]

    def run(self, side, path, strace, prog=None, stop=False):
        """The words that judge left (None: it did not run), status, messages, trace."""
        name, options, more, held = path
        tool = self.library if name.startswith("library") else self.tool
        base = os.path.join(side.directory, str(next(self.numbers)))
        trace, report = base + ".trace", base + ".report"
        things = self.hold(held, self.tcp)
        stdin = things[0] if held == "udp" else subprocess.DEVNULL
        keep = [thing.fileno() for thing in things]
        command = [self.judge, report, str(side.outside.pid), self.abstract,
                   str(keep[0] if held == "tcp" else -1), str(self.tcp.getsockname()[1]), self.path]
        command, user = prog or command, side.user()
        if strace is not None and more is SUPERVISOR:
            command = [self.inject, trace, *(strace or ["-1", "0", "0"]), tool, "-q", *options, *command]
        elif strace is not None:
            if more is NO_PROC:  # 65536 fcntls; the listing needs them, and -b excludes --seccomp-bpf
                more = more if strace else ["-b", "execve"]
            elif not any("trace=execve" in word for word in strace):
                more = ["-b", "execve", *more]
            command = ["strace", "-qq", "-o", trace, *more, *strace, tool, "-q", *options, *command]
            if "chown" in options and side.uid:
                command, user = ["setpriv", "--reuid", str(side.uid), "--clear-groups", "--inh-caps",
                                 "-all,+chown", "--ambient-caps", "+chown", *command], {}
        process = subprocess.Popen(command, stdin=stdin, stderr=subprocess.PIPE, text=True, pass_fds=keep,
                                   stdout=subprocess.PIPE if prog else subprocess.DEVNULL, **user)
        if stop:
            self.continue_it(process, trace)
        words = None
        try:
            messages = (output := process.communicate(timeout=120))[1]
        except subprocess.TimeoutExpired:
            process.kill()
            messages = (output := process.communicate())[1] + "no end in 120 s\n"
        if prog:
            words = {"summary": output[0]}
        for thing in things:
            thing.close()
        calls = []
        if os.path.exists(report):
            with open(report) as file:
                words = dict((line + " ").split(" ", 1) for line in file.read().splitlines())
            for index, number in enumerate(keep):  # which differ from run to run
                if "descriptor%d" % number in words:
                    words["descriptor-held%d" % index] = words.pop("descriptor%d" % number)
            os.unlink(report)
        if os.path.exists(trace):
            with open(trace, errors="replace") as file:
                calls = [line if more is SUPERVISOR else re.sub(r"^\d+ +", "", line) for line in file]
            os.unlink(trace)
        return words, process.returncode, messages, calls

    @staticmethod
    def continue_it(process, trace):
        """Waits until strace says that its child is stopped, then SIGCONT."""
        for _ in range(12000):
            if process.poll() is not None:
                return
            if os.path.exists(trace) and "--- stopped by SIGSTOP" in open(trace, errors="replace").read():
                with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as file:
                    os.kill(int(file.read()), 18)
                return
            time.sleep(0.005)

    def calls(self, trace, threads):
        """(name, index among its name, line) of each call that is to fail."""
        counts, kinds, found = {}, {}, None
        for line in trace:
            name = line.split("(")[0]
            counts[name] = counts.get(name, 0) + 1
            if found is None and START.search(line):
                found = []
            if found is not None and re.match(r"\w+\(", line):
                found.append((name, counts[name], line))
                # What /proc says of threads differs each time.
                kind = name if threads else re.sub(r"[( ]\d+,|CAP_\w+|,.*", "", line)
                kinds.setdefault(kind, []).append(found[-1])
        return self.choose(found, kinds)

    @staticmethod
    def choose(found, kinds):
        """Of loops over capabilities and over numbers without /proc: the first, middle and last."""
        skipped = set()
        for alike in kinds.values():
            if len(alike) > 9:
                skipped.update(set(alike) - {alike[0], alike[1], alike[len(alike) // 2], alike[-1]})
        return [call for call in found if call not in skipped]

    def calls_of_supervisor(self, trace):
        """The same by inject, but for the tool's own calls."""
        kinds, found = {}, []
        for line in trace:
            who, at, name = line.split()[:3]
            if who != "0":
                found.append((name, (who, at), "%s, of %s\n" % (name, "supervisor" if who == "2" else "go-between")))
                kinds.setdefault(found[-1][2], []).append(found[-1])
        return self.choose(found, kinds)

    def verdict(self, path, usual, call, fault, result):
        words, status, messages, trace = result
        name, _, line = call
        if not any("INJECTED" in t or (t.startswith(name + "(") and "SIGSTOP" in fault) for t in trace):
            if "threads" in path[0] or path[2] is SUPERVISOR:  # it asks until they are quiet, more often or less
                return "ran safe", ""
            return "wrong", "the call was not reached"
        if (path[0].startswith("library") or path[0] == "-x") and fault == "retval=0" and (
                name == "clone" or name == "rt_sigprocmask" and words or name == "unshare" and "threads" in path[0]):
            return "lied to", LIES[name]
        if words is None:
            if status not in (111, 126, 127) or not re.fullmatch(
                    r"disablenetwork: fatal: unable to [^\n]+\n", messages):
                return "wrong", "exit %d: %s" % (status, messages.strip())
            return "refused", messages
        broken = [key for key in sorted(usual.keys() | words.keys()) if usual.get(key) != words.get(key)]
        # A filter that stands in for Landlock kills under -k, where Landlock refuses.
        broken = [key for key in broken if usual.get(key) or words.get(key) != "killed "]
        # no_connect, which stands in for it where TCP is inherited, takes the connect of AF_UNIX.
        broken = [key for key in broken if (key, usual.get(key), words.get(key)) != ("path", "open ", None)]
        if name == "close":  # one that fails on Linux has closed all the same, but not under strace
            broken = [key for key in broken if words.get(key) != "100000/0/0 "]
        if "-L" in path[1]:  # in a user namespace, its other way, KEEP_CAPS is not locked
            broken = [key for key in broken if (key, words.get(key)) != ("securebits", "cb ")]
        if "-c" in path[1]:  # what could not be looked at is closed
            broken = [key for key in broken if not (key.startswith("descriptor") and key not in words)
                      and not (words.get(key) == "20000/0/0 ")]
        if status != 0:
            broken.append("exit %d" % status)
        if name.startswith("landlock_"):
            kept_by_landlock = {"abstract"} if "error" in fault else {"abstract", "borrow", "connect-again", "path"}
            if broken and kept_by_landlock >= set(broken):
                return ("ran safe" if "error" in fault else "lied to"), ", ".join(broken)
        if fault == "retval=0" and name in NUMBERED and all(b.startswith("descriptor0") for b in broken) and broken:
            return "lied to", "0 was another descriptor, and was closed"
        if fault == "retval=0" and name == "seccomp" and all(
                usual.get(key) == "killed " and key not in words for key in broken) and broken:
            return "lied to", "refused instead of killed: " + ", ".join(broken)
        if broken:
            return "leaked", ", ".join("%s %s" % (key, words.get(key, "gone")) for key in broken)
        return "ran safe", ""

    def row(self, side, path, only_calls, pool):
        name, options, more, held = path
        usual, status, messages, trace = self.run(side, path, [])
        if not usual or "end" not in usual:
            sys.exit("faults.py: fatal: %s as %s does not run judge even when nothing fails: %d %s"
                     % (name, side.name, status, messages))
        open_without = self.run(side, path, None)[0]
        ways = [] if "-s" in options else WAYS_OUT[:11] if held != "tcp" else WAYS_OUT
        if not all(open_without.get(way) == "open " for way in ("inet", "netlink", "abstract")):
            sys.exit("faults.py: fatal: judge finds no way out even without the tool")
        for way in ways:
            if open_without.get(way) != "open " and (way, side.name) not in self.known:
                self.known.add((way, side.name))
                print("  not shown here: %s is refused to %s without the tool too" % (way, side.name))
        jobs = []
        for call in self.calls_of_supervisor(trace) if more is SUPERVISOR else self.calls(trace, "threads" in name):
            if more is OLD and call[0].startswith("landlock_") or only_calls and call[0] not in only_calls:
                continue
            what = call[2] if more is SUPERVISOR else re.sub(r"0x\w+|\d+", "", call[2])
            known = (side.name, what) in self.known
            # There strace follows judge's children and would hit them; and 65536 fcntls take seconds.
            if more is NO_PROC and (known or call[0] == "fcntl"):
                continue
            faults = KNOWN_FAULTS if known else FAULTS
            self.known.add((side.name, what))
            if name == "plain":
                faults = faults + ["signal=SIGSTOP"]
            if more is SUPERVISOR:
                faults = [fault for fault in faults + ["kill"] if (call[0], fault) not in ENDLESS]
            for fault in faults:
                strace = [*call[1], str(-getattr(errno, fault[6:], 0)) if fault != "kill" else fault] if more is SUPERVISOR else ["-e", "trace=%s,landlock_create_ruleset" % call[0], "-e",
                          "inject=%s:%s:when=%d" % (call[0], fault, call[1] - (call[0] == "execve"))]
                jobs.append((call, fault, strace, pool.submit(self.run, side, path, strace, None, "STOP" in fault)))
        counts, safe = dict.fromkeys(COLUMNS, 0), []
        for call, fault, strace, job in jobs:
            verdict, detail = self.verdict(path, usual, call, fault, job.result())
            counts["injected"] += 1
            counts[verdict] += 1
            if verdict == "ran safe" and "error" in fault:
                safe.append(strace)
            told = (verdict, fault, re.sub(r"0x\w+|\d+", "", call[2]), detail)
            if verdict in ("leaked", "wrong") or verdict == "lied to" and told not in self.known:
                self.known.add(told)
                print("  %s: %s at %s: %s" % (verdict, fault, call[2].strip()[:100], detail), flush=True)
        # netprobe itself wants /proc, and takes a loopback for an escape.
        if safe and more not in (NO_PROC, SUPERVISOR) and not {"-L", "-s"} & set(options):
            sample = self.run(side, path, safe[len(safe) // 2], [self.netprobe])
            if not re.search(r"ESCAPED 0,", sample[0]["summary"]):
                counts["leaked"] += 1
                print("  leaked: netprobe %s: %s%s" % (safe[len(safe) // 2][3], sample[0]["summary"], sample[2]))
        print("%-14s %-7s" % (name, side.name) + "".join("%10d" % counts[c] for c in COLUMNS), flush=True)
        return counts


def without_proc():
    """From here on there is no /proc, for this process and those that it starts."""
    if ctypes.CDLL(None, use_errno=True).unshare(0x20000) != 0:
        sys.exit("faults.py: fatal: unable to make a mount namespace")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/proc"], check=True)


def main(tool, judge, netprobe, library, inject, *only):
    only = {name: calls.split(",") if calls else [] for name, _, calls in (word.partition(":") for word in only)}
    if unknown := only.keys() - {path[0] for path in PATHS}:
        sys.exit("faults.py: fatal: no path is called %s" % " or ".join(sorted(unknown)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    scratch = tempfile.mkdtemp(prefix="disablenetwork.")
    os.chmod(scratch, 0o755)
    faults = Faults(tool, judge, netprobe, library, inject, scratch)
    root = os.getuid() == 0
    sides = [Side("root", 0, scratch), Side("nobody", NOBODY, scratch)] if root \
        else [Side("user", os.getuid(), scratch)]
    total = dict.fromkeys(COLUMNS, 0)
    try:
        print("%-14s %-7s" % ("path", "as") + "".join("%10s" % c for c in COLUMNS))
        for path in PATHS:
            if only and path[0] not in only:
                continue
            if not root and path[0] in ("no /proc", "-p chown"):
                print("%-14s skipped: needs root" % path[0])
                continue
            if path[0] in ("-U", "--unix"):
                if subprocess.run([faults.tool, "-q", *path[1], "true"], stderr=subprocess.DEVNULL).returncode != 0:
                    print("%-14s skipped: Landlock before ABI 9" % path[0])
                    continue
            if path[0] == "no /proc":
                without_proc()
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                for side in sides:
                    if side.uid == 0 and path[0] == "library, threads":  # no thread can drop the capabilities of another
                        continue
                    for column, count in faults.row(side, path, only.get(path[0]), pool).items():
                        total[column] += count
        print("%-22s" % "all" + "".join("%10d" % total[c] for c in COLUMNS))
    finally:
        for side in sides:
            side.outside.kill()
            side.outside.wait()
        shutil.rmtree(scratch)
    sys.exit(1 if total["leaked"] or total["wrong"] or not total["injected"] else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
