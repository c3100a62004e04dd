/* SPDX-License-Identifier: MIT */
#include "core/conf/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/internal.h"

/* clang-format off */
static const struct shipped {
	const char *name, *unit;
	double target, warn, crit;
	const char *query, *budget, *help;
} shipped[] = {
#define FIGURE(name, ...) {#name, __VA_ARGS__},
#include "core/conf/figures.def"
};
/* clang-format on */

enum { FILL_DEPTH = 4 }; /* a figure may name others, but not without end */

/* ---- which there are ---- */

static void add_shipped(struct figures *to)
{
	for (size_t i = 0; i < COUNT_OF(shipped); i++) {
		const struct shipped *it = &shipped[i];
		to->list[to->count++] = (struct figure){.name = it->name,
			.unit = it->unit,
			.help = it->help,
			.target = it->target,
			.warn = it->warn,
			.crit = it->crit,
			.below = it->crit < it->warn,
			.is_ours = true,
			.query = it->query,
			.budget = it->budget};
	}
}

static void set_text(const char **to, const char *text)
{
	if (text[0])
		*to = text;
}

static void set_number(double *to, double number)
{
	if (!isnan(number))
		*to = number;
}

static void take_settings(struct figures *to, const struct conf_figure *from)
{
	struct figure *figure = figures_find(to, from->name);
	if (!figure) {
		figure = &to->list[to->count++];
		*figure = (struct figure){.name = from->name,
			.unit = "",
			.help = "",
			.query = "",
			.budget = "",
			.target = NAN,
			.warn = NAN,
			.crit = NAN};
	}
	set_text(&figure->unit, from->unit);
	set_text(&figure->help, from->help);
	set_text(&figure->query, from->query);
	figure->is_ours = figure->is_ours && !from->query[0];
	set_text(&figure->budget, from->budget);
	set_number(&figure->target, from->target);
	set_number(&figure->warn, from->warn);
	set_number(&figure->crit, from->crit);
	figure->below = from->below || figure->crit < figure->warn;
}

struct figures *figures_new(const struct settings *settings)
{
	struct figures *all = xcalloc(1, sizeof(*all));
	size_t more = settings ? settings->figure_count : 0;
	all->list = xcalloc(COUNT_OF(shipped) + more, sizeof(*all->list));
	add_shipped(all);
	for (size_t i = 0; i < more; i++)
		take_settings(all, &settings->figures[i]);
	return all;
}

void figures_free(struct figures *figures)
{
	if (!figures)
		return;
	for (size_t i = 0; i < figures->count; i++)
		free(figures->list[i].changed);
	free(figures->list);
	free(figures);
}

static struct figure *find(const struct figures *figures, const char *name, size_t length)
{
	for (size_t i = 0; i < figures->count; i++)
		if (strlen(figures->list[i].name) == length &&
			memcmp(figures->list[i].name, name, length) == 0)
			return &figures->list[i];
	return NULL;
}

struct figure *figures_find(const struct figures *figures, const char *name)
{
	return find(figures, name, strlen(name));
}

const char *figure_query(const struct figure *figure)
{
	return figure->changed ? figure->changed : figure->query;
}

bool figure_is_shipped(const struct figure *figure)
{
	return figure->is_ours && !figure->changed;
}

void figure_change(struct figure *figure, const char *query)
{
	bool is_own = query && query[0] && strcmp(query, figure->query) != 0;
	char *changed = is_own ? xstrdup(query) : NULL;
	free(figure->changed);
	figure->changed = changed;
}

int figure_grade(const struct figure *figure, double value)
{
	if (figure->below)
		return value < figure->crit ? 2 : value < figure->warn ? 1 : 0;
	return value >= figure->crit ? 2 : value >= figure->warn ? 1 : 0;
}

/* ---- as the settings say it ---- */

static bool is_shipped(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(shipped); i++)
		if (strcmp(shipped[i].name, name) == 0)
			return true;
	return false;
}

