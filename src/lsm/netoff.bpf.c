/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * prctl(PR_SET_NETWORK, PR_NETWORK_OFF) as a BPF security module: what Michael Stone's
 * patches of 2009-2010 did in the kernel. A task that asked for it is marked, as are all
 * that it starts, and the hooks below refuse them the network: in the kernel's own terms,
 * so that io_uring, socketcall and 32-bit entry make no difference, and by the family that
 * is behind a descriptor, which seccomp cannot see. PR_NETWORK_NO_UNIX, with it or alone,
 * refuses the services that listen on AF_UNIX paths.
 *
 * No hook may sleep: Linux 6.1 skips a program that is running on this processor already.
 */
#include "kernel.h"

#include "refused.h" /* of src/policy.c: REFUSED_OPTIONS, REFUSED_IOCTLS */

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>

/* The hooks need it; ISC is compatible, but not a name that the kernel knows. */
const char netoff_license[] SEC("license") = "Dual BSD/GPL";

enum {
	PR_SET_NETWORK = 0x646e6574, /* 'dnet' */
	PR_GET_NETWORK = 0x646e6575,
	PR_NETWORK_OFF = 1,
	PR_NETWORK_NO_UNIX = 2,
	PR_NETWORK_ALL = PR_NETWORK_OFF | PR_NETWORK_NO_UNIX,
};

/* The kernel's, from headers that cannot be included here. */
enum {
	AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_ALG = 38, AF_VSOCK = 40,
	SOCK_STREAM = 1, SOCK_RAW = 3, SOCK_SEQPACKET = 5,
	IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_SCTP = 132, IPPROTO_UDPLITE = 136, IPPROTO_MPTCP = 262,
	TCP_LISTEN = 10,
	MSG_DONTROUTE = 0x4, MSG_FASTOPEN = 0x20000000,
	PFA_NO_NEW_PRIVS = 0, CAP_SYS_ADMIN = 21,
	IORING_SETUP_SQPOLL = 2,
};

/* --- Sockets and rings by their files. --- */

/* Those whose data goes to their peer. Raw, packet and netlink sockets have it in the data,
 * and of others nothing is known. */
static bool sends_to_peer(const struct sock *sock)
{
	const unsigned short type = BPF_CORE_READ(sock, sk_type), protocol = BPF_CORE_READ(sock, sk_protocol);

	switch (BPF_CORE_READ(sock, __sk_common.skc_family)) {
	case AF_VSOCK:
		return type == SOCK_STREAM || type == SOCK_SEQPACKET;
	case AF_INET:
	case AF_INET6:
		return type != SOCK_RAW &&
			(protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP || protocol == IPPROTO_UDP ||
				protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP);
	default:
		return false;
	}
}

/* Of no network: AF_ALG is cryptography. */
static bool is_local(unsigned short family) { return family == AF_UNIX || family == AF_ALG; }

/* A socket of which nothing is known: its options, its ioctls and its memory may each send
 * (multicast routing, TIPC, PPPoE, AF_XDP, packet rings, ...). */
static bool is_unknown_socket(const struct file *file)
{
	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return false;
	const struct socket *socket = BPF_CORE_READ(file, private_data);
	const struct sock *sock = BPF_CORE_READ(socket, sk);
	return !sock || (!is_local(BPF_CORE_READ(sock, __sk_common.skc_family)) && !sends_to_peer(sock));
}

