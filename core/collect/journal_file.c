/* SPDX-License-Identifier: MIT */
#include "core/collect/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/bus_guard.h"

bool journal_position_is_set(const struct journal_position *position)
{
	return position->id[0] != '\0';
}

bool journal_position_same_id(
	const struct journal_position *one, const struct journal_position *other)
{
	return strcmp(one->id, other->id) == 0;
}

void journal_file_close(struct journal_file *file)
{
	if (file->journal)
		sd_journal_close(file->journal);
	file->journal = NULL;
	autoclose_release(&file->fd);
	file->fd = -1;
}

void journal_file_release(struct journal_file *file)
{
	journal_file_close(file);
	free(file->path);
}

/* A file that is cut while it is read: the pages that are missing were zeros. */
static bool is_cut(struct journal_file *file, struct err *err)
{
	if (!bus_guard_took())
		return false;
	journal_file_close(file);
	return !err_set(err, ERR_IO, "'%s' became shorter while it was read", file->path);
}

static bool fail(struct journal_file *file, int result, struct err *err)
{
	bool is_young = result == -ENODATA && !file->at.number; /* it is being made */
	journal_file_close(file);
	if (result == -ENODATA || result == -EBADMSG || result == -EIO)
		return err_set(err, is_young ? ERR_NOT_FOUND : ERR_IO,
			"'%.180s' is no journal, or is broken: look with journalctl --verify",
			file->path);
	if (result == -EPROTONOSUPPORT)
		return err_set(err, ERR_UNSUPPORTED,
			"'%.120s' is of a newer systemd than this build can read", file->path);
	return err_errno(err, -result, "cannot read the journal '%.180s'", file->path);
}

/* ---- opening ---- */

static bool open_path(struct journal_file *file, struct err *err)
{
	struct stat status;
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0 && (errno == EACCES || errno == EPERM))
		return err_set(err, ERR_DENIED,
			"may not read the journal '%.120s': add this user to the group "
			"systemd-journal (usermod -aG), and start again",
			file->path);
	if (file->fd < 0)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			"cannot open the journal '%.160s': %s", file->path, strerror(errno));
	if (fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode) &&
		status.st_ino == file->inode && status.st_dev == file->device)
		return true;
	journal_file_close(file); /* another one by now: the next look finds both */
	return err_set(err, ERR_NOT_FOUND, "'%.200s' is another file by now", file->path);
}

static int place_after(sd_journal *journal, int moved, struct journal_position *ret)
{
	struct journal_entry entry = {0};
	int result = moved > 0 ? journal_entry_place(&entry, journal) : moved;
	if (moved > 0 && result == 0)
		*ret = entry.position;
	return result;
}

static int find_head(sd_journal *journal, struct journal_position *ret)
{
	int result = sd_journal_seek_head(journal);
	return result < 0 ? result : place_after(journal, sd_journal_next(journal), ret);
}

static int find_tail(sd_journal *journal, struct journal_position *ret)
{
	int result = sd_journal_seek_tail(journal);
	return result < 0 ? result : place_after(journal, sd_journal_previous(journal), ret);
}

bool journal_file_open(
	struct journal_file *file, struct journal_position *ret_tail, struct err *err)
{
	struct journal_position head = {0}, tail = {0};
	if (!open_path(file, err))
		return false;
	int result = sd_journal_open_files_fd(&file->journal, &file->fd, 1, 0);
	if (result >= 0)
		result = sd_journal_set_data_threshold(file->journal, LIMIT_LOG_STORED_BYTES + 64);
	if (result >= 0)
		result = find_head(file->journal, &head);
	if (result >= 0)
		result = find_tail(file->journal, &tail);
	if (is_cut(file, err))
		return false;
	if (result < 0)
		return fail(file, result, err);
	file->head = head;
	*ret_tail = tail;
	return true;
}

bool journal_file_tail(struct journal_file *file, struct journal_position *ret)
{
	struct journal_position tail = {0};
	struct err ignored;
	if (!file->journal)
		return false;
	sd_journal_flush_matches(file->journal);
	int result = find_tail(file->journal, &tail);
	if (is_cut(file, &ignored) || result < 0)
		return false;
	*ret = tail;
	return true;
}

bool journal_file_since(struct journal_file *file, uint64_t since_us,
	const struct journal_position *tail, struct err *err)
{
	struct journal_position first = {0};
	sd_journal_flush_matches(file->journal);
	int result = sd_journal_seek_realtime_usec(file->journal, since_us);
	if (result >= 0)
		result = place_after(file->journal, sd_journal_next(file->journal), &first);
	if (is_cut(file, err))
		return false;
	if (result < 0)
		return fail(file, result, err);
	if (journal_position_is_set(&first) && first.number)
		first.number--;
	file->at = journal_position_is_set(&first) ? first : *tail;
	return true;
}

