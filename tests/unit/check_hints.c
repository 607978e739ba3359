/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 */
#include "hints.h"

#include "say.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ROWS(table) (int)(sizeof table / sizeof table[0])

/* --- Words that were mistyped. --- */

static const char *const list[] = { "check", "close", "chown", "allow-abstract", "kill", "all",
	"EADDRNOTAVAIL", "ENETDOWN", "a-word-that-is-longer-than-any-option-there-is" };

static const struct {
	const char *typed, *meant;
} mistyped[] = {
	{ "chek", "check" },              /* one dropped */
	{ "cheeck", "check" },            /* one too many */
	{ "chedk", "check" },             /* another */
	{ "hceck", "check" },             /* two swapped */
	{ "CHECK", "check" },             /* the case does not matter */
	{ "chwon", "chown" },
	{ "clos", "close" },
	{ "close=yes", "close" },         /* an option's value */
	{ "allow-abstact", "allow-abstract" },
	{ "alow-abstracts", "allow-abstract" },
	{ "enetdwon", "ENETDOWN" },
	{ "EADRNOTAVIAL", "EADDRNOTAVAIL" },
	{ "al", "all" },
	{ "b", NULL },                    /* nothing is left of a word of one letter */
	{ "", NULL },
	{ "=", NULL },
	{ "frobnicate", NULL },
	{ "cxxck", NULL },                /* two of five are wrong */
	{ "a-word-that-is-longer-than-any-option-there-is", NULL },
};

START_TEST(the_nearest_word)
{
	struct nearest nearest = { .typed = mistyped[_i].typed };

	for (int i = 0; i < ROWS(list); i++)
		consider_word(&nearest, list[i]);
	if (mistyped[_i].meant)
		ck_assert_pstr_eq(nearest.meant, mistyped[_i].meant);
	else
		ck_assert_msg(nearest.meant == NULL, "%s: %s", mistyped[_i].typed, nearest.meant);
}
END_TEST

/* Each capability of the header is either on the list or has a reason, and nothing else has. */
START_TEST(each_capability_is_kept_or_has_a_reason)
{
	static const char *const names[] = { "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill",
		"setgid", "setuid", "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin",
		"net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
		"sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease",
		"audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm",
		"block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore" };
	int kept = 0;

	_Static_assert(sizeof names / sizeof names[0] == 41, "as of Linux 5.9 and until 7.3");
	for (int i = 0; i < ROWS(names); i++) {
		capability_set set = 0;
		const bool keepable = capability_add(&set, names[i]);
		char prefixed[40];
		ck_assert_msg(keepable == (why_not_kept(names[i]) == NULL), "%s", names[i]);
		if (keepable)
			ck_assert_uint_eq(set, SET_OF(i));
		snprintf(prefixed, sizeof prefixed, "CAP_%s", names[i]);
		ck_assert_pstr_eq(why_not_kept(prefixed), why_not_kept(names[i]));
		kept += keepable;
	}
	for (int i = 0; i < kept; i++)
		ck_assert_ptr_nonnull(capability_name(i));
	ck_assert_ptr_null(capability_name(kept));
	ck_assert_ptr_null(why_not_kept("frob"));
	ck_assert_ptr_null(why_not_kept(""));
}
END_TEST

/* --- Programs that cannot be run. --- */

static char folder[] = "/tmp/check_hints.XXXXXX";

static void make_file(const char *name, const char *text, mode_t mode)
{
	const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	make_file("script", "#!/nowhere/sh -e\n", 0755);
	make_file("spaced", "#! \t/nowhere/sh\n", 0755);
	make_file("dos", "#!/bin/sh\r\necho\r\n", 0755);
	make_file("dos_option", "#!/nowhere/sh -e\r\n", 0755);
	make_file("no_end", "#!/nowhere/sh", 0755);
	make_file("only", "#!", 0755);
	make_file("elf", "\177ELF\002", 0755);
	make_file("empty", "", 0755);
	make_file("plain", "text\n", 0644);
	ck_assert_int_eq(mkdir("directory", 0755), 0);
	make_file("directory/busybox", "", 0755);
	ck_assert_int_eq(setenv("PATH", folder, 1), 0);
}

static void tear_down(void)
{
	static const char *const names[] = { "script", "spaced", "dos", "dos_option", "no_end", "only", "elf", "empty",
		"plain" };

	for (int i = 0; i < ROWS(names); i++)
		unlink(names[i]);
	unlink("directory/busybox");
	unlink("directory/su");
	unlink("directory/sudo");
	unlink("directory/passwd");
	unlink("directory/s6");
	rmdir("directory");
	rmdir(folder);
}

