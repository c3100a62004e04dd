/* SPDX-License-Identifier: MIT */
/* When the file is read and written, and by whom: children, which a disk may hold as long as it likes. */
#include "tui/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "core/engine/client_tunnel.h"
#include "tui/app.h"

enum { LEAVE_WAIT_MS = 50, ANSWER_MAX = SAVED_BYTES_MAX + 16 };

/* First byte of what the reading child says. */
enum { SAID_TEXT = 't', SAID_NONE = 'n', SAID_BAD = 'b' };

struct saved {
	char *path, *identity;
	struct str last;   /* what the file holds, as far as we know */
	int64_t looked_ms; /* mono: the last key that was looked behind */
	pid_t writer;      /* 0: none runs */
	pid_t reader;      /* 0: none runs */
	int from;          /* what it says */
	bool off;          /* a newer one wrote the file: it is left alone */
	bool complained;
};

/* ---- children ---- */

/* Nothing of ours is held: not the terminal, not the engine's socket, but for `kept`. */
static void let_go_of_all(int kept)
{
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= STDERR_FILENO && null >= 0; fd++)
		(void)dup2(null, fd);
	if (kept > STDERR_FILENO + 1)
		(void)syscall(SYS_close_range, STDERR_FILENO + 1, (unsigned)kept - 1, 0);
	(void)syscall(SYS_close_range, (unsigned)(kept > STDERR_FILENO ? kept : STDERR_FILENO) + 1,
		~0U, 0);
}

static void read_and_say(const char *path, int to)
{
	static char answer[ANSWER_MAX];
	size_t length = 0, said = 0;
	let_go_of_all(to);
	int error = saved_file_read(path, answer + 1, SAVED_BYTES_MAX, &length);
	answer[0] = error == 0 ? SAID_TEXT : error == ENOENT ? SAID_NONE : SAID_BAD;
	while (said < length + 1) {
		ssize_t took = write(to, answer + said, length + 1 - said);
		if (took < 0 && errno != EINTR)
			break;
		said += took > 0 ? (size_t)took : 0;
	}
	_exit(0);
}

/* Until the child has said all of it or the time is over. */
static bool listen_to(int from, struct str *ret)
{
	char bytes[4096];
	int64_t until_ms = clock_mono_ms(clock_real()) + SAVED_READ_MS;
	for (;;) {
		int64_t left_ms = until_ms - clock_mono_ms(clock_real());
		struct pollfd slot = {.fd = from, .events = POLLIN};
		if (left_ms <= 0 || (poll(&slot, 1, (int)left_ms) < 0 && errno != EINTR))
			return false;
		ssize_t got = slot.revents ? read(from, bytes, sizeof(bytes)) : -1;
		if (got == 0)
			return true;
		if (got > 0)
			str_add(ret, bytes, (size_t)got);
	}
}

static void start_reader(struct saved *saved)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid_t pid = fork();
	if (pid == 0)
		read_and_say(saved->path, ends[1]);
	close(ends[1]);
	saved->from = ends[0];
	saved->reader = pid > 0 ? pid : 0;
}

/* False: it could not be read in time. */
static bool hear_reader(struct saved *saved, struct str *ret)
{
	bool heard = saved->reader && listen_to(saved->from, ret);
	if (saved->from >= 0)
		close(saved->from);
	if (saved->reader)
		reap_child(saved->reader, -1, 0, NULL);
	saved->from = -1;
	saved->reader = 0;
	return heard;
}

static void write_by_child(struct saved *saved, const char *text, size_t length)
{
	pid_t pid = fork();
	if (pid == 0) {
		let_go_of_all(-1);
		_exit(saved_file_write(saved->path, text, length));
	}
	saved->writer = pid > 0 ? pid : 0;
}

/* False: the last writer is still at it. */
static bool is_free(struct app *app)
{
	struct saved *saved = app->saved;
	int status = 0;
	if (!saved->writer)
		return true;
	pid_t ended = waitpid(saved->writer, &status, WNOHANG);
	if (ended == 0)
		return false;
	saved->writer = 0;
	bool failed = ended > 0 && WIFEXITED(status) && WEXITSTATUS(status);
	if (failed && !saved->complained)
		app_toast(app, true, "this view is not kept: %s: '%s'",
			strerror(WEXITSTATUS(status)), saved->path);
	saved->complained |= failed;
	return true;
}

/* ---- which file ---- */

/* NULL: there is no place for it. */
static char *path_of(const char *identity)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	uint64_t hash = entity_id("screen", identity);
	if (state && *state == '/')
		return xasprintf("%s/botswain/screen-%016" PRIx64 ".json", state, hash);
	if (home && *home == '/')
		return xasprintf("%s/.local/state/botswain/screen-%016" PRIx64 ".json", home, hash);
	return NULL;
}

