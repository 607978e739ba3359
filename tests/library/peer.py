#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The other ends of client.c and server.c, on loopback.

    peer.py serve BYTES FILE    prints two ports: one sends BYTES, compressed, to whoever comes;
                                the other is where nobody is to come, and FILE says who did
    peer.py call PORT COUNT     COUNT clients of an echo server, ten at a time
"""
import concurrent.futures
import itertools
import socket
import sys
import threading
import zlib

LETTERS = "abcdefghijklmnopqrstuvwxyz" * 2


def compress(count):
    """Lines of 64 bytes: a number, and the alphabet."""
    squeeze = zlib.compressobj(1)
    numbers = iter(range(count // 64))
    while lines := "".join("%011d%s\n" % (n, LETTERS) for n in itertools.islice(numbers, 16384)):
        yield squeeze.compress(lines.encode())
    yield squeeze.flush()


def serve(count, file):
    stream = b"".join(compress(count))
    listener, other = (socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2))

    def note_others():
        while True:
            other.accept()[0].close()
            with open(file, "a") as out:
                out.write("x")

    def send(connection):
        with connection:
            connection.sendall(stream)

    threading.Thread(target=note_others, daemon=True).start()
    print(listener.getsockname()[1], other.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=send, args=(listener.accept()[0],), daemon=True).start()


def call(port, count):
    def one(number):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            line = b"%d\n" % number
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").read() == line

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        print(sum(pool.map(one, range(count))))


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]), sys.argv[3])
else:
    call(int(sys.argv[2]), int(sys.argv[3]))
