# SPDX-License-Identifier: ISC
"""What the seccomp filters are to do, stated a second time: from the manual pages and the
kernel's own tables, never from src/policy.c or libseccomp. Read by prove_filters.py."""
import collections
import errno
import pathlib
import re

import z3

# seccomp(2), linux/seccomp.h: SECCOMP_RET_ALLOW, _KILL_PROCESS, _ERRNO with an error of the C
# library's errno.h, _USER_NOTIF; SECCOMP_FILTER_FLAG_TSYNC, _LOG, _SPEC_ALLOW, _NEW_LISTENER,
# _WAIT_KILLABLE_RECV.
ALLOW, KILL, ERRNO, ASK = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
ENOSYS = ERRNO | errno.ENOSYS
THREADS, LOG, SPEC, LISTENER, KILLABLE = 1, 2, 4, 8, 32
FILTERS = "base", "no_connect", "no_listen", "trace", "loopback"

# disablenetwork(1): what a refused call does, by option: of each filter that is loaded one after
# the other, the result of what it refuses and the flags. It is tried before it may kill or log.
ERRORS = {name: ERRNO | getattr(errno, name) for name in (
    "EPERM", "EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT", "ECONNREFUSED", "EHOSTUNREACH", "ENETDOWN",
    "ENETUNREACH", "EOPNOTSUPP", "EPROTONOSUPPORT")}
EPERM, EACCES = ERRORS["EPERM"], ERRORS["EACCES"]
WAYS = {name: [(result, SPEC)] for name, result in ERRORS.items()}
WAYS.update({
    "kill": [(EPERM, SPEC), (KILL, SPEC)],
    "log": [(EACCES, SPEC), (EACCES, SPEC | LOG)],
    "threads": [(EPERM, SPEC | THREADS)],
    "threads,kill": [(EPERM, SPEC | THREADS), (KILL, SPEC | THREADS)],
    "untried": [(EPERM, SPEC)],
    "untried,kill": [(KILL, SPEC)],
    "untried,log": [(EACCES, SPEC | LOG)],
    # The supervisor is asked about all that is refused, whatever the error; where that cannot be, or
    # nobody answers, the filter refuses by itself: with an error, which goes before asking.
    "explain": [(ASK, SPEC | LISTENER | KILLABLE)],
    "explain,log": [(ASK, SPEC | LISTENER | KILLABLE | LOG)],
    "explain,old": [(ASK, SPEC | LISTENER)],
    "explain,busy": [(EPERM, SPEC)],
    "explain,untaken": [(ASK, SPEC | LISTENER | KILLABLE), (EACCES, SPEC)],
    "explain,unanswered": [(ASK, SPEC | LISTENER | KILLABLE), (EACCES, SPEC)],
})
RESULTS = {ALLOW: "allow", KILL: "kill", ENOSYS: "ENOSYS"} | {result: name for name, result in ERRORS.items()}

# The ELF machine (linux/elf-em.h), and a 32-bit sibling whose programs its kernels run too.
Architecture = collections.namedtuple("Architecture", "machine bits big_endian sibling socketcall")
ARCHITECTURES = {
    "x86_64": Architecture(62, 64, False, "i386", False),
    "i386": Architecture(3, 32, False, None, True),
    "aarch64": Architecture(183, 64, False, "arm", False),
    "arm": Architecture(40, 32, False, None, False),
    "riscv64": Architecture(243, 64, False, None, False),
    "ppc64le": Architecture(21, 64, False, None, True),
    "s390x": Architecture(22, 64, True, None, True),
}

# arch/x86/entry/syscalls/syscall_{64,32}.tbl, include/uapi/asm-generic/unistd.h (aarch64,
# riscv64), arch/{arm/tools,powerpc/kernel/syscalls,s390/kernel/syscalls}/syscall.tbl.
NUMBERS_TABLE = """
call               x86_64  i386  aarch64  arm  riscv64  ppc64le  s390x
socket                 41   359      198  281      198      326    359
socketpair             53   360      199  288      199      333    360
bind                   49   361      200  282      200      327    361
connect                42   362      203  283      203      328    362
listen                 50   363      201  284      201      329    363
sendto                 44   369      206  290      206      335    369
sendmsg                46   370      211  296      211      341    370
sendmmsg              307   345      269  374      269      349    358
setsockopt             54   366      208  294      208      339    366
socketcall              -   102        -    -        -      102    102
setns                 308   346      268  375      268      350    339
request_key           249   287      218  310      218      270    279
ioctl                  16    54       29   54       29       54     54
io_uring_setup        425   425      425  425      425      425    425
io_uring_enter        426   426      426  426      426      426    426
io_uring_register     427   427      427  427      427      427    427
bpf                   321   357      280  386      280      361    351
ptrace                101    26      117   26      117       26     26
process_vm_readv      310   347      270  376      270      351    340
process_vm_writev     311   348      271  377      271      352    341
pidfd_getfd           438   438      438  438      438      438    438
"""
HEAD, *ROWS = (line.split() for line in NUMBERS_TABLE.strip().split("\n"))
NUMBERS = {name: {row[0]: int(row[column]) for row in ROWS if row[column] != "-"}
           for column, name in enumerate(HEAD) if name in ARCHITECTURES}

