/* SPDX-License-Identifier: MIT */
#include "core/engine/tape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/record.h"
#include "core/msg/msg.h"

enum {
	PARTS_MAX = 256, /* files of a folder when it is opened, the newest */
	REELS_MAX = 320, /* and with what comes while it is read */
	NEAR_MS = RECORD_KEY_MS + RECORD_KEY_MS / 2, /* so near before a time its keyframe is */
	READ_BYTES = 256 << 10,
	FRAME_HEAD = 6,
	KINDS = 256, /* no message has a greater number */
};

struct key {
	int64_t at_ms;
	off_t offset;
};

/* One file. */
struct reel {
	char *name;
	int fd;
	int64_t from_ms, to_ms; /* earliest and latest; to: of what was looked through */
	int64_t last_ms;        /* of its last entry */
	int64_t started_ms;     /* of the engine that wrote it */
	off_t scanned;          /* so far it was looked through */
	off_t bad_at;           /* nothing is read from there on; 0: all is well */
	struct key *keys;       /* in the order of the file: the clock may have been set back */
	size_t key_count, key_room;
};

struct tape {
	char *path;
	bool is_folder;
	struct reel reels[REELS_MAX];
	size_t count;
	bool overlaps; /* there are times that were there twice */
	char note[512];
};

struct tape_head {
	struct tape *tape;
	size_t reel;
	off_t offset, before; /* of the next frame, of the last one */
	size_t before_reel;
	char *buffer;
	size_t capacity, length;
	off_t buffer_at;
	size_t buffer_reel;
};

/* ---- bytes ---- */

