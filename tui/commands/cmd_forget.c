/* SPDX-License-Identifier: MIT */
/* The way back to how a screen is on its first day. */
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/saved.h"

bool command_forget(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	(void)command, (void)args;
	if (!saved_forget(app, err))
		return false;
	app_toast(app, false,
		"forgotten: order, filters, place and histories are as on the first day");
	return true;
}
