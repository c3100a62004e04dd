/* SPDX-License-Identifier: MIT */
/* What PromQL is read as, and why it is refused, for the tests of its parser. Another outcome fails the test. */
#ifndef BOTSWAIN_TESTS_PROMQL_ROWS_H
#define BOTSWAIN_TESTS_PROMQL_ROWS_H

#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct expr;

struct promql_row {
	const char *query, *text; /* of one that is read NULL: it prints as it is */
};

struct expr *promql_read(const char *query) MUST_CHECK; /* never NULL */
void assert_prints(const char *query, const char *expected);
void assert_refuses_as(const char *query, const char *expected, enum err_code code);
/* What is printed is read, and prints the same. */
void assert_all_print(const struct promql_row *rows, size_t count);
void assert_all_refused(const struct promql_row *rows, size_t count);

#endif
