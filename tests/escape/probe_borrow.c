/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * Cases about somebody else's network and about more privilege: other processes,
 * abstract sockets, the terminal, keys, devices, namespaces, capabilities, setuid.
 */
#include "netprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/serial.h>
#include <linux/vhost.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct result no_victim(void) { return result(NOT_HERE, "no driver outside"); }

/* --- Another process. --- */

static struct result probe_getfd(const struct probe *probe)
{
	if (!shared->victim)
		return no_victim();
	const long process = syscall(SYS_pidfd_open, (long)shared->victim, 0L);
	if (process < 0)
		return refused("pidfd_open");
	const long taken = syscall(SYS_pidfd_getfd, process, (long)shared->victim_socket, 0L);
	if (taken < 0)
		return refused("pidfd_getfd");
	if (send((int)taken, token(probe), strlen(token(probe)), MSG_NOSIGNAL) < 0)
		return refused("send");
	return prove("old", probe);
}

static struct result probe_ptrace(const struct probe *probe)
{
	if (!shared->victim)
		return no_victim();
	if (ptrace(probe->number ? PTRACE_SEIZE : PTRACE_ATTACH, shared->victim, NULL, NULL) != 0)
		return refused(probe->number ? "PTRACE_SEIZE" : "PTRACE_ATTACH");
	if (!probe->number)
		waitpid(shared->victim, NULL, __WALL);
	return result(ESCAPED, "the process outside is traced");
}

/* The victim says so when a word of its memory changes. */
static struct result prove_written(const struct probe *probe)
{
	char text[24];

	snprintf(text, sizeof text, "%d", (int)probe->number + 10 * (int)shared->run);
	return outside_received("victim", text) ? result(ESCAPED, "the process outside saw its memory change")
											: result(BROKEN, "not refused, and yet nothing changed");
}

static struct result probe_vm_writev(const struct probe *probe)
{
	int32_t value = (int)probe->number + 10 * (int)shared->run;
	const struct iovec local = { &value, sizeof value };
	const struct iovec remote = { (void *)(uintptr_t)shared->victim_word, sizeof value };

	if (!shared->victim)
		return no_victim();
	if (syscall(SYS_process_vm_writev, (long)shared->victim, &local, 1L, &remote, 1L, 0L) != sizeof value)
		return refused("process_vm_writev");
	return prove_written(probe);
}

static struct result probe_vm_readv(const struct probe *probe)
{
	int32_t value = -1;
	const struct iovec local = { &value, sizeof value };
	const struct iovec remote = { (void *)(uintptr_t)shared->victim_word, sizeof value };

	(void)probe;
	if (!shared->victim)
		return no_victim();
	if (syscall(SYS_process_vm_readv, (long)shared->victim, &local, 1L, &remote, 1L, 0L) != sizeof value)
		return refused("process_vm_readv");
	return result(ESCAPED, "its memory was read");
}

static struct result probe_mem(const struct probe *probe)
{
	const int32_t value = (int)probe->number + 10 * (int)shared->run;
	char file[40];

	if (!shared->victim)
		return no_victim();
	snprintf(file, sizeof file, "/proc/%d/mem", (int)shared->victim);
	const int fd = open(file, O_RDWR);
	if (fd < 0)
		return refused("open /proc/PID/mem");
	if (syscall(SYS_lseek, fd, 0L, 0L) < 0 || pwrite(fd, &value, sizeof value, (off_t)shared->victim_word) != sizeof value)
		return refused("write /proc/PID/mem");
	return prove_written(probe);
}

static struct result probe_fd_link(const struct probe *probe)
{
	char file[40];

	if (!shared->victim)
		return no_victim();
	snprintf(file, sizeof file, "/proc/%d/fd/%d", (int)shared->victim, (int)shared->victim_pipe);
	const int fd = open(file, O_WRONLY);
	if (fd < 0)
		return refused("open /proc/PID/fd/N");
	if (write(fd, token(probe), strlen(token(probe))) < 0)
		return refused("write");
	return prove("pipe", probe);
}

