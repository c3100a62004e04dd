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
#include "tui/app.h"
#include "tui/show.h"
#include "widgets/dialog.h"

struct confirm {
	struct overlay overlay;
	struct dialog dialog;
	char opened_by;
	char *title;   /* of the plan, for the toast */
	uint64_t req;  /* of the question that is open */
	uint64_t plan; /* 0: not known yet */
	bool has_reason, has_typed, running;
	uint64_t subject; /* a question of our own */
	confirmed *act;
};

static void free_confirm(struct overlay *overlay)
{
	struct confirm *confirm = (struct confirm *)overlay;
	dialog_release(&confirm->dialog);
	free(confirm->title);
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

/* ---- running it ---- */

static struct confirm *find(struct app *app, uint64_t req);

static void take_accepted(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	struct confirm *confirm = find(app, req);
	const struct msg_accepted *accepted = kind == MSG_accepted ? body : NULL;
	if (!accepted)
		app_toast(app, true, "the engine went away: nobody knows whether it was accepted");
	else if (accepted->code)
		app_toast(app, true, "refused: %s", accepted->error);
	else
		app_toast(app, false, "accepted: %s", confirm ? confirm->title : "operation");
	if (accepted && !accepted->code) {
		app_toast_until_ended(app, accepted->operation);
		struct place place = *views_now(&app->views);
		place.lower = place.focus == PANE_bots ? PANE_operations : place.lower;
		views_replace(&app->views, place);
	}
	if (confirm && app->overlay == &confirm->overlay)
		app_pop(app);
}

static void run(struct app *app, struct confirm *confirm)
{
	struct dialog *dialog = &confirm->dialog;
	struct msg_run_req request = {.plan = confirm->plan};
	if (confirm->running)
		return;
	if (confirm->has_reason)
		request.reason = dialog->fields[0].prompt.text.text;
	if (confirm->has_typed)
		request.typed = dialog->fields[dialog->field_count - 1].prompt.text.text;
	if (!app_request(app, MSG_run_req, &request, take_accepted))
		return;
	if (confirm->has_reason)
		history_add(&app->reasons, request.reason);
	confirm->req = request.req;
	confirm->running = true;
	dialog_note(dialog, "sent ...");
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
	.enter = enter};

static struct confirm *find(struct app *app, uint64_t req)
{
	for (struct overlay *overlay = app->overlay; overlay; overlay = overlay->below) {
		struct confirm *confirm = (struct confirm *)overlay;
		if (overlay->ops == &ops && confirm->req == req)
			return confirm;
	}
	return NULL;
}

/* ---- the plan ---- */

static void add_targets(struct dialog *dialog, const struct msg_plan *plan)
{
	size_t widest = 0;
	for (size_t i = 0; i < plan->targets_count; i++) {
		size_t width = text_width(plan->targets[i].name, strlen(plan->targets[i].name));
		widest = width > widest ? width : widest;
	}
	for (size_t i = 0; i < plan->targets_count; i++) {
		const struct msg_target *target = &plan->targets[i];
		autofree char *text =
			xasprintf("%c %-*s  %-10s  %s", severity_letter((unsigned)target->severity),
				(int)widest, target->name, target->state, target->consequence);
		dialog_add_row(dialog, severity_role(target->severity), i == 0 ? "On" : "", text);
	}
}

/* Notes are written as "Plan    done when ..."; a word with blanks behind it is a label. */
static void add_notes(struct dialog *dialog, const struct msg_plan *plan)
{
	bool runs_said = !plan->command[0];
	if (plan->notes_count || plan->command[0])
		dialog_add_row(dialog, ROLE_TEXT, "", "");
	for (size_t i = 0; i < plan->notes_count; i++) {
		const char *note = plan->notes[i];
		size_t word = strcspn(note, " "), gap = strspn(note + word, " ");
		autofree char *label = xstrndup(note, gap > 1 ? word : 0);
		dialog_add_row(dialog, ROLE_TEXT, label, gap > 1 ? note + word + gap : note);
		runs_said = runs_said || strcmp(label, "Runs") == 0;
	}
	if (!runs_said)
		dialog_add_row(dialog, ROLE_TEXT, "Runs", plan->command);
}

static void capital(char *word)
{
	word[0] = (char)toupper((unsigned char)word[0]);
}

static void show_plan(struct app *app, struct confirm *confirm, const struct msg_plan *plan)
{
	struct dialog *dialog = &confirm->dialog;
	autofree char *button = xstrdup(plan->verb[0] ? plan->verb : "run");
	capital(button);
	dialog_release(dialog);
	dialog_init(dialog, plan->title, confirm->opened_by);
	add_targets(dialog, plan);
	add_notes(dialog, plan);
	struct prompt *reason =
		dialog_add_field(dialog, "Reason", "why, for the audit file", true, NULL);
	reason->history = &app->reasons;
	confirm->has_reason = true;
	confirm->has_typed = strcmp(plan->confirm, "typed") == 0 && plan->typed[0];
	if (confirm->has_typed) {
		autofree char *label = xasprintf("Type \"%s\" to confirm:", plan->typed);
		dialog_add_field(dialog, label, "", true, plan->typed);
	}
	dialog_add_cancel(dialog, "Cancel");
	dialog_add_button(dialog, button, 'y', true);
	dialog->focus = dialog->field_count;
	say_lock(confirm);
	free(confirm->title);
	confirm->title = xstrdup(plan->title);
	confirm->plan = plan->plan;
	confirm->overlay.painted = false;
}

static void take_plan(struct app *app, uint64_t req, enum msg_kind kind, const void *body)
{
	struct confirm *confirm = find(app, req);
	const struct msg_plan *plan = kind == MSG_plan ? body : NULL;
	if (!confirm)
		return;
	if (plan && plan->plan && !plan->code) {
		show_plan(app, confirm, plan);
		return;
	}
	if (app->overlay == &confirm->overlay)
		app_pop(app);
	if (!plan)
		app_toast(app, true, "the engine went away before it answered");
	else
		app_toast(app, true, "refused: %s", plan->error);
}

void confirm_open(struct app *app, struct msg_plan_req *request, char opened_by)
{
	struct confirm *confirm = xcalloc(1, sizeof(*confirm));
	*confirm = (struct confirm){.overlay = {.ops = &ops, .scope = SCOPE_DIALOG},
		.opened_by = opened_by,
		.title = xstrdup(request->verb)};
	dialog_init(&confirm->dialog, request->verb, opened_by);
	dialog_add_row(&confirm->dialog, ROLE_DIM, "", "asking the engine what this would do ...");
	dialog_add_cancel(&confirm->dialog, "Cancel");
	if (!app_request(app, MSG_plan_req, request, take_plan)) {
		free_confirm(&confirm->overlay);
		return;
	}
	confirm->req = request->req;
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
