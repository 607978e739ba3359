/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * What netprobe does not ask of the kernel's own network-off (src/lsm). Says what is wrong, in
 * words joined by -, and exits 1; nothing when all is well. Run by lsm.sh in a guest.
 *
 *     lsm_try answers         what the prctl says, with what arguments and privileges
 *     lsm_try domains         who may trace whom, and reach whose abstract sockets
 *     lsm_try pins FOLDER     user 0 without capabilities takes away no pin, here or in FOLDER
 *     lsm_try setting         nor the hooks' calls from the kernel's code
 *     lsm_try sockets         what those of unknown kinds still do, and what AF_ALG does
 *     lsm_try rings           an io_uring of another process is not to be written to
 *     lsm_try namespaces      its user's own from outside cannot be entered, those made inside can
 *     lsm_try no-unix FLAGS [FLAGS]  whose sockets are reached after one or two calls with these
 *                             flags, of which one has PR_NETWORK_NO_UNIX
 *     lsm_try reach TOOL...   behind TOOL: the error number with which sockets outside with a path are
 *                             reached, of each kind: stream, datagram, packets
 *     lsm_try core            a handler that listens on a path gets the core dump of who is held
 *     lsm_try hold FLAGS PROG...  calls the prctl with these flags, then PROG
 *     lsm_try outlast         ends when the hooks hold a marked process no longer
 *     lsm_try costs           nanoseconds of a call: "name nanoseconds" a line
 *     lsm_try listener PROG...  PROG, whose child "costs" connects to a listener that was made before PROG
 *     lsm_try storm COUNT     so many short children of a marked process are all marked
 *     lsm_try flight N PROG...  PROG exits 111 while a marked process lives that, each time PROG lists
 *                             those, goes on by a child with a number that the reader has passed:
 *                             at most N times, until PROG says that this is what it met
 *     lsm_try kill N PROG...  kills PROG before its Nth system call by which hooks come or go
 *                             (attaching, pinning, unlinking); exits 1 if there are fewer
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_alg.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/mroute.h> /* after <netinet/in.h> */

enum { SET = 0x646e6574, GET = 0x646e6575, OFF = 1, NO_UNIX = 2, NOBODY = 65534 };

static bool bad;

static void must(bool good, const char *what)
{
	if (!good) {
		printf(" %s", what);
		bad = true;
	}
}

/* The error number with which prctl answers: it never returns 0. */
static int ask(int option, long arg2, long arg3)
{
	return prctl(option, arg2, arg3, 0L, 0L) == -1 ? errno : 0;
}

static bool has_socket(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	close(fd);
	return fd >= 0;
}

static void mark(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF, 0) == ENETDOWN, "mark");
}

/* Runs BODY in a child; what it finds wrong counts. */
static void in_child(void (*body)(void))
{
	int status;

	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		body();
		fflush(stdout);
		_exit(bad);
	}
	must(waitpid(child, &status, 0) == child && WIFEXITED(status), "child-died");
	bad |= status != 0;
}

/* --- answers --- */

static void as_nobody(void)
{
	must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "become-nobody");
	must(ask(SET, OFF, 0) == EACCES && has_socket(), "without-no_new_privs");
	must(ask(SET, NO_UNIX, 0) == EACCES && ask(GET, 0, NO_UNIX) == ENODATA, "no-unix-without-no_new_privs");
	mark();
	must(!has_socket(), "socket-after-mark");
}

static void as_root(void)
{
	must(ask(SET, OFF, 0) == ENETDOWN && prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 0, "root-needs-no_new_privs");
	must(!has_socket(), "socket-of-root");
}

static void *look(void *off)
{
	*(bool *)off = ask(GET, 0, 0) == ENETDOWN && !has_socket();
	return NULL;
}

static void in_thread(void)
{
	pthread_t thread;
	bool off = false;

	mark();
	must(pthread_create(&thread, NULL, look, &off) == 0 && pthread_join(thread, NULL) == 0 && off, "thread-unmarked");
	must(ask(SET, OFF, 0) == ENETDOWN && ask(GET, 0, 0) == ENETDOWN, "second-call");
}

static void *add_no_unix(void *added)
{
	*(bool *)added = ask(SET, NO_UNIX, 0) == ENETDOWN && ask(GET, 0, OFF | NO_UNIX) == ENETDOWN;
	return NULL;
}

/* Each flag stays when the other comes, and is not there before. */
static void one_by_one(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, NO_UNIX, 0) == ENETDOWN && ask(GET, 0, NO_UNIX) == ENETDOWN, "no-unix-alone");
	must(ask(GET, 0, 0) == ENODATA && ask(GET, 0, OFF | NO_UNIX) == ENODATA && has_socket(), "no-unix-is-not-off");
	must(ask(SET, OFF, 0) == ENETDOWN && ask(GET, 0, OFF) == ENETDOWN && ask(GET, 0, NO_UNIX) == ENETDOWN &&
		ask(GET, 0, OFF | NO_UNIX) == ENETDOWN && !has_socket(), "off-after-no-unix");
}

static void in_one_thread(void)
{
	pthread_t thread;
	bool added = false;

	mark();
	must(pthread_create(&thread, NULL, add_no_unix, &added) == 0 && pthread_join(thread, NULL) == 0 && added, "no-unix-after-off");
	must(ask(GET, 0, NO_UNIX) == ENODATA && ask(GET, 0, 0) == ENETDOWN, "no-unix-of-another-thread");
}

