/* SPDX-License-Identifier: MIT */
/* The verdict on the engine's own recording: what it says of itself, and what it has lost lately. */
#include <inttypes.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/model/internal.h"

enum { LATELY_MS = 10 * 60000 /* so long an entry that was lost is news */ };

static bool when_error(const struct msg_engine *engine, int64_t now_ms)
{
	(void)now_ms;
	return engine->recording_error && *engine->recording_error;
}
/* Without its path, which is long and stands among the facts: "the recording is full (64M)". */
static void say_error(const struct msg_engine *engine, struct str *text)
{
	const char *error = engine->recording_error, *path = strstr(error, " '");
	const char *end = path ? strchr(path + 2, '\'') : NULL;
	if (end)
		str_addf(text, "%.*s%s", (int)(path - error), error, end + 1);
	else
		str_adds(text, error);
}

static bool when_dropped(const struct msg_engine *engine, int64_t now_ms)
{
	int64_t at_ms = engine->recording_drop_at_ms;
	return at_ms > 0 && now_ms - at_ms < LATELY_MS;
}
static void say_dropped(const struct msg_engine *engine, struct str *text)
{
	str_addf(text, "%" PRIu64 " %s not recorded", engine->recording_dropped,
		engine->recording_dropped == 1 ? "entry was" : "entries were");
}

/* clang-format off */
static const struct recording_row rows[] = {
	{"recording_error", "it cannot be written: what happens now is not recorded", SEVERITY_WARN, STATE_degraded, when_error, say_error},
	{"recording_dropped", "entries were lost within the last ten minutes: the disk took them too slowly, or not", SEVERITY_WARN, STATE_degraded, when_dropped, say_dropped},
};
/* clang-format on */

const struct recording_row *recording_row_at(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

void verdict_recording(struct msg_service *service, const struct msg_engine *engine, int64_t now_ms)
{
	const struct recording_row *row = NULL;
	struct str why autostr = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(rows) && !row; i++)
		if (rows[i].holds(engine, now_ms))
			row = &rows[i];
	if (row)
		row->say(engine, &why);
	service->severity = row ? row->severity : SEVERITY_OK;
	msg_set(&service->why, why.text);
	if (msg_set(&service->state, state_of(row ? row->state : STATE_ok)->word) ||
		!service->since_ms)
		service->since_ms = now_ms;
}
