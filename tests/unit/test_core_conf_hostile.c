/* SPDX-License-Identifier: MIT */
/* Files that an enemy, an accident or a broken editor left where a configuration or a secret goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/command.h"
#include "core/conf/settings.h"
#include "tests/support/instrumented.h"

/* Of the processor, which is no more on a machine that has other work; and by the clock where something could be waited for. */
enum { SLOW_MS = 3000 };

struct place {
	char folder[64], path[96];
	struct str report;
	struct err err;
	int64_t began_ms, cost_ms;
};

static int64_t cost_ms(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));
	copy_text(place->folder, sizeof(place->folder), "/tmp/botswain-hostile-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/botswain.yaml", place->folder);
	setenv("XDG_STATE_HOME", place->folder, 1);
	str_init(&place->report);
	place->began_ms = clock_mono_ms(clock_real());
	place->cost_ms = cost_ms();
	*state = place;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *place = *state;
	assert_in_range(cost_ms() - place->cost_ms, 0, SLOW_MS * INSTRUMENTED_TIMES - 1);
	str_release(&place->report);
	nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

/* Of what could be waited for: a writer of the fifo, the end of a program. */
static int teardown_at_once(void **state)
{
	const struct place *place = *state;
	assert_in_range(clock_mono_ms(clock_real()) - place->began_ms, 0, SLOW_MS - 1);
	return teardown(state);
}

