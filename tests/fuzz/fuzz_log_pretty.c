/* SPDX-License-Identifier: MIT */
/* The fields of one line: parts lie in it, forwards, and none is deeper than what it is in. */
#include "core/parse/log_pretty.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	size_t size, end;
	uint32_t room; /* the next may be so deep */
	size_t count;
};

static bool take(void *context, const char *text, const struct log_field *field)
{
	struct seen *seen = context;
	(void)text;
	FUZZ_REQUIRE(field->name.offset <= seen->size &&
		     field->name.length <= seen->size - field->name.offset);
	FUZZ_REQUIRE(field->value.offset <= seen->size &&
		     field->value.length <= seen->size - field->value.offset);
	FUZZ_REQUIRE(field->depth <= seen->room && field->depth < LOG_PRETTY_DEPTH);
	FUZZ_REQUIRE(field->kind < LOG_KINDS);
	FUZZ_REQUIRE(!field->name.length || field->name.offset >= seen->end);
	FUZZ_REQUIRE(!field->value.length || field->value.offset >= seen->end);
	if (field->value.length)
		seen->end = field->value.offset + field->value.length;
	bool nests = field->kind == LOG_KIND_OBJECT || field->kind == LOG_KIND_LIST;
	seen->room = field->depth + nests;
	return ++seen->count < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {.size = size};
	(void)log_pretty_walk((const char *)data, size, take, &seen);
	return 0;
}
