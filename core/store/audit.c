/* SPDX-License-Identifier: MIT */
/*
 * What is durable ends at `length`. A commit that fails is cut off again, so that the file never
 * holds half a line or a line that was reported as not written; if even that fails, the next commit
 * cuts first. At opening only the last part is checked: a year of lines must not delay a start.
 */
#include "core/store/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/write_all.h"
#include "core/store/chain.h"

enum { TAIL_BYTES = 256 * 1024 };

struct audit {
	int fd;
	char *path;
	off_t length; /* durable bytes */
	bool dirty;   /* the file may be longer than that */
	struct audit_mark mark, staged_mark;
	struct str staged;
	uint64_t last_operation;
};

static bool read_at(int fd, off_t offset, char *bytes, size_t length, struct err *err)
{
	while (length) {
		ssize_t done = pread(fd, bytes, length, offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_errno(err, done < 0 ? errno : EIO, "cannot read the audit file");
		bytes += done;
		offset += done;
		length -= (size_t)done;
	}
	return true;
}

/* Bytes after the last line end are what a crash left of a line. */
static bool set_torn_aside(
	struct audit *audit, const char *torn, size_t length, struct str *note, struct err *err)
{
	autofree char *aside = xasprintf("%s.torn", audit->path);
	autoclose int fd =
		open(aside, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !write_all(fd, torn, length) || !write_all(fd, "\n", 1) || fsync(fd) < 0)
		return err_errno(err, errno, "cannot write '%s'", aside);
	audit->length -= (off_t)length;
	if (ftruncate(audit->fd, audit->length) < 0 || fsync(audit->fd) < 0)
		return err_errno(err, errno, "cannot shorten '%s'", audit->path);
	str_addf(note, "the last line of '%s' was torn (%zu bytes): moved to '%s'", audit->path,
		length, aside);
	return true;
}

static void add_note(struct str *note, const char *path, uint64_t seq, const char *what)
{
	if (note->length)
		return; /* the first finding is the one to look at */
	str_addf(note, "'%s' does not hold at number %" PRIu64 ": %s", path, seq, what);
}

struct tail {
	struct audit *audit;
	const struct audit_mark *known;
	bool follows, met_known; /* the mark is that of the line before; `known` was seen */
	struct str *note;
};

static void check_line(struct tail *tail, const char *line, size_t length)
{
	struct audit *audit = tail->audit;
	struct chain_link link = {.seq = 0};
	struct err err = {.text = ""};
	bool good = chain_read(line, length, &link, &err);
	if (!good)
		add_note(tail->note, audit->path, link.seq ? link.seq : audit->mark.seq + 1,
			err.text);
	if (!link.seq)
		return;
	if (!chain_follow(&audit->mark, &link, &err) && tail->follows && good)
		add_note(tail->note, audit->path, link.seq, err.text);
	tail->follows = true;
	if (link.operation > audit->last_operation)
		audit->last_operation = link.operation;
	if (link.seq != tail->known->seq)
		return;
	tail->met_known = true;
	if (strcmp(link.hash, tail->known->hash) != 0)
		add_note(tail->note, audit->path, link.seq, "it is not the line that was written");
}

static bool check_tail(
	struct audit *audit, const struct audit_mark *known, struct str *note, struct err *err)
{
	size_t length = audit->length < TAIL_BYTES ? (size_t)audit->length : TAIL_BYTES;
	bool whole = length == (size_t)audit->length;
	autofree char *bytes = xmalloc(length + 1);
	if (!read_at(audit->fd, audit->length - (off_t)length, bytes, length, err))
		return false;
	bytes[length] = '\0';
	const char *last = memrchr(bytes, '\n', length);
	size_t torn = length - (last ? (size_t)(last + 1 - bytes) : 0);
	if (torn && !set_torn_aside(audit, bytes + length - torn, torn, note, err))
		return false;
	const char *at = bytes, *end = bytes + length - torn, *line_end;
	if (!whole && at < end)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	struct tail tail = {.audit = audit, .known = known, .follows = whole, .note = note};
	for (; at < end; at = line_end + 1) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		check_line(&tail, at, (size_t)(line_end - at));
	}
	if (known->seq > audit->mark.seq)
		str_addf(note,
			"%s'%s' ends at number %" PRIu64 ", but %" PRIu64
			" was written: its tail is gone",
			note->length ? "; " : "", audit->path, audit->mark.seq, known->seq);
	return true;
}

