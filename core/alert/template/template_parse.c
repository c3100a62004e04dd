/* SPDX-License-Identifier: MIT */
#include "core/alert/template/template.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

struct names {
	const char *list[VARIABLES_MAX];
	unsigned count;
};

/* Where an `end` or an `else` belongs. */
struct open {
	struct part *part;
	bool is_else;
	bool is_chained; /* `else if`: its end ends the one around it as well */
	unsigned names;  /* that were known before it */
};

struct reader {
	struct arena *arena;
	const char *begin, *at, *end;
	struct words words;
	struct names names;
	struct open open[NESTED_MAX];
	size_t depth;
	struct part **into; /* where the next part goes */
	unsigned pipes;     /* in one another */
	struct err *err;
};

static bool fail(struct reader *reader, const char *why, const char *word)
{
	return err_set(reader->err, ERR_SYNTAX, "template: %s%s%.60s%s", why, *word ? " '" : "",
		word, *word ? "'" : "");
}

static bool is_sign(const struct reader *reader, const char *sign)
{
	return reader->words.now.kind == WORD_SIGN && strcmp(reader->words.now.text, sign) == 0;
}

/* ---- variables ---- */

static int find_variable(const struct reader *reader, const char *name)
{
	for (unsigned i = reader->names.count; i-- > 0;)
		if (strcmp(reader->names.list[i], name) == 0)
			return (int)i;
	return -1;
}

/* -1: there is no room for it. */
static int add_variable(struct reader *reader, const char *name)
{
	if (reader->names.count == VARIABLES_MAX)
		return -1;
	reader->names.list[reader->names.count] = name;
	return (int)reader->names.count++;
}

/* ---- operands ---- */

static struct pipe *read_pipe(struct reader *reader);

static bool take_fields(struct reader *reader, struct operand *operand)
{
	while (reader->words.now.kind == WORD_FIELD &&
		(reader->words.now.is_joined || operand->kind == OPERAND_DOT)) {
		if (operand->field_count == FIELDS_MAX)
			return fail(reader, "too many fields in", reader->words.now.text);
		operand->fields[operand->field_count++] = reader->words.now.text + 1;
		words_next(&reader->words);
		if (operand->kind == OPERAND_DOT && !reader->words.now.is_joined)
			break;
	}
	return true;
}

static bool take_variable(struct reader *reader, struct operand *operand)
{
	const char *name = reader->words.now.text;
	int variable = find_variable(reader, name);
	operand->kind = OPERAND_VARIABLE;
	if (strcmp(name, "$") == 0)
		operand->kind = OPERAND_DOT;
	else if (variable < 0)
		return fail(reader, "an unknown variable", name);
	else
		operand->variable = (unsigned)variable;
	words_next(&reader->words);
	return take_fields(reader, operand);
}

static bool take_parenthesis(struct reader *reader, struct operand *operand)
{
	words_next(&reader->words);
	operand->kind = OPERAND_PIPE;
	operand->pipe = read_pipe(reader);
	if (!operand->pipe)
		return false;
	if (!is_sign(reader, ")"))
		return fail(reader, "a parenthesis is not closed", "");
	words_next(&reader->words);
	return take_fields(reader, operand);
}

static bool take_name(struct reader *reader, struct operand *operand)
{
	const char *name = reader->words.now.text;
	bool is_true = strcmp(name, "true") == 0;
	operand->call = call_find(name);
	operand->kind = OPERAND_CALL;
	if (is_true || strcmp(name, "false") == 0) {
		operand->kind = OPERAND_BOOL;
		operand->truth = is_true;
	} else if (!operand->call) {
		return fail(reader, "the function is not known here:", name);
	}
	words_next(&reader->words);
	return true;
}

static bool take_literal(struct reader *reader, struct operand *operand)
{
	const struct word *word = &reader->words.now;
	operand->kind = word->kind == WORD_TEXT ? OPERAND_TEXT : OPERAND_NUMBER;
	operand->text = word->text;
	operand->number = word->number;
	operand->is_whole = word->is_whole;
	words_next(&reader->words);
	return true;
}

static bool take_operand(struct reader *reader, struct operand *operand)
{
	switch (reader->words.now.kind) {
	case WORD_TEXT:
	case WORD_NUMBER:
		return take_literal(reader, operand);
	case WORD_FIELD:
		operand->kind = OPERAND_DOT;
		return take_fields(reader, operand);
	case WORD_DOT:
		operand->kind = OPERAND_DOT;
		words_next(&reader->words);
		return true;
	case WORD_VARIABLE:
		return take_variable(reader, operand);
	case WORD_NAME:
		return take_name(reader, operand);
	case WORD_WRONG:
		return fail(reader, reader->words.wrong, "");
	case WORD_END:
	case WORD_SIGN:
	default:
		return is_sign(reader, "(") ? take_parenthesis(reader, operand)
					    : fail(reader, "a value is missing before",
						      reader->words.now.kind == WORD_SIGN
							      ? reader->words.now.text
							      : "}}");
	}
}

/* ---- commands ---- */

