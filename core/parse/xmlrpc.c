/* SPDX-License-Identifier: MIT */
#include "core/parse/xmlrpc.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"

#define NUMBER_MAX INT64_C(1000000000000) /* pids, statuses, times in seconds */
enum { DEPTH_MAX = 16, VALUES_MAX = 1 << 20, FAULT_CELLS = 120 };

struct reading {
	XML_Parser parser;
	struct xmlrpc_value *root, *open[DEPTH_MAX];
	size_t depth, values;
	struct str text; /* since the last tag */
	struct str name; /* of the member that is open */
	bool is_answer, is_fault, is_typed;
	const char *trouble; /* NULL: none */
};

/* ---- the tree ---- */

void xmlrpc_free(struct xmlrpc_value *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < value->count; i++)
		xmlrpc_free(value->items[i]);
	free(value->items);
	free(value->name);
	free(value->text);
	free(value);
}

static const struct xmlrpc_value *member(const struct xmlrpc_value *record, const char *name)
{
	if (record->kind == XMLRPC_RECORD)
		for (size_t i = 0; i < record->count; i++)
			if (strcmp(record->items[i]->name, name) == 0)
				return record->items[i];
	return NULL;
}

const char *xmlrpc_text(const struct xmlrpc_value *record, const char *name)
{
	const struct xmlrpc_value *found = member(record, name);
	return found ? found->text : "";
}

int64_t xmlrpc_number(const struct xmlrpc_value *record, const char *name)
{
	const char *text = xmlrpc_text(record, name);
	char *end = NULL;
	long long value = strtoll(text, &end, 10);
	bool fits = value > -NUMBER_MAX && value < NUMBER_MAX;
	return *text && !*end && fits ? value : 0;
}

/* ---- what expat tells ---- */

static void stop(struct reading *reading, const char *trouble)
{
	if (!reading->trouble)
		reading->trouble = trouble;
	XML_StopParser(reading->parser, XML_FALSE);
}

static struct xmlrpc_value *innermost(const struct reading *reading)
{
	return reading->depth ? reading->open[reading->depth - 1] : NULL;
}

static void add_item(struct xmlrpc_value *parent, struct xmlrpc_value *item)
{
	parent->items = grow(
		parent->items, parent->count, &parent->capacity, sizeof(struct xmlrpc_value *));
	parent->items[parent->count++] = item;
}

static void begin_value(struct reading *reading)
{
	struct xmlrpc_value *parent = innermost(reading);
	if (parent ? parent->kind == XMLRPC_TEXT : reading->root != NULL) {
		stop(reading, "a value stands where none can be");
		return;
	}
	if (reading->depth == DEPTH_MAX || reading->values == VALUES_MAX) {
		stop(reading, "there are too many values");
		return;
	}
	struct xmlrpc_value *value = xcalloc(1, sizeof(*value));
	reading->values++;
	value->text = xstrdup("");
	value->name = xstrdup(parent && parent->kind == XMLRPC_RECORD ? reading->name.text : "");
	reading->open[reading->depth++] = value;
	reading->is_typed = false;
	if (parent)
		add_item(parent, value);
	else
		reading->root = value;
}

/* A value without a type is a text. */
static void end_value(struct reading *reading)
{
	struct xmlrpc_value *value = innermost(reading);
	if (!value)
		return;
	if (!reading->is_typed && value->kind == XMLRPC_TEXT) {
		free(value->text);
		value->text = xstrdup(reading->text.text);
	}
	reading->depth--;
	reading->is_typed = true;
}

static void begin_type(struct reading *reading, enum xmlrpc_kind kind)
{
	struct xmlrpc_value *value = innermost(reading);
	if (value) {
		value->kind = kind;
		reading->is_typed = true;
	} else {
		stop(reading, "a type stands outside of a value");
	}
}

static void end_scalar(struct reading *reading)
{
	struct xmlrpc_value *value = innermost(reading);
	if (!value || value->kind != XMLRPC_TEXT)
		return;
	free(value->text);
	value->text = xstrdup(reading->text.text);
	reading->is_typed = true;
}

static const char *const scalars[] = {
	"string", "int", "i4", "i8", "boolean", "double", "dateTime.iso8601", "base64", "nil"};

static bool is_scalar(const char *tag)
{
	for (size_t i = 0; i < COUNT_OF(scalars); i++)
		if (strcmp(scalars[i], tag) == 0)
			return true;
	return false;
}

static void XMLCALL on_begin(void *context, const char *tag, const char **attributes)
{
	struct reading *reading = context;
	(void)attributes;
	str_clear(&reading->text);
	if (strcmp(tag, "methodResponse") == 0)
		reading->is_answer = true;
	else if (!reading->is_answer)
		stop(reading, "it is no methodResponse");
	else if (strcmp(tag, "fault") == 0)
		reading->is_fault = true;
	else if (strcmp(tag, "value") == 0)
		begin_value(reading);
	else if (strcmp(tag, "array") == 0)
		begin_type(reading, XMLRPC_LIST);
	else if (strcmp(tag, "struct") == 0)
		begin_type(reading, XMLRPC_RECORD);
}

static void XMLCALL on_end(void *context, const char *tag)
{
	struct reading *reading = context;
	if (strcmp(tag, "value") == 0) {
		end_value(reading);
	} else if (strcmp(tag, "name") == 0) {
		str_clear(&reading->name);
		str_adds(&reading->name, reading->text.text);
	} else if (is_scalar(tag)) {
		end_scalar(reading);
	}
	str_clear(&reading->text);
}

static void XMLCALL on_text(void *context, const char *bytes, int length)
{
	struct reading *reading = context;
	str_add(&reading->text, bytes, (size_t)length);
}

static void XMLCALL on_doctype(
	void *context, const char *name, const char *system, const char *public, int has_internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	stop(context, "it has a document type");
}

/* ---- the whole ---- */

static bool parse(struct reading *reading, const char *bytes, size_t length, struct err *err)
{
	XML_SetUserData(reading->parser, reading);
	XML_SetElementHandler(reading->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(reading->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
	bool is_well = length <= INT_MAX &&
		       XML_Parse(reading->parser, bytes, (int)length, 1) == XML_STATUS_OK;
	if (is_well && reading->root)
		return true;
	const char *why = reading->trouble ? reading->trouble
			  : is_well        ? "it holds no value"
					   : XML_ErrorString(XML_GetErrorCode(reading->parser));
	return err_set(err, ERR_PROTOCOL, "invalid XML-RPC answer (line %lu): %s",
		(unsigned long)XML_GetCurrentLineNumber(reading->parser), why);
}

static bool say_fault(const struct xmlrpc_value *root, struct err *err)
{
	autostr struct str text = STR_INIT;
	const char *words = xmlrpc_text(root, "faultString");
	sanitize_clip(&text, words, strlen(words), FAULT_CELLS);
	return err_set(
		err, ERR_REFUSED, "fault %.20s: %s", xmlrpc_text(root, "faultCode"), text.text);
}

bool xmlrpc_read(const char *bytes, size_t length, struct xmlrpc_value **ret, struct err *err)
{
	struct reading reading = {
		.parser = XML_ParserCreate(NULL), .text = STR_INIT, .name = STR_INIT};
	if (!reading.parser)
		out_of_memory();
	bool is_well = parse(&reading, bytes, length, err);
	if (is_well && reading.is_fault)
		is_well = say_fault(reading.root, err);
	XML_ParserFree(reading.parser);
	str_release(&reading.text);
	str_release(&reading.name);
	if (is_well)
		*ret = reading.root;
	else
		xmlrpc_free(reading.root);
	return is_well;
}