static void write_file(const char *path, const char *text, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* What is at the path is refused, for this reason. */
static void refused(struct place *place, const char *says)
{
	struct settings *settings = NULL;
	str_clear(&place->report);
	assert_false(settings_load(place->path, &settings, &place->report, &place->err));
	assert_null(settings);
	if (!strstr(place->report.text, says))
		fail_msg("the report does not say '%s' but:\n%s", says, place->report.text);
}

static void refused_text(struct place *place, const char *text, const char *says)
{
	write_file(place->path, text, strlen(text), 0600);
	refused(place, says);
}

static void accepted_text(struct place *place, const char *text)
{
	struct settings *settings = NULL;
	write_file(place->path, text, strlen(text), 0600);
	if (!settings_load(place->path, &settings, &place->report, &place->err))
		fail_msg("%s", place->report.text);
	settings_unref(settings);
}

/* ---- what is not a file of text ---- */

static void a_fifo_is_refused_without_waiting(void **state)
{
	struct place *place = *state;
	assert_int_equal(mkfifo(place->path, 0600), 0);
	refused(place, "is no regular file");
}

static void the_name_of_a_file_is_made_safe(void **state)
{
	struct place *place = *state;
	snprintf(place->path, sizeof(place->path), "%s/a\x1b[2J\n\xe2\x80\xae.yaml", place->folder);
	refused_text(place, "nonsense: 1\n", "/a^[[2J\u23ce<U+202E>.yaml:1:1: ");
	assert_null(strpbrk(place->err.text, "\x1b\n"));
	assert_null(strchr(place->report.text, '\x1b'));
	unlink(place->path);
	refused(place, "");
	assert_non_null(strstr(place->err.text, "/a^[[2J\u23ce<U+202E>.yaml"));
}

static void a_device_is_refused(void **state)
{
	struct place *place = *state;
	assert_int_equal(symlink("/dev/zero", place->path), 0);
	refused(place, "is no regular file");
}

static void a_folder_is_refused(void **state)
{
	struct place *place = *state;
	assert_int_equal(mkdir(place->path, 0700), 0);
	refused(place, "is a folder");
}

static void a_link_to_itself_is_refused(void **state)
{
	struct place *place = *state;
	assert_int_equal(symlink(place->path, place->path), 0);
	refused(place, "cannot read");
}

static void a_link_to_a_file_is_followed(void **state)
{
	struct place *place = *state;
	char *real autofree = xasprintf("%s/real.yaml", place->folder);
	struct settings *settings = NULL;
	write_file(real, "write: armed\n", 13, 0600);
	assert_int_equal(symlink(real, place->path), 0);
	assert_true(settings_load(place->path, &settings, NULL, &place->err));
	settings_unref(settings);
}

static void a_huge_file_is_refused_unread(void **state)
{
	struct place *place = *state;
	write_file(place->path, "", 0, 0600);
	assert_int_equal(truncate(place->path, 100 << 20), 0);
	refused(place, "has 104857600 bytes, at most 1048576 are read");
	assert_int_equal(place->err.code, ERR_LIMIT);
}

static void a_file_that_lies_about_its_size_is_cut_off(void **state)
{
	struct place *place = *state;
	assert_int_equal(symlink("/proc/kallsyms", place->path), 0);
	struct settings *settings = NULL;
	assert_false(settings_load(place->path, &settings, &place->report, &place->err));
}

static void a_file_that_everybody_can_write_is_refused_with_the_chmod(void **state)
{
	struct place *place = *state;
	char *says autofree = xasprintf("chmod o-w %s", place->path);
	write_file(place->path, "write: armed\n", 13, 0606);
	refused(place, says);
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	struct place *place = *state;
	if (geteuid() != 0)
		skip();
	write_file(place->path, "write: armed\n", 13, 0644);
	assert_int_equal(chown(place->path, 65534, 65534), 0);
	refused(place, "belongs to uid 65534");
}

/* ---- text that is not what it seems ---- */

static void ten_billion_laughs_are_refused_at_the_first(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	str_adds(&text,
		"a: &a "
		"[\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\"]\n");
	for (char ch = 'b'; ch <= 'i'; ch++)
		str_addf(&text, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", ch, ch, ch - 1,
			ch - 1, ch - 1, ch - 1, ch - 1, ch - 1, ch - 1, ch - 1, ch - 1);
	refused_text(place, text.text, ":1:5: an anchor (&name) is not allowed");
	refused_text(place, "write: *a\n", ":1:9: an alias (*name) is not allowed");
	refused_text(place, "write: !!str armed\n", "a tag (!name) is not allowed");
	refused_text(place, "bots: {<<: {a: 1}}\n", "'<<' is no name");
	refused_text(place, "write: armed\n---\nwrite: always\n", "a second document");
}

static void deep_nesting_is_refused(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	str_adds(&text, "bots: ");
	for (int i = 0; i < 100000; i++)
		str_addch(&text, '[');
	refused_text(place, text.text, "nested deeper than 12 levels");
	str_clear(&text);
	for (int i = 0; i < 400; i++)
		str_addf(&text, "%*sa:\n", i, "");
	refused_text(place, text.text, "nested deeper than 12 levels");
}

static void a_million_values_are_refused(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	str_adds(&text, "keys: [");
	while (text.length < 1000000)
		str_adds(&text, "a,");
	str_adds(&text, "]\n");
	refused_text(place, text.text, "more than 262144 values");
}

static void a_doubled_key_is_refused_with_the_first(void **state)
{
	struct place *place = *state;
	refused_text(place, "write: armed\ntheme: x\nwrite: always\n",
		":3:1: 'write' is given twice, first in line 1");
	struct str text autostr = STR_INIT;
	str_adds(&text, "keys:\n");
	for (int i = 0; i < 60000; i++)
		str_addf(&text, "  k%d: x\n", i);
	str_adds(&text, "  k7: x\n");
	refused_text(place, text.text, ":60002:3: 'k7' is given twice, first in line 9");
}

static void bytes_that_are_no_text_are_refused_with_their_place(void **state)
{
	struct place *place = *state;
	refused_text(place, "write: armed\ntheme: caf\xe9\n", ":2:11: byte 0xe9 is not UTF-8");
	refused_text(place, "theme: \xed\xa0\x80\n", ":1:8: byte 0xed is not UTF-8");
	refused_text(place, "theme: a\x1b[31mb\n", ":1:9: byte 0x1b is not text");
	write_file(place->path, "write: a\0rmed\n", 14, 0600);
	refused(place, ":1:9: byte 0x00 is not text");
	write_file(place->path, "\xff\xfew\0r\0i\0", 8, 0600);
	refused(place, "byte 0xff is not UTF-8");
	refused_text(place, "theme: \"a\\0b\"\n", "a NUL byte in the text");
	assert_null(strchr(place->report.text, '\x1b'));
}

static void tabs_and_broken_lines_say_what_to_do(void **state)
{
	struct place *place = *state;
	refused_text(place, "bots:\n\ta:\n", ":2:1: a tab indents this line: use blanks");
	refused_text(place, "driver:\n  start: [a, b\n  stop: }\n", ":3:");
	refused_text(place, "theme: \"abc\n", ":1:9: not YAML here");
	refused_text(place, "- write\n", ":1:1: here goes a mapping");
	refused_text(place, "write\n", ":1:1: here goes a mapping");
	refused_text(place, "? [a]\n: b\n", "a key must be plain text");
}

static void windows_line_ends_a_byte_order_mark_and_an_empty_file_are_fine(void **state)
{
	struct place *place = *state;
	accepted_text(place, "\xef\xbb\xbfwrite: armed\r\ntheme: default\r\n");
	accepted_text(place, "");
	accepted_text(place, "# nothing\n\n");
	accepted_text(place, "---\nwrite: armed\n...\n");
}

static void no_more_than_twenty_errors_are_shown(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	for (int i = 0; i < 500; i++)
		str_addf(&text, "key%d: x\n", i);
	refused_text(place, text.text, ":20:1: unknown key 'key19'");
	assert_null(strstr(place->report.text, "'key20'"));
	assert_non_null(strstr(place->report.text, "480 more errors are not shown"));
}

static void a_line_of_a_megabyte_is_shown_in_part(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	str_adds(&text, "theme: \"");
	while (text.length < 900000)
		str_adds(&text, "\xd1\x8b\xe2\x80\xae");
	str_adds(&text, "\" }\n");
	refused_text(place, text.text, "not YAML here");
	assert_true(place->report.length < 2000);
	assert_null(strstr(place->report.text, "\xe2\x80\xae"));
}

static void ten_thousand_bots_are_read_at_once(void **state)
{
	struct place *place = *state;
	struct str text autostr = STR_INIT;
	str_adds(&text, "bots:\n");
	for (int i = 0; i < 10000; i++)
		str_addf(&text, "  bot%d: {transport: none, logs: [/x/{bot}.log]}\n", i);
	for (char *brace = text.text; (brace = strstr(brace, "{bot}"));)
		memcpy(brace, "abots", 5);
	struct settings *settings = NULL;
	write_file(place->path, text.text, text.length, 0600);
	if (!settings_load(place->path, &settings, &place->report, &place->err))
		fail_msg("%s", place->report.text);
	assert_int_equal(settings->bot_count, 10000);
	settings_unref(settings);
}

/* ---- secrets ---- */

static bool read_secret(struct place *place, const char *form, struct str *ret)
{
	char *text autofree = xasprintf("bots: {a: {token: %s}}\n", form);
	struct settings *settings = NULL;
	write_file(place->path, text, strlen(text), 0600);
	if (!settings_load(place->path, &settings, &place->report, &place->err))
		return false;
	bool fine = settings_secret(&settings->bots[0].token, -1, ret, &place->err);
	settings_unref(settings);
	return fine;
}

static void a_secret_that_is_a_fifo_or_a_device_is_refused(void **state)
{
	struct place *place = *state;
	char *fifo autofree = xasprintf("%s/fifo", place->folder);
	struct str secret autostr = STR_INIT;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(read_secret(place, "{file: fifo}", &secret));
	assert_non_null(strstr(place->report.text, "is no regular file"));
	assert_false(read_secret(place, "{file: /dev/urandom}", &secret));
	assert_int_equal(secret.length, 0);
}

static void a_secret_of_a_megabyte_or_of_nothing_is_refused(void **state)
{
	struct place *place = *state;
	char *big autofree = xasprintf("%s/big", place->folder);
	char *empty autofree = xasprintf("%s/empty", place->folder);
	char *bytes autofree = xcalloc(1, 1 << 20);
	struct str secret autostr = STR_INIT;
	memset(bytes, 'x', (1 << 20) - 1);
	write_file(big, bytes, 1 << 20, 0600);
	write_file(empty, "  \n\n", 4, 0600);
	assert_false(read_secret(place, "{file: big}", &secret));
	assert_false(read_secret(place, "{file: empty}", &secret));
	assert_non_null(strstr(place->err.text, "holds nothing"));
	assert_int_equal(secret.length, 0);
}

static void a_credential_cannot_leave_its_folder(void **state)
{
	struct place *place = *state;
	struct str secret autostr = STR_INIT;
	setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
	assert_false(read_secret(place, "{credential: ../../etc/passwd}", &secret));
	assert_non_null(strstr(place->report.text, "a credential is a name, not a path"));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_bare_secret_is_never_echoed(void **state)
{
	struct place *place = *state;
	static const char *const texts[] = {
		"redis: {a: {password: hunter2secret}}\n",
		"redis: {a: {password: [hunter2secret]}}\n",
		"redis: {a: {password: hunter2secret, prot: 1}} }\n",
		"postgres: {a: {dsn: 'host=x password=hunter2secret'}}\n",
		"postgres: {a: {dsn: 'postgres://u:hunter2secret@h/d'}}\n",
		"telegram: {api: 'https://u:hunter2secret@h'}\n",
		"heartbeat: 12345678:hunter2secret_abcdefghijkl\n",
		"12345678:hunter2secret_abcdefghijkl: x\n",
		"bots: {a: {token: {fil: 12345678:hunter2secret_abcdefghijkl}}}\n",
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		refused_text(place, texts[i], ":1:");
		if (strstr(place->report.text, "hunter2") || strstr(place->err.text, "hunter2"))
			fail_msg("%s%s", place->report.text, place->err.text);
	}
}

static void a_token_is_refused_wherever_it_stands(void **state)
{
	struct place *place = *state;
	static const char *const texts[] = {
		"environment: 12345678:secret_abcdefghijklmnopqrst\n",
		"redis: {a: {user: '12345678:secret_abcdefghijklmnopqrst'}}\n",
		"keys: {F9: 'run 12345678:secret_abcdefghijklmnopqrst'}\n",
		"driver: {start: [run, '{bot}', '12345678:secret_abcdefghijklmnopqrst']}\n",
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		refused_text(place, texts[i], "a bot token does not belong in this file");
		assert_null(strstr(place->report.text, "secret_abc"));
	}
}

/* ---- programs that print a secret ---- */

static bool run(struct place *place, char *argv[], int64_t limit_ms, struct str *ret)
{
	size_t count = 0;
	while (argv[count])
		count++;
	struct argv command = {.argv = argv, .count = count};
	str_clear(ret);
	return command_output(&command, limit_ms, -1, 4096, ret, &place->err);
}

static size_t open_descriptors(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void a_program_that_does_not_end_is_killed_with_its_children(void **state)
{
	struct place *place = *state;
	struct str output autostr = STR_INIT;
	char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"},
		(char[]){"sleep 60 & echo $! > \"$0\"; sleep 60"}, place->path, NULL};
	size_t before = open_descriptors();
	assert_false(run(place, argv, 1000, &output));
	assert_int_equal(place->err.code, ERR_TIMEOUT);
	assert_int_equal(open_descriptors(), before);
	char pid[32] = "";
	FILE *file = fopen(place->path, "r");
	assert_non_null(file);
	assert_non_null(fgets(pid, sizeof(pid), file));
	fclose(file);
	int orphan = pidfd_open((pid_t)strtol(pid, NULL, 10), 0);
	struct pollfd ends = {.fd = orphan, .events = POLLIN};
	assert_true(orphan < 0 || poll(&ends, 1, 2000) == 1); /* it is dying, if not dead */
	close(orphan);
}

static void a_program_sees_a_clean_environment_and_no_descriptor_of_ours(void **state)
{
	struct place *place = *state;
	struct str output autostr = STR_INIT;
	char *environment[] = {(char[]){"env"}, NULL};
	setenv("LD_PRELOAD_TEST", "1", 1);
	setenv("BOTSWAIN_WRITE", "armed", 1);
	assert_true(run(place, environment, 2000, &output));
	unsetenv("BOTSWAIN_WRITE");
	assert_null(strstr(output.text, "BOTSWAIN_"));
	assert_null(strstr(output.text, "LD_PRELOAD_TEST"));
	assert_non_null(strstr(output.text, "PATH=/usr/local/sbin:"));
	int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *list[] = {(char[]){"/bin/ls"}, (char[]){"/proc/self/fd"}, NULL};
	assert_true(run(place, list, 2000, &output));
	close(fd);
	assert_string_equal(output.text, "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
}

static void a_program_is_no_shell_and_its_failure_is_said(void **state)
{
	struct place *place = *state;
	struct str output autostr = STR_INIT;
	char *echo[] = {(char[]){"echo"}, (char[]){"$(id); `id` | cat > /tmp/x"}, NULL};
	char *absent[] = {(char[]){"/no/such/program"}, NULL};
	char *fails[] = {
		(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"echo secret; exit 3"}, NULL};
	char *dies[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, (char[]){"kill -9 $$"}, NULL};
	assert_true(run(place, echo, 2000, &output));
	assert_string_equal(output.text, "$(id); `id` | cat > /tmp/x\n");
	assert_false(run(place, absent, 2000, &output));
	assert_non_null(strstr(place->err.text, "No such file"));
	assert_false(run(place, fails, 2000, &output));
	assert_non_null(strstr(place->err.text, "ended with status 3"));
	assert_null(strstr(place->err.text, "secret"));
	assert_false(run(place, dies, 2000, &output));
	assert_non_null(strstr(place->err.text, "died of signal 9"));
}

static void a_flood_of_output_is_cut(void **state)
{
	struct place *place = *state;
	struct str output autostr = STR_INIT;
	char *flood[] = {
		(char[]){"head"}, (char[]){"-c"}, (char[]){"3000000"}, (char[]){"/dev/zero"}, NULL};
	assert_true(run(place, flood, 2500, &output));
	assert_int_equal(output.length, 4096);
}

#define test(name)         cmocka_unit_test_setup_teardown(name, setup, teardown)
#define test_at_once(name) cmocka_unit_test_setup_teardown(name, setup, teardown_at_once)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_at_once(a_fifo_is_refused_without_waiting),
		test_at_once(the_name_of_a_file_is_made_safe),
		test_at_once(a_device_is_refused),
		test_at_once(a_folder_is_refused),
		test(a_link_to_itself_is_refused),
		test(a_link_to_a_file_is_followed),
		test(a_huge_file_is_refused_unread),
		test(a_file_that_lies_about_its_size_is_cut_off),
		test(a_file_that_everybody_can_write_is_refused_with_the_chmod),
		test(a_file_of_somebody_else_is_refused),
		test(ten_billion_laughs_are_refused_at_the_first),
		test(deep_nesting_is_refused),
		test(a_million_values_are_refused),
		test(a_doubled_key_is_refused_with_the_first),
		test(bytes_that_are_no_text_are_refused_with_their_place),
		test(tabs_and_broken_lines_say_what_to_do),
		test(windows_line_ends_a_byte_order_mark_and_an_empty_file_are_fine),
		test(no_more_than_twenty_errors_are_shown),
		test(a_line_of_a_megabyte_is_shown_in_part),
		test(ten_thousand_bots_are_read_at_once),
		test_at_once(a_secret_that_is_a_fifo_or_a_device_is_refused),
		test(a_secret_of_a_megabyte_or_of_nothing_is_refused),
		test(a_credential_cannot_leave_its_folder),
		test(a_bare_secret_is_never_echoed),
		test(a_token_is_refused_wherever_it_stands),
		test_at_once(a_program_that_does_not_end_is_killed_with_its_children),
		test_at_once(a_program_sees_a_clean_environment_and_no_descriptor_of_ours),
		test_at_once(a_program_is_no_shell_and_its_failure_is_said),
		test_at_once(a_flood_of_output_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
