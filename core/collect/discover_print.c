/* SPDX-License-Identifier: MIT */
/* What was found, as a configuration to start from, as JSON and in words. */
#include "core/collect/discover.h"
#include "core/collect/discover_driver.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/parse/log_place.h"

static const char default_api[] = "https://api.telegram.org";

/* ---- texts of others ---- */

/* Whatever was read: on one line, without control characters, without a token. */
static void add_safe(struct str *to, const char *text)
{
	autostr struct str clean = STR_INIT;
	redact(NULL, &clean, text, strlen(text), 0);
	sanitize(to, clean.text, clean.length);
}

static void add_in_quotes(struct str *to, const char *safe)
{
	str_addch(to, '"');
	for (const char *at = safe; *at; at++) {
		if (*at == '"' || *at == '\\')
			str_addch(to, '\\');
		str_addch(to, *at);
	}
	str_addch(to, '"');
}

static void add_quoted(struct str *to, const char *text)
{
	autostr struct str safe = STR_INIT;
	add_safe(&safe, text);
	add_in_quotes(to, safe.text);
}

static void add_key(struct str *to, const char *before, const char *key, const char *value)
{
	str_addf(to, "%s%s: ", before, key);
	add_quoted(to, value);
}

/* ---- supervisors ---- */

static bool is_used(const struct discovery *discovery, size_t index)
{
	for (size_t i = 0; i < discovery->bot_count; i++)
		if (discovery->bots[i].supervisor == index + 1)
			return true;
	return false;
}

static bool is_first_of_kind(const struct discovery *discovery, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(discovery->supervisors[i].kind, discovery->supervisors[index].kind) ==
				0 &&
			(is_used(discovery, i) || discovery->supervisors[i].is_configured))
			return false;
	return true;
}

/* One that is where it usually is and comes first needs no line. */
static bool needs_line(const struct discovery *discovery, size_t index)
{
	const struct found_supervisor *found = &discovery->supervisors[index];
	return !found->is_configured && is_used(discovery, index) &&
	       (*found->address || !is_first_of_kind(discovery, index));
}

static void add_supervisors(const struct discovery *discovery, struct str *to)
{
	bool is_begun = false;
	for (size_t i = 0; i < discovery->supervisor_count; i++) {
		const struct found_supervisor *found = &discovery->supervisors[i];
		if (!needs_line(discovery, i))
			continue;
		str_adds(to, is_begun ? "" : "\nsupervisors:\n");
		is_begun = true;
		str_addf(to, "  %s:\n    kind: %s\n", found->name, found->kind);
		if (*found->address) {
			add_key(to, "    ", "address", found->address);
			str_addch(to, '\n');
		}
	}
}

/* ---- bots ---- */

/* It was made of a redacted line, and what looks like a secret's value in it is none. */
static void add_match(const struct found_bot *bot, struct str *to)
{
	if (*bot->process_step) {
		str_adds(to, "    # next step: ");
		add_safe(to, bot->process_step);
		str_addch(to, '\n');
		return;
	}
	str_adds(to, "    process: {match: ");
	add_in_quotes(to, bot->match);
	if (*bot->directory)
		add_key(to, ", ", "directory", bot->directory);
	str_adds(to, "}\n");
	if (*bot->claimed_by)
		str_addf(to,
			"    # the match of '%s' finds this process, too, when that one has ended: "
			"give it its directory\n",
			bot->claimed_by);
}

static void add_process(
	const struct discovery *discovery, const struct found_bot *bot, struct str *to)
{
	if (!bot->supervisor) {
		add_match(bot, to);
		return;
	}
	const struct found_supervisor *found = &discovery->supervisors[bot->supervisor - 1];
	add_key(to, "    process: {", found->kind, bot->program);
	if (!is_first_of_kind(discovery, bot->supervisor - 1))
		str_addf(to, ", supervisor: %s", found->name);
	str_adds(to, "}\n");
}

static void add_token(const struct found_bot *bot, struct str *to)
{
	if (*bot->token_file) {
		add_key(to, "    token: {", "file", bot->token_file);
		str_adds(to, "}\n");
	} else if (*bot->env_file) {
		add_key(to, "    token: {", "env_file", bot->env_file);
		add_key(to, ", ", "key", bot->key);
		str_adds(to, "}\n");
	} else {
		str_adds(to, "    # next step: ");
		add_safe(to, bot->next_step);
		str_addf(to,
			",\n    # then write this instead of the line with transport:\n"
			"    # token: {file: tokens/%s}\n    transport: none\n",
			bot->name);
		return;
	}
	if (bot->transport[0])
		str_addf(to, "    transport: %s\n", bot->transport);
}

