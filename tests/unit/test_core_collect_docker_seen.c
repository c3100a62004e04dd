/* SPDX-License-Identifier: MIT */
/* A container's lines that come again after its stream broke are known again, each as often as it was there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/collect/docker_seen.h"

static const int64_t second = 1000000000, start = 1795168821 * INT64_C(1000000000);

static bool take(struct docker_seen *seen, int64_t ns, unsigned stream, const char *text)
{
	return docker_seen_take(seen, ns, stream, text, strlen(text));
}

static void what_was_taken_is_not_new_and_what_was_not_is(void **state)
{
	(void)state;
	struct docker_seen seen;
	docker_seen_init(&seen);
	assert_int_equal(docker_seen_resume(&seen), -1);
	assert_true(take(&seen, start, 1, "one"));
	assert_true(take(&seen, start, 1, "same"));
	assert_true(take(&seen, start, 1, "same"));
	assert_true(take(&seen, start + second, 1, "two"));
	assert_true(
		take(&seen, start + second, 1, "two")); /* not twice the same: none came again */
	assert_int_equal(docker_seen_resume(&seen), start / second - 1);
	assert_false(take(&seen, start - second, 1, "of before"));
	assert_false(take(&seen, start, 1, "one"));
	assert_false(take(&seen, start, 1, "same"));
	assert_false(take(&seen, start, 1, "same"));
	assert_true(take(&seen, start, 1, "same"));
	assert_true(take(&seen, start, 2, "one")); /* of the other stream */
	assert_false(take(&seen, start + second, 1, "two"));
	assert_true(take(&seen, start + second + 1, 1, "two"));
	docker_seen_release(&seen);
	assert_int_equal(docker_seen_resume(&seen), -1);
	assert_true(take(&seen, start, 1, "one"));
	docker_seen_release(&seen);
}

static void a_line_without_a_time_is_new(void **state)
{
	(void)state;
	struct docker_seen seen;
	docker_seen_init(&seen);
	assert_true(take(&seen, INT64_MIN, 1, "one"));
	assert_true(take(&seen, INT64_MIN, 1, "one"));
	assert_int_equal(docker_seen_resume(&seen), -1);
	docker_seen_release(&seen);
}

enum { LINES = 30000, BREAKS = 200 };

struct written {
	int64_t ns;
	unsigned stream;
	int text;
};

/* Times of whole seconds or to the nanosecond, few texts, two streams that are out of order by a little. */
static void write_all(struct rng *rng, bool is_coarse, struct written *all)
{
	int64_t now = start;
	for (size_t i = 0; i < LINES; i++) {
		now += (int64_t)rng_below(rng, 2000000);
		int64_t at = now - (int64_t)rng_below(rng, 100000);
		all[i] = (struct written){.ns = is_coarse ? at / second * second : at,
			.stream = 1 + (unsigned)rng_below(rng, 2),
			.text = (int)rng_below(rng, 5)};
	}
}

/* The engine sends again what is of that second or later, in its order, from there on. */
static size_t first_since(const struct written *all, int64_t since_s)
{
	size_t at = 0;
	while (at < LINES && since_s >= 0 && all[at].ns < since_s * second)
		at++;
	return at;
}

static void through_any_breaks_each_line_is_taken_once(void **state)
{
	(void)state;
	static struct written all[LINES];
	for (int round = 0; round < 4; round++) {
		struct docker_seen seen;
		struct rng rng;
		size_t at = 0, taken = 0, read = 0;
		rng_init(&rng, (uint64_t)round + 1);
		write_all(&rng, round % 2, all);
		docker_seen_init(&seen);
		for (size_t breaks = 0; at < LINES; at++) {
			char text[8];
			snprintf(text, sizeof(text), "t%d", all[at].text);
			bool is_new = take(&seen, all[at].ns, all[at].stream, text);
			if (is_new != (at >= read))
				fail_msg("round %d: line %zu of %zu", round, at, read);
			taken += is_new;
			read = at >= read ? at + 1 : read;
			if (breaks < BREAKS && rng_below(&rng, LINES / BREAKS) == 0) {
				breaks++;
				at = first_since(all, docker_seen_resume(&seen)) - 1;
			}
		}
		assert_int_equal(taken, LINES);
		docker_seen_release(&seen);
	}
}

static void what_it_remembers_is_bounded(void **state)
{
	(void)state;
	struct docker_seen seen;
	docker_seen_init(&seen);
	for (int i = 0; i < 3 * DOCKER_SEEN_MAX; i++)
		assert_true(take(&seen, start + i, 1, "flood"));
	assert_int_equal(seen.count, DOCKER_SEEN_MAX);
	assert_true(seen.capacity <= 4 * DOCKER_SEEN_MAX);
	assert_true(take(&seen, start + 100 * second, 1, "quiet"));
	assert_int_equal(seen.count, 1);
	docker_seen_release(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_taken_is_not_new_and_what_was_not_is),
		cmocka_unit_test(a_line_without_a_time_is_new),
		cmocka_unit_test(through_any_breaks_each_line_is_taken_once),
		cmocka_unit_test(what_it_remembers_is_bounded),
	};
	return cmocka_run_group_tests_name("core/collect/docker_seen", tests, NULL, NULL);
}
