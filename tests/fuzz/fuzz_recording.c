/* SPDX-License-Identifier: MIT */
/* A recording from anybody: it opens or says why not, and what it shows is drawable and within bounds. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/engine/metrics.h"
#include "core/engine/replay.h"
#include "core/events/directory.h"
#include "core/events/query.h"
#include "core/model/model.h"
#include "tests/fuzz/safe.h"

static void require_safe(void *context, char **text)
{
	(void)context;
	fuzz_require_safe(*text);
}

static void require_bounds(const struct model *model)
{
	size_t count;
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++) {
		if (!msg_info(kind))
			continue;
		const void *const *bodies = model_list(model, (enum msg_kind)kind, &count);
		for (size_t i = 0; i < count; i++)
			msg_each_text((enum msg_kind)kind, (void *)(uintptr_t)bodies[i],
				require_safe, NULL);
	}
	const struct msg_bot *const *bots = model_bots(model, &count);
	for (size_t i = 0; i < count; i++)
		FUZZ_REQUIRE(bots[i]->severity <= SEVERITY_CRIT);
}

/* All lines that are shown, as a window reads them. */
static void read_lines(const struct event_directory *events)
{
	const struct event_question question = {.anchor = EVENT_KEY_END, .before = 200};
	struct msg_win_rows rows = {0};
	struct event_query *query =
		event_query_new(event_directory_snapshot(events), NULL, NULL, &question);
	while (!event_query_step(query, 256))
		;
	event_query_take(query, &rows);
	msg_each_text(MSG_win_rows, &rows, require_safe, NULL);
	msg_release(MSG_win_rows, &rows);
	event_query_free(query);
}

static void replay(const char *path)
{
	struct model *model = model_new();
	struct event_directory *events = event_directory_new(SIZE_MAX);
	struct metrics *metrics = metrics_new_past(1 << 20);
	const struct replay_stores stores = {model, events, metrics, REPLAY_LINE_BYTES};
	struct replay *replay;
	struct err err = {.code = ERR_NONE};
	if (replay_open(path, clock_real(), &stores, &replay, &err)) {
		while (replay_is_reading(replay))
			(void)replay_turn(replay);
		require_bounds(model);
		read_lines(events);
		replay_move(replay, replay_from_ms(replay), 0);
		require_bounds(model);
		replay_move(replay, (replay_from_ms(replay) + replay_to_ms(replay)) / 2, 0);
		read_lines(events);
		replay_free(replay);
	} else {
		FUZZ_REQUIRE(err.text[0]);
	}
	event_directory_free(events);
	metrics_free(metrics);
	model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("recording", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	replay(path);
	close(fd);
	return 0;
}
