/* SPDX-License-Identifier: MIT */
/*
 * Recursive descent over the expression; every error has the place where it was found. The grammar:
 *   or := and ('or' and)*    and := not ('and'? not)*    not := ('not' | '!') not | '(' or ')' | term
 *   term := column op value | field op value | '/' regex '/' | '~' value | word | quoted
 */
#include "core/parse/filter_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/parse/log_field.h"

struct parser {
	struct filter *filter;
	const struct filter_schema *schema;
	const char *text;
	size_t at;
	unsigned depth, terms;
	struct err *err;
};

/* A word, quoted text or /regex/ as it was written. */
struct token {
	struct str text;
	size_t at;
	bool is_quoted, is_regex;
};

struct op_name {
	const char *text;
	enum filter_op op;
	bool is_negated;
};

/* Longer ones first. */
static const struct op_name op_names[] = {
	{"!=", OP_NE, true},
	{"!~", OP_MATCHES, true},
	{">=", OP_GE, false},
	{"<=", OP_LE, false},
	{"=", OP_EQ, false},
	{"~", OP_MATCHES, false},
	{">", OP_GT, false},
	{"<", OP_LT, false},
};

static bool fail(struct parser *parser, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

/* As people count: from 1, and no character behind the last. */
static size_t character_at(const char *text, size_t at)
{
	size_t before = 0, length = strnlen(text, at + 1);
	for (size_t i = 0; i < at && i < length; i++)
		before += ((unsigned char)text[i] & 0xc0) != 0x80;
	return before + (length > at || !before);
}

static bool fail(struct parser *parser, size_t at, const char *format, ...)
{
	const char *noun = parser->schema->noun ? parser->schema->noun : "filter";
	autostr struct str said = STR_INIT;
	autostr struct str safe = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&said, format, args);
	va_end(args);
	sanitize_clip(&safe, said.text, said.length, 200);
	parser->at = at;
	return err_set(parser->err, ERR_SYNTAX, "%s, at character %zu: %s", noun,
		character_at(parser->text, at), safe.text);
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)parser->text[parser->at]))
		parser->at++;
}

static bool ends_word(char ch)
{
	return !ch || isspace((unsigned char)ch) || ch == '(' || ch == ')' || ch == '"';
}

/* A bare keyword at the current place, not as part of a longer word. */
static bool at_keyword(const struct parser *parser, const char *word)
{
	size_t size = strlen(word);
	return strncasecmp(parser->text + parser->at, word, size) == 0 &&
	       ends_word(parser->text[parser->at + size]);
}

static bool take_keyword(struct parser *parser, const char *word)
{
	bool is = at_keyword(parser, word);
	parser->at += is ? strlen(word) : 0;
	return is;
}

static bool new_node(struct parser *parser, struct filter_node node, unsigned *ret_node)
{
	struct filter *filter = parser->filter;
	if (filter->count == FILTER_NODES_MAX) {
		regex_free(node.regex);
		return fail(parser, parser->at, "more than %d terms", LIMIT_FILTER_TERMS);
	}
	filter->nodes[filter->count] = node;
	*ret_node = filter->count++;
	return true;
}

static bool add_matcher(struct parser *parser, const struct token *token, size_t column,
	unsigned flags, bool is_negated, unsigned *ret_node)
{
	size_t at = 0;
	struct err err;
	struct regex *regex = regex_new(token->text.text, token->text.length, flags, &at, &err);
	if (!regex)
		return fail(parser, token->at + (token->is_quoted || token->is_regex) + at, "%s",
			err.text);
	if (parser->terms++ == LIMIT_FILTER_TERMS) {
		regex_free(regex);
		return fail(parser, token->at, "more than %d terms", LIMIT_FILTER_TERMS);
	}
	return new_node(parser,
		(struct filter_node){.op = OP_MATCHES,
			.is_negated = is_negated,
			.column = column,
			.regex = regex},
		ret_node);
}

/* A pattern with a capital in it is meant as it stands; \S and the like are no capitals. */
static unsigned case_of(const struct token *token)
{
	const char *text = token->text.text;
	for (size_t i = 0; i < token->text.length; i++) {
		if (text[i] == '\\')
			i++;
		else if (isupper((unsigned char)text[i]))
			return 0;
	}
	return REGEX_CASELESS;
}

