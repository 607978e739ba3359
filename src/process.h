/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What a running process has beside its descriptors, for the library: threads, mappings,
 * filters. The tool has none of them when it starts prog. Nothing here changes anything.
 * Rests on unshare(2), proc(5), clone(2).
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* False only if this process surely has no other thread. */
bool has_other_threads(void);

/* NULL if no thread of this process is one of the kernel's that serves an io_uring, nor, if
 * CAPABILITIES is set, holds a capability (no thread can drop those of another); else the
 * words, with errno EBUSY. Needs /proc (proc(5): stat, status). */
const char *refuse_threads(bool capabilities) __attribute__((warn_unused_result));

/* NULL if no io_uring and no socket is mapped into memory, else the words, with errno set
 * or 0. The kernel may serve a mapped one whose descriptor is closed. Needs /proc. */
const char *refuse_mapped_rings(void) __attribute__((warn_unused_result));

/* NULL if no io_uring is registered with the calling thread (io_uring_enter(2),
 * IORING_ENTER_REGISTERED_RING): one may have neither descriptor nor mapping. Else the words, with
 * errno set. Those of other threads cannot be asked for. MAY_KILL: a filter may kill for the question. */
const char *refuse_registered_rings(bool may_kill) __attribute__((warn_unused_result));

#endif
