/* SPDX-License-Identifier: MIT */
#include "core/base/secret.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum {
	TOKEN_MAX = 80,
	TOKEN_ID_DIGITS_MAX = 17,
	TOKEN_SECRET_MIN = 24,
	TOKEN_SECRET_MAX = 63,
};

void wipe(void *memory, size_t size)
{
	if (size)
		explicit_bzero(memory, size);
}

void secret_set(struct secret *secret, const char *bytes, size_t length)
{
	while (length && isspace((unsigned char)bytes[length - 1]))
		length--;
	while (length && isspace((unsigned char)*bytes))
		bytes++, length--;
	char *copy = NULL;
	if (length) {
		copy = xmalloc(length + 1);
		memcpy(copy, bytes, length);
		copy[length] = '\0';
	}
	secret_release(secret);
	secret->bytes = copy;
	secret->length = length;
}

void secret_move(struct secret *to, struct secret *from)
{
	struct secret moved = *from;
	*from = (struct secret){0};
	secret_release(to);
	*to = moved;
}

void secret_release(struct secret *secret)
{
	if (secret->bytes)
		wipe(secret->bytes, secret->length);
	free(secret->bytes);
	*secret = (struct secret){0};
}

const char *secret_reveal(const struct secret *secret)
{
	return secret->bytes ? secret->bytes : "";
}

struct secret_shown secret_show(const struct secret *secret)
{
	struct secret_shown shown = {.text = "(none)"};
	int64_t id = 0;
	if (!secret_is_set(secret))
		return shown;
	if (token_check(secret->bytes, secret->length, &id, NULL))
		snprintf(shown.text, sizeof(shown.text), "bot%" PRId64 ":****", id);
	else
		snprintf(shown.text, sizeof(shown.text), "****");
	return shown;
}

bool secret_equal(const struct secret *one, const struct secret *other)
{
	if (one->length != other->length)
		return false;
	unsigned char differ = 0;
	for (size_t i = 0; i < one->length; i++)
		differ |= (unsigned char)(one->bytes[i] ^ other->bytes[i]);
	return differ == 0;
}

static bool is_token_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-';
}

static bool read_id(const char *text, size_t length, size_t *ret_digits, int64_t *ret_id)
{
	int64_t id = 0;
	size_t at = 0;
	for (; at < length && at < TOKEN_ID_DIGITS_MAX && isdigit((unsigned char)text[at]); at++)
		id = id * 10 + (text[at] - '0');
	*ret_digits = at;
	*ret_id = id;
	return at > 0 && text[0] != '0' && id < INT64_C(1) << 54;
}

bool token_check(const char *text, size_t length, int64_t *ret_id, struct err *err)
{
	size_t digits;
	int64_t id;
	if (length > TOKEN_MAX)
		return err_set(err, ERR_INVALID,
			"token has %zu characters, at most %d are possible", length, TOKEN_MAX);
	if (!read_id(text, length, &digits, &id))
		return err_set(err, ERR_INVALID,
			"token does not start with a bot id: it looks like 123456:AAE...");
	if (digits == length || text[digits] != ':')
		return err_set(err, ERR_INVALID,
			"token has no ':' after its bot id: it looks like 123456:AAE...");
	size_t start = digits + 1, count = length - start;
	for (size_t i = 0; i < count; i++) {
		if (!is_token_char(text[start + i]))
			return err_set(err, ERR_INVALID,
				"token has a character at position %zu that no token has",
				start + i + 1);
	}
	if (count < TOKEN_SECRET_MIN || count > TOKEN_SECRET_MAX)
		return err_set(err, ERR_INVALID,
			"token has %zu characters after the ':', %d to %d are expected: is it "
			"whole?",
			count, TOKEN_SECRET_MIN, TOKEN_SECRET_MAX);
	*ret_id = id;
	return true;
}