/* Up to `close`; a backslash keeps it from closing. In quotes the backslash itself goes. */
static bool read_delimited(struct parser *parser, char close, struct token *token)
{
	size_t open = parser->at++;
	for (;; parser->at++) {
		char ch = parser->text[parser->at];
		if (!ch)
			return fail(parser, open, "%c is never closed", close);
		if (ch == close)
			break;
		bool escapes = ch == '\\' && parser->text[parser->at + 1];
		if (escapes) {
			char next = parser->text[++parser->at];
			if (next != close && (close == '/' || next != '\\'))
				str_addch(&token->text, '\\');
			ch = next;
		}
		str_addch(&token->text, ch);
	}
	parser->at++;
	return true;
}

static bool read_token(struct parser *parser, struct token *ret_token)
{
	skip_blanks(parser);
	char first = parser->text[parser->at];
	*ret_token = (struct token){
		.at = parser->at, .is_quoted = first == '"', .is_regex = first == '/'};
	str_init(&ret_token->text);
	if (first == '"' || first == '/')
		return read_delimited(parser, first, ret_token);
	size_t start = parser->at;
	while (!ends_word(parser->text[parser->at]))
		parser->at++;
	if (parser->at == start)
		return first ? fail(parser, start, "a word or value is missing before '%c'", first)
			     : fail(parser, start, "a word or value is missing at the end");
	str_add(&ret_token->text, parser->text + start, parser->at - start);
	return true;
}

static void release_token(struct token *token)
{
	str_release(&token->text);
}

static bool find_column(
	const struct filter_schema *schema, const char *name, size_t length, size_t *ret_column)
{
	for (size_t i = 0; i < schema->count; i++) {
		if (strlen(schema->columns[i].name) == length &&
			strncasecmp(schema->columns[i].name, name, length) == 0) {
			*ret_column = i;
			return true;
		}
	}
	return false;
}

static const struct op_name *op_at(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(op_names); i++) {
		if (strncmp(text, op_names[i].text, strlen(op_names[i].text)) == 0)
			return &op_names[i];
	}
	return NULL;
}

static bool unknown_column(struct parser *parser, size_t at, size_t length)
{
	autostr struct str known = STR_INIT;
	for (size_t i = 0; i < parser->schema->count; i++)
		str_addf(&known, "%s%s", i ? ", " : "", parser->schema->columns[i].name);
	return fail(parser, at, "no column '%.*s'; there are %s", (int)length, parser->text + at,
		known.length ? known.text : "none");
}

/* One of = != ~ !~ stood before it. */
static bool parse_text_of(
	struct parser *parser, const struct op_name *op, size_t column, unsigned *ret_node)
{
	CLEANUP(release_token) struct token token = {0};
	if (!read_token(parser, &token))
		return false;
	if (op->op == OP_MATCHES)
		return add_matcher(
			parser, &token, column, case_of(&token), op->is_negated, ret_node);
	unsigned form = token.is_quoted ? REGEX_LITERAL | REGEX_WHOLE : REGEX_GLOB;
	return add_matcher(parser, &token, column, REGEX_CASELESS | form, op->is_negated, ret_node);
}

static bool parse_text_value(
	struct parser *parser, const struct op_name *op, size_t column, unsigned *ret_node)
{
	if (op->op != OP_MATCHES && op->op != OP_EQ && op->op != OP_NE)
		return fail(parser, parser->at - strlen(op->text), "'%s' is text: use = != ~ or !~",
			parser->schema->columns[column].name);
	return parse_text_of(parser, op, column, ret_node);
}

static bool parse_number_value(
	struct parser *parser, const struct op_name *op, size_t column, unsigned *ret_node)
{
	CLEANUP(release_token) struct token token = {0};
	const struct filter_column *is = &parser->schema->columns[column];
	struct filter_node node = {.op = op->op, .column = column};
	struct err err;
	if (op->op == OP_MATCHES)
		return fail(parser, parser->at - strlen(op->text),
			"'%s' is no text: use = != > >= < or <=", is->name);
	if (!read_token(parser, &token))
		return false;
	if (!filter_read_value(token.text.text, is->kind, parser->schema, &node.number, &err))
		return fail(parser, token.at, "%s", err.text);
	if (parser->terms++ == LIMIT_FILTER_TERMS)
		return fail(parser, token.at, "more than %d terms", LIMIT_FILTER_TERMS);
	return new_node(parser, node, ret_node);
}

