/* SPDX-License-Identifier: MIT */
/* A query is refused with a place inside it, or its text reads back and is the same again. */
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/series/promql/ast.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What is printed may be longer than what was read: 1e20, escapes. */
enum { PRINTED_MAX = 64 << 10 };

static void reads_back(const struct expr *expr)
{
	struct place place = {0};
	struct err err = {0};
	autostr struct str text = STR_INIT;
	autostr struct str again = STR_INIT;
	expr_text(expr, &text);
	FUZZ_REQUIRE(utf8_valid(text.text, text.length));
	struct expr *other = promql_parse(text.text, text.length, &place, &err);
	FUZZ_REQUIRE(other || text.length > PRINTED_MAX);
	if (other) {
		expr_text(other, &again);
		FUZZ_REQUIRE(strcmp(text.text, again.text) == 0);
	}
	expr_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct place place = {0};
	struct err err = {0};
	struct expr *expr = promql_parse((const char *)data, size, &place, &err);
	if (expr) {
		FUZZ_REQUIRE(expr->place.from < expr->place.to && expr->place.to <= size);
		reads_back(expr);
	} else {
		FUZZ_REQUIRE(err.code != ERR_NONE && err.text[0]);
		FUZZ_REQUIRE(place.from <= place.to && place.from <= size);
		FUZZ_REQUIRE(utf8_valid(err.text, strlen(err.text)));
	}
	expr_free(expr);
	return 0;
}
