/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/redact_memo.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

struct how {
	const struct redactor *redactor;
	struct redact_memo *memo;
};

static void redact_text(void *context, char **text)
{
	const struct how *how = context;
	autostr struct str clean = STR_INIT;
	if (**text && redact_once(how->memo, how->redactor, &clean, *text, strlen(*text)))
		(void)msg_set(text, clean.text);
}

void msg_redact(
	enum msg_kind kind, void *body, const struct redactor *redactor, struct redact_memo *memo)
{
	struct how how = {redactor, memo};
	msg_each_text(kind, body, redact_text, &how);
}
