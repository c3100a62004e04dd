/* SPDX-License-Identifier: MIT */
/* Any bytes from a terminal, in any pieces: every key has a name that leads back to it, and nothing is held for ever.
 * The first byte chooses the size of the pieces, and whether time passes between them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/keycode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct key_event *event)
{
	char name[KEY_NAME_MAX];
	keycode back;
	if (event->type == KEY_EVENT_PASTE) {
		if (event->length > KEY_PASTE_MAX)
			abort();
		return;
	}
	keycode_name(event->key, name);
	/* Shift on what has no upper case, and the like, come from terminals but can't be named in the settings. */
	if (keycode_parse(name, &back) && back != event->key)
		abort();
}

static void drain(struct key_decoder *decoder, bool expired)
{
	struct key_event event;
	while (key_decoder_next(decoder, expired, &event))
		check(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key_decoder decoder = {.start = 0};
	size_t piece = size ? 1 + data[0] % 64 : 1;
	bool pauses = size && data[0] & 64;
	for (size_t at = 1; at < size;) {
		size_t room, count = size - at < piece ? size - at : piece;
		unsigned char *to = key_decoder_room(&decoder, &room);
		if (!room)
			abort();
		count = count < room ? count : room;
		memcpy(to, data + at, count);
		key_decoder_added(&decoder, count);
		drain(&decoder, false);
		if (pauses)
			drain(&decoder, true);
		at += count;
	}
	for (int i = 0; i < 200 && key_decoder_waiting(&decoder); i++)
		drain(&decoder, true);
	if (key_decoder_waiting(&decoder))
		abort();
	key_decoder_release(&decoder);
	return 0;
}
