/* SPDX-License-Identifier: MIT */
#include "widgets/dialog.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "widgets/frame.h"

/* Blanks inside of the frame, between label and text, before what goes on on the next line, and between buttons. */
enum { SIDE = 2, LABEL_GAP = 2, INDENT = 2, BUTTON_GAP = 3, WIDTH_MIN = 44, WIDTH_MAX = 100 };

void dialog_init(struct dialog *dialog, const char *title, char opened_by)
{
	*dialog = (struct dialog){
		.title = xstrdup(title), .note = xstrdup(""), .opened_by = opened_by};
}

void dialog_release(struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->row_count; i++) {
		free(dialog->rows[i].label);
		free(dialog->rows[i].text);
	}
	for (size_t i = 0; i < dialog->field_count; i++) {
		free(dialog->fields[i].label);
		free(dialog->fields[i].hint);
		free(dialog->fields[i].expect);
		free(dialog->fields[i].wish);
		prompt_release(&dialog->fields[i].prompt);
	}
	for (size_t i = 0; i < dialog->button_count; i++)
		free(dialog->buttons[i].label);
	free(dialog->rows);
	free(dialog->title);
	free(dialog->note);
	*dialog = (struct dialog){.title = NULL};
}

void dialog_note(struct dialog *dialog, const char *note)
{
	free(dialog->note);
	dialog->note = xstrdup(note);
	dialog->refused = dialog->refused && *note;
}

void dialog_add_row(struct dialog *dialog, enum role role, const char *label, const char *text)
{
	if (dialog->row_count == DIALOG_ROWS_MAX)
		return;
	dialog->rows =
		grow(dialog->rows, dialog->row_count, &dialog->row_capacity, sizeof(*dialog->rows));
	dialog->rows[dialog->row_count++] =
		(struct dialog_row){.role = role, .label = xstrdup(label), .text = xstrdup(text)};
}

/* "a reason is needed first", "type "restart 2" first". */
static char *wish_of(const char *label, const char *expect)
{
	if (expect)
		return xasprintf("type \"%s\" first", expect);
	char *wish = xasprintf("a %.*s is needed first", (int)strcspn(label, ":"), label);
	char *noun = wish + strlen("a ");
	*noun = (char)tolower((unsigned char)*noun);
	return wish;
}

struct prompt *dialog_add_field(struct dialog *dialog, const char *label, const char *hint,
	bool required, const char *expect)
{
	/* A dialog has the fields that its code gives it; more than there is room for is a programmer's mistake. */
	if (dialog->field_count == DIALOG_FIELDS_MAX)
		abort();
	struct dialog_field *field = &dialog->fields[dialog->field_count++];
	*field = (struct dialog_field){.label = xstrdup(label),
		.hint = xstrdup(hint),
		.expect = expect ? xstrdup(expect) : NULL,
		.wish = wish_of(label, expect),
		.required = required};
	prompt_init(&field->prompt, NULL);
	dialog->focus++;
	return &field->prompt;
}

static void add_button(struct dialog *dialog, struct dialog_button button)
{
	if (dialog->button_count == DIALOG_BUTTONS_MAX)
		abort();
	if (button.cancels)
		dialog->focus = dialog->field_count + dialog->button_count;
	dialog->buttons[dialog->button_count++] = button;
}

void dialog_add_button(struct dialog *dialog, const char *label, char key, bool danger)
{
	add_button(dialog,
		(struct dialog_button){.label = xstrdup(label), .key = key, .danger = danger});
}

void dialog_add_cancel(struct dialog *dialog, const char *label)
{
	add_button(dialog, (struct dialog_button){.label = xstrdup(label), .cancels = true});
}

/* ---- answers ---- */

void dialog_next(struct dialog *dialog, int step)
{
	size_t places = dialog->field_count + dialog->button_count;
	if (places)
		dialog->focus =
			(dialog->focus + places + (size_t)(step < 0 ? places - 1 : 1)) % places;
}

void dialog_scroll(struct dialog *dialog, int step)
{
	long top = (long)dialog->top + step;
	dialog->top = top > 0 ? (size_t)top : 0; /* not behind its end: dialog_draw() */
}

struct dialog_field *dialog_field(struct dialog *dialog)
{
	return dialog->focus < dialog->field_count ? &dialog->fields[dialog->focus] : NULL;
}

static const char *field_fault(const struct dialog_field *field)
{
	const char *text = field->prompt.text.text;
	bool wrong = field->expect && strcmp(text, field->expect) != 0;
	bool missing = field->required && !text[strspn(text, " ")];
	return wrong || missing ? field->wish : NULL;
}

const char *dialog_locked(const struct dialog *dialog)
{
	const char *fault = NULL;
	for (size_t i = 0; i < dialog->field_count && !fault; i++)
		fault = field_fault(&dialog->fields[i]);
	return fault;
}

static bool is_locked(const struct dialog *dialog, size_t button)
{
	return dialog->buttons[button].danger && dialog_locked(dialog);
}

/* The first field that is not right. */
static size_t faulty_field(const struct dialog *dialog)
{
	size_t field = 0;
	while (field < dialog->field_count && !field_fault(&dialog->fields[field]))
		field++;
	return field;
}

