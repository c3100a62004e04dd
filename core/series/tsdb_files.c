/* SPDX-License-Identifier: MIT */
/* The folder of a store: what is found in it at the start, and what goes when there is too much. */
#include "core/series/tsdb_inside.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/block_write.h"
#include "core/series/labels.h"

enum { NAME_DIGITS = 12 };

char *tsdb_path(const struct tsdb *tsdb, uint64_t number, const char *suffix)
{
	return xasprintf("%s/%012" PRIu64 "%s", tsdb->folder, number, suffix);
}

void tsdb_say_damage(struct tsdb *tsdb, uint64_t count, const char *text)
{
	if (!count)
		return;
	pthread_mutex_lock(&tsdb->lock);
	tsdb->figures.damaged += count;
	copy_text(tsdb->figures.damage, sizeof(tsdb->figures.damage), text);
	pthread_mutex_unlock(&tsdb->lock);
}

/* ---- the list ---- */

void tsdb_files_add(struct tsdb *tsdb, char *path, uint64_t number, struct block *block)
{
	struct stat status;
	struct tsdb_file file = {.path = path, .number = number, .block = block};
	if (block)
		file.bytes = block_facts(block)->bytes;
	else if (stat(path, &status) == 0)
		file.bytes = (uint64_t)status.st_size;
	pthread_mutex_lock(&tsdb->lock);
	tsdb->files = grow(tsdb->files, tsdb->file_count, &tsdb->file_room, sizeof(file));
	tsdb->files[tsdb->file_count++] = file;
	tsdb->version++;
	pthread_mutex_unlock(&tsdb->lock);
}

struct block **tsdb_blocks(struct tsdb *tsdb, size_t *ret_count, uint64_t *ret_version)
{
	size_t count = 0;
	pthread_mutex_lock(&tsdb->lock);
	struct block **blocks = xreallocarray(NULL, tsdb->file_count + 1, sizeof(struct block *));
	for (size_t i = 0; i < tsdb->file_count; i++) {
		if (tsdb->files[i].block)
			blocks[count++] = block_ref(tsdb->files[i].block);
	}
	*ret_version = tsdb->version;
	pthread_mutex_unlock(&tsdb->lock);
	*ret_count = count;
	return blocks;
}

void tsdb_blocks_free(struct block **blocks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		block_unref(blocks[i]);
	free(blocks);
}

void tsdb_blocks_shrink(const struct tsdb *tsdb, struct block **blocks, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += block_memory(blocks[i]);
	for (size_t i = 0; i < count && bytes > tsdb->limits.memory_bytes / 8; i++) {
		size_t before = block_memory(blocks[i]);
		block_shrink(blocks[i]);
		bytes -= before;
	}
}

/* Who reads it may read on. The list is locked. */
static void remove_at(struct tsdb *tsdb, size_t at)
{
	struct tsdb_file *file = &tsdb->files[at];
	(void)unlink(file->path);
	tsdb->figures.dropped_files++;
	if (file->block)
		tsdb->figures.dropped_disk += block_facts(file->block)->samples;
	block_unref(file->block);
	free(file->path);
	tsdb->file_count--;
	memmove(file, file + 1, (tsdb->file_count - at) * sizeof(*file));
}

static uint64_t bytes_of(const struct tsdb *tsdb)
{
	uint64_t bytes = tsdb->wal_bytes;
	for (size_t i = 0; i < tsdb->file_count; i++)
		bytes += tsdb->files[i].bytes;
	return bytes;
}

void tsdb_files_tidy(struct tsdb *tsdb, int64_t before_ms)
{
	pthread_mutex_lock(&tsdb->lock);
	while (tsdb->file_count && bytes_of(tsdb) > tsdb->limits.disk_bytes)
		remove_at(tsdb, 0);
	for (size_t i = tsdb->file_count; i-- > 0;) {
		const struct block *block = tsdb->files[i].block;
		if (block && block_facts(block)->to_ms < before_ms)
			remove_at(tsdb, i);
	}
	pthread_mutex_unlock(&tsdb->lock);
}

void tsdb_files_remove_after(struct tsdb *tsdb, int64_t time_ms)
{
	pthread_mutex_lock(&tsdb->lock);
	for (size_t i = tsdb->file_count; i-- > 0;) {
		const struct block *block = tsdb->files[i].block;
		if (block && block_facts(block)->from_ms > time_ms)
			remove_at(tsdb, i);
	}
	pthread_mutex_unlock(&tsdb->lock);
}

