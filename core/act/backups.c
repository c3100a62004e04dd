/* SPDX-License-Identifier: MIT */
/* The entities that the configuration makes: custom verbs, and backups with their last result,
 * which survives a restart as a fact of the journal. */
#include "core/act/internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/part_writer.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

const struct conf_backup *backup_find(const struct act *act, uint64_t id)
{
	for (size_t i = 0; i < act->settings->backup_count; i++)
		if (entity_id("backup", act->settings->backups[i].name) == id)
			return &act->settings->backups[i];
	return NULL;
}

static bool is_verb(const struct act *act, uint64_t id)
{
	for (size_t i = 0; i < act->settings->verb_count; i++)
		if (entity_id("verb", act->settings->verbs[i].name) == id)
			return true;
	return false;
}

static bool is_backup(const struct act *act, uint64_t id)
{
	return backup_find(act, id) != NULL;
}

/* Removes the entities of a kind that the configuration no longer has. */
static void remove_others(
	struct act *act, enum msg_kind kind, bool (*is_known)(const struct act *act, uint64_t id))
{
	size_t count;
	const void *const *bodies = model_list(act->model, kind, &count);
	uint64_t *ids = xcalloc(count + 1, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = *(const uint64_t *)bodies[i];
	for (size_t i = 0; i < count; i++)
		if (!is_known(act, ids[i]))
			model_remove(act->model, kind, ids[i]);
	free(ids);
}

static void put_verb(struct act *act, const struct conf_verb *conf)
{
	struct msg_verb *verb = msg_new(MSG_verb);
	*verb = (struct msg_verb){.id = entity_id("verb", conf->name),
		.name = xstrdup(conf->name),
		.help = xstrdup(conf->help),
		.per_bot = conf->per_bot,
		.confirm = xstrdup(conf->typed ? "typed" : "yes"),
		.command = argv_show(conf->command.argv)};
	model_put_if_changed(act->model, MSG_verb, verb);
}

static char *fact_key(const char *name)
{
	return xasprintf("backup/%s", name);
}

static struct msg_backup *remembered(const struct act *act, const struct conf_backup *conf)
{
	autofree char *key = fact_key(conf->name);
	autostr struct str value = STR_INIT;
	struct msg_any any = {.kind = MSG_none};
	struct err ignored;
	size_t used;
	if (!act->may_act || !act->journal.get(act->journal.context, key, &value) ||
		!msg_decode(value.text, value.length, MSG_FRAME_MAX_UNKNOWN, &any, &used, &ignored))
		return NULL;
	if (any.kind == MSG_backup)
		return any.body;
	msg_any_release(&any);
	return NULL;
}

static void put_backup(struct act *act, const struct conf_backup *conf)
{
	if (model_backup(act->model, entity_id("backup", conf->name)))
		return;
	struct msg_backup *backup = remembered(act, conf);
	if (!backup)
		backup = msg_new(MSG_backup);
	backup->id = entity_id("backup", conf->name);
	msg_set(&backup->name, conf->name);
	if (!backup->state || !*backup->state)
		msg_set(&backup->state, "never");
	model_put(act->model, MSG_backup, backup);
}

void entities_reload(struct act *act)
{
	remove_others(act, MSG_verb, is_verb);
	remove_others(act, MSG_backup, is_backup);
	for (size_t i = 0; i < act->settings->verb_count; i++)
		put_verb(act, &act->settings->verbs[i]);
	for (size_t i = 0; i < act->settings->backup_count; i++)
		put_backup(act, &act->settings->backups[i]);
}

/* The pattern of its files: {time} may be anything, everything else is meant as it is written. */
static bool pattern_of(const char *file, char **ret)
{
	autostr struct str escaped = STR_INIT;
	struct err ignored;
	const struct argv_values any = {.time = "*"};
	for (; *file; file++) {
		if (strchr("*?[\\", *file))
			str_addch(&escaped, '\\');
		str_addch(&escaped, *file);
	}
	return argv_expand_text(escaped.text, &any, ret, &ignored);
}

void backups_sweep(struct act *act)
{
	for (size_t i = 0; i < act->settings->backup_count; i++) {
		autofree char *pattern = NULL;
		if (pattern_of(act->settings->backups[i].file, &pattern))
			part_sweep_aside(pattern);
	}
}

void backup_runs(struct act *act, uint64_t id)
{
	struct msg_backup *backup = model_edit(act->model, MSG_backup, id);
	if (backup && msg_set(&backup->state, "running"))
		model_touch(act->model, MSG_backup, id);
}

/* The operation's own word, so that the two never say different things. */
static const char *state_word(enum op_state state)
{
	if (state == OP_DONE)
		return "ok";
	if (state == OP_UNVERIFIED)
		return "unverified";
	return state == OP_CANCELLED ? "cancelled" : "failed";
}

void backup_ended(struct act *act, const struct op_step *step)
{
	struct msg_backup *backup = model_edit(act->model, MSG_backup, step->target);
	bool good = step->state == OP_DONE || step->state == OP_UNVERIFIED;
	if (!backup)
		return;
	msg_set(&backup->state, state_word(step->state));
	msg_set(&backup->error, good ? "" : step->text);
	if (good) {
		msg_set(&backup->file, step->file);
		backup->bytes = step->bytes;
		backup->at_ms = clock_wall_ms(act->clock);
	}
	model_touch(act->model, MSG_backup, step->target);
	autofree char *key = fact_key(backup->name);
	autostr struct str value = STR_INIT;
	msg_encode(MSG_backup, backup, &value);
	act->journal.put(act->journal.context, key, value.text, value.length);
}

uint64_t backup_last_bytes(const struct act *act, uint64_t id)
{
	const struct msg_backup *backup = model_backup(act->model, id);
	return backup ? backup->bytes : 0;
}
