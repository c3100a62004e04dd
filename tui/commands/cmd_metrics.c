/* SPDX-License-Identifier: MIT */
/* What Metrics can do; the pane does it (panes/metrics.h). */
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/panes/metrics.h"

bool command_metric(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	if (args[0])
		return metrics_choose(app, args) ||
		       err_set(err, ERR_NOT_FOUND, "no chart '%s'; Tab completes names", args);
	metrics_step(app, command->param);
	return true;
}

bool command_span(struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)args, (void)err;
	metrics_span(app, command->param);
	return true;
}