/* Without a word it would be looked for in the usual Redis, where a key of that name is another bot's. */
static void add_heartbeat(const struct found_bot *bot, struct str *to)
{
	if (*bot->beat_step) {
		str_adds(to, "    # next step: ");
		add_safe(to, bot->beat_step);
		str_adds(to, "\n    heartbeat: none\n");
		return;
	}
	if (*bot->heartbeat) {
		add_key(to, "    ", "heartbeat", bot->heartbeat);
		str_addch(to, '\n');
	}
	if (*bot->redis)
		str_addf(to, "    redis: %s\n", bot->redis);
}

/* What its supervisor names needs no line; a journal is not for everybody. */
static void add_log(const struct found_bot *bot, struct str *to)
{
	const char *rest;
	if (!log_place_is_told(bot->log))
		return;
	str_adds(to, "    # its log is followed without a line here: ");
	add_safe(to, bot->log);
	str_adds(to, log_place_of(bot->log, &rest) == LOG_PLACE_JOURNAL
			     ? " (who reads it is in the group systemd-journal)\n"
			     : "\n");
}

static void add_bot(const struct discovery *discovery, const struct found_bot *bot, struct str *to)
{
	const char *kind =
		bot->supervisor ? discovery->supervisors[bot->supervisor - 1].kind : "process";
	str_addf(to, "  %s: # %s, %s: ", bot->name, kind, bot->state);
	add_safe(to, bot->evidence);
	str_addch(to, '\n');
	add_token(bot, to);
	add_process(discovery, bot, to);
	add_heartbeat(bot, to);
	if (strcmp(bot->state, "stopped") == 0)
		str_adds(to,
			"    enabled: no # it is stopped; without this line that is an alarm\n");
	add_log(bot, to);
}

/* ---- servers ---- */

/* Streams are not taken as they are: what is in them may be anything. */
static void add_keys(const struct found_service *found, struct str *to)
{
	if (found->heartbeats)
		str_addf(to,
			"    heartbeats: \"hb:*\" # %zu of these bots have such a key, which "
			"expires\n",
			found->heartbeats);
	if (found->streams)
		str_addf(to,
			"    # streams: [\"events:*\"] # %zu of these bots have one; take the # "
			"away "
			"if it is of events\n",
			found->streams);
}

static void add_service(const struct found_service *found, struct str *to)
{
	const struct clue_service *service = &found->service;
	const char *mark = found->is_open ? "" : "#";
	bool is_redis = strcmp(service->kind, "redis") == 0;
	const char *place = service->socket[0] ? service->socket : service->host;
	str_addf(to, "%s  %s: # of ", mark, found->name);
	add_safe(to, found->bot);
	if (!found->is_open) {
		str_adds(to, "; next step: ");
		add_safe(to, found->next_step);
	}
	str_addf(to, "\n%s", mark);
	if (is_redis) {
		add_key(to, "    ", service->socket[0] ? "socket" : "host", place);
		if (service->port[0])
			str_addf(to, "\n%s    port: %s", mark, service->port);
	} else {
		autofree char *dsn = xasprintf("host=%s%s%s dbname=%s", place,
			service->port[0] ? " port=" : "", service->port,
			service->database[0] ? service->database : "postgres");
		add_key(to, "    ", "dsn", dsn);
	}
	str_addch(to, '\n');
	if (!found->is_open)
		str_addf(to, "#    password: {file: %s.password}\n", found->name);
	add_keys(found, to);
}

static void add_services(const struct discovery *discovery, const char *kind, struct str *to)
{
	bool is_begun = false, is_open = false;
	for (size_t i = 0; i < discovery->service_count; i++)
		is_open |= discovery->services[i].is_open &&
			   strcmp(discovery->services[i].service.kind, kind) == 0;
	for (size_t i = 0; i < discovery->service_count; i++) {
		if (strcmp(discovery->services[i].service.kind, kind) != 0)
			continue;
		if (!is_begun)
			str_addf(to, "\n%s%s:\n", is_open ? "" : "#", kind);
		is_begun = true;
		add_service(&discovery->services[i], to);
	}
}

/* ---- /tmp ---- */

/* What is there and a service cannot see (PrivateTmp=yes of the shipped unit). */
struct in_tmp {
	const char *first;
	size_t count;
};

static void count_path(struct in_tmp *in_tmp, const char *path)
{
	static const char scheme[] = "unix://";
	path += starts_with(path, scheme) ? strlen(scheme) : 0;
	if (!starts_with(path, "/tmp/") && !starts_with(path, "/var/tmp/"))
		return;
	in_tmp->first = in_tmp->count++ ? in_tmp->first : path;
}

