/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See refusal.h. What programs expect of socket, connect, bind, and nothing that the
 * trials of seccomp.c could mistake for the kernel's own answer.
 */
#include "refusal.h"

#include <errno.h>

const struct refusal_error refusal_errors[REFUSAL_ERRORS] = {
	{ "EPERM", EPERM },
	{ "EACCES", EACCES },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL },
	{ "EAFNOSUPPORT", EAFNOSUPPORT },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "EHOSTUNREACH", EHOSTUNREACH },
	{ "ENETDOWN", ENETDOWN },
	{ "ENETUNREACH", ENETUNREACH },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EPROTONOSUPPORT", EPROTONOSUPPORT },
};

bool is_refusal_error(int error)
{
	for (int i = 0; i < REFUSAL_ERRORS; i++)
		if (refusal_errors[i].error == error)
			return true;
	return false;
}
