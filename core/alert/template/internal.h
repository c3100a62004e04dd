/* SPDX-License-Identifier: MIT */
/* The inside of templates: what was read, and what a run works with. */
#ifndef BOTSWAIN_ALERT_TEMPLATE_INTERNAL_H
#define BOTSWAIN_ALERT_TEMPLATE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/alert/template/template.h"
#include "core/base/attr.h"

struct arena;
struct err;
struct str;

enum { VARIABLES_MAX = 16, ARGUMENTS_MAX = 16, FIELDS_MAX = 4, NESTED_MAX = 16 };
/* The first of them. */
enum variable { VARIABLE_LABELS, VARIABLE_VALUE, VARIABLE_NONE, VARIABLE_GIVEN };

/* ---- what was read ---- */

enum operand_kind {
	OPERAND_TEXT,
	OPERAND_NUMBER,
	OPERAND_BOOL,
	OPERAND_DOT,
	OPERAND_VARIABLE,
	OPERAND_PIPE, /* in parentheses */
	OPERAND_CALL, /* of a function: the operands behind it are its arguments */
};

struct operand {
	enum operand_kind kind;
	char *text;
	double number;
	bool truth, is_whole;
	unsigned variable;
	struct pipe *pipe;
	const struct call *call;
	char *fields[FIELDS_MAX]; /* .Labels.instance */
	size_t field_count;
};

struct command {
	struct operand operands[ARGUMENTS_MAX];
	size_t count;
	struct command *next;
};

struct pipe {
	int variable; /* that it is given to; -1 none */
	int number;   /* of `range $i, $x`: $i; -1 none */
	struct command *first;
};

enum part_kind { PART_TEXT, PART_PRINT, PART_IF, PART_WITH, PART_RANGE };

struct part {
	enum part_kind kind;
	char *text;
	struct pipe *pipe;
	struct part *then, *otherwise, *next;
};

struct template
{
	struct arena *arena;
	struct part *first;
};

/* ---- words ---- */

enum word_kind {
	WORD_END, /* of the action */
	WORD_NAME,
	WORD_VARIABLE, /* with its $ */
	WORD_FIELD,    /* with its point */
	WORD_DOT,
	WORD_TEXT,
	WORD_NUMBER,
	WORD_SIGN, /* | ( ) , = and := */
	WORD_WRONG,
};

struct word {
	enum word_kind kind;
	char *text; /* of a text what it says */
	double number;
	bool is_whole;
	bool is_joined; /* no blank stands before it */
};

struct words {
	struct arena *arena;
	const char *at, *end;
	struct word now;
	const char *wrong; /* why WORD_WRONG */
};

/* Reads the next one into words->now. */
void words_next(struct words *words);

/* ---- values ---- */

enum value_kind {
	VALUE_OF_NOTHING,
	VALUE_OF_TEXT,
	VALUE_OF_NUMBER,
	VALUE_OF_BOOL,
	VALUE_OF_LABELS,
	VALUE_OF_SAMPLE,
	VALUE_OF_SAMPLES,
	VALUE_OF_SCENE,
};

struct value {
	enum value_kind kind;
	const char *text;
	double number;
	bool truth, is_whole;
	const struct labels *labels;
	const struct query_result *samples; /* of a sample the result that it is in, */
	size_t at;                          /* and where */
};

/* A run: what it makes is its arena's. */
struct run {
	const struct template_scene *scene;
	struct arena *arena;
	struct str *to;
	struct value dot, variables[VARIABLES_MAX];
	struct query_result *results; /* of its queries */
	size_t result_count, result_room;
	unsigned steps;
	struct err *err;
};

struct call {
	const char *name;
	int least, most; /* arguments; most -1: any number */
	/* False: run->err says why. */
	bool (*work)(struct run *run, const struct value *args, size_t count, struct value *ret);
};

const struct call *call_find(const char *name);

struct value value_of_text(const char *text);
struct value value_of_number(double number);
struct value value_of_bool(bool truth);
/* Appends it as Go's text/template prints it. */
void value_print(const struct value *value, struct str *to);
/* As Go's %v prints a float64. */
void value_print_number(double number, struct str *to);
bool value_is_true(const struct value *value);
/* `.name` of it. */
bool value_field(
	struct run *run, const struct value *value, const char *name, struct value *ret) MUST_CHECK;
struct value value_of_sample(const struct query_result *samples, size_t at);
/* value_format.c: printf as Go has it. */
void value_format(const char *format, const struct value *args, size_t count, struct str *to);

#endif
