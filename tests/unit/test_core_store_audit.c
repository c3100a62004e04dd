/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/act/journal.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/store/audit.h"

static const int64_t WALL_MS = 1795168821744; /* 2026-11-20T10:00:21.744Z */

/* In the place of the C library's: what it did to the last file is looked at below. */
static struct {
	unsigned calls;
	struct stat file;
} synced;

int fsync(int fd)
{
	synced.calls++;
	fstat(fd, &synced.file);
	return (int)syscall(SYS_fsync, fd);
}

struct place {
	char dir[64], path[96], torn[112];
};

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	copy_text(place->dir, sizeof(place->dir), "/tmp/botswain-audit-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->path, sizeof(place->path), "%s/audit.jsonl", place->dir);
	snprintf(place->torn, sizeof(place->torn), "%s.torn", place->path);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	unlink(place->path);
	unlink(place->torn);
	assert_int_equal(rmdir(place->dir), 0);
	free(place);
	return 0;
}

static struct audit *open_audit(struct place *place, struct audit_mark known, struct str *note)
{
	struct audit *audit = NULL;
	struct err err = {.text = ""};
	if (!audit_open(place->path, &known, &audit, note, &err))
		fail_msg("%s", err.text);
	return audit;
}

static struct audit_mark write_lines(struct place *place, uint64_t count)
{
	autostr struct str note = STR_INIT;
	struct audit *audit = open_audit(place, (struct audit_mark){.seq = 0}, &note);
	for (uint64_t i = 1; i <= count; i++) {
		struct audit_line line = {.operation = i,
			.who = "ann",
			.uid = 1000,
			.what = "restart",
			.on = "orders",
			.why = "stuck",
			.result = "intent"};
		audit_stage(audit, WALL_MS, &line, NULL);
		struct err err;
		assert_true(audit_commit(audit, &err));
	}
	assert_string_equal(note.text, "");
	struct audit_mark mark = audit_mark(audit);
	audit_close(audit);
	return mark;
}

static void write_line_of(struct place *place, const char *who)
{
	autostr struct str note = STR_INIT;
	struct audit *audit = open_audit(place, (struct audit_mark){.seq = 0}, &note);
	struct audit_line line = {.who = who, .what = "nothing"};
	struct err err;
	audit_stage(audit, WALL_MS, &line, NULL);
	assert_true(audit_commit(audit, &err));
	audit_close(audit);
}

static char *content(const char *path, size_t *ret_length)
{
	static char bytes[1 << 20];
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	*ret_length = fread(bytes, 1, sizeof(bytes) - 1, file);
	bytes[*ret_length] = '\0';
	fclose(file);
	return bytes;
}

