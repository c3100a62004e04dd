/* SPDX-License-Identifier: MIT */
/*
 * Finding the engine of a configuration, or starting one. The engine's lock decides who it is: when
 * two screens start one at the same moment the second engine leaves with "already running", and
 * both screens find the first. The wait is on the folder of the socket (inotify), not on time; only
 * starting again is: whoever has the lock may be leaving, and opens no socket then.
 */
#include "core/engine/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_tunnel.h"

extern char **environ;

char *client_engine_program(void)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length > 0) {
		self[length] = '\0';
		char *slash = strrchr(self, '/');
		char *beside = xasprintf("%.*s/botswaind", (int)(slash - self), self);
		if (access(beside, X_OK) == 0)
			return beside;
		free(beside);
	}
	return xstrdup("botswaind");
}

static void prepare_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* In a session of its own: the terminal's death is not the engine's. Takes over `files`. */
static bool spawn(
	char *const argv[], posix_spawn_file_actions_t *files, pid_t *ret_pid, struct err *err)
{
	autofree char *program = client_engine_program();
	posix_spawnattr_t attributes;
	posix_spawnattr_init(&attributes);
	prepare_signals(&attributes);
	posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawnp(ret_pid, program, files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(files);
	posix_spawnattr_destroy(&attributes);
	return failed == 0 || err_errno(err, failed, "cannot start '%s'", program);
}

/* How long it is now; emptied when that is too much. Another engine may write to it meanwhile: then
 * that goes on at its end. */
static off_t bound_log(const char *path)
{
	enum { LOG_BYTES_MAX = 1 << 20 };
	struct stat status;
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) != 0)
		return 0;
	if (status.st_size <= LOG_BYTES_MAX)
		return status.st_size;
	return ftruncate(fd, 0) == 0 ? 0 : status.st_size;
}

/* It says what goes wrong in engine.log, from `ret_log_from` on. */
static bool spawn_engine(
	const struct settings *settings, pid_t *ret_pid, off_t *ret_log_from, struct err *err)
{
	autofree char *log = xasprintf("%s/engine.log", settings->state_dir);
	autofree char *path = xstrdup(settings->path);
	autofree char *file = xstrdup(settings->record_file ? settings->record_file : "");
	char name[] = "botswaind", option[] = "-c", own[] = "--own", record[] = "--record";
	char *argv[] = {name, option, path, own, NULL, NULL, NULL};
	if (*file) {
		argv[4] = record;
		argv[5] = file;
	}
	posix_spawn_file_actions_t files;
	if (!make_dirs(settings->state_dir, err))
		return false;
	*ret_log_from = bound_log(log);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(
		&files, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
	return spawn(argv, &files, ret_pid, err);
}

/* botswaind with these words, whose client is at the other end of *ret_fd, its descriptor 3; `input` (0: none) is its 4. */
static bool spawn_for_us(char *const argv[], posix_spawn_file_actions_t *files, int input,
	int *ret_fd, struct err *err)
{
	pid_t pid;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		posix_spawn_file_actions_destroy(files);
		return err_errno(err, errno, "cannot make a socket");
	}
	posix_spawn_file_actions_adddup2(files, ends[1], 3);
	if (input)
		posix_spawn_file_actions_adddup2(files, input, 4);
	bool ok = spawn(argv, files, &pid, err);
	close(ends[1]);
	if (ok)
		*ret_fd = ends[0];
	else
		close(ends[0]);
	return ok;
}

bool client_start_private(
	const struct settings *settings, const char *kind, struct client **ret, struct err *err)
{
	autofree char *path = xstrdup(settings->path);
	char name[] = "botswaind", option[] = "-c", fd_option[] = "--client-fd", fd_number[] = "3";
	char *const argv[] = {name, option, path, fd_option, fd_number, NULL};
	posix_spawn_file_actions_t files;
	int fd = -1;
	posix_spawn_file_actions_init(&files);
	if (!spawn_for_us(argv, &files, 0, &fd, err))
		return false;
	*ret = client_over(fd, settings->state_dir, kind, true);
	return true;
}

