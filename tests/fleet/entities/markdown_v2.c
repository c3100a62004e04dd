/* SPDX-License-Identifier: MIT */
/* parse_mode MarkdownV2: entities nest, and eighteen characters must be escaped wherever they mean nothing. */
#include "tests/fleet/entities/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

/* An entity that is open; `at` is the byte where it begins in the source. */
struct open_mark {
	enum entity_type type;
	char *argument;
	size_t at, offset, text_at;
};

struct markdown {
	struct source *source;
	struct formatted *to;
	struct err *err;
	struct open_mark open[NESTED_MAX];
	size_t depth;
	bool quoted; /* a block quotation is open */
};

static const struct mark {
	const char *begin, *end;
	enum entity_type type;
} marks[] = {
	/* the longer ones first */
	{"```", "```", ENTITY_pre},
	{"__", "__", ENTITY_underline},
	{"||", "||", ENTITY_spoiler},
	{"![", "]", ENTITY_custom_emoji},
	{"_", "_", ENTITY_italic},
	{"*", "*", ENTITY_bold},
	{"~", "~", ENTITY_strikethrough},
	{"`", "`", ENTITY_code},
	{"[", "]", ENTITY_text_link},
};

static bool comes(const struct source *source, const char *text)
{
	size_t length = strlen(text);
	return source->at + length <= source->length &&
	       memcmp(source->text + source->at, text, length) == 0;
}

static const struct open_mark *innermost(const struct markdown *md)
{
	return md->depth ? &md->open[md->depth - 1] : NULL;
}

/* The quotation that would end here; NULL: there is none, or something in it is still open. */
static const struct open_mark *innermost_quote(const struct markdown *md)
{
	const struct open_mark *open = innermost(md);
	return open && open->type == ENTITY_blockquote ? open : NULL;
}

static bool is_verbatim(const struct markdown *md)
{
	const struct open_mark *open = innermost(md);
	return open && (open->type == ENTITY_code || open->type == ENTITY_pre);
}

static bool is_reserved(const struct markdown *md, char ch)
{
	return ch && strchr(is_verbatim(md) ? "`" : "_*[]()~`>#+-=|{}.!\n", ch);
}

static bool refuse_reserved(struct markdown *md)
{
	return err_set(md->err, ERR_SYNTAX,
		"Character '%c' is reserved and must be escaped with the preceding '\\'",
		source_peek(md->source, 0));
}

static bool open_mark(struct markdown *md, enum entity_type type, size_t skip)
{
	struct source *source = md->source;
	size_t at = source->at;
	if (md->depth == NESTED_MAX)
		return err_set(md->err, ERR_LIMIT, "Too many nested entities");
	source->at += skip;
	char *language = type == ENTITY_pre ? read_language(source) : NULL;
	md->open[md->depth++] =
		(struct open_mark){type, language, at, md->to->units, md->to->text.length};
	return true;
}

static bool at_line_start(const struct source *source)
{
	return source->at == 0 || source_at(source, source->at - 1) == '\n';
}

/* A quotation begins with > at the start of a line, or with **> to be apart from the one before. */
static bool begin_quote(struct markdown *md)
{
	struct source *source = md->source;
	if (!at_line_start(source) || md->depth)
		return refuse_reserved(md);
	md->quoted = true;
	return open_mark(md, ENTITY_blockquote, comes(source, "**>") ? 3 : 1);
}

static void end_quote(struct markdown *md, const struct open_mark *quote, enum entity_type type)
{
	formatted_close(md->to, type, quote->offset, NULL);
	md->depth--;
	md->quoted = false;
}

static bool refuse_open(const struct markdown *md, const struct open_mark *open)
{
	bool named = open->type == ENTITY_pre && open->argument;
	return err_set(md->err, ERR_SYNTAX, "Can't find end of %s entity at byte offset %zu",
		named ? "PreCode" : entity_title(open->type), open->at);
}

/* The end of a line: the end of a quotation, unless the next line goes on with it. */
static bool take_line_end(struct markdown *md)
{
	struct source *source = md->source;
	const struct open_mark *quote = innermost_quote(md), *open = innermost(md);
	bool goes_on = source_peek(source, 1) == '>';
	if (quote && !goes_on)
		end_quote(md, quote, ENTITY_blockquote);
	else if (open && md->quoted && !goes_on)
		return refuse_open(md, open);
	source_copy(source, md->to);
	if (md->quoted)
		source->at++; /* the > */
	return true;
}

/* `||` right before the end of a quotation makes it one that expands. */
static bool ends_expandable(const struct markdown *md)
{
	const struct source *source = md->source;
	char next = source_peek(source, 2);
	return comes(source, "||") && (!next || (next == '\n' && source_peek(source, 3) != '>'));
}

