/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The kernel's own network-off: prctl(PR_SET_NETWORK, PR_NETWORK_OFF), from
 * Michael Stone's patches of 2009-2010 (Documentation/disablenetwork.txt there).
 * No kernel has it as shipped; src/lsm adds it, see disablenetwork-lsm(8).
 */
#ifndef KERNEL_OFF_H
#define KERNEL_OFF_H

#include <stdbool.h>

/* Asks the kernel to switch the network off for this process, for good.
 * Returns whether it demonstrably did: a socket could be made before, the
 * mechanism itself says that the network is off, and the same socket is then
 * refused with EPERM. Anything less counts as absent, which is no error: the
 * other mechanisms do without it. Needs no_new_privs. */
bool kernel_off(void);

/* Whether it could be tried. Changes nothing. */
bool kernel_off_offered(void);

/* Asks the kernel to refuse this process the AF_UNIX sockets that others have bound to paths,
 * for good: prctl(PR_SET_NETWORK, PR_NETWORK_NO_UNIX), in any order with the other, or without
 * it, which leaves the network and abstract sockets as they are. Returns whether the mechanism
 * itself says that it holds: always false where it does not know this flag. Needs no_new_privs. */
bool kernel_off_no_unix(void);

#endif