/* --- Descriptors that drive another process. --- */

/* By a seccomp listener: what the process outside asks the kernel for is answered with a file
 * of ours, and it sends that to its own server. */
static struct result probe_listener(const struct probe *probe)
{
	struct seccomp_notif request;
	struct seccomp_notif_resp answer = { .flags = 0 };
	struct seccomp_notif_addfd planted = { .flags = 0 };
	const int ours = (int)syscall(SYS_memfd_create, "netprobe", 0L);

	if (!shared->listener)
		return result(NOT_HERE, "not inherited");
	memset(&request, 0, sizeof request);
	if (write(ours, token(probe), strlen(token(probe))) < 0)
		return broken("write");
	if (ioctl(shared->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
		return refused("SECCOMP_IOCTL_NOTIF_RECV");
	planted.id = answer.id = request.id;
	planted.srcfd = (uint32_t)ours;
	answer.val = ioctl(shared->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &planted);
	if (answer.val < 0 || ioctl(shared->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0)
		return refused("SECCOMP_IOCTL_NOTIF_ADDFD");
	return prove("supervised", probe);
}

static struct result probe_memory(const struct probe *probe)
{
	const int32_t value = (int)probe->number + 10 * (int)shared->run;

	if (!shared->memory)
		return result(NOT_HERE, "not inherited");
	if (pwrite(shared->memory, &value, sizeof value, (off_t)shared->victim_word) != sizeof value)
		return refused("write the inherited /proc/PID/mem");
	return prove_written(probe);
}

/* --- What keeps the hooks of disablenetwork-lsm: files of a bpffs, here of one of the driver's. --- */

enum take_away { UNLINK, RENAME, RENAME_OVER, RMDIR };

static struct result probe_pins(const struct probe *probe)
{
	char first[120], second[120], other[120];
	int failed = -1;

	if (!shared->pins[0])
		return result(NOT_HERE, "no disablenetwork-lsm is loaded, or the driver was not started by root for root");
	snprintf(first, sizeof first, "%s/%d/pin-%d", shared->pins, (int)shared->run, (int)probe->number);
	snprintf(second, sizeof second, "%s/%d/pin-to-keep", shared->pins, (int)shared->run);
	snprintf(other, sizeof other, "%s/%d/moved", shared->pins, (int)shared->run);
	switch ((enum take_away)probe->number) {
	case UNLINK: failed = unlink(first); break;
	case RENAME: failed = rename(first, other); break;
	case RENAME_OVER: failed = rename(first, second); break;
	case RMDIR: failed = rmdir(first); break;
	}
	return failed ? refused("taking a pin away") : result(ESCAPED, "a pin is gone");
}

/* --- Abstract sockets outside; those in the file system are in probe_unix.c. --- */

static socklen_t abstract_address(struct sockaddr_un *address, const char *name)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

enum { ABSTRACT_STREAM, ABSTRACT_DATAGRAM, ABSTRACT_DATAGRAM_CONNECT, PASSED };

static struct result probe_abstract(const struct probe *probe)
{
	const long way = probe->number % PASSED;
	const bool passed = probe->number >= PASSED, datagram = way == ABSTRACT_DATAGRAM || way == ABSTRACT_DATAGRAM_CONNECT;
	const int type = datagram ? SOCK_DGRAM : SOCK_STREAM;
	char request[32];
	snprintf(request, sizeof request, "make %d", type);
	const int fd = passed ? ask_accomplice(request) : socket(AF_UNIX, type, 0);
	struct sockaddr_un address;
	const socklen_t size = abstract_address(&address, datagram ? shared->abstract_datagram : shared->abstract_stream);

	if (!shared->victim)
		return no_victim();
	if (fd < 0)
		return passed ? result(NOT_HERE, "nothing was passed in") : refused("socket");
	if (way == ABSTRACT_DATAGRAM) {
		if (sendto(fd, token(probe), strlen(token(probe)), 0, (struct sockaddr *)&address, size) < 0)
			return refused("sendto");
	} else if (connect(fd, (struct sockaddr *)&address, size) != 0) {
		return refused("connect");
	} else if (send(fd, token(probe), strlen(token(probe)), MSG_NOSIGNAL) < 0) {
		return refused("send");
	}
	return prove("unix", probe);
}

/* --- The terminal. --- */

static struct result probe_tiocsti(const struct probe *probe)
{
	const unsigned long request = probe->number ? (unsigned long)((uint64_t)7 << 32 | TIOCSTI) : TIOCSTI;
	const int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios raw;
	char name[64], got = 0;
	const char pushed = 'x';

	if (probe->number && sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0)
		return result(NOT_HERE, "no pseudo terminal");
	setsid();
	const int slave = open(name, O_RDWR); /* it becomes our controlling terminal */
	if (slave < 0 || tcgetattr(slave, &raw) != 0)
		return result(NOT_HERE, "no pseudo terminal: %s", strerror(errno));
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 10;
	tcsetattr(slave, TCSANOW, &raw);
	if (probe->number == 2) {
		char *const byte = low_memory();
		if (!has_int80() || !byte)
			return result(NOT_HERE, "no i386 calls here");
		*byte = pushed;
		const long answer = int80(54, slave, TIOCSTI, (long)(uintptr_t)byte, 0, 0, 0);
		errno = (int)-answer;
		if (answer < 0)
			return refused("i386 ioctl TIOCSTI");
	} else if (syscall(SYS_ioctl, slave, request, &pushed) != 0) {
		return refused("TIOCSTI");
	}
	if (read(slave, &got, 1) != 1 || got != pushed)
		return result(BROKEN, "not refused, and yet nothing typed");
	return result(ESCAPED, "a key was typed");
}

/* A serial line's loopback bit turns what is written into what is typed; other modes may let a line hear itself;
 * a line discipline makes the kernel take what is written for a device's words. The door is that the terminal's
 * driver is asked: that of a pseudo terminal knows the last only. */
static const struct { const char *name; unsigned request; int argument; } terminal_doors[] = {
	{ "tiocmbis", TIOCMBIS, 0x8000 /* TIOCM_LOOP */ }, { "tiocmset", TIOCMSET, 0x8000 },
	{ "tiocsrs485", 0x542f, 0 }, { "tiocsiso7816", 0xc0285443, 0 }, { "tiocsetd", TIOCSETD, 0 /* N_TTY */ },
};
enum { TERMINAL_DOORS = sizeof terminal_doors / sizeof terminal_doors[0] };
static const char *const call_ways[] = { "", "-garbage-above-32-bits", "-int80" };

static struct result probe_terminal(const struct probe *probe)
{
	const unsigned request = terminal_doors[probe->number % TERMINAL_DOORS].request;
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	int *const argument = low_memory();
	long answer;

	if (terminal < 0 || !argument)
		return result(NOT_HERE, "no pseudo terminal");
	*argument = terminal_doors[probe->number % TERMINAL_DOORS].argument;
	switch (probe->number / TERMINAL_DOORS) {
	case 0: answer = syscall(SYS_ioctl, terminal, (unsigned long)request, argument); break;
	case 1:
		if (sizeof(long) == 4)
			return result(NOT_HERE, "registers have 32 bits");
		answer = syscall(SYS_ioctl, terminal, (unsigned long)((uint64_t)7 << 32 | request), argument);
		break;
	default:
		if (!has_int80())
			return result(NOT_HERE, "no i386 calls here");
		answer = int80(54, terminal, (long)request, (long)(uintptr_t)argument, 0, 0, 0);
		errno = answer < 0 ? (int)-answer : 0;
	}
	if (answer >= 0 || errno == ENOTTY || errno == EINVAL)
		return result(ESCAPED, "the terminal's driver was asked");
	return refused("ioctl");
}

/* How many bytes a serial line has received (tty_ioctl(2)); -1: it does not say. */
static int received_by_line(void)
{
	struct serial_icounter_struct counts;

	memset(&counts, 0, sizeof counts);
	return ioctl(STDIN_FILENO, TIOCGICOUNT, &counts) == 0 ? counts.rx : -1;
}

/* What the guests run behind the tool, on a real serial line with a shell that reads from it. */
int type_back(const char *line)
{
	struct termios before, raw;
	const int bits = 0x8000 /* TIOCM_LOOP */, received = received_by_line(), length = (int)strlen(line) + 1;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return 111;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)ECHO;
	raw.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	const bool looped = ioctl(STDIN_FILENO, TIOCMBIS, &bits) == 0 || ioctl(STDIN_FILENO, TIOCMSET, &bits) == 0;
	dprintf(STDIN_FILENO, "%s\n", line);
	tcdrain(STDIN_FILENO);
	usleep(300000); /* the last byte is still on its way, and longer on a busy machine */
	for (int i = 0; looped && received >= 0 && i < 500 && received_by_line() - received < length; i++)
		usleep(20000);
	ioctl(STDIN_FILENO, TIOCMBIC, &bits);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return !looped;
}

static struct result probe_tioclinux(const struct probe *probe)
{
	const unsigned long request = probe->number ? (unsigned long)((uint64_t)7 << 32 | TIOCLINUX) : TIOCLINUX;
	char shift_state = 6; /* TIOCL_GETSHIFTSTATE: harmless, and the same door as pasting */

	if (probe->number && sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	setsid();
	const int console = open("/dev/tty0", O_RDWR) >= 0 ? 0 : open("/dev/tty1", O_RDWR);
	if (console < 0)
		return refused("open a console");
	for (int fd = 0; fd < 64; fd++)
		if (syscall(SYS_ioctl, fd, request, &shift_state) == 0)
			return result(ESCAPED, "the console answered");
		else if (errno == EPERM)
			return refused("TIOCLINUX");
	return refused("TIOCLINUX");
}

/* --- Keys: a request with callout information makes the kernel run its helper. --- */

static struct result probe_request_key(const struct probe *probe)
{
	enum { PROCESS_KEYRING = -2, KEYCTL_READ = 11 };
	int32_t keys[8];
	char name[64];

	snprintf(name, sizeof name, "netprobe-%d", (int)getpid());
	const long key = syscall(SYS_request_key, "user", name, probe->number ? "" : "callout", (long)PROCESS_KEYRING);
	const int error = errno;
	/* Where the helper failed, a negative key is left behind: it was run. So is one where the
	 * helper was refused, and then the call says so. */
	const long size = syscall(SYS_keyctl, (long)KEYCTL_READ, (long)PROCESS_KEYRING, keys, sizeof keys);
	if (key >= 0 || (size > 0 && error != EPERM))
		return result(ESCAPED, "the kernel ran its helper");
	errno = error;
	return refused("request_key");
}

/* --- Devices. --- */

static const char *tun_device(void) { return shared->tun_device[0] ? shared->tun_device : "/dev/net/tun"; }

static struct result probe_tun(const struct probe *probe)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const unsigned long number = probe->number ? (unsigned long)((uint64_t)7 << 32 | TUNSETIFF) : TUNSETIFF;
	const int fd = open(tun_device(), O_RDWR);

	if (fd < 0)
		return refused("open the tun device");
	if (probe->number && sizeof(long) == 4)
		return result(NOT_HERE, "registers have 32 bits");
	if (!shared->tap[0])
		return result(NOT_HERE, "no persistent tap: the driver was not started by root");
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", shared->tap);
	if (syscall(SYS_ioctl, fd, number, &request) != 0)
		return refused("TUNSETIFF");
	return result(ESCAPED, "attached to the tap");
}

static uint32_t sum_words(uint32_t sum, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	return sum;
}

/* A frame of the probe's own, which an XDP program that somebody else loaded lets into the loopback
 * interface (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18): no socket, no capability. */
static struct result probe_xdp(const struct probe *probe)
{
	enum { IPV6 = 14, UDP = IPV6 + 40, DATA = UDP + 8, LIVE_FRAMES = 2 };
	uint8_t frame[DATA + RECORD] = { [IPV6 - 2] = 0x86, 0xdd, 6 << 4, [IPV6 + 6] = IPPROTO_UDP, 64 };
	const size_t length = strlen(token(probe)), rest = 8 + length;
	const int program = probe->number ? ask_accomplice("lend program") : shared->xdp;
	union bpf_attr run;

	if (program <= 0)
		return result(NOT_HERE, "no XDP program: not inherited, the driver was not started by root, or this kernel has none");
	if (!shared->new_udp6.in6.sin6_port)
		return result(NOT_HERE, "no IPv6");
	frame[IPV6 + 5] = frame[UDP + 5] = (uint8_t)rest;
	memcpy(frame + IPV6 + 8, &shared->new_udp6.in6.sin6_addr, 16);
	memcpy(frame + IPV6 + 24, &shared->new_udp6.in6.sin6_addr, 16);
	memcpy(frame + UDP, &shared->new_udp6.in6.sin6_port, 2);
	memcpy(frame + UDP + 2, &shared->new_udp6.in6.sin6_port, 2);
	memcpy(frame + DATA, token(probe), length);
	uint32_t sum = sum_words(sum_words((uint32_t)rest + IPPROTO_UDP, frame + IPV6 + 8, 32), frame + UDP, 8 + RECORD);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	frame[UDP + 6] = (uint8_t)(sum >> 8);
	frame[UDP + 7] = (uint8_t)sum;

	memset(&run, 0, sizeof run);
	run.test.prog_fd = (uint32_t)program;
	run.test.data_in = (uintptr_t)frame;
	run.test.data_size_in = (uint32_t)(DATA + length);
	run.test.repeat = 1;
	run.test.flags = LIVE_FRAMES;
	if (syscall(SYS_bpf, (long)BPF_PROG_TEST_RUN, &run, sizeof run) != 0)
		return refused("run an XDP program");
	if (run.test.retval != 0) /* the program's own result: only tried on a copy */
		return result(NOT_HERE, "before Linux 5.18 no frame leaves");
	return prove("new", probe);
}

static struct result probe_tun_inherited(const struct probe *probe)
{
	struct ifreq request;

	(void)probe;
	if (!shared->tun)
		return result(NOT_HERE, "not inherited");
	if (ioctl(shared->tun, TUNGETIFF, &request) != 0)
		return refused("TUNGETIFF");
	return result(ESCAPED, "the tap is there: %.15s", request.ifr_name);
}

/* A frame into the link, which is what opening the device alone allows. */
static struct result probe_macvtap(const struct probe *probe)
{
	enum { VNET_HEADER = 10, ETHERNET = 14 };
	char frame[VNET_HEADER + ETHERNET + RECORD] = { 0 };
	int fd = shared->macvtap;

	if (!shared->macvtap_device[0])
		return result(NOT_HERE, "no macvtap: the driver was not started by root, or this kernel has none");
	if (probe->number) {
		if (!fd)
			return result(NOT_HERE, "not inherited");
		if (fcntl(fd, F_GETFD) < 0)
			return result(BLOCKED, "the sandbox closed the descriptor");
	} else if ((fd = open(shared->macvtap_device, O_RDWR)) < 0) {
		return refused("open the macvtap");
	}
	memset(frame + VNET_HEADER, 0xff, 6); /* to everybody */
	frame[VNET_HEADER + 6] = 2, frame[VNET_HEADER + 12] = frame[VNET_HEADER + 13] = (char)0x88;
	snprintf(frame + VNET_HEADER + ETHERNET, RECORD, "%s", token(probe));
	if (write(fd, frame, sizeof frame) < 0)
		return refused("write");
	return prove("link", probe);
}

static struct result probe_vhost(const struct probe *probe)
{
	static const char *const files[] = { "/dev/vhost-net", "/dev/vhost-vsock" };
	const unsigned long garbage = (unsigned long)((uint64_t)7 << 32);
	const int fd = open(files[probe->number], O_RDWR);

	if (fd < 0)
		return refused("open");
	if (syscall(SYS_ioctl, fd, (unsigned long)VHOST_SET_OWNER, NULL) != 0 &&
		(sizeof(long) == 4 || syscall(SYS_ioctl, fd, garbage | VHOST_SET_OWNER, NULL) != 0))
		return refused("VHOST_SET_OWNER");
	return result(ESCAPED, "a vhost serves us");
}

/* --- Privilege. --- */

int say_who(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const long trial = syscall(SYS_socket, (long)AF_INET, (long)SOCK_STREAM, 0L);

	syscall(SYS_capget, &header, data);
	printf("uid=%d euid=%d gid=%d egid=%d capabilities=%08x%08x socket=%s\n", (int)getuid(), (int)geteuid(),
		(int)getgid(), (int)getegid(), data[1].effective, data[0].effective, trial >= 0 ? "yes" : "no");
	return fflush(stdout) != 0;
}

/* Those that would bring the network back, or all others. */
static const uint32_t dangerous = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW | 1U << CAP_SYS_ADMIN | 1U << CAP_SYS_PTRACE |
	1U << CAP_SYS_MODULE | 1U << CAP_SETPCAP | 1U << CAP_SYS_RAWIO;

struct who { int uid, euid, gid, egid; unsigned high, low; };

static bool ask_who(const char *program, struct who *who)
{
	char line[200] = "", option[] = "--who";
	int channel[2], status;

	if (pipe(channel) != 0)
		return false;
	const pid_t child = fork();
	if (child == 0) {
		dup2(channel[1], STDOUT_FILENO);
		execv(program, (char *const[]){ (char *)(uintptr_t)program, option, NULL });
		_exit(127);
	}
	close(channel[1]);
	if (read(channel[0], line, sizeof line - 1) < 0)
		return false;
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		errno = EINTR;
	return sscanf(line, "uid=%d euid=%d gid=%d egid=%d capabilities=%8x%8x", &who->uid, &who->euid, &who->gid,
		&who->egid, &who->high, &who->low) == 6;
}

enum helper { SETUID, SETGID, FILE_CAPABILITIES, EXEC_AS_ROOT };

static struct result probe_helper(const struct probe *probe)
{
	const char *const programs[] = { shared->helper_setuid, shared->helper_setgid, shared->helper_capabilities, "/proc/self/exe" };
	struct who who;

	if (!programs[probe->number][0])
		return result(NOT_HERE, "no helper: the driver was not started by root");
	if (probe->number == EXEC_AS_ROOT && geteuid() != 0)
		return result(NOT_HERE, "not uid 0");
	if (probe->number != EXEC_AS_ROOT && geteuid() == 0)
		return result(NOT_HERE, "root has nothing to gain");
	if (!ask_who(programs[probe->number], &who))
		return refused("running the helper");
	if ((probe->number == SETUID && who.euid == 0) || (probe->number == SETGID && who.egid == 0 && who.gid != 0) ||
		(who.low & dangerous))
		return result(ESCAPED, "euid %d, egid %d, capabilities %x", who.euid, who.egid, who.low);
	return result(BLOCKED, "euid %d, egid %d, capabilities %x", who.euid, who.egid, who.low);
}

enum regain { RAISE, AMBIENT, SETUID_0, NEW_USER_EXEC };

static struct result probe_regain(const struct probe *probe)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return refused("capget");
	switch ((enum regain)probe->number) {
	case RAISE:
		data[0].effective |= 1U << CAP_NET_ADMIN;
		data[0].permitted |= 1U << CAP_NET_ADMIN;
		if (syscall(SYS_capset, &header, data) != 0)
			return refused("capset");
		break;
	case AMBIENT:
		data[0].inheritable |= data[0].permitted;
		if (syscall(SYS_capset, &header, data) != 0)
			return refused("capset");
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (long)CAP_NET_ADMIN, 0L, 0L) != 0)
			return refused("PR_CAP_AMBIENT_RAISE");
		break;
	case SETUID_0:
		if (geteuid() == 0 && (setresuid(65534, 65534, 0) != 0 || setresuid(0, 0, 0) != 0))
			return refused("setresuid there and back");
		if (setuid(0) != 0)
			return refused("setuid 0");
		break;
	case NEW_USER_EXEC: break;
	}
	syscall(SYS_capget, &header, data);
	if (data[0].effective & dangerous)
		return result(ESCAPED, "capabilities %x", data[0].effective);
	return result(BLOCKED, "capabilities %x", data[0].effective);
}

