/* SPDX-License-Identifier: MIT */
#include "core/collect/rotated.h"

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"

static const int64_t second_ns = 1000000000, late_ns = 10000000000;

static int64_t time_ns(const struct statx_timestamp *time)
{
	return time->tv_sec * second_ns + time->tv_nsec;
}

static bool look(int folder, const char *path, int flags, struct rotated *ret)
{
	struct statx status;
	if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0 ||
		!S_ISREG(status.stx_mode))
		return false;
	bool knows_birth = status.stx_mask & STATX_BTIME;
	*ret = (struct rotated){.device = makedev(status.stx_dev_major, status.stx_dev_minor),
		.inode = status.stx_ino,
		.bytes = (off_t)status.stx_size,
		.born_ns = time_ns(knows_birth ? &status.stx_btime : &status.stx_mtime),
		.written_ns = time_ns(&status.stx_mtime),
		.changed_ns = time_ns(&status.stx_ctime),
		.knows_birth = knows_birth};
	return true;
}

bool rotated_of(int fd, struct rotated *ret)
{
	return look(fd, "", AT_EMPTY_PATH, ret);
}

/* .1  -20261120  .2026-11-20_10  .3.gz: digits and what joins them, then how it is packed. */
static bool is_suffix(const char *suffix, bool *ret_is_packed)
{
	static const char *const packed[] = {".gz", ".xz", ".bz2", ".zst"};
	if ((*suffix != '.' && *suffix != '-') || !isdigit((unsigned char)suffix[1]))
		return false;
	size_t length = 1 + strspn(suffix + 1, "0123456789-_T:");
	*ret_is_packed = false;
	for (size_t i = 0; i < COUNT_OF(packed); i++)
		*ret_is_packed |= strcmp(suffix + length, packed[i]) == 0;
	return !suffix[length] || *ret_is_packed;
}

static int by_age(const void *one, const void *other)
{
	const struct rotated *a = one, *b = other;
	if (a->born_ns != b->born_ns)
		return a->born_ns < b->born_ns ? -1 : 1;
	return strcmp(b->path, a->path); /* .2 is older than .1 */
}

static char *pattern_of(const char *path)
{
	autostr struct str pattern = STR_INIT;
	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			str_addch(&pattern, '\\');
		str_addch(&pattern, *path);
	}
	str_adds(&pattern, "[.-][0-9]*");
	return str_detach(&pattern);
}

size_t rotated_find(const char *path, struct rotated **ret)
{
	autofree char *pattern = pattern_of(path);
	size_t count = 0, length = strlen(path);
	struct rotated *list = xcalloc(ROTATED_MAX, sizeof(*list));
	glob_t paths;
	if (glob(pattern, GLOB_NOSORT, NULL, &paths) == 0)
		for (size_t i = 0; i < paths.gl_pathc && count < ROTATED_MAX; i++) {
			const char *found = paths.gl_pathv[i];
			bool is_packed;
			if (!is_suffix(found + length, &is_packed) ||
				!look(AT_FDCWD, found, AT_SYMLINK_NOFOLLOW, &list[count]))
				continue;
			list[count].path = xstrdup(found);
			list[count++].is_packed = is_packed;
		}
	globfree(&paths);
	qsort(list, count, sizeof(*list), by_age);
	*ret = list;
	return count;
}

void rotated_free(struct rotated *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].path);
	free(list);
}

bool rotated_is_after(const struct rotated *one, const struct rotated *other)
{
	/* Packing keeps the time of the bytes, to the second at least; and one of before may have
	 * been written for a while after the other was made. */
	if (one->is_packed)
		return one->written_ns > other->written_ns + second_ns &&
		       one->written_ns > other->born_ns + late_ns;
	return one->born_ns > other->born_ns;
}
