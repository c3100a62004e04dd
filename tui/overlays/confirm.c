/* SPDX-License-Identifier: MIT */
/*
 * Before anything is changed: the engine's plan, with targets and consequences as it sees them, the
 * reason for the audit file, and the word that it wants to be typed. The targets were bound by id at
 * the key press; what the rows do meanwhile does not matter. While the plan is asked for the dialog
 * is there already and swallows the keys; what is typed before the plan was painted is not heard.
 */
#include "tui/overlays/overlays.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/verbs/verbs.h"
#include "tui/app.h"
#include "tui/show.h"
#include "widgets/dialog.h"

/* What one engine has to say; the only one on a screen on one. */
struct part {
	size_t link;
	uint64_t req;          /* of the question that is open, 0: none */
	struct msg_plan *plan; /* NULL: not answered, or refused */
	char *refusal;         /* why it will not; NULL: it will, or is still asked */
	bool said;             /* that was its own answer */
};

struct confirm {
	struct overlay overlay;
	struct dialog dialog;
	char opened_by;
	char *title; /* of the plan, for the toast */
	struct part parts[LINKS_MAX];
	size_t count;
	uint64_t operation; /* the last one that was accepted */
	bool has_reason, has_typed, running;
	uint64_t subject; /* a question of our own */
	confirmed *act;
};

static void free_confirm(struct overlay *overlay)
{
	struct confirm *confirm = (struct confirm *)overlay;
	dialog_release(&confirm->dialog);
	free(confirm->title);
	for (size_t i = 0; i < confirm->count; i++) {
		msg_free(MSG_plan, confirm->parts[i].plan);
		free(confirm->parts[i].refusal);
	}
	free(confirm);
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	(void)app;
	dialog_draw(&((struct confirm *)overlay)->dialog, screen);
}

static struct prompt *prompt(struct overlay *overlay)
{
	struct dialog_field *field = dialog_field(&((struct confirm *)overlay)->dialog);
	return field ? &field->prompt : NULL;
}

/* ---- the engines ---- */

static struct confirm *find(struct app *app, uint64_t req, struct part **ret_part);

static bool awaits_more(const struct confirm *confirm)
{
	for (size_t i = 0; i < confirm->count; i++)
		if (confirm->parts[i].req)
			return true;
	return false;
}

static void refuse(struct part *part, bool said, const char *why)
{
	free(part->refusal);
	part->refusal = xstrdup(why);
	part->said = said;
}

/* "eu: refused: READ-ONLY ...; us: no engine"; of one engine its words alone. */
static void say_refusals(const struct app *app, const struct confirm *confirm, struct str *to)
{
	size_t said = 0;
	for (size_t i = 0; i < confirm->count; i++) {
		const struct part *part = &confirm->parts[i];
		if (!part->refusal)
			continue;
		str_adds(to, said++ ? "; " : "");
		if (app_is_many(app))
			str_addf(to, "%s: ", links_name(app->links, part->link));
		str_addf(to, "%s%s", part->said ? "refused: " : "", part->refusal);
	}
}

/* ---- running it ---- */

static void say_accepted(struct app *app, const struct confirm *confirm)
{
	autostr struct str refusals = STR_INIT;
	say_refusals(app, confirm, &refusals);
	if (!confirm->operation)
		app_toast(app, true, "%s", refusals.text);
	else if (refusals.length)
		app_toast(app, true, "accepted in part: %s; %s", confirm->title, refusals.text);
	else
		app_toast(app, false, "accepted: %s", confirm->title);
	if (confirm->operation && !refusals.length)
		app_toast_until_ended(app, confirm->operation);
}

static void show_operations(struct app *app)
{
	struct place place = *views_now(&app->views);
	place.lower = place.focus == PANE_bots ? PANE_operations : place.lower;
	views_replace(&app->views, place);
}

/* The dialog was left before the answer came. */
static void say_late(struct app *app, const struct msg_accepted *accepted)
{
	if (!accepted)
		app_toast(app, true, "the engine went away: nobody knows whether it was accepted");
	else if (accepted->code)
		app_toast(app, true, "refused: %s", accepted->error);
	else
		app_toast(app, false, "accepted: operation");
}

