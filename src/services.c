/* SPDX-License-Identifier: ISC
 * Copyright 2026 the disablenetwork authors
 *
 * See services.h.
 */
#include "services.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS(table) (sizeof table / sizeof table[0])

/* Places: a path, in which %r is the user's folder for sockets, %h his home, %u his number, %d the
 * number of his display; or $NAME, an environment variable that holds one, or an address. BUS is
 * for services that have a name on a bus: the file by which the bus knows it. */
#define SYSTEM_BUS "/run/dbus/system_bus_socket", "$DBUS_SYSTEM_BUS_ADDRESS"
static const struct row {
	const char *name;
	const char *does;
	const char *places[5];
	const char *bus;
} services[] = {
	/* Names and addresses. */
	{ "nscd", "asks the DNS", { "/run/nscd/socket", "/var/run/nscd/socket" }, NULL },
	{ "systemd-resolved", "asks the DNS", { "/run/systemd/resolve/io.systemd.Resolve" }, NULL },
	{ "systemd-resolved", "asks the DNS, by the system bus", { SYSTEM_BUS },
		"/usr/share/dbus-1/system-services/org.freedesktop.resolve1.service" },
	{ "avahi", "asks the machines around for names", { "/run/avahi-daemon/socket" }, NULL },
	{ "sssd", "asks directories in the network for users", { "/var/lib/sss/pipes/nss" }, NULL },
	/* What starts programs. */
	{ "system bus", "services of the machine: units, networks, packages", { SYSTEM_BUS }, NULL },
	{ "PackageKit", "fetches packages, by the system bus", { SYSTEM_BUS },
		"/usr/share/dbus-1/system-services/org.freedesktop.PackageKit.service" },
	{ "session bus", "starts programs outside, opens addresses in the browser", { "%r/bus", "$DBUS_SESSION_BUS_ADDRESS" }, NULL },
	{ "systemd", "starts programs outside", { "%r/systemd/private", "/run/systemd/private" }, NULL },
	{ "docker", "runs containers, with the network and as root",
		{ "/run/docker.sock", "/var/run/docker.sock", "%r/docker.sock", "$DOCKER_HOST" }, NULL },
	{ "podman", "runs containers, with the network", { "/run/podman/podman.sock", "%r/podman/podman.sock", "$CONTAINER_HOST" }, NULL },
	{ "containerd", "runs containers, with the network and as root", { "/run/containerd/containerd.sock" }, NULL },
	{ "buildkit", "builds images, with the network", { "/run/buildkit/buildkitd.sock", "%r/buildkit/buildkitd.sock" }, NULL },
	{ "lxd, incus", "runs containers, with the network and as root",
		{ "/var/lib/incus/unix.socket", "/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket" }, NULL },
	{ "libvirt", "runs machines, with the network", { "/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock",
		"%r/libvirt/libvirt-sock", "%r/libvirt/virtqemud-sock" }, NULL },
	{ "nix-daemon", "fetches and builds", { "/nix/var/nix/daemon-socket/socket" }, NULL },
	{ "guix-daemon", "fetches and builds", { "/var/guix/daemon-socket/socket" }, NULL },
	{ "snapd", "fetches and installs snaps", { "/run/snapd.socket", "/run/snapd-snap.socket" }, NULL },
	{ "tmux", "runs commands outside", { "$TMUX,", "$TMUX_TMPDIR/tmux-%u/default", "/tmp/tmux-%u/default" }, NULL },
	{ "emacs", "runs Lisp outside", { "%r/emacs/server", "/tmp/emacs%u/server" }, NULL },
	{ "VS Code", "opens files and addresses outside", { "$VSCODE_IPC_HOOK_CLI" }, NULL },
	/* The desktop. */
	{ "X11", "types into other windows, reads them", { "/tmp/.X11-unix/X%d" }, NULL },
	{ "Wayland", "shows windows, reads the clipboard", { "$WAYLAND_DISPLAY", "%r/wayland-0" }, NULL },
	{ "PulseAudio", "hears the microphone, sends sound over the network", { "$PULSE_SERVER", "%r/pulse/native" }, NULL },
	{ "PipeWire", "hears the microphone, sees the screen", { "$PIPEWIRE_REMOTE", "%r/pipewire-0" }, NULL },
	/* Keys. */
	{ "ssh-agent", "signs with the keys that it holds", { "$SSH_AUTH_SOCK", "%r/ssh-agent.socket", "%r/keyring/ssh" }, NULL },
	{ "gpg-agent", "signs and decrypts with the keys that it holds",
		{ "$GNUPGHOME/S.gpg-agent", "%r/gnupg/S.gpg-agent", "%h/.gnupg/S.gpg-agent", "%r/gnupg/S.gpg-agent.ssh" }, NULL },
	{ "dirmngr", "fetches keys and certificates, asks the DNS",
		{ "$GNUPGHOME/S.dirmngr", "%r/gnupg/S.dirmngr", "%h/.gnupg/S.dirmngr" }, NULL },
	/* Servers. */
	{ "cups", "prints on printers in the network", { "/run/cups/cups.sock" }, NULL },
	{ "postgres", "runs programs and connects elsewhere for some of its users",
		{ "/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432" }, NULL },
	{ "mysql", "connects elsewhere for some of its users",
		{ "$MYSQL_UNIX_PORT", "/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock" }, NULL },
	{ "syslog", "may send messages to other machines", { "/dev/log" }, NULL },
};

