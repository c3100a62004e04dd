/* SPDX-License-Identifier: MIT */
/* How this screen tells of a new critical alert: bell, notification, flash. */
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tui/app.h"

static bool switch_one(bool *on, const char *args, struct err *err)
{
	bool yes = strcmp(args, "on") == 0, no = strcmp(args, "off") == 0;
	if (*args && !yes && !no)
		return err_set(err, ERR_INVALID, "it is on or off, not '%.40s'", args);
	*on = *args ? yes : !*on;
	return true;
}

/* Alone it goes off, and on again as the terminal takes it. */
static bool switch_notify(enum notify_way *way, const char *args, struct err *err)
{
	if (!*args)
		*way = *way == NOTIFY_NO ? NOTIFY_AUTO : NOTIFY_NO;
	else if (!notify_way_find(strcmp(args, "off") == 0 ? "no" : args, way))
		return err_set(err, ERR_INVALID,
			"it is auto, osc9, osc777, both or no, not '%.40s'", args);
	return true;
}

bool command_alarm(
	struct app *app, const struct command *command, const char *args, struct err *err)
{
	struct alarm *alarm = &app->alarm;
	autostr struct str text = STR_INIT;
	bool fine = command->param == ALARM_NOTIFY ? switch_notify(&alarm->notify, args, err)
		    : command->param == ALARM_BELL ? switch_one(&alarm->bell, args, err)
						   : switch_one(&alarm->flash, args, err);
	if (!fine)
		return false;
	alarm_say(alarm, &text);
	app_toast(app, false, "on a new critical: %s", text.text);
	return true;
}
