/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See hints.h. No hint names a program that is not here.
 */
#include "hints.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS(table) (sizeof table / sizeof table[0])

/* --- Words that were mistyped. --- */

enum { WORD = 32 }; /* longer ones are like none */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	const char letters[2][2] = { { a, '\0' }, { b, '\0' } };

	return strcasecmp(letters[0], letters[1]) == 0;
}

/* How many letters must be added, dropped, changed, or swapped with the next. What stands behind
 * an = is an option's value. */
static unsigned distance_between(const char *typed, const char *word)
{
	unsigned rows[3][WORD] = { { 0 } }, *before = rows[0], *last = rows[1], *now = rows[2];
	const size_t length = strlen(word);

	for (unsigned j = 0; j <= length; j++)
		last[j] = j;
	for (unsigned i = 1; typed[i - 1] && typed[i - 1] != '='; i++) {
		now[0] = i;
		for (unsigned j = 1; j <= length; j++) {
			const bool same = same_letter(typed[i - 1], word[j - 1]);
			now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + !same);
			if (i > 1 && j > 1 && same_letter(typed[i - 1], word[j - 2]) &&
				same_letter(typed[i - 2], word[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *free = before;
		before = last;
		last = now;
		now = free;
	}
	return last[length];
}

/* One letter may be wrong, of longer words two or three. */
void consider_word(struct nearest *nearest, const char *word)
{
	const size_t length = strlen(word);

	if (length >= WORD || strcspn(nearest->typed, "=") >= WORD)
		return;
	const unsigned distance = distance_between(nearest->typed, word);
	if (distance > 1 + length / 6 || distance >= length || (nearest->meant && distance >= nearest->distance))
		return;
	nearest->meant = word;
	nearest->distance = distance;
}

static const struct {
	const char *expected;
	const char *option;
} expected_options[] = {
	{ "allow-localhost", "loopback" },
	{ "allow-loopback", "loopback" },
	{ "localhost", "loopback" },
};

void consider_option(struct nearest *nearest, const char *option)
{
	consider_word(nearest, option);
	for (size_t i = 0; i < ROWS(expected_options); i++)
		if (strcmp(option, expected_options[i].option) == 0) {
			consider_word(nearest, expected_options[i].expected);
			if (nearest->meant == expected_options[i].expected)
				nearest->meant = option;
		}
}

/* --- Capabilities. --- */

static const struct {
	const char *name;
	const char *why;
} never_kept[] = {
#define NETWORK "could bring the network back"
#define SYSTEM "is power over the system as a whole, and so over its network"
#define OTHERS "is power over processes outside, which have their network"
	{ "audit_control", SYSTEM },
	{ "audit_read", "is used through a netlink socket, of which there are none" },
	{ "audit_write", "is used through a netlink socket, of which there are none" },
	{ "block_suspend", SYSTEM },
	{ "bpf", NETWORK },
	{ "checkpoint_restore", OTHERS },
	{ "mac_admin", SYSTEM },
	{ "mac_override", SYSTEM },
	{ "mknod", "makes devices, of which some are a network" },
	{ "net_admin", NETWORK },
	{ "net_broadcast", NETWORK },
	{ "net_raw", NETWORK },
	{ "perfmon", OTHERS },
	{ "setfcap", NETWORK },
	{ "setpcap", NETWORK },
	{ "sys_admin", NETWORK },
	{ "sys_boot", SYSTEM },
	{ "sys_module", SYSTEM },
	{ "sys_pacct", SYSTEM },
	{ "sys_ptrace", OTHERS },
	{ "sys_rawio", SYSTEM },
	{ "sys_time", SYSTEM },
	{ "sys_tty_config", "types into terminals" },
	{ "syslog", SYSTEM },
	{ "wake_alarm", SYSTEM },
#undef NETWORK
#undef SYSTEM
#undef OTHERS
};

const char *why_not_kept(const char *name)
{
	if (strncasecmp(name, "cap_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < ROWS(never_kept); i++)
		if (strcasecmp(name, never_kept[i].name) == 0)
			return never_kept[i].why;
	return NULL;
}

/* --- Programs that cannot be run. --- */

/* Where execvp would find NAME, or stumble over it: the first along PATH that is there. */
static bool find_program(const char *name, char *file, size_t size)
{
	const char *path = strchr(name, '/') ? "" : getenv("PATH");

	if (!*name)
		return false;
	if (!path)
		path = "/bin:/usr/bin"; /* as execvp does */
	for (const char *end; ; path = end + 1) {
		end = strchrnul(path, ':');
		const int length = snprintf(file, size, "%.*s%s%s", (int)(end - path), path,
			end > path ? "/" : "", name);
		if (length > 0 && (size_t)length < size && access(file, F_OK) == 0)
			return true;
		if (!*end)
			return false;
	}
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_empty(const char *name)
{
	return !*name;
}

static bool is_option(const char *name)
{
	return name[0] == '-' && name[1];
}

static bool is_command_line(const char *name)
{
	return strpbrk(name, " \t\n|&;<>$") != NULL;
}

static bool is_assignment(const char *name)
{
	const char *equals = strchr(name, '=');

	return equals && equals > name && !memchr(name, '/', (size_t)(equals - name));
}

static bool is_word_of_shells(const char *name)
{
	static const char *const words[] = { "!", ".", ":", "[[", "alias", "bg", "builtin", "case", "cd", "command",
		"declare", "eval", "exec", "exit", "export", "fc", "fg", "for", "function", "hash", "history", "if",
		"jobs", "let", "local", "popd", "pushd", "read", "readonly", "select", "set", "shift", "shopt",
		"source", "time", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "until", "wait",
		"while", "{" };

	for (size_t i = 0; i < ROWS(words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return false;
}

static bool has_slash(const char *name)
{
	return strchr(name, '/') != NULL;
}

static bool always(const char *name)
{
	(void)name;
	return true;
}

/* The first row that applies. %s is the name. */
static const struct {
	bool (*applies)(const char *name);
	const char *words;
} not_found[] = {
	{ is_empty, "not found: its name is empty, as that of an unset variable" },
	{ is_command_line, "not found: a command line is the shell's to read: disablenetwork sh -c \"%s\"" },
	{ is_assignment, "not found: to set a variable put env in front: disablenetwork env %s prog" },
	{ is_option, "not found: options stand before prog and before --" },
	{ is_word_of_shells, "not found: it is the shell's own: disablenetwork sh -c \"%s ...\"" },
	{ has_slash, "not found" },
	{ always, "not found along PATH (aliases and functions only the shell knows)" },
};

/* Where it is a directory, say; a script that may not be executed a shell may still read. */
static const char *why_denied(const char *file, bool found, bool searched, capability_set kept)
{
	struct stat status;

	if (found && stat(file, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return "it is a directory";
		if (!(status.st_mode & 0111))
			return "it is not marked as executable (chmod +x)";
	}
	if (geteuid() == 0 && !(kept & SET_OF(CAP_DAC_OVERRIDE)))
		return "root has no more rights than other users without capabilities (-p files keeps these)";
	return searched ? "it, or a folder of PATH, is not for this user" : "it, its interpreter, or a folder on the way, is not for this user";
}

/* Of a script, its interpreter, which is not there; of other programs, that the loader is not. */
static void explain_missing(const char *file, char *text, size_t size)
{
	char line[PATH_MAX];
	const int script = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t length = script < 0 ? -1 : read(script, line, sizeof line - 1);

	if (script >= 0)
		close(script);
	line[length > 0 ? length : 0] = '\0';
	char *const interpreter = line + 2 + strspn(line + (length > 2 ? 2 : 0), " \t");
	if (length < 3 || memcmp(line, "#!", 2) != 0) {
		snprintf(text, size, "its loader is missing (a program for another libc or another machine)");
		return;
	}
	const size_t word = strcspn(interpreter, " \t\r\n"), rest = strcspn(interpreter, "\n");
	const bool carriage_return = interpreter[word] == '\r' && word + 1 == rest;
	interpreter[word] = '\0';
	snprintf(text, size, carriage_return
		? "its interpreter is missing: \"%s\" with a carriage return at its end (lines end as on Windows)"
		: "its interpreter \"%s\" is missing", interpreter);
}

int explain_exec(const char *name, int error, capability_set kept, char *text, size_t size)
{
	char file[PATH_MAX] = "";
	const bool found = find_program(name, file, sizeof file);
	size_t row = 0;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
		if (found) {
			explain_missing(file, text, size);
			return EXIT_CANNOT_RUN;
		}
		while (!not_found[row].applies(name))
			row++;
		snprintf(text, size, not_found[row].words, name);
		return EXIT_NOT_FOUND;
	case EACCES:
		snprintf(text, size, "%s: %s", strerror(error), why_denied(file, found, !has_slash(name), kept));
		return EXIT_CANNOT_RUN;
	case EPERM: /* execve(2): marked with capabilities that the bounding set lacks */
		snprintf(text, size, "%s (does its file have capabilities?)", strerror(error));
		return EXIT_CANNOT_RUN;
	default:
		snprintf(text, size, "%s", strerror(error));
		return EXIT_CANNOT_RUN;
	}
}

/* --- Rights. --- */

/* What changes the user. FIRST is how it stands in front of the tool. Those down to the first
 * NULL are proposed to everybody, in this order, where they are found. OTHERS is the same for
 * who is not root, by programs that are setuid. */
static const struct changer {
	const char *name;
	const char *first;
	bool util_linux; /* a busybox program of the same name does not know these options */
	bool refuses;    /* runs under no_new_privs in no case */
	const char *others;
} changers[] = {
	{ "runuser", "runuser -u nobody --", true, false, NULL },
	{ "setpriv", "setpriv --reuid=65534 --regid=65534 --clear-groups", true, false, NULL },
	{ "setuidgid", "setuidgid nobody", false, false, NULL },
	{ "chpst", "chpst -u nobody", false, false, NULL },
	{ "s6-setuidgid", "s6-setuidgid nobody", false, false, NULL },
	{ "su", NULL, false, false, "su nobody -c \"disablenetwork prog\"" },
	{ "sg", NULL, false, false, "sg group \"disablenetwork prog\"" },
	{ "newgrp", NULL, false, false, "sg group \"disablenetwork prog\"" },
	{ "gosu", NULL, false, false, NULL },
	{ "su-exec", NULL, false, false, NULL },
	{ "s6-applyuidgid", NULL, false, false, NULL },
	{ "start-stop-daemon", NULL, false, false, NULL },
	{ "sudo", "sudo -u nobody", false, true, "sudo -u nobody disablenetwork prog" },
	{ "doas", "doas -u nobody", false, true, "doas -u nobody disablenetwork prog" },
};

static const struct changer *find_changer(const char *program)
{
	for (size_t i = 0; i < ROWS(changers); i++)
		if (strcmp(last_name(program), changers[i].name) == 0)
			return &changers[i];
	return NULL;
}

static bool is_busybox(const char *file)
{
	char target[PATH_MAX];
	const ssize_t length = readlink(file, target, sizeof target - 1);

	target[length > 0 ? length : 0] = '\0';
	return strcmp(last_name(target), "busybox") == 0;
}

/* The way to change the user that there is here, or NULL. */
static const char *find_way_to_change(void)
{
	char file[PATH_MAX];

	for (size_t i = 0; i < ROWS(changers) && changers[i].first; i++)
		if (find_program(changers[i].name, file, sizeof file) && !(changers[i].util_linux && is_busybox(file)))
			return changers[i].first;
	return NULL;
}

/* Those by which one becomes root, or writes root's files. */
static const struct {
	capability_set member;
	const char *name;
} as_good_as_root[] = {
	{ SET_OF(CAP_DAC_OVERRIDE), "dac_override" },
	{ SET_OF(CAP_CHOWN), "chown" },
	{ SET_OF(CAP_FOWNER), "fowner" },
	{ SET_OF(CAP_SETUID), "setuid" },
	{ SET_OF(CAP_SETGID), "setgid" },
};

static bool warn_of_capabilities(const char *name, capability_set kept, char *text, size_t size)
{
	for (size_t i = 0; i < ROWS(as_good_as_root); i++)
		if (kept & as_good_as_root[i].member) {
			snprintf(text, size, "\"%s\" keeps %s, and so is as good as root, whose files can make others act for it",
				name, as_good_as_root[i].name);
			return true;
		}
	return false;
}

/* To an ordinary user. One's own setuid programs are as any other. */
static bool warn_of_setuid(const char *name, char *text, size_t size)
{
	const struct changer *changer = find_changer(name);
	char file[PATH_MAX];
	struct stat status;

	if (!find_program(name, file, sizeof file) || stat(file, &status) != 0 || !(status.st_mode & S_ISUID) ||
		status.st_uid == geteuid())
		return false;
	if (changer && changer->others)
		snprintf(text, size, "\"%s\" is setuid, and gains nothing behind disablenetwork; change the user first: %s",
			name, changer->others);
	else
		snprintf(text, size, "\"%s\" is setuid, and gains nothing behind disablenetwork: it has the rights of its "
			"user", name);
	return true;
}

static bool is_root(void)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && (real == 0 || effective == 0 || saved == 0);
}

/* With setuid kept, prog is taken to be about to change the user. */
bool warn_of_rights(const char *name, capability_set kept, bool unit, char *text, size_t size)
{
	if (!is_root())
		return warn_of_capabilities(name, kept, text, size) || warn_of_setuid(name, text, size);
	if (kept & SET_OF(CAP_SETUID))
		return false;

	const struct changer *changer = find_changer(name);
	const char *way = find_way_to_change();
	const char *first = changer && changer->first ? changer->first : way;
	const char *files = (kept & SET_OF(CAP_DAC_OVERRIDE)) ? "" : "; for the files of others: -p files";
	if (changer && changer->refuses)
		snprintf(text, size, "\"%s\" does not run where no privilege can be gained; change the user first: "
			"%s disablenetwork prog", name, first);
	else if (changer)
		snprintf(text, size, "\"%s\" cannot change the user without capabilities: disablenetwork -p users %s ...; "
			"better: %s disablenetwork prog", name, name, first ? first : "change it first, then");
	else if (unit)
		snprintf(text, size, "\"%s\" runs as root, whose files can make others act for it; better: User= in its "
			"unit%s", name, files);
	else if (way)
		snprintf(text, size, "\"%s\" runs as root, whose files can make others act for it; better: "
			"%s disablenetwork %s%s", name, way, name, files);
	else
		snprintf(text, size, "\"%s\" runs as root, whose files can make others act for it; better: another "
			"user%s", name, files);
	return true;
}

/* --- X programs. --- */

/* The names of its libraries stand near the beginning of a program's file, each behind a 0. */
bool is_x_program(const char *name)
{
	static const char *const libraries[] = { "\0libX11.so", "\0libxcb.so", "\0libXt.so", "\0libgtk-", "\0libQt5Gui.so",
		"\0libQt6Gui.so", "\0libSDL2-" };
	enum { OVERLAP = 16, CHUNK = 4096, CHUNKS = 64 };
	char file[PATH_MAX], text[OVERLAP + CHUNK] = "";
	bool found = false;
	ssize_t length = 1;
	const int program = find_program(name, file, sizeof file) ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	for (int i = 0; program >= 0 && i < CHUNKS && length > 0 && !found; i++) {
		memmove(text, text + CHUNK, OVERLAP);
		length = read(program, text + OVERLAP, CHUNK);
		for (size_t j = 0; j < ROWS(libraries) && length > 0 && !found; j++)
			found = memmem(text, OVERLAP + (size_t)length, libraries[j], 1 + strlen(libraries[j] + 1));
	}
	if (program >= 0)
		close(program);
	return found;
}

/* --- What a program will miss. --- */

/* Those whose own words come late or mislead. An argument "" is that of a program without any; with
 * UNLESS among the arguments all is well. */
static const struct use {
	const char *names, *arguments, *unless, *instead;
} uses[] = {
	{ "npm", "ci i install add update", "--offline",
		"npm ci --ignore-scripts && disablenetwork npm rebuild" },
	{ "pnpm", "i install add update", "--offline",
		"pnpm install --ignore-scripts && disablenetwork pnpm rebuild" },
	{ "yarn yarnpkg", " install add upgrade", "--offline",
		"yarn install --ignore-scripts && disablenetwork npm rebuild" },
	{ "pip pip3", "install download wheel", "--no-index",
		"pip download -d wheels, then disablenetwork pip install --no-index -f wheels" },
	{ "cargo", "add fetch install update", "--offline",
		"cargo fetch, then disablenetwork cargo build --offline" },
};

/* Whether WORD is one of LIST, whose words are separated by single blanks. */
static bool is_listed(const char *word, const char *list)
{
	const size_t length = strlen(word);

	for (const char *at = list; ; at++) {
		const char *end = strchrnul(at, ' ');
		if ((size_t)(end - at) == length && memcmp(at, word, length) == 0)
			return true;
		if (!*end)
			return false;
		at = end;
	}
}

static bool applies(const struct use *use, char *const *program)
{
	if (!is_listed(last_name(program[0]), use->names) || !is_listed(program[1] ? program[1] : "", use->arguments))
		return false;
	for (char *const *argument = program + 1; *argument; argument++)
		if (strcmp(*argument, use->unless) == 0)
			return false;
	return true;
}

bool warn_of_use(char *const *program, char *text, size_t size)
{
	for (size_t i = 0; i < ROWS(uses); i++)
		if (applies(&uses[i], program)) {
			snprintf(text, size, "\"%s\" fetches from the network, which is off; instead: %s", program[0],
				uses[i].instead);
			return true;
		}
	return false;
}