static const struct {
	const char *name;
	int error, status;
	const char *words; /* somewhere in the text */
} execs[] = {
	{ "", ENOENT, EXIT_NOT_FOUND, "not found: its name is empty" },
	{ "ls -l", ENOENT, EXIT_NOT_FOUND, "disablenetwork sh -c \"ls -l\"" },
	{ "FOO=bar make", ENOENT, EXIT_NOT_FOUND, "disablenetwork sh -c \"FOO=bar make\"" },
	{ "a|b", ENOENT, EXIT_NOT_FOUND, "disablenetwork sh -c \"a|b\"" },
	{ "FOO=bar", ENOENT, EXIT_NOT_FOUND, "disablenetwork env FOO=bar prog" },
	{ "cd", ENOENT, EXIT_NOT_FOUND, "disablenetwork sh -c \"cd ...\"" },
	{ "[[", ENOENT, EXIT_NOT_FOUND, "it is the shell's own" },
	{ "-c", ENOENT, EXIT_NOT_FOUND, "options stand before prog" },
	{ "-", ENOENT, EXIT_NOT_FOUND, "not found along PATH" },
	{ "nowhere", ENOENT, EXIT_NOT_FOUND, "not found along PATH" },
	{ "./nowhere", ENOENT, EXIT_NOT_FOUND, "not found" },
	{ "plain/prog", ENOTDIR, EXIT_NOT_FOUND, "not found" },
	{ "./a=b", ENOENT, EXIT_NOT_FOUND, "not found" },
	{ "=", ENOENT, EXIT_NOT_FOUND, "not found along PATH" },
	{ "script", ENOENT, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "./script", ENOENT, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "./script", ENOTDIR, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "spaced", ENOENT, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "no_end", ENOENT, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "dos_option", ENOENT, EXIT_CANNOT_RUN, "its interpreter \"/nowhere/sh\" is missing" },
	{ "dos", ENOENT, EXIT_CANNOT_RUN, "\"/bin/sh\" with a carriage return at its end" },
	{ "only", ENOENT, EXIT_CANNOT_RUN, "its loader is missing" },
	{ "elf", ENOENT, EXIT_CANNOT_RUN, "its loader is missing" },
	{ "empty", ENOENT, EXIT_CANNOT_RUN, "its loader is missing" },
	{ "directory", EACCES, EXIT_CANNOT_RUN, "Permission denied: it is a directory" },
	{ "./plain", EACCES, EXIT_CANNOT_RUN, "Permission denied: it is not marked as executable" },
	{ "./script", EPERM, EXIT_CANNOT_RUN, "Operation not permitted (does its file have capabilities?)" },
	{ "./script", E2BIG, EXIT_CANNOT_RUN, "Argument list too long" },
};

START_TEST(why_it_cannot_be_run)
{
	char text[HINT];

	ck_assert_int_eq(explain_exec(execs[_i].name, execs[_i].error, 0, text, sizeof text), execs[_i].status);
	ck_assert_msg(strstr(text, execs[_i].words) != NULL, "\"%s\": %s", execs[_i].name, text);
	ck_assert_msg(strcmp(execs[_i].words, "not found") != 0 || strcmp(text, "not found") == 0, "%s", text);
}
END_TEST

/* To root without capabilities files of others are closed. */
START_TEST(root_is_told_of_files)
{
	const bool root = geteuid() == 0;
	char text[HINT];

	ck_assert_int_eq(explain_exec("./elf", EACCES, 0, text, sizeof text), EXIT_CANNOT_RUN);
	ck_assert_int_eq(strstr(text, "-p files") != NULL, root);
	ck_assert_int_eq(explain_exec("./elf", EACCES, SET_OF(CAP_DAC_OVERRIDE), text, sizeof text), EXIT_CANNOT_RUN);
	ck_assert_ptr_null(strstr(text, "-p files"));
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char name[5000], text[HINT];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_int_eq(explain_exec(name, ENAMETOOLONG, 0, text, sizeof text), EXIT_CANNOT_RUN);
	name[0] = '=';
	ck_assert_int_eq(explain_exec(name, ENOENT, 0, text, sizeof text), EXIT_NOT_FOUND);
	name[1] = ' ';
	ck_assert_int_eq(explain_exec(name, ENOENT, 0, text, sizeof text), EXIT_NOT_FOUND);
	ck_assert_uint_lt(strlen(text), HINT);
}
END_TEST

/* --- Rights. --- */

#define FILES SET_OF(CAP_DAC_OVERRIDE)
#define USERS SET_OF(CAP_SETUID)

