/* SPDX-License-Identifier: MIT */
/*
 * Bytes to keys. The decoder knows the grammar of control sequences (ECMA-48), so whatever a
 * terminal sends is taken whole: a sequence that is in the tables is a key, any other is noise. It
 * never looks for a key inside of a sequence, so an answer that a hostile text has provoked can't
 * type.
 */
#include "tui/keycode.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/utf8.h"

enum {
	ESC = 0x1b,
	BEL = 0x07,
	DEL = 0x7f,
	PASTE_BEGIN = 200,
	PASTE_END = 201,
	PASTE_PATIENCE =
		50, /* ESC timeouts without a byte after which an unfinished paste is over (2 s) */
	SEQUENCE_PATIENCE =
		12, /* the same for a sequence that is more than a key could be (0.5 s) */
	PARAMS_MAX = 4,
};

/* What one try at the front of the bytes came to. */
struct taken {
	size_t size; /* bytes used; 0: more are needed */
	keycode key; /* K_NONE: noise */
};

static const struct {
	unsigned char final;
	keycode key;
} finals[] = {{'A', K_UP}, {'B', K_DOWN}, {'C', K_RIGHT}, {'D', K_LEFT}, {'H', K_HOME},
	{'F', K_END}, {'P', K_F1}, {'Q', K_F2}, {'S', K_F4}, {'Z', K_TAB | K_SHIFT}};

static const struct {
	unsigned number;
	keycode key;
} tildes[] = {{1, K_HOME}, {2, K_INSERT}, {3, K_DELETE}, {4, K_END}, {5, K_PAGE_UP},
	{6, K_PAGE_DOWN}, {7, K_HOME}, {8, K_END}, {11, K_F1}, {12, K_F2}, {13, K_F3}, {14, K_F4},
	{15, K_F5}, {17, K_F6}, {18, K_F7}, {19, K_F8}, {20, K_F9}, {21, K_F10}, {23, K_F11},
	{24, K_F12}};

/* ---- single keys ---- */

static keycode control_key(unsigned char byte)
{
	switch (byte) {
	case 0x00:
		return ' ' | K_CTRL;
	case 0x08:
	case DEL:
		return K_BACKSPACE;
	case 0x09:
		return K_TAB;
	case 0x0a:
	case 0x0d:
		return K_ENTER;
	case ESC:
		return K_ESCAPE;
	default:
		return K_CTRL | (keycode)(byte <= 0x1a ? byte + 'a' - 1 : byte + '@');
	}
}

/* A key given by its code point, as CSI u and modifyOtherKeys do. */
static keycode code_key(unsigned code, keycode bits)
{
	if (code < ' ' || code == DEL)
		return control_key((unsigned char)code) | bits;
	if (code >= K_FIRST || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000))
		return K_NONE;
	if ((bits & K_CTRL) && code >= 'A' && code <= 'Z')
		code += 'a' - 'A';
	return code | (bits & ~(keycode)K_SHIFT);
}

/* ---- control sequences ---- */

struct sequence {
	unsigned params[PARAMS_MAX];
	size_t count;
	bool odd; /* private markers, intermediates, too many parameters: none of our keys */
};

static void read_params(const unsigned char *bytes, size_t length, struct sequence *ret_sequence)
{
	struct sequence sequence = {.count = length ? 1 : 0};
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = bytes[i];
		if (byte >= '0' && byte <= '9') {
			unsigned *value = &sequence.params[sequence.count - 1];
			*value = *value > 0x1fffff ? *value : *value * 10 + byte - '0';
		} else if (byte == ';' && sequence.count < PARAMS_MAX) {
			sequence.count++;
		} else {
			sequence.odd = true;
		}
	}
	*ret_sequence = sequence;
}

/* xterm's modifier parameter: 1 plus shift 1, alt 2, ctrl 4, meta 8. */
static keycode modifier_bits(unsigned param)
{
	unsigned bits = param ? param - 1 : 0;
	return (bits & 1 ? (keycode)K_SHIFT : 0) | (bits & 10 ? (keycode)K_ALT : 0) |
	       (bits & 4 ? (keycode)K_CTRL : 0);
}

static keycode tilde_key(const struct sequence *sequence)
{
	keycode bits = modifier_bits(sequence->params[1]);
	if (sequence->params[0] == 27 && sequence->count == 3)
		return code_key(sequence->params[2], bits);
	for (size_t i = 0; i < COUNT_OF(tildes); i++)
		if (tildes[i].number == sequence->params[0])
			return tildes[i].key | bits;
	return K_NONE;
}

/* `plain`: without parameters a final letter stands alone; with them the first must be 1 ("CSI 1 ;
 * 5 A"). */
static keycode final_key(unsigned char final, const struct sequence *sequence)
{
	if (sequence->count && (sequence->count != 2 || sequence->params[0] != 1))
		return K_NONE;
	for (size_t i = 0; i < COUNT_OF(finals); i++)
		if (finals[i].final == final)
			return finals[i].key | modifier_bits(sequence->params[1]);
	return K_NONE;
}

