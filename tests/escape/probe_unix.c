/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about AF_UNIX sockets in the file system: those of processes outside, by every type, call
 * and name that leads there, and beside them those that stay open where the others are shut.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Calls are made directly: the libc of some architectures would multiplex them (socketcall). */
static long make_socket(int type) { return syscall(SYS_socket, (long)AF_UNIX, (long)type, 0L); }

enum call { CONNECT, INT80_CONNECT, SENDTO, SENDMSG, SENDMMSG };

/* How the path of the socket is written, or what is done before. */
enum name { PLAIN, LINK, PROC_ROOT, PROC_CWD, RELATIVE, CHROOT, BIND_MOUNT, PASSED_FOLDER, PASSED_FOLDER_RELATIVE, PASSED_FILE,
	RENAMED, HARD_LINK, LINKED_INTO, MOVED_INTO, SYMLINKED_INTO, THREE_FOLDERS_UP };

static const struct row {
	const char *name;
	int type;
	enum call call;
	enum name by;
} rows[] = {
	{ "path-stream", SOCK_STREAM, CONNECT, PLAIN },
	{ "path-stream-int80", SOCK_STREAM, INT80_CONNECT, PLAIN },
	{ "path-seqpacket", SOCK_SEQPACKET, CONNECT, PLAIN },
	{ "path-datagram-connect", SOCK_DGRAM, CONNECT, PLAIN },
	{ "path-datagram-sendto", SOCK_DGRAM, SENDTO, PLAIN },
	{ "path-datagram-sendmsg", SOCK_DGRAM, SENDMSG, PLAIN },
	{ "path-datagram-sendmmsg", SOCK_DGRAM, SENDMMSG, PLAIN },
	{ "path-link", SOCK_STREAM, CONNECT, LINK },
	{ "path-link-sendto", SOCK_DGRAM, SENDTO, LINK },
	{ "path-proc-root", SOCK_STREAM, CONNECT, PROC_ROOT },
	{ "path-proc-cwd", SOCK_STREAM, CONNECT, PROC_CWD },
	{ "path-relative", SOCK_STREAM, CONNECT, RELATIVE },
	{ "path-up-and-down", SOCK_STREAM, CONNECT, THREE_FOLDERS_UP },
	{ "path-chroot", SOCK_STREAM, CONNECT, CHROOT },
	{ "path-chroot-sendto", SOCK_DGRAM, SENDTO, CHROOT },
	{ "path-bind-mount", SOCK_STREAM, CONNECT, BIND_MOUNT },
	{ "path-passed-folder", SOCK_STREAM, CONNECT, PASSED_FOLDER },
	{ "path-passed-folder-relative", SOCK_STREAM, CONNECT, PASSED_FOLDER_RELATIVE },
	{ "path-passed-file", SOCK_STREAM, CONNECT, PASSED_FILE },
	{ "path-passed-file-sendto", SOCK_DGRAM, SENDTO, PASSED_FILE },
	{ "path-renamed", SOCK_STREAM, CONNECT, RENAMED },
	{ "path-hard-link", SOCK_STREAM, CONNECT, HARD_LINK },
	/* Into the folder that --unix would allow. */
	{ "path-linked-into-allowed", SOCK_STREAM, CONNECT, LINKED_INTO },
	{ "path-moved-into-allowed", SOCK_STREAM, CONNECT, MOVED_INTO },
	{ "path-symlinked-into-allowed", SOCK_STREAM, CONNECT, SYMLINKED_INTO },
};

static const char *socket_of(int type) { return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "datagram" : "seqpacket"; }

static bool enter_user_namespace(int more) { return unshare(CLONE_NEWUSER | more) == 0; }

/* What leads to the socket goes into PATH; false with *got filled in if it could not be made so. A name that is made
 * is the case's own in each run. */
