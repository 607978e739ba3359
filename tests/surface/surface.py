#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Is each system call, socket option and ioctl that the kernel's headers have named in the files
beside this one, and is refused what they call refused?

    surface.py COMPILE_POLICY TREE...

A TREE is NAME=FOLDER: a folder with usr/include in it, as linux-libc-dev has it, with the
headers of one or of several architectures. Names come from the text of the headers, whatever
the preprocessor would leave out: rather one too many. Numbers of calls and of refused ioctls
come from there too, and are given to the compiled filters. Exits 1, and says what is wrong."""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Our name, and the kernel's and Debian's names of its headers' folders.
ARCHITECTURES = {
    "x86_64": ("x86", "x86_64-linux-gnu"), "i386": ("x86", "i386-linux-gnu"),
    "aarch64": ("arm64", "aarch64-linux-gnu"), "arm": ("arm", "arm-linux-gnueabihf"),
    "riscv64": ("riscv", "riscv64-linux-gnu"), "ppc64le": ("powerpc", "powerpc64le-linux-gnu"),
    "s390x": ("s390", "s390x-linux-gnu"),
}
# Where the numbers of its calls are; those of aarch64 and riscv64 are in asm-generic before 6.11.
CALL_HEADERS = {
    "x86_64": ["asm/unistd_64.h"], "i386": ["asm/unistd_32.h"],
    "arm": ["asm/unistd-common.h", "asm/unistd-eabi.h", "asm/unistd-oabi.h", "asm/unistd.h"],
    "ppc64le": ["asm/unistd_64.h"], "s390x": ["asm/unistd_64.h"],
    "aarch64": ["asm/unistd.h", "asm/unistd_64.h"], "riscv64": ["asm/unistd.h", "asm/unistd_64.h"],
}
# header | names in it that are looked at
OPTION_HEADERS = """
asm/socket.h asm-generic/socket.h | SO_
linux/in.h | IP_ MCAST_
linux/in6.h | IPV6_
linux/tcp.h | TCP_
linux/mptcp.h linux/mptcp_pm.h | MPTCP_
linux/tls.h | TLS_
linux/vm_sockets.h linux/atm.h | SO_
linux/udp.h | UDP_
linux/netfilter_ipv4.h linux/netfilter/ipset/ip_set.h | SO_
linux/netfilter_ipv4/ip_tables.h | IPT_SO_
linux/netfilter_ipv6/ip6_tables.h | IP6T_SO_
linux/netfilter_arp/arp_tables.h | ARPT_SO_
linux/netfilter_bridge/ebtables.h | EBT_SO_
linux/ip_vs.h | IP_VS_SO_
linux/bpfilter.h | BPFILTER_IPT_SO_
linux/icmp.h | ICMP_FILTER
linux/icmpv6.h | ICMPV6_FILTER
linux/mroute.h | MRT_
linux/mroute6.h | MRT6_
linux/if_packet.h | PACKET_
linux/if_xdp.h | XDP_
linux/netlink.h | NETLINK_
linux/sctp.h | SCTP_
linux/dccp.h | DCCP_SOCKOPT_
linux/smc.h | SMC_LIMIT_HS
linux/kcm.h | KCM_RECV_
linux/rds.h | RDS_
linux/tipc.h | TIPC_
linux/mctp.h | MCTP_OPT_
linux/if_pppol2tp.h | PPPOL2TP_SO_
linux/llc.h | LLC_OPT_
linux/x25.h | X25_
linux/ax25.h | AX25_
linux/netrom.h | NETROM_
linux/rose.h | ROSE_
linux/phonet.h | PNPIPE_
linux/caif/caif_socket.h | CAIFSO_
linux/can/raw.h | CAN_RAW_
linux/can/isotp.h | CAN_ISOTP_
linux/can/j1939.h | SO_
linux/nfc.h | NFC_LLCP_
linux/if_alg.h | ALG_
"""
IOCTL_HEADERS = r"""
asm/ioctls.h asm-generic/ioctls.h asm/termios.h asm-generic/termios.h | TC TIO FIO
asm/sockios.h asm-generic/sockios.h linux/sockios.h | SIO FIO
linux/kd.h | KD K GIO PIO
linux/vt.h | VT_
linux/tiocl.h | TIOCL_
linux/serial.h | SER_ TIO
linux/synclink.h | MGSL_IOC
linux/cyclades.h | CYGET CYSET CYZ CZIOC
linux/gsmmux.h | GSMIOC_
linux/ppp-ioctl.h linux/if_pppox.h | PPP
linux/if_tun.h | TUN
linux/vhost.h | VHOST_
linux/vm_sockets.h | IOCTL_
linux/nsfs.h | NS
linux/pidfd.h | PIDFD_ PIDFS_
"""
# A family with a level of its own is looked for in all headers: these are known to have one.
LEVELS = {"SOL_RDS", "SOL_TIPC", "SOL_CAN_BASE", "SOL_CAN_RAW", "SOL_CAN_ISOTP", "SOL_CAN_J1939", "SOL_VSOCK"}
NO_CALLS = {"SYSCALL_BASE", "SYSCALL_MASK", "OABI_SYSCALL_BASE", "ARM_NR_BASE", "arch_specific_syscall", "syscalls"}

DIRECTIONS = {"_IO": 0, "_IOW": 1 << 30, "_IOWR": 3 << 30}  # asm-generic/ioctl.h
POWERPC_DIRECTIONS = {"_IO": 1 << 29, "_IOW": 4 << 29, "_IOWR": 6 << 29}
SIZES = {None: 0, "int": 4, "struct serial_iso7816": 40}  # the same on all

NEEDED = "no_connect", "no_listen", "trace"  # filters that are not always loaded
ALLOW = 0x7FFF0000
MACHINES = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7, "arm": 0x40000028,
            "riscv64": 0xC00000F3, "ppc64le": 0xC0000015, "s390x": 0x80000016}

failures = []


def fail(*words):
    failures.append(" ".join(words))


# --- The files beside this one. ---

class Table:
    """Verdicts by name; a name that ends in ... is one for all names that begin so."""

    def __init__(self, name):
        self.name, self.verdicts, self.beginnings, self.born, self.seen = name, {}, {}, set(), set()
        verdict = reason = None
        for number, line in enumerate((HERE / name).read_text().splitlines(), 1):
            if line.startswith("\t"):
                for word in line.split():
                    self.add(word, verdict, reason, number)
            elif line and not line.startswith("#"):
                verdict, _, reason = line.partition("  ")
                if not reason.strip():
                    fail(f"{name}:{number}: a verdict without a reason")

    def add(self, word, verdict, reason, number):
        into = self.beginnings if word.endswith("...") else self.verdicts
        if word.endswith("*"):
            word = word[:-1]
            self.born.add(word)
        word = word.removesuffix("...")
        if word in into:
            fail(f"{self.name}:{number}: {word} is named twice")
        into[word] = verdict, reason

    def find(self, word):
        if word in self.verdicts:
            self.seen.add(word)
            return self.verdicts[word]
        beginning = max((b for b in self.beginnings if word.startswith(b)), key=len, default=None)
        if beginning is None:
            return None
        self.seen.add(beginning)
        return self.beginnings[beginning]

    def never_seen(self):
        return sorted((self.verdicts.keys() | self.beginnings.keys()) - self.seen)


# --- Headers. ---

def without_comments(text):
    return re.sub(r"//.*", "", re.sub(r"/\*.*?\*/", " ", text, flags=re.S))


class Headers:
    """Those of one architecture in a tree."""

    def __init__(self, label, folder, architecture):
        self.label, self.architecture = label, architecture
        kernels, debians = ARCHITECTURES[architecture]
        include = folder / "usr/include"
        self.folders = [include / debians, folder / "usr/lib/linux/uapi" / kernels, include]

    def exist(self):
        return any(self.find(header) for header in CALL_HEADERS[self.architecture])

    def find(self, header):
        folders = self.folders[:2] if header.startswith("asm/") else self.folders[2:]
        return next((f / header for f in folders if (f / header).is_file()), None)

    def text(self, header):
        path = self.find(header)
        return without_comments(path.read_text(errors="replace")) if path else ""

    def names(self, header, pattern):
        """Macros without arguments, and members of enumerations."""
        text = self.text(header)
        enumerations = " , ".join(re.findall(r"\benum\b[^{};]*\{([^}]*)\}", text))
        return set(re.findall(rf"^[ \t]*#[ \t]*define[ \t]+({pattern})(?=\s)", text, re.M)) | \
            set(re.findall(rf"(?:^|,)\s*({pattern})\s*(?=[=,]|$)", enumerations))

    def listed(self, table):
        found = set()
        for line in table.strip().split("\n"):
            headers, _, beginnings = line.partition("|")
            for header in headers.split():
                found |= self.names(header, rf"(?:{'|'.join(beginnings.split())})\w*")
        return found

    def calls(self):
        """Their numbers, None where there is none that can be read."""
        text = "\n".join(self.text(header) for header in CALL_HEADERS[self.architecture])
        if "asm-generic/unistd.h" in text:
            text += self.text("asm-generic/unistd.h")
        macros = dict(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S.*?)[ \t]*$", text, re.M))
        macros["__NR_SYSCALL_BASE"] = "0"  # of the EABI
        return {re.sub("^__(NR_)?", "", name): number_of(name, macros)
                for name in macros if re.match("__(NR|ARM_NR)_", name)}

    def ioctl(self, name):
        """The number of one that is written out, or made by _IO, _IOW or _IOWR of a type in SIZES."""
        for header in IOCTL_HEADERS.replace("|", " ").split():
            match = re.search(rf"define\s+{name}\s+(\S.*)", self.text(header)) if header.endswith(".h") else None
            if not match:
                continue
            value = match[1].strip()
            made = re.fullmatch(r"(_IO|_IOW|_IOWR)\(('T'|VHOST_VIRTIO),\s*(\w+)(?:,\s*([\w ]+))?\)", value)
            if made:
                directions = POWERPC_DIRECTIONS if self.architecture == "ppc64le" else DIRECTIONS
                kind = ord("T") if made[2] == "'T'" else 0xAF
                size = SIZES.get(made[4])
                return None if size is None else directions[made[1]] | size << 16 | kind << 8 | int(made[3], 0)
            return int(value, 0) if re.fullmatch("0x[0-9A-Fa-f]+", value) else None
        return None


def number_of(name, macros, depth=9):
    value = macros.get(name, name).strip("() ")
    if not depth:
        return None
    parts = [part.strip("() ") for part in value.split("+")]
    numbers = [int(p, 0) if re.fullmatch(r"(0x[0-9A-Fa-f]+|\d+)", p) else
               number_of(p, macros, depth - 1) if p in macros else None for p in parts]
    return None if None in numbers else sum(numbers)


# --- The policy, as it is written and as it is compiled. ---

class Policy:
    def __init__(self, compile_policy):
        self.program = compile_policy
        self.always, self.by_argument, self.options, self.ioctls = {}, {}, set(), set()
        for line in self.ask("table").splitlines():
            where, call, tests = re.match(r"(\w+).*? (?:refuse|E[A-Z]+)\s+(\w+)\s*(.*?)\s*#", line).groups()
            where = where if where in NEEDED else "base"
            (self.by_argument if tests else self.always).setdefault(call, set()).add(where)
            if call == "setsockopt":
                self.options.add(re.search(r"arg2 is (\w+)", tests)[1])
            if call == "ioctl":
                self.ioctls.add(re.search(r"arg1 is (\w+)", tests)[1])

    def ask(self, *words):
        return subprocess.run([self.program, *words], check=True, capture_output=True, text=True).stdout

    def verdict(self, call):
        """What a call must be called, and the filter that is needed for it."""
        if "base" in self.always.get(call, ()):
            return "refused", None
        if "base" in self.by_argument.get(call, ()):
            return "judged", None
        if call in self.always:
            return "needed", min(self.always[call])
        return None, None

    def filters(self, architecture):
        filters, rows = {}, []
        for line in self.ask("data", architecture).splitlines():
            if line[0].isalpha():
                rows = filters.setdefault(line.split()[0], [])
            else:
                rows.append(tuple(int(word) for word in line.split()))
        return filters


def run(instructions, machine, number, arguments, big_endian=False):
    """What a filter returns: the instructions that seccomp's filters are made of."""
    halves = [(a >> 32, a & 0xFFFFFFFF) if big_endian else (a & 0xFFFFFFFF, a >> 32) for a in arguments]
    data = [number, machine, 0, 0, *(half for pair in halves for half in pair)]
    accumulator = at = 0
    while True:
        code, jt, jf, k = instructions[at]
        at += 1
        if code == 0x20:
            accumulator = data[k // 4]
        elif code == 0x54:
            accumulator &= k
        elif code == 0x05:
            at += k
        elif code == 0x06:
            return k
        elif code & 7 == 5:
            taken = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k,
                     0x45: accumulator & k != 0}[code]
            at += jt if taken else jf
        else:
            raise ValueError(f"an instruction that is not known: {code}")


