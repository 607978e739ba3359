#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Prove the seccomp filters instead of sampling them: `make check-proof`.

Each array is a loop-free program over the 64 bytes of struct seccomp_data: call number,
architecture, instruction pointer, six 64-bit arguments. z3 compares it with policy.py for all
2^512 values of them. The arrays are read from the header that is compiled into the tool, as
compile_policy writes it for each architecture.

Then the checker is checked: it must notice each of many small damages (mutants) to the arrays,
save those of which z3 shows that they change nothing. Each counterexample on the way is replayed
in a plain interpreter, which so vouches for the translation into formulas.

Not covered: that the kernel runs the array as the interpreter here does; that src/seccomp.c
loads it; that the policy suffices (tests/escape).
"""
import argparse
import collections
import pathlib
import random
import re
import sys

sys.dont_write_bytecode = True  # the source directory may be read-only, or is to stay clean


def die(text):
    sys.exit(f"prove_filters.py: fatal: unable to {text}")


try:
    import z3
    from policy import ALLOW, ARCHITECTURES, EPERM, FILTERS, RESULTS, Specification, compare_with_headers, show_call
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
    """One array against its specification."""

    def __init__(self, machine, filter_name, program, base):
        self.machine, self.filter_name, self.program = machine, filter_name, program
        self.specification = Specification(machine, filter_name, WORDS)
        self.result, self.reads = translate(program, WORDS)
        self.base_result = bits(ALLOW) if filter_name == "base" else translate(base, WORDS)[0]

    def counterexample(self, program, claim, result, reads):
        words = find_words(z3.Not(claim))
        if words and run(program, words) != (value_at(result, words).as_long(), z3.is_true(value_at(reads, words))):
            die(f"translate {self.machine} {self.filter_name}: wrong for {show_call(self.machine, words)}")
        return words

    def failures(self):
        for text, claim in self.specification.claims(self.result, self.reads).items():
            words = self.counterexample(self.program, claim, self.result, self.reads)
            if words:
                result, reads = run(self.program, words)
                wanted = value_at(self.specification.documented, words).as_long()
                yield (f"{self.machine} {self.filter_name}: it is not so that {text}:\n"
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


def mutants(program):
    """All single damages of the kinds below after which the kernel would still load it."""
    for at, old in enumerate(program):
        code, jt, jf, k = old
        if code in COMPARISONS:
            news = [(code, 0, 0, k), (code, jf, jt, k)]  # dropped, swapped
            news += [(code, jt - 1, jf, k), (code, jt + 1, jf, k), (code, jt, jf - 1, k), (code, jt, jf + 1, k)]
            news += [(code, jt, jf, constant) for constant in (k - 1, k + 1, k ^ 1 << 31, k ^ 1 << 8)]
            news += [(other, jt, jf, k) for other in COMPARISONS]
        elif code == LOAD:
            news = [(code, 0, 0, k + offset) for offset in (-8, -4, 4, 8)] + [(GOTO, 0, 0, 0)]
        elif code == AND:
            news = [(code, 0, 0, mask) for mask in (k - 1, k ^ 1 << 31, k ^ 1 << 8)] + [(GOTO, 0, 0, 0)]
        else:
            news = [(code, 0, 0, result) for result in (*RESULTS, EPERM + 1)]
        for new in dict.fromkeys(Instruction(*new[:3], new[3] % 2**32) for new in news):
            mutant = program[:at] + [new] + program[at + 1:]
            if new != old and is_valid(mutant):
                yield f"{at}: {show(old)} -> {show(new)}", mutant
        if is_valid(program[:at] + program[at + 1:]):  # jumps across it miss their targets by one
            yield f"{at}: {show(old)} left out", program[:at] + program[at + 1:]


def read_arrays(path):
    """The arrays in a header that compile_policy wrote."""
    arrays = {}
    for name, body in re.findall(r"(\w+)_filter\[\] = \{\n(.*?)\};", path.read_text(), re.S):
        arrays[name] = [Instruction(*(int(number, 0) for number in re.findall(r"\w+", line)))
                        for line in body.splitlines()]
        if not is_valid(arrays[name]):
            die(f"take {path}'s {name} for a filter that the kernel would load")
    if tuple(arrays) != FILTERS:
        die(f"find the filters {FILTERS} in {path}")
    return arrays


def main():
    parser = argparse.ArgumentParser(description="Prove the seccomp filters against the policy.")
    parser.add_argument("directory", type=pathlib.Path, help="where `compile_policy header ARCH` is ARCH.h")
    parser.add_argument("--arch", choices=ARCHITECTURES, action="append", help="only this (may be repeated)")
    parser.add_argument("--mutants", type=int, default=100, help="damages tried on each array (default %(default)s)")
    parser.add_argument("--seed", default="disablenetwork", help="chooses them (default %(default)s)")
    options = parser.parse_args()

    compared, failures = compare_with_headers()
    print(f"{compared} system call numbers compared with installed kernel headers; "
          f"up to {options.mutants} mutants of each array, seed {options.seed}\n")
    row = "{:7} {:10} {:>12} {:>6} {:>23} {:>7} {:>7} {:>10}"
    print(row.format("", "", "", "", "calls decided without", "", "", ""))
    print(row.format("arch", "filter", "instructions", "proved", "arguments", "mutants", "noticed", "equivalent"))
    equivalents, tried, noticed = [], 0, 0
    for machine in options.arch or ARCHITECTURES:
        arrays = read_arrays(options.directory / f"{machine}.h")
        for name, program in arrays.items():
            proof = Proof(machine, name, program, arrays["base"])
            found = list(proof.failures())
            failures += found
            chosen = [] if found else list(mutants(program))  # noticing is only noticing if it was right before
            random.Random(f"{options.seed} {machine} {name}").shuffle(chosen)
            del chosen[options.mutants:]
            equal, missed = [], []
            for text, mutant in chosen:
                if not proof.notices(mutant):
                    how = proof.equivalence(mutant)
                    (equal if how else missed).append(
                        f"{machine} {name} {text}: {how or 'differs, but is not noticed'}")
            failures += missed
            equivalents += equal
            tried += len(chosen)
            noticed += len(chosen) - len(equal) - len(missed)
            reading = 0 if found else proof.count_reading_calls()
            print(row.format(machine, name, len(program), "NO" if found else "yes",
                             "?" if found else f"all but {reading}" if reading else "all", len(chosen),
                             len(chosen) - len(equal) - len(missed), len(equal)), flush=True)
    listed = options.directory / "equivalent"
    listed.write_text("".join(f"{line}\n" for line in equivalents))
    print(f"\nOf {tried} mutants {noticed} are noticed and {len(equivalents)} change nothing, by z3 "
          f"(listed in {listed}): {noticed / max(1, tried - len(equivalents)):.1%} of those that do.\n"
          f"Failures: {len(failures)}")
    for line in failures:
        print(line)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
