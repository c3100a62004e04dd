/* SPDX-License-Identifier: MIT */
/* docs/states.md is printed from the tables. `test_core_alert_docs --print` prints it (make docs). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/base/str.h"
#include "core/model/verdict.h"

static void print_page(struct str *page)
{
	states_print(page);
	alerts_print(page);
}

static void the_committed_page_is_what_the_tables_print(void **state)
{
	(void)state;
	struct str page autostr = STR_INIT, committed autostr = STR_INIT;
	print_page(&page);
	FILE *file = fopen("docs/states.md", "r");
	if (!file)
		fail_msg("docs/states.md is not there: make docs");
	char buffer[4096];
	for (size_t got; (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&committed, buffer, got);
	fclose(file);
	if (strcmp(page.text, committed.text) != 0)
		fail_msg("docs/states.md is not what the tables say: make docs");
}

int main(int argc, char **argv)
{
	struct str page autostr = STR_INIT;
	if (argc == 2 && !strcmp(argv[1], "--print")) {
		print_page(&page);
		fputs(page.text, stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_committed_page_is_what_the_tables_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