/* PATH's only folder has the programs PRESENT; NULL: there is no warning. */
static const struct {
	const char *name;
	capability_set kept;
	bool unit;
	const char *present[3];
	const char *words, *not_words;
} rights[] = {
	{ "make", 0, false, { "runuser", "setpriv", "setuidgid" },
		"better: runuser -u nobody -- disablenetwork make; for the files of others: -p files", NULL },
	{ "/usr/bin/make", 0, false, { "chpst", "setpriv" },
		"better: setpriv --reuid=65534 --regid=65534 --clear-groups disablenetwork /usr/bin/make", NULL },
	{ "make", 0, false, { "s6-setuidgid", "chpst" }, "better: chpst -u nobody disablenetwork make", NULL },
	{ "make", 0, false, { "s6-setuidgid" }, "better: s6-setuidgid nobody disablenetwork make", NULL },
	{ "make", 0, false, { "setuidgid" }, "better: setuidgid nobody disablenetwork make", NULL },
	{ "make", 0, false, { "busybox setpriv", "setuidgid" }, "better: setuidgid nobody", NULL },
	{ "make", 0, false, { "su", "sudo" }, "better: another user", "sudo" },
	{ "make", 0, true, { "runuser" }, "better: User= in its unit; for the files of others: -p files", "runuser" },
	{ "make", FILES, false, { "runuser" }, "better: runuser", "-p files" },
	{ "make", FILES, true, { NULL }, "better: User=", "-p files" },
	{ "make", USERS, false, { "runuser" }, NULL, NULL },
	{ "runuser", USERS, false, { "runuser" }, NULL, NULL },
	{ "runuser", 0, false, { "runuser" },
		"disablenetwork -p users runuser ...; better: runuser -u nobody -- disablenetwork prog", NULL },
	{ "/usr/bin/setuidgid", 0, false, { "runuser", "setuidgid" },
		"disablenetwork -p users /usr/bin/setuidgid ...; better: setuidgid nobody disablenetwork prog", NULL },
	{ "su", FILES, false, { "setpriv" }, "-p users su ...; better: setpriv --reuid=", "-p files" },
	{ "gosu", 0, false, { NULL }, "-p users gosu ...; better: change it first", NULL },
	{ "sudo", 0, false, { "runuser" }, "change the user first: sudo -u nobody disablenetwork prog", "-p users" },
};

/* "busybox NAME" is NAME as a link to that. */
static void place(const char *name, bool there)
{
	const char *space = strchr(name, ' ');
	char file[64];

	snprintf(file, sizeof file, "directory/%s", space ? space + 1 : name);
	if (!there)
		unlink(file);
	else if (space)
		ck_assert_int_eq(symlink("busybox", file), 0);
	else
		make_file(file, "", 0755);
}

START_TEST(what_root_is_told)
{
	char text[HINT] = "", path[64];

	if (geteuid() != 0)
		return;
	for (int i = 0; i < 3 && rights[_i].present[i]; i++)
		place(rights[_i].present[i], true);
	snprintf(path, sizeof path, "%s/directory", folder);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);

	ck_assert_int_eq(warn_of_rights(rights[_i].name, rights[_i].kept, rights[_i].unit, text, sizeof text),
		rights[_i].words != NULL);
	for (int i = 0; i < 3 && rights[_i].present[i]; i++)
		place(rights[_i].present[i], false);
	if (rights[_i].words)
		ck_assert_msg(strstr(text, rights[_i].words) != NULL, "%s", text);
	if (rights[_i].not_words)
		ck_assert_msg(strstr(text, rights[_i].not_words) == NULL, "%s", text);
}
END_TEST

