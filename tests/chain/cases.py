# SPDX-License-Identifier: ISC
# Imported by the Python parts of the tests in this folder: says "ok", "not ok", "skip"
# for run_cases in common.sh, and runs programs with a state of one's own making.

import ctypes
import os
import signal
import sys

TOOL = os.environ["TOOL"]
DIRECTORY = os.path.dirname(TOOL)
SHOW_STATE = DIRECTORY + "/show_state"
AROUND = DIRECTORY + "/around"
ROOT = os.geteuid() == 0
# All but those two that cannot be ignored, and 32 and 33, which are the C library's own.
SIGNALS = set(range(1, 65)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}


libc = ctypes.CDLL(None, use_errno=True)


def execve(file, argv, env):
    """As execve(2) has it: any bytes, env a list, argv possibly empty. Returns only to raise."""

    def vector(strings):
        strings = [os.fsencode(string) for string in strings]
        return (ctypes.c_char_p * (len(strings) + 1))(*strings, None)

    libc.execve(os.fsencode(file), vector(argv), vector(env))
    raise OSError(ctypes.get_errno(), "execve", file)


def environment(**more):
    return ["%s=%s" % item for item in {**os.environ, **more}.items()]


def say(line):
    os.write(1, (line + "\n").encode(errors="backslashreplace"))


def case(good, description, *notes):
    say(("ok " if good else "not ok ") + description)
    if not good:
        for note in notes:
            for line in str(note).splitlines():
                say("  " + line)


def skip(reason, description):
    say("skip %s: %s" % (reason, description))


def start(argv, setup=None, env=None, output=None, error=None, file=None):
    """Starts argv (of file, if that is another) in a child with default signals, after
    setup(); a setup that fails exits 98."""
    pid = os.fork()
    if pid:
        return pid
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if output is not None:
            os.dup2(output, 1)
        if error is not None:
            os.dup2(error, 2)
        if setup:
            setup()
        execve(file or argv[0], argv, environment() if env is None else env)
    except BaseException as problem:
        os.write(2, ("setup: %r\n" % problem).encode())
    os._exit(98)


def put_at(number, descriptor):
    """In a setup: prog inherits descriptor as that number."""
    os.dup2(descriptor, number)
    os.set_inheritable(number, True)  # dup2 onto itself leaves close-on-exec


class Ran:
    """What came of a program: its wait status, exit status (-signal), output, error."""

    def __init__(self, argv, setup=None, env=None, output=True, error=True, file=None):
        out = os.memfd_create("output") if output is True else output
        err = os.memfd_create("error") if error is True else error
        pid = start(argv, setup, env, out, err, file)
        self.wait = os.waitpid(pid, 0)[1]
        self.status = os.waitstatus_to_exitcode(self.wait)
        self.output = self.error = ""
        if output is True:
            self.output = os.pread(out, 1 << 22, 0).decode(errors="backslashreplace")
            os.close(out)
        if error is True:
            self.error = os.pread(err, 1 << 22, 0).decode(errors="backslashreplace")
            os.close(err)

    def __str__(self):
        return "status %d, output %r, error %r" % (self.status, self.output[-1500:], self.error[-1500:])


def end():
    say("end")
    sys.exit(0)
