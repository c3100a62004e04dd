/* SPDX-License-Identifier: MIT */
/*
 * libfyaml's event stream becomes our own tree, so that every limit is ours: nothing is built that
 * a limit does not allow, and an alias is refused before anything expands.
 */
#include "core/conf/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/conf/arena.h"
#include "core/parse/yaml_guard.h"

struct builder {
	struct arena *arena;
	struct report *report;
	struct node *open[YAML_DEPTH_MAX]; /* from the root to the innermost */
	size_t depth, nodes, documents;
	struct node *root;
	char *key; /* of the mapping value that comes next */
	struct place key_place;
};

static struct place place_of(const struct fy_mark *mark)
{
	return mark ? (struct place){mark->line + 1, mark->column + 1} : (struct place){1, 1};
}

static struct node *inner(struct builder *builder)
{
	return builder->depth ? builder->open[builder->depth - 1] : NULL;
}

static void append(struct node *parent, struct node *node)
{
	*(parent->last ? &parent->last->next : &parent->first) = node;
	parent->last = node;
	parent->count++;
}

/* Puts a new node where the stream is; NULL after a finding that ends the reading. */
static struct node *place_node(struct builder *builder, enum node_type type, struct place place)
{
	struct node *parent = inner(builder);
	if (++builder->nodes > YAML_NODES_MAX) {
		report_error(builder->report, place, "more than %d values: split the fleet",
			YAML_NODES_MAX);
		return NULL;
	}
	struct node *node = arena_alloc(builder->arena, sizeof(*node));
	*node = (struct node){.type = type, .place = place};
	if (parent && parent->type == NODE_MAP) {
		node->key = builder->key;
		node->key_place = builder->key_place;
		builder->key = NULL;
	}
	if (parent)
		append(parent, node);
	else
		builder->root = node;
	return node;
}

static bool wants_key(struct builder *builder)
{
	struct node *parent = inner(builder);
	return parent && parent->type == NODE_MAP && !builder->key;
}

static bool take_scalar(struct builder *builder, struct fy_token *token, struct place place)
{
	size_t length = 0;
	const char *text = token ? fy_token_get_text(token, &length) : "";
	if (!text)
		text = "";
	if (memchr(text, '\0', length))
		return report_error(builder->report, place, "a NUL byte in the text: remove it");
	if (looks_like_token(text, length))
		return report_secret(builder->report, place,
			"a bot token does not belong in this file: put it in a file of its own "
			"(chmod 600) and write `token: {file: PATH}`");
	if (wants_key(builder)) {
		builder->key = arena_text_n(builder->arena, text, length);
		builder->key_place = place;
		return true;
	}
	if (!length && builder->key) /* nothing after the colon has no place of its own */
		place = builder->key_place;
	struct node *node = place_node(builder, NODE_SCALAR, place);
	if (!node)
		return false;
	node->text = arena_text_n(builder->arena, text, length);
	node->quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
	return true;
}

static bool take_start(struct builder *builder, enum node_type type, struct place place)
{
	if (wants_key(builder))
		return report_error(builder->report, place, "a key must be plain text");
	if (builder->depth == YAML_DEPTH_MAX)
		return report_error(
			builder->report, place, "nested deeper than %d levels", YAML_DEPTH_MAX);
	struct node *node = place_node(builder, type, place);
	if (!node)
		return false;
	builder->open[builder->depth++] = node;
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *const *one = a, *const *other = b;
	int order = strcmp((*one)->key, (*other)->key);
	if (order)
		return order;
	order = (*one)->key_place.line - (*other)->key_place.line;
	return order ? order : (*one)->key_place.column - (*other)->key_place.column;
}

static bool keys_differ(struct builder *builder, const struct node *map)
{
	const struct node **sorted = xcalloc(map->count + 1, sizeof(*sorted));
	size_t count = 0;
	bool fine = true;
	for (const struct node *child = map->first; child; child = child->next)
		sorted[count++] = child;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < count && fine; i++)
		if (!strcmp(sorted[i]->key, sorted[i - 1]->key))
			fine = report_error(builder->report, sorted[i]->key_place,
				"'%.60s' is given twice, first in line %d: keep one",
				sorted[i]->key, sorted[i - 1]->key_place.line);
	free(sorted);
	return fine;
}

static bool take_end(struct builder *builder)
{
	const struct node *node = inner(builder);
	if (!node)
		return report_error(
			builder->report, (struct place){1, 1}, "an end of nothing that began");
	builder->depth--;
	return node->type != NODE_MAP || keys_differ(builder, node);
}

static bool take_document(struct builder *builder, struct place place)
{
	return ++builder->documents == 1 || report_error(builder->report, place,
						    "a second document: one file holds one, remove "
						    "what follows `---`");
}

static bool is_plain(struct builder *builder, struct fy_event *event, struct place place)
{
	if (event->type == FYET_ALIAS)
		return report_error(builder->report, place,
			"an alias (*name) is not allowed: write the value itself");
	struct fy_token *anchor = fy_event_get_anchor_token(event);
	if (anchor)
		return report_error(builder->report, place_of(fy_token_start_mark(anchor)),
			"an anchor (&name) is not allowed: write the value where it is used");
	struct fy_token *tag = fy_event_get_tag_token(event);
	if (tag)
		return report_error(builder->report, place_of(fy_token_start_mark(tag)),
			"a tag (!name) is not allowed: remove it");
	return true;
}

