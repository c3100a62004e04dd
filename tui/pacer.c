/* SPDX-License-Identifier: MIT */
#include "tui/pacer.h"

void pacer_begin(struct pacer *pacer, int64_t now_ms)
{
	*pacer = (struct pacer){.begun_ms = now_ms, .frame_ms = now_ms - PACER_FRAME_MS};
}

int64_t pacer_wait_ms(const struct pacer *pacer, int64_t now_ms)
{
	bool is_soon = pacer->answering || now_ms - pacer->begun_ms < PACER_FIRST_MS;
	int64_t wait = pacer->frame_ms + (is_soon ? PACER_ANSWER_MS : PACER_FRAME_MS) - now_ms;
	return wait > 0 ? wait : 0;
}

void pacer_key(struct pacer *pacer)
{
	pacer->answering = true;
}

void pacer_began(struct pacer *pacer, int64_t now_ms, size_t bytes)
{
	pacer->frame_ms = now_ms;
	pacer->bytes = bytes;
	pacer->answering = false;
}

void pacer_drained(struct pacer *pacer, int64_t now_ms)
{
	int64_t took_ms = now_ms - pacer->frame_ms;
	if (!pacer->bytes)
		return;
	if (took_ms > PACER_SLOW_MS) {
		uint64_t fits = (uint64_t)pacer->bytes * PACER_TARGET_MS / (uint64_t)took_ms;
		pacer->budget = fits < PACER_LEAST_BYTES ? PACER_LEAST_BYTES : (size_t)fits;
	} else if (pacer->budget && pacer->bytes * 2 > pacer->budget) {
		/* Only a frame that used its room says that there may be more. */
		pacer->budget *= 2;
	}
	if (pacer->budget > PACER_MOST_BYTES)
		pacer->budget = 0;
	pacer->bytes = 0;
}
