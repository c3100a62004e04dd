/* SPDX-License-Identifier: MIT */
/* What changed between two states of an entity: a change that we wrote leads from the one to the other, and a change
 * from a damaged recording is refused or leaves a state that can be read. */
#include <string.h>

#include "core/base/err.h"
#include "core/engine/frames.h"
#include "tests/fuzz/fuzz.h"

/* The next message of the input, of that kind; false: there is none. */
static bool next(const uint8_t **data, size_t *size, enum msg_kind kind, struct msg_any *ret)
{
	struct err err;
	size_t used;
	if (!msg_decode(*data, *size, MSG_FRAME_MAX_UNKNOWN, ret, &used, &err) || !used)
		return false;
	*data += used;
	*size -= used;
	if (ret->kind != MSG_none && ret->kind == kind)
		return true;
	if (ret->kind != MSG_none)
		msg_any_release(ret);
	return false;
}

static void require_readable(enum msg_kind kind, const struct str *fields)
{
	autostr struct str whole = STR_INIT;
	struct msg_any message;
	struct err err;
	size_t used;
	frame_write(kind, fields->text, fields->length, &whole);
	if (msg_decode(whole.text, whole.length, SIZE_MAX, &message, &used, &err) && used &&
		message.kind != MSG_none)
		msg_any_release(&message);
}

static struct msg_any read_fields(const struct str *fields)
{
	autostr struct str whole = STR_INIT;
	struct msg_any message;
	struct err err;
	size_t used;
	frame_write(MSG_bot, fields->text, fields->length, &whole);
	FUZZ_REQUIRE(msg_decode(whole.text, whole.length, SIZE_MAX, &message, &used, &err));
	FUZZ_REQUIRE(used == whole.length && message.kind == MSG_bot);
	return message;
}

/* The order of fields is free. */
static void require_same(const struct str *one, const struct str *other)
{
	struct msg_any a = read_fields(one), b = read_fields(other);
	FUZZ_REQUIRE(msg_equal(MSG_bot, a.body, b.body, false));
	msg_any_release(&a);
	msg_any_release(&b);
}

static void require_change(const struct msg_any *from, const struct msg_any *to)
{
	struct frame frame = {.kind = MSG_bot, .fields = STR_INIT};
	autostr struct str fields = STR_INIT, written = STR_INIT;
	struct msg_any change;
	struct err err;
	size_t used;
	frame_encode(MSG_bot, from->body, &frame.fields);
	frame_encode(MSG_bot, to->body, &fields);
	if (frame_write_change(&frame, &fields, &written)) {
		FUZZ_REQUIRE(
			msg_decode(written.text, written.length, SIZE_MAX, &change, &used, &err));
		FUZZ_REQUIRE(change.kind == MSG_rec_change && used + 6 <= written.length);
		FUZZ_REQUIRE(frame_apply(
			&frame, change.body, written.text + used + 6, written.length - used - 6));
		msg_any_release(&change);
	}
	require_same(&frame.fields, &fields);
	str_release(&frame.fields);
}

static void apply_any(const struct msg_any *from, const uint8_t *data, size_t size)
{
	struct frame frame = {.kind = MSG_bot, .fields = STR_INIT};
	struct msg_any change;
	frame_encode(MSG_bot, from->body, &frame.fields);
	while (next(&data, &size, MSG_rec_change, &change)) {
		size_t part = size < 64 ? size : 64;
		if (frame_apply(&frame, change.body, (const char *)data, part))
			require_readable(MSG_bot, &frame.fields);
		msg_any_release(&change);
	}
	str_release(&frame.fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg_any from, to;
	if (!next(&data, &size, MSG_bot, &from))
		return 0;
	apply_any(&from, data, size);
	if (next(&data, &size, MSG_bot, &to)) {
		require_change(&from, &to);
		apply_any(&to, data, size);
		msg_any_release(&to);
	}
	msg_any_release(&from);
	return 0;
}
