/* SPDX-License-Identifier: MIT */
/*
 * The answer of getWebhookInfo as the Bot API nearly always gives it, in one pass and without an allocation: thousands of
 * them come in a minute, and to build a document of each would cost more than all else that is done with it. Pure.
 */
#ifndef BOTSWAIN_PARSE_BOTAPI_PLAIN_H
#define BOTSWAIN_PARSE_BOTAPI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/parse/botapi.h"

/*
 * True: it was ok and plain, and both outputs are what reading the document would give. False: there is something in it that
 * is not plain (an error, a list, an escape, a letter beyond ASCII, a member twice, anything broken), the outputs are
 * untouched, and the document is to be read.
 */
bool botapi_plain_webhook(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook) MUST_CHECK;
/* Without this short cut, as botapi_read_webhook(). */
bool botapi_read_webhook_document(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook, struct err *err) MUST_CHECK;

#endif