AF_UNIX = 1                # unix(7), linux/socket.h
NETLINK_AUDIT = 9          # netlink(7), linux/netlink.h
MSG_FASTOPEN = 0x20000000  # the same
SOCKET_OPTIONS = {         # ip(7), ipv6(7), tcp(7), socket(7), RFC 3542, 3678; linux/in.h, in6.h, tcp.h
    (6, 31): "TCP_ULP", (6, 30): "TCP_FASTOPEN_CONNECT",
    (1, 25): "SO_BINDTODEVICE", (1, 62): "SO_BINDTOIFINDEX", (1, 5): "SO_DONTROUTE",
    (0, 35): "IP_ADD_MEMBERSHIP", (0, 39): "IP_ADD_SOURCE_MEMBERSHIP",
    (0, 42): "MCAST_JOIN_GROUP", (0, 46): "MCAST_JOIN_SOURCE_GROUP",
    (41, 20): "IPV6_ADD_MEMBERSHIP", (41, 42): "MCAST_JOIN_GROUP",
    (41, 46): "MCAST_JOIN_SOURCE_GROUP",
    (0, 38): "IP_BLOCK_SOURCE", (0, 41): "IP_MSFILTER", (0, 43): "MCAST_BLOCK_SOURCE", (0, 48): "MCAST_MSFILTER",
    (41, 43): "MCAST_BLOCK_SOURCE", (41, 48): "MCAST_MSFILTER",
}
UNLESS_EMPTY = {           # of length 0 they take away what was set: ip(7), RFC 3542 section 7, RFC 2292
    (0, 4): "IP_OPTIONS", (41, 57): "IPV6_RTHDR", (41, 6): "IPV6_2292PKTOPTIONS",
}
# What socket may make in a network of prog's own: families, types, protocols; all of AF_UNIX, too.
# linux/socket.h; socket(2), whose flags stand above SOCK_TYPE_MASK (linux/net.h); linux/in.h, netlink.h.
SOCK_TYPE_MASK = 15
OWN_NETWORK = [
    ((2, 10), (1,), (0, 6, 262)),       # TCP, MPTCP
    ((2,), (2,), (0, 17, 1)),           # UDP, ICMP
    ((10,), (2,), (0, 17, 58)),         # UDP, ICMPv6
    ((16,), (3, 2), (0, 4, 15)),        # NETLINK_ROUTE, _SOCK_DIAG, _KOBJECT_UEVENT
]
SOCKETCALL_ALLOWED = {     # socketcall(2), linux/net.h; what else there is or will be is refused
    5: "accept", 6: "getsockname", 7: "getpeername", 9: "send", 10: "recv", 12: "recvfrom",
    13: "shutdown", 15: "getsockopt", 17: "recvmsg", 18: "accept4", 19: "recvmmsg",
}


def ioctl_requests(name):
    """ioctl_tty(2), linux/if_tun.h, linux/vhost.h; powerpc has its own _IO and _IOW in asm/ioctl.h."""
    none, write = (1 << 29, 4 << 29) if name == "ppc64le" else (0, 1 << 30)
    return {0x5412: "TIOCSTI", 0x541C: "TIOCLINUX", 0x5416: "TIOCMBIS", 0x5418: "TIOCMSET",
            0x4B4B: "KDSKBDIACR", 0x4BFB: "KDSKBDIACRUC", 0x5423: "TIOCSETD", 0x542F: "TIOCSRS485",
            3 << 30 | 40 << 16 | ord("T") << 8 | 0x43: "TIOCSISO7816",
            write | 4 << 16 | ord("T") << 8 | 202: "TUNSETIFF", none | 0xAF << 8 | 1: "VHOST_SET_OWNER"}


def token(name):
    """AUDIT_ARCH_* of linux/audit.h."""
    arch = ARCHITECTURES[name]
    return arch.machine | (arch.bits == 64) << 31 | (not arch.big_endian) << 30


