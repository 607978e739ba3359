/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about the namespaces of others, and about what a process shares with another.
 * The driver has a process in a user and a network namespace of the user's own, as a
 * rootless container has; a tap in there is read outside. Who made a user namespace holds
 * all capabilities in it without any of his own, so all that keeps prog is that it must
 * not get in: each case is another way to a descriptor of the two namespaces.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_listns
#define SYS_listns 470
#endif

enum {
	PIDFD_NETWORK = 0xff04, PIDFD_USER = 0xff09, /* PIDFD_GET_NET_NAMESPACE, ..._USER_...: Linux 6.11 */
	OWNER_OF_NAMESPACE = 0xb701,                 /* NS_GET_USERNS of <linux/nsfs.h> */
	NAMESPACE_OF_SOCKET = 0x894c,                /* SIOCGSKNS of <linux/sockios.h> */
	ROOT_OF_NSFS = -10003,                       /* FD_NSFS_ROOT of <linux/fcntl.h>, Linux 6.18 */
	I386_SETNS = 346
};

static struct result no_container(void) { return result(NOT_HERE, "no driver outside, or no user namespaces here"); }

/* The name of the tap in the container, which its driver reads. */
static struct ifreq tap_request(void) { return (struct ifreq){ .ifr_name = "tap0" }; }

/* Data leaves as the address of the interface, of which the packets that it sends by itself come. */
static struct result send_by_address(const struct probe *probe, int fd, const char *how)
{
	struct ifreq request = tap_request();
	const uint8_t address[6] = { 2, 'n', 'p', (uint8_t)shared->run, (uint8_t)probe->number, (uint8_t)probe->must_work };
	char text[24];

	snprintf(text, sizeof text, "from %d.%d", address[3], address[4]);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, address, sizeof address);
	if (ioctl(fd, SIOCSIFHWADDR, &request) != 0)
		return errno == ENODEV ? result(NOT_HERE, "no tap in the container") : refused("SIOCSIFHWADDR");
	request = tap_request();
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		return refused("SIOCSIFFLAGS");
	const bool came = outside_received("tap", text);
	request.ifr_flags = 0;
	ioctl(fd, SIOCSIFFLAGS, &request);
	return came ? result(ESCAPED, "%s, and the reader of its tap received it", how)
				: result(ESCAPED, "%s, where an interface obeys", how);
}

static struct result arrive(const struct probe *probe)
{
	const struct result got = send_by_address(probe, socket(AF_UNIX, SOCK_DGRAM, 0), "in the network namespace of the container");

	/* Where there is no tap to send by: a network that is not ours all the same. */
	return got.verdict == ESCAPED ? got : result(ESCAPED, "in the network namespace of the container");
}

static struct result enter(const struct probe *probe, long user, long network)
{
	if (setns((int)user, CLONE_NEWUSER) != 0)
		return refused("setns into the user namespace");
	if (setns((int)network, CLONE_NEWNET) != 0)
		return refused("setns into the network namespace");
	return arrive(probe);
}

static struct result enter_by_name(const struct probe *probe)
{
	char user[40], network[40];

	snprintf(user, sizeof user, "/proc/%d/ns/user", (int)shared->container);
	snprintf(network, sizeof network, "/proc/%d/ns/net", (int)shared->container);
	const int fds[] = { open(user, O_RDONLY), open(network, O_RDONLY) };
	if (fds[0] < 0 || fds[1] < 0)
		return refused("open /proc/PID/ns");
	return enter(probe, fds[0], fds[1]);
}

static struct result enter_inherited(const struct probe *probe)
{
	if (!shared->container_user)
		return result(NOT_HERE, "not inherited");
	if (fcntl(shared->container_user, F_GETFD) < 0)
		return result(BLOCKED, "the sandbox closed the descriptor");
	return enter(probe, shared->container_user, shared->container_net);
}

static struct result enter_by_int80(const struct probe *probe)
{
	const int user = ask_accomplice("lend user"), network = ask_accomplice("lend net");

	if (!has_int80())
		return result(NOT_HERE, "no i386 calls here");
	long answer = int80(I386_SETNS, user, CLONE_NEWUSER, 0, 0, 0, 0);
	if (answer == 0)
		answer = int80(I386_SETNS, network, CLONE_NEWNET, 0, 0, 0, 0);
	errno = (int)-answer;
	if (answer != 0)
		return refused("i386 setns");
	return arrive(probe);
}

static struct result enter_passed(const struct probe *probe)
{
	return enter(probe, ask_accomplice("lend user"), ask_accomplice("lend net"));
}

/* The owner of a namespace is asked of its descriptor. */
static struct result enter_by_owner(const struct probe *probe)
{
	const int network = ask_accomplice("lend net");
	const int user = ioctl(network, OWNER_OF_NAMESPACE);

	return user < 0 ? refused("NS_GET_USERNS") : enter(probe, user, network);
}

static struct result enter_by_socket(const struct probe *probe)
{
	const int socket = ask_accomplice("lend unix"), network = ioctl(socket, NAMESPACE_OF_SOCKET);

	if (network < 0)
		return refused("SIOCGSKNS");
	const int user = ioctl(network, OWNER_OF_NAMESPACE);
	return user < 0 ? refused("NS_GET_USERNS") : enter(probe, user, network);
}