/* Whoever traces another would go on driving it. */
static void while_tracing(void)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF, 0) == EBUSY && has_socket(), "mark-while-tracing");
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	must(ask(SET, OFF, 0) == ENETDOWN, "mark-after-tracing");
}

/* A child of its domain it may trace, but not take along into a smaller one. */
static void while_tracing_inside(void)
{
	int status;

	mark();
	const pid_t child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	must(ask(SET, NO_UNIX, 0) == EBUSY && ask(GET, 0, NO_UNIX) == ENODATA, "no-unix-while-tracing");
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	must(ask(SET, NO_UNIX, 0) == ENETDOWN, "no-unix-after-tracing");
}

/* What goes on with sockets from before, and what of it does not. */
static void with_sockets(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct iovec data = { (char[]){ "x" }, 1 };
	struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &data, .msg_iovlen = 1 } } };
	struct sockaddr *const any = (struct sockaddr *)&address;
	socklen_t size = sizeof address, name_size = sizeof name;
	const int listener = socket(AF_INET, SOCK_STREAM, 0), stream = socket(AF_INET, SOCK_STREAM, 0);
	const int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
	const int to = socket(AF_UNIX, SOCK_DGRAM, 0), from = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);

	must(bind(listener, any, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, any, &size) == 0 &&
		connect(stream, any, size) == 0, "stream");
	address.sin_port = 0;
	must(bind(receiver, any, size) == 0 && getsockname(receiver, any, &size) == 0 && connect(sender, any, size) == 0, "datagram");
	must(bind(to, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0 &&
		getsockname(to, (struct sockaddr *)&name, &name_size) == 0 && connect(from, (struct sockaddr *)&name, name_size) == 0, "abstract");
	mark();
	must(listen(listener, 5) == 0 && accept(listener, NULL, NULL) >= 0, "listen-again-and-accept");
	must(listen(stream, 5) == -1 && errno == EPERM, "listen-on-a-connection");
	must(sendmmsg(stream, two, 2, 0) == 2, "batch-on-a-stream");
	must(send(sender, "x", 1, 0) == 1 && sendmmsg(sender, two, 2, 0) == 2, "batch-on-a-connected-datagram-socket");
	must(send(sender, "x", 1, MSG_DONTROUTE) == -1 && errno == EPERM, "past-the-gateway");
	must(sendto(sender, "x", 1, 0, any, size) == -1 && errno == EPERM, "datagram-to-an-address");
	must(send(from, "x", 1, 0) == 1, "connected-abstract-socket");
	must(sendto(other, "x", 1, 0, (struct sockaddr *)&name, name_size) == -1 && errno == EPERM, "abstract-socket-from-before");
}

static void try_answers(void)
{
	must(ask(GET, 0, 0) == ENODATA, "get-unmarked");
	must(ask(SET, 0, 0) == EINVAL && ask(SET, OFF | 4, 0) == EINVAL && ask(GET, 0, 4) == EINVAL, "other-flags");
	must(ask(GET, 0, OFF) == ENODATA && ask(GET, 0, NO_UNIX) == ENODATA, "get-flag");
	must(ask(SET, OFF, 1) == EINVAL && prctl(GET, 0L, 0L, 1L, 0L) == -1 && errno == EINVAL, "unused-arguments");
	must(ask(35, 99, 0) == EINVAL, "foreign-option");
	must(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 1, "other-prctl");
	must(has_socket(), "still-on");
	in_child(as_nobody);
	in_child(as_root);
	in_child(in_thread);
	in_child(one_by_one);
	in_child(in_one_thread);
	in_child(while_tracing);
	in_child(while_tracing_inside);
	in_child(with_sockets);
}

/* --- domains --- */

static int to_parent[2];

static socklen_t name_of(struct sockaddr_un *address, pid_t maker)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "lsm_try-%d", (int)maker));
}

static int reach(pid_t maker)
{
	struct sockaddr_un address;
	const socklen_t size = name_of(&address, maker);
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0);
	const int datagram = sendto(fd, "", 1, 0, (struct sockaddr *)&address, size) == 1 ? 0 : errno;

	address.sun_path[1] = 'L';
	const int connected = connect(stream, (struct sockaddr *)&address, size) == 0 ? 0 : errno;
	close(fd);
	close(stream);
	return datagram == connected ? datagram : -1;
}

static int trace(pid_t other)
{
	if (ptrace(PTRACE_SEIZE, other, NULL, NULL) != 0)
		return errno;
	ptrace(PTRACE_INTERRUPT, other, NULL, NULL);
	waitpid(other, NULL, __WALL);
	ptrace(PTRACE_DETACH, other, NULL, NULL);
	return 0;
}

static pid_t server;
static void reach_own(void) { must(reach(server) == 0, "abstract-socket-of-own-domain"); }