/* --- Namespaces: what a user namespace hands back must reach nothing outside it. --- */

static struct result probe_setns(const struct probe *probe)
{
	char file[40];

	if (!shared->victim)
		return no_victim();
	if (probe->number) {
		const long process = syscall(SYS_pidfd_open, (long)shared->victim, 0L);
		if (setns((int)process, CLONE_NEWNET) != 0)
			return refused("setns by pidfd");
		return result(ESCAPED, "in the network namespace of the process outside");
	}
	snprintf(file, sizeof file, "/proc/%d/ns/net", (int)shared->victim);
	const int fd = open(file, O_RDONLY);
	if (fd < 0)
		return refused("open /proc/PID/ns/net");
	if (setns(fd, CLONE_NEWNET) != 0)
		return refused("setns");
	return result(ESCAPED, "in the network namespace of the process outside");
}

enum inside { INSIDE_TUN, INSIDE_GETFD, INSIDE_RAISE_LINK };

/* With all capabilities of a user namespace. */
static struct result probe_user_namespace(const struct probe *probe)
{
	if (unshare(CLONE_NEWUSER) != 0)
		return refused("unshare");
	switch ((enum inside)probe->number) {
	case INSIDE_TUN: {
		struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
		if (unshare(CLONE_NEWNET) != 0)
			return refused("unshare the network");
		const int fd = open(tun_device(), O_RDWR);
		if (fd < 0)
			return refused("open the tun device");
		if (ioctl(fd, TUNSETIFF, &request) != 0)
			return refused("TUNSETIFF");
		return result(ESCAPED, "a tun device of its own");
	}
	case INSIDE_GETFD: return probe_getfd(probe);
	case INSIDE_RAISE_LINK: {
		/* An AF_UNIX socket takes interface requests as any socket does. */
		struct ifreq request = { .ifr_name = "lo", .ifr_flags = 0 };
		const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		if (fd < 0)
			return refused("socket");
		request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_PROMISC;
		if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
			return refused("SIOCSIFFLAGS");
		return result(ESCAPED, "changed an interface outside");
	}
	}
	return result(BROKEN, "no such case");
}

