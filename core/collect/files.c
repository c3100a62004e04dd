/* SPDX-License-Identifier: MIT */
/*
 * All log files, one thread on inotify. A change of a file wakes it; every two seconds it looks at
 * all paths and patterns anyway, because inotify has limits and misses what happens on other
 * machines. Each file has its own event writer; a file that grows fast gets its turn, not the
 * thread, and lines that are too many to be copied stay where they lie. What is packed is unpacked
 * at the start, and not followed.
 */
#include "core/collect/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/bot_memo.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/inotify_read.h"
#include "core/collect/log_targets.h"
#include "core/collect/packed.h"
#include "core/collect/post.h"
#include "core/collect/read_back.h"
#include "core/collect/roster.h"
#include "core/collect/schedule.h"
#include "core/collect/tail.h"
#include "core/collect/timers.h"
#include "core/collect/unpack.h"

enum {
	LOOK_EVERY_MS = 2000,
	YOUNG_MS = 60000,
	LOOK_SOON_MS = 20,     /* after a change in a folder: there are more to come */
	BIRTH_LAG_MS = 20,     /* the clock by which files are born may go behind by so much */
	TURN_BYTES = 1 << 20,  /* of one file, then it is the next one's turn */
	FLOW_BYTES = 16 << 10, /* one that brought so much at a turn has the next a frame later */
	FLOW_MS = 16,
	FILE_EVENTS = IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB,
	FOLDER_EVENTS = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR,
};

struct log_file {
	struct files *files;
	struct tail tail;
	struct event_post post;
	struct timer timer; /* the next time it wants a turn */
	char *bot;
	int watch; /* of inotify, -1 none */
	ino_t watched;
	struct bot_memo memo;
	int64_t rests_until_ms; /* mono: however much is written, its next turn is not before */
	bool is_wanted;
	bool is_packed;  /* it is unpacked once, and not followed */
	bool is_behind;  /* of what was there before us more is to be read: */
	off_t was_bytes; /* so many bytes of the file */
	bool is_start;   /* what is there now was there before us: only its last minutes are read */
};

struct files {
	struct worker *worker;
	struct roster *roster;
	struct log_targets targets;
	struct log_file **items; /* sorted by path */
	size_t count, capacity;
	struct timers timers;
	struct timer look;
	int inotify;
	struct unpack unpack; /* of packed logs */
	struct timer unpacking;
	int64_t begun_ms; /* wall */
	bool has_reported;
	struct names *names;   /* of bots, in files that lie where they are */
	int64_t looked_ns;     /* wall, when all was looked at last */
	bool is_start;         /* the first look since the roster changed */
	bool is_first;         /* ... and there was none before it */
	struct read_back back; /* ... and what all files of it may read back */
	bool is_full;
	uint64_t dropped; /* losses that were told, since the start */
	struct err err;   /* the first trouble of this look */
};

static int64_t now_of(const struct files *files)
{
	return worker_now_ms(files->worker);
}

/* ---- one file ---- */

static void take_line(void *context, const char *line, size_t length, bool is_cut)
{
	struct log_file *file = context;
	if (!length)
		return;
	event_writer_back(file->post.writer, file->tail.back_ms);
	event_writer_line(file->post.writer, line, length, is_cut);
}

static void take_loss(void *context, uint64_t bytes, const char *why)
{
	struct log_file *file = context;
	autofree char *text =
		bytes ? xasprintf("%s of '%s' are lost: %s", format_bytes((int64_t)bytes).text,
				file->tail.path, why)
		      : xasprintf("a part of '%s' is lost: %s", file->tail.path, why);
	/* How many lines it was, nobody knows: one at least. */
	event_post_lost(&file->post, 1, NULL, text);
	file->files->dropped++;
}

static void take_news(void *context, const char *what)
{
	struct log_file *file = context;
	autofree char *text = xasprintf("'%s' %s", file->tail.path, what);
	event_post_say(&file->post, text);
}