/* A marked process with abstract sockets, whose child reaches them. */
static _Noreturn void serve(void)
{
	struct sockaddr_un address;
	const socklen_t size = name_of(&address, server = getpid());

	prctl(0x59616d61 /* PR_SET_PTRACER */, -1L, 0L, 0L, 0L);
	mark();
	must(bind(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&address, size) == 0, "bind-datagram");
	const int stream = socket(AF_UNIX, SOCK_STREAM, 0);
	address.sun_path[1] = 'L';
	must(bind(stream, (struct sockaddr *)&address, size) == 0 && listen(stream, 5) == 0, "bind-stream");
	in_child(reach_own);
	fflush(stdout);
	if (write(to_parent[1], &bad, 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void from_outside(void)
{
	must(reach(server) == 0, "abstract-socket-from-outside");
	must(trace(server) == 0, "trace-from-outside");
}

static pid_t own_child;
static void from_other_domain(void)
{
	mark();
	must(reach(server) == EPERM, "abstract-socket-of-other-domain");
	must(trace(server) == EPERM, "trace-other-domain");
	if ((own_child = fork()) == 0) {
		pause();
		_exit(0);
	}
	must(trace(own_child) == 0, "trace-own-child");
	kill(own_child, SIGKILL);
	waitpid(own_child, NULL, 0);
}

/* An unmarked child must not make its marked parent a tracer. */
static void traceme(void)
{
	int go[2], status;
	char byte;

	if (pipe(go) != 0)
		return;
	const pid_t child = fork();
	if (child == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(2);
		_exit(!(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 && errno == EPERM));
	}
	mark();
	must(write(go[1], "", 1) == 1 && waitpid(child, &status, 0) == child && status == 0, "traceme-by-outside");
	must(has_socket() == false, "socket");
}

static void try_domains(void)
{
	if (pipe(to_parent) != 0)
		return;
	fflush(stdout);
	if ((server = fork()) == 0)
		serve();
	must(read(to_parent[0], &bad, 1) == 1, "server");
	in_child(from_outside);
	in_child(from_other_domain);
	in_child(traceme);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* --- pins --- */

#define PINS "/sys/fs/bpf/disablenetwork/"
#define EMPTY "/sys/fs/bpf/lsm_try"

static const char *other_folder;

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	must(syscall(SYS_capset, &header, none) == 0, "capset");
}

static bool is_refused(int answer) { return answer == -1 && errno == EPERM; }

static void try_pins(void)
{
	char elsewhere[200];

	snprintf(elsewhere, sizeof elsewhere, "%s/disablenetwork/socket_bind", other_folder);
	must(access(elsewhere, F_OK) == 0 && mkdir(EMPTY, 0700) == 0, "set-up");
	drop_capabilities();
	mark();
	must(is_refused(unlink(PINS "socket_listen")), "unlink");
	must(is_refused(unlink(elsewhere)), "unlink-elsewhere");
	must(is_refused(rename(PINS "socket_connect", PINS "other")), "rename");
	must(is_refused(rename(PINS "socket_sendmsg", PINS "socket_setsockopt")), "rename-over");
	must(is_refused(rename(PINS, "/sys/fs/bpf/other")), "rename-folder");
	must(is_refused(rmdir(EMPTY)), "rmdir");
	must(mkdir("/tmp/lsm_try", 0700) == 0 && rename("/tmp/lsm_try", "/tmp/lsm_tried") == 0 && rmdir("/tmp/lsm_tried") == 0,
		"other-file-systems");
}

/* --- setting --- */

static void write_setting(const char *value)
{
	const int fd = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		must(write(fd, value, 1) == 1, "write");
		close(fd);
	}
}

static void without_hooks(void)
{
	const int before = open("/proc/sys/kernel/ftrace_enabled", O_RDONLY | O_CLOEXEC);

	must(before >= 0, "no-such-setting");
	drop_capabilities();
	mark();
	write_setting("0");
	must(!has_socket(), "hooks-switched-off");
	must(open("/proc/sys/kernel/ftrace_enabled", O_RDONLY | O_CLOEXEC) >= 0, "setting-read");
	must(open("/proc/sys/kernel/hostname", O_WRONLY | O_CLOEXEC) >= 0, "other-setting-written");
}

static void try_setting(void)
{
	in_child(without_hooks);
	write_setting("1");
}

/* --- sockets --- */

static void try_sockets(void)
{
	enum { BLOCK = 4096 };
	struct tpacket_req packets = { .tp_block_size = BLOCK, .tp_block_nr = 1, .tp_frame_size = BLOCK, .tp_frame_nr = 1 };
	struct sockaddr_alg digest = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256" };
	struct vifctl link = { .vifc_vifi = 0, .vifc_flags = VIFF_USE_IFINDEX, .vifc_lcl_ifindex = 1 };
	struct ifconf interfaces = { 0 };
	const int packet = socket(AF_PACKET, SOCK_RAW, 0), later = socket(AF_PACKET, SOCK_RAW, 0);
	const int router = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP), tcp = socket(AF_INET, SOCK_STREAM, 0);
	const int sctp = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), alg = socket(AF_ALG, SOCK_SEQPACKET, 0);
	int one = 1;
	char sum[32];

	must(packet >= 0 && router >= 0 && tcp >= 0, "set-up");
	must(setsockopt(packet, SOL_PACKET, PACKET_TX_RING, &packets, sizeof packets) == 0, "ring");
	must(setsockopt(router, IPPROTO_IP, MRT_INIT, &one, sizeof one) == 0, "router");
	must(ioctl(packet, SIOCGIFCONF, &interfaces) == 0, "ioctl-before");
	mark();
	must(mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, packet, 0) == MAP_FAILED && errno == EPERM, "map-packets");
	must(is_refused(setsockopt(later, SOL_PACKET, PACKET_TX_RING, &packets, sizeof packets)), "packet-ring");
	must(is_refused(setsockopt(router, IPPROTO_IP, MRT_ADD_VIF, &link, sizeof link)), "multicast-router");
	must(is_refused(ioctl(packet, SIOCGIFCONF, &interfaces)), "ioctl-of-unknown-socket");
	must(ioctl(packet, FIONBIO, &one) == 0, "ioctl-of-descriptor");
	must(ioctl(tcp, SIOCGIFCONF, &interfaces) == 0 && setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "tcp-goes-on");
	must(sctp < 0 || is_refused(setsockopt(sctp, IPPROTO_SCTP, 36 /* SCTP_REMOTE_UDP_ENCAPS_PORT */, &one, sizeof one)), "sctp-other-port");
	if (alg >= 0 && bind(alg, (struct sockaddr *)&digest, sizeof digest) == 0) {
		const int one_sum = accept(alg, NULL, NULL);
		must(write(one_sum, "x", 1) == 1 && read(one_sum, sum, sizeof sum) == (ssize_t)sizeof sum, "cryptography");
	} else
		must(alg < 0 || errno == ENOENT, "cryptography-begun");
}

