/* SPDX-License-Identifier: MIT */
#include "tests/support/hostile_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "tests/support/curses_line.h"
#include "tests/support/hostile_text.h"
#include "tests/support/puppet.h"
#include "themes/theme.h"
#include "widgets/canvas.h"

enum { LONG_BYTES = 2000, LONG_EVERY = 16 };

static const struct {
	int rows, columns;
} sizes[] = {{24, 80}, {45, 160}, {12, 40}};

/* What an operator presses to see it. */
static const struct view {
	const char *keys;
	enum {
		STAYS,   /* shows what is, as it is told */
		REPLIES, /* also what was answered to a key: that is asked anew for each text */
		OPENS, /* shows what was when the key was pressed: it is opened anew for each text, of `only` */
	} how;
	enum msg_kind
		only; /* of these messages; MSG_none: of any. What STAYS is for texts of all, where there is time */
} views[] = {
	{"1", STAYS, MSG_none},
	{"1 j", STAYS, MSG_none},
	{"1 j j 2", STAYS, MSG_bot},
	{"2", STAYS, MSG_bot},
	{"2 G", STAYS, MSG_bot},
	{"1 j 2", STAYS, MSG_bot},
	{"1 j 2 PgDn", STAYS, MSG_bot},
	{"1 j j 2 PgDn", STAYS, MSG_bot},
	{"2 PgDn", STAYS, MSG_bot},
	{"2 PgDn PgDn", STAYS, MSG_bot},
	{"1 Enter", STAYS, MSG_none},
	{"3", STAYS, MSG_none},
	{"3 G", STAYS, MSG_alert},
	{"3 Enter", STAYS, MSG_alert},
	{"4", STAYS, MSG_none},
	{"4 l l l", STAYS, MSG_win_points},
	{"4 m", STAYS, MSG_win_points},
	{"4 Enter e C-u a {", STAYS, MSG_win_points},
	{"5", STAYS, MSG_none},
	{"5 k", STAYS, MSG_win_rows},
	{"1 l", STAYS, MSG_win_rows},
	{"5 k k v", STAYS, MSG_win_rows},
	{"5 k k v", REPLIES, MSG_line},
	{"5 k k v PgDn", REPLIES, MSG_line},
	{"5 : c o l u m n s Space m s Space u s e r Enter", STAYS, MSG_win_rows},
	{"5 C m s Space u s e r Enter +", STAYS, MSG_win_rows},
	/* with bars, and the bots and filters in the title */
	{"1 j l", OPENS, MSG_bot},
	{"1 j l k", STAYS, MSG_win_rows},
	{"1 Space Space l & o r d e r Enter & t a k e n Enter", OPENS, MSG_bot},
	{"1 l & o r d e r Enter F", STAYS, MSG_win_rows},
	/* an id of others becomes a filter: in the title, in the list of filters, and over what can be done with it */
	{"5 k k c", OPENS, MSG_win_rows},
	{"5 k k c F", OPENS, MSG_win_rows},
	{"5 k k c F Enter", OPENS, MSG_win_rows},
	{"5 k m '", OPENS, MSG_win_rows},
	{"5 k M x Enter '", OPENS, MSG_win_rows},
	{"5 .", OPENS, MSG_engine},
	{"5 / o r d e r Enter n", STAYS, MSG_win_rows},
	{"6", STAYS, MSG_operation},
	{"6 j", STAYS, MSG_operation},
	{"6 Enter", STAYS, MSG_operation},
	{"7", STAYS, MSG_service},
	{"7 j", STAYS, MSG_service},
	{"7 G", STAYS, MSG_service},
	{"7 Enter", STAYS, MSG_service},
	{"7 j Enter", STAYS, MSG_service},
	{"7 j j Enter", STAYS, MSG_service},
	{"7 j j j Enter", STAYS, MSG_service},
	{"7 G Enter", STAYS, MSG_service},
	{"1 : s t r e a m s Enter", STAYS, MSG_stream},
	{"1 : s t r e a m s Enter G Enter", STAYS, MSG_stream},
	{"1 : s t r e a m s Enter / e v", STAYS, MSG_stream},
	{"8", STAYS, MSG_check},
	{"8 j", STAYS, MSG_check},
	{"8 G Enter", STAYS, MSG_check},
	{"1 / o r", STAYS, MSG_none},
	{"1 o", STAYS, MSG_none},
	{"1 P", STAYS, MSG_none},
	{"1 ?", STAYS, MSG_none},
	{"1 .", OPENS, MSG_engine},
	{"1 j .", OPENS, MSG_bot},
	{"1 j r", OPENS, MSG_bot},
	{"7 b", OPENS, MSG_backup},
	{"7 b Enter", REPLIES, MSG_plan},
	{"1 r", REPLIES, MSG_none},
	{"1 r S-Tab o r d e r s S-Tab w h y Tab Tab Tab Enter", REPLIES, MSG_accepted},
	{"1 :", STAYS, MSG_none},
	{"1 : b a c k u p Space", OPENS, MSG_backup},
	{"1 : v e r b Space", OPENS, MSG_verb},
	{"1 : v e r b Space d r a i n Enter", REPLIES, MSG_plan},
	{"1 : r e l o a d Enter", REPLIES, MSG_answer},
	{"1 !", REPLIES, MSG_none},
	{"6 x", STAYS, MSG_operation},
	{"6 x", OPENS, MSG_operation},
	{"6 x Tab Enter", REPLIES, MSG_answer},
};

