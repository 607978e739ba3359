#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""complete.py SHELL FOLDER: types each line of standard input and a tab into an interactive SHELL
(bash, zsh or fish) that has the completions of FOLDER, and prints the words that it then shows or
has put into the line, on one line of output for each line of input."""
import os
import pty
import re
import select
import subprocess
import sys

shell, folder = sys.argv[1:]
LIMIT = 120  # seconds, of which a busy machine needs a part
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SET_UP = {
    "bash": f"""PS1='ready> '; . /usr/share/bash-completion/bash_completion; . {folder}/bash/disablenetwork; . {folder}/bash/netprobe
bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set completion-query-items 0'; bind 'set bell-style none'
bind 'set enable-bracketed-paste off'; bind 'set print-completions-horizontally off'; bind 'set completion-display-width 0'
""",
    "zsh": f"""PROMPT='ready> '; unset zle_bracketed_paste; fpath=({folder}/zsh $fpath); autoload -Uz compinit; compinit -u -D
setopt no_beep no_auto_menu no_list_ambiguous no_always_last_prompt; LISTMAX=100000; bindkey -e
""",
}


def words(text):
    return " ".join(dict.fromkeys(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\x07\x08]", " ", text).split()))


if shell == "fish":
    for line in sys.stdin.read().splitlines():
        made = subprocess.run(["fish", "--no-config", "-c", f"set -p fish_complete_path {folder}/fish; complete -C $argv[1]", line],
                              capture_output=True, text=True, timeout=LIMIT, check=False)
        print(words(" ".join(entry.split("\t")[0] for entry in made.stdout.splitlines())) + " " + made.stderr.strip())
    sys.exit()

pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", COLUMNS="1000", LINES="1000")
    os.execvp(START[shell][0], START[shell])
subprocess.run(["stty", "cols", "1000", "rows", "1000"], stdin=terminal, check=True)


unread = b""


def read_up_to(mark):
    global unread
    while mark not in unread:
        if not select.select([terminal], [], [], LIMIT)[0]:
            sys.exit(f"{shell} does not answer: {unread[-500:]!r}")
        unread += os.read(terminal, 65536)
    text, _, unread = unread.partition(mark)
    return text.decode(errors="replace")


def say(text):
    while text:
        text = text[os.write(terminal, text):]


# The mark is put together by the shell, so that what is typed is not it. Before the prompt the
# terminal is not the shell's yet, and the kernel itself would heed what is typed.
say(SET_UP[shell].encode() + b"echo ma''rk-0\n")
read_up_to(b"mark-0\r\n")
read_up_to(b"ready> ")
for number, line in enumerate(sys.stdin.read().splitlines(), 1):
    say(line.encode() + b"\t\x15echo ma''rk-%d\n" % number)
    text = read_up_to(b"mark-%d\r\n" % number)
    read_up_to(b"ready> ")
    print(words(text[:text.rindex("echo ma''rk")]))
say(b"exit\n")
os.close(terminal)
os.waitpid(pid, 0)
