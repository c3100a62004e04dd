/* SPDX-License-Identifier: MIT */
#include "tests/support/promql_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/str.h"
#include "core/series/promql/ast.h"

struct expr *promql_read(const char *query)
{
	struct place place;
	struct err err;
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	if (!expr)
		fail_msg("%s: %s", query, err.text);
	return expr;
}

void assert_prints(const char *query, const char *expected)
{
	autostr struct str text = STR_INIT;
	struct expr *expr = promql_read(query);
	expr_text(expr, &text);
	expr_free(expr);
	assert_string_equal(text.text, expected);
}

void assert_refuses_as(const char *query, const char *expected, enum err_code code)
{
	struct place place = {.from = UINT32_MAX};
	struct err err = {0};
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	expr_free(expr);
	if (expr)
		fail_msg("it was read: %s", query);
	assert_string_equal(err.text, expected);
	assert_int_equal(err.code, code);
	assert_true(place.from <= place.to && place.to <= strlen(query));
}

void assert_all_print(const struct promql_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = rows[i].text ? rows[i].text : rows[i].query;
		assert_prints(rows[i].query, text);
		assert_prints(text, text);
	}
}

void assert_all_refused(const struct promql_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refuses_as(rows[i].query, rows[i].text, ERR_SYNTAX);
}
