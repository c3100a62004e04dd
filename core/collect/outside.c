/* SPDX-License-Identifier: MIT */
#include "core/collect/outside.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/mounts.h"

enum { MOUNTINFO_MAX = 1 << 20 };

static bool read_mounts(const char *path, struct str *ret)
{
	char part[4096];
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	for (size_t count;
		(count = fread(part, 1, sizeof(part), file)) > 0 && ret->length < MOUNTINFO_MAX;)
		str_add(ret, part, count);
	fclose(file);
	return ret->length > 0;
}

static bool is_one_file(const char *one, const char *other)
{
	struct stat a, b;
	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

bool outside_is_other(pid_t pid, const char *kind)
{
	struct stat own, other;
	autofree char *ours = xasprintf("/proc/self/ns/%s", kind);
	autofree char *theirs = xasprintf("/proc/%d/ns/%s", (int)pid, kind);
	return stat(ours, &own) == 0 && stat(theirs, &other) == 0 && own.st_ino != other.st_ino;
}

bool outside_path(pid_t pid, const char *path, char *ret, size_t size)
{
	autofree char *mountinfo = xasprintf("/proc/%d/mountinfo", (int)pid);
	autofree char *seen = xasprintf("/proc/%d/root%s", (int)pid, path);
	autostr struct str theirs = STR_INIT, ours = STR_INIT, place = STR_INIT;
	/* Also in a chroot, whose root is no mount. */
	if (is_one_file(seen, path))
		return copy_text(ret, size, path);
	if (!read_mounts(mountinfo, &theirs) || !read_mounts("/proc/self/mountinfo", &ours))
		return false;
	for (size_t nth = 0; mounts_outside(theirs.text, ours.text, path, nth, &place); nth++) {
		if (is_one_file(seen, place.text))
			return copy_text(ret, size, place.text);
		str_clear(&place);
	}
	return false;
}