static void take_accepted(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	struct part *part;
	struct confirm *confirm = find(app, req, &part);
	const struct msg_accepted *accepted = kind == MSG_accepted ? body : NULL;
	if (accepted && !accepted->code)
		show_operations(app);
	if (!confirm) {
		say_late(app, accepted);
		return;
	}
	part->req = 0;
	if (!accepted)
		refuse(part, false, "the engine went away: nobody knows whether it was accepted");
	else if (accepted->code)
		refuse(part, true, accepted->error);
	else
		confirm->operation = links_id(part->link, accepted->operation);
	if (awaits_more(confirm))
		return;
	say_accepted(app, confirm);
	if (app->overlay == &confirm->overlay)
		app_pop(app);
}

static void run_part(struct app *app, struct confirm *confirm, struct part *part)
{
	struct dialog *dialog = &confirm->dialog;
	struct msg_run_req request = {.plan = part->plan->plan};
	if (confirm->has_reason)
		request.reason = dialog->fields[0].prompt.text.text;
	if (confirm->has_typed && confirm->count == 1)
		request.typed = dialog->fields[dialog->field_count - 1].prompt.text.text;
	else if (confirm->has_typed)
		request.typed = part->plan->typed; /* the word that was typed is for all of them */
	if (app_request(app, part->link, MSG_run_req, &request, take_accepted))
		part->req = request.req;
	else if (confirm->count > 1)
		refuse(part, false, "no engine");
}

static void run(struct app *app, struct confirm *confirm)
{
	if (confirm->running)
		return;
	for (size_t i = 0; i < confirm->count; i++)
		if (confirm->parts[i].plan)
			run_part(app, confirm, &confirm->parts[i]);
	if (!awaits_more(confirm))
		return;
	if (confirm->has_reason)
		history_add(&app->reasons, confirm->dialog.fields[0].prompt.text.text);
	confirm->running = true;
	dialog_note(&confirm->dialog, "sent ...");
}

/* The lower edge says what the button still waits for. */
static void say_lock(struct confirm *confirm)
{
	const char *why = dialog_locked(&confirm->dialog);
	dialog_note(&confirm->dialog, why ? why : "");
}

static void answered(struct app *app, struct confirm *confirm, int button)
{
	if (button == DIALOG_NO_ANSWER) {
		say_lock(confirm);
		return;
	}
	if (!confirm->dialog.buttons[button].danger) {
		app_pop(app);
	} else if (confirm->act) {
		confirmed *act = confirm->act;
		uint64_t subject = confirm->subject;
		app_pop(app);
		act(app, subject);
	} else {
		run(app, confirm);
	}
}

/* ---- keys ---- */

static void typed(struct app *app, struct overlay *overlay, const char *utf8)
{
	struct confirm *confirm = (struct confirm *)overlay;
	answered(app, confirm, dialog_type(&confirm->dialog, utf8));
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct confirm *confirm = (struct confirm *)overlay;
	answered(app, confirm, dialog_enter(&confirm->dialog));
}

static void say_enter(const struct overlay *overlay, char *ret_text, size_t size)
{
	dialog_say_enter(&((const struct confirm *)overlay)->dialog, ret_text, size);
}

static void step(struct app *app, struct overlay *overlay, int by)
{
	(void)app;
	dialog_next(&((struct confirm *)overlay)->dialog, by);
}

static void recall(struct app *app, struct overlay *overlay, int by)
{
	(void)app;
	dialog_scroll(&((struct confirm *)overlay)->dialog, by);
}

static void changed(struct app *app, struct overlay *overlay)
{
	(void)app;
	say_lock((struct confirm *)overlay);
}

static const struct overlay_ops ops = {.guards = true,
	.free = free_confirm,
	.draw = draw,
	.prompt = prompt,
	.changed = changed,
	.typed = typed,
	.step = step,
	.recall = recall,
	.enter = enter,
	.say_enter = say_enter};