def siblings(machine):
    """The architectures whose calls a filter of this machine is for."""
    return [name for name in (machine, ARCHITECTURES[machine].sibling) if name]


# When a call is refused. KERNEL: at least then, by what the kernel looks at, the lower 32 bits
# of an int. DOCUMENTED: exactly then; that may be more, but only by GARBAGE in an upper half.
# Conditions that are True hold whatever the arguments. The result is what the user chose, or an error
# of its own; of several rules the last one's.
CHOSEN = None
Rule = collections.namedtuple("Rule", "name call kernel documented garbage result", defaults=(False, CHOSEN))


class Arguments:
    """Those of struct seccomp_data: the byte order decides which word is the upper half."""

    def __init__(self, words, big_endian):
        self.low = [words[4 + 2 * i + big_endian] for i in range(6)]
        self.high = [words[5 + 2 * i - big_endian] for i in range(6)]
        self.whole = [z3.Concat(high, low) for high, low in zip(self.high, self.low)]


def rules(filter_name, name, args):
    """Those of one filter for one architecture."""
    # A 32-bit architecture has no upper halves. The proof goes for all values of the words that
    # would hold them: they must make no difference.
    register = args.whole if ARCHITECTURES[name].bits == 64 else args.low

    def always(call, result=CHOSEN):
        return Rule(name, call, True, True, result=result)

    def exactly(call, condition):
        return Rule(name, call, condition, condition)

    def garbage_too(call, i, condition):
        return Rule(name, call, condition(args.low[i]), condition(register[i]), args.high[i] != 0)

    def is_option(options):
        return z3.Or([z3.And(args.low[1] == level, args.low[2] == option) for level, option in options])

    def one_of(value, wanted):
        return z3.Or([value == one for one in wanted])

    def own_network(values, mask):
        family, kind, protocol = values
        return z3.Or(family == AF_UNIX, *(
            z3.And(one_of(family, families), one_of(kind & mask, kinds), one_of(protocol, protocols))
            for families, kinds, protocols in OWN_NETWORK))

    if filter_name in ("base", "loopback"):
        yield garbage_too("socketpair", 0, lambda family: family != AF_UNIX)
        if ARCHITECTURES[name].socketcall:
            yield garbage_too("socketcall", 0, lambda call: z3.And([call != one for one in SOCKETCALL_ALLOWED]))
        for call in "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf":
            yield always(call, ENOSYS)
        yield always("setns")
        yield exactly("request_key", register[2] != 0)
        yield exactly("ioctl", z3.Or([args.low[1] == request for request in ioctl_requests(name)]))
    if filter_name == "base":
        yield garbage_too("socket", 0, lambda family: family != AF_UNIX)
        for call, i in ("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3):
            yield exactly(call, args.low[i] & MSG_FASTOPEN != 0)
        yield exactly("setsockopt", is_option(SOCKET_OPTIONS))
        yield garbage_too("setsockopt", 4, lambda length: z3.And(is_option(UNLESS_EMPTY), length != 0))
    elif filter_name == "loopback":
        # Garbage in any of the three is refused, but behind AF_UNIX. Nothing inherited is left to be guarded.
        yield Rule(name, "socket", z3.Not(own_network(args.low[:3], SOCK_TYPE_MASK)),
                   z3.Not(own_network(register[:3], SOCK_TYPE_MASK | -1 << 32)),
                   z3.Or([high != 0 for high in args.high[:3]]))
        yield exactly("setsockopt", is_option([(6, 31)]))  # TCP_ULP
    if filter_name in ("base", "loopback"):
        # Refused whatever the protocol is: only how depends on it, garbage included.
        yield garbage_too("socket", 0, lambda family: z3.And(family != AF_UNIX, register[2] == NETLINK_AUDIT)
                          )._replace(result=ERRORS["EPROTONOSUPPORT"])
    if filter_name == "no_connect":
        yield always("connect")
        yield always("bind")
        yield exactly("sendto", register[4] != 0)
    elif filter_name == "no_listen":
        yield always("listen")
    elif filter_name == "trace":
        for call in "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd":
            yield always(call)


class Specification:
    """What a set of filters of a machine is to do with the call in WORDS, a struct seccomp_data:
    to refuse what any of them refuses. Of two that refuse it neither wins: they agree on the result."""

    def __init__(self, machine, filters, words, chosen):
        number, arch = words[:2]
        args = Arguments(words, ARCHITECTURES[machine].big_endian)
        own = [rule for name in siblings(machine) for one in filters for rule in rules(one, name, args)]
        # Beside base or loopback, one of which is always there, another may refuse in socketcall what
        # these refuse: libseccomp expands rules on socket calls by itself.
        shared = [rule for name in siblings(machine) for rule in rules("base", name, args)
                  if rule.call == "socketcall" and not {"base", "loopback"} & set(filters)]
        self.chosen = chosen
        results = collections.defaultdict(lambda: collections.defaultdict(set))
        for one in filters:
            for rule in (rule for name in siblings(machine) for rule in rules(one, name, args)):
                results[rule.name, rule.call][one].add(rule.result)
        self.agreed = all(len(set(map(frozenset, each.values()))) == 1 for each in results.values())

        def is_call(rule):
            return z3.And(arch == token(rule.name), number == NUMBERS[rule.name][rule.call])

        def outcome(view, x32):
            result = z3.BitVecVal(ALLOW, 32)
            for rule in own:
                result = z3.If(z3.And(is_call(rule), getattr(rule, view)),
                               z3.BitVecVal(chosen if rule.result is CHOSEN else rule.result, 32), result)
            foreign = z3.And([arch != token(name) for name in siblings(machine)])
            return z3.If(z3.Or(foreign, z3.And(arch == token("x86_64"), number != 0xFFFFFFFF, x32)),
                         z3.BitVecVal(ENOSYS, 32), result)

        # __X32_SYSCALL_BIT of asm/unistd.h; -1 is what a tracer sets to skip a call. Numbers
        # with bit 31 are no calls anywhere: the kernel answers ENOSYS as well.
        self.kernel = outcome("kernel", number & 1 << 30 != 0)
        self.documented = outcome("documented", z3.UGE(number, 1 << 30))
        self.garbage = z3.Or([z3.And(is_call(rule), rule.garbage) for rule in own] +
                             [z3.And(arch == token("x86_64"), z3.UGE(number, 1 << 31))])
        self.covered = z3.Or([z3.And(is_call(rule), rule.documented) for rule in shared])
        # Refused for some arguments only. All others can be in the kernel's action cache.
        self.examined = z3.Or([is_call(rule) for rule in own + shared if rule.documented is not True])

    def claims(self, result, reads):
        """What is to be proved of a program's RESULT, and of whether it READS more than number and architecture."""
        return {
            "filters agree on the result of a call":
                z3.BoolVal(self.agreed),
            "what the kernel would do is refused":
                z3.Implies(self.kernel != ALLOW, result == self.kernel),
            "what is documented is refused":
                z3.Implies(self.documented != ALLOW, result == self.documented),
            "nothing else is refused":
                z3.Implies(result != ALLOW,
                           z3.Or(result == self.documented, z3.And(self.covered, result == self.chosen))),
            "beyond the kernel's view only garbage is refused":
                z3.Implies(self.documented != self.kernel, self.garbage),
            "no argument is read for a call that is never refused":
                z3.Implies(reads, self.examined),
        }


def show_call(machine, words):
    """The call in WORDS as one would write it."""
    names = [name for name in siblings(machine) if token(name) == words[1]]
    calls = {number: call for call, number in NUMBERS[names[0]].items()} if names else {}
    args = Arguments([z3.BitVecVal(word, 32) for word in words], ARCHITECTURES[machine].big_endian)
    return "{} {}({})".format(names[0] if names else f"foreign architecture {words[1]:#x}",
                              calls.get(words[0], f"call {words[0]:#x}"),
                              ", ".join(hex(z3.simplify(arg).as_long()) for arg in args.whole))


def compare_with_headers():
    """The numbers above, with those kernel headers that happen to be installed: (compared, differences)."""
    compared, differences = 0, []
    for name, triplet, header in (
            ("x86_64", "x86_64-linux-gnu", "asm/unistd_64.h"), ("i386", "x86_64-linux-gnu", "asm/unistd_32.h"),
            ("aarch64", "", "asm-generic/unistd.h"), ("riscv64", "", "asm-generic/unistd.h"),
            ("arm", "arm-linux-gnueabihf", "asm/unistd-eabi.h"), ("s390x", "s390x-linux-gnu", "asm/unistd_64.h"),
            ("ppc64le", "powerpc64le-linux-gnu", "asm/unistd_64.h")):
        for path in {pathlib.Path("/usr/include", triplet, header), pathlib.Path("/usr", triplet, "include", header)}:
            for call, number in re.findall(r"^#define __NR_(\w+)\s+\(?(?:__NR_SYSCALL_BASE ?\+ ?)?(\d+)\)?$",
                                           path.read_text() if path.exists() else "", re.M):
                compared += call in NUMBERS[name]
                if NUMBERS[name].get(call, int(number)) != int(number):
                    differences.append(f"{path}: {call} is {number}")
    return compared, differences
