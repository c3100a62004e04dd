/* SPDX-License-Identifier: MIT */
#include "core/collect/journal_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { MACHINE_ID_LENGTH = 32, SMALLEST_BYTES = 208 /* the header of the first journals */ };

static const char *const homes[] = {"/var/log/journal", "/run/log/journal"};

static void forget_folders(struct journal_folder *folder)
{
	for (size_t i = 0; i < folder->folder_count; i++)
		free(folder->folders[i]);
	folder->folder_count = 0;
}

/* ---- folders that were closed to us at the start ---- */

static void note_closed(struct journal_folder *folder, const char *in)
{
	bool is_known = folder->is_begun || folder->closed_count == JOURNAL_FOLDERS_MAX;
	for (size_t i = 0; i < folder->closed_count && !is_known; i++)
		is_known = strcmp(folder->closed[i], in) == 0;
	if (!is_known)
		folder->closed[folder->closed_count++] = xstrdup(in);
}

/* True: it was one, and is open now. */
static bool open_closed(struct journal_folder *folder, const char *in)
{
	for (size_t i = 0; i < folder->closed_count; i++) {
		if (strcmp(folder->closed[i], in) != 0)
			continue;
		free(folder->closed[i]);
		folder->closed[i] = folder->closed[--folder->closed_count];
		return true;
	}
	return false;
}

void journal_folder_release(struct journal_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		journal_file_release(folder->files[i]);
		free(folder->files[i]);
	}
	forget_folders(folder);
	while (folder->closed_count)
		free(folder->closed[--folder->closed_count]);
	free(folder->files);
	free(folder->path);
}

/* ---- names ---- */

/* STEM.journal; STEM@WHEN.journal, STEM@WHEN.journal~ when it was broken. 0: no journal. */
static size_t stem_of(const char *name, bool *ret_is_archived)
{
	static const char ending[] = ".journal";
	size_t length = strlen(name), size = strlen(ending);
	bool is_broken = length && name[length - 1] == '~';
	length -= is_broken;
	if (length <= size || memcmp(name + length - size, ending, size) != 0)
		return 0;
	const char *at = memchr(name, '@', length);
	*ret_is_archived = at != NULL || is_broken;
	return at ? (size_t)(at - name) : length - size;
}

static bool is_machine(const char *name)
{
	return strlen(name) == MACHINE_ID_LENGTH &&
	       strspn(name, "0123456789abcdef") == MACHINE_ID_LENGTH;
}

/* ---- one file ---- */

static struct journal_file *known_file(
	const struct journal_folder *folder, const struct stat *status)
{
	for (size_t i = 0; i < folder->count; i++)
		if (folder->files[i]->inode == status->st_ino &&
			folder->files[i]->device == status->st_dev)
			return folder->files[i];
	return NULL;
}

static struct journal_file *add_file(struct journal_folder *folder, const struct stat *status)
{
	if (folder->count == JOURNAL_FILES_MAX) {
		folder->is_full = true;
		return NULL;
	}
	struct journal_file *file = xcalloc(1, sizeof(*file));
	*file = (struct journal_file){.device = status->st_dev,
		.inode = status->st_ino,
		.fd = -1,
		.was_there = !folder->is_begun};
	folder->files = grow(
		folder->files, folder->count, &folder->capacity, sizeof(struct journal_file *));
	folder->files[folder->count++] = file;
	return file;
}

/* Its number may be given to another file once it is gone, and nobody holds it. */
static void renew(struct journal_file *file, const char *path, size_t name_at)
{
	if (file->journal || !file->is_done || !strcmp(file->path + file->stem_at, path + name_at))
		return;
	file->is_done = false;
	file->at = (struct journal_position){0};
}

/* `stem`: the only one that is wanted; NULL: any. */
static void take_file(struct journal_folder *folder, const char *in, const char *name,
	const char *stem, size_t stem_length)
{
	struct stat status;
	bool is_archived = false;
	size_t length = stem_of(name, &is_archived);
	if (!length || (stem && (length != stem_length || memcmp(stem, name, length) != 0)))
		return;
	char *path = xasprintf("%s/%s", in, name);
	struct journal_file *file = NULL;
	if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
		file = known_file(folder, &status);
	else
		status = (struct stat){0};
	if (!file && status.st_ino)
		file = add_file(folder, &status);
	if (!file) {
		free(path);
		return;
	}
	renew(file, path, strlen(in) + 1);
	free(file->path);
	file->path = path;
	file->stem_at = strlen(in) + 1;
	file->stem_length = length;
	file->is_archived = is_archived;
	file->is_there = true;
	file->gone_ms = 0;
	file->is_small = status.st_size < SMALLEST_BYTES;
	file->written_ms = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
}

/* ---- folders ---- */

