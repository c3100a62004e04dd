/* SPDX-License-Identifier: MIT */
#include "core/collect/unpack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/collect/packed.h"
#include "core/events/open_file.h"

enum { SLICE_BYTES = 2 << 20 };

static void end_now(struct unpack *unpack)
{
	if (!unpack->now)
		return;
	packed_free(unpack->now);
	close(unpack->from);
	unpack->now = NULL;
}

static void remove_job(struct unpack *unpack, size_t at)
{
	if (at == 0)
		end_now(unpack);
	free(unpack->jobs[at].path);
	unpack->count--;
	memmove(&unpack->jobs[at], &unpack->jobs[at + 1],
		(unpack->count - at) * sizeof(*unpack->jobs));
}

void unpack_release(struct unpack *unpack)
{
	while (unpack->count)
		remove_job(unpack, unpack->count - 1);
	for (size_t i = 0; i < unpack->given_count; i++)
		open_file_unref(unpack->given[i].file);
	free(unpack->given);
	free(unpack->jobs);
	*unpack = (struct unpack){0};
}

void unpack_add(struct unpack *unpack, void *owner, const char *path, int64_t written_ms)
{
	unpack->jobs = grow(unpack->jobs, unpack->count, &unpack->room, sizeof(*unpack->jobs));
	unpack->jobs[unpack->count++] = (struct unpack_job){xstrdup(path), owner, written_ms};
}

void unpack_forget(struct unpack *unpack, const void *owner)
{
	for (size_t i = unpack->count; i > 0; i--)
		if (unpack->jobs[i - 1].owner == owner)
			remove_job(unpack, i - 1);
}

void unpack_look(struct unpack *unpack)
{
	size_t kept = 0;
	for (size_t i = 0; i < unpack->given_count; i++) {
		const struct unpacked given = unpack->given[i];
		if (open_file_is_shared(given.file)) {
			unpack->given[kept++] = given;
			continue;
		}
		unpack->taken -= given.bytes;
		open_file_unref(given.file);
	}
	unpack->given_count = kept;
}

/* Takes over the reference. */
static void note_given(struct unpack *unpack, struct open_file *file, uint64_t bytes)
{
	unpack->given = grow(
		unpack->given, unpack->given_count, &unpack->given_room, sizeof(*unpack->given));
	unpack->given[unpack->given_count++] = (struct unpacked){file, bytes};
	unpack->taken += bytes;
}

static bool begin(struct unpack *unpack, uint64_t budget, struct err *err)
{
	unpack_look(unpack);
	const char *path = unpack->jobs[0].path;
	uint64_t left = budget > unpack->taken ? budget - unpack->taken : 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(err, ERR_NOT_FOUND, "it cannot be opened");
	unpack->now = left ? packed_new(fd, left, err) : NULL;
	unpack->from = fd;
	if (unpack->now)
		return true;
	close(fd);
	return left ? false : err_set(err, ERR_LIMIT, "%s", packed_why(PACKED_BOUND));
}

static void finish(struct unpack *unpack, enum packed_state state, unpack_done *done, void *context)
{
	uint64_t bytes = packed_bytes(unpack->now);
	struct open_file *file = bytes ? open_file_new(packed_take(unpack->now)) : NULL;
	if (file)
		file->is_nameless = true;
	done(context, &unpack->jobs[0], file, bytes, packed_why(state));
	if (file)
		note_given(unpack, file, bytes);
}

bool unpack_step(struct unpack *unpack, uint64_t budget, unpack_done *done, void *context)
{
	struct err err = {0};
	if (!unpack->count)
		return false;
	if (!unpack->now && !begin(unpack, budget, &err)) {
		done(context, &unpack->jobs[0], NULL, 0, err.text);
		remove_job(unpack, 0);
		return unpack->count > 0;
	}
	enum packed_state state = packed_step(unpack->now, SLICE_BYTES);
	if (state == PACKED_MORE)
		return true;
	finish(unpack, state, done, context);
	remove_job(unpack, 0);
	return unpack->count > 0;
}