static bool lead_to(const struct row *row, char *path, size_t size, struct result *got)
{
	const char *folder = shared->folder, *name = socket_of(row->type);
	char request[32], original[200];
	int passed;

	snprintf(original, sizeof original, "%s/%s", folder, name);
	snprintf(path, size, "%s/%s", folder, name);
	*got = result(NOT_HERE, "no such name can be made");
	switch (row->by) {
	case PLAIN:
		return true;
	case LINK:
		snprintf(path, size, "%s/link-to-%s", folder, name);
		return true;
	case PROC_ROOT:
		snprintf(path, size, "/proc/self/root%s/%s", folder, name);
		return true;
	case PROC_CWD:
		snprintf(path, size, "/proc/thread-self/cwd/%s", name);
		return chdir(folder) == 0;
	case RELATIVE:
		snprintf(path, size, "%s", name);
		return chdir(folder) == 0;
	case THREE_FOLDERS_UP:
		snprintf(path, size, "%s/allowed/../mount/.././%s", folder, name);
		return true;
	case CHROOT:
		snprintf(path, size, "/%s", name);
		if (enter_user_namespace(0) && chroot(folder) == 0)
			return true;
		*got = refused("chroot in a user namespace");
		return false;
	case BIND_MOUNT:
		snprintf(original, sizeof original, "%s/mount", folder);
		snprintf(path, size, "%s/mount/%s", folder, name);
		if (enter_user_namespace(CLONE_NEWNS) && mount(folder, original, NULL, MS_BIND, NULL) == 0)
			return true;
		*got = refused("mount in a user namespace");
		return false;
	case PASSED_FOLDER:
	case PASSED_FOLDER_RELATIVE:
	case PASSED_FILE:
		snprintf(request, sizeof request, "lend %s", row->by == PASSED_FILE ? name : "folder");
		if ((passed = ask_accomplice(request)) < 0)
			return false;
		snprintf(path, size, row->by == PASSED_FOLDER ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d", passed, name);
		if (row->by == PASSED_FOLDER_RELATIVE)
			snprintf(path, size, "./%s", name);
		return row->by != PASSED_FOLDER_RELATIVE || fchdir(passed) == 0;
	case RENAMED:
	case MOVED_INTO:
		snprintf(original, sizeof original, "%s/%s-%d", folder, row->by == RENAMED ? "rename" : "move", (int)shared->run);
		snprintf(path, size, "%s/%srenamed-%d", folder, row->by == RENAMED ? "" : "allowed/", (int)shared->run);
		if (rename(original, path) == 0)
			return true;
		*got = refused("rename");
		return false;
	case HARD_LINK:
	case LINKED_INTO:
		snprintf(path, size, "%s/%slinked-%d", folder, row->by == HARD_LINK ? "" : "allowed/", (int)shared->run);
		if (link(original, path) == 0)
			return true;
		*got = refused("link");
		return false;
	case SYMLINKED_INTO:
		snprintf(path, size, "%s/allowed/symlink-%d", folder, (int)shared->run);
		return symlink(original, path) == 0;
	}
	return false;
}

static struct result reach(int type, enum call call, const char *path, const struct probe *probe)
{
	const char *text = token(probe);
	struct sockaddr_un *address = low_memory();
	const long fd = make_socket(type);
	long done;

	if (!address || strlen(path) >= sizeof address->sun_path)
		return result(NOT_HERE, "no room for the address");
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, strlen(path));
	const long size = (long)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	struct iovec data = { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) };
	struct mmsghdr message = { .msg_hdr = { .msg_name = address, .msg_namelen = (socklen_t)size, .msg_iov = &data, .msg_iovlen = 1 } };

	if (fd < 0)
		return refused("socket");
	switch (call) {
	case SENDTO:
		done = syscall(SYS_sendto, fd, text, strlen(text), 0L, address, size);
		return done < 0 ? refused("sendto") : prove("unix", probe);
	case SENDMSG:
		done = syscall(SYS_sendmsg, fd, &message.msg_hdr, 0L);
		return done < 0 ? refused("sendmsg") : prove("unix", probe);
	case SENDMMSG:
		done = syscall(SYS_sendmmsg, fd, &message, 1L, 0L);
		return done < 0 ? refused("sendmmsg") : prove("unix", probe);
	case INT80_CONNECT:
		if (!has_int80())
			return result(NOT_HERE, "no i386 calls here");
		done = int80(362 /* connect */, fd, (long)(uintptr_t)address, size, 0, 0, 0);
		errno = (int)-done;
		break;
	default:
		done = syscall(SYS_connect, fd, address, size);
	}
	if (done < 0)
		return refused("connect");
	return write((int)fd, text, strlen(text)) < 0 ? refused("write") : prove("unix", probe);
}

static struct result probe_outside(const struct probe *probe)
{
	const struct row *row = &rows[probe->number];
	struct result got;
	char path[200];

	if (!shared->victim)
		return result(NOT_HERE, "no driver outside");
	return lead_to(row, path, sizeof path, &got) ? reach(row->type, row->call, path, probe) : got;
}

/* nscd(8)'s protocol, for an address: what a look-up of names does, in spite of having no network. */
static struct result probe_nscd(const struct probe *probe)
{
	const char *name = token(probe);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct { int32_t version, type, length; char key[RECORD]; } request = { 2, 4 /* GETHOSTBYNAME */, (int32_t)strlen(name) + 1, "" };
	int32_t answer[8];
	const long fd = make_socket(SOCK_STREAM);

