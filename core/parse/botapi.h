/* SPDX-License-Identifier: MIT */
/*
 * Answers of the Telegram Bot API -> structs. An answer is an envelope that says ok or not; what is
 * no envelope (HTML of a proxy, a cut body) is an error of its own, "invalid answer (byte N): ...",
 * with its first bytes sanitised. Unknown fields are ignored, ids are 64 bits. Texts are copied as
 * they came (valid UTF-8, bounded): they are redacted where they are stored - a webhook's URL often
 * holds the token - and sanitised where they are drawn. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_BOTAPI_H
#define BOTSWAIN_PARSE_BOTAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/limits.h"

struct botapi_reply {
	bool ok;
	int error_code; /* the HTTP status again; 0 when ok or not given */
	char description[LIMIT_TITLE_BYTES];
	int64_t retry_after_s;      /* 0: none; capped at LIMIT_RETRY_AFTER_S */
	int64_t migrate_to_chat_id; /* 0: none */
};

struct botapi_me {
	int64_t id;
	bool is_bot;
	char username[LIMIT_NAME_BYTES];    /* "" when there is none */
	char first_name[LIMIT_TITLE_BYTES]; /* anything at all: never an identity */
	bool can_join_groups, can_read_all_group_messages, supports_inline_queries,
		can_connect_to_business, has_main_web_app;
};

struct botapi_webhook {
	char url[LIMIT_URL_BYTES]; /* "": no webhook, the bot polls */
	bool has_custom_certificate;
	int64_t pending_update_count; /* also of polling bots */
	char ip_address[LIMIT_NAME_BYTES];
	int64_t last_error_date_s; /* 0: none; never cleared by a success, so look at its change */
	char last_error_message[LIMIT_TITLE_BYTES];
	int64_t last_synchronization_error_date_s; /* 0: none; Telegram's fault, not the bot's */
	int64_t max_connections;                   /* 0: not given */
	char allowed_updates[LIMIT_TITLE_BYTES];   /* comma separated; "": the default */
};

/* Says of what is no answer of the Bot API (ERR_PROTOCOL) "invalid answer (byte N): WHAT: '...'", with its first bytes;
 * always false. */
bool botapi_invalid(const char *body, size_t length, size_t at, const char *what, struct err *err);

/* The envelope of any method. False: no envelope at all (ERR_PROTOCOL). */
bool botapi_read_reply(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct err *err) MUST_CHECK;

/* As botapi_read_reply(), and when ret_reply->ok also the result, which must be there. With ok
 * false the second output is untouched. */
bool botapi_read_me(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_me *ret_me, struct err *err) MUST_CHECK;
bool botapi_read_webhook(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook, struct err *err) MUST_CHECK;

/* What an error answer means for deciding: 401 and 421 ERR_AUTH, 403 ERR_DENIED, 404 ERR_NOT_FOUND,
 * 409 ERR_CONFLICT, 429 ERR_RATE, 5xx ERR_UNREACHABLE, the rest ERR_PROTOCOL. */
enum err_code botapi_err_code(int error_code);

#endif
