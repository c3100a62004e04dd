/* SPDX-License-Identifier: MIT */
/* What a health check makes of an answer. Pure; any thread. */
#ifndef BOTSWAIN_COLLECT_HEALTH_H
#define BOTSWAIN_COLLECT_HEALTH_H

#include <stdbool.h>
#include "core/base/attr.h"

struct conf_check;
struct err;
struct http_reply;

/* `check` NULL: a bot's own page, which is well with 200 to 299. On failure `ret_why` says what was
 * wrong: ERR_PROTOCOL when something answered, else there was no answer. The words hold parts of the
 * answer as it came: they are redacted and sanitised where they are posted. */
MUST_CHECK bool health_judge(
	const struct conf_check *check, const struct http_reply *reply, struct err *ret_why);

#endif