/* NULL: no ring. */
static const struct io_ring_ctx *ring_of(const struct file *file)
{
	static const char ring_name[] = "[io_uring]";
	char name[sizeof ring_name] = "";

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return NULL;
	bpf_probe_read_kernel_str(name, sizeof name, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return bpf_strncmp(name, sizeof name, ring_name) == 0 ? BPF_CORE_READ(file, private_data) : NULL;
}

/* What is written into a ring is done in the name of the process that set it up, when that
 * enters the kernel the next time, or by the kernel's thread. */
static bool is_ring_of_another(const struct io_ring_ctx *ring)
{
	return BPF_CORE_READ(ring, mm_account) != bpf_get_current_task_btf()->mm;
}

/* --- The mark: the domains of a task, each by the number of the call that made it. --- */

struct mark {
	__u64 domain;  /* without network; 0: none */
	__u64 no_unix; /* without path sockets of others; 0: none. Made later, it is part of the other */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} marks SEC(".maps");

__u64 last_domain;

/* NULL: no mark. */
static struct mark *mark_of(struct task_struct *task) { return bpf_task_storage_get(&marks, task, NULL, 0); }
static struct mark *own_mark(void) { return mark_of(bpf_get_current_task_btf()); }
static bool is_marked(void) { return own_mark() != NULL; }

static __u64 domain_of(struct task_struct *task)
{
	const struct mark *mark = mark_of(task);

	return mark ? mark->domain : 0;
}

static __u64 no_unix_of(struct task_struct *task)
{
	const struct mark *mark = mark_of(task);

	return mark ? mark->no_unix : 0;
}

static __u64 own_domain(void) { return domain_of(bpf_get_current_task_btf()); }

/* How many tasks got a mark from their parent so far: whoever looks for marks by number could
 * miss a child whose number is below its parent's, so it must be told that there was one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} births SEC(".maps");

/* Children, threads, the workers of io_uring and vhost. */
SEC("lsm/task_alloc")
int BPF_PROG(task_alloc, struct task_struct *task, unsigned long flags)
{
	const __u32 first = 0;
	const struct mark *own = own_mark();
	__u64 *count;

	if (!own)
		return 0;
	struct mark mark = *own;
	if (!bpf_task_storage_get(&marks, task, &mark, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return -ENOMEM;
	if ((count = bpf_map_lookup_elem(&births, &first)))
		__sync_fetch_and_add(count, 1);
	return 0;
}

/* While the loader looks whether there are marks left: 1 is shut. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} shut SEC(".maps");

static bool is_shut(void)
{
	const __u32 first = 0, *value = bpf_map_lookup_elem(&shut, &first);

	return !value || *value;
}

/* The lower word of the set: an array of two until Linux 6.2, a 64-bit number since. */
static bool has_sys_admin(const struct task_struct *task)
{
	__u64 effective = 0;

	bpf_probe_read_kernel(&effective, sizeof effective, __builtin_preserve_access_index(&task->cred->cap_effective));
	return effective >> CAP_SYS_ADMIN & 1;
}

/* Whom it traces already, it would go on driving: no hook is asked again. */
static bool traces_others(const struct task_struct *task)
{
	return task->ptraced.next != __builtin_preserve_access_index(&task->ptraced);
}

/* Open-coded iterators, from Linux 6.7 on. */
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma *iterator, struct task_struct *task, __u64 address) __ksym __weak;
extern struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *iterator) __ksym __weak;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *iterator) __ksym __weak;

static bool is_way_out(const struct file *file)
{
	const struct io_ring_ctx *ring = ring_of(file);

	/* A thread that polls was there before the mark. */
	return is_unknown_socket(file) ||
		(ring && (is_ring_of_another(ring) || (BPF_CORE_READ(ring, flags) & IORING_SETUP_SQPOLL)));
}

/* What was mapped before the mark, it would go on writing to: no hook is asked again. (An exec
 * leaves no mapping.) */
static bool maps_others(struct task_struct *task)
{
	struct bpf_iter_task_vma iterator;
	struct vm_area_struct *area;
	bool found = false;

	if (!bpf_iter_task_vma_new)
		return false;
	if (bpf_iter_task_vma_new(&iterator, task, 0) != 0)
		found = true; /* cannot look: another thread changes the mappings just now */
	while (!found && (area = bpf_iter_task_vma_next(&iterator))) {
		const struct file *file = BPF_CORE_READ(area, vm_file);
		found = file && is_way_out(file);
	}
	bpf_iter_task_vma_destroy(&iterator);
	return found;
}

static unsigned long flags_of(const struct mark *mark)
{
	if (!mark)
		return 0;
	return (mark->domain ? PR_NETWORK_OFF : 0) | (mark->no_unix ? PR_NETWORK_NO_UNIX : 0);
}