static bool cannot_look(struct journal_folder *folder, const char *in, int errnum, struct err *err)
{
	note_closed(folder, in);
	if (errnum == EACCES || errnum == EPERM)
		return err_set(err, ERR_DENIED,
			"may not look into the journal's folder '%.120s': add this user to the "
			"group systemd-journal (usermod -aG), and start again",
			in);
	return err_set(err, errnum == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		"cannot read the journal '%.160s': %s", in, strerror(errnum));
}

static bool look_into(struct journal_folder *folder, const char *in, const char *stem,
	size_t stem_length, bool has_machines, struct err *err)
{
	DIR *dir = opendir(in);
	if (!dir)
		return cannot_look(folder, in, errno, err);
	size_t known = folder->count;
	bool was_closed = open_closed(folder, in);
	if (folder->folder_count < JOURNAL_FOLDERS_MAX)
		folder->folders[folder->folder_count++] = xstrdup(in);
	else
		folder->is_full = true;
	bool is_good = true;
	for (const struct dirent *item; (item = readdir(dir));) {
		autofree char *inner = xasprintf("%s/%s", in, item->d_name);
		if (has_machines && is_machine(item->d_name))
			is_good = look_into(folder, inner, NULL, 0, false, err) && is_good;
		else
			take_file(folder, in, item->d_name, stem, stem_length);
	}
	closedir(dir);
	for (size_t i = known; i < folder->count && was_closed; i++)
		folder->files[i]->was_there = true;
	return is_good;
}

static bool look_for_file(struct journal_folder *folder, struct err *err)
{
	bool is_archived = false;
	const char *slash = strrchr(folder->path, '/');
	autofree char *in = xstrndup(folder->path, (size_t)(slash - folder->path));
	size_t length = stem_of(slash + 1, &is_archived);
	if (!length)
		return err_set(err, ERR_INVALID,
			"'%.160s' is no journal: its name ends in .journal, or it is a folder of "
			"such files",
			folder->path);
	return look_into(folder, *in ? in : "/", slash + 1, length, false, err);
}

/* The one on the disk; while there is none, that of this boot. What the journal moves from one to the other at a boot stands in
 * both for a moment. */
static bool look_at_machine(struct journal_folder *folder, struct err *err)
{
	sd_id128_t id;
	char text[SD_ID128_STRING_MAX];
	if (sd_id128_get_machine(&id) < 0)
		return err_set(err, ERR_NOT_FOUND,
			"this machine has no id (/etc/machine-id), so no journal");
	sd_id128_to_string(id, text);
	for (size_t i = 0; i < COUNT_OF(homes); i++) {
		autofree char *in = xasprintf("%s/%s", homes[i], text);
		size_t before = folder->folder_count;
		if (look_into(folder, in, NULL, 0, false, err) || err->code != ERR_NOT_FOUND)
			return folder->folder_count > before;
		*err = (struct err){0};
	}
	return err_set(err, ERR_NOT_FOUND,
		"there is no journal under %s or %s: is systemd-journald here, and Storage= not "
		"none?",
		homes[0], homes[1]);
}

static bool look(struct journal_folder *folder, struct err *err)
{
	struct stat status;
	bool is_archived;
	if (!*folder->path)
		return look_at_machine(folder, err);
	bool is_folder = stat(folder->path, &status) == 0 ? S_ISDIR(status.st_mode)
							  : !stem_of(folder->path, &is_archived);
	return is_folder ? look_into(folder, folder->path, NULL, 0, true, err)
			 : look_for_file(folder, err);
}

static int by_age(const void *one, const void *other)
{
	const struct journal_file *a = *(struct journal_file *const *)one,
				  *b = *(struct journal_file *const *)other;
	size_t shorter = a->stem_length < b->stem_length ? a->stem_length : b->stem_length;
	int order = memcmp(a->path + a->stem_at, b->path + b->stem_at, shorter);
	if (!order && a->stem_length != b->stem_length)
		order = a->stem_length < b->stem_length ? -1 : 1;
	if (!order && a->is_archived != b->is_archived)
		order = a->is_archived ? -1 : 1;
	if (!order && a->written_ms != b->written_ms)
		order = a->written_ms < b->written_ms ? -1 : 1;
	return order ? order : strcmp(a->path, b->path);
}

bool journal_folder_look(struct journal_folder *folder, struct err *err)
{
	for (size_t i = 0; i < folder->count; i++)
		folder->files[i]->is_there = false;
	folder->is_full = false;
	forget_folders(folder);
	bool is_good = look(folder, err);
	if (folder->count)
		qsort(folder->files, folder->count, sizeof(struct journal_file *), by_age);
	return is_good;
}

void journal_folder_tidy(struct journal_folder *folder)
{
	size_t kept = 0;
	for (size_t i = 0; i < folder->count; i++) {
		struct journal_file *file = folder->files[i];
		if (file->is_there || file->journal) {
			folder->files[kept++] = file;
			continue;
		}
		journal_file_release(file);
		free(file);
	}
	folder->count = kept;
}