bool client_start_logs(const char *const *paths, size_t count, int input, const char *kind,
	struct client **ret, struct err *err)
{
	char name[] = "botswaind", log_option[] = "--log", fd_option[] = "--client-fd",
	     three[] = "3", input_option[] = "--log-fd", four[] = "4";
	autofree char **argv = xcalloc(count * 2 + 6, sizeof(*argv));
	posix_spawn_file_actions_t files;
	int fd = -1;
	argv[0] = name;
	argv[1] = fd_option;
	argv[2] = three;
	for (size_t i = 0; i < count; i++) {
		argv[3 + i * 2] = log_option;
		argv[4 + i * 2] = (char *)(uintptr_t)paths[i];
	}
	if (input) {
		argv[3 + count * 2] = input_option;
		argv[4 + count * 2] = four;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!spawn_for_us(argv, &files, input, &fd, err))
		return false;
	*ret = client_over(fd, "", kind, true);
	return true;
}

bool client_start_replay(
	const char *recording, const char *kind, struct client **ret, struct err *err)
{
	autofree char *path = xstrdup(recording);
	char name[] = "botswaind", option[] = "--replay", fd_option[] = "--client-fd",
	     three[] = "3";
	char *const argv[] = {name, option, path, fd_option, three, NULL};
	posix_spawn_file_actions_t files;
	int fd = -1;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!spawn_for_us(argv, &files, 0, &fd, err))
		return false;
	*ret = client_over(fd, "", kind, true);
	return true;
}

