/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/series/promql/value.h"

static bool run_pipe(struct run *run, const struct pipe *pipe, struct value *ret);

static bool step(struct run *run)
{
	if (run->to->length > TEMPLATE_OUT_MAX)
		return err_set(
			run->err, ERR_LIMIT, "it makes more than %d bytes", TEMPLATE_OUT_MAX);
	return ++run->steps <= TEMPLATE_STEPS_MAX ||
	       err_set(run->err, ERR_LIMIT, "it takes more than %d steps", TEMPLATE_STEPS_MAX);
}

/* ---- pipes ---- */

static bool take_operand(struct run *run, const struct operand *operand, struct value *ret)
{
	*ret = (struct value){.kind = VALUE_OF_NOTHING};
	if (operand->kind == OPERAND_TEXT)
		*ret = value_of_text(operand->text);
	else if (operand->kind == OPERAND_BOOL)
		*ret = value_of_bool(operand->truth);
	else if (operand->kind == OPERAND_NUMBER)
		*ret = (struct value){.kind = VALUE_OF_NUMBER,
			.number = operand->number,
			.is_whole = operand->is_whole};
	else if (operand->kind == OPERAND_DOT)
		*ret = run->dot;
	else if (operand->kind == OPERAND_VARIABLE)
		*ret = run->variables[operand->variable];
	bool good = true;
	if (operand->kind == OPERAND_CALL)
		good = operand->call->work(run, NULL, 0, ret);
	else if (operand->kind == OPERAND_PIPE)
		good = run_pipe(run, operand->pipe, ret);
	for (size_t i = 0; good && i < operand->field_count; i++) {
		struct value of = *ret;
		good = value_field(run, &of, operand->fields[i], ret);
	}
	return good;
}

/* `piped`: the value of the command before, NULL: it is the first. */
static bool run_command(struct run *run, const struct command *command, const struct value *piped,
	struct value *ret)
{
	struct value args[ARGUMENTS_MAX + 1];
	size_t count = 0;
	if (!step(run))
		return false;
	if (command->operands[0].kind != OPERAND_CALL)
		return take_operand(run, &command->operands[0], ret);
	for (size_t i = 1; i < command->count; i++)
		if (!take_operand(run, &command->operands[i], &args[count++]))
			return false;
	if (piped)
		args[count++] = *piped;
	return command->operands[0].call->work(run, args, count, ret);
}

static bool run_pipe(struct run *run, const struct pipe *pipe, struct value *ret)
{
	struct value value = {.kind = VALUE_OF_NOTHING};
	for (const struct command *command = pipe->first; command; command = command->next) {
		struct value piped = value;
		if (!run_command(run, command, command == pipe->first ? NULL : &piped, &value))
			return false;
	}
	if (pipe->variable >= 0)
		run->variables[pipe->variable] = value;
	*ret = value;
	return true;
}

/* ---- parts ---- */

static bool run_parts(struct run *run, const struct part *part);

static bool run_with_dot(struct run *run, const struct part *part, const struct value *dot)
{
	struct value before = run->dot;
	run->dot = *dot;
	bool good = run_parts(run, part);
	run->dot = before;
	return good;
}

static bool run_choice(struct run *run, const struct part *part)
{
	struct value value;
	if (!run_pipe(run, part->pipe, &value))
		return false;
	if (!value_is_true(&value))
		return run_parts(run, part->otherwise);
	return part->kind == PART_WITH ? run_with_dot(run, part->then, &value)
				       : run_parts(run, part->then);
}

static bool run_range(struct run *run, const struct part *part)
{
	struct value value;
	if (!run_pipe(run, part->pipe, &value))
		return false;
	if (value.kind != VALUE_OF_SAMPLES)
		return err_set(run->err, ERR_INVALID, "range is over what a query gives");
	size_t count = value.samples->vector_count;
	for (size_t i = 0; i < count; i++) {
		struct value one = value_of_sample(value.samples, i);
		if (part->pipe->variable >= 0)
			run->variables[part->pipe->variable] = one;
		if (part->pipe->number >= 0)
			run->variables[part->pipe->number] = value_of_number((double)i);
		if (!step(run) || !run_with_dot(run, part->then, &one))
			return false;
	}
	return count || run_parts(run, part->otherwise);
}

static bool run_print(struct run *run, const struct part *part)
{
	struct value value;
	if (!run_pipe(run, part->pipe, &value))
		return false;
	if (part->pipe->variable < 0)
		value_print(&value, run->to);
	return true;
}

static bool run_part(struct run *run, const struct part *part)
{
	switch (part->kind) {
	case PART_TEXT:
		str_adds(run->to, part->text);
		return true;
	case PART_PRINT:
		return run_print(run, part);
	case PART_RANGE:
		return run_range(run, part);
	case PART_IF:
	case PART_WITH:
	default:
		return run_choice(run, part);
	}
}

static bool run_parts(struct run *run, const struct part *part)
{
	for (; part; part = part->next)
		if (!step(run) || !run_part(run, part))
			return false;
	return true;
}

static void set_variables(struct run *run, const struct template_scene *scene)
{
	run->dot = (struct value){.kind = VALUE_OF_SCENE};
	run->variables[VARIABLE_LABELS] =
		(struct value){.kind = VALUE_OF_LABELS, .labels = scene->labels};
	run->variables[VARIABLE_VALUE] = value_of_number(scene->value);
	run->variables[VARIABLE_NONE] = (struct value){.kind = VALUE_OF_LABELS};
}

void template_run(
	const struct template *template, const struct template_scene *scene, struct str *to)
{
	autostr struct str made = STR_INIT;
	struct err err = {.code = ERR_NONE};
	struct run run = {.scene = scene, .arena = arena_new(), .to = &made, .err = &err};
	set_variables(&run, scene);
	if (run_parts(&run, template->first) && made.length <= TEMPLATE_OUT_MAX)
		str_add(to, made.text, made.length);
	else
		str_addf(to, "<error expanding template: %s>",
			err.code ? err.text : "it makes too much");
	for (size_t i = 0; i < run.result_count; i++)
		query_result_release(&run.results[i]);
	free(run.results);
	arena_free(run.arena);
}
