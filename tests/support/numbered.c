/* SPDX-License-Identifier: MIT */
#include "tests/support/numbered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/collected.h"

struct numbered numbered_of(const struct collected *collected, size_t count)
{
	static const char word[] = "number ";
	unsigned char *seen = xcalloc(count, 1);
	struct numbered numbered = {.first = count};
	for (const char *at = collected->events.text; (at = strstr(at, word)); at += strlen(word)) {
		size_t number = strtoul(at + strlen(word), NULL, 10);
		assert_true(number < count);
		if (seen[number]++ > 0 && !numbered.twice++)
			print_message("# twice: %.60s\n", at);
	}
	for (size_t i = count; i-- > 0;)
		if (!seen[i]) {
			numbered.missing++;
			numbered.first = i;
		}
	free(seen);
	print_message("# of %zu lines missing: %zu, duplicated: %zu\n", count, numbered.missing,
		numbered.twice);
	return numbered;
}

void assert_numbered(const struct collected *collected, size_t count)
{
	const struct numbered numbered = numbered_of(collected, count);
	if (numbered.missing)
		fail_msg("the first that is missing is %zu", numbered.first);
	assert_int_equal(numbered.twice, 0);
}
