/* SPDX-License-Identifier: MIT */
/*
 * The sources of a configuration, running, and what they report: a test waits for an observation
 * instead of sleeping. Observations are looked at in their text form (msg_dump()), in the order in
 * which they came, each once. With BOTSWAIN_TEST_SHOW in the environment all of them are printed.
 */
#ifndef BOTSWAIN_TESTS_COLLECTED_H
#define BOTSWAIN_TESTS_COLLECTED_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/collect/collect.h"
#include "core/msg/mailbox.h"

enum { COLLECTED_WAIT_MS = 15000 };

struct collected {
	struct settings *settings;
	struct mailbox *mailbox;
	struct collect *collect;
	char *last;            /* the observation that was waited for last */
	int64_t last_ms;       /* mono, when it was taken */
	uint64_t count;        /* observations taken so far */
	uint64_t unreachable;  /* obs_source that said so */
	const char *forbidden; /* no observation or event may hold this text; NULL none */
	/* events: "source bot LEVEL text" on a line each, in the order in which they were seen */
	struct str events;
	size_t events_at; /* those before were waited for */
	int64_t wall_ms;  /* of the event that was seen last */
	struct collected_chunk *chunks;
	size_t chunk_count, chunk_capacity;
	struct collected_file *files;
	size_t file_count, file_capacity;
};

/* `yaml`: a configuration. Fails the test when it is wrong. */
void collected_start(struct collected *collected, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same under another clock than the real one; it stays the caller's. A worker that waits finds
 * out late, after the real time that it was to wait, how far the clock was moved. */
void collected_start_at(struct collected *collected, const struct clock *clock, const char *format,
	...) PRINTF_LIKE(3, 4);
/* `change` (may be NULL) is let at the settings before anything starts. */
void collected_start_with(struct collected *collected, const char *yaml, collect_known_token *known,
	void (*change)(struct settings *settings));
/* A change: the Bot API is treated as one that is not on loopback. */
void collected_pretend_far(struct settings *settings);
void collected_reload(struct collected *collected, const char *format, ...) PRINTF_LIKE(2, 3);
/* Fails the test when stopping takes more than 2 s. */
void collected_stop(struct collected *collected);

/* Waits for an observation that begins with `kind ` and holds all further texts (the list ends with
 * NULL); fails the test after COLLECTED_WAIT_MS. The text is valid until the next wait. */
const char *collected_wait(struct collected *collected, const char *kind, ...)
	__attribute__((sentinel));
/* The same; NULL when it does not come within `limit_ms`. */
const char *collected_wait_for(struct collected *collected, int64_t limit_ms, const char *kind, ...)
	__attribute__((sentinel));
/* Waits for an event behind the last one that was waited for whose line holds all texts; fails the
 * test when it does not come. Returns the line, valid until the next wait. */
const char *collected_wait_event(struct collected *collected, ...) __attribute__((sentinel));
/* Until an event holds the text, be it before the last one that was waited for. */
void collected_await(struct collected *collected, const char *text);
/* How many events hold the text, of all that were seen. */
size_t collected_count_events(const struct collected *collected, const char *text);
/* Forgets what has come so far. */
void collected_clear(struct collected *collected);
/* A number behind `name=` in an observation's text; fails the test when there is none. */
double collected_number(const char *text, const char *name);

#endif
