/* SPDX-License-Identifier: MIT */
#include "core/engine/frames.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { REV_TAG = 2, FRAME_HEAD = 6, TAGS_MAX = 256 };

struct frames {
	struct frame **list;
	size_t count, room;
};

struct frames *frames_new(void)
{
	return xcalloc(1, sizeof(struct frames));
}

static void free_frame(struct frame *frame)
{
	str_release(&frame->fields);
	free(frame);
}

void frames_clear(struct frames *frames)
{
	while (frames->count)
		free_frame(frames->list[--frames->count]);
}

void frames_free(struct frames *frames)
{
	if (!frames)
		return;
	frames_clear(frames);
	free(frames->list);
	free(frames);
}

size_t frames_count(const struct frames *frames)
{
	return frames->count;
}

struct frame *frames_at(const struct frames *frames, size_t index)
{
	return frames->list[index];
}

static bool is_before(const struct frame *frame, enum msg_kind kind, uint64_t id)
{
	return frame->kind != kind ? frame->kind < kind : frame->id < id;
}

static size_t place_of(const struct frames *frames, enum msg_kind kind, uint64_t id)
{
	size_t low = 0, high = frames->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (is_before(frames->list[middle], kind, id))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands_at(const struct frames *frames, size_t at, enum msg_kind kind, uint64_t id)
{
	return at < frames->count && frames->list[at]->kind == kind && frames->list[at]->id == id;
}

struct frame *frames_find(const struct frames *frames, enum msg_kind kind, uint64_t id)
{
	size_t at = place_of(frames, kind, id);
	return stands_at(frames, at, kind, id) ? frames->list[at] : NULL;
}

struct frame *frames_add(struct frames *frames, enum msg_kind kind, uint64_t id)
{
	size_t at = place_of(frames, kind, id);
	if (stands_at(frames, at, kind, id))
		return frames->list[at];
	if (frames->count == FRAMES_MAX)
		return NULL;
	frames->list = grow(frames->list, frames->count, &frames->room, sizeof(*frames->list));
	memmove(frames->list + at + 1, frames->list + at,
		(frames->count - at) * sizeof(*frames->list));
	frames->count++;
	struct frame *frame = xcalloc(1, sizeof(*frame));
	*frame = (struct frame){.kind = kind, .id = id};
	str_init(&frame->fields);
	return frames->list[at] = frame;
}

void frames_remove(struct frames *frames, enum msg_kind kind, uint64_t id)
{
	size_t at = place_of(frames, kind, id);
	if (!stands_at(frames, at, kind, id))
		return;
	free_frame(frames->list[at]);
	frames->count--;
	memmove(frames->list + at, frames->list + at + 1,
		(frames->count - at) * sizeof(*frames->list));
}

/* ---- fields ---- */

/* One encoded field, or all elements of a list, which stand together. */
struct group {
	uint64_t tag;
	const char *at;
	size_t length;
};

struct groups {
	struct group list[TAGS_MAX];
	size_t count;
};

static bool read_varint(const char **at, const char *end, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		unsigned char byte = (unsigned char)*(*at)++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static void write_varint(struct str *to, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		str_addch(to, (char)((value & 0x7f) | 0x80));
	str_addch(to, (char)value);
}

/* As core/msg/codec.c writes it: key, then a varint, eight bytes, or a length and bytes. */
static bool skip_field(const char **at, const char *end, uint64_t *ret_tag)
{
	uint64_t key, number = 8;
	if (!read_varint(at, end, &key) || (key & 3) > 2)
		return false;
	*ret_tag = key >> 2;
	if ((key & 3) != 1 && !read_varint(at, end, &number))
		return false;
	if ((key & 3) == 0)
		return true;
	if (number > (uint64_t)(end - *at))
		return false;
	*at += number;
	return true;
}

static bool read_groups(const char *fields, size_t length, struct groups *ret)
{
	const char *at = fields, *end = fields + length;
	ret->count = 0;
	while (at < end) {
		const char *from = at;
		uint64_t tag;
		if (!skip_field(&at, end, &tag))
			return false;
		struct group *last = ret->count ? &ret->list[ret->count - 1] : NULL;
		if (last && last->tag == tag) {
			last->length += (size_t)(at - from);
			continue;
		}
		if (ret->count == TAGS_MAX)
			return false;
		ret->list[ret->count++] =
			(struct group){.tag = tag, .at = from, .length = (size_t)(at - from)};
	}
	return true;
}

static const struct group *find_group(const struct groups *groups, uint64_t tag)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->list[i].tag == tag)
			return &groups->list[i];
	return NULL;
}

/* Two of the same entity are mostly in the same order: looks at `*at` first, which goes on behind what is found. */
static const struct group *find_next(const struct groups *groups, uint64_t tag, size_t *at)
{
	if (*at >= groups->count || groups->list[*at].tag != tag) {
		const struct group *found = find_group(groups, tag);
		*at = found ? (size_t)(found - groups->list) + 1 : *at;
		return found;
	}
	return &groups->list[(*at)++];
}

void frame_write(enum msg_kind kind, const char *fields, size_t length, struct str *out)
{
	char head[FRAME_HEAD];
	size_t size = length + 2;
	for (size_t i = 0; i < 4; i++)
		head[i] = (char)(size >> (8 * i) & 0xff);
	head[4] = (char)(kind & 0xff);
	head[5] = (char)(kind >> 8 & 0xff);
	str_add(out, head, sizeof(head));
	str_add(out, fields, length);
}