static int compare_ways(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A set of engines is the same in whatever order they are given. */
static char *identity_of(const struct settings *settings, const struct ways *ways)
{
	struct str text = STR_INIT;
	struct ways sorted = {.count = 0};
	if (ways)
		sorted = *ways;
	qsort(sorted.list, sorted.count, sizeof(*sorted.list), compare_ways);
	for (size_t i = 0; i < sorted.count; i++)
		str_addf(&text, "%s%s", i ? " " : "", sorted.list[i]);
	if (!text.length)
		str_adds(&text, settings->state_dir);
	return str_detach(&text);
}

/* ---- for the app ---- */

static void take(struct app *app, const struct str *said)
{
	struct saved *saved = app->saved;
	struct err err = {.code = ERR_NONE};
	if (said->text[0] == SAID_NONE)
		return;
	if (said->text[0] != SAID_TEXT)
		app_toast(app, true, "the last view is not taken up: it is no file of ours: '%s'",
			saved->path);
	else if (!saved_take(
			 app, saved->identity, said->text + 1, said->length - 1, &saved->off, &err))
		app_toast(app, true, "the last view is not taken up: %s: '%s'", err.text,
			saved->path);
}

struct saved *saved_look(const struct settings *settings, const struct ways *ways)
{
	autofree char *identity = identity_of(settings, ways);
	autofree char *path = path_of(identity);
	if (!path || !settings->screen_remember)
		return NULL;
	struct saved *saved = xcalloc(1, sizeof(*saved));
	*saved = (struct saved){.path = xstrdup(path), .identity = xstrdup(identity), .from = -1};
	str_init(&saved->last);
	start_reader(saved);
	return saved;
}

void saved_begin(struct app *app, struct saved *saved)
{
	autostr struct str said = STR_INIT;
	if (!saved)
		return;
	saved->looked_ms = app->key_mono_ms;
	app->saved = saved;
	if (hear_reader(saved, &said))
		take(app, &said);
	else
		app_toast(app, true,
			"the last view is not taken up: its disk does not answer: '%s'",
			saved->path);
	saved_print(app, saved->identity, &saved->last);
}

void saved_free(struct saved *saved)
{
	if (!saved)
		return;
	if (saved->from >= 0)
		close(saved->from);
	if (saved->reader)
		reap_child(saved->reader, -1, 0, NULL);
	free(saved->path);
	free(saved->identity);
	str_release(&saved->last);
	free(saved);
}

/* What changed is written, unless a writer still runs. */
static void write_changes(struct app *app)
{
	struct saved *saved = app->saved;
	autostr struct str text = STR_INIT;
	if (saved->off || !is_free(app))
		return;
	saved_print(app, saved->identity, &text);
	saved->looked_ms = app->key_mono_ms;
	if (strcmp(text.text, saved->last.text) == 0)
		return;
	write_by_child(saved, text.text, text.length);
	str_clear(&saved->last);
	str_add(&saved->last, text.text, text.length);
}

int saved_left_ms(const struct app *app)
{
	const struct saved *saved = app->saved;
	if (!saved || saved->off || saved->looked_ms == app->key_mono_ms)
		return -1;
	int64_t left_ms = app->key_mono_ms + SAVED_QUIET_MS - app_mono_ms(app);
	return left_ms > 0 ? (int)left_ms
			   : SAVED_QUIET_MS; /* a writer that hangs is no reason to spin */
}

void saved_step(struct app *app)
{
	struct saved *saved = app->saved;
	if (saved && saved->looked_ms != app->key_mono_ms &&
		app_mono_ms(app) - app->key_mono_ms >= SAVED_QUIET_MS)
		write_changes(app);
}

/* The last writer is waited for a moment, so that its file is not the newer one. */
static void wait_for_writer(const struct saved *saved)
{
	autoclose int fd = saved->writer ? pidfd_open(saved->writer, 0) : -1;
	struct pollfd slot = {.fd = fd, .events = POLLIN};
	if (fd >= 0)
		poll(&slot, 1, LEAVE_WAIT_MS);
}

void saved_end(struct app *app)
{
	struct saved *saved = app ? app->saved : NULL;
	if (!saved)
		return;
	wait_for_writer(saved);
	write_changes(app);
	app->saved = NULL;
	saved_free(saved);
}

bool saved_forget(struct app *app, struct err *err)
{
	struct saved *saved = app->saved;
	if (saved && !is_free(app))
		return err_set(err, ERR_CONFLICT, "it is being written: try again in a moment");
	saved_reset(app);
	if (!saved)
		return true;
	saved->off = false;
	write_by_child(saved, "", 0);
	str_clear(&saved->last);
	saved_print(app, saved->identity, &saved->last);
	return true;
}