bool audit_open(const char *path, const struct audit_mark *known, struct audit **ret,
	struct str *note, struct err *err)
{
	struct stat info;
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot open the audit file '%s'", path);
	struct audit *audit = xcalloc(1, sizeof(*audit));
	*audit = (struct audit){.fd = fd, .path = xstrdup(path), .mark = chain_start()};
	str_init(&audit->staged);
	bool good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
	if (!good)
		err_set(err, ERR_INVALID, "the audit file '%s' is not a regular file", path);
	audit->length = good ? info.st_size : 0;
	if (!good || !check_tail(audit, known, note, err)) {
		audit_close(audit);
		return false;
	}
	/* The numbers go on where the known ones ended: a cut tail stays visible as a gap. */
	if (known->seq > audit->mark.seq)
		audit->mark = *known;
	audit->staged_mark = audit->mark;
	*ret = audit;
	return true;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	close(audit->fd);
	str_release(&audit->staged);
	free(audit->path);
	free(audit);
}

void audit_stage(struct audit *audit, int64_t wall_ms, const struct audit_line *line,
	const struct redactor *redactor)
{
	chain_add(&audit->staged, &audit->staged_mark, wall_ms, line, redactor);
}

static bool cut_back(struct audit *audit)
{
	if (audit->dirty && ftruncate(audit->fd, audit->length) < 0)
		return false;
	audit->dirty = false;
	return true;
}

static bool write_staged(struct audit *audit, struct err *err)
{
	if (!cut_back(audit))
		return err_errno(err, errno, "cannot shorten '%s'", audit->path);
	audit->dirty = true;
	if (!write_all(audit->fd, audit->staged.text, audit->staged.length) ||
		fsync(audit->fd) < 0) {
		err_errno(err, errno, "cannot write '%s'", audit->path);
		bool ignored UNUSED = cut_back(audit);
		return false;
	}
	audit->dirty = false;
	audit->length += (off_t)audit->staged.length;
	return true;
}

bool audit_commit(struct audit *audit, struct err *err)
{
	bool good = audit->staged.length == 0 || write_staged(audit, err);
	if (good)
		audit->mark = audit->staged_mark;
	audit->staged_mark = audit->mark;
	str_clear(&audit->staged);
	return good;
}

struct audit_mark audit_mark(const struct audit *audit)
{
	return audit->mark;
}

uint64_t audit_last_operation(const struct audit *audit)
{
	return audit->last_operation;
}

static void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

bool audit_verify(const char *path, uint64_t *ret_lines, struct err *err)
{
	CLEANUP(close_stream) FILE *stream = fopen(path, "re");
	if (!stream)
		return err_errno(err, errno, "cannot open the audit file '%s'", path);
	autofree char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	struct audit_mark mark = chain_start();
	uint64_t lines = 0;
	while ((length = getline(&line, &capacity, stream)) > 0) {
		struct chain_link link;
		struct err why = {.text = ""};
		lines++;
		if (line[length - 1] != '\n')
			err_set(&why, ERR_SYNTAX, "it is torn");
		else if (chain_read(line, (size_t)length - 1, &link, &why))
			why.code = chain_follow(&mark, &link, &why) ? ERR_NONE : why.code;
		if (why.code)
			return err_set(err, why.code, "'%s' line %" PRIu64 " does not hold: %s",
				path, lines, why.text);
	}
	if (ferror(stream))
		return err_errno(err, errno, "cannot read the audit file '%s'", path);
	*ret_lines = lines;
	return true;
}
