/* SPDX-License-Identifier: MIT */
#include "tests/support/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "tests/support/collected.h"

enum { LIMIT_MS = 60000, AFTERWARDS = 3, LOOK_MS = 100 };

/* "redis/main  W 40 entries of the stream 'log' are lost: ..." */
static uint64_t told_lost(const char *line)
{
	static const char *const words[] = {" entries of ", " notifications of ", " rows of "};
	const char *end = strchr(line, '\n'), *lost = strstr(line, " are lost");
	if (!lost || lost > end)
		return 0;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const char *at = strstr(line, words[i]);
		if (!at || at > end)
			continue;
		while (at > line && at[-1] >= '0' && at[-1] <= '9')
			at--;
		return strtoull(at, NULL, 10);
	}
	return 0;
}

static void take_line(struct numbered *numbered, const char *line)
{
	static const char word[] = "number-";
	const char *end = strchr(line, '\n'), *at = strstr(line, word);
	numbered->lost += told_lost(line);
	if (!at || at > end)
		return;
	unsigned long number = strtoul(at + strlen(word), NULL, 10);
	assert_in_range(number, 0, NUMBERED - 1);
	unsigned char *times = &numbered->times[number];
	numbered->seen += *times == 0;
	numbered->twice += *times == 1;
	if (*times < 2)
		++*times;
}

void numbered_take(struct numbered *numbered, struct collected *collected, int64_t wait_ms)
{
	(void)collected_wait_for(collected, wait_ms, "obs_notes", NULL);
	while (numbered->at < collected->events.length) {
		const char *line = collected->events.text + numbered->at;
		take_line(numbered, line);
		numbered->at += (size_t)(strchr(line, '\n') + 1 - line);
	}
}

void numbered_wait(struct numbered *numbered, struct collected *collected, size_t count)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	while (numbered->seen + numbered->lost < count && clock_mono_ms(clock_real()) < until_ms)
		numbered_take(numbered, collected, LOOK_MS);
	for (int i = 0; i < AFTERWARDS; i++)
		numbered_take(numbered, collected, LOOK_MS);
	print_message("%zu came, %zu of them twice, %llu were said to be lost\n", numbered->seen,
		numbered->twice, (unsigned long long)numbered->lost);
	assert_int_equal(numbered->twice, 0);
	assert_int_equal(numbered->seen + numbered->lost, count);
}