/* --- rings --- */

enum { RING_BYTES = 4096 };
static int ring_from_before;

static int make_ring(unsigned flags)
{
	struct io_uring_params parameters = { .flags = flags, .sq_thread_idle = 60000 };

	return (int)syscall(SYS_io_uring_setup, 1, &parameters);
}

static void *map_ring(int ring, off_t part)
{
	return mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, part);
}

/* Linux before 6.7 has no way to look at what is mapped. */
static bool can_see_mappings(void)
{
	struct utsname kernel;
	int major = 0, minor = 0;

	return uname(&kernel) == 0 && sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
		(major > 6 || (major == 6 && minor >= 7));
}

static void *area;

static void map_after_mark(void)
{
	must(munmap(area, RING_BYTES) == 0, "unmap");
	mark();
	must(map_ring(ring_from_before, IORING_OFF_SQES) == MAP_FAILED && errno == EPERM, "map-ring-of-another");
	const int own = make_ring(0);
	must(own >= 0 && map_ring(own, IORING_OFF_SQES) != MAP_FAILED, "map-own-ring");
}

static void mark_with_ring_of_another(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF, 0) == (can_see_mappings() ? EBUSY : ENETDOWN), "ring-still-mapped");
}

static void mark_with_own_ring(void)
{
	munmap(area, RING_BYTES);
	must(map_ring(make_ring(0), IORING_OFF_SQES) != MAP_FAILED, "own-ring");
	mark();
}

static void mark_with_polled_ring(void)
{
	munmap(area, RING_BYTES);
	must(map_ring(make_ring(IORING_SETUP_SQPOLL), IORING_OFF_SQES) != MAP_FAILED, "polled-ring");
	mark_with_ring_of_another();
}

static void mark_with_packets(void)
{
	struct tpacket_req packets = { .tp_block_size = RING_BYTES, .tp_block_nr = 1, .tp_frame_size = RING_BYTES, .tp_frame_nr = 1 };
	const int packet = socket(AF_PACKET, SOCK_RAW, 0);

	munmap(area, RING_BYTES);
	must(setsockopt(packet, SOL_PACKET, PACKET_TX_RING, &packets, sizeof packets) == 0 &&
		mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, packet, 0) != MAP_FAILED, "packets");
	mark_with_ring_of_another();
}

static void try_rings(void)
{
	if ((ring_from_before = make_ring(0)) < 0 || (area = map_ring(ring_from_before, IORING_OFF_SQES)) == MAP_FAILED) {
		must(false, "no-ring");
		return;
	}
	in_child(map_after_mark);
	in_child(mark_with_ring_of_another);
	in_child(mark_with_own_ring);
	in_child(mark_with_polled_ring);
	in_child(mark_with_packets);
}

/* --- namespaces --- */

static int user_namespace, network_namespace;
static pid_t inside;

/* A child in namespaces of its own; returns when it is there. */
static pid_t start_inside(void)
{
	int ready[2];
	char byte = 0;

	if (pipe(ready) != 0)
		return -1;
	const pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L); /* changing the user cleared it */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0L, 0L, 0L);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	must(read(ready[0], &byte, 1) == 1, "start-inside");
	close(ready[0]);
	return child;
}

static int open_namespace(pid_t process, const char *kind)
{
	char name[40];

	snprintf(name, sizeof name, "/proc/%d/ns/%s", (int)process, kind);
	return open(name, O_RDONLY | O_CLOEXEC);
}

static void enter(void)
{
	must(setns(user_namespace, CLONE_NEWUSER) == 0 && setns(network_namespace, CLONE_NEWNET) == 0, "enter");
}

static void write_map(pid_t process)
{
	char name[40], map[40];

	snprintf(name, sizeof name, "/proc/%d/uid_map", (int)process);
	const int size = snprintf(map, sizeof map, "0 %d 1", (int)getuid()), fd = open(name, O_WRONLY | O_CLOEXEC);
	must(write(fd, map, (size_t)size) == size, "map-of-own-namespace");
	close(fd);
}

static void enter_others(void)
{
	must(is_refused(setns(user_namespace, CLONE_NEWUSER)), "enter-user");
	must(is_refused(setns(network_namespace, CLONE_NEWNET)), "enter-network");
}

static void stay_outside(void)
{
	mark();
	in_child(enter_others);
	inside = start_inside();
	write_map(inside);
	user_namespace = open_namespace(inside, "user");
	network_namespace = open_namespace(inside, "net");
	in_child(enter);
	kill(inside, SIGKILL);
	waitpid(inside, NULL, 0);
}