static bool take_event(struct builder *builder, struct fy_event *event)
{
	struct place place = place_of(fy_event_start_mark(event));
	if (!is_plain(builder, event, place))
		return false;
	switch ((int)event->type) {
	case FYET_DOCUMENT_START:
		return take_document(builder, place);
	case FYET_MAPPING_START:
		return take_start(builder, NODE_MAP, place);
	case FYET_SEQUENCE_START:
		return take_start(builder, NODE_LIST, place);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		return take_end(builder);
	case FYET_SCALAR:
		return take_scalar(builder, event->scalar.value, place);
	default:
		return true;
	}
}

/* ---- what is said better than the library does ---- */

static struct place place_at(const struct report *report, size_t offset)
{
	struct place place = {1, 1};
	for (size_t i = 0; i < offset; i++) {
		bool continues = ((unsigned char)report->text[i] & 0xc0) == 0x80;
		place.column = report->text[i] == '\n' ? 1 : place.column + !continues;
		place.line += report->text[i] == '\n';
	}
	return place;
}

static bool is_control(unsigned char byte)
{
	return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

static bool is_text(struct report *report)
{
	for (size_t at = 0; at < report->length;) {
		unsigned char byte = (unsigned char)report->text[at];
		struct utf8_char next = utf8_next(report->text + at, report->length - at);
		if (!next.valid)
			return report_error(report, place_at(report, at),
				"byte 0x%02x is not UTF-8: save the file as UTF-8", byte);
		if (is_control(byte))
			return report_error(report, place_at(report, at),
				"byte 0x%02x is not text: is this the right file?", byte);
		at += next.size;
	}
	return true;
}

/* The first line that a tab indents. */
static bool find_tab(const struct report *report, struct place *ret)
{
	for (size_t at = 0; at < report->length; at++) {
		while (at < report->length && report->text[at] == ' ')
			at++;
		if (at == report->length)
			return false;
		if (report->text[at] == '\t') {
			*ret = place_at(report, at);
			return true;
		}
		const char *end = memchr(report->text + at, '\n', report->length - at);
		if (!end)
			return false;
		at = (size_t)(end - report->text);
	}
	return false;
}

/* The library's own words, unless we can say better what to do. */
static bool report_syntax(struct report *report, struct fy_diag *diag)
{
	void *at = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(diag, &at);
	struct place place;
	if (find_tab(report, &place))
		return report_error(report, place, "a tab indents this line: use blanks");
	if (!error)
		return report_error(report, (struct place){0}, "not YAML");
	place = (struct place){
		error->line > 0 ? error->line : 1, error->column > 0 ? error->column : 1};
	return report_error(report, place, "not YAML here: %s", error->msg ? error->msg : "syntax");
}

static bool read_events(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	for (;;) {
		struct fy_event *event = fy_parser_parse(parser);
		if (!event)
			break;
		bool ends = event->type == FYET_STREAM_END, fine = take_event(builder, event);
		fy_parser_event_free(parser, event);
		if (!fine || ends)
			return fine;
	}
	return report_syntax(builder->report, diag);
}

static struct fy_diag *quiet_diag(void)
{
	struct fy_diag_cfg config;
	fy_diag_cfg_default(&config);
	config.fp = NULL;
	struct fy_diag *diag = fy_diag_create(&config);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

enum { PARSER_NEEDS = 256 << 10 };

/* libfyaml 0.7 crashes where it finds no memory; what it takes is a small multiple of the text. */
static bool read_text(struct builder *builder)
{
	mem_assure(PARSER_NEEDS + 16 * builder->report->length);
	struct fy_diag *diag = quiet_diag();
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
					       FYPCF_DISABLE_MMAP_OPT | FYPCF_JSON_NONE,
		.diag = diag};
	struct fy_parser *parser = fy_parser_create(&config);
	struct report *report = builder->report;
	bool fine = parser && !fy_parser_set_string(parser, report->text, report->length);
	fine = fine ? read_events(builder, parser, diag)
		    : report_error(report, (struct place){0}, "cannot read it as YAML");
	fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	return fine;
}

static bool is_safe(struct report *report)
{
	size_t at;
	const char *why;
	return !yaml_is_dangerous(report->text, report->length, &at, &why) ||
	       report_error(report, place_at(report, at), "%s", why);
}

bool yaml_read(struct arena *arena, struct report *report, struct node **ret)
{
	struct builder builder = {.arena = arena, .report = report};
	if (!is_text(report) || !is_safe(report) || !read_text(&builder))
		return false;
	if (!builder.root || (builder.root->type == NODE_SCALAR && !*builder.root->text)) {
		builder.root = arena_alloc(arena, sizeof(struct node));
		*builder.root = (struct node){.type = NODE_MAP, .place = {1, 1}};
	}
	*ret = builder.root;
	return true;
}
