/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * disablenetwork-lsm load|unload|status|check: puts the hooks of netoff.bpf.c into the running
 * kernel, or takes them out. They stay as links in the BPF file system, so no process does.
 * The prctl is the only door to a mark: its hook comes last and goes first, so whoever has
 * a mark has all hooks, wherever the loader is interrupted.
 */
#include "say.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define BPF_FOLDER "/sys/fs/bpf"
#define FOLDER BPF_FOLDER "/disablenetwork"
#define DOOR "task_prctl"
#define MARKED "marked" /* reading it lists the marked tasks */
#define SHUT "shut"     /* the map by which the door is shut */
#define BIRTHS "births" /* the map that counts who inherited a mark */

enum { EXIT_NOT_LOADED = 1, SET_NETWORK = 0x646e6574, GET_NETWORK = 0x646e6575, NETWORK_OFF = 1 };

/* The object file that clang made of netoff.bpf.c. */
extern const char netoff_object[];
extern const unsigned netoff_object_size;
__asm__(".pushsection .rodata\n"
		".balign 8\n"
		"netoff_object: .incbin \"src/lsm/netoff.bpf.o\"\n"
		"0: .balign 4\n"
		"netoff_object_size: .long 0b - netoff_object\n"
		".popsection");

/* --- What the kernel has to offer. --- */

/* The first line of a file, or "" when there is none. */
static const char *first_line(const char *name)
{
	static char line[4096];
	FILE *file = fopen(name, "re");

	line[0] = '\0';
	if (file) {
		if (!fgets(line, sizeof line, file))
			line[0] = '\0';
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static bool has_word(const char *list, const char *word, const char *separators)
{
	const size_t length = strlen(word);

	for (const char *at = list; *at; at += strspn(at, separators)) {
		const size_t here = strcspn(at, separators);
		if (here == length && strncmp(at, word, length) == 0)
			return true;
		at += here;
	}
	return false;
}

static _Noreturn void die_without_bpf_lsm(const char *modules)
{
	static const char always[] = "capability,"; /* listed, but not to be named in lsm= */
	const char *found = strstr(modules, always);

	if (!*modules)
		die(EXIT_UNABLE, "unable to load: the BPF security module is not active; add bpf to lsm= on the kernel command line");
	die(EXIT_UNABLE, "unable to load: bpf is not among this kernel's security modules; add to the kernel command line: "
		"lsm=%.*s%s,bpf", found ? (int)(found - modules) : 0, modules, found ? found + strlen(always) : modules);
}

/* Linux before 6.2 skips a program that is running on the same processor already, which
 * only a kernel that preempts itself lets happen. */
static void check_preemption(void)
{
	struct utsname kernel;
	int major = 0, minor = 0;

	if (uname(&kernel) != 0 || sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		die_unable("read the kernel's version");
	if (major > 6 || (major == 6 && minor >= 2))
		return;
	if (has_word(kernel.version, "PREEMPT", " ") || has_word(kernel.version, "PREEMPT_RT", " ") ||
		has_word(first_line("/proc/cmdline"), "preempt=full", " ") ||
		strstr(first_line("/sys/kernel/debug/sched/preempt"), "(full)"))
		die(EXIT_UNABLE, "unable to load: Linux %d.%d with full preemption can skip hooks; boot it with preempt=voluntary "
			"(6.2 and later are fine)", major, minor);
}

static void check_kernel(void)
{
	const char *modules;

	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		die(EXIT_UNABLE, "unable to load: this kernel does not describe itself in /sys/kernel/btf/vmlinux "
			"(CONFIG_DEBUG_INFO_BTF)");
	modules = first_line("/sys/kernel/security/lsm"); /* securityfs may be missing: prove() will tell */
	if (*modules && !has_word(modules, "bpf", ","))
		die_without_bpf_lsm(modules);
	if (strstr(first_line("/sys/kernel/security/lockdown"), "[confidentiality]"))
		die(EXIT_UNABLE, "unable to load: the kernel is locked down (lockdown=confidentiality keeps BPF programs from reading it)");
	check_preemption();
}

static void check_bpf_file_system(void)
{
	struct statfs file_system;

	if (statfs(BPF_FOLDER, &file_system) != 0 || file_system.f_type != BPF_FS_MAGIC)
		die(EXIT_UNABLE, "unable to find the BPF file system: mount -t bpf bpf " BPF_FOLDER);
}

/* --- What is there: pins. --- */

static const char *pin(const char *name)
{
	static char path[sizeof FOLDER + 257];

	snprintf(path, sizeof path, FOLDER "/%s", name);
	return path;
}

static bool is_pinned(const char *name) { return access(pin(name), F_OK) == 0; }

/* Removes the pins, the door first; with it the last reference to each hook goes. */
static bool remove_pins(void)
{
	struct dirent *entry;
	DIR *folder;

	if (is_pinned(DOOR) && unlink(pin(DOOR)) != 0)
		return false;
	if (!(folder = opendir(FOLDER)))
		return errno == ENOENT;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.' && unlink(pin(entry->d_name)) != 0) {
			closedir(folder);
			return false;
		}
	closedir(folder);
	return rmdir(FOLDER) == 0;
}

/* How many hooks are pinned. */
static unsigned count_hooks(void)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	unsigned count = 0;

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, MARKED) != 0 && strcmp(entry->d_name, SHUT) != 0 &&
			strcmp(entry->d_name, BIRTHS) != 0;
	if (folder)
		closedir(folder);
	return count;
}