static const struct view refused[] = {
	{"2", STAYS, MSG_none},
	{"4", STAYS, MSG_none},
	{"4 Enter", STAYS, MSG_none},
	{"5", STAYS, MSG_none},
	{"5 Enter", STAYS, MSG_none},
	{"5 + +", STAYS, MSG_none},
	{"1 r", REPLIES, MSG_plan},
	{"1 .", OPENS, MSG_engine},
	{"1 : s t a r t Enter", OPENS, MSG_engine},
};

static const struct {
	const char *path;
	const struct view *views;
	size_t count;
} scenes[] = {{"tests/hostile/scene", views, COUNT_OF(views)},
	{"tests/hostile/scene_refused", refused, COUNT_OF(refused)}};

/* Two screens that are told the same but for one text. */
struct pair {
	struct scene_script hostile, twin;
	struct puppet *screen, *other;
	const struct view *view;
	int rows, columns;
};

struct field {
	char *name;
	bool shown; /* of any entity */
};

struct walker {
	struct hostile_walk *walk;
	struct theme theme;
	struct curses_line *line;
	struct pair pair;
	bool *shown; /* by message and text of the scene */
	size_t turn;
	struct field *fields; /* every one once */
	size_t field_count, field_capacity;
};

static void tell(struct walker *walker, const char *what, const char *where)
{
	struct hostile_walk *walk = walker->walk;
	autofree char *sentence = xasprintf("%s: %s", where, what);
	if (!walk->faults++)
		copy_text(walk->first, sizeof(walk->first), sentence);
	if (walk->tell)
		walk->tell(sentence);
}

/* ---- the pair ---- */

static void open_screens(struct pair *pair)
{
	puppet_free(pair->screen);
	puppet_free(pair->other);
	pair->screen = puppet_new(&pair->hostile, pair->rows, pair->columns);
	pair->other = puppet_new(&pair->twin, pair->rows, pair->columns);
	puppet_keys(pair->screen, pair->view->keys);
	puppet_keys(pair->other, pair->view->keys);
}

/* Both are told a text of their own; what they show afterwards is the same but for that. */
static void set_texts(
	struct pair *pair, size_t message, size_t text, const char *hostile, const char *twin)
{
	struct msg_any one = scene_replace(&pair->hostile, message, text, hostile),
		       other = scene_replace(&pair->twin, message, text, twin);
	bool sent = pair->view->how != OPENS && puppet_send(pair->screen, message) &&
		    puppet_send(pair->other, message);
	if (!sent)
		open_screens(pair);
	scene_restore(&pair->hostile, message, one);
	scene_restore(&pair->twin, message, other);
}

static bool is_reply(const struct pair *pair, size_t message)
{
	enum msg_kind kind = pair->hostile.messages[message].kind;
	return kind == MSG_plan || kind == MSG_accepted || kind == MSG_line || kind == MSG_answer ||
	       kind == MSG_welcome;
}

/* ---- what is looked at ---- */

static bool grids_differ(const struct grid *a, const struct grid *b)
{
	for (int row = 0; row < a->rows; row++)
		if (grid_row_changes(a, b, row))
			return true;
	return false;
}

static void compare_grids(struct walker *walker, const char *where)
{
	const struct grid *grid = puppet_grid(walker->pair.screen),
			  *twin = puppet_grid(walker->pair.other);
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++) {
			const struct cell *one = grid_cell(grid, row, column),
					  *other = grid_cell(twin, row, column);
			walker->walk->cells++;
			if (payload_cells_agree(one, other))
				continue;
			autofree char *what = xasprintf(
				"row %d, column %d is '%s' where a harmless text leaves '%s'", row,
				column, one->text, other->text);
			tell(walker, what, where);
			return;
		}
}

static void capture(struct walker *walker)
{
	autostr struct str picture = STR_INIT;
	const struct str *bytes = curses_line_bytes(walker->line);
	curses_line_picture(walker->line, &picture);
	fprintf(walker->walk->capture, "%d %d %zu %zu\n", walker->pair.rows, walker->pair.columns,
		bytes->length, picture.length);
	fwrite(bytes->text, 1, bytes->length, walker->walk->capture);
	fwrite(picture.text, 1, picture.length, walker->walk->capture);
}

