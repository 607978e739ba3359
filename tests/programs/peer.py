# SPDX-License-Identifier: ISC
"""A peer on loopback that counts who reaches it.

Prints the number of its port, the same for TCP and UDP, on 127.0.0.1 and (where there is
one) ::1. Then, for each line that it reads, "tcp N udp M": the connections and datagrams that
have come since the last time. The kernel queues them before the client goes on, so none of
a client that has ended is missed, and nothing needs to be waited for. TCP clients
get an answer that HTTP clients like."""
import selectors
import socket
import sys

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"


def bind(family, type, address):
    bound = socket.socket(family, type)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    bound.bind(address)
    bound.setblocking(False)
    if type == socket.SOCK_STREAM:
        bound.listen(64)
    return bound


def take_port():
    for _ in range(100):
        sockets = [bind(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))]
        port = sockets[0].getsockname()[1]
        try:
            sockets.append(bind(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port)))
            if has_ipv6():
                sockets.append(bind(socket.AF_INET6, socket.SOCK_STREAM, ("::1", port)))
                sockets.append(bind(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", port)))
            return port, sockets
        except OSError:  # somebody has the port there: another one
            for taken in sockets:
                taken.close()
    sys.exit("no port is free on all of them")


def has_ipv6():
    try:
        bind(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)).close()
        return True
    except OSError:
        return False


port, sockets = take_port()
seen = {socket.SOCK_STREAM: 0, socket.SOCK_DGRAM: 0}
selector = selectors.DefaultSelector()


def drain(ours):
    try:
        while True:
            if ours.type == socket.SOCK_STREAM:
                connection = ours.accept()[0]
                selector.register(connection, selectors.EVENT_READ, answer)
            else:
                ours.recv(4096)
            seen[ours.type] += 1
    except BlockingIOError:
        pass


def answer(connection):
    try:
        if connection.recv(4096):
            connection.sendall(ANSWER)
            connection.shutdown(socket.SHUT_WR)
            return
    except OSError:
        pass
    selector.unregister(connection)
    connection.close()


def report(asked):
    if not asked.readline():
        sys.exit()
    for ours in sockets:
        drain(ours)
    print("tcp", seen[socket.SOCK_STREAM], "udp", seen[socket.SOCK_DGRAM], flush=True)
    seen.update(dict.fromkeys(seen, 0))


for ours in sockets:
    selector.register(ours, selectors.EVENT_READ, drain)
selector.register(sys.stdin, selectors.EVENT_READ, report)
print(port, "ipv6" if len(sockets) == 4 else "", flush=True)
while True:
    for key, _ in selector.select():
        key.data(key.fileobj)