/* `need` bytes at the head's place; NULL: they are not there. */
static const char *bytes_at(struct tape_head *head, size_t need)
{
	bool here =
		head->length && head->buffer_reel == head->reel && head->offset >= head->buffer_at;
	size_t skip = here ? (size_t)(head->offset - head->buffer_at) : 0;
	if (here && skip <= head->length && head->length - skip >= need)
		return head->buffer + skip;
	if (head->capacity < need || !head->buffer) {
		head->capacity = need > READ_BYTES ? need : READ_BYTES;
		head->buffer = xrealloc(head->buffer, head->capacity);
	}
	head->buffer_reel = head->reel;
	head->buffer_at = head->offset;
	head->length = 0;
	while (head->length < head->capacity) {
		ssize_t got = pread(head->tape->reels[head->reel].fd, head->buffer + head->length,
			head->capacity - head->length, head->offset + (off_t)head->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		head->length += (size_t)got;
	}
	return head->length >= need ? head->buffer : NULL;
}

static void say_damage(struct tape *tape, struct reel *reel, off_t offset)
{
	reel->bad_at = offset;
	snprintf(tape->note, sizeof(tape->note),
		"the recording '%.300s' is damaged at byte %lld: what comes there is left out",
		reel->name, (long long)offset);
}

enum found { FOUND, NOT_YET, DAMAGED };

/* The whole frame at the head's place in its reel. */
static enum found frame_at(struct tape_head *head, struct tape_frame *ret)
{
	const struct reel *reel = &head->tape->reels[head->reel];
	if (reel->bad_at && head->offset >= reel->bad_at)
		return DAMAGED;
	const unsigned char *at = (const unsigned char *)bytes_at(head, FRAME_HEAD);
	if (!at)
		return NOT_YET;
	size_t size =
		(size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
	unsigned kind = (unsigned)at[4] | (unsigned)at[5] << 8;
	if (size < 2 || size > MSG_FRAME_MAX || kind == 0 || kind >= KINDS)
		return DAMAGED;
	const char *bytes = bytes_at(head, size + 4);
	if (!bytes)
		return NOT_YET;
	*ret = (struct tape_frame){.kind = kind, .bytes = bytes, .length = size + 4};
	return FOUND;
}

/* ---- a file ---- */

static void forget_reel(struct reel *reel)
{
	if (reel->fd >= 0)
		close(reel->fd);
	free(reel->name);
	free(reel->keys);
	*reel = (struct reel){.fd = -1};
}

static bool read_message(const struct tape_frame *frame, struct msg_any *ret, struct err *err)
{
	size_t used;
	return msg_decode(frame->bytes, frame->length, MSG_FRAME_MAX, ret, &used, err);
}

static void note_time(
	struct tape *tape, struct reel *reel, const struct msg_rec_time *time, off_t offset)
{
	int64_t at_ms = time->wall_ms;
	tape->overlaps |= reel->last_ms - at_ms >= RECORD_BACK_MS;
	reel->last_ms = at_ms;
	reel->to_ms = at_ms > reel->to_ms ? at_ms : reel->to_ms;
	reel->from_ms = at_ms < reel->from_ms || !reel->from_ms ? at_ms : reel->from_ms;
	if (!time->key)
		return;
	reel->keys = grow(reel->keys, reel->key_count, &reel->key_room, sizeof(*reel->keys));
	reel->keys[reel->key_count++] = (struct key){.at_ms = at_ms, .offset = offset};
}

/* Goes through what was added: keyframes, the end, damage. */
static void scan(struct tape *tape, size_t index)
{
	struct reel *reel = &tape->reels[index];
	struct tape_head head = {.tape = tape, .reel = index, .offset = reel->scanned};
	struct tape_frame frame;
	enum found found;
	while ((found = frame_at(&head, &frame)) == FOUND) {
		struct msg_any message = {.kind = MSG_none};
		struct err ignored;
		if (frame.kind == MSG_rec_time) {
			if (!read_message(&frame, &message, &ignored)) {
				found = DAMAGED;
				break;
			}
			note_time(tape, reel, message.body, head.offset);
			msg_any_release(&message);
		}
		head.offset += (off_t)frame.length;
	}
	if (found == DAMAGED && !reel->bad_at)
		say_damage(tape, reel, head.offset);
	reel->scanned = head.offset;
	free(head.buffer);
}

static bool is_foreign(const char *name, struct err *err)
{
	return err_set(err, ERR_INVALID,
		"'%s' is no recording of botswain: one is made by `botswain --record FILE`", name);
}

/* Magic and head; the place behind them is where frames begin. */
static bool read_beginning(struct tape *tape, size_t index, struct err *err)
{
	struct reel *reel = &tape->reels[index];
	struct tape_head head = {.tape = tape, .reel = index};
	struct tape_frame frame;
	struct msg_any message = {.kind = MSG_none};
	struct err ignored;
	const char *magic = bytes_at(&head, RECORD_MAGIC_BYTES);
	bool good = magic && memcmp(magic, RECORD_MAGIC, RECORD_MAGIC_BYTES) == 0;
	head.offset = RECORD_MAGIC_BYTES;
	good = good && frame_at(&head, &frame) == FOUND && frame.kind == MSG_rec_head &&
	       read_message(&frame, &message, &ignored);
	if (!good)
		(void)is_foreign(reel->name, err);
	const struct msg_rec_head *told = message.body;
	if (good && told->protocol > MSG_PROTOCOL)
		good = err_set(err, ERR_PROTOCOL,
			"'%s' was recorded by a newer botswain (%.40s): replay it with that one",
			reel->name, told->build);
	reel->scanned = RECORD_MAGIC_BYTES;
	reel->started_ms = good ? told->started_ms : 0;
	if (good && told->wall_ms > 0)
		reel->from_ms = reel->to_ms = reel->last_ms = told->wall_ms;
	msg_any_release(&message);
	free(head.buffer);
	return good;
}

/* A file that begins before the one before it ended: how far that goes is known only when it was looked through. */
static void look_for_overlap(struct tape *tape)
{
	if (tape->count < 2)
		return;
	const struct reel *reel = &tape->reels[tape->count - 1], *before = reel - 1;
	if (before->to_ms - reel->from_ms < RECORD_BACK_MS)
		return;
	tape->overlaps = true;
	scan(tape, tape->count - 2);
}

/* The file becomes the last reel. */
static bool add_reel(struct tape *tape, const char *path, struct err *err)
{
	struct stat found;
	struct reel *reel = &tape->reels[tape->count];
	*reel = (struct reel){.name = xstrdup(path),
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	bool good = reel->fd >= 0 || err_errno(err, errno, "cannot open '%s'", path);
	if (good && (fstat(reel->fd, &found) != 0 || !S_ISREG(found.st_mode)))
		good = is_foreign(path, err);
	if (!good || !read_beginning(tape, tape->count, err)) {
		forget_reel(reel);
		return false;
	}
	tape->count++;
	look_for_overlap(tape);
	return true;
}

/* ---- a folder ---- */

static bool is_part(const struct dirent *entry, int64_t *ret_from_ms)
{
	char *end;
	*ret_from_ms = strtoll(entry->d_name, &end, 10);
	return end != entry->d_name && *ret_from_ms > 0 && strcmp(end, RECORD_SUFFIX) == 0;
}

static int compare_times(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Times of its parts that are newer than `after_ms`, sorted; the caller frees them. */
static int64_t *list_parts(const char *path, int64_t after_ms, size_t *ret_count)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int64_t *times = NULL;
	size_t count = 0, room = 0;
	while (folder && (entry = readdir(folder))) {
		int64_t from_ms;
		if (!is_part(entry, &from_ms) || from_ms <= after_ms)
			continue;
		times = grow(times, count, &room, sizeof(*times));
		times[count++] = from_ms;
	}
	if (folder)
		closedir(folder);
	if (count)
		qsort(times, count, sizeof(*times), compare_times);
	*ret_count = count;
	return times;
}

/* How many of the oldest files are not opened. */
static size_t beyond(struct tape *tape, size_t count)
{
	if (tape->count || count <= PARTS_MAX)
		return 0;
	snprintf(tape->note, sizeof(tape->note),
		"the recording '%.300s' has more than %d files: the %zu oldest files are left out",
		tape->path, PARTS_MAX, count - PARTS_MAX);
	return count - PARTS_MAX;
}

/* One that is no recording, or just begun, is left out; the first reason is kept in `err`. */
static void add_parts(struct tape *tape, struct err *err)
{
	const struct reel *last = tape->count ? &tape->reels[tape->count - 1] : NULL;
	const char *slash = last ? strrchr(last->name, '/') : NULL;
	int64_t after_ms = slash ? strtoll(slash + 1, NULL, 10) : 0;
	size_t count;
	autofree int64_t *times = list_parts(tape->path, after_ms, &count);
	for (size_t i = beyond(tape, count); i < count && tape->count < REELS_MAX; i++) {
		autofree char *path = xasprintf("%s/%" PRId64 RECORD_SUFFIX, tape->path, times[i]);
		struct err mine = {.code = ERR_NONE};
		if (!add_reel(tape, path, &mine) && err && err->code == ERR_NONE)
			*err = mine;
	}
}

/* ---- all of it ---- */

static bool has_key(struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++) {
		if (i + 1 < tape->count)
			scan(tape, i);
		if (tape->reels[i].key_count)
			return true;
	}
	return false;
}

bool tape_open(const char *path, struct tape **ret, struct err *err)
{
	struct stat found;
	struct tape *tape = xcalloc(1, sizeof(*tape));
	tape->path = xstrdup(path);
	bool good = true;
	err->code = ERR_NONE;
	if (stat(path, &found) != 0)
		good = err_errno(err, errno, "cannot open the recording '%s'", path);
	tape->is_folder = good && S_ISDIR(found.st_mode);
	if (tape->is_folder)
		add_parts(tape, err);
	else if (good)
		good = add_reel(tape, path, err);
	if (good && tape->count)
		tape_look(tape);
	if (good && (tape->count == 0 || !has_key(tape)) && err->code == ERR_NONE)
		(void)err_set(err, ERR_NOT_FOUND, "the recording '%s' is empty", path);
	if (err->code == ERR_NONE) {
		*ret = tape;
		return true;
	}
	tape_free(tape);
	return false;
}

void tape_free(struct tape *tape)
{
	if (!tape)
		return;
	for (size_t i = 0; i < tape->count; i++)
		forget_reel(&tape->reels[i]);
	free(tape->path);
	free(tape);
}

void tape_look(struct tape *tape)
{
	scan(tape, tape->count - 1);
	size_t before = tape->count;
	if (tape->is_folder)
		add_parts(tape, NULL);
	if (tape->count > before)
		scan(tape, tape->count - 1);
}

int64_t tape_from_ms(const struct tape *tape)
{
	int64_t from_ms = tape->reels[0].from_ms;
	for (size_t i = 1; i < tape->count; i++)
		if (tape->reels[i].from_ms < from_ms)
			from_ms = tape->reels[i].from_ms;
	return from_ms;
}

int64_t tape_to_ms(const struct tape *tape)
{
	int64_t to_ms = tape->reels[0].to_ms;
	for (size_t i = 1; i < tape->count; i++)
		if (tape->reels[i].to_ms > to_ms)
			to_ms = tape->reels[i].to_ms;
	return to_ms;
}

int64_t tape_last_ms(const struct tape *tape)
{
	return tape->reels[tape->count - 1].last_ms;
}

const char *tape_note(const struct tape *tape)
{
	return tape->note;
}

/* ---- heads ---- */

struct tape_head *tape_head_new(struct tape *tape)
{
	struct tape_head *head = xcalloc(1, sizeof(*head));
	head->tape = tape;
	head->offset = RECORD_MAGIC_BYTES;
	return head;
}

void tape_head_free(struct tape_head *head)
{
	if (!head)
		return;
	free(head->buffer);
	free(head);
}

/* From its end: the first keyframe that is not newer, or, where times were there twice, the first that is near; if none is, the
 * nearest. True: none that lies before can be better than *best. */
static bool look_back(
	const struct tape *tape, const struct reel *reel, int64_t time_ms, const struct key **best)
{
	for (size_t i = reel->key_count; i-- > 0;) {
		const struct key *key = &reel->keys[i];
		if (key->at_ms > time_ms)
			continue;
		if (!*best || key->at_ms > (*best)->at_ms)
			*best = key;
		if (!tape->overlaps || time_ms - key->at_ms <= NEAR_MS)
			return true;
	}
	return false;
}

static void stand_at(struct tape_head *head, size_t reel, off_t offset)
{
	head->reel = head->before_reel = reel;
	head->offset = head->before = offset;
}

/* One whose beginning is damaged has no keyframe: the file before it may. */
bool tape_seek(struct tape_head *head, int64_t time_ms)
{
	struct tape *tape = head->tape;
	const struct key *best = NULL;
	size_t reel = 0;
	bool found = false;
	for (size_t i = tape->count; i-- > 0 && !found;) {
		const struct key *before = best;
		if (tape->reels[i].from_ms > time_ms)
			continue;
		scan(tape, i);
		found = look_back(tape, &tape->reels[i], time_ms, &best);
		reel = best != before ? i : reel;
	}
	if (best) {
		stand_at(head, reel, best->offset);
		return true;
	}
	for (size_t i = 0; i < tape->count; i++) {
		scan(tape, i);
		if (tape->reels[i].key_count) {
			stand_at(head, i, tape->reels[i].keys[0].offset);
			return true;
		}
	}
	return false;
}

uint64_t tape_place(const struct tape_head *head)
{
	return (uint64_t)head->reel << 48 | (uint64_t)head->offset;
}

/* What is cut at the end of a file is only the end while nothing comes after it. */
bool tape_next(struct tape_head *head, struct tape_frame *ret)
{
	struct tape *tape = head->tape;
	for (;;) {
		enum found found = frame_at(head, ret);
		if (found == FOUND) {
			head->before = head->offset;
			head->before_reel = head->reel;
			head->offset += (off_t)ret->length;
			return true;
		}
		struct reel *reel = &tape->reels[head->reel];
		if (found == DAMAGED && !reel->bad_at)
			say_damage(tape, reel, head->offset);
		if (head->reel + 1 == tape->count)
			return false;
		head->reel++;
		head->offset = RECORD_MAGIC_BYTES;
	}
}

int64_t tape_started_ms(const struct tape_head *head)
{
	return head->tape->reels[head->before_reel].started_ms;
}

void tape_refuse(struct tape_head *head)
{
	struct reel *reel = &head->tape->reels[head->before_reel];
	if (!reel->bad_at || head->before < reel->bad_at)
		say_damage(head->tape, reel, head->before);
}

void tape_back(struct tape_head *head)
{
	head->reel = head->before_reel;
	head->offset = head->before;
}
