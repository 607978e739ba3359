#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Prove the seccomp filters instead of sampling them: `make check-proof`.

What is proved is what src/seccomp.c hands to the kernel, the arrays joined: it is compiled here
beside the arrays of each architecture, and loaded.c prints what it loads for every set of
filters (whether it can be chosen or not) and every way to refuse. Such a program is loop-free,
over the 64 bytes of struct seccomp_data: call number, architecture, instruction pointer, six
64-bit arguments. z3 compares it with policy.py for all 2^512 values of them.

Then the checker is checked: it must notice each of many small damages (mutants) to the programs,
save those of which z3 shows that they change nothing, and damages to src/seccomp.c itself. Each
counterexample on the way is replayed in a plain interpreter, which so vouches for the
translation into formulas.

Not covered: that the kernel runs the program as the interpreter here does; which set is chosen;
that the policy suffices (tests/escape).
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True  # the source directory may be read-only, or is to stay clean
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def die(text):
    sys.exit(f"prove_filters.py: fatal: unable to {text}")


try:
    import z3
    from policy import (ALLOW, ARCHITECTURES, ASK, EACCES, ENOSYS, EPERM, FILTERS, RESULTS, WAYS, Specification,
                        compare_with_headers, show_call)
except ImportError as error:
    die(f"import: {error} (Debian: python3-z3, for /usr/bin/python3)")

# --- Classic BPF (linux/bpf_common.h), as far as it occurs. ---

Instruction = collections.namedtuple("Instruction", "code jt jf k")
LOAD, AND, GOTO, RETURN = 0x20, 0x54, 0x05, 0x06
NAMES = {LOAD: "ld", AND: "and", GOTO: "ja", RETURN: "ret"}
COMPARISONS = {  # of the accumulator with k, unsigned: between numbers, between formulas
    0x15: ("jeq", lambda a, k: a == k, lambda a, k: a == k),
    0x25: ("jgt", lambda a, k: a > k, z3.UGT),
    0x35: ("jge", lambda a, k: a >= k, z3.UGE),
    0x45: ("jset", lambda a, k: a & k != 0, lambda a, k: a & k != 0),
}


def show(instruction):
    code, jt, jf, k = instruction
    if code in COMPARISONS:
        return f"{COMPARISONS[code][0]} {k:#x} jt {jt} jf {jf}"
    return f"{NAMES[code]} {f'[{k}]' if code == LOAD else f'{k:#x}'}"


def is_valid(program):
    """Whether the kernel would load it: bpf_check_classic and seccomp_check_filter."""
    for at, (code, jt, jf, k) in enumerate(program):
        left = len(program) - at - 1
        if code in COMPARISONS and 0 <= min(jt, jf) and max(jt, jf) < min(left, 256):
            continue
        if code == LOAD and k % 4 == 0 and 0 <= k < 64 or code == GOTO and k < left or code in (AND, RETURN):
            continue
        return False
    return 0 < len(program) <= 4096 and program[-1].code == RETURN