/* How many tasks are marked, and the first of them. The list is that of the reader's
 * process namespace, so only the first one sees all. */
static unsigned count_marked(char *first, size_t size)
{
	char line[64], namespace[64] = "";
	unsigned count = 0;

	if (readlink("/proc/self/ns/pid", namespace, sizeof namespace - 1) < 0 || strcmp(namespace, "pid:[4026531836]") != 0) {
		errno = 0;
		die_unable("see all processes: not in the first process namespace, or no /proc");
	}
	FILE *file = fopen(pin(MARKED), "re");
	while (file && fgets(line, sizeof line, file))
		if (count++ == 0)
			snprintf(first, size, "%.*s", (int)strcspn(line, "\n"), line);
	if (!file || ferror(file))
		die_unable("read " FOLDER "/" MARKED);
	fclose(file);
	return count;
}

/* Shut, the prctl marks nobody; whoever was in it has come out when this returns. */
static void shut_door(unsigned value)
{
	const unsigned first = 0;
	const int map = bpf_obj_get(pin(SHUT));

	if (map < 0 || bpf_map_update_elem(map, &first, &value, BPF_ANY) != 0)
		die_unable(value ? "shut the door" : "open the door");
	close(map);
	if (value && syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		die_unable("wait for calls that have begun (membarrier)");
}

static uint64_t count_births(void)
{
	const unsigned first = 0;
	uint64_t count = 0;
	const int map = bpf_obj_get(pin(BIRTHS));

	if (map < 0 || bpf_map_lookup_elem(map, &first, &count) != 0)
		die_unable("count who inherited a mark");
	close(map);
	return count;
}

/* The list is read upwards by number, so it can miss a task whose child begins where the reader
 * has been, or that takes its leader's number by an exec. It has missed none if it was empty
 * twice and nobody inherited a mark meanwhile: what moved during the first reading stands
 * still during the second, and a child in the making had its parent listed. */
static void refuse_while_marked(void)
{
	char first[64] = "one that begins just now";
	const uint64_t births = count_births();
	unsigned count = count_marked(first, sizeof first);

	if (count == 0)
		count = count_marked(first, sizeof first);
	if (count == 0 && count_births() != births)
		count = 1;
	if (count == 0)
		return;
	if (is_pinned(DOOR))
		shut_door(0);
	die(EXIT_UNABLE, "unable to unload: %u thread%s without network live%s, among them %s (all: cat " FOLDER "/" MARKED ")", count,
		count > 1 ? "s" : "", count > 1 ? "" : "s", first);
}

/* --- The commands. --- */

/* Hooks of what not every kernel has. */
static const struct optional {
	const char *name;
	enum bpf_attach_type type;
} optional[] = {
	{ "file_ioctl_compat", BPF_LSM_MAC },  /* from Linux 6.8 on; before, file_ioctl is asked for both */
	{ "create_user_ns", BPF_TRACE_FEXIT }, /* CONFIG_USER_NS */
};

static void open_and_load(struct bpf_object **object)
{
	*object = bpf_object__open_mem(netoff_object, netoff_object_size, NULL);
	if (!*object)
		die_unable("read the programs");
	for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
		if (libbpf_find_vmlinux_btf_id(optional[i].name, optional[i].type) < 0)
			bpf_program__set_autoload(bpf_object__find_program_by_name(*object, optional[i].name), false);
	if (bpf_object__load(*object) == 0)
		return;
	if (errno == EPERM)
		die(EXIT_UNABLE, "unable to load: this host lets nobody load BPF security programs, not even root (%s)", strerror(errno));
	die_unable("load: this kernel does not take the programs (-v says more)");
}

static bool attach_and_pin(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link)
		return false;
	const bool pinned = bpf_link__pin(link, pin(bpf_program__name(program))) == 0;
	const int error = errno;
	bpf_link__destroy(link); /* the pin keeps it */
	errno = error;
	return pinned;
}

