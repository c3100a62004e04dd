/* SPDX-License-Identifier: MIT */
/*
 * The packed logs that are asked for, one after the other in the order in which they were added, a slice at a time: the thread that
 * follows logs has other things to do. All that is unpacked and that somebody still has is within a budget. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_UNPACK_H
#define BOTSWAIN_COLLECT_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct open_file;

struct unpack_job {
	char *path;
	void *owner; /* of the log that it is of */
	int64_t written_ms;
};

struct unpack {
	struct unpack_job *jobs; /* the first is the one that is being unpacked */
	size_t count, room;
	struct packed *now; /* NULL: it has not begun */
	int from;           /* its packed file, valid with `now` */
	struct unpacked {
		struct open_file *file; /* a reference */
		uint64_t bytes;
	} * given;
	size_t given_count, given_room;
	uint64_t taken; /* of the budget, by these */
};

/* `file` (borrowed; NULL: nothing of it can be had): what is in it, `bytes` of them. `why`: not all of it is there; else NULL. */
typedef void unpack_done(void *context, const struct unpack_job *job, struct open_file *file,
	uint64_t bytes, const char *why);

void unpack_release(struct unpack *unpack);
void unpack_add(struct unpack *unpack, void *owner, const char *path, int64_t written_ms);
/* What is asked for by `owner` is not any more. */
void unpack_forget(struct unpack *unpack, const void *owner);
/* Gives back the space of what nobody else has any more. Now and then. */
void unpack_look(struct unpack *unpack);
/* A slice. False: there is nothing left. */
bool unpack_step(struct unpack *unpack, uint64_t budget, unpack_done *done, void *context);

#endif
