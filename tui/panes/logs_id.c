/* SPDX-License-Identifier: MIT */
/* One correlation id through all bots and sources, and back to where that began. */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

enum { LONG_ID = 6 }; /* bytes: a shorter one stands in any line by chance */

/* Where it was when it began. */
struct logs_way {
	struct logs_chain chain; /* the filters of then */
	char *key;               /* the line that the cursor was on */
	struct id_list bots;
	bool follow;
	char *now; /* the filter that leads along the id */
};

void logs_way_free(struct logs_way *way)
{
	if (!way)
		return;
	logs_chain_drop(&way->chain);
	free(way->key);
	free(way->now);
	id_list_release(&way->bots);
	free(way);
}

static void add_quoted(const char *id, struct str *to)
{
	str_addch(to, '"');
	for (; *id; id++)
		str_addf(to, "%s%c", *id == '"' || *id == '\\' ? "\\" : "", *id);
	str_addch(to, '"');
}

/* Lines that carry it as theirs; a long one also where a line for people names it. */
static char *expression_of(const char *id)
{
	struct str text = STR_INIT;
	str_adds(&text, "id=");
	add_quoted(id, &text);
	if (strlen(id) >= LONG_ID) {
		str_adds(&text, " or ");
		add_quoted(id, &text);
	}
	return str_detach(&text);
}

static struct logs_way *way_from(struct logs_view *view)
{
	struct logs_way *way = xcalloc(1, sizeof(*way));
	way->chain = logs_chain_take(view);
	way->key = xstrdup(view->cursor_key);
	way->follow = view->list.follow;
	for (size_t i = 0; i < view->bots.count; i++)
		id_list_add(&way->bots, view->bots.ids[i]);
	return way;
}

static void stand_at(struct logs_view *view, const char *key)
{
	autofree char *copy = xstrdup(key);
	view->list.follow = false;
	view->going = true;
	logs_replace(&view->cursor_key, copy);
	logs_replace(&view->anchor, copy);
}

bool logs_id_follow(struct app *app, struct err *err)
{
	struct logs_view *view = logs_view(app);
	const struct window *window = logs_window(app);
	if (view->list.cursor >= window->count)
		return err_set(err, ERR_NOT_FOUND, "no line here whose id could be followed");
	const struct msg_row *row = &window->rows[view->list.cursor];
	if (!row->correlation[0])
		return err_set(err, ERR_NOT_FOUND,
			"this line carries no correlation id (request_id, trace_id ...)");
	logs_remember_cursor(view, window);
	autofree char *id = xstrdup(row->correlation), *expression = expression_of(id);
	struct logs_way *way = view->way;
	if (!logs_chain_check(app, expression, err))
		return false; /* before anything of what is shown goes */
	if (!way || strcmp(view->expression, way->now) != 0) {
		logs_way_free(way);
		view->way = way = way_from(view);
	}
	logs_replace(&way->now, expression);
	const struct id_list none = {0};
	logs_of(app, &none);
	logs_chain_clear(view);
	if (!logs_filter(app, expression, true, err))
		return false;
	stand_at(view, view->cursor_key);
	app_toast(app, false, "lines with id %s, of all bots and sources; Esc comes back", id);
	return true;
}

bool logs_id_leave(struct app *app)
{
	struct logs_view *view = logs_view(app);
	struct logs_way *way = view->way;
	if (way && view->chain.count > 1 && strcmp(view->chain.list[0].text, way->now) == 0)
		return false; /* first what was put on top of it */
	view->way = NULL;
	bool is_on = way && strcmp(view->expression, way->now) == 0;
	if (is_on) {
		logs_of(app, &way->bots);
		logs_chain_put(view, way->chain);
		way->chain = (struct logs_chain){.count = 0};
		stand_at(view, way->key);
		view->list.follow = way->follow;
	}
	logs_way_free(way);
	return is_on;
}
