/* SPDX-License-Identifier: MIT */
#include "core/base/str.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

char str_empty[1] = "";

void str_init(struct str *str)
{
	str->text = str_empty;
	str->length = str->capacity = 0;
}

void str_release(struct str *str)
{
	if (str->capacity)
		free(str->text);
	str_init(str);
}

void str_clear(struct str *str)
{
	str_truncate(str, 0);
}

static void enlarge(struct str *str, size_t wanted)
{
	size_t capacity = str->capacity ? str->capacity : 32;
	while (capacity < wanted)
		capacity *= 2;
	char *old = str->capacity ? str->text : NULL;
	str->text = xrealloc(old, capacity);
	str->capacity = capacity;
	str->text[str->length] = '\0';
}

static inline void reserve(struct str *str, size_t extra)
{
	size_t wanted = str->length + extra + 1;
	if (wanted > str->capacity)
		enlarge(str, wanted);
}

/* What encodes and formats is made of it. */
void str_add(struct str *str, const void *data, size_t length)
{
	if (!length)
		return;
	reserve(str, length);
	memcpy(str->text + str->length, data, length);
	str->length += length;
	str->text[str->length] = '\0';
}

void str_adds(struct str *str, const char *text)
{
	str_add(str, text, strlen(text));
}

void str_addch(struct str *str, char ch)
{
	reserve(str, 1);
	str->text[str->length++] = ch;
	str->text[str->length] = '\0';
}

void str_addf(struct str *str, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	str_vaddf(str, format, args);
	va_end(args);
}

void str_vaddf(struct str *str, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int needed = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (needed <= 0)
		return;
	reserve(str, (size_t)needed);
	vsnprintf(str->text + str->length, (size_t)needed + 1, format, args);
	str->length += (size_t)needed;
}

void str_truncate(struct str *str, size_t length)
{
	if (length > str->length)
		return;
	str->length = length;
	if (str->capacity)
		str->text[length] = '\0';
}

void str_remove(struct str *str, size_t at, size_t count)
{
	if (at >= str->length)
		return;
	if (count > str->length - at)
		count = str->length - at;
	memmove(str->text + at, str->text + at + count, str->length - at - count + 1);
	str->length -= count;
}

void str_insert(struct str *str, size_t at, const void *data, size_t length)
{
	if (!length)
		return;
	reserve(str, length);
	memmove(str->text + at + length, str->text + at, str->length - at + 1);
	memcpy(str->text + at, data, length);
	str->length += length;
}

char *str_detach(struct str *str)
{
	char *text = str->capacity ? str->text : xstrdup("");
	str_init(str);
	return text;
}

/* Where the last character of a text that was cut there begins, if it lost its end; else `length`. */
static size_t whole_characters(const char *text, size_t length)
{
	size_t start = length;
	while (start > 0 && length - start < UTF8_MAX_BYTES - 1 &&
		((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	unsigned char first = start > 0 ? (unsigned char)text[start - 1] : 0;
	size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	return start > 0 && length - (start - 1) < size ? start - 1 : length;
}

bool copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);
	bool fits = length < size;
	if (!fits)
		length = whole_characters(from, size - 1);
	memcpy(to, from, length);
	to[length] = '\0';
	return fits;
}

bool vprint_text(char *to, size_t size, const char *format, va_list args)
{
	int length = vsnprintf(to, size, format, args);
	bool fits = length >= 0 && (size_t)length < size;
	if (!fits)
		to[length < 0 ? 0 : whole_characters(to, size - 1)] = '\0';
	return fits;
}

bool print_text(char *to, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	bool fits = vprint_text(to, size, format, args);
	va_end(args);
	return fits;
}

bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}