static void show(struct walker *walker, const char *where)
{
	autostr struct str wrong = STR_INIT;
	curses_line_show(walker->line, puppet_grid(walker->pair.screen), &wrong);
	walker->walk->pictures++;
	if (wrong.length)
		tell(walker, wrong.text, where);
	if (walker->walk->capture)
		capture(walker);
}

static char *place_of(const struct walker *walker, size_t message, size_t text, const char *payload)
{
	autostr struct str name = STR_INIT;
	scene_text_name(&walker->pair.hostile, message, text, &name);
	return xasprintf("%s in %s on '%s' at %dx%d", payload, name.text, walker->pair.view->keys,
		walker->pair.columns, walker->pair.rows);
}

static void try_payload(
	struct walker *walker, size_t message, size_t text, const struct payload *payload)
{
	autostr struct str hostile = STR_INIT, twin = STR_INIT;
	autofree char *where = place_of(walker, message, text, payload->name);
	payload_add(payload, &hostile);
	payload_twin(hostile.text, hostile.length, &twin);
	set_texts(&walker->pair, message, text, hostile.text, twin.text);
	compare_grids(walker, where);
	show(walker, where);
}

/* Two names that differ in nothing that can be seen must be told apart. */
static void try_unseen(
	struct walker *walker, size_t message, size_t text, const struct payload *payload)
{
	autostr struct str bytes = STR_INIT;
	autofree char *where = place_of(walker, message, text, payload->name);
	payload_add(payload, &bytes);
	autofree char *other = xasprintf("pay%sment", bytes.text);
	set_texts(&walker->pair, message, text, "payment", other);
	if (!grids_differ(puppet_grid(walker->pair.screen), puppet_grid(walker->pair.other)))
		tell(walker, "it looks like a text without", where);
}

static bool is_long(const struct payload *payload)
{
	return strlen(payload->unit) * payload->times > LONG_BYTES;
}

/* A walk in part takes others for each text; long ones take long, so that fewer texts get them. */
static bool is_due(const struct walker *walker, size_t index, const struct payload *payload)
{
	size_t every = walker->walk->every * (is_long(payload) ? LONG_EVERY : 1);
	return (walker->turn * 7 + index) % every == 0;
}

static bool is_shown_as_text(const struct walker *walker, const char *words)
{
	autostr struct str text = STR_INIT;
	grid_dump_text(puppet_grid(walker->pair.screen), &text);
	return strstr(text.text, words) != NULL;
}

/* Afterwards the two have seen other things, and one may still wait for what the other has: they begin anew. */
static void try_all_unseen(struct walker *walker, size_t message, size_t text)
{
	const struct payload *payload;
	for (size_t i = 0; (payload = payload_at(i)); i++)
		if (payload->unseen && is_due(walker, i, payload))
			try_unseen(walker, message, text, payload);
	open_screens(&walker->pair);
}

static void try_text(struct walker *walker, size_t message, size_t text)
{
	struct pair *pair = &walker->pair;
	set_texts(pair, message, text, "payment", "payment");
	bool as_text = is_shown_as_text(walker, "payment");
	const struct payload *payload;
	for (size_t i = 0; (payload = payload_at(i)); i++)
		if (is_due(walker, i, payload))
			try_payload(walker, message, text, payload);
	if (as_text)
		try_all_unseen(walker, message, text);
	walker->turn++;
	if (as_text || pair->view->how == OPENS)
		return;
	(void)puppet_send(pair->screen, message);
	(void)puppet_send(pair->other, message);
}

/* Whether this view shows it: another word there changes the picture. One that is not shown stays. */
static bool is_shown(struct walker *walker, size_t message, size_t text)
{
	struct pair *pair = &walker->pair;
	enum msg_kind kind = pair->hostile.messages[message].kind;
	bool is_bound = pair->view->how != STAYS || walker->walk->one_view;
	if (is_bound && pair->view->only != MSG_none && pair->view->only != kind)
		return false;
	if (is_reply(pair, message) && pair->view->how != REPLIES)
		return false;
	set_texts(pair, message, text, "qqqq marked", "wwww marked");
	return grids_differ(puppet_grid(pair->screen), puppet_grid(pair->other));
}

/* ---- what no view draws ---- */

static const struct {
	const char *name, *why;
} unshown[] = {
#define UNSHOWN(name, why) {name, why},
#include "tests/hostile/unshown.def"
#undef UNSHOWN
};

static bool is_listed(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(unshown); i++)
		if (strcmp(unshown[i].name, name) == 0)
			return true;
	return false;
}

