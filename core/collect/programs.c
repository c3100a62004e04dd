/* SPDX-License-Identifier: MIT */
#include "core/collect/programs.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/mem.h"

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

void programs_release(struct programs *programs)
{
	char **texts[TEXTS];
	for (size_t i = 0; i < programs->count; i++) {
		texts_of(&programs->items[i], texts);
		for (size_t j = 0; j < TEXTS; j++)
			free(*texts[j]);
	}
	free(programs->items);
	*programs = (struct programs){0};
}

const struct program *programs_find(const struct programs *programs, const char *name)
{
	for (size_t i = 0; i < programs->count; i++)
		if (!strcmp(programs->items[i].name, name))
			return &programs->items[i];
	return NULL;
}