static void take_older(void *context, struct open_file *open, uint64_t to, int64_t written_ms)
{
	struct log_file *file = context;
	event_writer_older(file->post.writer, open, to, written_ms, file->files->names);
}

static bool take_packed(void *context, const char *path, int64_t written_ms)
{
	struct log_file *file = context;
	struct files *files = file->files;
	if (!files->roster->settings->event_unpacked_bytes || !packed_is_name(path))
		return false;
	unpack_add(&files->unpack, file, path, written_ms);
	timers_set(&files->timers, &files->unpacking, now_of(files));
	return true;
}

/* What is in it is older than all that comes, and is asked for where it lies now. */
static void take_unpacked(void *context, const struct unpack_job *job, struct open_file *open,
	uint64_t bytes, const char *why)
{
	struct files *files = context;
	struct log_file *file = job->owner;
	event_post_renew(&file->post);
	if (open)
		event_writer_older(file->post.writer, open, bytes, job->written_ms, files->names);
	if (why) {
		autofree char *text = xasprintf("%s of '%s' can be shown, not all: %s",
			format_bytes((int64_t)bytes).text, job->path, why);
		event_post_left_out(&file->post, job->written_ms, NULL, text);
		files->dropped++;
	}
	timers_set(&files->timers, &file->timer, now_of(files));
}

static bool take_in_place(void *context, struct open_file *open, uint64_t from, uint64_t to)
{
	struct log_file *file = context;
	return event_writer_in_place(file->post.writer, open, from, to, file->files->names);
}

static void give_turn(struct files *files, struct log_file *file)
{
	int64_t now_ms = now_of(files), due_ms;
	uint64_t before = file->tail.bytes;
	event_post_renew(&file->post);
	bool has_more = tail_read(&file->tail, now_ms, TURN_BYTES);
	file->is_behind &=
		has_more && (file->tail.old_count || file->tail.now.offset < file->was_bytes);
	bool flows = file->tail.bytes - before >= FLOW_BYTES && !file->tail.is_behind;
	file->rests_until_ms = now_ms + (flows ? FLOW_MS : 1);
	event_post_flush(&file->post);
	due_ms = has_more ? file->rests_until_ms
			  : event_post_until(&file->post, tail_due_ms(&file->tail));
	if (due_ms < INT64_MAX)
		timers_set(&files->timers, &file->timer, due_ms);
	else
		timers_remove(&files->timers, &file->timer);
}

/* The watch follows the file that is at the path now. */
static void watch_file(struct files *files, struct log_file *file)
{
	if (file->tail.now.fd < 0 || (file->watch >= 0 && file->watched == file->tail.now.inode))
		return;
	if (file->watch >= 0)
		inotify_rm_watch(files->inotify, file->watch);
	file->watch = inotify_add_watch(files->inotify, file->tail.path, FILE_EVENTS);
	file->watched = file->tail.now.inode;
}

static void tell_left_out(struct files *files, struct log_file *file)
{
	struct read_back *back = &files->back;
	if (!back->left_out)
		return;
	autofree char *text = xasprintf("the last %s of '%s' are not all here: %s",
		format_duration(back->now_ms - back->since_ms).text, file->tail.path,
		back->left_out);
	event_post_left_out(&file->post, back->since_ms, NULL, text);
	files->dropped++;
	back->left_out = NULL;
}

static void look_at_file(struct files *files, struct log_file *file)
{
	struct err err = {0};
	if (file->is_packed)
		return;
	if (!file->is_start)
		file->tail.since_ns = files->looked_ns;
	bool is_good =
		tail_look(&file->tail, now_of(files), file->is_start ? &files->back : NULL, &err);
	if (file->is_start)
		tell_left_out(files, file);
	file->was_bytes = file->is_start ? file->tail.now.seen_bytes : file->was_bytes;
	file->is_start = false;
	event_writer_look(file->post.writer);
	if (!is_good && files->err.code == ERR_NONE)
		files->err = err;
	watch_file(files, file);
	give_turn(files, file);
}