static void try_namespaces(void)
{
	must(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0, "become-nobody");
	prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
	const pid_t outside = start_inside();
	user_namespace = open_namespace(outside, "user");
	network_namespace = open_namespace(outside, "net");
	in_child(enter);
	in_child(stay_outside);
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
}

/* --- no-unix: sockets of each kind, by path and abstract, of makers outside ("outside"), in the
 * same domain before the second call ("between"), and after it ("inside"). --- */

static const struct {
	int type;
	const char *name;
} kinds[] = { { SOCK_STREAM, "stream" }, { SOCK_DGRAM, "datagram" }, { SOCK_SEQPACKET, "packets" } };
enum { KINDS = sizeof kinds / sizeof kinds[0] };
enum where { BY_PATH, ABSTRACT };

static socklen_t unix_name(struct sockaddr_un *address, const char *maker, enum where where, size_t kind)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	const int length = snprintf(address->sun_path, sizeof address->sun_path, "/tmp/lsm_try-%s-%s", maker, kinds[kind].name);
	if (where == ABSTRACT)
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
}

static void serve_kinds(const char *maker)
{
	struct sockaddr_un address;

	for (enum where where = BY_PATH; where <= ABSTRACT; where++)
		for (size_t kind = 0; kind < KINDS; kind++) {
			const socklen_t size = unix_name(&address, maker, where, kind);
			const int fd = socket(AF_UNIX, kinds[kind].type | SOCK_CLOEXEC, 0);
			if (where == BY_PATH)
				unlink(address.sun_path);
			must(bind(fd, (struct sockaddr *)&address, size) == 0 && (kinds[kind].type == SOCK_DGRAM || listen(fd, 100) == 0),
				"serve");
		}
}

/* Whoever may send finds a full queue after some datagrams, which nobody reads. */
static int error_of(ssize_t answer) { return answer >= 0 || errno == EAGAIN ? 0 : errno; }

/* 0, or the error number, which is the same for each call by which a socket is reached. */
static int reach_kind(const char *maker, enum where where, size_t kind)
{
	struct sockaddr_un address;
	const socklen_t size = unix_name(&address, maker, where, kind);
	struct iovec data = { (char[]){ "x" }, 1 };
	const struct msghdr message = { .msg_name = &address, .msg_namelen = size, .msg_iov = &data, .msg_iovlen = 1 };
	const int fd = socket(AF_UNIX, kinds[kind].type, 0), loose = socket(AF_UNIX, SOCK_DGRAM, 0);
	int answer = error_of(connect(fd, (struct sockaddr *)&address, size));

	if (kinds[kind].type == SOCK_DGRAM &&
		(error_of(sendto(loose, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, size)) != answer ||
			error_of(sendmsg(loose, &message, MSG_DONTWAIT)) != answer))
		answer = -1;
	close(fd);
	close(loose);
	return answer;
}

static void must_reach(const char *maker, enum where where, int wanted)
{
	char words[100];

	for (size_t kind = 0; kind < KINDS; kind++) {
		snprintf(words, sizeof words, "%s-%s-%s", maker, where == ABSTRACT ? "abstract" : "path", kinds[kind].name);
		must(reach_kind(maker, where, kind) == wanted, words);
	}
}

static int flags_of_call[2], calls;

static void reach_inside(void)
{
	must_reach("inside", BY_PATH, 0);
	must_reach("inside", ABSTRACT, 0);
}

static void be_held(void)
{
	const int all = flags_of_call[0] | flags_of_call[1];

	must(ask(GET, 0, all) == ENETDOWN && has_socket() == !(all & OFF), "held");
	must_reach("outside", BY_PATH, EPERM);
	must_reach("outside", ABSTRACT, all & OFF ? EPERM : 0);
}

static void *be_held_in_thread(void *unused)
{
	be_held();
	return unused;
}

static void inherit(void)
{
	pthread_t thread;

	be_held();
	must(pthread_create(&thread, NULL, be_held_in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0, "thread");
	reach_inside();
}

/* In the domain of the first call alone: may trace who made the second, and reach its sockets. */
static pid_t start_between(int go[2])
{
	char byte;

	if (pipe(go) != 0)
		return -1;
	prctl(0x59616d61 /* PR_SET_PTRACER */, -1L, 0L, 0L, 0L);
	fflush(stdout);
	const pid_t child = fork();
	if (child != 0)
		return child;
	prctl(0x59616d61, -1L, 0L, 0L, 0L);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0L, 0L, 0L);
	if (read(go[0], &byte, 1) == 1) {
		must(trace(getppid()) == 0, "trace-from-between");
		reach_inside();
	}
	fflush(stdout);
	_exit(bad);
}

/* A connection of each kind that has one, and a connected datagram socket. */
static void connect_kinds(const char *maker, int connected[KINDS])
{
	struct sockaddr_un address;

	for (size_t kind = 0; kind < KINDS; kind++) {
		const socklen_t size = unix_name(&address, maker, BY_PATH, kind);
		connected[kind] = socket(AF_UNIX, kinds[kind].type, 0);
		must(connect(connected[kind], (struct sockaddr *)&address, size) == 0, "connect-before");
	}
}

