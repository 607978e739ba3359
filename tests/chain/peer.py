#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Network peers for the chain tests, and probes of what a process may do.

    peer.py echo LOG              TCP on 127.0.0.1: prints its port, sends back what comes in,
                                  and writes a line to LOG for each connection
    peer.py udp LOG               the same with datagrams, which are only logged
    peer.py unix PATH             an AF_UNIX listener that sends back what comes in
    peer.py talk PORT LINE        a client: sends LINE, prints what comes until the end
    peer.py reset PORT            a client that connects and resets
    peer.py listener PROG ...     runs PROG with a listener as descriptor 3, prints its port
    peer.py deaf PROG ...         runs PROG where the kernel has no Landlock, as far as it can tell
    peer.py try PROBE ...         prints a line "PROBE: ok" or "PROBE: EPERM" for each probe

A probe is connect=PORT, udp=PORT, unix=PATH, unix-listen, listen=FD, accept=FD,
reconnect=FD:PORT and relisten=FD (both after AF_UNSPEC), answer (a line on standard input),
uid, env=NAME, limit=NAME, or signals (until TERM). They are tried in the order given.
"""
import ctypes
import errno
import os
import resource
import signal
import socket
import socketserver
import struct
import sys
import tempfile

LOOPBACK = "127.0.0.1"
libc = ctypes.CDLL(None, use_errno=True)


def say(text):
    os.write(1, (text + "\n").encode())


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        with open(self.server.log, "a") as log:
            log.write("connected\n")
        try:
            while data := self.request.recv(4096):
                self.request.sendall(data)
        except ConnectionError:
            pass


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        with open(self.server.log, "ab") as log:
            log.write(self.request[0] + b"\n")


def serve(server, log):
    server.log = log
    say(str(server.server_address[1]))
    server.serve_forever()


def round_trip(stream):
    """Only then has the peer surely written its log."""
    stream.sendall(b"ping\n")
    if stream.recv(5) != b"ping\n":
        raise ConnectionResetError(errno.ECONNRESET, "no echo")
    return "ok"


def connect_to(port):
    with socket.create_connection((LOOPBACK, int(port)), timeout=30) as stream:
        return round_trip(stream)


def udp_to(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"ping", (LOOPBACK, int(port)))
    return "ok"


def unix_to(path):
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(path)
        return round_trip(stream)


def unix_listen(_):
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(directory + "/s")
        listener.listen()
    return "ok"


def listen_on(number):
    socket.socket(fileno=os.dup(int(number))).listen(5)
    return "ok"


def accept_on(number):
    stream, _ = socket.socket(fileno=os.dup(int(number))).accept()
    with stream:
        stream.sendall(b"served " + stream.recv(4096))
    return "ok"


def unconnect(number):
    """Python's socket.connect has no AF_UNSPEC."""
    nobody = struct.pack("H14x", socket.AF_UNSPEC)
    checked(libc.connect(int(number), nobody, len(nobody)))


def reconnect(text):
    number, port = text.split(":")
    unconnect(number)
    with socket.socket(fileno=os.dup(int(number))) as stream:
        stream.connect((LOOPBACK, int(port)))
        return round_trip(stream)


def relisten(number):
    unconnect(number)
    checked(libc.listen(int(number), 5))
    return "ok"


def answer(_):
    say("answer " + sys.stdin.readline().rstrip("\n"))
    return "ok"


def wait_for_signals(_):
    def on_signal(number, _):
        say("signal " + signal.Signals(number).name)
        if number == signal.SIGTERM:
            sys.exit(0)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGALRM, signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, on_signal)
    say(f"ready {os.getpid()}")
    while True:
        signal.pause()


PROBES = {
    "connect": connect_to,
    "udp": udp_to,
    "unix": unix_to,
    "unix-listen": unix_listen,
    "listen": listen_on,
    "accept": accept_on,
    "reconnect": reconnect,
    "relisten": relisten,
    "answer": answer,
    "uid": lambda _: str(os.geteuid()),
    "env": lambda name: os.environ.get(name, "not set"),
    "limit": lambda name: str(resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0]),
    "signals": wait_for_signals,
}


def attempt(probes):
    for probe in probes:
        name, _, value = probe.partition("=")
        try:
            result = PROBES[name](value)
        except OSError as error:
            result = errno.errorcode.get(error.errno, str(error))
        say(f"{name}: {result}")


def talk(port, line):
    with socket.create_connection((LOOPBACK, int(port)), timeout=60) as stream:
        stream.sendall(line.encode() + b"\n")
        try:
            while data := stream.recv(4096):
                os.write(1, data)
        except ConnectionResetError:
            pass  # an end like any other


def reset(port):
    with socket.create_connection((LOOPBACK, int(port)), timeout=60) as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def with_listener(program):
    listener = socket.create_server((LOOPBACK, 0))
    say(str(listener.getsockname()[1]))
    os.dup2(listener.detach(), 3)
    os.set_inheritable(3, True)  # had it been 3 already
    os.execvp(program[0], program)


def without_landlock(program):
    """landlock_create_ruleset has the number 444 on every architecture."""
    instructions = struct.pack(
        "HBBI" * 4,
        0x20, 0, 0, 0,  # load the number of the call
        0x15, 0, 1, 444,  # unless it is that one, leave out the next instruction
        0x06, 0, 0, 0x00050000 | errno.ENOSYS,
        0x06, 0, 0, 0x7FFF0000,
    )
    text = ctypes.create_string_buffer(instructions)
    filter_program = ctypes.create_string_buffer(struct.pack("HP", 4, ctypes.addressof(text)))
    checked(libc.prctl(38, 1, 0, 0, 0))  # PR_SET_NO_NEW_PRIVS
    checked(libc.prctl(22, 2, filter_program, 0, 0))  # PR_SET_SECCOMP
    os.execvp(program[0], program)


def main(command, *words):
    if command == "echo":
        serve(EchoServer((LOOPBACK, 0), Echo), words[0])
    elif command == "udp":
        serve(socketserver.UDPServer((LOOPBACK, 0), Datagram), words[0])
    elif command == "unix":
        server = UnixServer(words[0], Echo)
        server.log = os.devnull
        os.chmod(words[0], 0o777)
        say("listening")
        server.serve_forever()
    elif command == "talk":
        talk(*words)
    elif command == "reset":
        reset(*words)
    elif command == "listener":
        with_listener(words)
    elif command == "deaf":
        without_landlock(words)
    elif command == "try":
        attempt(words)
    else:
        sys.exit(100)


main(*sys.argv[1:])