static void free_file(struct files *files, struct log_file *file)
{
	timers_remove(&files->timers, &file->timer);
	unpack_forget(&files->unpack, file);
	if (file->watch >= 0)
		inotify_rm_watch(files->inotify, file->watch);
	tail_release(&file->tail);
	event_post_close(&file->post);
	free(file->bot);
	free(file);
}

/* ---- which files ---- */

static size_t place_of(const struct files *files, const char *path, bool *ret_is_there)
{
	size_t low = 0, high = files->count;
	*ret_is_there = false;
	while (low < high && !*ret_is_there) {
		size_t middle = (low + high) / 2;
		int order = strcmp(files->items[middle]->tail.path, path);
		*ret_is_there = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

/* One that is packed itself. */
static void look_for_packed(struct log_file *file, const char *path)
{
	struct stat status;
	bool may_be = packed_is_name(path) ||
		      strncmp(path, LOG_TARGET_OPEN, strlen(LOG_TARGET_OPEN)) == 0;
	autoclose int fd = may_be ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !packed_is(fd))
		return;
	file->is_packed = true;
	file->is_behind = false;
	unpack_add(&file->files->unpack, file, path, (int64_t)status.st_mtim.tv_sec * 1000);
	timers_set(&file->files->timers, &file->files->unpacking, now_of(file->files));
}

/* A supervisor may name a log some seconds after it was made: none of it was there before us. */
static bool is_young(const struct files *files, const char *path)
{
	if (files->is_first)
		return false;
	int64_t lately_ms = clock_wall_ms(files->worker->hub->clock) - YOUNG_MS;
	return read_back_is_born_since(
		path, files->begun_ms > lately_ms ? files->begun_ms : lately_ms);
}

/* One of a pattern that was there before is new: it is read whole. */
static struct log_file *new_file(
	struct files *files, const struct log_target *target, const char *path)
{
	struct log_file *file = xcalloc(1, sizeof(*file));
	*file = (struct log_file){.files = files,
		.bot = xstrdup(target->bot),
		.watch = -1,
		.timer = {.owner = file},
		.is_behind = true,
		.is_start = files->is_start && target->is_new && !is_young(files, path)};
	bot_memo_begin(&file->memo, files->roster);
	tail_init(&file->tail, path, take_line, take_loss, file);
	file->tail.news = take_news;
	file->tail.older = take_older;
	file->tail.in_place = take_in_place;
	file->tail.packed = take_packed;
	event_post_open(&file->post, files->worker->hub, path,
		&(struct event_source){.name = log_target_label(target, path),
			.bot = file->bot[0] ? file->bot : NULL,
			.resolve = bot_memo_whose,
			.context = &file->memo});
	look_for_packed(file, path);
	return file;
}

/* It is another bot's from here on, and goes on where it was; what waits to be posted still waits. */
static void give_to(struct log_file *file, const char *bot)
{
	free(file->bot);
	file->bot = xstrdup(bot);
	event_writer_give_to(file->post.writer, file->bot[0] ? file->bot : NULL);
}

/* A file that two patterns match is the first one's. */
static void want(void *context, const struct log_target *target, const char *path)
{
	struct files *files = context;
	bool is_there;
	size_t place = place_of(files, path, &is_there);
	if (is_there) {
		struct log_file *file = files->items[place];
		if (!file->is_wanted && strcmp(file->bot, target->bot) != 0)
			give_to(file, target->bot);
		file->is_wanted = true;
		return;
	}
	files->is_full |= files->count >= LOG_FILES_MAX;
	if (files->is_full)
		return;
	struct log_file *file = new_file(files, target, path);
	file->is_wanted = true;
	files->items =
		grow(files->items, files->count, &files->capacity, sizeof(struct log_file *));
	memmove(&files->items[place + 1], &files->items[place],
		(files->count - place) * sizeof(struct log_file *));
	files->items[place] = file;
	files->count++;
}

static bool is_covered(const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->targets.count; i++)
		if (log_target_covers(&files->targets.items[i], path))
			return true;
	return false;
}

