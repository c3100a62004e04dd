/* SPDX-License-Identifier: MIT */
#include "core/act/internal.h"

#include <stddef.h>
#include <string.h>

#include "core/base/err.h"
#include "core/conf/settings.h"
#include "core/verbs/verbs.h"

struct deed {
	const char *verb, *being;
	enum want want;
	unsigned parallel;
	size_t command; /* offset in struct conf_driver */
};

/* clang-format off */
static const struct deed deeds[] = {
#define DRIVEN(id, role, confirm, want, parallel, being, ...) \
	{#id, being, WANT_##want, parallel, offsetof(struct conf_driver, id)},
#include "core/verbs/verbs.def"
};
/* clang-format on */

static const struct deed *find_deed(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(deeds); i++)
		if (strcmp(deeds[i].verb, word) == 0)
			return &deeds[i];
	return NULL;
}

const struct argv *work_command(const struct act *act, const struct work *work)
{
	if (work->custom)
		return &work->custom->command;
	if (!work->deed)
		return NULL;
	const char *driver = (const char *)&act->settings->driver;
	return (const struct argv *)(const void *)(driver + work->deed->command);
}

static bool find_own(
	const struct act *act, const struct verb *verb, struct work *ret, struct err *err)
{
	struct work work = {.word = verb->word,
		.deed = find_deed(verb->word),
		.is_backup = verb->targets == VERB_TARGETS_BACKUP,
		.per_bot = verb->targets == VERB_TARGETS_BOTS,
		.consequence = verb->consequence,
		.typed = verb->confirm == VERB_CONFIRM_TYPED};
	if (work.is_backup && act->settings->backup_count == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"no backup is configured: add one under 'backups' in '%s'",
			act->settings->path);
	if (work.deed && work_command(act, &work)->count == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"%s is not configured: give its command under 'driver' in '%s'", verb->word,
			act->settings->path);
	*ret = work;
	return true;
}

bool work_find(const struct act *act, const char *word, struct work *ret, struct err *err)
{
	const struct verb *verb = verb_find(word);
	if (verb)
		return find_own(act, verb, ret, err);
	for (size_t i = 0; i < act->settings->verb_count; i++) {
		const struct conf_verb *custom = &act->settings->verbs[i];
		if (strcmp(custom->name, word) != 0)
			continue;
		*ret = (struct work){.word = custom->name,
			.custom = custom,
			.per_bot = custom->per_bot,
			.consequence = custom->help,
			.typed = custom->typed};
		return true;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no verb '%.64s': ':help' lists them", word);
}

enum want work_want(const struct work *work)
{
	return work->deed ? work->deed->want : WANT_NOTHING;
}

unsigned work_parallel(const struct work *work)
{
	return work->deed ? work->deed->parallel : 1;
}

int64_t work_timeout_ms(const struct act *act, const struct work *work)
{
	int64_t timeout_ms =
		work->custom ? work->custom->timeout_ms : act->settings->driver.timeout_ms;
	return timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
}

const char *work_being(const char *verb)
{
	const struct deed *deed = find_deed(verb);
	return deed ? deed->being : NULL;
}
