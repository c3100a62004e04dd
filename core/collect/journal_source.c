/* SPDX-License-Identifier: MIT */
#include "core/collect/journal_source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/event_post.h"
#include "core/collect/journal_target.h"
#include "core/collect/worker.h"

enum {
	BACK_QUIET_FILES =
		4 /* that are older than what is wanted, looked into for the last lines */
};

struct journal_source *journal_source_new(struct worker *worker, const char *path)
{
	struct journal_source *source = xcalloc(1, sizeof(*source));
	source->worker = worker;
	source->folder.path = xstrdup(path);
	journal_entry_init(&source->entry);
	return source;
}

void journal_source_free(struct journal_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		journal_target_free(source->targets[i]);
	journal_folder_release(&source->folder);
	journal_entry_release(&source->entry);
	free(source->targets);
	free(source->names);
	free(source);
}

/* ---- which logs ---- */

static size_t place_of(const struct journal_source *source, const char *unit, bool *ret_is_there)
{
	size_t low = 0, high = source->count;
	*ret_is_there = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(source->targets[middle]->unit, unit);
		*ret_is_there |= order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void journal_source_begin(struct journal_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		source->targets[i]->is_wanted = false;
}

void journal_source_want(struct journal_source *source, const struct roster *roster,
	const char *unit, const char *bot)
{
	bool is_there;
	size_t place = place_of(source, unit, &is_there);
	if (is_there) {
		struct journal_target *target = source->targets[place];
		if (!target->is_wanted)
			journal_target_give_to(target, roster, bot);
		target->is_wanted = true;
		return;
	}
	struct journal_target *target =
		journal_target_new(source->worker->hub, roster, source->folder.path, unit, bot);
	target->is_wanted = true;
	source->targets = grow(
		source->targets, source->count, &source->capacity, sizeof(struct journal_target *));
	memmove(&source->targets[place + 1], &source->targets[place],
		(source->count - place) * sizeof(struct journal_target *));
	source->targets[place] = target;
	source->count++;
}

bool journal_source_is_wanted(const struct journal_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		if (source->targets[i]->is_wanted)
			return true;
	return false;
}

static void go_on(struct journal_source *source)
{
	struct err ignored; /* a file that breaks is opened again by the next look */
	for (size_t i = 0; i < source->folder.count; i++) {
		struct journal_file *file = source->folder.files[i];
		bool is_well UNUSED =
			!file->journal || journal_file_go_on(file, &source->units, &ignored);
	}
}

void journal_source_end(struct journal_source *source)
{
	size_t kept = 0;
	for (size_t i = 0; i < source->count; i++)
		if (source->targets[i]->is_wanted)
			source->targets[kept++] = source->targets[i];
		else
			journal_target_free(source->targets[i]);
	source->count = kept;
	free(source->names);
	source->names = xcalloc(kept + 1, sizeof(char *));
	for (size_t i = 0; i < kept; i++)
		source->names[i] = source->targets[i]->unit;
	bool is_whole = kept && !*source->targets[0]->unit;
	source->units =
		(struct journal_units){.names = source->names, .count = is_whole ? 0 : kept};
	go_on(source);
}

/* Whose an entry is; NULL: nobody's. */
static struct journal_target *target_of(
	const struct journal_source *source, const struct journal_entry *entry)
{
	bool is_there;
	size_t place = place_of(source, entry->unit, &is_there);
	if (is_there)
		return source->targets[place];
	return source->count && !*source->targets[0]->unit ? source->targets[0] : NULL;
}

/* ---- the past ---- */

static struct journal_units units_of(struct journal_target *const *target, const char **names)
{
	names[0] = (*target)->unit;
	return (struct journal_units){.names = names, .count = *names[0] != '\0'};
}

/* Gives the log its entries of the file from `first` to `until`. */
static void give_back(struct journal_source *source, struct journal_file *file,
	struct journal_target *target, const struct journal_position *first,
	const struct journal_position *until)
{
	const char *names[1];
	struct err ignored;
	const struct journal_units units = units_of(&target, names);
	file->at = *first;
	file->at.number--;
	bool is_well = journal_file_go_on(file, &units, &ignored);
	event_post_renew(&target->post);
	for (size_t i = 1; is_well && !worker_stopping(source->worker); i++) {
		if (journal_file_next(file, &source->entry, &ignored) != 1 ||
			source->entry.position.number > until->number)
			break;
		if (target_of(source, &source->entry) == target)
			source->dropped += journal_target_take(target, &source->entry, true);
		if (i % JOURNAL_TURN_ENTRIES == 0) {
			event_post_flush(&target->post);
			event_post_renew(&target->post);
		}
	}
	file->at = *until;
}

static void tell_limited(
	struct journal_source *source, struct journal_target *target, const char *path)
{
	int64_t since_ms = (int64_t)(source->back_since_us / 1000);
	autofree char *text = xasprintf("the last minutes of the journal '%s' are not all here: it "
					"holds more than may be read back at a start",
		path);
	event_post_left_out(&target->post, since_ms, NULL, text);
	source->dropped++;
}

/* The files of one writer: [from, to) of the folder's. */
struct stem {
	size_t from, to;
	struct journal_position *untils,
		*firsts; /* of each: its last entry of now; the first that is wanted */
};

static void read_target_back(
	struct journal_source *source, struct stem *stem, struct journal_target *target)
{
	const char *names[1];
	const struct journal_units units = units_of(&target, names);
	struct journal_back back = {.since_us = source->back_since_us,
		.least = JOURNAL_BACK_LEAST,
		.most = source->back_left < JOURNAL_BACK_ENTRIES ? source->back_left
								 : JOURNAL_BACK_ENTRIES};
	if (back.most < back.least)
		back.most = back.least;
	for (size_t i = stem->to; i-- > stem->from;) {
		struct journal_file *file = source->folder.files[i];
		struct journal_position *first = &stem->firsts[i - stem->from];
		*first = (struct journal_position){0};
		if (!file->journal || !stem->untils[i - stem->from].number)
			continue;
		bool has_some UNUSED = journal_file_back(
			file, &units, &stem->untils[i - stem->from], &back, &source->entry, first);
	}
	if (back.is_limited)
		tell_limited(source, target, source->folder.files[stem->from]->path);
	source->back_left -= back.count < source->back_left ? back.count : source->back_left;
	for (size_t i = stem->from; i < stem->to; i++)
		if (journal_position_is_set(&stem->firsts[i - stem->from]) &&
			source->folder.files[i]->journal)
			give_back(source, source->folder.files[i], target,
				&stem->firsts[i - stem->from], &stem->untils[i - stem->from]);
}

/* A live file is read back to where it is; of the others those that may hold what is wanted are opened for it. */
static void open_stem(struct journal_source *source, struct stem *stem)
{
	size_t quiet = 0;
	struct err ignored;
	for (size_t i = stem->to; i-- > stem->from;) {
		struct journal_file *file = source->folder.files[i];
		struct journal_position *until = &stem->untils[i - stem->from];
		*until = file->at;
		if (file->journal || !file->is_there || !file->is_done)
			continue;
		bool is_old = (uint64_t)file->written_ms * 1000 < source->back_since_us;
		if (is_old && quiet++ >= BACK_QUIET_FILES)
			continue;
		bool is_open UNUSED = journal_file_open(file, until, &ignored);
	}
}

static void close_stem(struct journal_source *source, const struct stem *stem)
{
	struct err ignored;
	for (size_t i = stem->from; i < stem->to; i++) {
		struct journal_file *file = source->folder.files[i];
		file->at = stem->untils[i - stem->from];
		if (file->is_done)
			journal_file_close(file);
		else if (file->journal) {
			bool is_well UNUSED = journal_file_go_on(file, &source->units, &ignored);
		}
	}
}

static bool same_stem(const struct journal_file *one, const struct journal_file *other)
{
	return one->stem_length == other->stem_length &&
	       memcmp(one->path + one->stem_at, other->path + other->stem_at, one->stem_length) ==
		       0;
}

static size_t end_of_stem(const struct journal_folder *folder, size_t from)
{
	size_t to = from + 1;
	while (to < folder->count && same_stem(folder->files[from], folder->files[to]))
		to++;
	return to;
}

static void read_stem_back(struct journal_source *source, size_t from, size_t to)
{
	struct stem stem = {.from = from,
		.to = to,
		.untils = xcalloc(to - from, sizeof(struct journal_position)),
		.firsts = xcalloc(to - from, sizeof(struct journal_position))};
	open_stem(source, &stem);
	for (size_t i = 0; i < source->count && !worker_stopping(source->worker); i++)
		if (source->targets[i]->is_new)
			read_target_back(source, &stem, source->targets[i]);
	close_stem(source, &stem);
	free(stem.untils);
	free(stem.firsts);
}

static void read_back(struct journal_source *source, const struct journal_start *start)
{
	bool is_any = false;
	for (size_t i = 0; i < source->count; i++)
		is_any |= source->targets[i]->is_new;
	if (!is_any)
		return;
	source->back_since_us = start->since_us;
	source->back_left = start->entries;
	for (size_t i = 0, to; i < source->folder.count && start->since_us != UINT64_MAX; i = to) {
		to = end_of_stem(&source->folder, i);
		read_stem_back(source, i, to);
	}
	for (size_t i = 0; i < source->count; i++)
		source->targets[i]->is_new = false;
}

/* ---- files ---- */

/* The last known of the writer before this file: of the file before it in order. */
static struct journal_file *before(const struct journal_source *source, size_t index)
{
	const struct journal_folder *folder = &source->folder;
	bool has_one = index && same_stem(folder->files[index - 1], folder->files[index]);
	return has_one ? folder->files[index - 1] : NULL;
}

/* Where the file ends, as far as anybody knows. */
static struct journal_position end_of(struct journal_source *source, struct journal_file *file)
{
	struct journal_position end = file->at;
	struct err ignored;
	bool is_well UNUSED = file->journal && journal_file_tail(file, &end) &&
			      journal_file_go_on(file, &source->units, &ignored);
	return end;
}

/* Numbers are one writer's, but of all its files: only where those have one name they tell what is missing. */
static uint64_t lost_before(struct journal_source *source, size_t index)
{
	const struct journal_file *file = source->folder.files[index];
	struct journal_file *last = before(source, index);
	bool is_alone = end_of_stem(&source->folder, 0) == source->folder.count;
	if (!last || !is_alone)
		return 0;
	const struct journal_position end = end_of(source, last);
	bool is_one = journal_position_is_set(&end) && journal_position_same_id(&end, &file->head);
	return is_one && file->head.number > end.number + 1 ? file->head.number - end.number - 1
							    : 0;
}

static void tell_gap(struct journal_source *source, size_t index)
{
	const struct journal_file *file = source->folder.files[index];
	uint64_t lost = lost_before(source, index);
	if (!lost)
		return;
	for (size_t i = 0; i < source->count; i++) {
		struct journal_target *target = source->targets[i];
		autofree char *text = xasprintf("%" PRIu64 " entries of the journal '%s' are lost: "
						"their file was removed before it was read%s",
			lost, file->path, *target->unit ? "; some may be of this unit" : "");
		event_post_lost(&target->post, *target->unit ? 1 : lost, NULL, text);
	}
	source->dropped += lost;
}

/* One that was there before us begins at its end: its past is read apart. Where it could not be opened then, its last minutes
 * are read with what comes. */
static bool open_file(struct journal_source *source, size_t index,
	const struct journal_start *start, struct err *err)
{
	struct journal_file *file = source->folder.files[index];
	struct journal_position tail = {0};
	if (!journal_file_open(file, &tail, err))
		return err->code == ERR_NOT_FOUND;
	bool is_known = journal_position_is_set(&file->at) &&
			journal_position_same_id(&file->at, &file->head);
	if (!is_known && file->was_there && source->folder.is_begun &&
		start->since_us != UINT64_MAX) {
		if (!journal_file_since(file, start->since_us, &tail, err))
			return false;
	} else if (!is_known && file->was_there) {
		file->at = tail;
	} else if (!is_known) {
		file->at = (struct journal_position){0};
		tell_gap(source, index);
	}
	return journal_file_go_on(file, &source->units, err);
}

/* Archived ones that were there before us are over: they are opened for the past alone. */
static bool open_files(
	struct journal_source *source, const struct journal_start *start, struct err *err)
{
	bool is_good = true;
	struct err why = {0};
	for (size_t i = 0; i < source->folder.count; i++) {
		struct journal_file *file = source->folder.files[i];
		if (file->journal || file->is_done || !file->is_there || file->is_small)
			continue;
		file->is_done = file->was_there && file->is_archived && !file->at.number;
		if (file->is_done || open_file(source, i, start, &why))
			continue;
		if (is_good)
			*err = why;
		is_good = false;
	}
	return is_good;
}

bool journal_source_look(
	struct journal_source *source, const struct journal_start *start, struct err *err)
{
	bool is_good = journal_folder_look(&source->folder, err);
	bool is_open = open_files(source, start, is_good ? err : &(struct err){0});
	/* A folder in it that is closed to us keeps nobody from the others. */
	source->folder.is_begun |= source->folder.folder_count > 0;
	if (source->folder.folder_count)
		read_back(source, start);
	journal_folder_tidy(&source->folder);
	if (is_good && source->folder.is_full)
		return err_set(err, ERR_LIMIT,
			"the journal '%.100s' has more than %d files: the rest is not read",
			source->folder.path, JOURNAL_FILES_MAX);
	return is_good && is_open;
}

/* ---- live ---- */

/* Read to its end, and nothing will come: what its last number was stays known. */
static void end_file(struct journal_source *source, struct journal_file *file)
{
	int64_t now_ms = worker_now_ms(source->worker);
	if (file->is_there && !file->is_archived)
		return;
	if (!file->is_there && !file->gone_ms)
		file->gone_ms = now_ms;
	if (!file->is_archived && now_ms - file->gone_ms < JOURNAL_GONE_MS)
		return;
	bool has_tail UNUSED = journal_file_tail(file, &file->at);
	journal_file_close(file);
	file->is_done = true;
}

/* Its turn, not the thread. True: there is more. */
static bool read_file(struct journal_source *source, struct journal_file *file, struct err *err)
{
	for (int i = 0; i < JOURNAL_TURN_ENTRIES; i++) {
		int result = journal_file_next(file, &source->entry, err);
		if (result == 0)
			end_file(source, file);
		if (result != 1)
			return false;
		struct journal_target *target = target_of(source, &source->entry);
		if (target)
			source->dropped += journal_target_take(target, &source->entry, false);
	}
	return true;
}

bool journal_source_read(struct journal_source *source, struct err *err)
{
	bool has_more = false;
	struct err why = {0};
	for (size_t i = 0; i < source->count; i++)
		event_post_renew(&source->targets[i]->post);
	for (size_t i = 0; i < source->folder.count; i++) {
		struct journal_file *file = source->folder.files[i];
		if (!file->journal)
			continue;
		has_more |= read_file(source, file, &why);
		if (err->code == ERR_NONE)
			*err = why;
	}
	return has_more;
}

void journal_source_post_now(struct journal_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		event_post_soon(&source->targets[i]->post);
}

int64_t journal_source_post(struct journal_source *source, int64_t until_ms)
{
	for (size_t i = 0; i < source->count; i++) {
		struct event_post *post = &source->targets[i]->post;
		event_post_renew(post);
		event_post_flush(post);
		until_ms = event_post_until(post, until_ms);
	}
	return until_ms;
}
