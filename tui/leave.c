/* SPDX-License-Identifier: MIT */
#include "tui/leave.h"

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"
#include "tui/past.h"

enum way { WAY_WAIT, WAY_CANCEL, WAY_LEAVE };

static const struct choice ways[] = {
	{"Wait", "leave when all of it has ended; q again: at once", WAY_WAIT},
	{"Cancel it", "and leave when that has ended", WAY_CANCEL},
	{"Leave it running", "the engine stays until it has ended, unseen", WAY_LEAVE},
};

/* No other client and no service sees to what runs there. */
static bool is_ours_alone(const struct links *now, size_t link)
{
	const struct msg_welcome *welcome = link_welcome(links_at(now, link));
	const struct msg_engine *engine =
		model_find(links_model(now), MSG_engine, links_id(link, 1));
	return welcome && welcome->own && engine && engine->clients <= 1;
}

/* How many run now, whatever is shown, `alone`: on engines that are ours alone; their titles, if wanted. */
static size_t running(const struct app *app, bool alone, struct str *ret_titles)
{
	size_t count, found = 0;
	const struct links *now = past_present(app);
	if (!now)
		return 0;
	const struct msg_operation *const *operations = model_operations(links_model(now), &count);
	for (size_t i = 0; i < count; i++) {
		if (operations[i]->ended_ms ||
			(alone && !is_ours_alone(now, links_of(operations[i]->id))))
			continue;
		if (ret_titles)
			str_addf(ret_titles, "%s%s", found ? ", " : "", operations[i]->title);
		found++;
	}
	return found;
}

static void cancel_all(struct app *app)
{
	size_t count;
	struct links *now = past_present(app);
	if (!now)
		return;
	const struct msg_operation *const *operations = model_operations(links_model(now), &count);
	for (size_t i = 0; i < count; i++) {
		size_t link = links_of(operations[i]->id);
		const struct msg_cancel_req request = {
			.req = ++app->last_request, .operation = links_raw(operations[i]->id)};
		if (!operations[i]->ended_ms && is_ours_alone(now, link))
			(void)link_send(links_at(now, link), MSG_cancel_req, &request);
	}
}

static void chosen(struct app *app, int way)
{
	if (way == WAY_CANCEL)
		cancel_all(app);
	app->leaves_when_idle = way != WAY_LEAVE;
	app->quit = way == WAY_LEAVE;
	if (app->leaves_when_idle)
		app_toast(app, false, "leaving when it has ended; q leaves now");
}

void leave_or_ask(struct app *app)
{
	autostr struct str title = STR_INIT;
	app->quit = app->leaves_when_idle || !running(app, true, &title);
	if (app->quit)
		return;
	str_insert(&title, 0, "Running: ", 9);
	choices_open(app, title.text, ways, COUNT_OF(ways), chosen);
}

bool leave_is_due(const struct app *app)
{
	return app->leaves_when_idle && !running(app, app_is_many(app), NULL);
}
