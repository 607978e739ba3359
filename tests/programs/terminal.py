# SPDX-License-Identifier: ISC
"""terminal.py COMMAND...: runs COMMAND on a terminal of its own, types, and prints what it saw.

Standard input has a line for each step, "AWAITED|TYPED": when AWAITED has come, TYPED is typed,
then Enter; ^Z and ^C are those keys, without Enter. The exit status is COMMAND's, or 1 when
something awaited does not come."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

steps = [line.rstrip("\n").split("|", 1) for line in sys.stdin]
pid, terminal = pty.fork()
if pid == 0:
    # However long a path is that is typed, its line does not scroll.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 10000, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])

seen = ""


def read_more(seconds):
    global seen
    if not select.select([terminal], [], [], seconds)[0]:
        return False
    try:
        got = os.read(terminal, 4096)
    except OSError:  # EIO: nobody has the terminal open any more
        return False
    seen += got.decode(errors="replace").replace("\r\n", "\n")
    return bool(got)


status = None
at = 0
for awaited, typed in steps:
    awaited = awaited.replace("\\n", "\n")
    while awaited not in seen[at:]:
        if not read_more(60):
            print(seen)
            sys.exit("%r has not come" % awaited)
    at = seen.index(awaited, at) + len(awaited)
    keys = {"^Z": "\x1a", "^C": "\x03"}.get(typed, typed + "\r")
    os.write(terminal, keys.encode())
while read_more(60):
    pass
print(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