static _Noreturn void hold(void)
{
	int connected[KINDS], pair[2], go[2] = { -1, -1 }, status = 0;
	pid_t between = 0;

	must_reach("outside", BY_PATH, 0);
	must_reach("outside", ABSTRACT, 0);
	connect_kinds("outside", connected);
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, flags_of_call[0], 0) == ENETDOWN, "first-call");
	if (calls == 2) {
		serve_kinds("between");
		between = start_between(go);
		must(ask(SET, flags_of_call[1], 0) == ENETDOWN, "second-call");
	}
	must(ask(SET, flags_of_call[0], 0) == ENETDOWN, "first-call-again"); /* loosens nothing */
	be_held();
	must(trace(server) == EPERM, "trace-outside");
	if (calls == 2) {
		must_reach("between", BY_PATH, flags_of_call[0] & NO_UNIX ? 0 : EPERM);
		must_reach("between", ABSTRACT, EPERM);
		must(trace(between) == EPERM, "trace-between");
	}
	for (size_t kind = 0; kind < KINDS; kind++)
		must(error_of(send(connected[kind], "x", 1, MSG_DONTWAIT)) == 0, "connected-before");
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && write(pair[0], "x", 1) == 1, "socketpair");
	serve_kinds("inside");
	reach_inside();
	in_child(inherit);
	if (between)
		must(write(go[1], "", 1) == 1 && waitpid(between, &status, 0) == between && status == 0, "between");
	fflush(stdout);
	if (write(to_parent[1], &bad, 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static pid_t holder;
static void hold_elsewhere(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	must(ask(SET, OFF | NO_UNIX, 0) == ENETDOWN, "other-call");
	must_reach("inside", BY_PATH, EPERM);
	must(trace(holder) == EPERM, "trace-other-domain");
}

static void off_elsewhere(void)
{
	mark();
	must_reach("outside", BY_PATH, 0);
	must_reach("inside", BY_PATH, 0);
}

static void try_no_unix(void)
{
	bool held_bad = true;

	server = getpid();
	prctl(0x59616d61 /* PR_SET_PTRACER */, -1L, 0L, 0L, 0L);
	serve_kinds("outside");
	fflush(stdout);
	if (pipe(to_parent) != 0)
		return;
	if ((holder = fork()) == 0) {
		close(to_parent[0]);
		hold();
	}
	close(to_parent[1]);
	must(read(to_parent[0], &held_bad, 1) == 1, "holder");
	bad |= held_bad;
	in_child(reach_inside);
	in_child(hold_elsewhere);
	in_child(off_elsewhere);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

/* --- reach --- */

static int reach_outside(void)
{
	for (size_t kind = 0; kind < KINDS; kind++)
		printf("%d%c", reach_kind("outside", BY_PATH, kind), kind + 1 < KINDS ? ' ' : '\n');
	return 0;
}

static int reach_behind(char *self, int count, char **tool)
{
	char **arguments = calloc((size_t)count + 3, sizeof *arguments);

	serve_kinds("outside");
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0 && arguments) {
		memcpy(arguments, tool, (size_t)count * sizeof *tool);
		arguments[count] = self;
		arguments[count + 1] = (char[]){ "reach" };
		execvp(arguments[0], arguments);
	}
	return child > 0 && waitpid(child, NULL, 0) == child ? 0 : 127;
}

/* --- core --- */

static bool set_core_pattern(const char *pattern)
{
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "we");

	return file && fprintf(file, "%s\n", pattern) > 0 && fclose(file) == 0;
}

/* From Linux 6.16 on, which takes no other name that begins with @. */
static bool knows_core_sockets(void) { return !set_core_pattern("@lsm_try"); }

static void try_core(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/lsm_try-core" };
	const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char bytes[65536];
	ssize_t count, all = 0;

	if (!knows_core_sockets()) {
		set_core_pattern("core");
		return;
	}
	must(set_core_pattern("@/tmp/lsm_try-core"), "core_pattern");
	unlink(address.sun_path);
	must(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0, "handler");
	const pid_t child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
		prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
		if (ask(SET, OFF | NO_UNIX, 0) == ENETDOWN)
			abort();
		_exit(1);
	}
	must(poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, 60000) == 1, "no-core-dump");
	if (!bad) {
		const int dump = accept(listener, NULL, NULL);
		while ((count = read(dump, bytes, sizeof bytes)) > 0)
			all += count;
		close(dump);
		must(all > 0, "empty-core-dump");
	}
	close(listener);
	set_core_pattern("core");
	waitpid(child, NULL, 0);
}

/* --- hold --- */

static int hold_and_run(int flags, char **program)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	if (ask(SET, flags, 0) != ENETDOWN)
		return 111;
	execvp(program[0], program);
	return 127;
}

/* --- outlast --- */

static bool has_network(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9) };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0), listener = socket(AF_INET, SOCK_STREAM, 0);
	const bool works = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
		sendto(fd, "", 0, 0, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0;

	close(fd);
	close(listener);
	return works;
}

static void try_outlast(void)
{
	mark();
	must(!has_network(), "network");
	for (int second = 0; second < 60 && !has_network(); second++)
		sleep(1);
	must(has_network(), "hooks-stay");
}

/* --- costs --- */

