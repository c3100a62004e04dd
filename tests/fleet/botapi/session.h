/* SPDX-License-Identifier: MIT */
/* The session of a bot on this server: opened by its first call, ended by close and logOut. One thread. */
#ifndef BOTSWAIN_BOTAPI_SESSION_H
#define BOTSWAIN_BOTAPI_SESSION_H

#include <stdbool.h>

#include "core/base/attr.h"

struct api_method;
struct bot;
struct refusal;

/* Opens the session, or says why there is none. */
MUST_CHECK bool session_allows(
	struct bot *bot, const struct api_method *method, struct refusal *why);

#endif
