/* SPDX-License-Identifier: MIT */
#include "tui/panes/checks_view.h"

#include <string.h>

#include "core/base/str.h"
#include "tui/show.h"

enum { SLACK_MS = 5000 }; /* an answer may take so long before a look counts as missed */

bool check_is_old(const struct app *app, const struct msg_check *check)
{
	int64_t age_ms = app_now(app, check->id) - check->at_ms;
	return !check->at_ms || age_ms > 3 * check->interval_ms + SLACK_MS ||
	       app_is_gone(app, check->id);
}

uint64_t check_severity(const struct app *app, const struct msg_check *check)
{
	bool is_unknown = check->severity == SEVERITY_OK && check_is_old(app, check);
	return is_unknown ? SEVERITY_UNKNOWN : check->severity;
}

enum role check_role(const struct app *app, const struct msg_check *check)
{
	return app_is_gone(app, check->id) ? ROLE_STALE : severity_role(check_severity(app, check));
}

void check_add_why(const struct app *app, const struct msg_check *check, struct str *text)
{
	bool is_now = check_severity(app, check) >= SEVERITY_WARN && !check_is_old(app, check);
	if (check_severity(app, check) == SEVERITY_OK)
		return;
	if (is_now && check->why[0]) {
		shorten_error(text, check->why);
		return;
	}
	str_adds(text, check_is_old(app, check) && check->at_ms ? "stale" : check->state);
	if (check->why[0]) {
		str_adds(text, "; was ");
		shorten_error(text, check->why);
	}
}

int checks_compare(const struct app *app, const void *left, const void *right)
{
	const struct msg_check *a = left, *b = right;
	uint64_t one = check_severity(app, a), two = check_severity(app, b);
	if (one != two)
		return one > two ? -1 : 1;
	int order = strverscmp(a->name, b->name);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}