static keycode csi_key(unsigned char final, const struct sequence *sequence)
{
	if (sequence->odd)
		return K_NONE;
	if (final == '~')
		return tilde_key(sequence);
	if (final == 'u' && sequence->count)
		return code_key(sequence->params[0], modifier_bits(sequence->params[1]));
	return final_key(final, sequence);
}

/* `bytes` begins with ESC [. A byte that no sequence can hold ends it as noise and is looked at
 * anew. */
static struct taken take_csi(const unsigned char *bytes, size_t length, unsigned *ret_tilde)
{
	if (length > 2 && bytes[2] == '[') /* the Linux console's F1-F5: ESC [ [ A */
		return length < 4 ? (struct taken){0, K_NONE}
				  : (struct taken){4, bytes[3] >= 'A' && bytes[3] <= 'E'
							      ? K_F1 + (keycode)(bytes[3] - 'A')
							      : K_NONE};
	size_t end = 2;
	while (end < length && bytes[end] >= 0x20 && bytes[end] <= 0x3f)
		end++;
	if (end == length)
		return (struct taken){0, K_NONE};
	if (bytes[end] < 0x40 || bytes[end] > 0x7e)
		return (struct taken){end, K_NONE};
	if (bytes[end] == 'M' && end == 2) /* an old mouse report: three bytes follow */
		return (struct taken){length < 6 ? 0 : 6, K_NONE};
	struct sequence sequence;
	read_params(bytes + 2, end - 2, &sequence);
	if (bytes[end] == '~' && !sequence.odd && sequence.count == 1)
		*ret_tilde = sequence.params[0];
	return (struct taken){end + 1, csi_key(bytes[end], &sequence)};
}

static struct taken take_ss3(const unsigned char *bytes, size_t length)
{
	static const struct sequence none = {.count = 0};
	if (length < 3)
		return (struct taken){0, K_NONE};
	if (bytes[2] < 0x40 || bytes[2] > 0x7e)
		return (struct taken){2, 'O' | K_ALT};
	if (bytes[2] == 'M')
		return (struct taken){3, K_ENTER};
	if (bytes[2] == 'R')
		return (struct taken){3, K_F3};
	if (bytes[2] >= 'j' && bytes[2] <= 'y')
		return (struct taken){3, (keycode)(bytes[2] - 'j' + '*')};
	return (struct taken){3, final_key(bytes[2], &none)};
}

/* OSC, DCS, APC, PM, SOS: noise up to BEL or ESC \. With nothing in it, it was Alt and a key. */
static struct taken take_string(const unsigned char *bytes, size_t length)
{
	for (size_t i = 2; i < length; i++) {
		if (bytes[i] == BEL)
			return (struct taken){i + 1, K_NONE};
		if (bytes[i] == ESC && i + 1 < length && bytes[i + 1] == '\\')
			return (struct taken){i + 2, K_NONE};
		if (bytes[i] == ESC && i + 1 < length)
			return (struct taken){i, i == 2 ? bytes[1] | (keycode)K_ALT : K_NONE};
	}
	return (struct taken){0, K_NONE};
}

static struct taken take_text(const unsigned char *bytes, size_t length)
{
	if (bytes[0] < ' ' || bytes[0] == DEL)
		return (struct taken){1, control_key(bytes[0])};
	struct utf8_char first = utf8_next((const char *)bytes, length);
	if (first.valid)
		return (struct taken){
			first.size, first.code >= 0x80 && first.code < 0xa0 ? K_NONE : first.code};
	/* A sequence that is right so far but cut by the end of the bytes waits for its rest. */
	static const unsigned char need[4] = {2, 2, 3, 4};
	unsigned wanted = bytes[0] >= 0xc2 && bytes[0] <= 0xf4 ? need[(bytes[0] >> 4) - 0xc] : 1;
	bool is_cut = first.size == length && length < wanted;
	return (struct taken){is_cut ? 0 : first.size, K_NONE};
}

static struct taken take_escape(const unsigned char *bytes, size_t length, unsigned *ret_tilde)
{
	if (length < 2)
		return (struct taken){0, K_NONE};
	struct taken taken;
	switch (bytes[1]) {
	case '[':
		return take_csi(bytes, length, ret_tilde);
	case 'O':
		return take_ss3(bytes, length);
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		return take_string(bytes, length);
	case ESC: /* some terminals send Alt-Up as ESC ESC [ A; else it is Esc twice */
		if (length < 3)
			return (struct taken){0, K_NONE};
		if (bytes[2] != '[' && bytes[2] != 'O')
			return (struct taken){1, K_ESCAPE};
		taken = take_escape(bytes + 1, length - 1, ret_tilde);
		*ret_tilde = 0;
		break;
	default:
		taken = take_text(bytes + 1, length - 1);
	}
	if (!taken.size)
		return taken;
	return (struct taken){taken.size + 1, taken.key ? taken.key | K_ALT : K_NONE};
}

/* The rest will not come: ESC alone is the key, ESC and one byte is Alt, a longer piece is noise.
 */
