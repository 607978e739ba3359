# SPDX-License-Identifier: ISC
"""disablenetwork() by ctypes while threads of Python are at work: threads.py LIBRARY"""
import ctypes
import os
import socket
import sys
import threading
import time

library = ctypes.CDLL(sys.argv[1], use_errno=True)
library.disablenetwork_error.restype = ctypes.c_char_p
off = threading.Event()
lost = []


def may_connect():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
        return True
    except PermissionError:
        return False


def work(number):
    count = 0
    while not off.is_set():
        if number % 4 == 0:
            count += sum(range(1000))
        elif number % 4 == 1:
            time.sleep(0.001)
        elif number % 4 == 2:
            with open("/dev/zero", "rb") as file:
                file.read(4096)
        else:
            off.wait()
    if not may_connect():
        lost.append(number)


if not may_connect():
    sys.exit("no network to begin with")
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
time.sleep(0.05)
answer = library.disablenetwork()
words = library.disablenetwork_error().decode()
off.set()
for thread in threads:
    thread.join()
print(f"{len(lost)} threads lost their network" if answer == 0 else words)