/* The number of the display that is on this machine, or -1: of :0, :0.1, unix:0. */
static long own_display(void)
{
	const char *display = getenv("DISPLAY"), *colon = display ? strrchr(display, ':') : NULL;
	char *end;

	if (!colon || (colon != display && strncmp(display, "unix", 4) != 0))
		return -1;
	const long number = strtol(colon + 1, &end, 10);
	return end == colon + 1 || (*end && *end != '.') || number < 0 || number > 65535 ? -1 : number;
}

struct path {
	char *text;
	size_t size, length;
};

static bool add(struct path *path, const char *text, size_t length)
{
	if (length >= path->size - path->length)
		return false;
	memcpy(path->text + path->length, text, length);
	path->text[path->length += length] = '\0';
	return true;
}

static bool add_number(struct path *path, long number)
{
	char digits[24] = "";
	const int length = snprintf(digits, sizeof digits, "%ld", number);

	return number >= 0 && add(path, digits, (size_t)length);
}

static bool add_runtime_folder(struct path *path)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (folder && *folder)
		return add(path, folder, strlen(folder));
	return add(path, "/run/user/", strlen("/run/user/")) && add_number(path, (long)getuid());
}

/* A path, an address of D-Bus, docker or PulseAudio, or a name in the user's folder. Behind a comma
 * TMUX and D-Bus have more. */
static bool add_address(struct path *path, const char *value, bool cut)
{
	const char *scheme = *value == '/' ? NULL : strstr(value, "unix:");

	if (scheme) {
		value = scheme + strlen("unix:");
		if (strncmp(value, "path=", 5) == 0) {
			value += 5;
			cut = true;
		}
		value += strspn(value, "/") > 1 ? strspn(value, "/") - 1 : 0;
		if (*value != '/')
			return false;
	} else if (*value != '/') {
		if (!*value || strchr(value, ':') || !add_runtime_folder(path) || !add(path, "/", 1))
			return false;
	}
	return add(path, value, cut ? strcspn(value, ",;") : strlen(value));
}

static bool add_variable(struct path *path, const char **place)
{
	const size_t length = strspn(*place, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	char name[32];

	snprintf(name, sizeof name, "%.*s", (int)length, *place);
	const char *value = getenv(name);
	*place += length;
	const bool cut = **place == ',';
	*place += cut;
	return value && *value && add_address(path, value, cut);
}

static bool add_part(struct path *path, const char **place)
{
	const char *home;
	const size_t plain = strcspn(*place, "%$");

	if (plain) {
		*place += plain;
		return add(path, *place - plain, plain);
	}
	if (*(*place)++ == '$')
		return add_variable(path, place);
	switch (*(*place)++) {
	case 'r':
		return add_runtime_folder(path);
	case 'h':
		home = getenv("HOME");
		return home && *home && add(path, home, strlen(home));
	case 'u':
		return add_number(path, (long)getuid());
	default:
		return add_number(path, own_display());
	}
}

static bool expand(const char *place, char *text, size_t size)
{
	struct path path = { .text = text, .size = size };

	while (*place)
		if (!add_part(&path, &place))
			return false;
	return true;
}

static bool may_connect(const char *path, struct stat *status)
{
	return stat(path, status) == 0 && S_ISSOCK(status->st_mode) &&
		faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Two places of a service may be one: /var/run is a link. */
static bool was_found_before(const struct row *row, size_t place, const struct stat *status)
{
	char path[PATH_MAX];
	struct stat before;

	for (size_t i = 0; i < place; i++)
		if (expand(row->places[i], path, sizeof path) && stat(path, &before) == 0 && is_same(&before, status))
			return true;
	return false;
}

bool services_next(struct service *service)
{
	struct stat status;

	for (; service->row < ROWS(services); service->row++, service->place = 0) {
		const struct row *row = &services[service->row];
		if (row->bus && access(row->bus, F_OK) != 0)
			continue;
		while (service->place < ROWS(row->places) && row->places[service->place]) {
			const size_t place = service->place++;
			if (!expand(row->places[place], service->path, sizeof service->path) ||
				!may_connect(service->path, &status) || was_found_before(row, place, &status))
				continue;
			service->name = row->name;
			service->does = row->does;
			return true;
		}
	}
	return false;
}

bool is_at_or_beneath(const char *path, const char *const *paths, int count)
{
	char real[PATH_MAX];
	struct stat here, allowed;

	if (count == 0 || !realpath(path, real))
		return false;
	for (char *end = real + strlen(real); end; end = strrchr(real, '/')) {
		*end = '\0';
		if (stat(*real ? real : "/", &here) != 0)
			return false;
		for (int i = 0; i < count; i++)
			if (stat(paths[i], &allowed) == 0 && is_same(&here, &allowed))
				return true;
	}
	return false;
}

/* A line of /proc/net/unix ends in the name, with @ for the zero byte. */
bool x_server_is_abstract(void)
{
	char text[4096], name[64];
	const long number = own_display();
	const int list = number < 0 ? -1 : open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	const size_t length = (size_t)snprintf(name, sizeof name, " @/tmp/.X11-unix/X%ld\n", number);
	size_t kept = 0; /* of what was read before: it may be the name's first half */
	ssize_t size;
	bool found = false;

	while (list >= 0 && !found && (size = read(list, text + kept, sizeof text - kept)) > 0) {
		const size_t end = kept + (size_t)size;
		found = memmem(text, end, name, length) != NULL;
		kept = end < length ? end : length - 1;
		memmove(text, text + end - kept, kept);
	}
	if (list >= 0)
		close(list);
	return found;
}