void tsdb_files_check(struct tsdb *tsdb)
{
	struct block *block = NULL;
	struct block_damage damage = {0};
	pthread_mutex_lock(&tsdb->lock);
	for (size_t i = 0; i < tsdb->file_count && !block; i++) {
		struct tsdb_file *file = &tsdb->files[i];
		if (!file->block || file->is_checked)
			continue;
		file->is_checked = true;
		block = block_ref(file->block);
	}
	pthread_mutex_unlock(&tsdb->lock);
	if (!block)
		return;
	block_check(block, &damage);
	block_unref(block);
	tsdb_say_damage(tsdb, damage.count, damage.text);
}

/* ---- the start ---- */

struct found {
	uint64_t *blocks, *journals; /* numbers, in order */
	size_t block_count, block_room, wal_count, wal_room;
};

static bool read_name(const char *name, const char *suffix, uint64_t *ret_number)
{
	char *end;
	errno = 0;
	*ret_number = strtoull(name, &end, 10);
	return errno == 0 && end == name + NAME_DIGITS && *ret_number && strcmp(end, suffix) == 0;
}

static int compare(const void *one, const void *other)
{
	uint64_t left = *(const uint64_t *)one, right = *(const uint64_t *)other;
	return (left > right) - (left < right);
}

/* What was begun and not finished goes. */
static void look_at(struct tsdb *tsdb, const char *name, struct found *found)
{
	uint64_t number;
	if (read_name(name, TSDB_BLOCK_SUFFIX BLOCK_TEMPORARY, &number)) {
		autofree char *path = tsdb_path(tsdb, number, TSDB_BLOCK_SUFFIX BLOCK_TEMPORARY);
		(void)unlink(path);
		return;
	}
	if (read_name(name, TSDB_BLOCK_SUFFIX, &number)) {
		found->blocks =
			grow(found->blocks, found->block_count, &found->block_room, sizeof(number));
		found->blocks[found->block_count++] = number;
	} else if (read_name(name, TSDB_JOURNAL_SUFFIX, &number)) {
		found->journals =
			grow(found->journals, found->wal_count, &found->wal_room, sizeof(number));
		found->journals[found->wal_count++] = number;
	} else {
		return;
	}
	tsdb->last_number = number > tsdb->last_number ? number : tsdb->last_number;
}

static bool list_folder(struct tsdb *tsdb, struct found *found, struct err *err)
{
	DIR *folder = opendir(tsdb->folder);
	struct dirent *entry;
	if (!folder)
		return err_errno(err, errno, "cannot read the folder '%s'", tsdb->folder);
	while ((entry = readdir(folder)))
		look_at(tsdb, entry->d_name, found);
	closedir(folder);
	if (found->block_count)
		qsort(found->blocks, found->block_count, sizeof(*found->blocks), compare);
	if (found->wal_count)
		qsort(found->journals, found->wal_count, sizeof(*found->journals), compare);
	return true;
}

static void open_blocks(struct tsdb *tsdb, const struct found *found)
{
	for (size_t i = 0; i < found->block_count; i++) {
		struct err err;
		struct block *block = NULL;
		char *path = tsdb_path(tsdb, found->blocks[i], TSDB_BLOCK_SUFFIX);
		if (!block_open(path, found->blocks[i], &block, &err))
			tsdb_say_damage(tsdb, 1, err.text);
		tsdb_files_add(tsdb, path, found->blocks[i], block);
	}
}

/* ---- journals ---- */

struct loading {
	struct tsdb *tsdb;
	struct tsdb_series **series; /* by number in the journal */
	size_t room;
	bool lacks_room;
	uint64_t damaged;
};

static void load_series(void *context, uint32_t number, const struct label *list, size_t count)
{
	struct loading *loading = context;
	struct labels *labels = labels_new(list, count);
	/* they count up: one that is far beyond what there may be is none */
	if (number > 4 * loading->tsdb->limits.series_max) {
		loading->damaged++;
	} else {
		while (number >= loading->room) {
			size_t before = loading->room;
			loading->series = grow(loading->series, before, &loading->room,
				sizeof(struct tsdb_series *));
			for (size_t i = before; i < loading->room; i++)
				loading->series[i] = NULL;
		}
		head_release(loading->series[number]);
		loading->series[number] = head_refer(loading->tsdb->head, labels, NULL);
		loading->lacks_room |= !loading->series[number];
	}
	labels_unref(labels);
}

