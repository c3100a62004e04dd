/* SPDX-License-Identifier: MIT */
#include "tui/banner.h"

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/app.h"

/* No engine is there yet, and one was before. */
static void say_recalled(const struct app *app, char *text, size_t size)
{
	const struct app_engine *state = &app->engines[0];
	bool fails = state->link_state == LINK_WAITING;
	(void)print_text(text, size, "all here is as it was %s ago; %s%s%s",
		format_age(state->silent_s * 1000).text,
		fails ? "no engine: " : "starting the engine ...",
		fails ? link_why(links_at(app->links, 0)) : "", fails ? "; trying again" : "");
}

static bool banner_of_one(const struct app *app, char *text, size_t size)
{
	const struct app_engine *state = &app->engines[0];
	const struct msg_engine *engine = model_engine(app->live);
	const struct link *link = links_at(app->links, 0);
	if (link_is_recalled(link))
		say_recalled(app, text, size);
	else if (state->silent && state->link_state == LINK_ATTACHED)
		(void)print_text(text, size, "engine silent since %sZ: nothing here is current",
			format_clock(link_turn_wall_ms(link), false).text);
	else if (state->silent)
		(void)print_text(text, size, "engine lost %s ago: nothing here is current%s%s",
			format_age(state->silent_s * 1000).text,
			state->link_state == LINK_WAITING ? "; " : "",
			state->link_state == LINK_WAITING ? link_why(link) : "");
	else if (state->link_state == LINK_WAITING)
		(void)print_text(text, size, "no engine: %s; trying again", link_why(link));
	else if (!link_welcome(link))
		(void)print_text(text, size, "starting the engine ...");
	else if (engine && engine->leaving[0])
		(void)print_text(text, size, "the engine is leaving: %s", engine->leaving);
	else if (engine && engine->ledger_error[0])
		(void)print_text(text, size, "actions are refused: %s", engine->ledger_error);
	else if (engine && engine->config_error[0])
		(void)print_text(
			text, size, "the configuration was not reloaded: %s", engine->config_error);
	else if (engine && engine->tell_error[0])
		(void)print_text(text, size, "alerts are not told: %s", engine->tell_error);
	else
		return false;
	return true;
}

/* Single ones are named in the first line; here only what makes the whole picture old. */
static bool banner_of_all(const struct app *app, char *text, size_t size)
{
	if (app->silent)
		(void)print_text(
			text, size, "every engine is lost: nothing here is current; trying again");
	return app->silent;
}

bool banner_say(const struct app *app, char *text, size_t size, enum role *role)
{
	const char *alarm = alarm_banner(app);
	*role = alarm ? ROLE_BANNER_CRIT : ROLE_BANNER;
	if (alarm)
		return copy_text(text, size, alarm) || alarm[0];
	if (!app->frozen)
		return app_is_many(app) ? banner_of_all(app, text, size)
					: banner_of_one(app, text, size);
	(void)print_text(text, size, "PAUSED at %sZ: everything is still collected, P goes on",
		format_clock(app->now_ms, false).text);
	return true;
}