/* Setuid, of another user, of whom there is one only for root to make. */
START_TEST(others_are_told_of_setuid)
{
	static const struct {
		const char *name, *words;
	} programs[] = {
		{ "su", "\"su\" is setuid, and gains nothing behind disablenetwork; change the user first: su nobody -c \"disablenetwork prog\"" },
		{ "sudo", "change the user first: sudo -u nobody disablenetwork prog" },
		{ "passwd", "\"passwd\" is setuid, and gains nothing behind disablenetwork: it has the rights of its user" },
	};
	char text[HINT], path[64], file[80];

	if (geteuid() != 0)
		return;
	snprintf(path, sizeof path, "%s/directory", folder);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	snprintf(file, sizeof file, "directory/%s", programs[_i].name);
	make_file(file, "", 0755);
	ck_assert_int_eq(chmod(file, 04755), 0);
	make_file("directory/s6", "", 0755);
	ck_assert_int_eq(chown("directory/s6", 65534, 65534), 0);
	ck_assert_int_eq(chmod("directory/s6", 04755), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert(warn_of_rights(programs[_i].name, 0, false, text, sizeof text));
	ck_assert_msg(strstr(text, programs[_i].words) != NULL, "%s", text);
	ck_assert(!warn_of_rights("s6", 0, false, text, sizeof text)); /* setuid, but of this user */
}
END_TEST

START_TEST(what_others_are_told)
{
	static const int strong[] = { CAP_DAC_OVERRIDE, CAP_CHOWN, CAP_FOWNER, CAP_SETUID, CAP_SETGID };
	static const int weak[] = { CAP_KILL, CAP_DAC_READ_SEARCH, CAP_SYS_NICE, CAP_SYS_CHROOT };
	char text[HINT];

	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert(!warn_of_rights("make", 0, false, text, sizeof text));
	ck_assert(!warn_of_rights("env", 0, true, text, sizeof text));
	for (int i = 0; i < ROWS(weak); i++)
		ck_assert(!warn_of_rights("make", SET_OF(weak[i]), false, text, sizeof text));
	for (int i = 0; i < ROWS(strong); i++) {
		ck_assert(warn_of_rights("make", SET_OF(strong[i]), false, text, sizeof text));
		ck_assert_ptr_nonnull(strstr(text, "as good as root"));
	}
}
END_TEST

/* --- What a program will miss. --- */

static const struct {
	const char *program[4];
	const char *words; /* NULL: there is no warning */
} used[] = {
	{ { "npm", "install", "x" }, "\"npm\" fetches from the network, which is off; instead: npm ci --ignore-scripts && disablenetwork npm rebuild" },
	{ { "/usr/bin/npm", "i" }, "\"/usr/bin/npm\" fetches" },
	{ { "npm", "install", "--offline" }, NULL },
	{ { "npm", "rebuild" }, NULL },
	{ { "npm", "inst" }, NULL },
	{ { "npm", "" }, NULL },
	{ { "npm" }, NULL },
	{ { "yarn" }, "instead: yarn install --ignore-scripts" },
	{ { "yarnpkg", "add", "x" }, "\"yarnpkg\" fetches" },
	{ { "yarn", "build" }, NULL },
	{ { "pip3", "install", "x" }, "disablenetwork pip install --no-index" },
	{ { "pip3", "install", "--no-index", "x" }, NULL },
	{ { "cargo", "install", "x" }, "disablenetwork cargo build --offline" },
	{ { "cargo", "build" }, NULL },
	{ { "make", "install" }, NULL },
	{ { "", "install" }, NULL },
};

START_TEST(what_is_told_of_use)
{
	char *program[5] = { NULL }, text[HINT];

	for (int i = 0; i < 4 && used[_i].program[i]; i++)
		ck_assert_ptr_nonnull(program[i] = strdup(used[_i].program[i]));
	ck_assert_int_eq(warn_of_use(program, text, sizeof text), used[_i].words != NULL);
	if (used[_i].words)
		ck_assert_msg(strstr(text, used[_i].words) != NULL, "%s", text);
	for (int i = 0; program[i]; i++)
		free(program[i]);
}
END_TEST

START_TEST(a_long_program_is_cut)
{
	char name[2000], text[HINT], *program[] = { name, NULL };

	memset(name, '/', sizeof name);
	snprintf(name + sizeof name - 6, 6, "/yarn");
	ck_assert(warn_of_use(program, text, sizeof text));
	ck_assert_uint_eq(strlen(text), HINT - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints");
	TCase *all = tcase_create("all"), *files = tcase_create("files");

	tcase_add_loop_test(all, the_nearest_word, 0, ROWS(mistyped));
	tcase_add_test(all, each_capability_is_kept_or_has_a_reason);
	tcase_add_test(all, what_others_are_told);
	tcase_add_checked_fixture(files, set_up, tear_down);
	tcase_add_loop_test(files, why_it_cannot_be_run, 0, ROWS(execs));
	tcase_add_test(files, root_is_told_of_files);
	tcase_add_test(files, a_long_name_is_cut);
	tcase_add_loop_test(files, others_are_told_of_setuid, 0, 3);
	tcase_add_loop_test(all, what_is_told_of_use, 0, ROWS(used));
	tcase_add_test(all, a_long_program_is_cut);
	tcase_add_loop_test(files, what_root_is_told, 0, ROWS(rights));
	suite_add_tcase(suite, all);
	suite_add_tcase(suite, files);
	return run_suite(suite);
}
