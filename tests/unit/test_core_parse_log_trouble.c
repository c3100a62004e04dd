/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/parse/log_trouble.h"

struct sample {
	const char *line;
	enum log_level level;
	enum log_trouble kind;
	int64_t retry_after_s, duration_ms;
};

#define E LOG_LEVEL_ERROR
#define W LOG_LEVEL_WARN
#define I LOG_LEVEL_INFO
#define N LOG_LEVEL_NONE

static const struct sample samples[] = {
	/* python-telegram-bot, aiogram, pyTelegramBotAPI, grammY: a second poller */
	{"Error while getting Updates: Conflict: terminated by other getUpdates request; make sure "
	 "that only one",
		E, TROUBLE_CONFLICT, 0, 0},
	{"Failed to fetch updates - TelegramConflictError: Telegram server says - Conflict: "
	 "terminated by other getUpdates "
	 "request",
		E, TROUBLE_CONFLICT, 0, 0},
	{"A request to the Telegram API was unsuccessful. Error code: 409. Description: Conflict: "
	 "terminated by other "
	 "getUpdates",
		E, TROUBLE_CONFLICT, 0, 0},
	{"Call to 'getUpdates' failed! (409: Conflict: terminated by other getUpdates request)", N,
		TROUBLE_CONFLICT, 0, 0},
	{"Conflict: can't use getUpdates method while webhook is active; use deleteWebhook", E,
		TROUBLE_WEBHOOK_SET, 0, 0},
	{"TelegramUnauthorizedError: Telegram server says - Unauthorized", E, TROUBLE_UNAUTHORIZED,
		0, 0},
	{"Error code: 401. Description: Unauthorized", E, TROUBLE_UNAUTHORIZED, 0, 0},
	{"Call to 'getMe' failed! (401: Unauthorized)", E, TROUBLE_UNAUTHORIZED, 0, 0},
	{"telegram.error.InvalidToken: The token `1:<redacted>` was rejected by the server.", E,
		TROUBLE_UNAUTHORIZED, 0, 0},
	/* flood control */
	{"Too Many Requests: retry after 35", E, TROUBLE_FLOOD, 35, 0},
	{"Flood control exceeded on method 'SendMessage' in chat 5. Retry in 17 seconds.", W,
		TROUBLE_FLOOD, 17, 0},
	{"Flood control exceeded. Retry in 17 seconds", W, TROUBLE_FLOOD, 17, 0},
	{"Sleeping for 12s (0:00:12) on GetHistoryRequest flood wait", I, TROUBLE_FLOOD, 12, 0},
	{"[420 FLOOD_WAIT_X] - A wait of 2282 seconds is required", E, TROUBLE_FLOOD, 2282, 0},
	{"{\"error_code\":429,\"parameters\":{\"retry_after\":3}}", N, TROUBLE_FLOOD, 3, 0},
	{"Too Many Requests: retry after 99999999999999999999", E, TROUBLE_FLOOD,
		LIMIT_RETRY_AFTER_S, 0},
	{"Too Many Requests from telegram", W, TROUBLE_FLOOD, 0, 0},
	/* users, messages, programs */
	{"Forbidden: bot was blocked by the user", W, TROUBLE_BLOCKED, 0, 0},
	{"Forbidden: user is deactivated", W, TROUBLE_BLOCKED, 0, 0},
	{"Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 3", E,
		TROUBLE_ENTITIES, 0, 0},
	{"Traceback (most recent call last):", N, TROUBLE_TRACEBACK, 0, 0},
	{"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", N,
		TROUBLE_MEMORY, 0, 0},
	{"FetchError: request to https://api.telegram.org/ failed, reason: connect ETIMEDOUT "
	 "149.154.167.220:443",
		E, TROUBLE_UNREACHABLE, 0, 0},
	/* how long a handler took */
	/* as the real python-telegram-bot 13.15, grammY 1.46, Telegraf 4.16 and node-telegram-bot-api 0.66 say it */
	{"telegram.ext.updater - ERROR - Error while getting Updates: Flood control exceeded. "
	 "Retry in 17.0 seconds",
		E, TROUBLE_FLOOD, 17, 0},
	{"telegram.ext.updater - ERROR - Error while getting Updates: Unauthorized", E,
		TROUBLE_UNAUTHORIZED, 0, 0},
	{"telegram.ext.updater - ERROR - Invalid token; aborting", E, TROUBLE_UNAUTHORIZED, 0, 0},
	{"Error while getting Updates: Timed out", E, TROUBLE_UNREACHABLE, 0, 0},
	{"telegram.error.Unauthorized: Forbidden: bot was blocked by the user", E, TROUBLE_BLOCKED,
		0, 0},
	{"Error while getting Updates: urllib3 HTTPError "
	 "HTTPSConnectionPool(host='api.telegram.org', "
	 "port=443): Max retries exceeded with url: /bot",
		E, TROUBLE_UNREACHABLE, 0, 0},
	{"GrammyError: Call to 'sendMessage' failed! (429: Too Many Requests: retry after 35)", E,
		TROUBLE_FLOOD, 35, 0},
	{"{\"level\":50,\"err\":{\"type\":\"GrammyError\",\"message\":\"Call to 'sendMessage' "
	 "failed! (429: Too "
	 "Many Requests: retry after 35)\"}}",
		E, TROUBLE_FLOOD, 35, 0},
	{"HttpError: Network request for 'getMe' failed!", E, TROUBLE_UNREACHABLE, 0, 0},
	{"FetchError: request to https://api.telegram.org/bot1:[REDACTED]/getMe failed, reason: "
	 "connect "
	 "ECONNREFUSED 1.2.3.4:443",
		E, TROUBLE_UNREACHABLE, 0, 0},
	{"Error: 429: Too Many Requests: retry after 5", E, TROUBLE_FLOOD, 5, 0},
	{"error: [polling_error] {\"code\":\"EFATAL\",\"message\":\"EFATAL: Error: connect "
	 "ECONNREFUSED "
	 "149.154.167.220:443\"}",
		E, TROUBLE_UNREACHABLE, 0, 0},
	{"error: [polling_error] {\"code\":\"ETELEGRAM\",\"message\":\"ETELEGRAM: 401 "
	 "Unauthorized\"}",
		E, TROUBLE_UNAUTHORIZED, 0, 0},
	{"error: [polling_error] {\"code\":\"ETELEGRAM\",\"message\":\"ETELEGRAM: 409 Conflict: "
	 "terminated by other "
	 "getUpdates request\"}",
		E, TROUBLE_CONFLICT, 0, 0},
	/* aiogram 3, python-telegram-bot 20 and pyTelegramBotAPI, from their sources */
	{"aiogram.exceptions.TelegramRetryAfter: Telegram server says - Flood control exceeded on "
	 "method "
	 "'SendMessage' in chat 5. Retry in 17 seconds.",
		E, TROUBLE_FLOOD, 17, 0},
	{"aiogram.exceptions.TelegramForbiddenError: Telegram server says - Forbidden: bot was "
	 "blocked by the "
	 "user",
		E, TROUBLE_BLOCKED, 0, 0},
	{"Failed to fetch updates - TelegramNetworkError: HTTP Client says - ClientConnectorError: "
	 "Cannot connect "
	 "to host api.telegram.org:443 ssl:default",
		E, TROUBLE_UNREACHABLE, 0, 0},
	{"telegram.error.NetworkError: httpx.ConnectError: All connection attempts failed", E,
		TROUBLE_UNREACHABLE, 0, 0},
	{"telegram.error.TimedOut: Timed out", E, TROUBLE_UNREACHABLE, 0, 0},
	{"Infinity polling exception: HTTPSConnectionPool(host='api.telegram.org', port=443): Read "
	 "timed out. "
	 "(read timeout=25)",
		E, TROUBLE_UNREACHABLE, 0, 0},
	{"A request to the Telegram API was unsuccessful. Error code: 429. Description: Too Many "
	 "Requests: retry "
	 "after 5",
		E, TROUBLE_FLOOD, 5, 0},
	/* Telethon and Pyrogram */
	{"A wait of 17 seconds is required (caused by GetHistoryRequest)", E, TROUBLE_FLOOD, 17, 0},
	{"Sleeping early for 12s (0:00:12) on SendMessageRequest flood wait", I, TROUBLE_FLOOD, 12,
		0},
	{"[bot] Waiting for 21 seconds before continuing (required by \"messages.SendMessage\")", W,
		TROUBLE_FLOOD, 21, 0},
	{"pyrogram.errors.exceptions.flood_420.FloodWait: Telegram says: [420 FLOOD_WAIT_X] - A "
	 "wait of 2282 "
	 "seconds is required (caused by \"messages.SendMessage\")",
		E, TROUBLE_FLOOD, 2282, 0},
	{"Telegram says: [400 USER_IS_BLOCKED] - The user is blocked (caused by "
	 "\"messages.SendMessage\")",
		E, TROUBLE_BLOCKED, 0, 0},
	{"telethon.errors.rpcerrorlist.UserIsBlockedError: User is blocked (caused by "
	 "SendMessageRequest)",
		E, TROUBLE_BLOCKED, 0, 0},
	{"telethon.errors.rpcerrorlist.AuthKeyUnregisteredError: The key is not registered in the "
	 "system (caused "
	 "by GetStateRequest)",
		E, TROUBLE_UNAUTHORIZED, 0, 0},
	{"waiting for 5 seconds before continuing", W, TROUBLE_NONE, 0, 0},
	{"a wait of 5 minutes is fine", W, TROUBLE_NONE, 0, 0},
	{"redis read timed out", W, TROUBLE_NONE, 0, 0},
	{"Update id=5 is handled. Duration 338492 ms by bot id=123456", I, TROUBLE_HANDLED, 0,
		338492},
	{"Update id=5 is not handled. Duration 7 ms by bot id=123456", I, TROUBLE_NONE, 0, 0},
	{"on_message handled in 91.5 ms", LOG_LEVEL_DEBUG, TROUBLE_HANDLED, 0, 91},
	{"handled in 2s", I, TROUBLE_HANDLED, 0, 2000},
	{"handled in Berlin", I, TROUBLE_NONE, 0, 0},
	/* what is none */
	{"user 5 said: unauthorized", W, TROUBLE_NONE, 0, 0},
	{"redis is away, retry after 5 s", W, TROUBLE_NONE, 0, 0},
	{"connection refused by postgres", E, TROUBLE_NONE, 0, 0},
	{"a user asked why the bot was blocked by the user", I, TROUBLE_NONE, 0, 0},
	{"", N, TROUBLE_NONE, 0, 0},
};