static struct taken take_unfinished(const unsigned char *bytes, size_t length)
{
	if (bytes[0] == ESC && length == 1)
		return (struct taken){1, K_ESCAPE};
	if (bytes[0] == ESC && length == 2 && bytes[1] == ESC)
		return (struct taken){1, K_ESCAPE};
	if (bytes[0] == ESC && length == 2 && bytes[1] > ' ' && bytes[1] < DEL)
		return (struct taken){2, bytes[1] | (keycode)K_ALT};
	return (struct taken){length, K_NONE};
}

/* ---- the buffer ---- */

void key_decoder_release(struct key_decoder *decoder)
{
	str_release(&decoder->paste);
}

unsigned char *key_decoder_room(struct key_decoder *decoder, size_t *ret_size)
{
	memmove(decoder->bytes, decoder->bytes + decoder->start, decoder->end - decoder->start);
	decoder->end -= decoder->start;
	decoder->start = 0;
	*ret_size = sizeof(decoder->bytes) - decoder->end;
	return decoder->bytes + decoder->end;
}

void key_decoder_added(struct key_decoder *decoder, size_t count)
{
	decoder->end += count;
	decoder->patience = PASTE_PATIENCE;
}

bool key_decoder_waiting(const struct key_decoder *decoder)
{
	return decoder->pasting || decoder->skipping || decoder->start < decoder->end;
}

/* ---- paste ---- */

static void keep_paste(struct key_decoder *decoder, size_t count)
{
	size_t room = KEY_PASTE_MAX - decoder->paste.length;
	str_add(&decoder->paste, decoder->bytes + decoder->start, count < room ? count : room);
	decoder->start += count;
}

static bool end_paste(struct key_decoder *decoder, struct key_event *ret_event)
{
	decoder->pasting = false;
	decoder->paste_given = true;
	*ret_event = (struct key_event){.type = KEY_EVENT_PASTE,
		.text = decoder->paste.text,
		.length = decoder->paste.length};
	return true;
}

static bool next_of_paste(struct key_decoder *decoder, bool expired, struct key_event *ret_event)
{
	static const char end_mark[] = "\033[201~";
	const size_t mark_size = sizeof(end_mark) - 1;
	size_t length = decoder->end - decoder->start;
	const unsigned char *bytes = decoder->bytes + decoder->start;
	const unsigned char *mark = memmem(bytes, length, end_mark, mark_size);
	if (mark) {
		keep_paste(decoder, (size_t)(mark - bytes));
		decoder->start += mark_size;
		return end_paste(decoder, ret_event);
	}
	/* The last bytes may be the beginning of the mark. */
	if (length >= mark_size)
		keep_paste(decoder, length - (mark_size - 1));
	if (!expired || --decoder->patience > 0)
		return false;
	keep_paste(decoder, decoder->end - decoder->start);
	return end_paste(decoder, ret_event);
}

/* True when an unfinished sequence has had its time. Two bytes may be a key of their own and wait
 * no longer than ESC does; more are the front of an answer, whose rest must not be taken for keys
 * when the line is slow. */
static bool gave_up(struct key_decoder *decoder, size_t length, bool expired)
{
	if (!expired)
		return false;
	if (length > 2 && decoder->patience > 0)
		decoder->patience--;
	return length <= 2 || decoder->patience <= PASTE_PATIENCE - SEQUENCE_PATIENCE;
}

static bool take_one(
	struct key_decoder *decoder, bool expired, struct taken *ret_taken, unsigned *ret_tilde)
{
	const unsigned char *bytes = decoder->bytes + decoder->start;
	size_t length = decoder->end - decoder->start;
	if (decoder->skipping) {
		decoder->skipping = !expired;
		decoder->start = decoder->end;
		return false;
	}
	if (!length)
		return false;
	*ret_tilde = 0;
	*ret_taken =
		bytes[0] == ESC ? take_escape(bytes, length, ret_tilde) : take_text(bytes, length);
	if (!ret_taken->size && gave_up(decoder, length, expired))
		*ret_taken = take_unfinished(bytes, length);
	/* No end within the whole buffer: noise, and so is what follows until there is a pause. */
	decoder->skipping = !ret_taken->size && length == sizeof(decoder->bytes);
	if (decoder->skipping)
		decoder->start = decoder->end;
	decoder->start += ret_taken->size;
	return ret_taken->size > 0;
}

bool key_decoder_next(struct key_decoder *decoder, bool expired, struct key_event *ret_event)
{
	if (decoder->paste_given) {
		decoder->paste_given = false;
		str_clear(&decoder->paste);
	}
	struct taken taken;
	for (unsigned tilde; !decoder->pasting;) {
		if (!take_one(decoder, expired, &taken, &tilde))
			return false;
		if (tilde == PASTE_BEGIN) {
			decoder->pasting = true;
			decoder->patience = PASTE_PATIENCE;
			if (!decoder->paste.capacity)
				str_init(&decoder->paste);
		} else if (taken.key != K_NONE) {
			*ret_event = (struct key_event){.type = KEY_EVENT_KEY, .key = taken.key};
			return true;
		}
	}
	return next_of_paste(decoder, expired, ret_event);
}
