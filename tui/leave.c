/* SPDX-License-Identifier: MIT */
#include "tui/leave.h"

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "tui/app.h"
#include "tui/overlays/overlays.h"

enum way { WAY_WAIT, WAY_CANCEL, WAY_LEAVE };

static const struct choice ways[] = {
	{"Wait", "leave when all of it has ended; q again: at once", WAY_WAIT},
	{"Cancel it", "and leave when that has ended", WAY_CANCEL},
	{"Leave it running", "the engine stays until it has ended, unseen", WAY_LEAVE},
};

/* How many run; their titles, if wanted. */
static size_t running(const struct app *app, struct str *ret_titles)
{
	size_t count, found = 0;
	const struct msg_operation *const *operations = model_operations(app->live, &count);
	for (size_t i = 0; i < count; i++) {
		if (operations[i]->ended_ms)
			continue;
		if (ret_titles)
			str_addf(ret_titles, "%s%s", found ? ", " : "", operations[i]->title);
		found++;
	}
	return found;
}

/* Another client, or a service, sees to what runs. */
static bool is_ours_alone(const struct app *app)
{
	const struct msg_welcome *welcome = link_welcome(app->link);
	const struct msg_engine *engine = model_engine(app->live);
	return welcome && welcome->own && engine && engine->clients <= 1;
}

static void cancel_all(struct app *app)
{
	size_t count;
	const struct msg_operation *const *operations = model_operations(app->live, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_cancel_req request = {
			.req = link_next_request(app->link), .operation = operations[i]->id};
		if (!operations[i]->ended_ms)
			(void)link_send(app->link, MSG_cancel_req, &request);
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
	app->quit = app->leaves_when_idle || !is_ours_alone(app) || !running(app, &title);
	if (app->quit)
		return;
	str_insert(&title, 0, "Running: ", 9);
	choices_open(app, title.text, ways, COUNT_OF(ways), chosen);
}

bool leave_is_due(const struct app *app)
{
	return app->leaves_when_idle && !running(app, NULL);
}