static void load_chunk(
	void *context, uint32_t number, const uint8_t *bytes, size_t length, uint32_t count)
{
	struct loading *loading = context;
	struct tsdb_series *series = number < loading->room ? loading->series[number] : NULL;
	if (!series)
		loading->damaged += !loading->lacks_room;
	else if (!head_load(series, bytes, length, count))
		loading->damaged++;
}

/* What the last file has of a series is not taken once more from a journal that is older than it. */
static void note_last(void *context, const struct labels *labels, int64_t last_ms)
{
	struct tsdb *tsdb = context;
	struct tsdb_series *series = head_refer(tsdb->head, labels, NULL);
	if (series && series->open.time_ms < last_ms)
		series->open.time_ms = last_ms;
	head_release(series);
}

static void skip_what_is_in_files(struct tsdb *tsdb, uint64_t journal)
{
	const struct tsdb_file *last = tsdb->file_count ? &tsdb->files[tsdb->file_count - 1] : NULL;
	struct block_damage damage = {0};
	if (!last || !last->block || last->number < journal)
		return;
	block_each_series(last->block, note_last, tsdb, &damage);
	tsdb_say_damage(tsdb, damage.count, damage.text);
}

static void adopt_numbers(struct loading *loading, uint32_t count)
{
	for (uint32_t i = 1; i <= count && i < loading->room; i++) {
		struct tsdb_series *series = loading->series[i];
		if (!series)
			continue;
		series->journal = i;
		series->flushed_ms = series->open.time_ms;
	}
}

static void say_loaded(struct loading *loading, const char *path, uint64_t damaged)
{
	char text[256];
	print_text(text, sizeof(text), "the journal '%s' %s: that is lost", path,
		damaged ? "is cut off or damaged in places" : "holds more than memory may");
	tsdb_say_damage(loading->tsdb, damaged + loading->lacks_room, text);
}

/* True when it was whole, and is gone on with. */
static bool load_journal(struct tsdb *tsdb, const char *path, bool goes_on)
{
	struct err err = {0};
	struct loading loading = {.tsdb = tsdb};
	struct wal_reader reader = {
		.series = load_series, .chunk = load_chunk, .context = &loading};
	bool is_whole = wal_read(path, &reader, &err);
	if (is_whole)
		say_loaded(&loading, path, reader.damaged + loading.damaged);
	else
		tsdb_say_damage(tsdb, 1, err.text);
	is_whole = is_whole && !reader.damaged && !loading.damaged && !loading.lacks_room;
	if (is_whole && goes_on)
		adopt_numbers(&loading, reader.series_count);
	for (size_t i = 0; i < loading.room; i++)
		head_release(loading.series[i]);
	free(loading.series);
	return is_whole && goes_on && wal_go_on(path, reader.series_count, &tsdb->journal, &err);
}

/* One that is whole is gone on with; else all that was read begins a new one, and the old ones go. */
static void load_journals(struct tsdb *tsdb, const struct found *found)
{
	struct err err;
	bool goes_on = false;
	for (size_t i = 0; i < found->wal_count; i++) {
		uint64_t number = found->journals[i];
		autofree char *path = tsdb_path(tsdb, number, TSDB_JOURNAL_SUFFIX);
		skip_what_is_in_files(tsdb, number);
		goes_on = load_journal(tsdb, path, found->wal_count == 1);
		if (goes_on) {
			tsdb->wal_bytes = wal_bytes(tsdb->journal);
			tsdb->rotates = tsdb->file_count &&
					tsdb->files[tsdb->file_count - 1].number > number;
		}
	}
	/* when that fails, the next flush does it */
	if (found->wal_count && !goes_on)
		(void)!tsdb_rotate(tsdb, &err);
}

void tsdb_remove_journals(struct tsdb *tsdb, uint64_t before)
{
	struct dirent *entry;
	uint64_t number;
	DIR *folder = opendir(tsdb->folder);
	while (folder && (entry = readdir(folder))) {
		if (read_name(entry->d_name, TSDB_JOURNAL_SUFFIX, &number) && number < before)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
	}
	if (folder)
		closedir(folder);
}

bool tsdb_files_open(struct tsdb *tsdb, struct err *err)
{
	struct found found = {0};
	bool is_good = list_folder(tsdb, &found, err);
	if (is_good) {
		open_blocks(tsdb, &found);
		load_journals(tsdb, &found);
		(void)head_forget_unused(tsdb->head);
	}
	free(found.blocks);
	free(found.journals);
	return is_good;
}
