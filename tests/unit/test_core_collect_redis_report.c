/* SPDX-License-Identifier: MIT */
/* What a Redis that is not written to by us says of the writes of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/redis_report.h"
#include "core/msg/msg.h"

struct redis_scene {
	struct redis_memory memory;
	struct redis_info info;
};

/* What is said at that time; a fresh observation each. */
static char *said(struct redis_scene *scene, int64_t now_ms)
{
	struct msg_obs_redis *obs = msg_new(MSG_obs_redis);
	redis_report_refusals(obs, &scene->memory, &scene->info, now_ms);
	char *word = xstrdup(obs->refuses);
	msg_free(MSG_obs_redis, obs);
	return word;
}

#define assert_said(scene, now_ms, word)                                                           \
	do {                                                                                       \
		char *is autofree = said(scene, now_ms);                                           \
		assert_string_equal(is, word);                                                     \
	} while (0)

static void what_was_refused_before_we_came_is_no_news(void **state)
{
	(void)state;
	struct redis_scene scene = {.info.refusals[REDIS_READONLY] = 900};
	assert_said(&scene, 1000, "");
	assert_said(&scene, 3000, "");
}

static void a_refusal_is_said_for_ten_seconds_after_the_last(void **state)
{
	(void)state;
	struct redis_scene scene = {.memory.has_looked = false};
	assert_said(&scene, 1000, "");
	scene.info.refusals[REDIS_OOM] = 1;
	assert_said(&scene, 3000, "OOM");
	assert_said(&scene, 12999, "OOM");
	assert_said(&scene, 13000, "");
	scene.info.refusals[REDIS_OOM] = 2;
	assert_said(&scene, 15000, "OOM");
}

static void a_replica_that_is_promoted_refuses_no_longer(void **state)
{
	(void)state;
	struct redis_scene scene = {.info.role = "slave"};
	assert_said(&scene, 1000, "");
	scene.info.refusals[REDIS_READONLY] = 1;
	assert_said(&scene, 3000, "READONLY");
	copy_text(scene.info.role, sizeof(scene.info.role), "master");
	assert_said(&scene, 4000, "");
}

static void a_server_that_was_started_again_counts_from_nothing(void **state)
{
	(void)state;
	struct redis_scene scene = {.info.refusals[REDIS_READONLY] = 900};
	assert_said(&scene, 1000, "");
	scene.info.refusals[REDIS_READONLY] = 0;
	assert_said(&scene, 3000, "");
	scene.info.refusals[REDIS_READONLY] = 3;
	assert_said(&scene, 5000, "READONLY");
}

static void a_new_start_between_two_looks_hides_no_refusal(void **state)
{
	(void)state;
	struct redis_scene scene = {.info.refusals[REDIS_READONLY] = 900};
	assert_said(&scene, 1000, "");
	scene.info.refusals[REDIS_READONLY] = 4;
	assert_said(&scene, 3000, "READONLY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_refused_before_we_came_is_no_news),
		cmocka_unit_test(a_refusal_is_said_for_ten_seconds_after_the_last),
		cmocka_unit_test(a_replica_that_is_promoted_refuses_no_longer),
		cmocka_unit_test(a_server_that_was_started_again_counts_from_nothing),
		cmocka_unit_test(a_new_start_between_two_looks_hides_no_refusal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
