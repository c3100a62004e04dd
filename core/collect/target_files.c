/* SPDX-License-Identifier: MIT */
#include "core/collect/target_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/schedule.h"
#include "core/conf/settings.h"
#include "core/conf/targets.h"

/* Which content a file has, as far as that is told without reading it; zeroed: none was seen. */
struct mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed, written;
};

struct file {
	char *name, *path; /* of the entry, and its list */
	struct schedule schedule;
	struct targets *now; /* NULL: none could be read yet */
	struct mark seen;    /* when it was read */
	struct err err;      /* how that ended */
	bool is_kept;
};

struct target_files {
	struct file *list;
	size_t count, room;
	struct targets **before; /* may be in use */
	size_t before_count, before_room;
};

struct target_files *target_files_new(void)
{
	return xcalloc(1, sizeof(struct target_files));
}

/* ---- lists that are no more ---- */

static void put_away(struct target_files *files, struct targets *targets)
{
	if (!targets)
		return;
	files->before = grow(
		files->before, files->before_count, &files->before_room, sizeof(struct targets *));
	files->before[files->before_count++] = targets;
}

void target_files_settle(struct target_files *files)
{
	for (size_t i = 0; i < files->before_count; i++)
		targets_free(files->before[i]);
	files->before_count = 0;
}

void target_files_free(struct target_files *files)
{
	if (!files)
		return;
	target_files_settle(files);
	for (size_t i = 0; i < files->count; i++) {
		targets_free(files->list[i].now);
		free(files->list[i].name);
		free(files->list[i].path);
	}
	free(files->list);
	free(files->before);
	free(files);
}

/* ---- reading ---- */

static bool is_same(const struct targets *one, const struct targets *other)
{
	size_t count, others;
	const struct target *a = targets_list(one, &count), *b = targets_list(other, &others);
	bool same = count == others;
	for (size_t i = 0; same && i < count; i++)
		same = strcmp(a[i].address, b[i].address) == 0 &&
		       strcmp(a[i].labels_text, b[i].labels_text) == 0;
	return same;
}

/* True: it is another list than before. */
static bool take(struct target_files *files, struct file *file, struct targets *targets)
{
	if (file->now && is_same(file->now, targets)) {
		targets_free(targets);
		return false;
	}
	put_away(files, file->now);
	file->now = targets;
	return true;
}

static void note_end(struct file *file, int64_t now_ms, bool was_good)
{
	file->schedule.fails = was_good ? 0 : file->schedule.fails + 1;
	file->schedule.circuit =
		file->schedule.fails >= SCHEDULE_OPEN_AFTER ? CIRCUIT_OPEN : CIRCUIT_CLOSED;
	file->schedule.due_ms = now_ms + file->schedule.interval_ms;
}

static struct mark mark_of(const char *path)
{
	struct mark mark;
	struct stat status;
	memset(&mark, 0, sizeof(mark)); /* its gaps are compared, too */
	if (stat(path, &status) != 0)
		return mark;
	mark.device = status.st_dev;
	mark.inode = status.st_ino;
	mark.size = status.st_size;
	mark.changed = status.st_ctim;
	mark.written = status.st_mtim;
	return mark;
}

/* One that is as it was is not read again: a bad list costs libfyaml some bytes for ever. True: it is another list. */
static bool read_changed(struct target_files *files, struct file *file)
{
	struct targets *targets = NULL;
	struct mark mark = mark_of(file->path);
	if (mark.inode && memcmp(&mark, &file->seen, sizeof(mark)) == 0)
		return false;
	file->seen = mark;
	file->err.code = ERR_NONE;
	return targets_read(file->path, &targets, &file->err) && take(files, file, targets);
}

static bool read_list(struct target_files *files, struct file *file, struct hub *hub)
{
	struct err said = {.code = ERR_NONE};
	bool is_new = read_changed(files, file), is_good = file->err.code == ERR_NONE;
	if (!is_good)
		err_set(&said, file->err.code, "%.200s%s", file->err.text,
			file->now ? "; its list of before is kept" : "");
	note_end(file, clock_mono_ms(hub->clock), is_good);
	post_source(hub, &(struct attempt){.kind = "scrape",
				 .name = file->name,
				 .schedule = &file->schedule,
				 .err = &said,
				 .latency_ms = (double)NAN});
	return is_new;
}

/* ---- which ---- */

static struct file *find(const struct target_files *files, const struct conf_scrape *scrape)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->list[i].name, scrape->name) == 0 &&
			strcmp(files->list[i].path, scrape->targets) == 0)
			return &files->list[i];
	return NULL;
}

static void add(struct target_files *files, const struct conf_scrape *scrape, struct hub *hub)
{
	files->list = grow(files->list, files->count, &files->room, sizeof(*files->list));
	struct file *file = &files->list[files->count++];
	*file = (struct file){
		.name = xstrdup(scrape->name), .path = xstrdup(scrape->targets), .is_kept = true};
	schedule_init(&file->schedule, scrape->interval_ms, clock_mono_ms(hub->clock));
	(void)read_list(files, file, hub);
}

static void drop_gone(struct target_files *files, struct hub *hub)
{
	size_t kept = 0;
	for (size_t i = 0; i < files->count; i++) {
		struct file *file = &files->list[i];
		if (file->is_kept) {
			files->list[kept++] = *file;
			continue;
		}
		post_source_gone(hub, "scrape", file->name);
		put_away(files, file->now);
		free(file->name);
		free(file->path);
	}
	files->count = kept;
}

void target_files_set(struct target_files *files, const struct settings *settings, struct hub *hub)
{
	for (size_t i = 0; i < files->count; i++)
		files->list[i].is_kept = false;
	for (size_t i = 0; i < settings->scrape_count; i++) {
		struct file *file = find(files, &settings->scrapes[i]);
		if (!file)
			continue;
		file->is_kept = true;
		file->schedule.interval_ms = settings->scrapes[i].interval_ms;
	}
	drop_gone(files, hub);
	for (size_t i = 0; i < settings->scrape_count; i++)
		if (*settings->scrapes[i].targets && !find(files, &settings->scrapes[i]))
			add(files, &settings->scrapes[i], hub);
}

int64_t target_files_due_ms(const struct target_files *files)
{
	int64_t due_ms = INT64_MAX;
	for (size_t i = 0; i < files->count; i++)
		if (files->list[i].schedule.due_ms < due_ms)
			due_ms = files->list[i].schedule.due_ms;
	return due_ms;
}

bool target_files_look(struct target_files *files, struct hub *hub)
{
	int64_t now_ms = clock_mono_ms(hub->clock);
	bool is_new = false;
	for (size_t i = 0; i < files->count; i++)
		if (files->list[i].schedule.due_ms <= now_ms)
			is_new |= read_list(files, &files->list[i], hub);
	return is_new;
}

const struct target *target_files_list(
	const struct target_files *files, const struct conf_scrape *scrape, size_t *ret_count)
{
	const struct file *file = find(files, scrape);
	*ret_count = 0;
	return file && file->now ? targets_list(file->now, ret_count) : NULL;
}
