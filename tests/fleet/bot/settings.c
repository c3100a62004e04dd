/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/settings.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/common/files.h"

static bool read_kind(const char *word, enum bot_kind *ret_kind, struct err *err)
{
	static const char *const words[] = {
		[BOT_POLLING] = "polling", [BOT_WEBHOOK] = "webhook", [BOT_MTPROTO] = "mtproto"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i], word) == 0) {
			*ret_kind = (enum bot_kind)i;
			return true;
		}
	return err_set(err, ERR_INVALID, "unknown kind of bot '%s'", word);
}

static int worker_number(const char *variable, int missing)
{
	const char *text = getenv(variable);
	return text ? atoi(text) : missing;
}

static void read_workers(struct settings *settings)
{
	settings->workers = worker_number("TOTAL_WORKERS", 1);
	settings->worker = worker_number("WORKER_ID", 0);
	if (settings->workers < 1 || settings->worker < 0 || settings->worker >= settings->workers)
		settings->worker = 0, settings->workers = 1;
	settings->instance = settings->worker ? xasprintf("%s:%d", settings->name, settings->worker)
					      : xstrdup(settings->name);
}

static bool take_document(
	struct settings *settings, json_t *document, const char *path, struct err *err)
{
	const char *name, *kind, *api, *token_file, *redis, *postgres, *run_dir;
	int python = 0, logs_urls = 0, token_in_url = 0;
	json_error_t why;
	if (json_unpack_ex(document, &why, 0, "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s?b,s?b,s?b}", "name",
		    &name, "kind", &kind, "api", &api, "token_file", &token_file, "redis", &redis,
		    "postgres", &postgres, "run_dir", &run_dir, "python", &python, "logs_urls",
		    &logs_urls, "token_in_url", &token_in_url) != 0)
		return err_set(err, ERR_SYNTAX, "cannot use '%s': %s", path, why.text);
	autostr struct str token = STR_INIT;
	if (!read_kind(kind, &settings->kind, err) || !file_read(token_file, &token, err))
		return false;
	settings->name = xstrdup(name);
	settings->api = xstrdup(api);
	settings->token = str_detach(&token);
	settings->redis = xstrdup(redis);
	settings->postgres = xstrdup(postgres);
	settings->run_dir = xstrdup(run_dir);
	settings->python = python;
	settings->logs_urls = logs_urls;
	settings->token_in_url = token_in_url;
	settings->id = strtoll(settings->token, NULL, 10);
	read_workers(settings);
	return true;
}

bool settings_read(struct settings *settings, const char *path, struct err *err)
{
	json_error_t why;
	*settings = (struct settings){0};
	json_t *document = json_load_file(path, 0, &why);
	if (!document)
		return err_set(err, ERR_SYNTAX, "cannot read '%s': %s", path, why.text);
	bool good = take_document(settings, document, path, err);
	json_decref(document);
	return good;
}

void settings_release(struct settings *settings)
{
	free(settings->name);
	free(settings->instance);
	free(settings->api);
	free(settings->token);
	free(settings->redis);
	free(settings->postgres);
	free(settings->run_dir);
	*settings = (struct settings){0};
}
