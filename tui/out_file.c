/* SPDX-License-Identifier: MIT */
#include "tui/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "core/base/write_all.h"

enum { WAY_BYTES = 1 << 20, PART_MAX = 4096 };

/* Ends what is complete: text has none. */
static const char whole = '\0';

struct found {
	char path[OUT_FILE_SAID_MAX], word[OUT_FILE_SAID_MAX];
};

struct out_file {
	pid_t child; /* 0: it has ended */
	int to;      /* the way there; -1: closed */
	struct found found;
	bool may_replace;
	struct str waits;
	size_t sent;
	bool ends;
};

/* ---- the child ---- */

/* Keeps only the way to the screen, if there is one (-1), as the first behind the usual three. */
static void let_go_of_all(int *from)
{
	int kept = STDERR_FILENO + 1;
	if (*from >= 0)
		*from = fcntl(*from, F_DUPFD, kept);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < kept && null >= 0; fd++)
		(void)dup2(null, fd);
	if (*from >= 0 && *from != kept && dup2(*from, kept) == kept)
		*from = kept;
	(void)syscall(SYS_close_range, *from == kept ? kept + 1 : kept, ~0U, 0);
}

/* Until the end, into the file; 0, or an errno: ECANCELED when the end was not said. */
static int copy(int from, int to)
{
	static char bytes[64 << 10];
	bool is_whole = false;
	for (;;) {
		ssize_t got = read(from, bytes, sizeof(bytes));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		is_whole = bytes[got - 1] == whole;
		if (!write_all(to, bytes, (size_t)got - is_whole))
			return errno;
	}
	if (!is_whole)
		return ECANCELED;
	return fsync(to) == 0 || errno == EINVAL ? 0 : errno;
}

/* The file is there: a screen that cannot be told has given it up. */
static int tell(int screen, const struct found *found, bool may_replace)
{
	ssize_t took = send(screen, found, sizeof(*found), MSG_NOSIGNAL);
	if (took == (ssize_t)sizeof(*found) || may_replace)
		return 0;
	(void)unlink(found->path);
	return ECANCELED;
}

/* Into a new file beside it that takes its place at the end. */
static int write_file(const struct found *found, bool may_replace, int from)
{
	const char *path = found->path;
	char part[PART_MAX];
	if (snprintf(part, sizeof(part), "%s.%ld.part", path, (long)getpid()) >= (int)sizeof(part))
		return ENAMETOOLONG;
	if (!may_replace && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return EEXIST;
	int to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return errno;
	int error = copy(from, to);
	close(to);
	if (!error &&
		renameat2(AT_FDCWD, part, AT_FDCWD, path, may_replace ? 0 : RENAME_NOREPLACE) < 0)
		error = errno;
	if (error)
		(void)unlink(part);
	return error ? error : tell(from, found, may_replace);
}

struct order {
	out_file_find *find; /* NULL: the path is known */
	const void *data;
	bool may_replace;
};

static _Noreturn void be_child(const struct order *order, struct found *found, int from)
{
	int error = 0;
	let_go_of_all(&from);
	if (order->find)
		error = order->find(order->data, found->path, found->word);
	_exit(error ? error : write_file(found, order->may_replace, from));
}

/* ---- the screen ---- */

static struct out_file *begin(const struct order *order, const char *path, struct err *err)
{
	int ends[2];
	struct found found = {.path = ""};
	const char *name = order->find ? "a file for another program" : path;
	if (!copy_text(found.path, sizeof(found.path), path)) {
		(void)err_set(err, ERR_INVALID, "cannot write: the name of the file is too long");
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		(void)err_errno(err, errno, "cannot write '%s'", name);
		return NULL;
	}
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		be_child(order, &found, ends[0]);
	}
	close(ends[0]);
	if (child < 0) {
		(void)err_errno(err, errno, "cannot write '%s'", name);
		close(ends[1]);
		return NULL;
	}
	(void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &(int){WAY_BYTES}, sizeof(int));
	struct out_file *out = xcalloc(1, sizeof(*out));
	*out = (struct out_file){.child = child,
		.to = ends[1],
		.may_replace = order->may_replace,
		.waits = STR_INIT};
	return out;
}

struct out_file *out_file_new(const char *path, bool may_replace, struct err *err)
{
	const struct order order = {.may_replace = may_replace};
	return begin(&order, path, err);
}

struct out_file *out_file_new_found(out_file_find *find, const void *data, struct err *err)
{
	const struct order order = {.find = find, .data = data};
	return begin(&order, "", err);
}

void out_file_remove(const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		int none = -1;
		let_go_of_all(&none);
		_exit(unlink(path) < 0);
	}
	if (child > 0)
		(void)reap_child(child, -1, 0, NULL);
}

static void close_way(struct out_file *out)
{
	if (out->to >= 0)
		close(out->to);
	out->to = -1;
}

/* What the child told when the file was there. */
static bool hear(struct out_file *out)
{
	return out->to >= 0 && recv(out->to, &out->found, sizeof(out->found), MSG_DONTWAIT) ==
				       (ssize_t)sizeof(out->found);
}

/* From now on the child cannot tell it any more, and takes it away; if it has told already, that is for us. */
static void take_back(struct out_file *out)
{
	if (out->to >= 0)
		(void)shutdown(out->to, SHUT_RD);
	if (hear(out) && !out->may_replace)
		out_file_remove(out->found.path);
}

void out_file_free(struct out_file *out)
{
	if (!out)
		return;
	if (out->child)
		take_back(out);
	close_way(out);
	if (out->child)
		(void)reap_child(out->child, -1, 0, NULL);
	str_release(&out->waits);
	free(out);
}

void out_file_add(struct out_file *out, const char *text, size_t length)
{
	str_add(&out->waits, text, length);
}

void out_file_end(struct out_file *out)
{
	str_addch(&out->waits, whole);
	out->ends = true;
}

size_t out_file_waiting(const struct out_file *out)
{
	return out->waits.length - out->sent;
}

static void send_some(struct out_file *out)
{
	while (out->to >= 0 && out_file_waiting(out)) {
		ssize_t took = send(out->to, out->waits.text + out->sent, out_file_waiting(out),
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (took < 0 && errno == EINTR)
			continue;
		if (took < 0 && errno != EAGAIN)
			close_way(out); /* the child has ended, and says why */
		if (took <= 0)
			return;
		out->sent += (size_t)took;
	}
	str_clear(&out->waits);
	out->sent = 0;
	if (out->ends && out->to >= 0)
		(void)shutdown(out->to, SHUT_WR);
}

bool out_file_step(struct out_file *out, int *ret_error)
{
	int status;
	send_some(out);
	pid_t ended = waitpid(out->child, &status, WNOHANG);
	if (ended == 0 || (ended < 0 && errno == EINTR))
		return false;
	out->child = 0;
	(void)hear(out);
	close_way(out);
	*ret_error = ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return true;
}

const char *out_file_path(const struct out_file *out)
{
	return out->found.path;
}

const char *out_file_said(const struct out_file *out)
{
	return out->found.word;
}
