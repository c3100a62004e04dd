/* SPDX-License-Identifier: MIT */
/* An answer is read within its bounds or refused with a sentence that is safe to show. */
#include "core/base/width.h"
#include "core/base/utf8.h"
#include "core/parse/botapi.h"
#include "core/parse/botapi_plain.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void require_safe(const struct err *err)
{
	size_t length = strlen(err->text);
	FUZZ_REQUIRE(err->code != ERR_NONE && length > 0);
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(err->text + at, length - at);
		FUZZ_REQUIRE(!code_is_hidden(next.code));
		at += next.size;
	}
}

static bool is_same(const struct botapi_webhook *a, const struct botapi_webhook *b)
{
	return strcmp(a->url, b->url) == 0 && strcmp(a->ip_address, b->ip_address) == 0 &&
	       strcmp(a->last_error_message, b->last_error_message) == 0 &&
	       strcmp(a->allowed_updates, b->allowed_updates) == 0 &&
	       a->has_custom_certificate == b->has_custom_certificate &&
	       a->pending_update_count == b->pending_update_count &&
	       a->last_error_date_s == b->last_error_date_s &&
	       a->last_synchronization_error_date_s == b->last_synchronization_error_date_s &&
	       a->max_connections == b->max_connections;
}

/* What is read in one pass is what the document says. */
static void require_same(const char *body, size_t size)
{
	struct botapi_reply plain_reply, reply;
	struct botapi_webhook plain, hook;
	struct err err = {0};
	if (!botapi_plain_webhook(body, size, &plain_reply, &plain))
		return;
	FUZZ_REQUIRE(botapi_read_webhook_document(body, size, &reply, &hook, &err));
	FUZZ_REQUIRE(reply.ok && plain_reply.ok && !reply.description[0]);
	FUZZ_REQUIRE(is_same(&plain, &hook));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;
	struct botapi_reply reply = {0};
	struct botapi_me me = {0};
	struct botapi_webhook hook = {0};
	struct err err = {0};
	bool is_reply = botapi_read_reply(body, size, &reply, &err);
	if (!is_reply)
		require_safe(&err);
	FUZZ_REQUIRE(reply.retry_after_s >= 0 && reply.retry_after_s <= LIMIT_RETRY_AFTER_S);
	if (botapi_read_me(body, size, &reply, &me, &err))
		FUZZ_REQUIRE(is_reply && (!reply.ok || me.id > 0));
	if (botapi_read_webhook(body, size, &reply, &hook, &err))
		FUZZ_REQUIRE(is_reply && hook.pending_update_count >= 0 &&
			     strlen(hook.url) < sizeof(hook.url));
	require_same(body, size);
	return 0;
}