static size_t name_length(const char *text)
{
	size_t length = 0;
	if (!isalnum((unsigned char)*text) && *text != '_')
		return 0;
	while (isalnum((unsigned char)text[length]) ||
		(text[length] && strchr("_./%-", text[length])))
		length++;
	return length;
}

/* ---- fields ---- */

/* The longest part of it between dots. */
static void set_needle(struct filter_field *field)
{
	const char *best = field->name;
	size_t longest = 0;
	for (const char *at = field->name; *at;) {
		size_t length = strcspn(at, ".");
		if (length > longest) {
			best = at;
			longest = length;
		}
		at += length + (at[length] == '.');
	}
	field->has_needle = longest >= 2 && needle_set(&field->needle, best, longest, true);
}

static const struct filter_field *field_of(struct filter *filter, const char *name, size_t length)
{
	struct filter_field *field = filter->fields;
	for (; field < filter->fields + filter->field_count; field++)
		if (strlen(field->name) == length && strncasecmp(field->name, name, length) == 0)
			return field;
	if (filter->field_count == LIMIT_FILTER_TERMS)
		return NULL; /* so many terms are refused anyway */
	filter->field_count++;
	field->name = xstrndup(name, length);
	set_needle(field);
	return field;
}

/* What can be compared with a field: something, and with < and > a number or a span. */
static bool is_comparable(const struct parser *parser, const struct op_name *op, size_t at)
{
	const char *value = parser->text + at;
	size_t length = 0;
	double ignored;
	if (*value == '"' || *value == '/')
		return op->op <= OP_NE;
	while (!ends_word(value[length]))
		length++;
	if (op->op <= OP_NE)
		return length > 0 && !strchr("=<>~!", *value);
	autofree char *word = xstrndup(value, length);
	struct err err;
	return log_field_number(word, length, &ignored) ||
	       (*word && filter_read_value(word, FILTER_NUMBER, parser->schema, &ignored, &err));
}

static bool parse_field_number(struct parser *parser, const struct op_name *op, unsigned *ret_node)
{
	CLEANUP(release_token) struct token token = {0};
	struct filter_node node = {.op = op->op, .column = FILTER_FIELD};
	if (!read_token(parser, &token))
		return false;
	const char *word = token.text.text;
	if (!log_field_number(word, token.text.length, &node.number) &&
		!filter_read_value(word, FILTER_NUMBER, parser->schema, &node.number, parser->err))
		return false; /* is_comparable() */
	if (parser->terms++ == LIMIT_FILTER_TERMS)
		return fail(parser, token.at, "more than %d terms", LIMIT_FILTER_TERMS);
	return new_node(parser, node, ret_node);
}

/* `name op value` of what is no column; *ret_is false: it is a word. */
static bool parse_field(struct parser *parser, bool *ret_is, unsigned *ret_node)
{
	size_t start = parser->at, length = name_length(parser->text + start);
	const struct op_name *op = length ? op_at(parser->text + start + length) : NULL;
	size_t value = op ? start + length + strlen(op->text) : 0;
	*ret_is = op && is_comparable(parser, op, value);
	if (!*ret_is)
		return true;
	const struct filter_field *field = field_of(parser->filter, parser->text + start, length);
	parser->at = value;
	bool parsed = op->op <= OP_NE ? parse_text_of(parser, op, FILTER_FIELD, ret_node)
				      : parse_field_number(parser, op, ret_node);
	if (parsed)
		parser->filter->nodes[*ret_node].field = field;
	return parsed;
}

/* `column op value`, with or without blanks. `ret_is` false: what stands here is no comparison. */
static bool parse_comparison(struct parser *parser, bool *ret_is, unsigned *ret_node)
{
	size_t start = parser->at, length = name_length(parser->text + start), column;
	size_t at = start + length;
	while (length && isspace((unsigned char)parser->text[at]))
		at++;
	const struct op_name *op = length ? op_at(parser->text + at) : NULL;
	bool is_known = op && find_column(parser->schema, parser->text + start, length, &column);
	/* `a !b` and `a ~b` are two terms unless a is a column */
	*ret_is = is_known || (op && !parser->schema->is_loose && at == start + length);
	if (!*ret_is)
		return true;
	if (!is_known)
		return unknown_column(parser, start, length);
	parser->at = at + strlen(op->text);
	return parser->schema->columns[column].kind == FILTER_TEXT
		       ? parse_text_value(parser, op, column, ret_node)
		       : parse_number_value(parser, op, column, ret_node);
}