/* A locked button sends the focus to the first field that is not right. */
static int press(struct dialog *dialog, size_t button)
{
	if (!is_locked(dialog, button))
		return (int)button;
	dialog->focus = faulty_field(dialog);
	dialog->refused = true;
	return DIALOG_NO_ANSWER;
}

int dialog_enter(struct dialog *dialog)
{
	if (dialog->focus >= dialog->field_count)
		return dialog->button_count ? press(dialog, dialog->focus - dialog->field_count)
					    : DIALOG_NO_ANSWER;
	dialog_next(dialog, 1);
	return DIALOG_NO_ANSWER;
}

int dialog_cancel(const struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->button_count; i++)
		if (dialog->buttons[i].cancels)
			return (int)i;
	return DIALOG_NO_ANSWER;
}

void dialog_say_enter(const struct dialog *dialog, char *ret_text, size_t size)
{
	size_t next = dialog->focus + 1, button = dialog->focus - dialog->field_count;
	bool on_field = dialog->focus < dialog->field_count;
	size_t field = on_field ? next : faulty_field(dialog);
	if (!on_field && !is_locked(dialog, button))
		(void)print_text(ret_text, size, "%s", dialog->buttons[button].label);
	else if (field >= dialog->field_count)
		(void)print_text(ret_text, size, "Focus %s",
			dialog->buttons[next - dialog->field_count].label);
	else if (dialog->fields[field].expect)
		(void)print_text(ret_text, size, "Focus the word");
	else
		(void)print_text(ret_text, size, "Focus %s", dialog->fields[field].label);
}

/* Somebody begins to write where there is no key: it is meant for the first field. The key that opened the dialog may have
 * been the first letter, when it came once more; when it came oftener it was held down. */
static void type_ahead(struct dialog *dialog, const char *utf8)
{
	struct prompt *prompt = &dialog->fields[0].prompt;
	if (!dialog->released && dialog->held == 1)
		prompt_insert(prompt, &dialog->opened_by, 1);
	dialog->released = true;
	dialog->focus = 0;
	prompt_insert(prompt, utf8, strlen(utf8));
}

static bool may_type_ahead(const struct dialog *dialog, const char *utf8)
{
	return dialog->field_count && utf8[0] != ' ' && !dialog->fields[0].prompt.text.length &&
	       !dialog->buttons[dialog->focus - dialog->field_count].danger;
}

int dialog_type(struct dialog *dialog, const char *utf8)
{
	struct dialog_field *field = dialog_field(dialog);
	if (field) {
		prompt_insert(&field->prompt, utf8, strlen(utf8));
		return DIALOG_NO_ANSWER;
	}
	bool opener = utf8[0] == dialog->opened_by && !utf8[1];
	for (size_t i = 0; i < dialog->button_count && !opener && !utf8[1]; i++)
		if (dialog->buttons[i].key && dialog->buttons[i].key == utf8[0])
			return press(dialog, i);
	if (opener && !dialog->released)
		dialog->held++;
	else if (may_type_ahead(dialog, utf8))
		type_ahead(dialog, utf8);
	else
		dialog->refused = !opener && dialog_locked(dialog);
	return DIALOG_NO_ANSWER;
}

/* ---- drawing ---- */

static int cells_of(const char *text)
{
	return (int)text_width(text, strlen(text));
}

static int label_cells(const struct dialog *dialog)
{
	int widest = 0;
	for (size_t i = 0; i < dialog->row_count; i++)
		widest = cells_of(dialog->rows[i].label) > widest ? cells_of(dialog->rows[i].label)
								  : widest;
	return widest ? widest + LABEL_GAP : 0;
}

/* "[ Restart y ]": the key stands in the button. Where that is too wide: " Restart y ". */
static void button_text(
	const struct dialog_button *button, bool compact, char *ret_text, size_t size)
{
	const char *open = compact ? "" : "[", *close = compact ? "" : "]";
	char key[8] = "";
	if (button->key)
		(void)print_text(key, sizeof(key), "%c ", button->key);
	else if (button->cancels)
		copy_text(key, sizeof(key), "Esc ");
	(void)print_text(ret_text, size, "%s %s %s%s", open, button->label, key, close);
}

static int buttons_cells(const struct dialog *dialog, bool compact)
{
	int sum = 0;
	for (size_t i = 0; i < dialog->button_count; i++) {
		char text[64];
		button_text(&dialog->buttons[i], compact, text, sizeof(text));
		sum += cells_of(text) + (i ? compact ? 1 : BUTTON_GAP : 0);
	}
	return sum;
}

static int wanted_cells(const struct dialog *dialog)
{
	int labels = label_cells(dialog), widest = buttons_cells(dialog, false);
	for (size_t i = 0; i < dialog->row_count; i++)
		widest = labels + cells_of(dialog->rows[i].text) > widest
				 ? labels + cells_of(dialog->rows[i].text)
				 : widest;
	for (size_t i = 0; i < dialog->field_count; i++)
		widest = cells_of(dialog->fields[i].label) + 32 > widest
				 ? cells_of(dialog->fields[i].label) + 32
				 : widest;
	widest += 2 * SIDE;
	return widest < WIDTH_MIN ? WIDTH_MIN : widest > WIDTH_MAX ? WIDTH_MAX : widest;
}