/* 0 would mean that the call is not ours, so the answer is an error number in any case. A call
 * can only add to what is held. */
SEC("lsm/task_prctl")
int BPF_PROG(task_prctl, int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *own, mark = { 0 };

	if (option != PR_SET_NETWORK && option != PR_GET_NETWORK)
		return 0;
	const unsigned long wanted = option == PR_SET_NETWORK ? arg2 : arg3 ? arg3 : PR_NETWORK_OFF;
	if (!wanted || (wanted & ~PR_NETWORK_ALL) || (option == PR_SET_NETWORK && arg3) || arg4 || arg5)
		return -EINVAL;
	own = mark_of(task);
	if (!(wanted & ~flags_of(own)))
		return -ENETDOWN;
	if (option == PR_GET_NETWORK)
		return -ENODATA;
	/* Else programs with more privilege could be made to fail in harmful ways. */
	if (!(task->atomic_flags >> PFA_NO_NEW_PRIVS & 1) && !has_sys_admin(task))
		return -EACCES;
	if (is_shut() || traces_others(task) || maps_others(task))
		return -EBUSY;
	if (!own && !(own = bpf_task_storage_get(&marks, task, &mark, BPF_LOCAL_STORAGE_GET_F_CREATE)))
		return -ENOMEM;
	const __u64 number = __sync_fetch_and_add(&last_domain, 1) + 1;
	if ((wanted & PR_NETWORK_OFF) && !own->domain)
		own->domain = number;
	if ((wanted & PR_NETWORK_NO_UNIX) && !own->no_unix)
		own->no_unix = number;
	return -ENETDOWN;
}

/* The marked tasks, a line each: what is read from /sys/fs/bpf/disablenetwork/marked. */
SEC("iter/task")
int marked(struct bpf_iter__task *iteration)
{
	struct task_struct *task = iteration->task;

	if (task && mark_of(task))
		BPF_SEQ_PRINTF(iteration->meta->seq, "%d %s\n", task->pid, task->comm);
	return 0;
}

/* From Linux 6.12 on the verifier wants to see that the answer is 0 or an error number, which
 * it does not where the compiler computes one from the condition. */
static int refuse_if(bool refused)
{
	int answer = 0;

	if (refused) {
		answer = -EPERM;
		barrier_var(answer);
	}
	return answer;
}

/* --- Sockets. --- */

static bool is_off_for(struct socket *socket)
{
	const struct sock *sock = socket->sk;

	return !(sock && is_local(sock->__sk_common.skc_family)) && own_domain();
}

SEC("lsm/socket_create")
int BPF_PROG(socket_create, int family, int type, int protocol, int kernel)
{
	return refuse_if(family != AF_UNIX && !kernel && own_domain());
}

/* Its two sockets were created one by one: a second look. */
SEC("lsm/socket_socketpair")
int BPF_PROG(socket_socketpair, struct socket *first, struct socket *second)
{
	return refuse_if(is_off_for(first) || is_off_for(second));
}

SEC("lsm/socket_bind")
int BPF_PROG(socket_bind, struct socket *socket, struct sockaddr *address, int size)
{
	return refuse_if(is_off_for(socket));
}

/* Not to AF_UNSPEC either: what is unconnected may listen. */
SEC("lsm/socket_connect")
int BPF_PROG(socket_connect, struct socket *socket, struct sockaddr *address, int size)
{
	return refuse_if(is_off_for(socket));
}

/* Servers set the backlog of a listener by listening again. */
SEC("lsm/socket_listen")
int BPF_PROG(socket_listen, struct socket *socket, int backlog)
{
	const struct sock *sock = socket->sk;

	return refuse_if(is_off_for(socket) && !(sock && sock->__sk_common.skc_state == TCP_LISTEN));
}

struct control {
	__u64 length; /* of struct cmsghdr, on 64-bit kernels; those of 32-bit programs were translated */
	__s32 level, type;
};

