/* SPDX-License-Identifier: MIT */
#include "core/collect/programs.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/secret.h"
#include "core/base/utf8.h"
#include "core/base/str.h"

#define SUPERVISOR(name) &supervisor_##name,
const struct supervisor_kind *const supervisor_kinds[] = {
#include "core/collect/supervisors.def"
	NULL};
#undef SUPERVISOR

const struct supervisor_kind *supervisor_find(const char *name)
{
	for (size_t i = 0; supervisor_kinds[i]; i++)
		if (!strcmp(supervisor_kinds[i]->name, name))
			return supervisor_kinds[i];
	return NULL;
}

/* Every text of a program, so that none is forgotten. */
enum { TEXTS = 9 };

static void texts_of(struct program *program, char **texts[static TEXTS])
{
	char **all[TEXTS] = {&program->name, &program->state, &program->words, &program->log,
		&program->error_log, &program->command, &program->directory, &program->env_file,
		&program->token_key};
	memcpy(texts, all, sizeof(all));
}

struct program *programs_add(struct programs *programs)
{
	char **texts[TEXTS];
	programs->items =
		xreallocarray(programs->items, programs->count + 1, sizeof(struct program));
	struct program *program = &programs->items[programs->count++];
	*program = (struct program){.restarts = -1, .exit_status = -1};
	texts_of(program, texts);
	for (size_t i = 0; i < TEXTS; i++)
		*texts[i] = xstrdup("");
	return program;
}

static void release(struct program *program)
{
	char **texts[TEXTS];
	texts_of(program, texts);
	for (size_t i = 0; i < TEXTS; i++)
		free(*texts[i]);
}

void programs_drop_stateless(struct programs *programs)
{
	size_t kept = 0;
	for (size_t i = 0; i < programs->count; i++) {
		if (*programs->items[i].state)
			programs->items[kept++] = programs->items[i];
		else
			release(&programs->items[i]);
	}
	programs->count = kept;
}

void programs_release(struct programs *programs)
{
	for (size_t i = 0; i < programs->count; i++)
		release(&programs->items[i]);
	free(programs->items);
	*programs = (struct programs){0};
}

/* ---- names ---- */

/* supervisord's "orders" is also "orders:orders". */
static bool is_named(const char *name, const char *wanted)
{
	size_t length = strlen(name);
	if (strcmp(name, wanted) == 0)
		return true;
	return strlen(wanted) == 2 * length + 1 && starts_with(wanted, name) &&
	       wanted[length] == ':' && strcmp(wanted + length + 1, name) == 0;
}

bool program_is(const struct program *program, const char *name)
{
	size_t length = strlen(name);
	if (length && name[length - 1] == '*')
		return strncmp(program->name, name, length - 1) == 0;
	return is_named(program->name, name);
}

void programs_keep_wanted(struct programs *programs, const struct programs_question *question)
{
	size_t kept = 0;
	if (!question->only_count)
		return;
	for (size_t i = 0; i < programs->count; i++) {
		bool is_wanted = false;
		for (size_t j = 0; j < question->only_count && !is_wanted; j++)
			is_wanted = program_is(&programs->items[i], question->only[j]);
		if (is_wanted)
			programs->items[kept++] = programs->items[i];
		else
			release(&programs->items[i]);
	}
	programs->count = kept;
}

/* The better a state, the later it stands. */
static size_t rank(const char *state)
{
	static const char *const words[] = {
		"fatal", "backoff", "absent", "stopped", "paused", "unknown", "running"};
	size_t at = 0;
	while (at < COUNT_OF(words) && strcmp(words[at], state) != 0)
		at++;
	return at;
}

const struct program *programs_find(const struct programs *programs, const char *name)
{
	const struct program *worst = NULL;
	for (size_t i = 0; i < programs->count; i++) {
		const struct program *program = &programs->items[i];
		if (program_is(program, name) &&
			(!worst || rank(program->state) < rank(worst->state)))
			worst = program;
	}
	return worst;
}

/* ---- texts ---- */

void program_set(char **field, const char *text)
{
	program_text(field, text, strlen(text));
}

void program_setf(char **field, const char *format, ...)
{
	autostr struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&text, format, args);
	va_end(args);
	program_set(field, text.text);
}

void program_text(char **field, const char *text, size_t length)
{
	autostr struct str clean = STR_INIT, shown = STR_INIT;
	size_t kept = utf8_cut(text, length, PROGRAM_TEXT_BYTES);
	redact(NULL, &clean, text, kept, kept < length ? REDACT_CUT : 0);
	sanitize(&shown, clean.text, clean.length);
	free(*field);
	*field = xstrndup(shown.text, utf8_cut(shown.text, shown.length, PROGRAM_TEXT_BYTES));
}

bool program_env(struct program *program, const char *variable, size_t length)
{
	int64_t id;
	const char *equals = memchr(variable, '=', length);
	if (!equals)
		return false;
	size_t key_length = (size_t)(equals - variable);
	if (!token_check(equals + 1, length - key_length - 1, &id, NULL))
		return false;
	if (program->tg_id)
		return true;
	program_text(&program->token_key, variable, key_length);
	program->tg_id = id;
	return true;
}
