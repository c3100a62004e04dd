/* SPDX-License-Identifier: MIT */
/* The secrets of the workers: who hears of a change, and that nothing happens without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/redact.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/collect/event_post.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/parse/log_line.h"

static size_t secrets_in(struct vault *vault, const char *text)
{
	autostr struct str to = STR_INIT;
	struct redactor *redactor = vault_redactor(vault);
	size_t count = redact(redactor, &to, text, strlen(text), 0);
	redactor_unref(redactor);
	return count;
}

static void the_vault_redacts_what_it_was_given_until_it_is_taken_back(void **state)
{
	(void)state;
	struct vault *vault = vault_new();
	autosecret struct secret one = {0}, two = {0}, none = {0};
	secret_set(&one, "hunter-two-two", 14);
	secret_set(&two, "another-secret", 14);
	vault_put(vault, "redis/main", &one);
	assert_int_equal(secrets_in(vault, "it is hunter-two-two"), 0);
	vault_publish(vault);
	assert_int_equal(secrets_in(vault, "it is hunter-two-two"), 1);
	vault_put(vault, "redis/main", &two);
	vault_publish(vault);
	assert_int_equal(secrets_in(vault, "it is hunter-two-two or another-secret"), 1);
	vault_put(vault, "redis/main", &none);
	vault_put(vault, "nobody", &none);
	vault_publish(vault);
	assert_int_equal(secrets_in(vault, "another-secret"), 0);
	vault_free(vault);
}

static void put(struct vault *vault, const char *owner, const char *text)
{
	autosecret struct secret secret = {0};
	secret_set(&secret, text, strlen(text));
	vault_put(vault, owner, &secret);
	vault_publish(vault);
}

/* Whether publishing gave another redactor than `before`, which is let go. */
static bool is_another(struct vault *vault, struct redactor *before)
{
	struct redactor *now = vault_redactor(vault);
	bool differs = now != before;
	redactor_unref(now);
	redactor_unref(before);
	return differs;
}

static void the_same_secret_again_makes_no_new_redactor(void **state)
{
	(void)state;
	struct vault *vault = vault_new();
	put(vault, "postgres/main", "hunter-two-two");
	put(vault, "redis/main", "another-secret");
	struct redactor *before = vault_redactor(vault);
	for (int i = 0; i < 1000; i++)
		put(vault, "postgres/main", "hunter-two-two");
	assert_false(is_another(vault, before));
	before = vault_redactor(vault);
	put(vault, "postgres/main", "hunter-two-twa");
	assert_true(is_another(vault, before));
	assert_int_equal(secrets_in(vault, "hunter-two-twa and another-secret"), 2);
	vault_free(vault);
}

static void a_secret_that_goes_and_comes_back_in_one_batch_makes_no_new_redactor(void **state)
{
	(void)state;
	struct vault *vault = vault_new();
	autosecret struct secret none = {0};
	put(vault, "bot/orders", "hunter-two-two");
	struct redactor *before = vault_redactor(vault);
	vault_put(vault, "bot/orders", &none);
	put(vault, "bot/orders", "hunter-two-two");
	assert_false(is_another(vault, before));
	vault_free(vault);
}

struct bench {
	struct clock clock;
	struct settings *settings;
	struct mailbox *mailbox;
	struct hub hub;
	struct event_post post;
	struct event_directory *directory;
};

static void set_up(struct bench *bench)
{
	static const char yaml[] = "bots: [{name: orders, transport: none}]\n";
	struct err err = {0};
	*bench = (struct bench){0};
	clock_init_virtual(&bench->clock, INT64_C(1795168821744));
	clock_advance(&bench->clock, 1000000);
	if (!settings_parse(yaml, strlen(yaml), "/tmp/x.yaml", &bench->settings, NULL, &err))
		fail_msg("%s", err.text);
	bench->mailbox = mailbox_new(10000);
	bench->directory = event_directory_new(1 << 20);
	hub_init(&bench->hub, &bench->clock, bench->mailbox, bench->settings);
	event_post_open(&bench->post, &bench->hub, "a", &(struct event_source){.name = "a"});
}

static void tear_down(struct bench *bench)
{
	event_post_close(&bench->post);
	hub_release(&bench->hub);
	mailbox_free(bench->mailbox);
	event_directory_free(bench->directory);
	settings_unref(bench->settings);
}

/* As a worker does it: the password is read again, then a line comes; the engine takes the note. */
static struct event_stats turn(struct bench *bench, const char *password, const char *line)
{
	const struct event_input event = {.wall_ms = LOG_NO_TIME, .message = line};
	struct parcel parcel;
	put(bench->hub.vault, "postgres/main", password);
	clock_advance(&bench->clock, 5000);
	event_post_renew(&bench->post);
	event_writer_event(bench->post.writer, &event);
	event_post_flush(&bench->post);
	while (mailbox_take(bench->mailbox, &parcel, 1)) {
		event_directory_add(bench->directory, parcel.attachment);
		parcel.attachment = NULL;
		parcel_release(&parcel);
	}
	event_directory_trim(bench->directory);
	return event_directory_stats(bench->directory);
}

static void a_password_that_is_read_again_and_again_seals_no_chunk(void **state)
{
	struct bench bench;
	(void)state;
	set_up(&bench);
	struct event_stats first = turn(&bench, "hunter-two-two", "x"), last = first;
	for (int i = 0; i < 20; i++)
		last = turn(&bench, "hunter-two-two", "x");
	assert_int_equal(last.lines, 21);
	assert_int_equal(last.chunks, 1);
	assert_int_equal(last.bytes, first.bytes);
	tear_down(&bench);
}

static void passwords_that_change_all_the_time_stay_within_the_budget(void **state)
{
	struct bench bench;
	struct event_stats stats;
	char password[32];
	(void)state;
	set_up(&bench);
	for (int i = 0; i < 2000; i++) {
		snprintf(password, sizeof(password), "hunter-%d-two", i);
		stats = turn(&bench, password, "x");
		assert_true(stats.bytes <= stats.budget_bytes);
	}
	/* A chunk is not there without its redactor, which alone takes 8 KiB. */
	assert_in_range(stats.chunks, 2, stats.budget_bytes / 8192);
	assert_int_equal(stats.lines + stats.evicted_lines, 2000);
	tear_down(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vault_redacts_what_it_was_given_until_it_is_taken_back),
		cmocka_unit_test(the_same_secret_again_makes_no_new_redactor),
		cmocka_unit_test(
			a_secret_that_goes_and_comes_back_in_one_batch_makes_no_new_redactor),
		cmocka_unit_test(a_password_that_is_read_again_and_again_seals_no_chunk),
		cmocka_unit_test(passwords_that_change_all_the_time_stay_within_the_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
