/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See capabilities.h. libcap-ng does the dropping, or where a libc has none (musl)
 * the system calls themselves; what is left is then asked of the kernel, since
 * libcap-ng 0.8.3 returns 0 with a full bounding set.
 */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#if USE_LIBCAPNG
#include <cap-ng.h>
#endif

/* Those that cannot bring the network back: none for sockets, for namespaces, for
 * tracing, for modules, raw input and output, or the system as a whole. */
static const struct keepable {
	int number;
	const char *name;
	const char *unable;   /* to keep it */
	const char *not_held; /* so it cannot be kept */
} keepable[] = {
#define KEEP(constant, name) \
	{ constant, name, "keep capability " name, \
		"keep capability " name ", which is not held here (root's, and in a container not always)" }
	KEEP(CAP_CHOWN, "chown"),
	KEEP(CAP_DAC_OVERRIDE, "dac_override"),
	KEEP(CAP_DAC_READ_SEARCH, "dac_read_search"),
	KEEP(CAP_FOWNER, "fowner"),
	KEEP(CAP_FSETID, "fsetid"),
	KEEP(CAP_KILL, "kill"),
	KEEP(CAP_SETUID, "setuid"),
	KEEP(CAP_SETGID, "setgid"),
	KEEP(CAP_IPC_LOCK, "ipc_lock"),
	KEEP(CAP_IPC_OWNER, "ipc_owner"),
	KEEP(CAP_SYS_NICE, "sys_nice"),
	KEEP(CAP_SYS_RESOURCE, "sys_resource"),
	KEEP(CAP_SYS_CHROOT, "sys_chroot"),
	KEEP(CAP_NET_BIND_SERVICE, "net_bind_service"),
	KEEP(CAP_LEASE, "lease"),
	KEEP(CAP_LINUX_IMMUTABLE, "linux_immutable"),
#undef KEEP
};

enum {
	KEEPABLE = sizeof keepable / sizeof keepable[0],
	CAPABILITIES = 64 /* as many as the system calls have bits for */
};

/* Those that go together in what people do. */
static const struct {
	const char *name;
	capability_set members; /* those of them that prog may keep */
} groups[] = {
	{ "files", SET_OF(CAP_CHOWN) | SET_OF(CAP_DAC_OVERRIDE) | SET_OF(CAP_DAC_READ_SEARCH) |
		SET_OF(CAP_FOWNER) | SET_OF(CAP_FSETID) },
	{ "users", SET_OF(CAP_SETUID) | SET_OF(CAP_SETGID) },
	{ "all", UINT64_MAX },
};

enum { GROUPS = sizeof groups / sizeof groups[0] };

bool capability_add(capability_set *set, const char *name)
{
	if (strncasecmp(name, "cap_", 4) == 0)
		name += 4;
	for (int i = 0; i < KEEPABLE; i++)
		if (strcasecmp(name, keepable[i].name) == 0) {
			*set |= SET_OF(keepable[i].number);
			return true;
		}
	return false;
}

const char *capability_name(int index)
{
	return index < KEEPABLE ? keepable[index].name : NULL;
}

const char *capability_set_name(int index, capability_set *set)
{
	if (index >= GROUPS)
		return NULL;
	*set = 0;
	for (int i = 0; i < KEEPABLE; i++)
		*set |= SET_OF(keepable[i].number) & groups[index].members;
	return groups[index].name;
}

bool capability_add_set(capability_set *set, const char *name)
{
	capability_set members;
	const char *group;

	for (int i = 0; (group = capability_set_name(i, &members)); i++)
		if (strcasecmp(name, group) == 0) {
			*set |= members;
			return true;
		}
	return false;
}

const char *capabilities_read(pid_t thread, struct capability_sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = thread };
	/* All of them, for an answer that writes nothing: then some are left. */
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { ~0U, ~0U, ~0U },
		{ ~0U, ~0U, ~0U } };

	if (syscall(SYS_capget, &header, data) != 0)
		return "read capabilities";
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return NULL;
}

/* uid 0 gets nothing by exec or by setuid, and none of this can be undone. With
 * capabilities kept, prog may still ask to take them across its own change of user, as
 * setpriv --reuid does. A bit that somebody locked before us stays as it is. The locks
 * are named one by one: to SECURE_ALL_LOCKS new headers add bits that older kernels
 * refuse. In a user namespace KEEP_CAPS is not locked, as it is not for users without one: ping
 * asks for it, and gives up if that is refused, though it has nothing to keep. */
static const char *lock_securebits(bool keeping, bool user_namespace)
{
	const unsigned set = SECBIT_NOROOT | (keeping ? 0 : SECBIT_NO_CAP_AMBIENT_RAISE);
	const unsigned clear = SECBIT_NO_SETUID_FIXUP;
	const unsigned lock = SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | (keeping || user_namespace ? 0 : SECBIT_KEEP_CAPS_LOCKED);
	const int current = prctl(PR_GET_SECUREBITS, 0L, 0L, 0L, 0L);

	if (current < 0)
		return "read securebits";
	/* Each lock is the bit above the one that it locks. */
	const unsigned fixed = ((unsigned)current & lock) >> 1;
	const unsigned bits = (((unsigned)current | (set & ~fixed)) & ~(clear & ~fixed)) | lock;
	if (keeping && (bits & SECBIT_NO_SETUID_FIXUP)) {
		errno = EPERM;
		return "have kept capabilities end with uid 0: SECBIT_NO_SETUID_FIXUP is locked";
	}
	if (prctl(PR_SET_SECUREBITS, (unsigned long)bits, 0L, 0L, 0L) != 0 ||
		prctl(PR_GET_SECUREBITS, 0L, 0L, 0L, 0L) != (int)bits)
		return "lock securebits";
	return NULL;
}