static bool attach_all(struct bpf_object *object)
{
	struct bpf_program *program;

	if (mkdir(FOLDER, 0700) != 0 || bpf_map__pin(bpf_object__find_map_by_name(object, SHUT), pin(SHUT)) != 0 ||
		bpf_map__pin(bpf_object__find_map_by_name(object, BIRTHS), pin(BIRTHS)) != 0)
		return false;
	bpf_object__for_each_program(program, object)
		if (bpf_program__autoload(program) && strcmp(bpf_program__name(program), DOOR) != 0 && !attach_and_pin(program))
			return false;
	return attach_and_pin(bpf_object__find_program_by_name(object, DOOR));
}

/* Never the word of a return value: a child switches its network off and tries. */
static bool prove(void)
{
	int status = 1;
	const pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
		const bool off = prctl(SET_NETWORK, (long)NETWORK_OFF, 0L, 0L, 0L) == -1 && errno == ENETDOWN &&
			prctl(GET_NETWORK, 0L, 0L, 0L, 0L) == -1 && errno == ENETDOWN;
		_exit(!off || socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* What can be told without trying. */
static void check(void)
{
	check_kernel();
	check_bpf_file_system();
}

static void load(void)
{
	struct bpf_object *object = NULL;

	check();
	if (is_pinned(DOOR)) {
		shut_door(0); /* an unload may have been interrupted */
		die(EXIT_UNABLE, "unable to load: already loaded (" FOLDER ")");
	}
	if (is_pinned(MARKED))
		refuse_while_marked();
	if (!remove_pins())
		die_unable("remove what an interrupted load left in " FOLDER);
	open_and_load(&object);
	if (!attach_all(object)) {
		const int error = errno;
		remove_pins();
		errno = error;
		die_unable("attach the hooks");
	}
	bpf_object__close(object);
	if (!prove()) {
		remove_pins();
		die_without_bpf_lsm(first_line("/sys/kernel/security/lsm"));
	}
}

static void unload(void)
{
	check_bpf_file_system();
	if (access(FOLDER, F_OK) != 0)
		die(EXIT_UNABLE, "unable to unload: not loaded");
	if (is_pinned(DOOR))
		shut_door(1);
	if (is_pinned(MARKED))
		refuse_while_marked();
	if (!remove_pins())
		die_unable("remove the hooks from " FOLDER);
}

static int say_status(void)
{
	char first[64] = "";

	if (access(FOLDER, F_OK) != 0) {
		print("not loaded");
		return EXIT_NOT_LOADED;
	}
	if (!is_pinned(DOOR)) {
		print("half loaded: nobody can be marked; load does it anew");
		return EXIT_NOT_LOADED;
	}
	const unsigned count = count_marked(first, sizeof first);
	print("loaded: %u hooks, %u thread%s without network", count_hooks(), count, count == 1 ? "" : "s");
	return 0;
}

/* --- The command line. --- */

static const char usage[] = "usage: disablenetwork-lsm [-v] load | unload | status | check";

static int be_silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' }, { 0 } };
	bool verbose = false;

	say_as = "disablenetwork-lsm";
	opterr = 0;
	for (int option, at; at = optind, (option = getopt_long(argc, argv, "+hvV", options, NULL)) != -1;)
		switch (option) {
		case 'h': print("%s", usage); return 0;
		case 'V': print("disablenetwork-lsm %s", PACKAGE_VERSION); return 0;
		case 'v': verbose = true; break;
		default: die(EXIT_USAGE, "unknown option in %s; %s", argv[at], usage);
		}
	if (optind + 1 != argc)
		die(EXIT_USAGE, "one command is needed; %s", usage);
	const char *command = argv[optind];
	if (!has_word("load unload status check", command, " "))
		die(EXIT_USAGE, "unknown command %s; %s", command, usage);
	if (geteuid() != 0)
		die(EXIT_UNABLE, "unable to %s: not root", strcmp(command, "status") == 0 ? "read the status" : command);
	if (!verbose)
		libbpf_set_print(be_silent);
	if (strcmp(command, "status") == 0)
		return say_status();
	if (strcmp(command, "check") == 0)
		check();
	else if (strcmp(command, "load") == 0)
		load();
	else
		unload();
	return 0;
}