/* A file that is gone from its path is read to its end, and found again by it. Where nobody can look
 * (a folder that was closed to us), no pattern finds it: that is said as long as it is asked for. */
static bool is_kept(const struct files *files, const struct log_file *file)
{
	struct stat status;
	if (file->is_wanted || file->tail.old_count)
		return true;
	if (file->tail.now.fd < 0 || stat(file->tail.path, &status) == 0)
		return false;
	return errno == ENOENT || errno == ENOTDIR || is_covered(files, file->tail.path);
}

static void drop_unwanted(struct files *files)
{
	size_t kept = 0;
	for (size_t i = 0; i < files->count; i++) {
		struct log_file *file = files->items[i];
		if (is_kept(files, file))
			files->items[kept++] = file;
		else
			free_file(files, file);
	}
	files->count = kept;
}

static void find_files(struct files *files)
{
	files->is_full = false;
	for (size_t i = 0; i < files->count; i++)
		files->items[i]->is_wanted = false;
	for (size_t i = 0; i < files->targets.count; i++)
		log_target_expand(&files->targets.items[i], want, files);
	drop_unwanted(files);
	if (files->is_full && files->err.code == ERR_NONE)
		err_set(&files->err, ERR_LIMIT, "more than %d log files: the rest is not read",
			LOG_FILES_MAX);
}

static void watch_folders(struct files *files)
{
	char *last = xstrdup("");
	for (size_t i = 0; i < files->targets.count; i++) {
		char *folder = log_target_folder(&files->targets.items[i]);
		if (strcmp(folder, last) != 0)
			inotify_add_watch(files->inotify, folder, FOLDER_EVENTS);
		free(last);
		last = folder;
	}
	free(last);
}

/* Who asks at once for the past waits for the first report: all of it is told before. */
static bool is_past_told(struct files *files)
{
	bool is_told = !files->unpack.count;
	for (size_t i = 0; i < files->count && is_told; i++)
		is_told = !files->items[i]->is_behind && event_post_now(&files->items[i]->post);
	return is_told;
}

static void report(struct files *files)
{
	struct schedule schedule;
	if (!files->has_reported && !is_past_told(files))
		return;
	files->has_reported = true;
	schedule_init(&schedule, LOOK_EVERY_MS, now_of(files) + LOOK_EVERY_MS);
	if (files->targets.count)
		post_source(files->worker->hub, &(struct attempt){.kind = "files",
							.name = LOG_SOURCE_NAME,
							.schedule = &schedule,
							.err = &files->err,
							.latency_ms = NAN,
							.dropped = files->dropped});
}

static bool is_read_itself(void *context, const char *path)
{
	return is_covered(context, path);
}

/* What is new at this look may take as much of the store as is left to what comes. */
static void begin_back(struct files *files)
{
	const struct settings *settings = files->roster->settings;
	if (!files->is_start)
		return;
	files->back = read_back_new(clock_wall_ms(files->worker->hub->clock),
		settings->event_read_back_ms, settings->event_bytes / 2);
	files->back.is_taken = is_read_itself;
	files->back.context = files;
}

static void look_at_all(struct files *files)
{
	int64_t now_ns = (clock_wall_ms(files->worker->hub->clock) - BIRTH_LAG_MS) * 1000000;
	files->err = (struct err){0};
	begin_back(files);
	find_files(files);
	watch_folders(files);
	for (size_t i = 0; i < files->count; i++)
		look_at_file(files, files->items[i]);
	files->is_start = false;
	files->looked_ns = now_ns;
	unpack_look(&files->unpack);
	report(files);
	timers_set(&files->timers, &files->look, now_of(files) + LOOK_EVERY_MS);
}