/* ---- which entries ---- */

static int add_pair(sd_journal *journal, const char *one, const char *two)
{
	int result = one ? sd_journal_add_match(journal, one, 0) : 0;
	if (result >= 0)
		result = sd_journal_add_match(journal, two, 0);
	return result >= 0 ? sd_journal_add_disjunction(journal) : result;
}

/* What journalctl takes for the unit's: what it says, what systemd and root say of it; units of our own user too. */
static int add_unit(sd_journal *journal, const char *unit)
{
	static const struct {
		const char *who, *field;
	} terms[] = {{NULL, "_SYSTEMD_UNIT"}, {"_PID=1", "UNIT"}, {"_UID=0", "UNIT"},
		{"_UID=0", "OBJECT_SYSTEMD_UNIT"}, {"_UID=0", "COREDUMP_UNIT"},
		{"", "_SYSTEMD_USER_UNIT"}, {"", "USER_UNIT"}};
	autofree char *us = xasprintf("_UID=%u", getuid());
	int result = 0;
	for (size_t i = 0; i < COUNT_OF(terms) && result >= 0; i++) {
		autofree char *field = xasprintf("%s=%s", terms[i].field, unit);
		const char *who = terms[i].who;
		result = add_pair(journal, who && !*who ? us : who, field);
	}
	return result;
}

static int set_units(sd_journal *journal, const struct journal_units *units)
{
	int result = 0;
	sd_journal_flush_matches(journal);
	if (units->count > JOURNAL_UNITS_MATCHED)
		return 0;
	for (size_t i = 0; i < units->count && result >= 0; i++)
		result = add_unit(journal, units->names[i]);
	return result;
}

static int seek(sd_journal *journal, const struct journal_position *to)
{
	if (!journal_position_is_set(to))
		return sd_journal_seek_head(journal);
	autofree char *cursor = xasprintf("s=%s;i=%" PRIx64, to->id, to->number);
	return sd_journal_seek_cursor(journal, cursor);
}

bool journal_file_go_on(
	struct journal_file *file, const struct journal_units *units, struct err *err)
{
	int result = set_units(file->journal, units);
	if (result >= 0)
		result = seek(file->journal, &file->at);
	return is_cut(file, err) ? false : result < 0 ? fail(file, result, err) : true;
}

int journal_file_next(struct journal_file *file, struct journal_entry *entry, struct err *err)
{
	int result;
	while ((result = sd_journal_next(file->journal)) > 0) {
		result = journal_entry_place(entry, file->journal);
		if (result < 0)
			break;
		if (entry->position.number <= file->at.number)
			continue;
		result = journal_entry_read(entry, file->journal);
		if (result < 0 || is_cut(file, err))
			break;
		file->at = entry->position;
		return 1;
	}
	if (!file->journal || is_cut(file, err))
		return -1;
	if (result < 0) {
		bool is_failed UNUSED = fail(file, result, err);
		return -1;
	}
	return 0;
}

/* ---- back ---- */

/* From the last that counts to the first; > 0 when there is one, and the journal is at it. */
static int step_back(struct journal_file *file, const struct journal_position *until,
	struct journal_back *back, struct journal_entry *scratch, struct journal_position *ret)
{
	int result, found = 0;
	while ((result = sd_journal_previous(file->journal)) > 0) {
		result = journal_entry_place(scratch, file->journal);
		if (result < 0)
			return result;
		if (scratch->position.number > until->number)
			continue;
		bool is_young = scratch->wall_us >= back->since_us;
		if (!is_young && back->count >= back->least)
			return found;
		if (back->count >= back->most) {
			back->is_limited |= is_young;
			return found;
		}
		*ret = scratch->position;
		back->count++;
		found = 1;
	}
	return result < 0 ? result : found;
}

bool journal_file_back(struct journal_file *file, const struct journal_units *units,
	const struct journal_position *until, struct journal_back *back,
	struct journal_entry *scratch, struct journal_position *ret_first)
{
	struct err ignored;
	int result = set_units(file->journal, units);
	if (result >= 0)
		result = sd_journal_seek_tail(file->journal);
	if (result >= 0)
		result = step_back(file, until, back, scratch, ret_first);
	return !is_cut(file, &ignored) && result > 0;
}