# --- The checks. ---

def compare_with_policy(tables, policy):
    calls, options, ioctls = tables
    for name, (verdict, reason) in calls.verdicts.items():
        wanted, where = policy.verdict(name)
        if verdict != wanted and (wanted or verdict in ("refused", "judged", "needed")):
            fail(f"calls: {name} is called {verdict}, and the policy makes it {wanted or 'allowed'}")
        if wanted == "needed" and not reason.strip().startswith(where + ":"):
            fail(f"calls: {name} is refused by {where}, which its reason must begin with")
    for table, refused in ((options, policy.options), (ioctls, policy.ioctls)):
        named = {name for name, (verdict, _) in table.verdicts.items() if verdict == "refused"}
        for name in sorted(named - refused):
            fail(f"{table.name}: {name} is called refused, and the policy does not name it")
        for name in sorted(refused - named):
            fail(f"{table.name}: {name} is refused by the policy, and not called so")
    for name in sorted((policy.always.keys() | policy.by_argument.keys()) - calls.verdicts.keys()):
        fail(f"calls: {name} is in the policy, and not named")


def compare_with_filters(headers, tables, policy):
    """The numbers of the headers, put to the compiled filters."""
    calls, _, ioctls = tables
    filters = policy.filters(headers.architecture)
    machine, big_endian = MACHINES[headers.architecture], headers.architecture == "s390x"
    whole = [[value] * 6 for value in (0, 1, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)]

    def allows(name, number, arguments):
        return run(filters[name], machine, number, arguments, big_endian) == ALLOW

    numbers = headers.calls()
    for call, number in numbers.items():
        verdict, reason = calls.find(call) or (None, "")
        if number is None or verdict in (None, "judged") or call in NO_CALLS:
            continue
        refused_in = {"refused": "base", "needed": reason.strip().partition(":")[0]}.get(verdict)
        for name in filters:
            if any(allows(name, number, arguments) == (name == refused_in) for arguments in whole) and \
                    (name in NEEDED or name == "base"):
                fail(f"calls: {call} ({number} in {headers.label} {headers.architecture}) is called {verdict},"
                     f" and the filter {name} does otherwise")
    for name, (verdict, _) in ioctls.verdicts.items():
        number = headers.ioctl(name)
        if verdict == "refused" and number is None:
            fail(f"ioctls: no number of {name} in {headers.label} {headers.architecture}")
        elif number is not None and allows("base", numbers["ioctl"], [0, number, 0, 0, 0, 0]) == (verdict == "refused"):
            fail(f"ioctls: {name} ({number:#x} in {headers.label} {headers.architecture}) is called {verdict},"
                 " and the filter base does otherwise")