static void unlink_file(void)
{
	close(open("/tmp/lsm_try", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	unlink("/tmp/lsm_try");
}

static void open_to_read(void) { close(open("/proc/version", O_RDONLY | O_CLOEXEC)); }
static void open_to_write(void) { close(open("/dev/null", O_WRONLY | O_CLOEXEC)); }
static int asked;
static void ask_socket(void)
{
	int unread;

	ioctl(asked, FIONREAD, &unread);
}
static int path_listener;
static void connect_to_path(void)
{
	struct sockaddr_un address;
	const socklen_t size = unix_name(&address, "costs", BY_PATH, 0);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	connect(fd, (struct sockaddr *)&address, size);
	close(accept(path_listener, NULL, NULL));
	close(fd);
}

static void use_capability(void) { setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1); }

enum { INHERITED = 9 }; /* the listener's descriptor */

static void make_path_listener(void)
{
	struct sockaddr_un address;
	const socklen_t size = unix_name(&address, "costs", BY_PATH, 0);

	path_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(address.sun_path);
	must(bind(path_listener, (struct sockaddr *)&address, size) == 0 && listen(path_listener, 1) == 0, "listener");
}

static int run_with_listener(char **program)
{
	make_path_listener();
	dup2(path_listener, INHERITED);
	execvp(program[0], program);
	return 127;
}

static void try_costs(void)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} rows[] = {
		{ "create-and-unlink", unlink_file },
		{ "open-to-read", open_to_read },
		{ "open-to-write", open_to_write },
		{ "ioctl-of-socket", ask_socket },
		{ "connect-to-path", connect_to_path },
		{ "capability", use_capability },
	};
	enum { CALLS = 2000 };

	asked = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fcntl(INHERITED, F_GETFD) >= 0)
		path_listener = INHERITED;
	else
		make_path_listener();
	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (int call = 0; call < CALLS; call++)
			rows[row].call();
		clock_gettime(CLOCK_MONOTONIC, &to);
		printf("%s %.1f\n", rows[row].name,
			((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / CALLS);
	}
}

/* --- storm --- */

static void try_storm(int count)
{
	int status, unmarked = 0;

	mark();
	for (int i = 0; i < count; i++) {
		const pid_t child = fork();
		if (child == 0)
			_exit(ask(GET, 0, 0) != ENETDOWN || has_socket());
		unmarked += child < 0 || waitpid(child, &status, 0) != child || status != 0;
	}
	must(unmarked == 0, "unmarked-children");
}

/* --- A program, call by call. --- */

struct call { uint8_t op, pad[3]; uint32_t arch; uint64_t ip, sp, number, arguments[6]; }; /* ptrace(2) */
enum { CALL_ENTRY = 1 };

static pid_t start_traced(char **program, int error)
{
	const pid_t child = fork();

	if (child == 0) {
		dup2(error, STDERR_FILENO);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(program[0], program);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
	return child;
}

/* It goes on to its next call, or to the end of this one; false if it has come to its own. */
static bool next_call(pid_t child, struct call *call, int *status)
{
	do {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, status, 0) != child || WIFEXITED(*status) || WIFSIGNALED(*status))
			return false;
	} while (WSTOPSIG(*status) != (SIGTRAP | 0x80) ||
		ptrace(0x420e /* PTRACE_GET_SYSCALL_INFO */, child, sizeof *call, call) < 0);
	return true;
}

/* --- kill --- */

static bool changes_something(const struct call *call)
{
	enum { MAP_UPDATE = 2, PIN = 6, ATTACH = 17, LINK = 28 }; /* commands of bpf(2) */

	switch (call->number) {
	case SYS_bpf:
		return call->arguments[0] == MAP_UPDATE || call->arguments[0] == PIN || call->arguments[0] == ATTACH ||
			call->arguments[0] == LINK;
#ifdef SYS_mkdir
	case SYS_mkdir:
	case SYS_unlink:
	case SYS_rmdir:
#endif
	case SYS_mkdirat:
	case SYS_unlinkat:
		return true;
	default:
		return false;
	}
}

static void try_kill(int wanted, char **program)
{
	struct call call = { 0 };
	int status, seen = 0;
	const pid_t child = start_traced(program, STDERR_FILENO);

	while (next_call(child, &call, &status))
		if (call.op == CALL_ENTRY && changes_something(&call) && ++seen == wanted) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return;
		}
	bad = true; /* it came to its end */
}

/* --- flight: the list of marked processes is read upwards by number, in one call. Between a low
 * and a high number are thousands of others, so there is time to begin anew at the low one while
 * the reader is among them. The marked process takes the reader's processor from it for that. --- */

enum { CROWD = 3000, HIGH = 30000 };
static int hops[2], landings[2];

struct hop {
	pid_t to;
	unsigned delay; /* microseconds */
};

static void put_on_second_processor(pid_t process)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	must(sched_setaffinity(process, sizeof set, &set) == 0, "second-processor");
}

static pid_t fork_as(pid_t number)
{
	const uint64_t arguments[10] = { [4] = SIGCHLD, [8] = (uintptr_t)&number, [9] = 1 }; /* set_tid, and how many */

	return (pid_t)syscall(SYS_clone3, arguments, sizeof arguments);
}

static _Noreturn void flee(void)
{
	struct hop hop;

	mark();
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
	while (read(hops[0], &hop, sizeof hop) == (ssize_t)sizeof hop) {
		usleep(hop.delay);
		const pid_t child = fork_as(hop.to);
		if (child > 0)
			_exit(0);
		if (write(landings[1], child == 0 ? "" : "x", 1) != 1)
			break;
	}
	_exit(1);
}

/* Orphans come to it and leave no zombies, which would be listed. */
static _Noreturn void father_orphans(void)
{
	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	signal(SIGCHLD, SIG_IGN);
	put_on_second_processor(0);
	if (fork_as(HIGH) == 0)
		flee();
	for (;;)
		pause();
}

static void *stay(void *unused)
{
	pause();
	return unused;
}

