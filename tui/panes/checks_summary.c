/* SPDX-License-Identifier: MIT */
/* What there is to say of all checks in one line, and of one. */
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/panes/checks_view.h"
#include "tui/show.h"

enum {
	MORE_CELLS = 10, /* room for how many are not named */
	WHY_CELLS = 12,  /* of a reason at least, or its check is not named; the first is */
};

struct totals {
	size_t passed, counted;
	uint64_t worst;
};

/* Those of bots that are not to run do not count. */
static struct totals total_of(const struct app *app)
{
	struct totals totals = {.worst = SEVERITY_OK};
	size_t count;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t severity = check_severity(app, checks[i]);
		if (severity == SEVERITY_STOPPED)
			continue;
		totals.counted++;
		totals.passed += severity == SEVERITY_OK;
		totals.worst = severity > totals.worst ? severity : totals.worst;
	}
	return totals;
}

/* `! quiz connection refused`, cut before `end`; 0: it does not fit with `least` cells of its reason. */
static int draw_one(const struct app *app, const struct msg_check *check,
	const struct canvas *canvas, int column, int end, int least)
{
	autostr struct str why = STR_INIT, name = STR_INIT;
	const char *host = app_host(app, check->id);
	str_addf(&name, "%c %s%s%s", severity_letter((unsigned)check_severity(app, check)), host,
		host[0] ? "/" : "", check->name);
	check_add_why(app, check, &why);
	int left = end - column - (int)text_width(name.text, name.length) - 1;
	int cells = (int)text_width(why.text, why.length);
	if (left < cells && left < least)
		return 0;
	column = canvas_text(canvas, 0, column, check_role(app, check), name.text) + 1;
	return canvas_field(
		canvas, 0, column, cells < left ? cells : left, ALIGN_LEFT, ROLE_DIM, why.text);
}

static int compare_checks(const void *left, const void *right, void *app)
{
	return checks_compare(app, *(const void *const *)left, *(const void *const *)right);
}

/* By name, the worst first, as far as there is room; the rest is counted. */
static void draw_failing(
	const struct app *app, const struct canvas *canvas, int column, size_t failing)
{
	size_t count, said = 0;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	autofree const struct msg_check **sorted = xcalloc(count, sizeof(*sorted));
	memcpy(sorted, checks, count * sizeof(*sorted));
	qsort_r(sorted, count, sizeof(*sorted), compare_checks, (void *)(uintptr_t)app);
	for (; said < failing; said++) {
		int end = canvas->columns - (said + 1 < failing ? MORE_CELLS : 0);
		int next =
			draw_one(app, sorted[said], canvas, column + 2, end, said ? WHY_CELLS : 0);
		if (!next)
			break;
		column = next;
	}
	if (said < failing)
		canvas_printf(canvas, 0, column + 2, ROLE_DIM, "%zu more", failing - said);
}

void checks_draw_total(const struct app *app, const struct canvas *canvas)
{
	struct totals totals = total_of(app);
	if (!totals.counted)
		return;
	int column = canvas_printf(canvas, 0, 2, severity_role(totals.worst), "%zu/%zu",
		totals.passed, totals.counted);
	if (totals.passed == totals.counted)
		canvas_text(canvas, 0, column + 1, ROLE_DIM, "pass");
	else
		draw_failing(app, canvas, column, totals.counted - totals.passed);
}

void checks_draw_about(
	const struct app *app, const struct msg_check *check, const struct canvas *canvas)
{
	autostr struct str why = STR_INIT, rest = STR_INIT;
	int column = 2;
	if (!check)
		return;
	check_add_why(app, check, &why);
	if (why.length)
		column = canvas_text(canvas, 0, column, check_role(app, check), why.text) + 2;
	if (check_severity(app, check) != SEVERITY_OK)
		str_addf(&rest, "%s%s  ", check->ok_ms ? "last well " : "never seen well",
			check->ok_ms ? format_rfc3339(check->ok_ms).text : "");
	str_addf(&rest, "%s, every %s", check->url, format_duration(check->interval_ms).text);
	canvas_field(canvas, 0, column, canvas->columns - column, ALIGN_LEFT, ROLE_DIM, rest.text);
}