/* What the engine said first about its start: the first line that came to engine.log since. */
static void read_first_words(
	const struct settings *settings, off_t log_from, char *ret, size_t size)
{
	static const char name[] = "botswaind: ";
	autofree char *path = xasprintf("%s/engine.log", settings->state_dir);
	char line[256] = "";
	FILE *file = fopen(path, "re");
	if (file) {
		if (fseeko(file, log_from, SEEK_SET) != 0 || !fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	bool named = strncmp(line, name, strlen(name)) == 0;
	copy_text(ret, size, named ? line + strlen(name) : line);
}

static bool say_why_it_left(
	const struct settings *settings, off_t log_from, int status, struct err *err)
{
	char words[200];
	enum err_code code =
		WIFEXITED(status) && WEXITSTATUS(status) == 2 ? ERR_INVALID : ERR_UNREACHABLE;
	read_first_words(settings, log_from, words, sizeof(words));
	if (words[0])
		return err_set(err, code, "the engine did not start: %s", words);
	return err_set(
		err, code, "the engine did not start; see '%s/engine.log'", settings->state_dir);
}

enum {
	LOOK_MS = 100,        /* look again at least this often: for what no descriptor tells */
	AGAIN_FIRST_MS = 250, /* from an engine that was refused to the next, doubled each time */
	AGAIN_MOST_MS = 8000,
	ANSWER_MS = 2000, /* a welcome that takes longer is worth a word */
	REFUSED = 5,      /* exit status: another has the lock */
};

struct client_search {
	const struct settings *settings;
	const char *way; /* to an engine elsewhere; NULL: ours */
	char *kind;
	bool want_state, started;
	int watch; /* inotify on the folder of the socket, -1: none */
	pid_t child;
	off_t log_from;        /* engine.log before it is the others' */
	struct client *client; /* connected, not welcomed yet */
	int64_t connected_ms;  /* mono */
	int64_t start_ms, pause_ms;
	unsigned refusals;
	bool only_looks; /* starts none */
	bool past;       /* for the recording */
	char why[256];
};

/* Whose state it is: an engine of ours could not even lock it. */
static bool is_foreign(const struct settings *settings)
{
	struct stat found;
	return stat(settings->state_dir, &found) == 0 && found.st_uid != geteuid();
}

static int watch_folder(const char *socket_path)
{
	autofree char *folder = parent_of(socket_path);
	struct err ignored;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd >= 0 && make_dirs(folder, &ignored))
		(void)inotify_add_watch(fd, folder, IN_CREATE | IN_MOVED_TO | IN_ATTRIB);
	return fd;
}

static void say_what_is_awaited(struct client_search *search)
{
	copy_text(search->why, sizeof(search->why),
		search->only_looks ? "waiting for its service" : "");
}

struct client_search *client_search_new(
	const struct settings *settings, const char *way, const char *kind, bool want_state)
{
	struct client_search *search = xcalloc(1, sizeof(*search));
	*search = (struct client_search){.settings = settings,
		.way = way,
		.kind = xstrdup(kind),
		.want_state = want_state,
		.watch = -1,
		.start_ms = INT64_MIN,
		.pause_ms = AGAIN_FIRST_MS};
	if (!way && is_foreign(settings))
		client_search_only_look(search);
	return search;
}

void client_search_past(struct client_search *search)
{
	search->past = search->only_looks = true;
}

void client_search_only_look(struct client_search *search)
{
	if (!search->only_looks)
		search->watch = watch_folder(search->settings->socket_path);
	search->only_looks = true;
	say_what_is_awaited(search);
}

void client_search_free(struct client_search *search)
{
	if (!search)
		return;
	if (search->watch >= 0)
		close(search->watch);
	client_free(search->client);
	if (search->child > 0) /* whether it is the one that was found or leaves again */
		reap_child(search->child, -1, 0, NULL);
	free(search->kind);
	free(search);
}

struct pollfd client_search_poll(const struct client_search *search)
{
	if (!search->client)
		return (struct pollfd){.fd = search->watch, .events = POLLIN};
	short events = client_wants_write(search->client) ? POLLIN | POLLOUT : POLLIN;
	return (struct pollfd){.fd = client_fd(search->client), .events = events};
}

bool client_search_meets(const struct client_search *search)
{
	return search->client != NULL;
}

const char *client_search_why(const struct client_search *search)
{
	return search->why;
}

bool client_search_started(const struct client_search *search)
{
	return search->started;
}

static void swallow_events(int watch)
{
	char events[4096];
	while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
		;
}

/* ---- an engine of ours ---- */

static bool start_engine(struct client_search *search, struct err *err)
{
	if (search->watch < 0)
		search->watch = watch_folder(search->settings->socket_path);
	return spawn_engine(search->settings, &search->child, &search->log_from, err);
}

/* Two that start at the same moment are no news; who is refused again has somebody in its way. */
static void refused(struct client_search *search, int64_t now_mono_ms)
{
	if (++search->refusals > 1)
		read_first_words(
			search->settings, search->log_from, search->why, sizeof(search->why));
	search->start_ms = now_mono_ms + search->pause_ms;
	search->pause_ms *= 2;
	if (search->pause_ms > AGAIN_MOST_MS)
		search->pause_ms = AGAIN_MOST_MS;
}

/* False: it ended for a reason that another start would not mend. */
static bool look_at_child(struct client_search *search, int64_t now_mono_ms, struct err *err)
{
	int status = 0;
	if (search->child <= 0 || waitpid(search->child, &status, WNOHANG) != search->child)
		return true;
	search->child = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != REFUSED)
		return say_why_it_left(search->settings, search->log_from, status, err);
	refused(search, now_mono_ms);
	return true;
}

static enum client_search_state start(
	struct client_search *search, int64_t now_mono_ms, struct err *err)
{
	if (!look_at_child(search, now_mono_ms, err))
		return CLIENT_NOT_FOUND;
	if (search->only_looks || search->child || now_mono_ms < search->start_ms)
		return CLIENT_SEARCHING;
	return start_engine(search, err) ? CLIENT_SEARCHING : CLIENT_NOT_FOUND;
}

/* ---- whoever listens ---- */

/* Whoever chose the way chose the engine: it is not asked for its identity. */
static bool knock_there(struct client_search *search, struct err *err)
{
	struct client_tunnel *tunnel;
	int fd;
	if (!client_tunnel_open(search->way, &tunnel, &fd, err))
		return false;
	search->client = search->past ? client_over_past(fd, "", search->kind)
				      : client_over(fd, "", search->kind, search->want_state);
	client_keep_tunnel(search->client, tunnel);
	return true;
}

