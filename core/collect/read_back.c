/* SPDX-License-Identifier: MIT */
#include "core/collect/read_back.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/str.h"
#include "core/parse/log_line.h"

enum { BLOCK_BYTES = 64 << 10, AHEAD_MS = 5 * 60 * 1000 };

static const char too_much[] = "it holds more than may be read back at a start";

struct search {
	const struct read_back *back;
	struct log_arrival arrival;
	char *block;
	struct str plain; /* scratch */
	off_t young;      /* where the earliest line begins that is known to be wanted */
	bool has_time;
};

struct read_back read_back_new(int64_t now_ms, int64_t span_ms, uint64_t bytes)
{
	return (struct read_back){.now_ms = now_ms,
		.least = READ_BACK_LEAST,
		.since_ms = now_ms - span_ms,
		.bytes = bytes,
		.cost_us = READ_BACK_COST_US};
}

bool read_back_is_born_since(const char *path, int64_t since_ms)
{
	enum { TICK_MS = 10 }; /* the clock of a file system is no finer */
	struct statx found;
	if (statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_BTIME, &found) != 0 ||
		!(found.stx_mask & STATX_BTIME))
		return false;
	int64_t born_ms = found.stx_btime.tv_sec * 1000 + found.stx_btime.tv_nsec / 1000000;
	return born_ms + TICK_MS >= since_ms;
}

/* LOG_NO_TIME: it names none, or one that cannot be. */
static int64_t time_of(struct search *search, const char *line, size_t length)
{
	struct log_line read;
	if (log_needs_normalising(line, length)) {
		str_clear(&search->plain);
		log_normalise(line, length, &search->plain);
		line = search->plain.text;
		length = search->plain.length;
	}
	log_line_read(line, length, &search->arrival, &read);
	return read.wall_ms > search->back->now_ms + AHEAD_MS ? LOG_NO_TIME : read.wall_ms;
}

/* The first line of the block, from `from` on, that names a time not before `since_ms`: its place and
 * time. False: none does. */
static bool find_timed(struct search *search, size_t length, size_t from, int64_t since_ms,
	size_t *ret_at, int64_t *ret_ms)
{
	while (from < length) {
		const char *line = search->block + from;
		const char *newline = memchr(line, '\n', length - from);
		size_t size = newline ? (size_t)(newline - line) : length - from;
		*ret_ms = time_of(search, line, size);
		*ret_at = from;
		if (*ret_ms != LOG_NO_TIME && *ret_ms >= since_ms)
			return true;
		from += size + 1;
	}
	return false;
}

/* True: the first wanted line is at `young`. */
static bool look_at_block(struct search *search, off_t begin, size_t length)
{
	const char *newline = begin ? memchr(search->block, '\n', length) : NULL;
	size_t first = newline ? (size_t)(newline + 1 - search->block) : begin ? length : 0, at;
	int64_t since_ms = search->back->since_ms, time_ms;
	if (!find_timed(search, length, first, LOG_NO_TIME, &at, &time_ms))
		return false;
	search->has_time = true;
	bool is_old = time_ms < since_ms;
	if (!is_old || find_timed(search, length, at, since_ms, &at, &time_ms))
		search->young = begin + (off_t)at;
	return is_old;
}

struct read_back_place read_back_last_part(off_t size, off_t length)
{
	if (size <= length)
		return (struct read_back_place){.is_whole = true};
	/* One byte more: if that one ends a line, the first line is whole. */
	return (struct read_back_place){.offset = size - length - 1, .is_inside = true};
}

static off_t bound_of(const struct read_back *back)
{
	uint64_t bytes = back->bytes < READ_BACK_BYTES ? back->bytes : READ_BACK_BYTES;
	return back->cost_us <= 0 || bytes < READ_BACK_LEAST ? READ_BACK_LEAST : (off_t)bytes;
}

static struct read_back_place search_file(
	struct read_back *back, struct search *search, int fd, off_t size)
{
	off_t bound = bound_of(back), begin = size;
	while (begin > 0 && size - begin < bound) {
		off_t end = begin;
		begin = end > BLOCK_BYTES ? end - BLOCK_BYTES : 0;
		ssize_t length = read_all_at(fd, search->block, (size_t)(end - begin), begin);
		if (length <= 0)
			break; /* it became shorter: whatever is there is read */
		if (look_at_block(search, begin, (size_t)length))
			return (struct read_back_place){.offset = search->young};
		if (!search->has_time && size - begin >= READ_BACK_UNTIMED)
			break;
	}
	if (!search->has_time)
		return read_back_last_part(size, READ_BACK_LEAST);
	if (begin == 0)
		return (struct read_back_place){.is_whole = true};
	back->left_out = too_much;
	return (struct read_back_place){.offset = search->young};
}

struct read_back_place read_back_find(struct read_back *back, int fd, off_t size)
{
	int64_t begun_us = clock_cost_us();
	if (back->since_ms >= back->now_ms)
		return (struct read_back_place){.offset = size};
	struct search search = {.back = back,
		.arrival = {.received_ms = back->now_ms,
			.utc_offset_s = local_offset_s(back->now_ms)},
		.block = xmalloc(BLOCK_BYTES),
		.young = size};
	str_init(&search.plain);
	struct read_back_place place = search_file(back, &search, fd, size);
	uint64_t taken = (uint64_t)(size - place.offset);
	back->bytes -= taken < back->bytes ? taken : back->bytes;
	back->cost_us -= clock_cost_us() - begun_us;
	str_release(&search.plain);
	free(search.block);
	return place;
}