static struct result enter_by_process(const struct probe *probe)
{
	const long process = syscall(SYS_pidfd_open, (long)shared->container, 0L);

	if (process < 0)
		return refused("pidfd_open");
	if (setns((int)process, CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return refused("setns by pidfd");
	return arrive(probe);
}

static struct result enter_by_process_request(const struct probe *probe)
{
	const long process = syscall(SYS_pidfd_open, (long)shared->container, 0L);
	const int user = ioctl((int)process, PIDFD_USER, 0L), network = ioctl((int)process, PIDFD_NETWORK, 0L);

	if (user < 0 || network < 0)
		return refused("PIDFD_GET_NET_NAMESPACE");
	return enter(probe, user, network);
}

static int open_handle(const struct handle *handle)
{
	struct handle copy = *handle;

	return (int)syscall(SYS_open_by_handle_at, (long)ROOT_OF_NSFS, &copy, (long)O_RDONLY);
}

/* Its numbers can be guessed; we have them from the driver. It is no matter of ptrace. */
static struct result enter_by_handle(const struct probe *probe)
{
	if (!shared->handle_user.size)
		return result(NOT_HERE, "namespaces have no file handles: before Linux 6.18");
	const int user = open_handle(&shared->handle_user), network = open_handle(&shared->handle_net);
	if (user < 0 || network < 0)
		return refused("open_by_handle_at");
	return enter(probe, user, network);
}

/* From Linux 6.19 on nobody need guess: namespaces are listed. */
static struct result enter_by_list(const struct probe *probe)
{
	struct { uint32_t size, spare; uint64_t after; uint32_t type, spare2; uint64_t owner; } request = { .size = 32, .type = CLONE_NEWUSER };
	struct { uint32_t size; int32_t type; uint64_t number; uint32_t kind, inode; } handle = { 16, 0xf1, 0, 0, 0 };
	uint64_t numbers[64];
	struct stat status;

	const long count = syscall(SYS_listns, &request, numbers, 64L, 0L);
	if (count < 0)
		return refused("listns");
	for (long i = 0; i < count; i++) {
		handle.number = numbers[i];
		const int user = (int)syscall(SYS_open_by_handle_at, (long)ROOT_OF_NSFS, &handle, (long)O_RDONLY);
		if (user >= 0 && fstat(user, &status) == 0 && status.st_ino == shared->container_number)
			return enter(probe, user, open_handle(&shared->handle_net));
	}
	return refused("finding the container by its number");
}

/* No way in is needed: the socket is there already. */
static struct result use_passed_socket(const struct probe *probe)
{
	return send_by_address(probe, ask_accomplice("lend unix"), "by a socket from the container");
}

static const struct { const char *name; struct result (*run)(const struct probe *); } ways[] = {
	{ "namespace-by-proc", enter_by_name },
	{ "namespace-inherited", enter_inherited },
	{ "namespace-passed", enter_passed },
	{ "namespace-int80", enter_by_int80 },
	{ "namespace-by-its-owner", enter_by_owner },
	{ "namespace-by-pidfd", enter_by_process },
	{ "namespace-by-pidfd-ioctl", enter_by_process_request },
	{ "namespace-by-socket", enter_by_socket },
	{ "namespace-by-handle", enter_by_handle },
	{ "namespace-by-list", enter_by_list },
	{ "namespace-by-passed-socket", use_passed_socket },
};

static struct result probe_namespace(const struct probe *probe)
{
	return shared->container ? ways[probe->number].run(probe) : no_container();
}

/* --- What clone(2) left shared across exec: the process outside goes where we go. --- */

enum { DIRECTORY, UMASK };

/* After the process outside has looked twice, it has seen what we changed. */
static bool sharer_says(const char *text)
{
	for (const int before = atomic_load(&shared->looks); atomic_load(&shared->looks) < before + 2;)
		usleep(1000);
	return outside_has("sharer", text);
}

static struct result probe_shared(const struct probe *probe)
{
	const char *const place = shared->run ? "/proc" : "/sys"; /* where nobody else would go */
	const mode_t ours = 0700 + (mode_t)shared->run;
	char text[64];

	if (!shared->shares_directory)
		return result(NOT_HERE, "nothing is shared (--share-directory)");
	char *before = getcwd(NULL, 0);
	const mode_t mask = umask(ours);
	if (probe->number == UMASK)
		snprintf(text, sizeof text, "umask %04o", ours);
	else
		snprintf(text, sizeof text, "directory %s", place);
	if (chdir(place) != 0)
		return refused("chdir");
	const bool told = sharer_says(text);
	umask(mask);
	if (before && chdir(before) != 0)
		return broken("chdir back");
	return told ? result(ESCAPED, "the process outside has it, too") : result(BLOCKED, "no process outside has it");
}

void add_namespace_probes(void)
{
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		add_probe(false, probe_namespace, "%s", ways[i].name)->number = (long)i;
	for (int i = 0; i < 2; i++) {
		struct probe *probe = add_probe(false, probe_shared, "shared-%s", i == UMASK ? "umask" : "directory");
		probe->number = i;
		probe->shares = true;
	}
}