static struct confirm *find(struct app *app, uint64_t req, struct part **ret_part)
{
	for (struct overlay *overlay = app->overlay; overlay; overlay = overlay->below) {
		struct confirm *confirm = (struct confirm *)overlay;
		for (size_t i = 0; overlay->ops == &ops && i < confirm->count; i++) {
			*ret_part = &confirm->parts[i];
			if (confirm->parts[i].req == req)
				return confirm;
		}
	}
	return NULL;
}

/* ---- the plan ---- */

enum { STATE_CELLS = 10 };

struct widths {
	int host, name;
};

static int wider(int width, const char *text)
{
	int cells = (int)text_width(text, strlen(text));
	return cells > width ? cells : width;
}

static struct widths measure(const struct app *app, const struct confirm *confirm)
{
	struct widths widths = {0, 0};
	for (size_t p = 0; p < confirm->count; p++) {
		const struct part *part = &confirm->parts[p];
		for (size_t i = 0; part->plan && i < part->plan->targets_count; i++)
			widths.name = wider(widths.name, part->plan->targets[i].name);
		if (app_is_many(app))
			widths.host = wider(widths.host, links_name(app->links, part->link));
	}
	return widths;
}

/* Columns stand in line by cells, not by bytes; two blanks between. */
static void add_padded(struct str *to, const char *text, int cells)
{
	int used = (int)text_width(text, strlen(text));
	str_addf(to, "%s%*s", text, (cells > used ? cells - used : 0) + 2, "");
}

static void add_targets(struct app *app, struct confirm *confirm)
{
	struct widths widths = measure(app, confirm);
	bool first = true;
	for (size_t p = 0; p < confirm->count; p++) {
		const struct part *part = &confirm->parts[p];
		for (size_t i = 0; part->plan && i < part->plan->targets_count; i++) {
			const struct msg_target *target = &part->plan->targets[i];
			autostr struct str text = STR_INIT;
			str_addf(&text, "%c ", severity_letter((unsigned)target->severity));
			if (app_is_many(app))
				add_padded(&text, links_name(app->links, part->link), widths.host);
			add_padded(&text, target->name, widths.name);
			add_padded(&text, target->state, STATE_CELLS);
			str_adds(&text, target->consequence);
			dialog_add_row(&confirm->dialog, severity_role(target->severity),
				first ? "On" : "", text.text);
			first = false;
		}
	}
	for (size_t p = 0; p < confirm->count; p++) {
		const struct part *part = &confirm->parts[p];
		if (!part->refusal)
			continue;
		autostr struct str text = STR_INIT;
		str_adds(&text, "! ");
		add_padded(&text, links_name(app->links, part->link), widths.host);
		str_addf(&text, "%s%s", part->said ? "refuses: " : "", part->refusal);
		dialog_add_row(&confirm->dialog, ROLE_CRIT, "Not on", text.text);
	}
}

static bool has_note(const struct msg_plan *plan, const char *note)
{
	for (size_t i = 0; i < plan->notes_count; i++)
		if (strcmp(plan->notes[i], note) == 0)
			return true;
	return false;
}

/* 1: only one engine says it; else how many do. `ret_first`: which is the first. */
static size_t says(const struct confirm *confirm, const char *note, const struct part **ret_first)
{
	size_t found = 0;
	for (size_t i = 0; i < confirm->count; i++) {
		const struct part *part = &confirm->parts[i];
		if (!part->plan || !has_note(part->plan, note))
			continue;
		if (!found++)
			*ret_first = part;
	}
	return found;
}

static size_t planned(const struct confirm *confirm)
{
	size_t count = 0;
	for (size_t i = 0; i < confirm->count; i++)
		count += confirm->parts[i].plan != NULL;
	return count;
}

static void add_note(struct app *app, struct confirm *confirm, const struct part *part,
	const char *label, const char *text, bool is_of_all)
{
	autofree char *whose = xasprintf("%s: %s", links_name(app->links, part->link), text);
	dialog_add_row(&confirm->dialog, ROLE_TEXT, label, is_of_all ? text : whose);
}

/* Notes are written as "Plan    done when ..."; a word with blanks behind it is a label. What all engines say is said
 * once. */
