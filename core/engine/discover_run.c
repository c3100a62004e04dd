/* SPDX-License-Identifier: MIT */
#include "core/engine/discover_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/discover.h"
#include "core/collect/programs.h"
#include "core/engine/options.h"

enum { FOUND = 0, FAILED = 1, WRONG = 2, NOTHING = 4, ASK_MS = 5000 };

static bool read_settings(const char *path, struct settings **ret)
{
	autostr struct str report = STR_INIT;
	struct err err = {0};
	if (settings_load(path, ret, &report, &err))
		return true;
	fprintf(stderr, "%s%s", report.length ? report.text : err.text, report.length ? "" : "\n");
	return false;
}

static bool check_supervisors(const struct options *options)
{
	for (size_t i = 0; i < options->supervisor_count; i++) {
		const char *equals = strchr(options->supervisors[i], '=');
		char kind[32];
		snprintf(kind, sizeof(kind), "%.*s",
			equals ? (int)(equals - options->supervisors[i]) : 0,
			options->supervisors[i]);
		if (supervisor_find(kind))
			continue;
		fputs("botswain: --supervisor takes KIND=ADDRESS; KIND is one of", stderr);
		for (size_t j = 0; supervisor_kinds[j]; j++)
			fprintf(stderr, " %s", supervisor_kinds[j]->name);
		fputc('\n', stderr);
		return false;
	}
	return true;
}

static const char *api_of(const struct settings *settings)
{
	const char *given = getenv("BOTSWAIN_TELEGRAM_API");
	if (settings)
		return settings->telegram_api;
	return given && *given ? given : "https://api.telegram.org";
}

int discover_run(const struct options *options)
{
	const char *path = options->merge ? options->merge : options->config;
	autostr struct str text = STR_INIT, words = STR_INIT;
	struct settings *settings = NULL;
	struct discovery found;
	if (!check_supervisors(options) || (path && !read_settings(path, &settings)))
		return WRONG;
	discover(&(struct discover_question){.settings = settings,
			 .supervisors = options->supervisors,
			 .supervisor_count = options->supervisor_count,
			 .api = api_of(settings),
			 .timeout_ms = ASK_MS},
		&found);
	if (options->json)
		discovery_json(&found, &text);
	else
		discovery_yaml(&found, settings, &text);
	discovery_words(&found, settings, &words);
	bool is_printed = fputs(text.text, stdout) >= 0 && fflush(stdout) == 0;
	if (is_printed)
		fputs(words.text, stderr);
	else
		fprintf(stderr, "botswain: cannot write to standard output: %s\n", strerror(errno));
	int status = found.bot_count || found.known ? FOUND : NOTHING;
	discovery_release(&found);
	settings_unref(settings);
	return is_printed ? status : FAILED;
}