/* Neither libcap-ng nor anybody else is asked which ones there are: the first number that
 * this kernel does not know is EINVAL, and check_left looks at the outcome. libcap-ng
 * would read /proc/self/status three times on the way. */
static const char *empty_bounding_set(capability_set keep)
{
	for (int number = 0; number < CAPABILITIES; number++) {
		if ((keep & SET_OF(number)) || prctl(PR_CAPBSET_DROP, (unsigned long)number, 0L, 0L, 0L) == 0)
			continue;
		if (errno == EINVAL && number > 0)
			break;
		return "empty the capability bounding set";
	}
	return NULL;
}

/* Both ways: KEEP stays in all sets but the bounding one, the ambient one too, nothing
 * else in any. */
#if USE_LIBCAPNG
/* Not by capng_lock: it sets SECBIT_NO_SETUID_FIXUP, and kept capabilities would survive
 * setuidgid. */
static const char *drop_all_but(capability_set keep)
{
	const capng_type_t everywhere = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE | CAPNG_AMBIENT;

	/* It keeps the thread that it was first used in; see clone_twice in explain.c. */
	capng_setpid((int)syscall(SYS_gettid));
	capng_clear(CAPNG_SELECT_ALL);
	for (int i = 0; i < KEEPABLE; i++)
		if ((keep & SET_OF(keepable[i].number)) &&
			capng_update(CAPNG_ADD, everywhere, (unsigned)keepable[i].number) != 0)
			return "choose the capabilities to keep";
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) != 0)
		return "drop capabilities";
	return NULL;
}
#else
static const char *drop_all_but(capability_set keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct low = { (uint32_t)keep, (uint32_t)keep, (uint32_t)keep };
	const uint32_t upper = (uint32_t)(keep >> 32);
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { low,
		{ upper, upper, upper } };

	if (syscall(SYS_capset, &header, data) != 0)
		return "drop capabilities";
	if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) != 0)
		return "clear ambient capabilities";
	for (int i = 0; i < KEEPABLE; i++)
		if ((keep & SET_OF(keepable[i].number)) &&
			prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_RAISE,
				(unsigned long)keepable[i].number, 0L, 0L) != 0)
			return keepable[i].unable;
	return NULL;
}
#endif

/* The ambient set is always within the permitted and the inheritable one, so it need
 * not be read for what is too much. */
static const char *check_left(capability_set keep, bool bounding)
{
	struct capability_sets left;
	const char *words = capabilities_read(0, &left);

	if (words)
		return words;
	errno = EPERM;
	if (left.permitted != keep || left.effective != keep || left.inheritable != keep)
		return "drop capabilities: some are left";
	for (int i = 0; i < KEEPABLE; i++)
		if ((keep & SET_OF(keepable[i].number)) &&
			prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_IS_SET,
				(unsigned long)keepable[i].number, 0L, 0L) != 1)
			return keepable[i].unable;
	for (int number = 0, in; bounding && number < CAPABILITIES; number++) {
		in = prctl(PR_CAPBSET_READ, (unsigned long)number, 0L, 0L, 0L);
		if (in < 0 && errno == EINVAL && number > 0)
			break; /* the first one that this kernel does not know */
		if (in != 0 && !(keep & SET_OF(number))) {
			errno = EPERM;
			return "find the capability bounding set empty";
		}
	}
	return NULL;
}

static const char *check_kept(capability_set keep, capability_set permitted)
{
	for (int i = 0; i < KEEPABLE; i++) {
		if (keep & ~permitted & SET_OF(keepable[i].number)) {
			errno = EPERM;
			return keepable[i].not_held;
		}
		keep &= ~SET_OF(keepable[i].number);
	}
	errno = EINVAL;
	return keep ? "keep a capability that is not on the list" : NULL;
}

const char *capabilities_check(capability_set keep)
{
	struct capability_sets held;
	const char *words = capabilities_read(0, &held);

	return words ? words : check_kept(keep, held.permitted);
}

const char *capabilities_drop(capability_set keep, capability_set if_held, const struct capability_sets *before,
	struct capabilities_dropped *dropped)
{
	struct capability_sets held;
	const char *words = capabilities_read(0, &held);

	if (words)
		return words;
	const capability_set judged = before ? before->permitted : held.permitted;
	keep |= if_held & judged;
	if ((words = check_kept(keep, judged)))
		return words;
	dropped->kept = keep;
	dropped->count = __builtin_popcountll(judged & ~keep);
	dropped->bounding = held.effective & SET_OF(CAP_SETPCAP);
	if (dropped->bounding && (words = lock_securebits(keep != 0, before != NULL)))
		return words;
	if (dropped->bounding && (words = empty_bounding_set(keep)))
		return words;
	if ((words = drop_all_but(keep)))
		return words;
	return check_left(keep, dropped->bounding);
}