static bool parse_term(struct parser *parser, unsigned *ret_node)
{
	CLEANUP(release_token) struct token token = {0};
	bool is_comparison;
	if (!parse_comparison(parser, &is_comparison, ret_node) ||
		(!is_comparison && parser->schema->is_loose &&
			!parse_field(parser, &is_comparison, ret_node)))
		return false;
	if (is_comparison)
		return true;
	if (at_keyword(parser, "and") || at_keyword(parser, "or"))
		return fail(parser, parser->at,
			"nothing stands before it; put the word in quotes to look for it");
	bool is_pattern = parser->text[parser->at] == '~';
	parser->at += is_pattern;
	if (!read_token(parser, &token))
		return false;
	unsigned flags =
		is_pattern || token.is_regex ? case_of(&token) : REGEX_LITERAL | REGEX_CASELESS;
	return add_matcher(parser, &token, FILTER_WHOLE, flags, false, ret_node);
}

static bool parse_or(struct parser *parser, unsigned *ret_node);

static bool parse_bracket(struct parser *parser, unsigned *ret_node)
{
	size_t open = parser->at++;
	if (!parse_or(parser, ret_node))
		return false;
	skip_blanks(parser);
	if (parser->text[parser->at] != ')')
		return fail(parser, open, "( is never closed");
	parser->at++;
	return true;
}

static bool parse_not(struct parser *parser, unsigned *ret_node)
{
	struct filter_node node = {.op = OP_NOT};
	skip_blanks(parser);
	if (parser->depth++ == LIMIT_FILTER_DEPTH)
		return fail(parser, parser->at, "nested deeper than %d", LIMIT_FILTER_DEPTH);
	bool negates = parser->text[parser->at] == '!' || at_keyword(parser, "not");
	bool parsed;
	if (negates) {
		parser->at += parser->text[parser->at] == '!' ? 1 : strlen("not");
		parsed = parse_not(parser, &node.left) && new_node(parser, node, ret_node);
	} else {
		parsed = parser->text[parser->at] == '(' ? parse_bracket(parser, ret_node)
							 : parse_term(parser, ret_node);
	}
	parser->depth--;
	return parsed;
}

static bool parse_and(struct parser *parser, unsigned *ret_node)
{
	if (!parse_not(parser, ret_node))
		return false;
	for (;;) {
		struct filter_node node = {.op = OP_AND, .left = *ret_node};
		skip_blanks(parser);
		char next = parser->text[parser->at];
		if (!next || next == ')' || at_keyword(parser, "or"))
			return true;
		take_keyword(parser, "and");
		if (!parse_not(parser, &node.right) || !new_node(parser, node, ret_node))
			return false;
	}
}

static bool parse_or(struct parser *parser, unsigned *ret_node)
{
	if (!parse_and(parser, ret_node))
		return false;
	for (;;) {
		struct filter_node node = {.op = OP_OR, .left = *ret_node};
		skip_blanks(parser);
		if (!take_keyword(parser, "or"))
			return true;
		if (!parse_and(parser, &node.right) || !new_node(parser, node, ret_node))
			return false;
	}
}

bool filter_parse(struct filter *filter, const char *expression, const struct filter_schema *schema,
	size_t *ret_at, struct err *err)
{
	struct parser parser = {.filter = filter, .schema = schema, .text = expression, .err = err};
	size_t length = strnlen(expression, LIMIT_FILTER_BYTES + 1);
	bool parsed;
	skip_blanks(&parser);
	if (length > LIMIT_FILTER_BYTES)
		parsed = fail(
			&parser, LIMIT_FILTER_BYTES, "longer than %d bytes", LIMIT_FILTER_BYTES);
	else if (!expression[parser.at])
		parsed = true;
	else
		parsed = parse_or(&parser, &filter->root);
	if (parsed && expression[parser.at])
		parsed = fail(&parser, parser.at, "')' without its '('");
	*ret_at = parser.at;
	return parsed;
}