static bool is_end_of_command(const struct reader *reader)
{
	return reader->words.now.kind == WORD_END || is_sign(reader, "|") || is_sign(reader, ")");
}

/* `piped`: the value before the bar is one more argument. */
static bool has_arguments(struct reader *reader, const struct command *command, bool piped)
{
	const struct operand *first = &command->operands[0];
	int count = (int)command->count - 1 + piped;
	if (first->kind != OPERAND_CALL)
		return count == 0 || fail(reader, "what has arguments is no function", "");
	for (size_t i = 1; i < command->count; i++)
		if (command->operands[i].kind == OPERAND_CALL &&
			command->operands[i].call->least > 0)
			return fail(
				reader, "put parentheses around", command->operands[i].call->name);
	return (count >= first->call->least &&
		       (first->call->most < 0 || count <= first->call->most)) ||
	       fail(reader, "a wrong number of arguments of", first->call->name);
}

static struct command *read_command(struct reader *reader, bool piped)
{
	struct command *command = arena_alloc(reader->arena, sizeof(*command));
	*command = (struct command){.count = 0};
	do {
		if (command->count == ARGUMENTS_MAX) {
			fail(reader, "too many arguments", "");
			return NULL;
		}
		if (!take_operand(reader, &command->operands[command->count++]))
			return NULL;
	} while (!is_end_of_command(reader));
	return has_arguments(reader, command, piped) ? command : NULL;
}

static bool read_commands(struct reader *reader, struct pipe *pipe)
{
	struct command **into = &pipe->first;
	for (;;) {
		*into = read_command(reader, into != &pipe->first);
		if (!*into)
			return false;
		into = &(*into)->next;
		if (!is_sign(reader, "|"))
			return true;
		words_next(&reader->words);
	}
}

/* `$x :=`, `$x =` or `$i, $x :=` before it. A new variable is not known in its own pipe. */
static bool read_target(struct reader *reader, struct pipe *pipe, const char **ret_new)
{
	struct words before = reader->words;
	const char *first = reader->words.now.text, *second = NULL;
	if (reader->words.now.kind != WORD_VARIABLE)
		return true;
	words_next(&reader->words);
	if (is_sign(reader, ",")) {
		words_next(&reader->words);
		second = reader->words.now.text;
		if (reader->words.now.kind != WORD_VARIABLE)
			return fail(reader, "a variable is missing behind", ",");
		words_next(&reader->words);
	}
	bool is_new = is_sign(reader, ":="), is_old = is_sign(reader, "=");
	if (!is_new && !is_old) {
		reader->words = before;
		return !second || fail(reader, "nothing is given to", second);
	}
	words_next(&reader->words);
	const char *target = second ? second : first;
	pipe->number = second ? add_variable(reader, first) : -1;
	pipe->variable = is_old ? find_variable(reader, target) : -1;
	*ret_new = is_new ? target : NULL;
	return is_new || pipe->variable >= VARIABLE_GIVEN ||
	       fail(reader, "an unknown variable", target);
}

static struct pipe *read_pipe(struct reader *reader)
{
	struct pipe *pipe = arena_alloc(reader->arena, sizeof(*pipe));
	const char *new = NULL;
	*pipe = (struct pipe){.variable = -1, .number = -1};
	if (++reader->pipes > NESTED_MAX) {
		fail(reader, "parentheses in too many others", "");
		return NULL;
	}
	bool good = read_target(reader, pipe, &new) && read_commands(reader, pipe);
	reader->pipes--;
	if (good && new) {
		pipe->variable = add_variable(reader, new);
		good = pipe->variable >= 0 || fail(reader, "too many variables:", new);
	}
	return good ? pipe : NULL;
}

/* ---- parts ---- */

static struct part *add_part(struct reader *reader, enum part_kind kind)
{
	struct part *part = arena_alloc(reader->arena, sizeof(*part));
	*part = (struct part){.kind = kind};
	*reader->into = part;
	reader->into = &part->next;
	return part;
}

static bool ends_here(struct reader *reader)
{
	return reader->words.now.kind == WORD_END ||
	       fail(reader,
		       reader->words.now.kind == WORD_WRONG ? reader->words.wrong : "unexpected",
		       reader->words.now.text);
}

static bool open_part(struct reader *reader, enum part_kind kind, bool is_chained)
{
	if (reader->depth == NESTED_MAX)
		return fail(reader, "if, with and range in too many others", "");
	unsigned names = reader->names.count;
	struct part *part = add_part(reader, kind);
	words_next(&reader->words);
	part->pipe = read_pipe(reader);
	if (!part->pipe || !ends_here(reader))
		return false;
	reader->open[reader->depth++] =
		(struct open){.part = part, .is_chained = is_chained, .names = names};
	reader->into = &part->then;
	return true;
}

static bool is_name(const struct reader *reader, const char *name)
{
	return reader->words.now.kind == WORD_NAME && strcmp(reader->words.now.text, name) == 0;
}

