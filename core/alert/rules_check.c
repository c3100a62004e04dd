/* SPDX-License-Identifier: MIT */
/* The rules on pages: health checks and Prometheus text. One cause, one alert: what another alert says of the bot or of a server
 * that it needs is not said again here. */
#include <string.h>

#include "core/alert/internal.h"
#include "core/base/str.h"
#include "core/model/verdict.h"

static bool is_one_of(const char *word, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (word && strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Its process or its heartbeat says more, or an operation works on it. */
static bool is_said_of_bot(const struct msg_bot *bot)
{
	static const char *const reasons[] = {"process_gone", "process_fatal", "process_backoff",
		"process_stopped", "process_paused", "process_late", "restart_loop",
		"heartbeat_lost", "heartbeat_gone", "heartbeat_never", "heartbeat_late",
		"heartbeat_unseen", "busy", NULL};
	for (size_t i = 0; i < bot->reasons_count; i++)
		if (is_one_of(bot->reasons[i].id, reasons))
			return true;
	return false;
}

/* A bot that answers, but is not well, while a Redis or Postgres is down. */
static bool is_said_of_service(const struct scene *scene)
{
	size_t count;
	const struct msg_service *const *services = model_services(scene->model, &count);
	if (!*scene->check->bot || strcmp(scene->check->state, "failing") == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(services[i]->kind, "health") != 0 &&
			services[i]->severity >= SEVERITY_WARN)
			return true;
	return false;
}

enum truth check_judge(const struct scene *scene)
{
	static const char *const bad[] = {"failing", "degraded", NULL};
	static const char *const unsure[] = {"late", "stale", "checking", NULL};
	const struct msg_check *check = scene->check;
	const struct msg_bot *bot = model_bot(scene->model, entity_id("bot", check->bot));
	if (!is_one_of(check->state, bad))
		return is_one_of(check->state, unsure) ? TRUTH_UNSURE : TRUTH_NO;
	return (bot && is_said_of_bot(bot)) || is_said_of_service(scene) ? TRUTH_UNSURE : TRUTH_YES;
}

double check_say(const struct scene *scene, struct str *text)
{
	const struct msg_check *check = scene->check;
	str_addf(text, "%s is not well: %s, ", check->name, check->why);
	say_row(text, check->fails, "look", scene->limit);
	return (double)check->fails;
}

/* A page of a bot that is not there tells nothing that its process does not. */
enum truth scrape_judge(const struct scene *scene)
{
	static const char *const bad[] = {
		"unreachable", "error", "not_permitted", "no_secret", NULL};
	static const char *const unsure[] = {"late", "stale", "checking", NULL};
	const struct msg_source *source = scene->source;
	const struct msg_bot *bot = model_bot(scene->model, entity_id("bot", source->name));
	if (strcmp(source->kind, "scrape") != 0 || (bot && bot->severity == SEVERITY_STOPPED))
		return TRUTH_NO;
	if (!is_one_of(source->state, bad))
		return is_one_of(source->state, unsure) ? TRUTH_UNSURE : TRUTH_NO;
	if (bot && is_said_of_bot(bot))
		return TRUTH_UNSURE;
	return (double)source->fails >= scene->limit ? TRUTH_YES : TRUTH_UNSURE;
}

double scrape_say(const struct scene *scene, struct str *text)
{
	const struct msg_source *source = scene->source;
	str_addf(text, "the metrics of %s cannot be read: %s, ", source->name, source->error);
	say_row(text, source->fails, "look", scene->limit);
	return (double)source->fails;
}
