/* SPDX-License-Identifier: MIT */
/* Going back in the recording. */
#include <errno.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "tui/app.h"
#include "tui/command.h"
#include "tui/past.h"

bool command_rewind(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	if (args[0])
		return past_go_to(app, args, err);
	past_step(app, command->param);
	return true;
}

bool command_speed(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	char *end;
	(void)command;
	errno = 0;
	unsigned long speed = strtoul(args, &end, 10);
	if (end == args || *end || errno || args[0] == '-' || speed > 1000)
		return err_set(err, ERR_INVALID, "a speed is 0 (stand still) to 1000");
	return past_set_speed(app, speed, err);
}