def run(program, words):
    """The result, and whether anything but number and architecture was read."""
    at, accumulator, reads = 0, 0, False
    while True:
        code, jt, jf, k = program[at]
        at += 1
        if code == RETURN:
            return k, reads
        if code == LOAD:
            accumulator, reads = words[k // 4], reads or k >= 8
        elif code == AND:
            accumulator &= k
        elif code == GOTO:
            at += k
        else:
            at += jt if COMPARISONS[code][1](accumulator, k) else jf


def bits(value):
    return z3.BitVecVal(value, 32)


def translate(program, words):
    """The same as run, for all words at once, as two formulas. Jumps go forward only, so the
    condition under which an instruction is reached is complete when we come to it."""
    incoming = [[] for _ in range(len(program) + 1)]  # of each instruction: (condition, accumulator)
    incoming[0].append((z3.BoolVal(True), bits(0)))
    result, reads = bits(0), []
    for at, (code, jt, jf, k) in enumerate(program):
        if not incoming[at]:
            continue  # no jump leads here
        reached = z3.Or([condition for condition, _ in incoming[at]])
        accumulator = incoming[at][0][1]
        for condition, value in incoming[at][1:]:
            if not value.eq(accumulator):
                accumulator = z3.If(condition, value, accumulator)
        if code == RETURN:
            result = z3.If(reached, bits(k), result)
        elif code == LOAD:
            incoming[at + 1].append((reached, words[k // 4]))
            if k >= 8:
                reads.append(reached)
        elif code == AND:
            incoming[at + 1].append((reached, accumulator & bits(k)))
        elif code == GOTO:
            incoming[at + 1 + k].append((reached, accumulator))
        else:
            taken = COMPARISONS[code][2](accumulator, bits(k))
            incoming[at + 1 + jt].append((z3.And(reached, taken), accumulator))
            incoming[at + 1 + jf].append((z3.And(reached, z3.Not(taken)), accumulator))
    return result, z3.Or(reads)


# --- The proof. ---

WORDS = [z3.BitVec(f"word{i}", 32) for i in range(16)]  # struct seccomp_data


def find_words(*formulas):
    """Values of WORDS for which all the formulas hold, or None when there are none."""
    solver = z3.SolverFor("QF_BV")
    solver.add(*formulas)
    answer = solver.check()
    if answer == z3.unsat:
        return None
    if answer != z3.sat:
        die(f"decide a formula: {solver.reason_unknown()}")
    model = solver.model()
    return [model.eval(word, model_completion=True).as_long() for word in WORDS]


def value_at(formula, words):
    return z3.simplify(z3.substitute(formula, [(word, bits(value)) for word, value in zip(WORDS, words)]))


class Proof:
    """One program, of a set of filters that refuse with EACCES, against its specification."""

    def __init__(self, machine, filters, program, base):
        self.machine, self.filters, self.program = machine, filters, program
        self.specification = Specification(machine, filters, WORDS, EACCES)
        self.result, self.reads = translate(program, WORDS)
        self.base_result = bits(ALLOW) if {"base", "loopback"} & set(filters) else translate(base, WORDS)[0]

    def counterexample(self, program, claim, result, reads):
        words = find_words(z3.Not(claim))
        if words and run(program, words) != (value_at(result, words).as_long(), z3.is_true(value_at(reads, words))):
            die(f"translate {self.machine} {self.filters}: wrong for {show_call(self.machine, words)}")
        return words

    def failures(self):
        for text, claim in self.specification.claims(self.result, self.reads).items():
            words = self.counterexample(self.program, claim, self.result, self.reads)
            if words:
                result, reads = run(self.program, words)
                wanted = value_at(self.specification.documented, words).as_long()
                yield (f"{self.machine} {'+'.join(self.filters)}: it is not so that {text}:\n"
                       f"  {show_call(self.machine, words)}: the policy says {RESULTS[wanted]}, the filter "
                       f"{RESULTS.get(result, hex(result))}{' after reading an argument' if reads else ''}")

    def count_reading_calls(self):
        """Of all pairs of architecture and number, those for which it reads an argument. Once it is
        proved they are as few as the policy's rules; before, they may be all 2^64."""
        others = []
        while words := find_words(self.reads, *others):
            others.append(z3.Or(WORDS[0] != words[0], WORDS[1] != words[1]))
        return len(others)

    def notices(self, mutant):
        result, reads = translate(mutant, WORDS)
        claim = z3.And(list(self.specification.claims(result, reads).values()))
        return self.counterexample(mutant, claim, result, reads) is not None

    def equivalence(self, mutant):
        """In what way a mutant that is not noticed is the same, or None."""
        result, _ = translate(mutant, WORDS)
        if not find_words(result != self.result):
            return "same results"
        # Stacked on base; of two errors the kernel takes that of the filter loaded last.
        if not find_words(z3.If(result == ALLOW, self.base_result, result) !=
                          z3.If(self.result == ALLOW, self.base_result, self.result)):
            return "same results together with base"
        return None


def mutants(program, kinds=(*COMPARISONS, LOAD, AND, GOTO, RETURN)):
    """All single damages of the kinds below after which the kernel would still load it."""
    for at, old in enumerate(program):
        code, jt, jf, k = old
        if code not in kinds:
            continue
        if code in COMPARISONS:
            news = [(code, 0, 0, k), (code, jf, jt, k)]  # dropped, swapped
            news += [(code, jt - 1, jf, k), (code, jt + 1, jf, k), (code, jt, jf - 1, k), (code, jt, jf + 1, k)]
            news += [(code, jt, jf, constant) for constant in (k - 1, k + 1, k ^ 1 << 31, k ^ 1 << 8)]
            news += [(other, jt, jf, k) for other in COMPARISONS]
        elif code == LOAD:
            news = [(code, 0, 0, k + offset) for offset in (-8, -4, 4, 8)] + [(GOTO, 0, 0, 0)]
        elif code == AND:
            news = [(code, 0, 0, mask) for mask in (k - 1, k ^ 1 << 31, k ^ 1 << 8)] + [(GOTO, 0, 0, 0)]
        elif code == GOTO:
            news = [(code, 0, 0, distance) for distance in (0, k - 1, k + 1)]
            news += [(RETURN, 0, 0, result) for result in (ALLOW, EACCES, ENOSYS)]
        else:
            news = [(code, 0, 0, result) for result in (ALLOW, EACCES, ENOSYS, EPERM, EACCES + 1)] + [(GOTO, 0, 0, 0)]
        for new in dict.fromkeys(Instruction(*new[:3], new[3] % 2**32) for new in news):
            mutant = program[:at] + [new] + program[at + 1:]
            if new != old and is_valid(mutant):
                yield f"{at}: {show(old)} -> {show(new)}", mutant
        if is_valid(program[:at] + program[at + 1:]):  # jumps across it miss their targets by one
            yield f"{at}: {show(old)} left out", program[:at] + program[at + 1:]


# --- What seccomp.c loads. ---

# Of base and loopback one stands in for the other.
SETS = [filters for chosen in range(1, 2**len(FILTERS))
        if not {"base", "loopback"} <= set(filters := tuple(name for i, name in enumerate(FILTERS) if chosen & 1 << i))]


class Broken(Exception):
    """It cannot be what the kernel is to load."""


def load(compiler, directory, header, source):
    """The programs that SOURCE, the text of seccomp.c, loads with the arrays in HEADER: of each
    set and way, in their order, pairs of the program and the flags."""
    directory.mkdir(exist_ok=True)
    # The header's checks are for the compiler of the machine that it is for, not for this one.
    header = re.sub(r"^#if !\(.*?^#endif\n|^_Static_assert.*?\n", "", header, flags=re.M | re.S)
    (directory / "filters.h").write_text(header)
    (directory / "seccomp.c").write_text(source)
    command = [*shlex.split(compiler), "-D_GNU_SOURCE", "-O1", "-iquote", directory, "-iquote", SOURCE / "src",
               "-o", directory / "loaded", SOURCE / "tests/proof/loaded.c", SOURCE / "src/refusal.c"]
    if subprocess.run(command).returncode != 0:
        die(f"compile {directory}/seccomp.c")
    printed = subprocess.run([directory / "loaded"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if printed.returncode != 0:
        raise Broken(f"{directory}: {printed.stderr or printed.returncode}")
    loaded = collections.defaultdict(list)
    for part in printed.stdout.split("program ")[1:]:
        (names, way, flags, length), *lines = (line.split() for line in part.splitlines())
        program = [Instruction(*map(int, line)) for line in lines]
        if len(program) != int(length) or not is_valid(program):
            raise Broken(f"{directory}: {names} {way}: the kernel would not load it")
        loaded[tuple(names.split(",")), way].append((program, int(flags, 16)))
    return loaded


def differences(machine, loaded):
    """Whether each set is loaded in all the ways that the manual describes, and the programs of a
    set are one, but for the result: which of them is proved makes no difference then."""
    if set(loaded) != {(filters, way) for filters in SETS for way in WAYS}:
        yield f"{machine}: not the sets of filters and ways to refuse that policy.py has"
        return
    for (filters, way), programs in loaded.items():
        (proved, _), = loaded[filters, "EACCES"]
        wanted = [([one._replace(k=result) if one.code == RETURN and (one.k == EACCES or result == ASK and one.k != ALLOW)
                    else one for one in proved], flags) for result, flags in WAYS[way]]
        if programs != wanted:
            yield f"{machine} {'+'.join(filters)}: {way} differs from EACCES in more than the result and flags"


# Damages to seccomp.c and its header, each of which must show.
SOURCE_MUTANTS = (
    ("what one array lets pass ends there", "joined[at].k == SECCOMP_RET_ALLOW", "joined[at].k == 0"),
    ("a jump is too far", "length - at - 1U", "length - at"),
    ("a jump is too short", "length - at - 1U", "length - at - 2U"),
    ("refusals are jumped over too", " && joined[at].k == SECCOMP_RET_ALLOW", ""),
    ("results are not replaced", "copy->k = result", "(void)result"),
    ("ENOSYS is replaced", "copy->k == FILTERS_REFUSE", "copy->k != SECCOMP_RET_ALLOW"),
    ("all that is allowed is refused", "copy->k == FILTERS_REFUSE", "copy->k != 0"),
    ("arrays are joined unasked", "!(wanted & filters[i].bit)", "false"),
    ("an array is missing", "filters[i].bit))\n", "filters[i].bit) || i == 2)\n"),
    ("another array", "FILTER(FILTER_NO_LISTEN, no_listen_filter", "FILTER(FILTER_NO_LISTEN, trace_filter"),
    ("an array is cut short", "j < filters[i].count", "j + 1 < filters[i].count"),
    ("the buffer is too small", "#define FILTERS_LENGTH ", "#define FILTERS_LENGTH -1 + "),
    ("-k does not kill", "refusal->kill ? SECCOMP_RET_KILL_PROCESS : quiet", "quiet"),
    ("-l does not log", "threads | (refusal->log ? SECCOMP_FILTER_FLAG_LOG : 0)", "threads"),
    ("the trial is logged", "quiet, threads)", "quiet, threads | SECCOMP_FILTER_FLAG_LOG)"),
    ("other threads stay behind", "refusal->all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0", "0"),
    ("prog is slowed", "flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW", "flags"),
    ("the supervisor is not asked about all", " || result == SECCOMP_RET_USER_NOTIF", ""),
    ("the supervisor is asked about what is allowed", "is_refusal(copy) && (", "copy->code == (BPF_RET | BPF_K) && ("),
    ("nobody is to listen", "flags | SECCOMP_FILTER_FLAG_NEW_LISTENER", "flags"),
    ("signals have calls made again", "listening | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "listening"),
    ("older kernels do not listen", "listener < 0 && errno == EINVAL", "false"),
    ("it counts that nobody answers", "!verify(wanted, refusal->error)", "true"),
    ("who answers is not logged", "wanted, refusal->log ? SECCOMP_FILTER_FLAG_LOG : 0", "wanted, 0"),
)


def proofs_of(machine, loaded):
    for filters in SETS:
        (program, _), = loaded[filters, "EACCES"]
        (base, _), = loaded[("base",), "EACCES"]
        yield Proof(machine, filters, program, base)


def missed_damages(compiler, directory, machine, header, source):
    """To seccomp.c: it may load what the policy does not say, and nobody sees it."""
    for what, old, new in SOURCE_MUTANTS:
        if (header + source).count(old) != 1:
            yield f"seccomp.c: '{what}' is to damage {old!r}, which is not there once"
            continue
        try:
            loaded = load(compiler, directory, header.replace(old, new), source.replace(old, new))
        except Broken:
            continue
        if not any(differences(machine, loaded)) and \
                not any(failure for proof in proofs_of(machine, loaded) for failure in proof.failures()):
            yield f"seccomp.c: not noticed that {what}"


# --- The table. ---

ROW = "{:7} {:10} {:>12} {:>6} {:>23} {:>7} {:>7} {:>10}"


class Findings:
    """About one architecture."""

    def __init__(self, machine, options):
        self.machine, self.options = machine, options
        self.rows, self.failures, self.equivalents, self.tried, self.noticed = [], [], [], 0, 0

    def add_row(self, name, length, proved, reading, chosen):
        """Tries some of the mutants CHOSEN, each of which has the proof that is to notice it."""
        random.Random(f"{self.options.seed} {self.machine} {name}").shuffle(chosen)
        del chosen[self.options.mutants:]
        equal, missed = [], []
        for proof, text, mutant in chosen:
            if not proof.notices(mutant):
                how = proof.equivalence(mutant)
                (equal if how else missed).append(
                    f"{self.machine} {'+'.join(proof.filters)} {text}: {how or 'differs, but is not noticed'}")
        noticed = len(chosen) - len(equal) - len(missed)
        self.failures += missed
        self.equivalents += equal
        self.tried += len(chosen)
        self.noticed += noticed
        self.rows.append(ROW.format(self.machine, name, length, "yes" if proved else "NO", reading,
                                    len(chosen), noticed, len(equal)))


def prove_machine(machine, options):
    found = Findings(machine, options)
    header = (options.directory / f"{machine}.h").read_text()
    source = (SOURCE / "src/seccomp.c").read_text()
    try:
        loaded = load(options.compiler, options.directory / machine, header, source)
    except Broken as broken:
        found.failures.append(str(broken))
        return found
    found.failures += differences(machine, loaded)
    if found.failures:
        return found

    joined, longest, all_proved = [], 0, True
    for proof in proofs_of(machine, loaded):
        failures = list(proof.failures())
        found.failures += failures
        # Noticing is only noticing if it was right before.
        if len(proof.filters) == 1:
            reading = 0 if failures else proof.count_reading_calls()
            found.add_row(*proof.filters, len(proof.program), not failures,
                          "?" if failures else f"all but {reading}" if reading else "all",
                          [] if failures else [(proof, *mutant) for mutant in mutants(proof.program)])
        else:  # of what join() writes; the rest is in the arrays by themselves
            joined += [] if failures else [(proof, *mutant) for mutant in mutants(proof.program, (GOTO, RETURN))]
            longest = max(longest, len(proof.program))
            all_proved = all_proved and not failures
    found.add_row(f"{len(SETS) - len(FILTERS)} joined", f"to {longest}", all_proved, "", joined)
    if machine == options.damaged:
        found.failures += missed_damages(options.compiler, options.directory / machine, machine, header, source)
    return found


def main():
    parser = argparse.ArgumentParser(description="Prove the seccomp filters against the policy.")
    parser.add_argument("directory", type=pathlib.Path, help="where `compile_policy header ARCH` is ARCH.h")
    parser.add_argument("--arch", choices=ARCHITECTURES, action="append", help="only this (may be repeated)")
    parser.add_argument("--compiler", default="cc", help="C compiler for this machine (default %(default)s)")
    parser.add_argument("--mutants", type=int, default=100, help="damages tried for each row (default %(default)s)")
    parser.add_argument("--seed", default="disablenetwork", help="chooses them (default %(default)s)")
    options = parser.parse_args()
    machines = options.arch or list(ARCHITECTURES)
    options.damaged = machines[-1]

    compared, failures = compare_with_headers()
    print(f"{compared} system call numbers compared with installed kernel headers; {len(SETS)} sets of filters, "
          f"{len(WAYS)} ways to refuse;\nup to {options.mutants} mutants for each row, seed {options.seed}\n")
    print(ROW.format("", "", "", "", "calls decided without", "", "", ""))
    print(ROW.format("arch", "filter", "instructions", "proved", "arguments", "mutants", "noticed", "equivalent"))
    equivalents, tried, noticed = [], 0, 0
    with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for found in pool.map(prove_machine, machines, [options] * len(machines)):
            print("\n".join(found.rows), flush=True)
            failures += found.failures
            equivalents += found.equivalents
            tried += found.tried
            noticed += found.noticed
    listed = options.directory / "equivalent"
    listed.write_text("".join(f"{line}\n" for line in equivalents))
    print(f"\nOf {tried} mutants {noticed} are noticed and {len(equivalents)} change nothing, by z3 "
          f"(listed in {listed}): {noticed / max(1, tried - len(equivalents)):.1%} of those that do.\n"
          f"{len(SOURCE_MUTANTS)} damages to seccomp.c were tried with the arrays of {options.damaged}.\n"
          f"Failures: {len(failures)}")
    for line in failures:
        print(line)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