/* Control messages that leave the peer and the route alone; of others nothing is known. */
static bool is_plain(const struct control *control)
{
	switch ((__u64)control->level << 32 | (__u32)control->type) {
	case 1ULL << 32 | 37:   /* SOL_SOCKET, SO_TIMESTAMPING */
	case 1ULL << 32 | 65:   /* SO_TIMESTAMPING_NEW */
	case 1ULL << 32 | 61:   /* SCM_TXTIME */
	case 0ULL << 32 | 1:    /* SOL_IP, IP_TOS */
	case 0ULL << 32 | 2:    /* IP_TTL */
	case 41ULL << 32 | 52:  /* SOL_IPV6, IPV6_HOPLIMIT */
	case 41ULL << 32 | 62:  /* IPV6_DONTFRAG */
	case 41ULL << 32 | 67:  /* IPV6_TCLASS */
	case 17ULL << 32 | 103: /* SOL_UDP, UDP_SEGMENT */
	case 132ULL << 32 | 1:  /* SOL_SCTP, SCTP_SNDRCV: which association, of those that there are */
	case 132ULL << 32 | 2:  /* SCTP_SNDINFO */
	case 282ULL << 32 | 1:  /* SOL_TLS, TLS_SET_RECORD_TYPE */
		return true;
	default: /* IP_RETOPTS and IPV6_RTHDR are routes, IP_PKTINFO names an interface */
		return false;
	}
}

/* sendmsg(2) has copied them into the kernel by now. */
static bool all_plain(const struct msghdr *message)
{
	const char *at = message->msg_control;
	__u64 left = message->msg_controllen;

	for (int i = 0; i < 8; i++) {
		struct control control;

		if (left < sizeof control)
			return true;
		if (bpf_probe_read_kernel(&control, sizeof control, at) != 0 || !is_plain(&control) || control.length > left)
			return false;
		const __u64 step = (control.length + 7) & ~7ULL;
		if (step >= left)
			return true;
		left -= step;
		at += step;
	}
	return false;
}

/* Data flows on connections, to no address. sendmmsg asks for each message that has none. */
SEC("lsm/socket_sendmsg")
int BPF_PROG(socket_sendmsg, struct socket *socket, struct msghdr *message, int size)
{
	const struct sock *sock = socket->sk;

	if (!is_off_for(socket))
		return 0;
	return refuse_if(!sock || !sends_to_peer(sock) || message->msg_name ||
		(message->msg_flags & (MSG_FASTOPEN | MSG_DONTROUTE)) || !all_plain(message));
}

/* What only datagrams and SCTP mind, beside src/policy.c: an interface, another port of the peer. */
#define DATAGRAM_OPTIONS(X) \
	X(0, 32)  /* SOL_IP, IP_MULTICAST_IF */ \
	X(0, 50)  /* IP_UNICAST_IF */ \
	X(41, 17) /* SOL_IPV6, IPV6_MULTICAST_IF */ \
	X(41, 50) /* IPV6_PKTINFO */ \
	X(41, 76) /* IPV6_UNICAST_IF */ \
	X(132, 36) /* SOL_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT */

SEC("lsm/socket_setsockopt")
int BPF_PROG(socket_setsockopt, struct socket *socket, int level, int option)
{
	const struct sock *sock = socket->sk;

	if (!is_off_for(socket))
		return 0;
#define IS(refused_level, refused_option) || (level == (refused_level) && option == (refused_option))
	return refuse_if(!sock || !sends_to_peer(sock) REFUSED_OPTIONS(IS) DATAGRAM_OPTIONS(IS));
#undef IS
}

/* The kernel asks for what a peer sends, too, whoever is running then. */
SEC("lsm/sctp_bind_connect")
int BPF_PROG(sctp_bind_connect, struct sock *sock, int option, struct sockaddr *address, int size)
{
	enum { SCTP_PARAM_ADD_IP = 0xc001, SCTP_PARAM_SET_PRIMARY = 0xc004 };

	return refuse_if(option != SCTP_PARAM_ADD_IP && option != SCTP_PARAM_SET_PRIMARY && own_domain());
}

