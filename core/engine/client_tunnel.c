/* SPDX-License-Identifier: MIT */
#include "core/engine/client_tunnel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"

extern char **environ;

enum { HOST_MAX = 255, WORDS_MAX = 24, SAID_MAX = 16384 };

struct client_tunnel {
	pid_t pid;  /* 0: no child */
	int errors; /* its standard error, -1: none */
	struct str said;
};

struct address {
	char host[HOST_MAX + 1]; /* with the user */
	char port[8];
	const char *path; /* of the configuration there; "": its own default */
};

static const char forms[] =
	"say ssh://[user@]host[:port][/path/of/botswain.yaml] or unix:/path/of/engine.sock, with "
	"NAME= in front if it shall have one";

/* Behind "NAME=", if that is there. */
static const char *without_name(const char *way)
{
	size_t length = 0;
	while (isalnum((unsigned char)way[length]) ||
		(length && way[length] && strchr("._-", way[length])))
		length++;
	return length && way[length] == '=' ? way + length + 1 : way;
}

static bool is_host_sign(char sign)
{
	return isalnum((unsigned char)sign) || (sign && strchr("@._-[]:%", sign));
}

/* The port behind the last colon, if that is not part of an address in brackets. */
static bool split_port(struct address *address)
{
	char *colon = strrchr(address->host, ':'), *bracket = strrchr(address->host, ']');
	address->port[0] = '\0';
	if (!colon || (bracket && bracket > colon))
		return true;
	*colon = '\0';
	size_t digits = strspn(colon + 1, "0123456789");
	return digits && !colon[1 + digits] &&
	       copy_text(address->port, sizeof(address->port), colon + 1);
}

/* ssh takes an address of IPv6 without its brackets. */
static void drop_brackets(char *host)
{
	char *to = host;
	for (const char *from = host; *from; from++)
		if (*from != '[' && *from != ']')
			*to++ = *from;
	*to = '\0';
}

static bool read_address(const char *url, struct address *ret, struct err *err)
{
	const char *host = url + strlen("ssh://");
	size_t length = strcspn(host, "/");
	bool good = length > 0 && length <= HOST_MAX && *host != '-';
	for (size_t i = 0; good && i < length; i++)
		good = is_host_sign(host[i]);
	if (good) {
		memcpy(ret->host, host, length);
		ret->host[length] = '\0';
		good = split_port(ret) && ret->host[0];
	}
	if (!good)
		return err_set(err, ERR_INVALID, "'%.200s' names no host: %s", url, forms);
	drop_brackets(ret->host);
	ret->path = host + length;
	return true;
}

bool client_tunnel_check(const char *word, struct err *err)
{
	struct address address = {.path = ""};
	const char *way = without_name(word);
	if (way - word > WAY_NAME_MAX)
		return err_set(err, ERR_INVALID,
			"the name of '%.200s' is longer than %d characters", word,
			WAY_NAME_MAX - 1);
	if (starts_with(way, "ssh://"))
		return read_address(way, &address, err);
	if (starts_with(way, "unix:/"))
		return true;
	return err_set(err, ERR_INVALID, "'%.200s' is no way to an engine: %s", way, forms);
}

void client_tunnel_name(const char *word, char ret[WAY_NAME_MAX])
{
	struct address address = {.path = ""};
	struct err ignored;
	const char *way = without_name(word);
	ret[0] = '\0';
	if (way != word) {
		snprintf(ret, WAY_NAME_MAX, "%.*s", (int)(way - word) - 1, word);
	} else if (starts_with(way, "ssh://") && read_address(way, &address, &ignored)) {
		const char *user = strchr(address.host, '@');
		snprintf(ret, WAY_NAME_MAX, "%.*s", WAY_NAME_MAX - 1,
			user ? user + 1 : address.host);
	}
}

bool ways_add(struct ways *ways, const char *way, struct err *err)
{
	for (size_t i = 0; i < ways->count; i++)
		if (strcmp(without_name(ways->list[i]), without_name(way)) == 0)
			return err_set(err, ERR_INVALID, "--connect '%.200s' is given twice", way);
	if (ways->count == WAYS_MAX)
		return err_set(err, ERR_INVALID, "one screen takes at most %d engines", WAYS_MAX);
	if (!client_tunnel_check(way, err))
		return false;
	ways->list[ways->count++] = way;
	return true;
}

bool ways_add_all(struct ways *ways, char *const *words, size_t count, struct err *err)
{
	bool given = ways->count > 0, good = true;
	for (size_t i = 0; i < count && !given && good; i++)
		good = ways_add(ways, words[i], err);
	return good;
}

/* ---- unix ---- */