/* The bytes of `text` that go on one line: up to the last blank that fits, else what fits. */
static size_t line_bytes(const char *text, int cells)
{
	size_t length = strlen(text), end = text_clip(text, length, (size_t)cells, NULL);
	if (end == length)
		return length;
	for (size_t i = end; i > 0; i--)
		if (text[i] == ' ' && text[i - 1] != ' ')
			return i;
	return end ? end : text_cluster(text, length).size;
}

/* Where rows are drawn; none of its lines is in sight when `lines` is 0. */
struct body {
	const struct canvas *box;
	int first, lines; /* of the box */
	int labels, cells;
};

/* Draws what is in sight of a row that begins at `line`; returns the line behind it. */
static int draw_row(const struct body *body, const struct dialog_row *row, int line)
{
	const char *text = row->text;
	int column = SIDE + body->labels, indent = 0;
	do {
		int cells = body->cells - indent;
		size_t bytes = line_bytes(text, cells > 0 ? cells : 1);
		bool in_sight = line >= body->first && line < body->first + body->lines;
		if (in_sight && !indent)
			canvas_text(body->box, line, SIDE, ROLE_DIM, row->label);
		if (in_sight)
			canvas_textn(body->box, line, column + indent, row->role, text, bytes);
		text += bytes;
		text += strspn(text, " ");
		indent = INDENT;
		line++;
	} while (*text);
	return line;
}

static int count_lines(const struct dialog *dialog, int width)
{
	int labels = label_cells(dialog), lines = 0;
	const struct body body = {.labels = labels, .cells = width - 2 * SIDE - labels};
	for (size_t i = 0; i < dialog->row_count; i++)
		lines = draw_row(&body, &dialog->rows[i], lines);
	return lines;
}

static void draw_body(struct dialog *dialog, const struct canvas *box, int first, int lines)
{
	int labels = label_cells(dialog);
	const struct body body = {.box = box,
		.first = first,
		.lines = lines,
		.labels = labels,
		.cells = box->columns - 2 * SIDE - labels};
	size_t all = (size_t)count_lines(dialog, box->columns), page = (size_t)lines;
	if (dialog->top + page > all)
		dialog->top = all > page ? all - page : 0;
	int line = first - (int)dialog->top;
	for (size_t i = 0; i < dialog->row_count; i++)
		line = draw_row(&body, &dialog->rows[i], line);
	scrollbar_draw(box, box->columns - 1, first, lines, dialog->top, page, all);
}

static void draw_fields(struct dialog *dialog, const struct canvas *box, int first)
{
	for (size_t i = 0; i < dialog->field_count; i++) {
		struct dialog_field *field = &dialog->fields[i];
		char label[96];
		(void)print_text(label, sizeof(label), "%s ", field->label);
		prompt_draw(&field->prompt, box, first + (int)i, SIDE, box->columns - 2 * SIDE,
			label, field->hint, dialog->focus == i);
	}
}

static enum role button_role(const struct dialog *dialog, size_t index)
{
	const struct dialog_button *button = &dialog->buttons[index];
	if (dialog->focus == dialog->field_count + index)
		return ROLE_BUTTON_FOCUS;
	if (button->danger && dialog_locked(dialog))
		return ROLE_KEY_LOCKED;
	return button->danger ? ROLE_BUTTON_DANGER : ROLE_BUTTON;
}

static void draw_buttons(const struct dialog *dialog, const struct canvas *box, int row)
{
	bool compact = buttons_cells(dialog, false) > box->columns;
	int column = (box->columns - buttons_cells(dialog, compact)) / 2;
	column = column < 0 ? 0 : column;
	for (size_t i = 0; i < dialog->button_count; i++) {
		char text[64];
		button_text(&dialog->buttons[i], compact, text, sizeof(text));
		column = canvas_text(box, row, column, button_role(dialog, i), text);
		column += compact ? 1 : BUTTON_GAP;
	}
}

void dialog_draw(struct dialog *dialog, const struct canvas *canvas)
{
	int wanted = wanted_cells(dialog), fields = (int)dialog->field_count, gap = fields ? 1 : 0;
	int body = count_lines(dialog, wanted + 2 < canvas->columns ? wanted : canvas->columns - 2);
	int around = 1 + gap + fields + 1 +
		     1; /* a blank row above, before the fields, and before the buttons */
	struct canvas box = frame_dialog(canvas, body + around, wanted, dialog->title,
		dialog->refused ? ROLE_WARN : ROLE_NOTE, dialog->note);
	bool tight = box.rows < body + around;
	int first = tight ? 0 : 1;
	body = tight ? box.rows - fields - 1 : body;
	draw_body(dialog, &box, first, body > 0 ? body : 0);
	draw_fields(dialog, &box, box.rows - 1 - (tight ? 0 : 1) - fields);
	draw_buttons(dialog, &box, box.rows - 1);
}
