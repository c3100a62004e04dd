/* SPDX-License-Identifier: MIT */
/*
 * A formatted text of the Bot API parses or is refused with words; what comes out is valid UTF-8 whose entities lie in
 * it, sorted, none of them empty, none crossing another. The first byte chooses the mode, the next four an entity.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tests/fleet/entities/entities.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD = 5 };

static size_t units_of(const struct str *text)
{
	size_t units = 0;
	for (size_t at = 0; at < text->length;) {
		struct utf8_char ch = utf8_next(text->text + at, text->length - at);
		units += ch.code > 0xffff ? 2 : 1;
		at += ch.size;
	}
	return units;
}

static void require_nested(const struct entity *outer, const struct entity *inner)
{
	size_t border = outer->offset + outer->length, end = inner->offset + inner->length;
	FUZZ_REQUIRE(outer->offset <= inner->offset);
	FUZZ_REQUIRE(inner->offset >= border || end <= border);
}

static void require_good(const struct formatted *text)
{
	FUZZ_REQUIRE(utf8_valid(text->text.text, text->text.length));
	FUZZ_REQUIRE(text->units == units_of(&text->text));
	FUZZ_REQUIRE(text->count <= ENTITIES_MAX);
	for (size_t i = 0; i < text->count; i++) {
		const struct entity *entity = &text->items[i];
		FUZZ_REQUIRE(entity->length > 0 && entity->type < ENTITY_TYPES);
		FUZZ_REQUIRE(entity->offset + entity->length <= text->units);
		for (size_t j = i + 1; j < text->count; j++)
			require_nested(entity, &text->items[j]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD)
		return 0;
	struct formatted text;
	struct err err = {0};
	enum parse_mode mode = (enum parse_mode)(data[0] % 4);
	formatted_init(&text);
	bool good = formatted_parse(&text, mode, (const char *)data + HEAD, size - HEAD, &err);
	FUZZ_REQUIRE(good || err.text[0]);
	if (good) {
		bool marked = formatted_mark(&text, (enum entity_type)(data[1] % ENTITY_TYPES),
			(int8_t)data[2], (int8_t)data[3], data[4] % 2 ? xstrdup("x") : NULL, &err);
		FUZZ_REQUIRE(marked || err.text[0]);
		formatted_finish(&text);
		require_good(&text);
	}
	formatted_release(&text);
	return 0;
}