/* Leaves a number free below those of its threads, and tells it. */
static _Noreturn void crowd(int ready)
{
	pthread_attr_t small;
	pthread_t thread;
	const pid_t low = fork();

	if (low == 0)
		_exit(0);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < CROWD; i++)
		if (pthread_create(&thread, &small, stay, NULL) != 0)
			_exit(1);
	if (waitpid(low, NULL, 0) != low || write(ready, &low, sizeof low) != (ssize_t)sizeof low)
		_exit(1);
	pause();
	_exit(0);
}

static void hop_to(pid_t number, unsigned delay)
{
	const struct hop hop = { number, delay };

	must(write(hops[1], &hop, sizeof hop) == (ssize_t)sizeof hop, "hop");
}

/* Returns when the child is there, and its parent is not any more. */
static void land(pid_t parent)
{
	char byte = 'x';

	must(read(landings[0], &byte, 1) == 1 && byte == '\0', "land");
	while (kill(parent, 0) == 0)
		usleep(1000);
}

static bool is_anybody_marked(void)
{
	FILE *list = fopen(PINS "marked", "re");
	const bool anybody = list && fgetc(list) != EOF;

	fclose(list);
	return anybody;
}

/* How long it takes to come to the marked process, with a high number, in microseconds. */
static unsigned measure_reading(void)
{
	struct timespec from, to;

	while (!is_anybody_marked())
		usleep(10000);
	clock_gettime(CLOCK_MONOTONIC, &from);
	must(is_anybody_marked(), "nobody-marked");
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (unsigned)((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
}

static bool reads_list(pid_t process, const struct call *call)
{
	char name[60], target[60] = "";

	snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)process, (int)call->arguments[0]);
	return call->number == SYS_read && readlink(name, target, sizeof target - 1) > 0 && strcmp(target, PINS "marked") == 0;
}

/* What PROG exits with; what it says goes to WORDS. Each time it reads the list the marked process
 * passes it DELAY later, and comes back. */
static int run_past(char **program, pid_t low, unsigned delay, char words[], size_t size)
{
	struct call call = { 0 };
	int output[2], status = 0;
	bool reading = false;

	memset(words, 0, size);
	if (pipe(output) != 0)
		return -1;
	const pid_t child = start_traced(program, output[1]);
	close(output[1]);
	put_on_second_processor(child);
	while (!bad && next_call(child, &call, &status))
		if (reading) {
			land(HIGH);
			hop_to(HIGH, 0);
			land(low);
			reading = false;
		} else if (call.op == CALL_ENTRY && reads_list(child, &call)) {
			hop_to(low, delay);
			reading = true;
		}
	must(read(output[0], words, size - 1) >= 0, "words");
	close(output[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void try_flight(int rounds, char **program)
{
	static const char met[] = "one that begins just now";
	char words[300] = "";
	int ready[2];
	pid_t low = 0;

	if (pipe(ready) != 0 || pipe(hops) != 0 || pipe(landings) != 0)
		return;
	const pid_t many = fork();
	if (many == 0)
		crowd(ready[1]);
	must(read(ready[0], &low, sizeof low) == (ssize_t)sizeof low, "crowd");
	const pid_t father = fork();
	if (father == 0)
		father_orphans();
	const unsigned delay = measure_reading() / 2;
	for (int round = 0; round < rounds && !bad && !strstr(words, met); round++)
		must(run_past(program, low, delay, words, sizeof words) == 111, "unloaded-under-a-marked-process");
	must(bad || strstr(words, met), "never-passed-the-reader");
	kill(-father, SIGKILL);
	waitpid(father, NULL, 0);
	kill(many, SIGKILL);
	waitpid(many, NULL, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "answers") == 0)
		try_answers();
	else if (strcmp(what, "domains") == 0)
		try_domains();
	else if (strcmp(what, "pins") == 0 && argc == 3) {
		other_folder = argv[2];
		in_child(try_pins);
		rmdir(EMPTY);
	} else if (strcmp(what, "setting") == 0)
		try_setting();
	else if (strcmp(what, "sockets") == 0)
		in_child(try_sockets);
	else if (strcmp(what, "rings") == 0)
		try_rings();
	else if (strcmp(what, "namespaces") == 0)
		in_child(try_namespaces);
	else if (strcmp(what, "costs") == 0)
		try_costs();
	else if (strcmp(what, "listener") == 0 && argc > 2)
		return run_with_listener(argv + 2);
	else if (strcmp(what, "no-unix") == 0 && (argc == 3 || argc == 4)) {
		calls = argc - 2;
		for (int i = 0; i < calls; i++)
			flags_of_call[i] = atoi(argv[2 + i]);
		try_no_unix();
	} else if (strcmp(what, "reach") == 0)
		return argc > 2 ? reach_behind(argv[0], argc - 2, argv + 2) : reach_outside();
	else if (strcmp(what, "core") == 0)
		try_core();
	else if (strcmp(what, "hold") == 0 && argc > 3)
		return hold_and_run(atoi(argv[2]), argv + 3);
	else if (strcmp(what, "outlast") == 0)
		try_outlast();
	else if (strcmp(what, "flight") == 0 && argc > 3)
		try_flight(atoi(argv[2]), argv + 3);
	else if (strcmp(what, "storm") == 0 && argc == 3)
		try_storm(atoi(argv[2]));
	else if (strcmp(what, "kill") == 0 && argc > 3)
		try_kill(atoi(argv[2]), argv + 3);
	else
		return 100;
	return fflush(stdout) != 0 || bad;
}