/* --- AF_UNIX: abstract names reach the sockets that this domain made itself, and so do names
 * in the file system where PR_NETWORK_NO_UNIX was asked for; else its permissions keep those. --- */

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} makers SEC(".maps");

/* Without memory the socket counts as one from outside. */
SEC("lsm/socket_post_create")
int BPF_PROG(socket_post_create, struct socket *socket, int family, int type, int protocol, int kernel)
{
	struct sock *sock = socket->sk;
	const struct mark *own;

	if (family == AF_UNIX && sock && (own = own_mark())) {
		struct mark mark = *own;
		bpf_sk_storage_get(&makers, sock, &mark, BPF_SK_STORAGE_GET_F_CREATE);
	}
	return 0;
}

static bool is_abstract(const struct sock *sock)
{
	const struct unix_address *address = BPF_CORE_READ((const struct unix_sock *)sock, addr);
	char first = 1;

	if (!address || BPF_CORE_READ(address, len) <= (int)sizeof(unsigned short))
		return false;
	bpf_probe_read_kernel(&first, 1, __builtin_preserve_access_index(&address->name[0].sun_path[0]));
	return first == '\0';
}

static int may_reach(struct sock *other)
{
	const struct mark *own = own_mark();

	if (!own || !other)
		return 0;
	const bool abstract = is_abstract(other);
	const __u64 domain = abstract ? own->domain : 0, no_unix = abstract && !domain ? 0 : own->no_unix;
	if (!domain && !no_unix)
		return 0;
	const struct mark *maker = bpf_sk_storage_get(&makers, other, NULL, 0);
	return refuse_if(!maker || (domain && maker->domain != domain) || (no_unix && maker->no_unix != no_unix));
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(unix_stream_connect, struct sock *sock, struct sock *other, struct sock *new)
{
	/* The kernel's own sends a core dump to a handler, in the name of who died. */
	return BPF_CORE_READ_BITFIELD_PROBED(sock, sk_kern_sock) ? 0 : may_reach(other);
}

/* Asked for each datagram: one that was connected before goes on. */
SEC("lsm/unix_may_send")
int BPF_PROG(unix_may_send, struct socket *socket, struct socket *other)
{
	struct sock *from = socket->sk, *to = other->sk;

	if (from && BPF_CORE_READ((struct unix_sock *)from, peer) == to)
		return 0;
	return may_reach(to);
}

/* --- Other processes, their network, and devices that are one. --- */

/* Nobody may drive a task that is held less. */
static int may_drive(struct task_struct *driver, struct task_struct *task)
{
	const __u64 domain = domain_of(driver), no_unix = no_unix_of(driver);

	return refuse_if((domain && domain_of(task) != domain) || (no_unix && no_unix_of(task) != no_unix));
}

/* Also /proc/PID/mem, process_vm_writev, pidfd_getfd. */
SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	return may_drive(bpf_get_current_task_btf(), child);
}

/* Whoever is outside may trace; who is marked may not be made a tracer of the outside. */
SEC("lsm/ptrace_traceme")
int BPF_PROG(ptrace_traceme, struct task_struct *parent)
{
	return may_drive(parent, bpf_get_current_task_btf());
}

/* Of the descriptor, whatever is behind it. */
static bool is_of_descriptor(unsigned int request)
{
	return request == FIOCLEX || request == FIONCLEX || request == FIONBIO || request == FIOASYNC;
}

static int may_ioctl(const struct file *file, unsigned int request)
{
#define IS(refused) || request == (refused)
	const bool listed = 0 REFUSED_IOCTLS(IS);
#undef IS

	if (listed)
		return refuse_if(is_marked());
	if (file->f_inode->i_sb->s_magic != SOCKFS_MAGIC)
		return 0;
	return refuse_if(own_domain() && is_unknown_socket(file) && !is_of_descriptor(request));
}

SEC("lsm/file_ioctl")
int BPF_PROG(file_ioctl, struct file *file, unsigned int request, unsigned long argument)
{
	return may_ioctl(file, request);
}