	if (!shared->victim)
		return result(NOT_HERE, "no driver outside");
	snprintf(address.sun_path, sizeof address.sun_path, "%s/nscd", shared->folder);
	memcpy(request.key, name, strlen(name) + 1);
	if (fd < 0)
		return refused("socket");
	if (syscall(SYS_connect, fd, &address, sizeof address) != 0)
		return refused("connect");
	const size_t size = offsetof(__typeof__(request), key) + (size_t)request.length;
	if (write((int)fd, &request, size) != (ssize_t)size)
		return refused("write");
	if (read((int)fd, answer, sizeof answer) != sizeof answer || answer[1] != 1)
		return result(BROKEN, "not refused, and yet no answer");
	return prove("unix", probe);
}

/* --- What must go on. --- */

/* A datagram socket that we bound ourselves, or our child, is within reach. */
static struct result keep_own(const struct probe *probe)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int type = (int)probe->number;
	const long server = make_socket(type), client = make_socket(type);
	char got[4] = "";

	if (!shared->folder[0])
		return result(NOT_HERE, "no driver outside");
	snprintf(address.sun_path, sizeof address.sun_path, "%s/own-%s-%d", shared->folder, socket_of(type), (int)shared->run);
	if (server < 0 || client < 0)
		return broken("socket");
	if (syscall(SYS_bind, server, &address, sizeof address) != 0)
		return broken("bind");
	if (type == SOCK_DGRAM)
		return syscall(SYS_sendto, client, "abc", 4L, 0L, &address, sizeof address) == 4 && read((int)server, got, 4) == 4
			? result(WORKS, "as it should") : broken("sendto");
	if (syscall(SYS_listen, server, 1L) != 0 || syscall(SYS_connect, client, &address, sizeof address) != 0)
		return broken("listen, connect");
	const long accepted = syscall(SYS_accept4, server, NULL, NULL, 0L);
	return accepted >= 0 && write((int)client, "abc", 4) == 4 && read((int)accepted, got, 4) == 4
		? result(WORKS, "as it should") : broken("accept");
}

struct child {
	struct sockaddr_un address;
	int parent; /* a socket */
};

static int serve_child(void *data)
{
	const struct child *child = data;
	const long server = make_socket(SOCK_STREAM);

	return server < 0 || syscall(SYS_bind, server, &child->address, sizeof child->address) != 0 ||
		syscall(SYS_listen, server, 1L) != 0 || !send_descriptor(child->parent, (int)server, "listening");
}

/* What a child has made, too, and after it has ended: we hold it then. */
static struct result keep_made_by_child(const struct probe *probe)
{
	struct child child = { .address = { .sun_family = AF_UNIX } };
	const long client = make_socket(SOCK_STREAM);
	int pair[2];
	char text[16];

	(void)probe;
	if (!shared->folder[0])
		return result(NOT_HERE, "no driver outside");
	snprintf(child.address.sun_path, sizeof child.address.sun_path, "%s/childs-%d", shared->folder, (int)shared->run);
	if (client < 0 || syscall(SYS_socketpair, (long)AF_UNIX, (long)SOCK_STREAM, 0L, pair) != 0)
		return broken("socketpair");
	child.parent = pair[0];
	if (run_child(serve_child, &child) != 0 || receive_descriptor(pair[1], text, sizeof text) < 0)
		return broken("a child serves");
	return syscall(SYS_connect, client, &child.address, sizeof child.address) == 0 ? result(WORKS, "as it should") : broken("connect");
}

/* A connection that somebody outside has made for us. */
static struct result keep_passed_connection(const struct probe *probe)
{
	const int fd = ask_accomplice("lend connection");

	if (fd < 0)
		return result(NOT_HERE, "no accomplice outside to pass it");
	if (write(fd, token(probe), strlen(token(probe))) < 0)
		return broken("write");
	return outside_received("unix", token(probe)) ? result(WORKS, "as it should") : result(BROKEN, "nothing arrived");
}

/* In the folder that the sandbox was told to leave open. */
static struct result keep_allowed(const struct probe *probe)
{
	const int type = (int)probe->number;
	char path[200];

	snprintf(path, sizeof path, "%s/allowed/%s", shared->folder, socket_of(type));
	const struct result got = reach(type, type == SOCK_DGRAM ? SENDTO : CONNECT, path, probe);
	return got.verdict == ESCAPED ? result(WORKS, "as it should") : result(BROKEN, "%s", got.detail);
}

void add_unix_probes(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		add_probe(false, probe_outside, "%s", rows[i].name)->number = (long)i;
	add_probe(false, probe_nscd, "path-nscd");
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		add_probe(true, keep_own, types[i] == SOCK_DGRAM ? "unix-bind-own-%s" : "unix-listen-own-%s", socket_of(types[i]))->number = types[i];
		if (shared->unix_allowed)
			add_probe(true, keep_allowed, "unix-connect-allowed-%s", socket_of(types[i]))->number = types[i];
	}
	add_probe(true, keep_made_by_child, "unix-listen-childs");
	add_probe(true, keep_passed_connection, "unix-passed-connection");
}
