/* SPDX-License-Identifier: MIT */
#include "tui/term.h"

#include "tui/osc.h"

void term_free(struct term *term)
{
	if (term)
		term->ops->free(term);
}

int term_fd(const struct term *term)
{
	return term->ops->fd(term);
}

short term_poll_events(const struct term *term)
{
	return term->ops->poll_events(term);
}

int term_timeout_ms(const struct term *term, bool is_due)
{
	return term->ops->timeout_ms(term, is_due);
}

void term_handle(struct term *term, short revents)
{
	term->ops->handle(term, revents);
}

bool term_next_event(struct term *term, struct term_event *ret_event)
{
	return term->ops->next_event(term, ret_event);
}

bool term_can_present(const struct term *term)
{
	return term->ops->can_present(term);
}

void term_present(struct term *term, const struct grid *grid)
{
	if (term_can_present(term))
		term->ops->present(term, grid);
}

void term_repaint(struct term *term)
{
	term->ops->repaint(term);
}

const char *term_copy_way(const struct term *term)
{
	return term->copy_way ? term->copy_way : osc_copy_way(false, false);
}

bool term_copy(struct term *term, const char *text, size_t length, struct err *err)
{
	return term->ops->copy(term, text, length, err);
}

void term_title(struct term *term, const char *text)
{
	term->ops->title(term, text);
}

void term_bell(struct term *term)
{
	term->ops->bell(term);
}

void term_notify(struct term *term, enum notify_way way, const char *title, const char *text)
{
	term->ops->notify(term, way, title, text);
}

void term_resized(struct term *term)
{
	term->ops->resized(term);
}

void term_suspend(struct term *term)
{
	term->ops->suspend(term);
}

void term_resume(struct term *term)
{
	term->ops->resume(term);
}