/* Of every entity the id comes first, then the revision. */
void frame_encode(enum msg_kind kind, const void *body, struct str *to)
{
	size_t begun = to->length;
	uint64_t tag;
	msg_encode(kind, body, to);
	str_remove(to, begun, FRAME_HEAD);
	const char *at = to->text + begun, *end = to->text + to->length;
	for (int i = 0; i < 2 && at < end; i++) {
		const char *from = at;
		if (!skip_field(&at, end, &tag))
			abort(); /* we wrote it */
		if (tag == REV_TAG) {
			str_remove(to, (size_t)(from - to->text), (size_t)(at - from));
			return;
		}
	}
}

/* ---- numbers in a list: most stay ---- */

static bool is_numbers(enum msg_kind kind, uint64_t tag)
{
	const struct msg_info *info = msg_info(kind);
	for (size_t i = 0; info && i < info->field_count; i++)
		if (info->fields[i].tag == tag)
			return info->fields[i].type == MSG_T_F64S;
	return false;
}

/* The eight-byte numbers of such a field. */
static bool numbers_of(const struct group *group, const char **ret_at, size_t *ret_count)
{
	const char *at = group->at, *end = group->at + group->length;
	uint64_t key, size;
	if (!read_varint(&at, end, &key) || !read_varint(&at, end, &size) || size % 8 ||
		size != (uint64_t)(end - at))
		return false;
	*ret_at = at;
	*ret_count = (size_t)size / 8;
	return true;
}

/* False: it is shorter to write the field. */
static bool cut_numbers(
	const struct group *old, const struct group *new, struct msg_rec_change *change)
{
	const char *before, *after;
	size_t before_count, count, head = 0, tail = 0;
	if (!numbers_of(old, &before, &before_count) || !numbers_of(new, &after, &count))
		return false;
	size_t most = before_count < count ? before_count : count;
	while (head < most && memcmp(before + 8 * head, after + 8 * head, 8) == 0)
		head++;
	while (tail < most - head && memcmp(before + 8 * (before_count - 1 - tail),
					     after + 8 * (count - 1 - tail), 8) == 0)
		tail++;
	if (head + tail < 2)
		return false;
	struct msg_rec_field *field = msg_add(change->fields, &change->fields_count);
	*field = (struct msg_rec_field){
		.tag = new->tag, .head = head, .tail = tail, .values_count = count - head - tail};
	field->values =
		field->values_count ? xmemdup(after + 8 * head, 8 * field->values_count) : NULL;
	return true;
}

static void write_change_of(enum msg_kind kind, const struct group *before, const struct group *new,
	struct msg_rec_change *change, struct str *part)
{
	if (before && before->length == new->length &&memcmp(before->at, new->at, new->length) == 0)
		return;
	if (!before || !is_numbers(kind, new->tag) || !cut_numbers(before, new, change))
		str_add(part, new->at, new->length);
}

bool frame_write_change(const struct frame *frame, const struct str *fields, struct str *out)
{
	struct groups old, new;
	autostr struct str part = STR_INIT;
	struct msg_rec_change change = {.kind = frame->kind, .id = frame->id};
	if (!read_groups(frame->fields.text, frame->fields.length, &old) ||
		!read_groups(fields->text, fields->length, &new))
		abort(); /* we wrote them */
	size_t at = 0;
	for (size_t i = 0; i < new.count; i++)
		write_change_of(frame->kind, find_next(&old, new.list[i].tag, &at), &new.list[i],
			&change, &part);
	at = 0;
	for (size_t i = 0; i < old.count; i++) {
		if (find_next(&new, old.list[i].tag, &at))
			continue;
		struct msg_rec_field *field = msg_add(change.fields, &change.fields_count);
		*field = (struct msg_rec_field){.tag = old.list[i].tag, .empty = true};
	}
	bool changed = part.length || change.fields_count;
	if (changed) {
		msg_encode(MSG_rec_change, &change, out);
		frame_write(frame->kind, part.text, part.length, out);
	}
	msg_release(MSG_rec_change, &change);
	return changed;
}

/* ---- reading ---- */

static bool put_numbers(const struct group *old, const struct msg_rec_field *field, struct str *to)
{
	const char *before;
	size_t count;
	if (!old || !numbers_of(old, &before, &count) || field->head > count ||
		field->tail > count - field->head)
		return false;
	size_t total = (size_t)(field->head + field->tail) + field->values_count;
	if (total > MSG_LIST_MAX)
		return false;
	write_varint(to, field->tag << 2 | 2);
	write_varint(to, 8 * total);
	str_add(to, before, 8 * (size_t)field->head);
	if (field->values_count)
		str_add(to, (const char *)field->values, 8 * field->values_count);
	str_add(to, before + 8 * (count - (size_t)field->tail), 8 * (size_t)field->tail);
	return true;
}

static bool is_named(const struct msg_rec_change *change, uint64_t tag)
{
	for (size_t i = 0; i < change->fields_count; i++)
		if (change->fields[i].tag == tag)
			return true;
	return false;
}

bool frame_apply(
	struct frame *frame, const struct msg_rec_change *change, const char *part, size_t length)
{
	struct groups old, new;
	autostr struct str result = STR_INIT;
	if (change->fields_count > TAGS_MAX ||
		!read_groups(frame->fields.text, frame->fields.length, &old) ||
		!read_groups(part, length, &new))
		return false;
	for (size_t i = 0; i < old.count; i++)
		if (!find_group(&new, old.list[i].tag) && !is_named(change, old.list[i].tag))
			str_add(&result, old.list[i].at, old.list[i].length);
	str_add(&result, part, length);
	for (size_t i = 0; i < change->fields_count; i++) {
		const struct msg_rec_field *field = &change->fields[i];
		if (!field->empty && !put_numbers(find_group(&old, field->tag), field, &result))
			return false;
	}
	if (result.length > MSG_FRAME_MAX - 2)
		return false;
	str_clear(&frame->fields);
	str_add(&frame->fields, result.text, result.length);
	return true;
}
