/* SPDX-License-Identifier: MIT */
#include "tui/key_reader.h"

#include "tui/tty.h"

void key_reader_release(struct key_reader *reader)
{
	key_decoder_release(&reader->decoder);
}

void key_reader_fill(struct key_reader *reader, struct tty *tty, int64_t now_ms)
{
	size_t room;
	unsigned char *to = key_decoder_room(&reader->decoder, &room);
	size_t got = room ? tty_read(tty, to, room) : 0;
	if (!got)
		return;
	key_decoder_added(&reader->decoder, got);
	reader->since_ms = now_ms;
}

int64_t key_reader_wait_ms(const struct key_reader *reader, int64_t now_ms)
{
	int64_t left = reader->since_ms + reader->escape_ms - now_ms;
	if (!key_decoder_waiting(&reader->decoder))
		return -1;
	return left > 0 ? left : 0;
}

bool key_reader_next(struct key_reader *reader, int64_t now_ms, struct key_event *ret_event)
{
	bool expired = key_reader_wait_ms(reader, now_ms) == 0;
	if (expired)
		reader->since_ms = now_ms;
	return key_decoder_next(&reader->decoder, expired, ret_event);
}