static void replace_content(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "we");
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static void a_line_holds_who_did_what_on_what_and_why(void **state)
{
	struct place *place = *state;
	write_lines(place, 1);
	size_t length;
	const char *text = content(place->path, &length);
	const char *start =
		"{\"v\":1,\"ts\":\"2026-11-20T10:00:21.744Z\",\"seq\":1,\"who\":\"ann\",\"uid\":"
		"1000,"
		"\"what\":\"restart\",\"on\":\"orders\",\"why\":\"stuck\",\"result\":\"intent\","
		"\"operation\":1,\"prev\":\"0000";
	assert_memory_equal(text, start, strlen(start));
	struct stat info;
	assert_int_equal(stat(place->path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

/* Two operators of one name are told apart, and what a client says cannot be taken for what is known. */
static void a_line_holds_who_logged_in_and_what_the_client_claims(void **state)
{
	struct place *place = *state;
	autostr struct str note = STR_INIT;
	struct audit *audit = open_audit(place, (struct audit_mark){.seq = 0}, &note);
	struct audit_line line = {.who = "root",
		.uid = 0,
		.has_login = true,
		.login_uid = 1001,
		.claims = "SUDO_USER=ann\",\"login_uid\":\"7",
		.what = "stop"};
	struct err err;
	audit_stage(audit, WALL_MS, &line, NULL);
	assert_true(audit_commit(audit, &err));
	audit_close(audit);
	size_t length;
	uint64_t lines = 0;
	const char *text = content(place->path, &length);
	assert_non_null(strstr(text, "\"who\":\"root\",\"uid\":0,\"login_uid\":1001,"
				     "\"claims\":\"SUDO_USER=ann\\\",\\\"login_uid\\\":\\\"7\","
				     "\"what\":\"stop\""));
	assert_true(audit_verify(place->path, &lines, &err));
	assert_int_equal(lines, 1);
}

static void an_untouched_chain_verifies_also_over_several_openings(void **state)
{
	struct place *place = *state;
	uint64_t lines = 0;
	struct err err = {.text = ""};
	write_lines(place, 5);
	write_lines(place, 7);
	assert_true(audit_verify(place->path, &lines, &err));
	assert_int_equal(lines, 12);
}

static void every_flipped_byte_of_a_line_is_found_with_its_line(void **state)
{
	struct place *place = *state;
	write_lines(place, 3);
	size_t length;
	char *text = content(place->path, &length);
	const char *second = strchr(text, '\n') + 1, *third = strchr(second, '\n') + 1;
	for (const char *at = second; at < third; at++) {
		size_t offset = (size_t)(at - text);
		uint64_t lines;
		struct err err = {.text = ""};
		text[offset] = (char)(text[offset] ^ 1);
		replace_content(place->path, text, length);
		assert_false(audit_verify(place->path, &lines, &err));
		assert_non_null(strstr(err.text, " line 2 "));
		text[offset] = (char)(text[offset] ^ 1);
	}
}

static void a_line_taken_out_of_the_middle_is_found(void **state)
{
	struct place *place = *state;
	write_lines(place, 3);
	size_t length;
	char *text = content(place->path, &length), *second = strchr(text, '\n') + 1;
	char *third = strchr(second, '\n') + 1;
	memmove(second, third, length - (size_t)(third - text));
	replace_content(place->path, text, length - (size_t)(third - second));
	uint64_t lines;
	struct err err = {.text = ""};
	assert_false(audit_verify(place->path, &lines, &err));
	assert_non_null(strstr(err.text, "line 2 does not hold: number 3 follows 1"));
}

static void a_line_forged_with_a_hash_of_its_own_does_not_follow(void **state)
{
	struct place *place = *state;
	autostr struct str mixed = STR_INIT;
	size_t length;
	write_lines(place, 2);
	const char *text = content(place->path, &length);
	size_t first = (size_t)(strchr(text, '\n') + 1 - text);
	str_add(&mixed, text, first);
	unlink(place->path);
	write_line_of(place, "mallory");
	write_line_of(place, "mallory");
	text = content(place->path, &length);
	str_adds(&mixed, strchr(text, '\n') + 1);
	replace_content(place->path, mixed.text, mixed.length);
	uint64_t lines;
	struct err err = {.text = ""};
	assert_false(audit_verify(place->path, &lines, &err));
	assert_non_null(
		strstr(err.text, "line 2 does not hold: it does not follow the line before it"));
}

static void a_tail_cut_off_is_said_when_the_mark_outside_is_newer(void **state)
{
	struct place *place = *state;
	struct audit_mark known = write_lines(place, 4);
	size_t length;
	char *text = content(place->path, &length);
	replace_content(place->path, text, (size_t)(strchr(text, '\n') + 1 - text));
	autostr struct str note = STR_INIT;
	struct audit *audit = open_audit(place, known, &note);
	assert_non_null(strstr(note.text, "ends at number 1, but 4 was written"));
	struct audit_line line = {.who = "ann", .what = "stop"};
	struct err err;
	audit_stage(audit, WALL_MS, &line, NULL);
	assert_true(audit_commit(audit, &err));
	audit_close(audit);
	uint64_t lines;
	assert_false(audit_verify(place->path, &lines, &err));
	assert_non_null(strstr(err.text, "line 2 does not hold: number 5 follows 1"));
}

static void a_rewritten_last_line_is_said_when_its_hash_is_known(void **state)
{
	struct place *place = *state;
	struct audit_mark known = write_lines(place, 1);
	unlink(place->path);
	autostr struct str note = STR_INIT;
	write_line_of(place, "mallory");
	audit_close(open_audit(place, known, &note));
	assert_non_null(strstr(note.text, "number 1: it is not the line that was written"));
}

static void a_torn_last_line_is_set_aside_and_said_and_the_chain_goes_on(void **state)
{
	struct place *place = *state;
	struct audit_mark known = write_lines(place, 2);
	int fd = open(place->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "{\"v\":1,\"ts\"", 11), 11);
	close(fd);
	autostr struct str note = STR_INIT;
	audit_close(open_audit(place, known, &note));
	assert_non_null(strstr(note.text, "was torn (11 bytes): moved to"));
	size_t length;
	assert_string_equal(content(place->torn, &length), "{\"v\":1,\"ts\"\n");
	write_lines(place, 1);
	uint64_t lines;
	struct err err = {.text = ""};
	assert_true(audit_verify(place->path, &lines, &err));
	assert_int_equal(lines, 3);
}

static void only_the_end_of_a_long_file_is_read_at_opening(void **state)
{
	struct place *place = *state;
	write_lines(place, 900); /* past the part that is checked */
	autostr struct str note = STR_INIT;
	struct audit *audit = open_audit(place, (struct audit_mark){.seq = 0}, &note);
	assert_string_equal(note.text, "");
	assert_int_equal(audit_mark(audit).seq, 900);
	assert_int_equal(audit_last_operation(audit), 900);
	audit_close(audit);
}

static void secrets_and_control_characters_never_reach_the_file(void **state)
{
	struct place *place = *state;
	autostr struct str note = STR_INIT;
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, "hunter2hunter2", 14));
	redactor_seal(redactor);
	struct audit *audit = open_audit(place, (struct audit_mark){.seq = 0}, &note);
	struct audit_line line = {.who = "ann",
		.what = "restart",
		.why = "token 123456789:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and hunter2hunter2 "
		       "\x1b[2J"
		       " \"quoted\" \\ \xff end"};
	struct err err;
	audit_stage(audit, WALL_MS, &line, redactor);
	assert_true(audit_commit(audit, &err));
	audit_close(audit);
	redactor_unref(redactor);
	size_t length;
	const char *text = content(place->path, &length);
	assert_null(strstr(text, "AAEaaa"));
	assert_null(strstr(text, "hunter2"));
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "\\\"quoted\\\" \\\\ "));
	uint64_t lines;
	assert_true(audit_verify(place->path, &lines, &err));
}

