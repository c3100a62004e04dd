/* SPDX-License-Identifier: MIT */
/*
 * Windows on the audit file: its last part, read anew for each answer. A row's key is
 * "time/audit/offset" with the line's byte offset in the file, which never changes, for the file is
 * only appended to.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/parse/log_level.h"

enum { LINE_BYTES = 400, READ_MAX = 4 << 20 };

static bool begin(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	(void)window;
	(void)err;
	job->owned = xasprintf("%s/audit.jsonl", engine->settings->state_dir);
	return true;
}

static void release(struct window_job *job)
{
	free(job->owned);
}

/* The offset in a key; -1: none. */
static int64_t offset_of(const char *key)
{
	const char *slash = key ? strrchr(key, '/') : NULL;
	return slash ? strtoll(slash + 1, NULL, 10) : -1;
}

struct part {
	int64_t from, until;
};

/* What may hold the wanted rows: the end, around the anchor, or what came after the last answer. It
 * lies within the file, whatever the client says: keys come from outside, and files are cut. */
static struct part part_of(const struct window_job *job, size_t wanted, int64_t end)
{
	int64_t anchor = offset_of(job->request->anchor), bytes = (int64_t)wanted * LINE_BYTES;
	int64_t middle = anchor >= 0 && anchor < end ? anchor : end;
	int64_t until = end - middle > bytes ? middle + bytes : end;
	int64_t from = middle > bytes ? middle - bytes : 0;
	if (job->position) {
		int64_t last = offset_of(job->position);
		from = last < 0 ? 0 : last < end ? last : end;
		until = end;
	}
	return (struct part){until - from > READ_MAX ? until - READ_MAX : from, until};
}

static bool read_part(const struct window_job *job, size_t wanted, struct str *ret, int64_t *ret_at,
	struct err *err)
{
	const char *path = job->owned;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return true;
	int64_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	if (end < 0)
		return err_errno(err, errno, "cannot read '%s'", path);
	struct part part = part_of(job, wanted, end);
	autofree char *buffer = xmalloc((size_t)(part.until - part.from) + 1);
	ssize_t got = pread(fd, buffer, (size_t)(part.until - part.from), part.from);
	if (got < 0)
		return err_errno(err, errno, "cannot read '%s'", path);
	str_add(ret, buffer, (size_t)got);
	*ret_at = part.from;
	return true;
}

static const char *field(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));
	return text ? text : "";
}

static void describe(const json_t *line, struct str *text)
{
	static const char *const names[] = {"who", "what", "on", "result", "detail"};
	autostr struct str raw = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (field(line, names[i])[0])
			str_addf(&raw, "%s%s", raw.length ? " " : "", field(line, names[i]));
	if (field(line, "why")[0])
		str_addf(&raw, " (%s)", field(line, "why"));
	sanitize(text, raw.text, raw.length);
}

static void add_row(struct msg_win_rows *rows, const char *bytes, size_t length, int64_t offset)
{
	json_t *line = json_loadb(bytes, length, 0, NULL);
	autostr struct str text = STR_INIT, on = STR_INIT;
	int64_t time_ms = 0;
	bool has_zone;
	const char *time = field(line, "ts");
	if (parse_rfc3339(time, strlen(time), &time_ms, &has_zone) > 0) {
		struct msg_row *row = msg_add(rows->rows, &rows->rows_count);
		describe(line, &text);
		sanitize(&on, field(line, "on"), strlen(field(line, "on")));
		row->key = xasprintf("%lld/audit/%lld", (long long)time_ms, (long long)offset);
		row->time_ms = time_ms;
		row->bot = str_detach(&on);
		row->level = LOG_LEVEL_INFO;
		row->text = str_detach(&text);
		row->source = xstrdup("audit");
	}
	json_decref(line);
}

static void add_lines(struct msg_win_rows *rows, const struct str *part, int64_t at)
{
	size_t start = 0;
	if (at > 0) {
		const char *first = memchr(part->text, '\n', part->length);
		start = first ? (size_t)(first - part->text) + 1 : part->length;
	}
	while (start < part->length) {
		const char *end = memchr(part->text + start, '\n', part->length - start);
		if (!end)
			break; /* being written */
		size_t length = (size_t)(end - part->text) - start;
		add_row(rows, part->text + start, length, at + (int64_t)start);
		start += length + 1;
	}
}

/* Leaves `from` .. `until` (indexes) of the rows. */
static void keep_rows(struct msg_win_rows *rows, size_t from, size_t until)
{
	for (size_t i = 0; i < rows->rows_count; i++)
		if (i < from || i >= until)
			msg_release(MSG_row, &rows->rows[i]);
	if (until > from)
		memmove(rows->rows, rows->rows + from, (until - from) * sizeof(*rows->rows));
	rows->rows_count = until > from ? until - from : 0;
}

/* What was asked for: around the anchor, at the end, or only what is newer than the last answer. */
static void trim(struct msg_win_rows *rows, const struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	int64_t last = offset_of(job->position), anchor = offset_of(request->anchor);
	size_t count = rows->rows_count, middle = 0;
	size_t before = (size_t)request->before, after = (size_t)request->after;
	int64_t pivot = job->position ? last : anchor;
	while (middle < count && (pivot < 0 || offset_of(rows->rows[middle].key) <= pivot))
		middle++;
	rows->replace = !job->position;
	if (job->position) {
		keep_rows(rows, last < 0 ? 0 : middle, count);
		return;
	}
	size_t from = middle > before ? middle - before : 0;
	size_t until = count - middle > after ? middle + after : count;
	rows->more_before = from;
	rows->more_after = count - until;
	keep_rows(rows, from, until);
}

static void work(struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	autostr struct str part = STR_INIT;
	struct err err = {.code = ERR_NONE};
	int64_t at = 0;
	size_t wanted = (size_t)(request->before + request->after + 1);
	if (!read_part(job, wanted, &part, &at, &err))
		msg_set(&rows->error, err.text);
	add_lines(rows, &part, at);
	trim(rows, job);
	rows->done = true;
	window_post_rows(job, rows);
}

static uint64_t news(const struct engine *engine, const struct window *window)
{
	return window->request->follow ? engine->audit_changes : 0;
}

const struct window_store window_audit = {
	.name = "audit",
	.begin = begin,
	.work = work,
	.release = release,
	.news = news,
};
