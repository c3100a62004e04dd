/* SPDX-License-Identifier: MIT */
#include "core/parse/mounts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

enum { PLACE_BYTES = 1024 };

struct mount {
	char device[32];         /* major:minor */
	char root[PLACE_BYTES];  /* what of that file system is mounted */
	char point[PLACE_BYTES]; /* where */
};

static bool is_octal(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
	       text[2] >= '0' && text[2] <= '7';
}

/* \040 for a blank, and the like. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *at = text; *at; to++) {
		if (*at == '\\' && is_octal(at + 1)) {
			*to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
}

/* The next line that can be read; `at` stands behind it. */
static bool next_mount(const char **at, struct mount *ret)
{
	while (**at) {
		const char *line = *at;
		*at += strcspn(line, "\n");
		*at += **at == '\n';
		if (sscanf(line, "%*d %*d %31s %1023s %1023s", ret->device, ret->root,
			    ret->point) != 3 ||
			ret->root[0] != '/' || ret->point[0] != '/')
			continue;
		unescape(ret->root);
		unescape(ret->point);
		return true;
	}
	return false;
}

/* What of `path` is below `folder`: "" or /...; NULL: it is not in there. */
static const char *below(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
	if (strncmp(path, folder, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path + length + (strcmp(path + length, "/") == 0);
}

/* The mount that a path is on: the innermost, and of two at one place the later. */
static bool mount_of(const char *mounts, const char *path, struct mount *ret)
{
	struct mount mount;
	size_t longest = 0;
	while (next_mount(&mounts, &mount)) {
		if (!below(path, mount.point) || strlen(mount.point) < longest)
			continue;
		longest = strlen(mount.point);
		*ret = mount;
	}
	return longest > 0;
}

static bool is_same(const struct mount *one, const struct mount *other)
{
	return strcmp(one->device, other->device) == 0 && strcmp(one->root, other->root) == 0;
}

static void add(struct str *to, const char *folder, const char *rest)
{
	str_addf(to, "%s%s", strcmp(folder, "/") == 0 && *rest ? "" : folder, rest);
}

bool mounts_outside(
	const char *theirs, const char *ours, const char *path, size_t nth, struct str *ret)
{
	struct mount inner, outer;
	autostr struct str inside = STR_INIT; /* in its file system */
	if (!mount_of(theirs, path, &inner) || !mount_of(ours, "/", &outer))
		return false;
	if (strcmp(inner.point, "/") == 0 && !is_same(&inner, &outer))
		return false;
	add(&inside, inner.root, below(path, inner.point));
	while (next_mount(&ours, &outer)) {
		const char *rest = strcmp(inner.device, outer.device) == 0
					   ? below(inside.text, outer.root)
					   : NULL;
		if (!rest || nth-- > 0)
			continue;
		add(ret, outer.point, rest);
		return true;
	}
	return false;
}