/* ---- the thread ---- */

/* One that rests wakes by itself. */
static void wake_file(struct files *files, struct log_file *file)
{
	int64_t now_ms = now_of(files);
	int64_t due_ms = file->rests_until_ms > now_ms ? file->rests_until_ms : now_ms;
	if (!file->timer.place || file->timer.due_ms > due_ms)
		timers_set(&files->timers, &file->timer, due_ms);
}

/* Few files change at a time: looking for their watch one by one is cheap enough. */
static void take_event(void *context, const struct inotify_event *event)
{
	struct files *files = context;
	if (event->mask & (FOLDER_EVENTS | IN_Q_OVERFLOW | IN_MOVE_SELF | IN_DELETE_SELF)) {
		int64_t soon_ms = now_of(files) + LOOK_SOON_MS;
		if (!files->look.place || files->look.due_ms > soon_ms)
			timers_set(&files->timers, &files->look, soon_ms);
	}
	for (size_t i = 0; i < files->count; i++) {
		struct log_file *file = files->items[i];
		if (file->watch != event->wd)
			continue;
		if (event->mask & IN_IGNORED)
			file->watch = -1;
		else
			wake_file(files, file);
	}
}

static void set_roster(struct files *files, struct roster *roster)
{
	struct roster *old = files->roster;
	struct log_targets before = files->targets;
	files->roster = roster;
	files->targets = (struct log_targets){0};
	log_targets_set(&files->targets, roster, LOG_PLACE_FILES);
	log_targets_mark_new(&files->targets, &before);
	log_targets_release(&before);
	files->is_start = true;
	files->is_first = !old;
	for (size_t i = 0; i < files->count; i++)
		bot_memo_begin(&files->items[i]->memo, roster);
	timers_set(&files->timers, &files->look, now_of(files));
	roster_unref(old);
}

static void take_orders(struct files *files)
{
	for (struct order *order; (order = worker_next_order(files->worker)); order_free(order))
		if (order->kind == ORDER_ROSTER)
			set_roster(files, roster_ref(order->roster));
}

static void go_on_unpacking(struct files *files)
{
	if (unpack_step(&files->unpack, files->roster->settings->event_unpacked_bytes,
		    take_unpacked, files))
		timers_set(&files->timers, &files->unpacking, now_of(files) + 1);
	else
		report(files);
}

static void take_due(struct files *files)
{
	int64_t now_ms = now_of(files);
	for (struct timer *timer; (timer = timers_take_due(&files->timers, now_ms));)
		if (timer == &files->look) {
			look_at_all(files);
			break;
		} else if (timer == &files->unpacking) {
			go_on_unpacking(files);
		} else {
			give_turn(files, timer->owner);
			if (!files->has_reported)
				report(files);
			if (worker_stopping(files->worker))
				break;
		}
}

static void run(struct worker *worker)
{
	struct files *files = worker->context;
	files->worker = worker;
	files->begun_ms = clock_wall_ms(worker->hub->clock);
	files->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	files->names = names_new();
	for (;;) {
		const struct timer *first = timers_first(&files->timers);
		if (worker_wait(worker, files->inotify, POLLIN,
			    first ? first->due_ms : INT64_MAX) == WAIT_STOP)
			break;
		take_orders(files);
		inotify_read(files->inotify, take_event, files);
		take_due(files);
	}
	for (size_t i = 0; i < files->count; i++)
		free_file(files, files->items[i]);
	free(files->items);
	names_unref(files->names);
	unpack_release(&files->unpack);
	timers_release(&files->timers);
	log_targets_release(&files->targets);
	roster_unref(files->roster);
	autoclose_release(&files->inotify);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "files",
		.run = run,
		.context = xcalloc(1, sizeof(struct files)),
		.release = free};
}

const struct source_kind source_files = {
	.name = "files",
	.help = "the log files of the bots, and others",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.same = source_always_same,
	.make = make,
};