/* Without namespaces, by the capabilities that root brings. */
static struct result probe_raise_link(const struct probe *probe)
{
	struct ifreq request = { .ifr_name = "lo" };
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)probe;
	if (fd < 0)
		return refused("socket");
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		return refused("SIOCGIFFLAGS");
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		return refused("SIOCSIFFLAGS");
	return result(ESCAPED, "may change an interface");
}

void add_borrow_probes(void)
{
	add_probe(false, probe_getfd, "pidfd-getfd");
	add_probe(false, probe_ptrace, "ptrace-seize")->number = 1;
	add_probe(false, probe_ptrace, "ptrace-attach")->number = 0;
	add_probe(false, probe_vm_readv, "process-vm-readv");
	add_probe(false, probe_vm_writev, "process-vm-writev")->number = 1;
	add_probe(false, probe_mem, "proc-mem")->number = 2;
	add_probe(false, probe_fd_link, "proc-fd");
	add_probe(false, probe_listener, "seccomp-listener-inherited");
	add_probe(false, probe_memory, "memory-inherited")->number = 3;
	add_probe(false, probe_pins, "pins-unlink")->number = UNLINK;
	add_probe(false, probe_pins, "pins-rename")->number = RENAME;
	add_probe(false, probe_pins, "pins-rename-over")->number = RENAME_OVER;
	add_probe(false, probe_pins, "pins-rmdir")->number = RMDIR;
	add_probe(false, probe_abstract, "abstract-stream")->number = ABSTRACT_STREAM;
	add_probe(false, probe_abstract, "abstract-datagram")->number = ABSTRACT_DATAGRAM;
	add_probe(false, probe_abstract, "abstract-datagram-connect")->number = ABSTRACT_DATAGRAM_CONNECT;
	add_probe(false, probe_abstract, "abstract-stream-passed")->number = PASSED + ABSTRACT_STREAM;
	add_probe(false, probe_abstract, "abstract-datagram-passed")->number = PASSED + ABSTRACT_DATAGRAM;
	add_probe(false, probe_abstract, "abstract-datagram-connect-passed")->number = PASSED + ABSTRACT_DATAGRAM_CONNECT;
	add_probe(false, probe_tiocsti, "tiocsti")->number = 0;
	add_probe(false, probe_tiocsti, "tiocsti-garbage-above-32-bits")->number = 1;
	add_probe(false, probe_tiocsti, "tiocsti-int80")->number = 2;
	add_probe(false, probe_tioclinux, "tioclinux")->number = 0;
	add_probe(false, probe_tioclinux, "tioclinux-garbage-above-32-bits")->number = 1;
	for (int i = 0; i < 3 * TERMINAL_DOORS; i++)
		add_probe(false, probe_terminal, "%s%s", terminal_doors[i % TERMINAL_DOORS].name, call_ways[i / TERMINAL_DOORS])->number = i;
	add_probe(false, probe_request_key, "request-key-callout")->number = 0;
	add_probe(false, probe_request_key, "request-key-empty-callout")->number = 1;
	add_probe(false, probe_tun, "tap-attach")->number = 0;
	add_probe(false, probe_tun, "tap-attach-garbage-above-32-bits")->number = 1;
	add_probe(false, probe_xdp, "xdp-program-inherited")->number = 0;
	add_probe(false, probe_xdp, "xdp-program-passed")->number = 1;
	add_probe(false, probe_tun_inherited, "tap-inherited");
	add_probe(false, probe_macvtap, "macvtap-open")->number = 0;
	add_probe(false, probe_macvtap, "macvtap-inherited")->number = 1;
	add_probe(false, probe_vhost, "vhost-net")->number = 0;
	add_probe(false, probe_vhost, "vhost-vsock")->number = 1;
	add_probe(false, probe_helper, "setuid-program")->number = SETUID;
	add_probe(false, probe_helper, "setgid-program")->number = SETGID;
	add_probe(false, probe_helper, "file-capabilities-program")->number = FILE_CAPABILITIES;
	add_probe(false, probe_helper, "exec-as-uid-0")->number = EXEC_AS_ROOT;
	add_probe(false, probe_regain, "capset")->number = RAISE;
	add_probe(false, probe_regain, "capability-ambient")->number = AMBIENT;
	add_probe(false, probe_regain, "setuid-back-to-0")->number = SETUID_0;
	add_probe(false, probe_setns, "setns-file")->number = 0;
	add_probe(false, probe_setns, "setns-pidfd")->number = 1;
	add_probe(false, probe_user_namespace, "user-namespace-tun")->number = INSIDE_TUN;
	add_probe(false, probe_user_namespace, "user-namespace-pidfd-getfd")->number = INSIDE_GETFD;
	add_probe(false, probe_user_namespace, "user-namespace-interface")->number = INSIDE_RAISE_LINK;
	add_probe(false, probe_raise_link, "interface-change");
}
