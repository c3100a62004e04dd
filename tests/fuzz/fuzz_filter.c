/* SPDX-License-Identifier: MIT */
/* The first line is an expression, the rest a row: it parses and is asked, or is refused with a place. */
#include "core/base/mem.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_field.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

struct row {
	const char *text;
	size_t length;
};

static void get(const void *of, size_t column, struct filter_value *value)
{
	const struct row *row = of;
	struct log_part part = {.length = (uint32_t)row->length};
	value->is_known = column != LOG_COLUMN_ID &&
			  (column != FILTER_FIELD ||
				  log_field_find(row->text, row->length, value->field, &part));
	FUZZ_REQUIRE(part.offset <= row->length && part.length <= row->length - part.offset);
	value->text = row->text + part.offset;
	value->length = part.length;
	value->number = (double)row->length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter_schema schema = log_schema(INT64_C(1795168821744), 3600);
	const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - text) : size, at = 0, from = 0, stop;
	autofree char *expression = xstrndup(size ? text : "", length);
	const struct row row = {end ? end + 1 : "", end ? size - length - 1 : 0};
	struct err err = {0};
	schema.is_loose = length % 2;
	struct filter *filter = filter_new(expression, &schema, &at, &err);
	FUZZ_REQUIRE(filter || (err.text[0] && at <= strlen(expression)));
	if (filter) {
		filter_match(filter, get, &row);
		for (int i = 0; i < 3 && filter_find(filter, LOG_COLUMN_MSG, row.text, row.length,
						 from, &at, &stop);
			i++) {
			FUZZ_REQUIRE(at >= from && stop > at && stop <= row.length);
			from = stop;
		}
	}
	filter_free(filter);
	return 0;
}