static struct in_tmp find_in_tmp(const struct discovery *discovery)
{
	struct in_tmp in_tmp = {.first = ""};
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		if (is_used(discovery, i))
			count_path(&in_tmp, discovery->supervisors[i].address);
	for (size_t i = 0; i < discovery->bot_count; i++) {
		count_path(&in_tmp, discovery->bots[i].token_file);
		count_path(&in_tmp, discovery->bots[i].env_file);
		count_path(&in_tmp, discovery->bots[i].log);
	}
	for (size_t i = 0; i < discovery->service_count; i++)
		count_path(&in_tmp, discovery->services[i].service.socket);
	return in_tmp;
}

static void add_tmp(const struct discovery *discovery, struct str *to)
{
	struct in_tmp in_tmp = find_in_tmp(discovery);
	if (!in_tmp.count)
		return;
	str_adds(to,
		"# As a service (PrivateTmp=yes in its unit) botswain does not see what is under "
		"/tmp, here ");
	add_safe(to, in_tmp.first);
	if (in_tmp.count > 1)
		str_addf(to, " and %zu more", in_tmp.count - 1);
	str_adds(to,
		":\n# put it elsewhere, or set PrivateTmp=no with `systemctl edit botswain`.\n");
}

void discovery_yaml(
	const struct discovery *discovery, const struct settings *settings, struct str *ret)
{
	if (settings && !discovery->bot_count && !discovery->service_count)
		str_addf(ret, "# `botswain discover` found nothing that %s lacks.\n",
			settings->path);
	else if (settings)
		str_addf(ret,
			"# What `botswain discover` found that %s lacks: %s and %s. Add it "
			"there.\n",
			settings->path, format_many(discovery->bot_count, "bot").text,
			format_many(discovery->service_count, "server").text);
	else
		str_addf(ret,
			"# botswain.yaml, as `botswain discover` found it: %s. Lines that "
			"begin with # need a step of yours.\n"
			"# `botswain check-config FILE` says whether it is right; `botswain "
			"--default-config` explains every line.\n",
			format_many(discovery->bot_count, "bot").text);
	add_tmp(discovery, ret);
	const char *api = getenv("BOTSWAIN_TELEGRAM_API");
	if (!settings && api && strcmp(api, default_api) != 0) {
		add_key(ret, "\ntelegram: {", "api", api);
		str_adds(ret, "}\n");
	}
	add_supervisors(discovery, ret);
	discovery_driver(discovery, settings, ret);
	str_adds(ret, discovery->bot_count ? "\nbots:\n" : "");
	for (size_t i = 0; i < discovery->bot_count; i++)
		add_bot(discovery, &discovery->bots[i], ret);
	add_services(discovery, "redis", ret);
	add_services(discovery, "postgres", ret);
}

/* ---- JSON ---- */

static json_t *text_of(const char *text)
{
	autostr struct str safe = STR_INIT;
	add_safe(&safe, text);
	return json_string(safe.text);
}

static json_t *json_of_bot(const struct discovery *discovery, const struct found_bot *bot)
{
	json_t *object = json_object();
	const struct found_supervisor *found =
		bot->supervisor ? &discovery->supervisors[bot->supervisor - 1] : NULL;
	json_object_set_new(object, "name", text_of(bot->name));
	json_object_set_new(object, "tg_id", json_integer(bot->tg_id));
	json_object_set_new(object, "pid", json_integer(bot->pid));
	json_object_set_new(object, "state", text_of(bot->state));
	json_object_set_new(object, "evidence", text_of(bot->evidence));
	json_object_set_new(object, "supervisor", text_of(found ? found->name : ""));
	if (found) {
		json_object_set_new(object, found->kind, text_of(bot->program));
	} else {
		json_object_set_new(object, "match", json_string(bot->match));
		json_object_set_new(object, "directory", text_of(bot->directory));
		json_object_set_new(object, "process_step", text_of(bot->process_step));
		json_object_set_new(object, "claimed_by", text_of(bot->claimed_by));
	}
	json_object_set_new(object, "log", text_of(bot->log));
	json_object_set_new(object, "token_file", text_of(bot->token_file));
	json_object_set_new(object, "token_env_file", text_of(bot->env_file));
	json_object_set_new(object, "token_key", text_of(bot->key));
	json_object_set_new(object, "next_step", text_of(bot->next_step));
	json_object_set_new(object, "heartbeat", text_of(bot->heartbeat));
	json_object_set_new(object, "redis", text_of(bot->redis));
	json_object_set_new(object, "heartbeat_step", text_of(bot->beat_step));
	return object;
}

