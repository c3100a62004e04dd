/* SPDX-License-Identifier: MIT */
/*
 * The terminal that is not there: what is presented is kept, keys come from the caller. Scripts,
 * screen tests and machines without a terminal use the same program through it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/term.h"

struct queued {
	struct term_event event;
	char *text; /* owned; of a paste */
};

struct headless {
	struct term term;
	struct grid *shown;
	unsigned long frames;
	struct queued *queue;
	size_t first, count, capacity;
	char *given; /* text of the event that was given last */
	struct str copied, notified;
	unsigned bells, notes;
};

static struct headless *self(struct term *term)
{
	return (struct headless *)term;
}

static const struct headless *self_const(const struct term *term)
{
	return (const struct headless *)term;
}

static void free_headless(struct term *term)
{
	struct headless *headless = self(term);
	for (size_t i = headless->first; i < headless->count; i++)
		free(headless->queue[i].text);
	free(headless->queue);
	free(headless->given);
	str_release(&headless->copied);
	str_release(&headless->notified);
	grid_free(headless->shown);
	free(headless);
}

static int no_fd(const struct term *term)
{
	(void)term;
	return -1;
}

static short no_poll_events(const struct term *term)
{
	(void)term;
	return 0;
}

static int timeout_ms(const struct term *term, bool is_due)
{
	(void)is_due;
	const struct headless *headless = self_const(term);
	return headless->first < headless->count ? 0 : -1;
}

static void handle(struct term *term, short revents)
{
	(void)term;
	(void)revents;
}

static bool next_event(struct term *term, struct term_event *ret_event)
{
	struct headless *headless = self(term);
	free(headless->given);
	headless->given = NULL;
	if (headless->first == headless->count) {
		headless->first = headless->count = 0;
		return false;
	}
	struct queued *queued = &headless->queue[headless->first++];
	headless->given = queued->text;
	*ret_event = queued->event;
	return true;
}

static bool can_present(const struct term *term)
{
	(void)term;
	return true;
}

static void present(struct term *term, const struct grid *grid)
{
	struct headless *headless = self(term);
	grid_copy(headless->shown, grid);
	headless->frames++;
}

static bool copy(struct term *term, const char *text, size_t length, struct err *err)
{
	struct headless *headless = self(term);
	if ((length + 2) / 3 * 4 > TERM_COPY_MAX)
		return err_set(err, ERR_LIMIT, "cannot copy %zu bytes: terminals take %d at most",
			length, TERM_COPY_MAX / 4 * 3);
	str_clear(&headless->copied);
	str_add(&headless->copied, text, length);
	return true;
}

static void no_title(struct term *term, const char *text)
{
	(void)term;
	(void)text;
}

static void nothing(struct term *term)
{
	(void)term;
}

static void bell(struct term *term)
{
	self(term)->bells++;
}

static void notify(struct term *term, enum notify_way way, const char *title, const char *text)
{
	struct headless *headless = self(term);
	headless->notes++;
	str_clear(&headless->notified);
	str_addf(&headless->notified, "%s|%s|%s", notify_way_word(way), title, text);
}

static void push(struct term *term, struct term_event event, char *text)
{
	struct headless *headless = self(term);
	headless->queue = grow(
		headless->queue, headless->count, &headless->capacity, sizeof(*headless->queue));
	event.text = text;
	event.length = text ? strlen(text) : 0;
	headless->queue[headless->count++] = (struct queued){.event = event, .text = text};
}

void term_headless_key(struct term *term, keycode key)
{
	push(term, (struct term_event){.type = TERM_EVENT_KEY, .key = key}, NULL);
}

void term_headless_paste(struct term *term, const char *text)
{
	push(term, (struct term_event){.type = TERM_EVENT_PASTE}, xstrdup(text));
}

void term_headless_resize(struct term *term, int rows, int columns)
{
	term->rows = rows;
	term->columns = columns;
	push(term, (struct term_event){.type = TERM_EVENT_RESIZE, .rows = rows, .columns = columns},
		NULL);
}

void term_headless_lose(struct term *term)
{
	push(term, (struct term_event){.type = TERM_EVENT_LOST}, NULL);
}

const struct grid *term_headless_grid(const struct term *term)
{
	return self_const(term)->shown;
}

unsigned long term_headless_frames(const struct term *term)
{
	return self_const(term)->frames;
}

const char *term_headless_copied(const struct term *term)
{
	return self_const(term)->copied.text;
}

unsigned term_headless_bells(const struct term *term)
{
	return self_const(term)->bells;
}

const char *term_headless_notified(const struct term *term, unsigned *ret_count)
{
	*ret_count = self_const(term)->notes;
	return self_const(term)->notified.text;
}

static const struct term_ops ops = {
	.name = "headless",
	.free = free_headless,
	.fd = no_fd,
	.poll_events = no_poll_events,
	.timeout_ms = timeout_ms,
	.handle = handle,
	.next_event = next_event,
	.can_present = can_present,
	.present = present,
	.repaint = nothing,
	.copy = copy,
	.title = no_title,
	.bell = bell,
	.notify = notify,
	.resized = nothing,
	.suspend = nothing,
	.resume = nothing,
};

struct term *term_headless_new(int rows, int columns, const struct term_options *options)
{
	struct headless *headless = xcalloc(1, sizeof(*headless));
	headless->term = (struct term){.ops = &ops,
		.rows = rows,
		.columns = columns,
		.depth = DEPTH_RGB,
		.glyphs = options->ascii ? GLYPHS_ASCII : GLYPHS_FULL};
	headless->shown = grid_new(rows, columns, headless->term.glyphs);
	str_init(&headless->copied);
	str_init(&headless->notified);
	return &headless->term;
}
