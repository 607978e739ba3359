/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * The few structures of the kernel that netoff.bpf.c looks into. Only names and kinds of
 * fields count: the loader finds where they are in the running kernel (CO-RE, by its BTF).
 */
#ifndef KERNEL_H
#define KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

typedef struct kernel_cap_struct {
	unsigned int cap[1]; /* never looked at; without any member clang 19 crashes */
} kernel_cap_t;

struct user_namespace;

struct cred {
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct mm_struct;

struct task_struct {
	int pid, tgid;
	char comm[16];
	unsigned long atomic_flags;
	struct list_head ptraced;
	const struct cred *cred;
	struct mm_struct *mm;
};

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
};

struct sock {
	struct sock_common __sk_common;
	unsigned char sk_kern_sock : 1;
	unsigned short sk_type, sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

struct msghdr {
	void *msg_name;
	unsigned int msg_flags;
	union {
		void *msg_control;
	};
	unsigned long msg_controllen;
};

struct key_type {
	const char *name;
};

struct key {
	struct key_type *type;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct io_ring_ctx {
	unsigned int flags;
	struct mm_struct *mm_account; /* of who set it up */
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

struct bpf_iter_task_vma {
	unsigned long long opaque[1];
};

struct sockaddr;

#endif
