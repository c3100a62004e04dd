/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/creation.h"

#include "tests/fleet/botapi/api.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

/* How long until fewer than `most` lie within the window; 0: now. */
static int64_t wait_ms(const struct creation *creation, unsigned most, int64_t window_ms)
{
	if (creation->count < most)
		return 0;
	int64_t oldest_ms = creation->at_ms[(creation->count - most) % CREATIONS_PER_HOUR];
	int64_t left_ms = oldest_ms + window_ms - loop_now_ms();
	return left_ms > 0 ? left_ms : 0;
}

bool creation_allows(struct api *api, const struct request *request, struct refusal *why)
{
	struct creation *creation = &api->creation;
	if (!creation->is_limited && !request_header(request, "X-Real-IP"))
		return true;
	int64_t minute_ms = wait_ms(creation, CREATIONS_PER_MINUTE, MINUTE_MS);
	int64_t hour_ms = wait_ms(creation, CREATIONS_PER_HOUR, HOUR_MS);
	int64_t longest_ms = minute_ms > hour_ms ? minute_ms : hour_ms;
	if (!longest_ms) {
		creation->at_ms[creation->count++ % CREATIONS_PER_HOUR] = loop_now_ms();
		return true;
	}
	why->retry_after_s = (int)((longest_ms + 999) / 1000);
	return refuse(why, 429, "Too Many Requests: retry after %d", why->retry_after_s);
}
