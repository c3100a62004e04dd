/* SPDX-License-Identifier: MIT */
#include "tests/support/collected.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/msg/msg.h"

enum { MAILBOX_LIMIT = 200000, STOP_MS = 2000, TEXTS_MAX = 8 };

static int64_t now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static struct settings *parse(const char *yaml)
{
	struct settings *settings = NULL;
	autostr struct str report = STR_INIT;
	struct err err = {0};
	if (!settings_parse(
		    yaml, strlen(yaml), "/tmp/botswain-test.yaml", &settings, &report, &err))
		fail_msg("%s\n%s", err.text, report.text);
	return settings;
}

void collected_pretend_far(struct settings *settings)
{
	settings->telegram_loopback = false;
}

void collected_start_with(struct collected *collected, const char *yaml, collect_known_token *known,
	void (*change)(struct settings *settings))
{
	struct err err = {0};
	*collected =
		(struct collected){.settings = parse(yaml), .mailbox = mailbox_new(MAILBOX_LIMIT)};
	if (change)
		change(collected->settings);
	if (!collect_start(collected->settings, clock_real(), collected->mailbox, known, NULL,
		    &collected->collect, &err))
		fail_msg("%s", err.text);
}

void collected_start(struct collected *collected, const char *format, ...)
{
	autostr struct str yaml = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&yaml, format, args);
	va_end(args);
	collected_start_with(collected, yaml.text, NULL, NULL);
}

void collected_reload(struct collected *collected, const char *format, ...)
{
	autostr struct str yaml = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&yaml, format, args);
	va_end(args);
	settings_unref(collected->settings);
	collected->settings = parse(yaml.text);
	collect_reload(collected->collect, collected->settings);
}

void collected_stop(struct collected *collected)
{
	int64_t start_ms = now_ms();
	collect_stop(collected->collect);
	assert_true(now_ms() - start_ms <= STOP_MS);
	mailbox_free(collected->mailbox);
	settings_unref(collected->settings);
	free(collected->last);
	*collected = (struct collected){0};
}

static bool take_one(struct collected *collected)
{
	struct parcel parcel;
	struct str text = STR_INIT;
	if (!mailbox_take(collected->mailbox, &parcel, 1))
		return false;
	msg_dump(parcel.message.kind, parcel.message.body, &text);
	parcel_release(&parcel);
	free(collected->last);
	collected->last = str_detach(&text);
	collected->last_ms = now_ms();
	collected->count++;
	if (getenv("BOTSWAIN_TEST_SHOW"))
		print_message("%10lld %s\n", (long long)collected->last_ms, collected->last);
	if (starts_with(collected->last, "obs_source ") &&
		strstr(collected->last, "state=\"unreachable\""))
		collected->unreachable++;
	if (collected->forbidden && strstr(collected->last, collected->forbidden))
		fail_msg("what nobody may see is in: %s", collected->last);
	return true;
}

static bool matches(const char *text, const char *kind, const char *const *texts, size_t count)
{
	if (!starts_with(text, kind) || text[strlen(kind)] != ' ')
		return false;
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, texts[i]))
			return false;
	return true;
}

static const char *wait_for(struct collected *collected, int64_t limit_ms, const char *kind,
	const char *const *texts, size_t count)
{
	int64_t until_ms = now_ms() + limit_ms;
	for (;;) {
		while (take_one(collected))
			if (matches(collected->last, kind, texts, count))
				return collected->last;
		int64_t left_ms = until_ms - now_ms();
		struct pollfd bell = {.fd = mailbox_fd(collected->mailbox), .events = POLLIN};
		if (left_ms <= 0 || poll(&bell, 1, (int)left_ms) == 0)
			return NULL;
	}
}

static size_t read_texts(va_list *args, const char **texts)
{
	size_t count = 0;
	for (const char *text; (text = va_arg(*args, const char *)); count++) {
		assert_true(count < TEXTS_MAX);
		texts[count] = text;
	}
	return count;
}

const char *collected_wait(struct collected *collected, const char *kind, ...)
{
	const char *texts[TEXTS_MAX];
	va_list args;
	va_start(args, kind);
	size_t count = read_texts(&args, texts);
	va_end(args);
	const char *found = wait_for(collected, COLLECTED_WAIT_MS, kind, texts, count);
	if (!found) {
		for (size_t i = 0; i < count; i++)
			print_error("wanted %s: %s\n", kind, texts[i]);
		fail_msg("not observed; the last was: %s", collected->last ? collected->last : "-");
	}
	return found;
}

const char *collected_wait_for(struct collected *collected, int64_t limit_ms, const char *kind, ...)
{
	const char *texts[TEXTS_MAX];
	va_list args;
	va_start(args, kind);
	size_t count = read_texts(&args, texts);
	va_end(args);
	return wait_for(collected, limit_ms, kind, texts, count);
}

void collected_clear(struct collected *collected)
{
	while (take_one(collected))
		;
}

double collected_number(const char *text, const char *name)
{
	autofree char *key = xasprintf(" %s=", name);
	const char *at = strstr(text, key);
	if (!at)
		fail_msg("no %s in %s", name, text);
	return strtod(at + strlen(key), NULL);
}