/* It stands in a line on the screen; a comment would take the rest of it away. */
static void make_line(struct reader *reader, const struct node *node, const char *key, char *text)
{
	const struct node *child = child_of(node, key);
	if (child && strchr(text, '\n') && strchr(text, '#'))
		report_error(reader->report, child->place,
			"'%s' has several lines and a comment: leave the comment out", key);
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

void check_figure(struct reader *reader, const struct node *node, void *section)
{
	struct conf_figure *figure = section;
	if (!figure->query[0] && figure->name && !is_shipped(figure->name))
		report_error(reader->report, node->key ? node->key_place : node->place,
			"no figure '%.40s' is shipped: give its 'query'", figure->name);
	if (figure->below && figure->crit > figure->warn)
		report_error(reader->report, node->key ? node->key_place : node->place,
			"below: yes, and 'crit' is above 'warn': turn them round");
	if (figure->query[0])
		make_line(reader, node, "query", figure->query);
	if (figure->budget[0])
		make_line(reader, node, "budget", figure->budget);
}

/* ---- what is asked ---- */

struct fill {
	const struct figures *figures;
	const char *const *bots;
	size_t count;
	struct str *to;
	size_t place, from; /* the byte that is looked for, and which it comes from */
};

/* A name within a pattern within the quotes of PromQL. */
static void add_name(struct str *to, const char *name)
{
	for (; *name; name++) {
		if (strchr("\\^$.|?*+()[]{}", *name))
			str_adds(to, "\\\\");
		if (*name == '"' || *name == '\\')
			str_addch(to, '\\');
		str_addch(to, *name);
	}
}

static void add_bots(struct fill *fill)
{
	if (!fill->count)
		str_adds(fill->to, ".+");
	for (size_t i = 0; i < fill->count; i++) {
		str_adds(fill->to, i ? "|" : "");
		add_name(fill->to, fill->bots[i]);
	}
}

static void add_target(struct fill *fill, const struct figure *figure)
{
	str_addf(fill->to, "%.15g", figure->target);
}

static void add_text(struct fill *fill, const char *text, const struct figure *figure, int depth);

static void add_part(
	struct fill *fill, const struct figure *figure, const char *part, size_t length, int depth)
{
	bool is_target = length == 6 && memcmp(part, "target", length) == 0;
	if (is_target) {
		add_target(fill, figure);
		return;
	}
	str_addch(fill->to, '(');
	add_text(fill, length ? figure->budget : figure_query(figure), figure, depth + 1);
	str_addch(fill->to, ')');
}

static bool is_part(const char *part, size_t length)
{
	return !length ||
	       (length == 6 && (!memcmp(part, "budget", 6) || !memcmp(part, "target", 6)));
}

/* `$(name)` and `$(name.part)`: how many bytes of the text it took, 0: it is none. */
static size_t add_figure(struct fill *fill, const char *text, int depth)
{
	const char *end = text[1] == '(' ? strchr(text, ')') : NULL;
	if (!end || depth >= FILL_DEPTH)
		return 0;
	const char *dot = memchr(text, '.', (size_t)(end - text)), *name = text + 2;
	const char *name_end = dot ? dot : end, *part = dot ? dot + 1 : end;
	const struct figure *figure =
		name_end > name ? find(fill->figures, name, (size_t)(name_end - name)) : NULL;
	if (!figure || !is_part(part, (size_t)(end - part)))
		return 0;
	add_part(fill, figure, part, (size_t)(end - part), depth);
	return (size_t)(end - text) + 1;
}

/* A word with its `$`, which does not go on. */
static bool is_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	return strncmp(text, word, length) == 0 &&
	       !strchr("abcdefghijklmnopqrstuvwxyz_0123456789", text[length] ? text[length] : ' ');
}

/* What begins with `$`: how many bytes of the text it took, 0: it stands for itself. */
static size_t add_variable(
	struct fill *fill, const char *text, const struct figure *figure, int depth)
{
	if (is_word(text, "$bot")) {
		add_bots(fill);
		return 4;
	}
	if (figure && is_word(text, "$target")) {
		add_target(fill, figure);
		return 7;
	}
	return add_figure(fill, text, depth);
}

static void add_text(struct fill *fill, const char *text, const struct figure *figure, int depth)
{
	for (const char *at = text; *at;) {
		size_t took = *at == '$' ? add_variable(fill, at, figure, depth) : 0;
		if (!took) {
			str_addch(fill->to, *at);
			took = 1;
		}
		at += took;
		if (depth == 0 && fill->to->length <= fill->place)
			fill->from = (size_t)(at - text);
	}
}

char *figures_fill(
	const struct figures *figures, const char *text, const char *const *bots, size_t count)
{
	struct str to = STR_INIT;
	struct fill fill = {figures, bots, count, &to, 0, 0};
	add_text(&fill, text, NULL, 0);
	return str_detach(&to);
}

size_t figures_place(const struct figures *figures, const char *text, const char *const *bots,
	size_t count, size_t filled)
{
	autostr struct str to = STR_INIT;
	struct fill fill = {figures, bots, count, &to, filled, 0};
	add_text(&fill, text, NULL, 0);
	return fill.from;
}

char *figure_fill(const struct figures *figures, const struct figure *figure, bool is_budget,
	const char *const *bots, size_t count)
{
	struct str to = STR_INIT;
	struct fill fill = {figures, bots, count, &to, 0, 0};
	add_text(&fill, is_budget ? figure->budget : figure_query(figure), figure, 0);
	return str_detach(&to);
}
