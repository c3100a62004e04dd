/* SPDX-License-Identifier: MIT */
#include "tests/support/hostile_text.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "widgets/canvas.h"

enum { SEEN, UNSEEN };

static const struct payload payloads[] = {
#define PAYLOAD(name, kind, before, unit, times, after)                                            \
	{#name, (kind) == UNSEEN, before, unit, times, after},
#include "tests/hostile/payloads.def"
#undef PAYLOAD
};

const struct payload *payload_at(size_t index)
{
	return index < COUNT_OF(payloads) ? &payloads[index] : NULL;
}

const struct payload *payload_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(payloads); i++)
		if (strcmp(payloads[i].name, name) == 0)
			return &payloads[i];
	return NULL;
}

void payload_add(const struct payload *payload, struct str *to)
{
	str_adds(to, payload->before);
	for (size_t i = 0; i < payload->times; i++)
		str_adds(to, payload->unit);
	str_adds(to, payload->after);
}

/* What stands in for a character of so many bytes: one cell, two cells, a mark. As long, because fields are also cut by
 * their bytes. */
static const char *const narrow[] = {"", "\xc3\xa9", "\xe1\xba\x8b", "\xf0\x9d\x91\xa5"};
static const char *const wide[] = {"", "", "\xe5\x9b\xbd", "\xf0\xa0\x80\x80"};
static const char *const marks[] = {"", "\xcc\x81", "\xe1\xb7\x84", "\xf0\x96\xab\xb0"};

static void add_twin(const char *text, struct cluster cluster, struct str *to)
{
	struct utf8_char now = utf8_next(text, cluster.size);
	if (now.size == 1)
		str_addch(to, *text); /* letters and signs mean something */
	else
		str_adds(to, cluster.cells == 2 ? wide[now.size - 1] : narrow[now.size - 1]);
	for (size_t at = now.size; at < cluster.size; at += now.size) {
		now = utf8_next(text + at, cluster.size - at);
		str_adds(to, marks[now.size - 1]);
	}
}

void payload_twin(const char *bytes, size_t length, struct str *to)
{
	autostr struct str safe = STR_INIT;
	sanitize(&safe, bytes, length);
	for (size_t at = 0; at < safe.length;) {
		struct cluster cluster = text_cluster(safe.text + at, safe.length - at);
		if (cluster.size == 1)
			str_addch(to, safe.text[at]);
		else
			add_twin(safe.text + at, cluster, to);
		at += cluster.size;
	}
}

/* Also half of one, which is cut by its bytes. */
static bool is_twin(const char *text)
{
	bool is = strcmp(text, "\xef\xbf\xbd") == 0 ||
		  ((unsigned char)text[0] < 0x80 && (text[0] && text[1]));
	for (size_t i = 1; i < COUNT_OF(narrow); i++)
		is |= starts_with(text, narrow[i]) || (wide[i][0] && starts_with(text, wide[i]));
	return is;
}

bool payload_cells_agree(const struct cell *hostile, const struct cell *twin)
{
	if (memcmp(hostile, twin, sizeof(*hostile)) == 0)
		return true;
	return hostile->width == twin->width && hostile->role == twin->role &&
	       hostile->surface == twin->surface && hostile->attrs == twin->attrs &&
	       is_twin(twin->text);
}