static bool open_unix(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (!copy_text(at.sun_path, sizeof(at.sun_path), path))
		return err_set(err, ERR_INVALID, "the socket path '%s' is too long", path);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return err_set(err, ERR_UNREACHABLE, "no engine answers on '%s': %s", path,
			strerror(errno));
	*ret_fd = keep_fd(&fd);
	return true;
}

/* ---- ssh ---- */

/* For the shell at the other end: in quotes, each quote inside closed, escaped, opened again. */
static void quote(struct str *to, const char *text)
{
	str_adds(to, "'");
	for (; *text; text++)
		if (*text == '\'')
			str_adds(to, "'\\''");
		else
			str_addch(to, *text);
	str_adds(to, "'");
}

static void write_remote(const struct address *address, struct str *to)
{
	str_adds(to, "botswain");
	if (address->path[0]) {
		str_adds(to, " -c ");
		quote(to, address->path);
	}
	str_adds(to, " attach --stdio");
}

/* What the child inherits: one socket as both of its streams, a pipe for its words; no signal that we block. */
static bool spawn_ssh(const char *const words[], int stream, int errors, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, stream, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, stream, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int error = posix_spawnp(
		ret_pid, "ssh", &files, &attributes, (char *const *)(uintptr_t)words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	errno = error;
	return error == 0;
}

static bool run_ssh(const struct address *address, int stream, int errors, pid_t *ret_pid)
{
	autostr struct str remote = STR_INIT;
	write_remote(address, &remote);
	const char *words[WORDS_MAX] = {"ssh", "-T", "-x", "-o", "BatchMode=yes", "-o",
		"ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3",
		"-o", "ClearAllForwardings=yes"};
	size_t count = 13;
	if (address->port[0]) {
		words[count++] = "-p";
		words[count++] = address->port;
	}
	words[count++] = "--";
	words[count++] = address->host;
	words[count] = remote.text;
	return spawn_ssh(words, stream, errors, ret_pid);
}

static bool open_ssh(const char *url, struct client_tunnel *tunnel, int *ret_fd, struct err *err)
{
	struct address address = {.path = ""};
	int streams[2], errors[2];
	if (!read_address(url, &address, err))
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, streams) != 0)
		return err_errno(err, errno, "cannot make a socket");
	autoclose int ours = streams[0];
	autoclose int theirs = streams[1];
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_errno(err, errno, "cannot make a pipe");
	autoclose int words = errors[1];
	tunnel->errors = errors[0];
	if (!run_ssh(&address, theirs, words, &tunnel->pid))
		return err_errno(err, errno, "cannot start ssh: install openssh-client");
	*ret_fd = keep_fd(&ours);
	return true;
}

bool client_tunnel_open(const char *word, struct client_tunnel **ret, int *ret_fd, struct err *err)
{
	const char *way = without_name(word);
	struct client_tunnel *tunnel = xcalloc(1, sizeof(*tunnel));
	tunnel->errors = -1;
	str_init(&tunnel->said);
	bool good = client_tunnel_check(way, err) &&
		    (starts_with(way, "unix:") ? open_unix(way + strlen("unix:"), ret_fd, err)
					       : open_ssh(way, tunnel, ret_fd, err));
	if (good)
		*ret = tunnel;
	else
		client_tunnel_free(tunnel);
	return good;
}

static void listen_to(struct client_tunnel *tunnel)
{
	char bytes[1024];
	ssize_t got;
	while (tunnel->errors >= 0 && (got = read(tunnel->errors, bytes, sizeof(bytes))) > 0)
		if (tunnel->said.length < SAID_MAX)
			str_add(&tunnel->said, bytes, (size_t)got);
}

/* The first sentence of the botswain there, else the last line, which is that of ssh. */
void client_tunnel_why(struct client_tunnel *tunnel, char *ret, size_t size)
{
	static const char ours[] = "botswain: ";
	autostr struct str line = STR_INIT;
	listen_to(tunnel);
	const char *text = tunnel->said.text, *found = strstr(text, ours);
	size_t end = tunnel->said.length;
	while (end && strchr("\r\n ", text[end - 1]))
		end--;
	size_t from = end;
	while (from && text[from - 1] != '\n')
		from--;
	if (found) {
		from = (size_t)(found - text) + sizeof(ours) - 1;
		end = from + strcspn(text + from, "\r\n");
	}
	sanitize(&line, text + from, end - from);
	copy_text(ret, size, line.text);
}

void client_tunnel_free(struct client_tunnel *tunnel)
{
	if (!tunnel)
		return;
	if (tunnel->pid > 0) {
		kill(tunnel->pid, SIGKILL);
		(void)reap_child(tunnel->pid, -1, 0, NULL);
	}
	if (tunnel->errors >= 0)
		close(tunnel->errors);
	str_release(&tunnel->said);
	free(tunnel);
}
