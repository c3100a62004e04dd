/* SPDX-License-Identifier: MIT */
#include "core/collect/docker_seen.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"

static const int64_t ns_per_s = 1000000000;

void docker_seen_init(struct docker_seen *seen)
{
	*seen = (struct docker_seen){.last_ns = INT64_MIN};
}

static void forget_again(struct docker_seen *seen)
{
	free(seen->again);
	free(seen->is_matched);
	seen->again = NULL;
	seen->is_matched = NULL;
	seen->again_count = 0;
}

void docker_seen_release(struct docker_seen *seen)
{
	forget_again(seen);
	free(seen->lines);
	*seen = (struct docker_seen){.last_ns = INT64_MIN};
}

static uint64_t hash_of(int64_t wall_ns, unsigned stream, const char *text, size_t length)
{
	uint64_t hash = hash64_byte(HASH64_BEGIN ^ (uint64_t)wall_ns, (unsigned char)stream);
	hash ^= hash >> 29;
	return hash64_bytes(hash, text, length);
}

static int by_value(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
	return a < b ? -1 : a > b;
}

int64_t docker_seen_resume(struct docker_seen *seen)
{
	forget_again(seen);
	if (seen->last_ns == INT64_MIN)
		return -1;
	int64_t since_ns = seen->last_ns - DOCKER_SEEN_BACK_S * ns_per_s;
	seen->first_ns = INT64_MAX;
	seen->until_ns = seen->last_ns + DOCKER_SEEN_BACK_S * ns_per_s;
	seen->again = xcalloc(seen->count + 1, sizeof(*seen->again));
	seen->is_matched = xcalloc(seen->count + 1, sizeof(bool));
	for (size_t i = 0; i < seen->count; i++) {
		const struct seen_line *line = &seen->lines[seen->first + i];
		if (line->wall_ns < seen->first_ns)
			seen->first_ns = line->wall_ns;
		seen->again[seen->again_count++] = line->hash;
	}
	qsort(seen->again, seen->again_count, sizeof(*seen->again), by_value);
	return since_ns > 0 ? since_ns / ns_per_s : 0;
}

/* One of those that may come again, and did not yet. */
static bool matches(struct docker_seen *seen, uint64_t hash)
{
	const uint64_t *found = seen->again_count ? bsearch(&hash, seen->again, seen->again_count,
							    sizeof(hash), by_value)
						  : NULL;
	size_t at = found ? (size_t)(found - seen->again) : 0;
	while (found && at > 0 && seen->again[at - 1] == hash)
		at--;
	for (; found && at < seen->again_count && seen->again[at] == hash; at++)
		if (!seen->is_matched[at]) {
			seen->is_matched[at] = true;
			return true;
		}
	return false;
}

/* Room for one more: those that cannot come again go, and of too many the oldest. */
static void make_room(struct docker_seen *seen)
{
	int64_t kept_ns = seen->last_ns - DOCKER_SEEN_KEPT_S * ns_per_s;
	while (seen->count &&
		(seen->lines[seen->first].wall_ns < kept_ns || seen->count == DOCKER_SEEN_MAX)) {
		seen->first++;
		seen->count--;
	}
	if (seen->first + seen->count < seen->capacity)
		return;
	if (seen->first > seen->capacity / 2) {
		memmove(seen->lines, seen->lines + seen->first, seen->count * sizeof(*seen->lines));
		seen->first = 0;
		return;
	}
	seen->lines =
		grow(seen->lines, seen->first + seen->count, &seen->capacity, sizeof(*seen->lines));
}

static void remember(struct docker_seen *seen, int64_t wall_ns, uint64_t hash)
{
	if (wall_ns > seen->last_ns)
		seen->last_ns = wall_ns;
	make_room(seen);
	seen->lines[seen->first + seen->count++] = (struct seen_line){wall_ns, hash};
}

bool docker_seen_take(
	struct docker_seen *seen, int64_t wall_ns, unsigned stream, const char *text, size_t length)
{
	if (wall_ns == INT64_MIN)
		return true; /* nobody can tell */
	uint64_t hash = hash_of(wall_ns, stream, text, length);
	if (seen->again && wall_ns > seen->until_ns)
		forget_again(seen);
	if (seen->again && (wall_ns < seen->first_ns || matches(seen, hash)))
		return false;
	remember(seen, wall_ns, hash);
	return true;
}