static json_t *json_of_supervisor(const struct found_supervisor *found)
{
	json_t *object = json_object();
	json_object_set_new(object, "name", text_of(found->name));
	json_object_set_new(object, "kind", text_of(found->kind));
	json_object_set_new(object, "address", text_of(found->address));
	json_object_set_new(object, "programs", json_integer((json_int_t)found->programs));
	json_object_set_new(object, "bots", json_integer((json_int_t)found->bots));
	json_object_set_new(object, "error", text_of(found->error));
	return object;
}

static json_t *json_of_service(const struct found_service *found)
{
	json_t *object = json_object();
	json_object_set_new(object, "name", text_of(found->name));
	json_object_set_new(object, "kind", text_of(found->service.kind));
	json_object_set_new(object, "host", text_of(found->service.host));
	json_object_set_new(object, "socket", text_of(found->service.socket));
	json_object_set_new(object, "port", text_of(found->service.port));
	json_object_set_new(object, "answers", json_boolean(found->is_open));
	json_object_set_new(object, "heartbeats", json_integer((json_int_t)found->heartbeats));
	json_object_set_new(object, "streams", json_integer((json_int_t)found->streams));
	json_object_set_new(object, "next_step", text_of(found->next_step));
	return object;
}

void discovery_json(const struct discovery *discovery, struct str *ret)
{
	json_t *root = json_object(), *bots = json_array(), *asked = json_array(),
	       *services = json_array();
	for (size_t i = 0; i < discovery->bot_count; i++)
		json_array_append_new(bots, json_of_bot(discovery, &discovery->bots[i]));
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		json_array_append_new(asked, json_of_supervisor(&discovery->supervisors[i]));
	for (size_t i = 0; i < discovery->service_count; i++)
		json_array_append_new(services, json_of_service(&discovery->services[i]));
	json_object_set_new(root, "v", json_integer(1));
	json_object_set_new(root, "bots", bots);
	json_object_set_new(root, "supervisors", asked);
	json_object_set_new(root, "services", services);
	json_object_set_new(root, "processes", json_integer((json_int_t)discovery->processes));
	json_object_set_new(root, "hidden", json_integer((json_int_t)discovery->hidden));
	char *text = json_dumps(root, JSON_COMPACT);
	str_addf(ret, "%s\n", text);
	free(text);
	json_decref(root);
}

/* ---- words ---- */

static void say_supervisor(const struct found_supervisor *found, struct str *to)
{
	str_addf(to, "%s", found->kind);
	if (*found->address) {
		str_adds(to, " at ");
		add_safe(to, found->address);
	}
	if (found->is_absent)
		str_adds(to, ": none here\n");
	else if (*found->error) {
		str_adds(to, ": not asked: ");
		add_safe(to, found->error);
		str_addch(to, '\n');
	} else {
		str_addf(to, ": %s, %zu of them bots\n",
			format_many(found->programs, "program").text, found->bots);
	}
}

void discovery_words(
	const struct discovery *discovery, const struct settings *settings, struct str *ret)
{
	size_t alone = 0, waiting = 0, alike = 0;
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		say_supervisor(&discovery->supervisors[i], ret);
	for (size_t i = 0; i < discovery->bot_count; i++) {
		alone += !discovery->bots[i].supervisor;
		waiting += *discovery->bots[i].next_step != '\0';
		alike += *discovery->bots[i].process_step != '\0';
	}
	str_addf(ret, "processes: %zu looked at, %s that no supervisor runs\n",
		discovery->processes, format_many(alone, "bot").text);
	if (discovery->hidden)
		str_addf(ret, "processes: %zu could not be looked into%s\n", discovery->hidden,
			discovery->is_root
				? ", although this is root: it lacks the capability "
				  "CAP_SYS_PTRACE, as in a container, or they are just ending"
				: ", they are other users': run this as root, or as the bots' "
				  "user");
	str_addf(ret, "%s found", format_many(discovery->bot_count, "bot").text);
	if (settings)
		str_addf(ret, ", beside %zu that %s has", discovery->known, settings->path);
	if (waiting)
		str_addf(ret, "; %zu without a token that can be read: the step stands there",
			waiting);
	if (alike)
		str_addf(ret, "; %zu not to be told from another process: the step stands there",
			alike);
	str_adds(ret, "\n");
	if (!settings && discovery->bot_count)
		str_adds(ret, "next: botswain discover >botswain.yaml; botswain check-config "
			      "botswain.yaml; botswain -c botswain.yaml\n");
}