/* Of 32-bit programs, from Linux 6.8 on and where it was backported; before, the one above. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(file_ioctl_compat, struct file *file, unsigned int request, unsigned long argument)
{
	return may_ioctl(file, request);
}

/* A key of this type is made for the helper that a request calls out to, and for nothing else. */
SEC("lsm/key_alloc")
int BPF_PROG(key_alloc, struct key *key, const struct cred *cred, unsigned long flags)
{
	static const char callout[] = ".request_key_auth";
	char name[sizeof callout] = "";

	if (!is_marked())
		return 0;
	bpf_probe_read_kernel_str(name, sizeof name, key->type->name);
	return refuse_if(bpf_strncmp(name, sizeof name, callout) == 0);
}

/* Who holds the descriptor of an XDP program may run it on frames of its own. */
SEC("lsm/bpf")
int BPF_PROG(bpf, int command, void *attributes, unsigned int size)
{
	return refuse_if(is_marked());
}

SEC("lsm/mmap_file")
int BPF_PROG(mmap_file, struct file *file, unsigned long wanted, unsigned long protection, unsigned long flags)
{
	if (!file)
		return 0;
	const unsigned long kind = file->f_inode->i_sb->s_magic;
	if ((kind != ANON_INODE_FS_MAGIC && kind != SOCKFS_MAGIC) || !is_marked())
		return 0;
	const struct io_ring_ctx *ring = ring_of(file);
	return refuse_if((is_unknown_socket(file) && own_domain()) || (ring && is_ring_of_another(ring)));
}

/* --- User namespaces: who makes one has every capability over it from outside. So a marked
 * task has none over those that others made, as its user's own containers are: it could enter
 * one by setns(2), and with it a network. --- */

/* By which domain, by address. What has been forgotten counts as made outside. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} namespaces SEC(".maps");

/* What was at an address before is gone, whoever makes the new one. */
SEC("fexit/create_user_ns")
int BPF_PROG(create_user_ns, struct cred *new, int result)
{
	const __u64 domain = own_domain(), namespace = (__u64)new->user_ns;

	if (result != 0)
		return 0;
	if (domain)
		bpf_map_update_elem(&namespaces, &namespace, &domain, BPF_ANY);
	else
		bpf_map_delete_elem(&namespaces, &namespace);
	return 0;
}

/* Asked only where the kernel itself would say yes. */
SEC("lsm/capable")
int BPF_PROG(capable, const struct cred *cred, struct user_namespace *over, int capability, unsigned int options)
{
	__u64 domain, namespace = (__u64)over;

	if (cred->user_ns == over || !(domain = own_domain()))
		return 0;
	const __u64 *maker = bpf_map_lookup_elem(&namespaces, &namespace);
	return refuse_if(!maker || *maker != domain);
}

/* --- What keeps these hooks. User 0 needs no capability for any of it. --- */

static int may_take_away(const struct inode *directory)
{
	return refuse_if(directory->i_sb->s_magic == BPF_FS_MAGIC && is_marked());
}

SEC("lsm/inode_unlink")
int BPF_PROG(inode_unlink, struct inode *directory, struct dentry *name) { return may_take_away(directory); }

SEC("lsm/inode_rmdir")
int BPF_PROG(inode_rmdir, struct inode *directory, struct dentry *name) { return may_take_away(directory); }

/* Within one file system, so either directory will do. */
SEC("lsm/inode_rename")
int BPF_PROG(inode_rename, struct inode *directory, struct dentry *name) { return may_take_away(directory); }

/* 0 written to this setting of the kernel's takes the calls of all hooks out of its code. */
SEC("lsm/file_open")
int BPF_PROG(file_open, struct file *file)
{
	static const char setting[] = "ftrace_enabled";
	char name[sizeof setting + 1] = "";

	if (!(file->f_flags & O_ACCMODE) || file->f_inode->i_sb->s_magic != PROC_SUPER_MAGIC || !is_marked())
		return 0;
	bpf_probe_read_kernel_str(name, sizeof name, file->f_path.dentry->d_name.name);
	return refuse_if(bpf_strncmp(name, sizeof name, setting) == 0);
}
