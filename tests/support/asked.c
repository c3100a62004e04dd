/* SPDX-License-Identifier: MIT */
#include "tests/support/asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/spawn.h"

enum { TIMEOUT_MS = 10000 };

bool asked_try(struct asked whom, const char *const *only, struct programs *ret, struct err *err)
{
	size_t count = 0;
	while (only && only[count])
		count++;
	const struct programs_question question = {.address = whom.address,
		.only = only,
		.only_count = count,
		.timeout_ms = TIMEOUT_MS,
		.stop_fd = -1};
	return whom.kind->list(&question, ret, err);
}

void asked(struct asked whom, const char *const *only, struct programs *ret)
{
	struct err err = {0};
	if (!asked_try(whom, only, ret, &err))
		fail_msg("%s", err.text);
}

const struct program *asked_program(const struct programs *programs, const char *name)
{
	const struct program *program = programs_find(programs, name);
	if (!program)
		fail_msg("no '%s' among %zu", name, programs->count);
	return program;
}

void asked_refused(struct asked whom, const char *const *only, enum err_code code, const char *said,
	const char *unsaid)
{
	struct programs programs = {0};
	struct err err = {0};
	assert_false(asked_try(whom, only, &programs, &err));
	assert_int_equal(programs.count, 0);
	if (err.code != code || !strstr(err.text, said) || (unsaid && strstr(err.text, unsaid)))
		fail_msg("%s: %s", err_word(err.code), err.text);
}

struct waited {
	struct asked whom;
	const char *name;
	program_is_so *is_so;
	const void *context;
};

static bool is_so_now(const void *context)
{
	const struct waited *waited = context;
	const char *only[] = {waited->name, NULL};
	struct programs programs = {0};
	struct err err = {0};
	bool is_so = asked_try(waited->whom, only, &programs, &err) && programs.count == 1 &&
		     waited->is_so(&programs.items[0], waited->context);
	programs_release(&programs);
	return is_so;
}

bool asked_until(struct asked whom, const char *name, program_is_so *is_so, const void *context,
	int limit_ms)
{
	const struct waited waited = {whom, name, is_so, context};
	return comes_true(is_so_now, &waited, limit_ms);
}

static bool has_state(const struct program *program, const void *state)
{
	return strcmp(program->state, state) == 0;
}

bool asked_until_state(struct asked whom, const char *name, const char *state, int limit_ms)
{
	return asked_until(whom, name, has_state, state, limit_ms);
}

static bool has_words(const struct program *program, const void *words)
{
	return strcmp(program->words, words) == 0;
}

bool asked_until_words(struct asked whom, const char *name, const char *words, int limit_ms)
{
	return asked_until(whom, name, has_words, words, limit_ms);
}