/* Those that are looked for once are not looked for where they cannot be. */
static void skip_listed(struct walker *walker)
{
	const struct scene_script *scene = &walker->pair.hostile;
	size_t number = 0;
	for (size_t message = 0; message < scene->count; message++)
		for (size_t text = 0; text < scene_texts(scene, message); text++, number++) {
			autostr struct str name = STR_INIT;
			scene_text_name(scene, message, text, &name);
			walker->shown[number] = is_listed(name.text);
		}
}

/* ---- views ---- */

static void walk_view(struct walker *walker)
{
	struct pair *pair = &walker->pair;
	size_t number = 0;
	open_screens(pair);
	if (!walker->line)
		walker->line = curses_line_new(&walker->theme, pair->rows, pair->columns);
	for (size_t message = 0; message < pair->hostile.count; message++) {
		size_t count = scene_texts(&pair->hostile, message);
		for (size_t text = 0; text < count; text++, number++) {
			if (walker->walk->one_view && walker->shown[number])
				continue;
			if (!is_shown(walker, message, text))
				continue;
			walker->shown[number] = true;
			try_text(walker, message, text);
			if (is_reply(pair, message) || pair->view->how == OPENS)
				open_screens(pair);
		}
	}
}

/* ---- what no view draws, judged ---- */

static struct field *field_of(struct walker *walker, const char *name)
{
	for (size_t i = 0; i < walker->field_count; i++)
		if (strcmp(walker->fields[i].name, name) == 0)
			return &walker->fields[i];
	walker->fields = grow(walker->fields, walker->field_count, &walker->field_capacity,
		sizeof(*walker->fields));
	walker->fields[walker->field_count] = (struct field){.name = xstrdup(name)};
	return &walker->fields[walker->field_count++];
}

static void gather_fields(struct walker *walker)
{
	const struct scene_script *scene = &walker->pair.hostile;
	size_t number = 0;
	for (size_t message = 0; message < scene->count; message++)
		for (size_t text = 0; text < scene_texts(scene, message); text++, number++) {
			autostr struct str name = STR_INIT;
			scene_text_name(scene, message, text, &name);
			field_of(walker, name.text)->shown |= walker->shown[number];
		}
	walker->walk->texts += number;
}

static void judge_field(struct walker *walker, const struct field *field)
{
	bool listed = is_listed(field->name);
	walker->walk->fields++;
	walker->walk->unshown += !field->shown;
	if (field->shown && listed)
		tell(walker, "is drawn, and listed as what no view draws (unshown.def)",
			field->name);
	if (!field->shown && !listed)
		tell(walker, "no view draws it: add the view, or say why (unshown.def)",
			field->name);
}

static void judge_fields(struct walker *walker)
{
	for (size_t i = 0; i < walker->field_count; i++)
		judge_field(walker, &walker->fields[i]);
	for (size_t i = 0; i < COUNT_OF(unshown); i++) {
		size_t count = walker->field_count;
		(void)field_of(walker, unshown[i].name);
		if (walker->field_count > count)
			tell(walker, "is listed in unshown.def, and in no message of a scene",
				unshown[i].name);
	}
}

/* ---- all of it ---- */

static void walk_scene(struct walker *walker, size_t scene)
{
	struct hostile_walk *walk = walker->walk;
	struct pair *pair = &walker->pair;
	size_t texts = 0;
	scene_read(scenes[scene].path, &pair->hostile);
	scene_read(scenes[scene].path, &pair->twin);
	for (size_t i = 0; i < pair->hostile.count; i++)
		texts += scene_texts(&pair->hostile, i);
	walker->shown = xcalloc(texts, sizeof(*walker->shown));
	if (walk->one_view)
		skip_listed(walker);
	for (size_t size = 0; size < COUNT_OF(sizes); size++) {
		pair->rows = sizes[size].rows;
		pair->columns = sizes[size].columns;
		if (walker->line)
			curses_line_resize(walker->line, pair->rows, pair->columns);
		for (size_t view = 0; view < scenes[scene].count; view++)
			if (!walk->one_view || view % COUNT_OF(sizes) == size) {
				pair->view = &scenes[scene].views[view];
				walk_view(walker);
			}
	}
	gather_fields(walker);
	free(walker->shown);
	puppet_free(pair->screen);
	puppet_free(pair->other);
	pair->screen = pair->other = NULL;
	scene_release(&pair->hostile);
	scene_release(&pair->twin);
}

void hostile_walk(struct hostile_walk *walk)
{
	struct walker walker = {.walk = walk};
	struct err err;
	if (!theme_builtin(theme_builtin_names()[0], &walker.theme, &err))
		fail_msg("%s", err.text);
	for (size_t scene = 0; scene < COUNT_OF(scenes); scene++)
		walk_scene(&walker, scene);
	if (walk->is_whole)
		judge_fields(&walker);
	for (size_t i = 0; i < walker.field_count; i++)
		free(walker.fields[i].name);
	free(walker.fields);
	curses_line_free(walker.line);
}
