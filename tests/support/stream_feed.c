/* SPDX-License-Identifier: MIT */
#include "tests/support/stream_feed.h"

#include <poll.h>
#include <hiredis/hiredis.h>

#include "core/base/clock.h"

static bool add_batch(
	const struct stream_feed *feed, redisContext *redis, uint64_t from, uint64_t to)
{
	void *reply;
	for (uint64_t i = from; i < to; i++)
		feed->append(feed->context, redis, i);
	for (uint64_t i = from; i < to; i++) {
		if (redisGetReply(redis, &reply) != REDIS_OK)
			return false;
		freeReplyObject(reply);
	}
	return true;
}

bool stream_feed_run(const struct stream_feed *feed)
{
	redisContext *redis = redisConnectUnix(feed->socket);
	int64_t begun_ms = clock_mono_ms(clock_real());
	uint64_t added = 0;
	bool good = redis && !redis->err;
	for (int64_t at_ms;
		good && (at_ms = clock_mono_ms(clock_real()) - begun_ms) < feed->for_ms;) {
		uint64_t due = (uint64_t)at_ms * feed->rate / 1000;
		good = add_batch(feed, redis, added, due);
		added = due;
		(void)poll(NULL, 0, feed->batch_ms);
	}
	redisFree(redis);
	return good;
}