static void add_notes(struct app *app, struct confirm *confirm, const struct part *part)
{
	const struct msg_plan *plan = part->plan;
	bool runs_said = !plan->command[0];
	size_t all = planned(confirm);
	for (size_t i = 0; i < plan->notes_count; i++) {
		const char *note = plan->notes[i];
		size_t word = strcspn(note, " "), gap = strspn(note + word, " ");
		autofree char *label = xstrndup(note, gap > 1 ? word : 0);
		const struct part *first = part;
		size_t saying = says(confirm, note, &first);
		runs_said = runs_said || strcmp(label, "Runs") == 0;
		if (saying < all || first == part)
			add_note(app, confirm, part, label, gap > 1 ? note + word + gap : note,
				saying == all);
	}
	if (!runs_said)
		add_note(app, confirm, part, "Runs", plan->command, all == 1);
}

static void add_all_notes(struct app *app, struct confirm *confirm)
{
	bool any = false;
	for (size_t i = 0; i < confirm->count; i++) {
		const struct msg_plan *plan = confirm->parts[i].plan;
		any |= plan && (plan->notes_count || plan->command[0]);
	}
	if (any)
		dialog_add_row(&confirm->dialog, ROLE_TEXT, "", "");
	for (size_t i = 0; i < confirm->count; i++)
		if (confirm->parts[i].plan)
			add_notes(app, confirm, &confirm->parts[i]);
}

static void capital(char *word)
{
	word[0] = (char)toupper((unsigned char)word[0]);
}

static size_t targets_of_all(const struct confirm *confirm)
{
	size_t count = 0;
	for (size_t i = 0; i < confirm->count; i++)
		count += confirm->parts[i].plan ? confirm->parts[i].plan->targets_count : 0;
	return count;
}

/* The plan's own; of several "Restart 3 bots on eu, us". */
static char *title_of(const struct app *app, const struct confirm *confirm, const char *verb)
{
	autostr struct str title = STR_INIT;
	const struct part *only = &confirm->parts[0];
	if (confirm->count == 1)
		str_adds(&title, only->plan->title);
	else
		str_addf(&title, "%s %zu bot%s", verb, targets_of_all(confirm),
			targets_of_all(confirm) == 1 ? "" : "s");
	if (!app_is_many(app) ||
		(confirm->count == 1 && strstr(title.text, links_name(app->links, only->link))))
		return str_detach(&title);
	for (size_t i = 0, said = 0; i < confirm->count; i++)
		if (confirm->parts[i].plan)
			str_addf(&title, "%s%s", said++ ? ", " : " on ",
				links_name(app->links, confirm->parts[i].link));
	return str_detach(&title);
}

/* What must be typed: what the only engine wants, or where one of several wants a word or they are many
 * together, one for all. NULL: nothing. */
static char *typed_of(const struct confirm *confirm, const char *verb)
{
	size_t targets = targets_of_all(confirm);
	bool wanted = confirm->count > 1 && targets > VERB_TYPED_ABOVE;
	for (size_t i = 0; i < confirm->count; i++) {
		const struct msg_plan *plan = confirm->parts[i].plan;
		bool wants = plan && strcmp(plan->confirm, "typed") == 0 && plan->typed[0];
		if (wants && confirm->count == 1)
			return xstrdup(plan->typed);
		wanted |= wants;
	}
	return wanted ? xasprintf("%s %zu", verb, targets) : NULL;
}

static void show_plan(struct app *app, struct confirm *confirm, const struct msg_plan *plan)
{
	struct dialog *dialog = &confirm->dialog;
	autofree char *button = xstrdup(plan->verb[0] ? plan->verb : "run");
	autofree char *typed = typed_of(confirm, button);
	capital(button);
	free(confirm->title);
	confirm->title = title_of(app, confirm, button);
	dialog_release(dialog);
	dialog_init(dialog, confirm->title, confirm->opened_by);
	add_targets(app, confirm);
	add_all_notes(app, confirm);
	struct prompt *reason =
		dialog_add_field(dialog, "Reason", "why, for the audit file", true, NULL);
	reason->history = &app->reasons;
	confirm->has_reason = true;
	confirm->has_typed = typed != NULL;
	if (typed) {
		autofree char *label = xasprintf("Type \"%s\" to confirm:", typed);
		dialog_add_field(dialog, label, "", true, typed);
	}
	dialog_add_cancel(dialog, "Cancel");
	dialog_add_button(dialog, button, 'y', true);
	dialog->focus = dialog->field_count;
	say_lock(confirm);
	confirm->overlay.painted = false;
}

