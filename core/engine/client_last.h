/* SPDX-License-Identifier: MIT */
/*
 * What an engine that runs no more knew last (last_view.h): frames of entities as on the socket, and a turn mark with the
 * wall time at which all of it was so. For a screen that has nothing better to show until there is an engine. One thread.
 */
#ifndef BOTSWAIN_ENGINE_CLIENT_LAST_H
#define BOTSWAIN_ENGINE_CLIENT_LAST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct model;
struct settings;

#define CLIENT_LAST_FILE "last.view" /* in the state directory */

enum { CLIENT_LAST_BYTES_MAX = 8 << 20, CLIENT_LAST_DAYS_MAX = 7 };

/* What lies in the state directory of `settings` goes into an empty model. False, and the model is as it was: there is none, it
 * is too large, cut or broken, older than a week at `now_wall_ms` or from the future, another user's, or of another
 * configuration or environment. Reads from the disk, as the configuration was read; waits for no pipe. */
MUST_CHECK bool client_last_read(const struct settings *settings, struct model *model,
	int64_t now_wall_ms, int64_t *ret_wall_ms);

#endif