static void telegrams_trouble_is_known_in_the_words_of_any_framework(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		const struct sample *sample = &samples[i];
		struct log_trouble_find find =
			log_trouble_of(sample->line, strlen(sample->line), sample->level);
		if (find.kind != sample->kind)
			fail_msg("%s: %s", sample->line, log_trouble_word(find.kind));
		assert_int_equal(find.retry_after_s, sample->retry_after_s);
		assert_int_equal(find.duration_ms, sample->duration_ms);
	}
}

/* Behind words of any length, in memory that ends with it, in capitals or not. */
static void trouble_is_known_wherever_in_the_line_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		const struct sample *sample = &samples[i];
		size_t length = strlen(sample->line);
		for (size_t before = 0; before < 140; before++) {
			autofree char *line = xmalloc(before + length + 1);
			memset(line, 'q', before + 1);
			line[before] = ' ';
			for (size_t at = 0; at < length; at++)
				line[before + 1 + at] =
					(char)(before % 2 ? toupper((unsigned char)sample->line[at])
							  : sample->line[at]);
			struct log_trouble_find find =
				log_trouble_of(line, before + 1 + length, sample->level);
			assert_int_equal(find.kind, sample->kind);
			assert_int_equal(find.retry_after_s, sample->retry_after_s);
			assert_int_equal(find.duration_ms, sample->duration_ms);
		}
	}
}

static void only_the_start_of_a_long_line_is_searched(void **state)
{
	(void)state;
	const size_t size = 1 << 20;
	autofree char *line = xmalloc(size);
	memset(line, 'x', size);
	memcpy(line + size / 2, " blocked by the user", 20);
	assert_int_equal(log_trouble_of(line, size, E).kind, TROUBLE_NONE);
	memcpy(line + 2000, " blocked by the user", 20);
	assert_int_equal(log_trouble_of(line, size, E).kind, TROUBLE_BLOCKED);
}

static void every_kind_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int kind = 0; kind < TROUBLES; kind++) {
		assert_non_null(log_trouble_word((enum log_trouble)kind));
		for (int other = 0; other < kind; other++)
			assert_string_not_equal(log_trouble_word((enum log_trouble)kind),
				log_trouble_word((enum log_trouble)other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telegrams_trouble_is_known_in_the_words_of_any_framework),
		cmocka_unit_test(trouble_is_known_wherever_in_the_line_it_stands),
		cmocka_unit_test(only_the_start_of_a_long_line_is_searched),
		cmocka_unit_test(every_kind_has_a_word_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