static bool begin_entity(struct markdown *md)
{
	struct source *source = md->source;
	const struct open_mark *quote = innermost_quote(md);
	if (quote && ends_expandable(md)) {
		source->at += 2;
		end_quote(md, quote, ENTITY_expandable_blockquote);
		return true;
	}
	if (source_peek(source, 0) == '\n')
		return take_line_end(md);
	if (source_peek(source, 0) == '>' || (comes(source, "**>") && at_line_start(source)))
		return begin_quote(md);
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (comes(source, marks[i].begin))
			return open_mark(md, marks[i].type, strlen(marks[i].begin));
	return refuse_reserved(md);
}

static bool ends_innermost(const struct markdown *md)
{
	const struct open_mark *open = innermost(md);
	if (open && open->type == ENTITY_italic && comes(md->source, "__"))
		return false;
	for (size_t i = 0; open && i < COUNT_OF(marks); i++)
		if (marks[i].type == open->type)
			return comes(md->source, marks[i].end);
	return false;
}

/* What stands in the parentheses at the parser's place, which it then has passed; NULL: they do not end. */
static char *read_target(struct source *source)
{
	autostr struct str url = STR_INIT;
	source->at++;
	while (source->at < source->length && source_peek(source, 0) != ')') {
		char next = source_peek(source, 1);
		if (source_peek(source, 0) == '\\' && next > 0 && next <= 126)
			source->at++;
		str_addch(&url, source->text[source->at++]);
	}
	if (source->at >= source->length)
		return NULL;
	source->at++;
	return str_detach(&url);
}

static bool end_link(struct markdown *md, const struct open_mark *open)
{
	struct source *source = md->source;
	if (source_peek(source, 0) != '(') {
		formatted_link(md->to, open->offset, xstrdup(md->to->text.text + open->text_at));
		return true;
	}
	size_t begin = source->at + 1;
	char *url = read_target(source);
	if (!url)
		return err_set(
			md->err, ERR_SYNTAX, "Can't find end of a URL at byte offset %zu", begin);
	formatted_link(md->to, open->offset, url);
	return true;
}

static bool end_emoji(struct markdown *md, const struct open_mark *open)
{
	static const char scheme[] = "tg://emoji?id=";
	struct source *source = md->source;
	if (source_peek(source, 0) != '(')
		return err_set(
			md->err, ERR_SYNTAX, "Custom emoji entity must contain a tg://emoji URL");
	size_t begin = source->at + 1;
	autofree char *url = read_target(source);
	if (!url)
		return err_set(md->err, ERR_SYNTAX,
			"Can't find end of a custom emoji URL at byte offset %zu", begin);
	if (strncasecmp(url, scheme, strlen(scheme)) != 0)
		return err_set(
			md->err, ERR_SYNTAX, "Custom emoji URL must have an emoji identifier");
	formatted_close(md->to, open->type, open->offset, xstrdup(url + strlen(scheme)));
	return true;
}

static bool end_entity(struct markdown *md)
{
	struct open_mark *open = &md->open[--md->depth];
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (marks[i].type == open->type)
			md->source->at += strlen(marks[i].end);
	if (open->type == ENTITY_text_link)
		return end_link(md, open);
	if (open->type == ENTITY_custom_emoji)
		return end_emoji(md, open);
	formatted_close(md->to, open->type, open->offset, open->argument);
	return true;
}

static bool step(struct markdown *md)
{
	struct source *source = md->source;
	char ch = source_peek(source, 0), next = source_peek(source, 1);
	if (ch == '\\' && next > 0 && next <= 126) {
		source->at++;
		source_copy(source, md->to);
		return true;
	}
	if (!is_reserved(md, ch)) {
		source_copy(source, md->to);
		return true;
	}
	if (ends_innermost(md))
		return end_entity(md);
	if (is_verbatim(md)) { /* a lone ` in a ``` block */
		source_copy(source, md->to);
		return true;
	}
	return begin_entity(md);
}

bool parse_markdown_v2(struct source *source, struct formatted *to, struct err *err)
{
	struct markdown md = {.source = source, .to = to, .err = err};
	bool good = true;
	while (good && source->at < source->length)
		good = step(&md);
	const struct open_mark *quote = innermost_quote(&md);
	if (good && quote)
		end_quote(&md, quote, ENTITY_blockquote);
	const struct open_mark *open = innermost(&md);
	if (good && open)
		good = refuse_open(&md, open);
	while (md.depth)
		free(md.open[--md.depth].argument);
	return good;
}
