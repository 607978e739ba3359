/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * A network of prog's own that holds nothing but lo: 127.0.0.0/8 and ::1 among prog and
 * its descendants, and a way to nowhere else (network_namespaces(7), user_namespaces(7)).
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdbool.h>

struct loopback {
	bool held;           /* the namespace is on, and was tried */
	bool user_namespace; /* it took one: no privilege was there */
	bool ipv6;           /* ::1 is there */
	bool ping;           /* echo requests by datagram sockets, which need no privilege */
	bool low_ports;      /* ports below 1024, too */
};

/* Takes this process, which must have one thread, into a network namespace of its own, for
 * good: as root into that alone, else into a user namespace in which it keeps its ids, and has
 * all capabilities until they are dropped. Then lo is up, and it has been tried that a connection to
 * oneself works, that nothing else can be reached, and that no other interface is up.
 * Sockets made before stay in the network that is left: they are the caller's business.
 * Needs one free descriptor and, without privilege, /proc.
 * Returns NULL, or the words for what it was unable to do, with errno set, or 0 where they
 * name cause and remedy: then prog must not run, since it may still have the machine's own. */
const char *loopback_enter(struct loopback *loopback) __attribute__((warn_unused_result));

#endif
