/* SPDX-License-Identifier: MIT */
#include "core/engine/rules_check.h"

#include <stdio.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/engine/rules.h"

enum { GOOD = 0, FAILED = 1, WRONG = 2 };

int rules_check(const struct settings *settings)
{
	struct rule_book *book = rules_read(settings);
	autostr struct str sum = STR_INIT;
	rule_book_sum(book, &sum);
	fputs(book->said.text, stdout);
	printf("%s\n", sum.text);
	int status = book->refused ? WRONG : GOOD;
	rules_book_free(book);
	return fflush(stdout) == 0 ? status : FAILED;
}