def look_at(headers, tables, unknown):
    found = {"calls": set(headers.calls()), "options": headers.listed(OPTION_HEADERS),
             "ioctls": headers.listed(IOCTL_HEADERS)}
    for table in tables:
        for name in found[table.name]:
            if table.find(name) is None:
                unknown.setdefault((table.name, name), []).append(f"{headers.label} {headers.architecture}")
    for path in sorted((headers.folders[2] / "linux").rglob("*.h")):
        for level in re.findall(r"define\s+(SOL_\w+)", path.read_text(errors="replace")):
            if level not in LEVELS:
                unknown.setdefault(("LEVELS in surface.py", level), []).append(headers.label)
    print(f"{headers.label} {headers.architecture}:", ", ".join(f"{len(found[t.name])} {t.name}" for t in tables))


def main(compile_policy, *trees):
    tables = [Table(name) for name in ("calls", "options", "ioctls")]
    policy, unknown, newest = Policy(compile_policy), {}, {}
    compare_with_policy(tables, policy)
    for tree in trees:
        label, _, folder = tree.partition("=")
        for architecture in ARCHITECTURES:
            headers = Headers(label, pathlib.Path(folder), architecture)
            if headers.exist():
                look_at(headers, tables, unknown)
                newest[architecture] = headers
    for headers in newest.values():
        compare_with_filters(headers, tables, policy)
    for (table, name), where in sorted(unknown.items()):
        fail(f"{table}: {name} is not named, and there is one in {', '.join(where)}")
    if not newest:
        fail("no headers in " + " ".join(trees))
    for failure in failures:
        print("not good:", failure)
    for table in tables if len(newest) == len(ARCHITECTURES) else []:
        print(f"{table.name}: in none of these headers: {' '.join(table.never_seen()) or 'nothing'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
