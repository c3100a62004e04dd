/* SPDX-License-Identifier: MIT */
#include "tui/views.h"

#include <string.h>

void views_init(struct views *views)
{
	views_settle(views, (struct place){.focus = PANE_bots, .lower = PANE_detail});
}

void views_settle(struct views *views, struct place home)
{
	*views = (struct views){.count = 1, .home = home};
	views->trail[0] = home;
}

void views_replace(struct views *views, struct place place)
{
	views->trail[views->at] = place;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->focus == b->focus && a->lower == b->lower && a->zoom == b->zoom &&
	       a->drilled == b->drilled;
}

void views_go(struct views *views, struct place place)
{
	if (same_place(views_now(views), &place))
		return;
	if (views->at + 1 == VIEWS_MAX) {
		memmove(views->trail, views->trail + 1, (VIEWS_MAX - 1) * sizeof(place));
		views->at--;
	}
	views->trail[++views->at] = place;
	views->count = views->at + 1;
}

bool views_step(struct views *views, int direction)
{
	if (direction < 0 ? views->at == 0 : views->at + 1 >= views->count)
		return false;
	views->at = direction < 0 ? views->at - 1 : views->at + 1;
	return true;
}

bool views_last(struct views *views)
{
	if (views->at == 0)
		return false;
	views_go(views, views->trail[views->at - 1]);
	return true;
}

static bool is_out(const struct views *views, const struct place *place)
{
	bool at_home = views->home.zoom == ZOOM_FULL && place->focus == views->home.focus;
	return !place->drilled && (place->zoom == ZOOM_NORMAL || at_home);
}

bool views_leave(struct views *views)
{
	struct place home = views->home, now = *views_now(views);
	if (is_out(views, &now))
		return false;
	for (size_t at = views->at; at-- > 0;) {
		if (views->trail[at].drilled)
			continue;
		views->at = at;
		return true;
	}
	home.lower = home.zoom == ZOOM_FULL ? home.lower : now.lower;
	views_replace(views, home);
	return true;
}