static bool knock(struct client_search *search, int64_t now_mono_ms, struct err *err)
{
	const struct settings *settings = search->settings;
	search->connected_ms = now_mono_ms;
	if (search->way)
		return knock_there(search, err);
	if (search->past)
		return client_connect_past(settings->socket_path, settings->state_dir, search->kind,
			&search->client, err);
	return client_connect(settings->socket_path, settings->state_dir, search->kind,
		search->want_state, &search->client, err);
}

static enum client_search_state found(struct client_search *search, struct client **ret)
{
	const struct msg_welcome *welcome = client_welcome(search->client);
	search->started = search->child > 0 && welcome->pid == (uint64_t)search->child;
	*ret = search->client;
	search->client = NULL;
	return CLIENT_FOUND;
}

/* Who hangs up without a word is leaving; what it said instead of a welcome stands. */
static enum client_search_state lost(struct client_search *search, struct err *err)
{
	bool is_over = search->way || search->past || !client_hung_up(search->client);
	bool has_none = search->past && client_refusal(search->client) == ERR_NOT_FOUND;
	(void)err_set(
		err, has_none ? ERR_NOT_FOUND : ERR_UNREACHABLE, "%s", client_why(search->client));
	client_free(search->client);
	search->client = NULL;
	say_what_is_awaited(search);
	return is_over ? CLIENT_NOT_FOUND : CLIENT_SEARCHING;
}

static enum client_search_state meet(
	struct client_search *search, int64_t now_mono_ms, struct client **ret, struct err *err)
{
	client_meet(search->client);
	if (client_state(search->client) == CLIENT_ATTACHED)
		return found(search, ret);
	if (client_state(search->client) == CLIENT_LOST)
		return lost(search, err);
	if (now_mono_ms - search->connected_ms >= ANSWER_MS)
		snprintf(search->why, sizeof(search->why), "the engine on '%.200s' does not answer",
			search->way ? search->way : search->settings->socket_path);
	return CLIENT_SEARCHING;
}

enum client_search_state client_search_step(
	struct client_search *search, int64_t now_mono_ms, struct client **ret, struct err *err)
{
	swallow_events(search->watch);
	if (search->client || knock(search, now_mono_ms, err))
		return meet(search, now_mono_ms, ret, err);
	if (!search->way && err->code == ERR_TIMEOUT)
		return CLIENT_SEARCHING; /* it is there: the next step knocks again */
	if (search->way || search->past || err->code != ERR_UNREACHABLE)
		return CLIENT_NOT_FOUND;
	return start(search, now_mono_ms, err);
}

static bool out_of_time(const struct client_search *search, struct err *err)
{
	if (search->why[0])
		return err_set(err, ERR_TIMEOUT, "no engine in time: %s", search->why);
	return err_set(err, ERR_TIMEOUT,
		"the engine did not open '%s' in time; see '%s/engine.log'",
		search->settings->socket_path, search->settings->state_dir);
}

bool client_attach(const struct settings *settings, const char *way, const char *kind,
	bool want_state, int64_t timeout_ms, struct client **ret, bool *ret_started,
	struct err *err)
{
	struct client_search *search = client_search_new(settings, way, kind, want_state);
	int64_t now_ms = clock_mono_ms(clock_real()), until_ms = now_ms + timeout_ms;
	enum client_search_state state;
	while ((state = client_search_step(search, now_ms, ret, err)) == CLIENT_SEARCHING &&
		now_ms < until_ms) {
		struct pollfd news = client_search_poll(search);
		(void)poll(&news, 1, LOOK_MS);
		now_ms = clock_mono_ms(clock_real());
	}
	if (state == CLIENT_SEARCHING)
		(void)out_of_time(search, err);
	*ret_started = search->started;
	client_search_free(search);
	return state == CLIENT_FOUND;
}