static void an_audit_file_that_is_a_link_is_refused(void **state)
{
	struct place *place = *state;
	assert_int_equal(symlink("/dev/null", place->path), 0);
	struct audit *audit = NULL;
	autostr struct str note = STR_INIT;
	struct audit_mark known = {.seq = 0};
	struct err err = {.text = ""};
	assert_false(audit_open(place->path, &known, &audit, &note, &err));
	assert_non_null(strstr(err.text, "cannot open the audit file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A power cut takes what only the kernel knows of. */
static void a_commit_comes_back_when_its_bytes_are_on_the_disk(void **state)
{
	struct place *place = *state;
	for (uint64_t seq = 1; seq <= 3; seq++) {
		struct stat now;
		synced.calls = 0;
		synced.file.st_size = 0;
		write_lines(place, 1);
		assert_int_equal(stat(place->path, &now), 0);
		assert_true(synced.calls > 0);
		assert_int_equal(synced.file.st_ino, now.st_ino);
		assert_int_equal(synced.file.st_size, now.st_size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_holds_who_did_what_on_what_and_why),
		TEST(a_line_holds_who_logged_in_and_what_the_client_claims),
		TEST(an_untouched_chain_verifies_also_over_several_openings),
		TEST(every_flipped_byte_of_a_line_is_found_with_its_line),
		TEST(a_line_taken_out_of_the_middle_is_found),
		TEST(a_line_forged_with_a_hash_of_its_own_does_not_follow),
		TEST(a_tail_cut_off_is_said_when_the_mark_outside_is_newer),
		TEST(a_rewritten_last_line_is_said_when_its_hash_is_known),
		TEST(a_torn_last_line_is_set_aside_and_said_and_the_chain_goes_on),
		TEST(only_the_end_of_a_long_file_is_read_at_opening),
		TEST(secrets_and_control_characters_never_reach_the_file),
		TEST(an_audit_file_that_is_a_link_is_refused),
		TEST(a_commit_comes_back_when_its_bytes_are_on_the_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
