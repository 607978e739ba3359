/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * netprobe: what its parts share. The driver (outside the sandbox) and the probe
 * (inside) speak through one file that both map: it holds what the probe needs to
 * know, what the outside received, and what each case did without the sandbox.
 * Fixed-width fields only: a 32-bit probe may sit behind a 64-bit driver.
 */
#ifndef NETPROBE_H
#define NETPROBE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

enum { SLOTS = 48, HELPERS = 4, PROBES = 700, RECORDS = 4096, RECORD = 104, DETAIL = 120, NAME = 48 };

enum verdict { BLOCKED, ESCAPED, WORKS, BROKEN, NOT_HERE, GAP, VERDICTS };

struct result {
	enum verdict verdict;
	char detail[DETAIL];
};

/* A kind of socket that is held: inherited, or passed in by the accomplice. */
enum holder_state { CONNECTED, UNCONNECTED, LISTENING };
struct holder {
	const char *name;
	const char *set; /* of --inherit; NULL for one that is passed in */
	int domain, type, protocol;
	enum holder_state state;
};
extern const struct holder holders[];
enum { TCP4, TCP4_FREE, TCP6, LISTENER4, MPTCP4, MPTCP4_FREE, VSOCK, UDP4, UDP4_FREE, UDP6, SCTP4,
	PASSED_TCP4, PASSED_TCP4_FREE, PASSED_TCP6, PASSED_MPTCP4, PASSED_UDP4, PASSED_UDP4_FREE,
	PASSED_UDP6, HOLDERS, NO_HOLDER = -1 };

/* One case. */
struct probe {
	char name[NAME];
	bool must_work; /* else it must fail */
	struct result (*run)(const struct probe *probe);
	int holder; /* of the socket that it uses; each uses another one of that kind */
	int slot;
	long number; /* a parameter: family, option, way */
	bool shares; /* its child shares directory and umask with the probe */
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct { uint16_t family, reserved; uint32_t port, cid, rest; } vm; /* sockaddr_vm, which old headers lack */
};
enum { FAMILY_VSOCK = 40, CID_LOCAL = 1 /* vsock's loopback */ };
enum { ROUTED_USER = 54321 /* his packets go by another link */, XDP_RING = 64 /* entries */ };

struct shared {
	int32_t run;         /* 0 without the sandbox, 1 behind it, -1 with no driver */
	int32_t has_control; /* control[] is filled in */
	int32_t wire;        /* there is a tun device whose other end is the driver */
	int32_t second_wire; /* the index of another one, where nothing goes by itself */
	int32_t abstract_allowed;
	int32_t unix_shut, unix_allowed; /* the sandbox shuts AF_UNIX sockets in the file system, all or all but those in FOLDER/allowed */
	int32_t shares_directory; /* the sandbox is started by a process that shares its directory and umask with one outside */
	int32_t set_tcp, set_stream, set_listener; /* what the inherited sets have in them */
	union address old4, old6, new4, new6, new_udp4, new_udp6, new_vsock;
	int32_t first[HOLDERS]; /* descriptors of a kind: first ... first + SLOTS - 1; 0 for none */
	int32_t accomplice, ring, ring_polled, tun, macvtap, packet, netlink, raw, xdp; /* descriptors, or 0 */
	int32_t driver, helpers[HELPERS]; /* the process outside that starts the sandbox, and what it started before */
	int32_t victim, victim_socket, victim_pipe;
	int32_t listener, memory, router, abstract; /* more descriptors: seccomp's, the victim's memory, multicast, AF_UNIX */
	int32_t container, container_user, container_net; /* a process in namespaces of the user's own, and these, inherited */
	struct handle { uint32_t size; int32_t type; uint8_t text[16]; } handle_user, handle_net; /* struct file_handle */
	_Alignas(8) uint64_t container_number;            /* the inode of its user namespace */
	_Alignas(8) uint64_t xdp_producer, xdp_descriptors; /* offsets in the ring of xdp_socket */
	int32_t xdp_socket, xdp_memory;
	_Alignas(8) uint64_t victim_word;
	char folder[32], path_stream[96], abstract_stream[32], abstract_datagram[32], tap[16], tun_device[96], macvtap_device[96];
	char abstract_inherited[32], pins[96];
	char helper_setuid[96], helper_setgid[96], helper_capabilities[96];
	uint8_t ring_params[2][120]; /* struct io_uring_params of the inherited rings */
	uint8_t control[PROBES];
	char control_detail[PROBES][DETAIL];
	atomic_int looks; /* how often the process that shares its directory has looked where it is */
	atomic_int received;
	char record[RECORDS][RECORD];
};
extern struct shared *shared;

/* Results. refused() adds errno's words. */
struct result result(enum verdict verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct result refused(const char *what);
struct result broken(const char *what);

/* The bytes that this case sends, its own in each run. */
const char *token(const struct probe *probe);
void record(const char *prefix, const void *data, int length);
bool outside_has(const char *prefix, const char *text);
bool outside_received(const char *prefix, const char *text); /* waits a little */
struct result prove(const char *prefix, const struct probe *probe);

/* A descriptor of the kind that the case is about, or -1 with *result filled in. */
int held_descriptor(const struct probe *probe, struct result *result);
int ask_accomplice(const char *request); /* a descriptor, or -1 */
bool send_descriptor(int socket, int descriptor, const char *text);
int receive_descriptor(int socket, char *text, int size);

/* A call of a 32-bit program, from this one: -errno as the kernel returns it. */
bool has_int80(void);
long int80(long number, long a, long b, long c, long d, long e, long f);
void *low_memory(void); /* a page below 4 GiB */
int run_child(int (*body)(void *), void *data); /* its exit status; 128 and the signal */

/* The tables of the parts: each calls add_probe for its cases. */
struct probe *add_probe(bool must_work, struct result (*run)(const struct probe *), const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void add_socket_probes(void);
void add_held_probes(void);
void add_borrow_probes(void);
void add_namespace_probes(void);
void add_keep_probes(void);
void add_unix_probes(void);
void add_loopback_probes(void);
void add_supervisor_probes(void);
void add_supervisor_losses(void);

int drive(int argc, char **argv, char *const probe_options[], const char *self);
int say_who(void); /* --who: the ids and capabilities of this process */
int type_back(const char *line); /* --type-back: into the terminal that is standard input */
int serve_names(const char *path); /* --nscd: answers on that socket, as nscd(8) */
int make_held(int kind, const struct shared *world);

#endif