/* All have answered: those that would do it are shown, with those that refuse. */
static void all_answered(struct app *app, struct confirm *confirm)
{
	autostr struct str refusals = STR_INIT;
	for (size_t i = 0; i < confirm->count; i++) {
		if (!confirm->parts[i].plan)
			continue;
		show_plan(app, confirm, confirm->parts[i].plan);
		return;
	}
	say_refusals(app, confirm, &refusals);
	if (app->overlay == &confirm->overlay)
		app_pop(app);
	app_toast(app, true, "%s", refusals.text);
}

static void take_plan(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	struct part *part;
	struct confirm *confirm = find(app, req, &part);
	const struct msg_plan *plan = kind == MSG_plan ? body : NULL;
	if (!confirm)
		return;
	part->req = 0;
	if (plan && plan->plan && !plan->code)
		part->plan = msg_copy(MSG_plan, plan);
	else
		refuse(part, plan != NULL,
			plan ? plan->error : "the engine went away before it answered");
	if (!awaits_more(confirm))
		all_answered(app, confirm);
}

/* The request with those targets alone that are the engine's. */
static bool ask_engine(
	struct app *app, struct confirm *confirm, size_t link, const struct msg_plan_req *request)
{
	struct msg_plan_req *own = msg_copy(MSG_plan_req, request);
	struct part *part = &confirm->parts[confirm->count++];
	size_t kept = 0;
	part->link = link;
	for (size_t i = 0; i < own->targets_count; i++) {
		if (links_of(own->targets[i].id) != link) {
			msg_release(MSG_target, &own->targets[i]);
			continue;
		}
		own->targets[kept] = own->targets[i];
		own->targets[kept].id = links_raw(own->targets[kept].id);
		kept++;
	}
	own->targets_count = kept;
	bool sent = app_request(app, link, MSG_plan_req, own, take_plan);
	if (sent)
		part->req = own->req;
	else
		refuse(part, false, "no engine");
	msg_free(MSG_plan_req, own);
	return sent;
}

void confirm_open(struct app *app, uint32_t engines, struct msg_plan_req *request, char opened_by)
{
	struct confirm *confirm = xcalloc(1, sizeof(*confirm));
	bool sent = false;
	*confirm = (struct confirm){.overlay = {.ops = &ops, .scope = SCOPE_DIALOG},
		.opened_by = opened_by,
		.title = xstrdup(request->verb)};
	dialog_init(&confirm->dialog, request->verb, opened_by);
	dialog_add_row(&confirm->dialog, ROLE_DIM, "", "asking the engine what this would do ...");
	dialog_add_cancel(&confirm->dialog, "Cancel");
	for (size_t i = 0; request->targets_count && i < request->targets_count; i++)
		engines = (i ? engines : 0) | UINT32_C(1) << links_of(request->targets[i].id);
	for (size_t i = 0; i < links_count(app->links); i++)
		if (engines >> i & 1)
			sent |= ask_engine(app, confirm, i, request);
	if (!sent) {
		free_confirm(&confirm->overlay);
		return;
	}
	app_push(app, &confirm->overlay);
}

void question_open(struct app *app, const char *title, const char *text, const char *button,
	char key, uint64_t subject, confirmed *act)
{
	struct confirm *confirm = xcalloc(1, sizeof(*confirm));
	*confirm = (struct confirm){.overlay = {.ops = &ops, .scope = SCOPE_DIALOG},
		.title = xstrdup(title),
		.subject = subject,
		.act = act};
	dialog_init(&confirm->dialog, title, key);
	dialog_add_row(&confirm->dialog, ROLE_TEXT, "", text);
	dialog_add_cancel(&confirm->dialog, "Keep");
	dialog_add_button(&confirm->dialog, button, 'y', true);
	app_push(app, &confirm->overlay);
}