static bool take_else(struct reader *reader)
{
	struct open *open = reader->depth ? &reader->open[reader->depth - 1] : NULL;
	if (!open || open->is_else)
		return fail(reader, "unexpected", "else");
	open->is_else = true;
	reader->names.count = open->names;
	reader->into = &open->part->otherwise;
	words_next(&reader->words);
	if (is_name(reader, "if") || is_name(reader, "with"))
		return open_part(reader, is_name(reader, "if") ? PART_IF : PART_WITH, true);
	return ends_here(reader);
}

static bool take_end(struct reader *reader)
{
	struct open open;
	if (!reader->depth)
		return fail(reader, "unexpected", "end");
	do {
		open = reader->open[--reader->depth];
		reader->names.count = open.names;
		reader->into = &open.part->next;
	} while (open.is_chained);
	words_next(&reader->words);
	return ends_here(reader);
}

static bool take_print(struct reader *reader)
{
	static const char *const others[] = {"define", "template", "block", "break", "continue"};
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (is_name(reader, others[i]))
			return fail(reader, "this is not known here:", others[i]);
	if (reader->words.now.kind == WORD_END)
		return fail(reader, "an empty action:", "{{}}");
	struct part *part = add_part(reader, PART_PRINT);
	part->pipe = read_pipe(reader);
	return part->pipe && ends_here(reader);
}

static bool take_action(struct reader *reader)
{
	words_next(&reader->words);
	if (is_name(reader, "if"))
		return open_part(reader, PART_IF, false);
	if (is_name(reader, "with"))
		return open_part(reader, PART_WITH, false);
	if (is_name(reader, "range"))
		return open_part(reader, PART_RANGE, false);
	if (is_name(reader, "else"))
		return take_else(reader);
	return is_name(reader, "end") ? take_end(reader) : take_print(reader);
}

/* ---- the whole ---- */

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static void add_text(struct reader *reader, const char *to, bool trims_end)
{
	while (trims_end && to > reader->at && is_blank(to[-1]))
		to--;
	if (to == reader->at)
		return;
	add_part(reader, PART_TEXT)->text =
		arena_text_n(reader->arena, reader->at, (size_t)(to - reader->at));
}

/* The }} of an action: those in texts are none. NULL: it does not end. */
static const char *end_of_action(const char *at, const char *end)
{
	if (end - at >= 2 && memcmp(at, "/*", 2) == 0) {
		const char *close = memmem(at, (size_t)(end - at), "*/", 2);
		at = close ? close + 2 : end;
	}
	while (at < end && memcmp(at, "}}", 2) != 0) {
		char quote = *at;
		at++;
		if (quote != '"' && quote != '`')
			continue;
		while (at < end && *at != quote)
			at += quote == '"' && *at == '\\' ? 2 : 1;
		at++;
	}
	return at < end ? at : NULL;
}

/* Of one action, from its {{ on. */
static bool read_action(struct reader *reader)
{
	const char *at = reader->at + 2;
	bool trims = at + 1 < reader->end && *at == '-' && is_blank(at[1]);
	at += trims;
	while (trims && at < reader->end && is_blank(*at))
		at++;
	const char *end = end_of_action(at, reader->end);
	if (!end)
		return fail(reader, "an action does not end:", "{{");
	bool trims_next = end - at >= 2 && end[-1] == '-' && is_blank(end[-2]);
	const char *last = end - trims_next;
	reader->words = (struct words){.arena = reader->arena, .at = at, .end = last};
	bool is_comment = last - at >= 4 && memcmp(at, "/*", 2) == 0;
	if (!is_comment && !take_action(reader))
		return false;
	reader->at = end + 2;
	while (trims_next && reader->at < reader->end && is_blank(*reader->at))
		reader->at++;
	return true;
}

static bool read_all(struct reader *reader)
{
	for (;;) {
		const char *open = memmem(reader->at, (size_t)(reader->end - reader->at), "{{", 2);
		bool trims = open && reader->end - open > 3 && open[2] == '-' && is_blank(open[3]);
		add_text(reader, open ? open : reader->end, trims);
		if (!open)
			return !reader->depth || fail(reader, "an end is missing", "");
		reader->at = open;
		if (!read_action(reader))
			return false;
	}
}

static int line_of(const struct reader *reader)
{
	int line = 0;
	for (const char *at = reader->begin; at < reader->at; at++)
		line += *at == '\n';
	return line;
}

struct template *template_new(const char *text, int *ret_line, struct err *err)
{
	struct template *template = xcalloc(1, sizeof(*template));
	size_t length = strlen(text);
	template->arena = arena_new();
	struct reader reader = {.arena = template->arena,
		.begin = text,
		.at = text,
		.end = text + length,
		.names = {{"$labels", "$value", "$externalLabels"}, VARIABLE_GIVEN},
		.into = &template->first,
		.err = err};
	bool good = length <= TEMPLATE_BYTES_MAX ||
		    err_set(err, ERR_LIMIT, "template: more than %d bytes", TEMPLATE_BYTES_MAX);
	if (good && read_all(&reader))
		return template;
	*ret_line = line_of(&reader);
	template_free(template);
	return NULL;
}

void template_free(struct template *template)
{
	if (!template)
		return;
	arena_free(template->arena);
	free(template);
}
