/* SPDX-License-Identifier: MIT */
#include "themes/colour.h"

#include <math.h>
#include <string.h>

/* xterm's values of the 16 system colours: good enough to choose the nearest. */
static const uint32_t system_rgb[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
	0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff,
	0xffffff};
static const uint8_t cube[6] = {0, 95, 135, 175, 215, 255};

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static bool parse_number(const char *text, size_t length, unsigned base, uint32_t *ret_value)
{
	uint32_t value = 0;
	for (size_t i = 0; i < length; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0 || (unsigned)digit >= base)
			return false;
		value = value * base + (uint32_t)digit;
	}
	*ret_value = value;
	return length > 0;
}

bool colour_parse(const char *text, size_t length, colour *ret_colour)
{
	uint32_t value;
	if (length == 7 && strncmp(text, "default", 7) == 0) {
		*ret_colour = COLOUR_DEFAULT;
		return true;
	}
	if (length == 7 && text[0] == '#')
		text++, length--;
	if (length == 6 && parse_number(text, length, 16, &value)) {
		*ret_colour = COLOUR_RGB(value);
		return true;
	}
	if (length > 3 || !parse_number(text, length, 10, &value) || value > 255)
		return false;
	*ret_colour = COLOUR_INDEX(value);
	return true;
}

uint32_t colour_rgb(colour any)
{
	uint32_t value = COLOUR_VALUE(any);
	if (COLOUR_KIND(any) != COLOUR_KIND_INDEX)
		return value;
	if (value < 16)
		return system_rgb[value];
	if (value >= 232)
		return (8 + 10 * (value - 232)) * 0x010101u;
	value -= 16;
	return (uint32_t)cube[value / 36] << 16 | (uint32_t)cube[value / 6 % 6] << 8 |
	       cube[value % 6];
}

static double luminance(uint32_t rgb)
{
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;
	for (int i = 0; i < 3; i++) {
		double part = ((rgb >> (16 - 8 * i)) & 0xff) / 255.0;
		sum += weight[i] *
		       (part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double colour_contrast(uint32_t a, uint32_t b)
{
	double one = luminance(a), two = luminance(b);
	return one > two ? (one + 0.05) / (two + 0.05) : (two + 0.05) / (one + 0.05);
}

/* The "redmean" distance: cheap, and close to what the eye sees. */
static double distance(uint32_t a, uint32_t b)
{
	double red_mean = ((a >> 16 & 0xff) + (b >> 16 & 0xff)) / 2.0;
	double red = (double)(a >> 16 & 0xff) - (b >> 16 & 0xff);
	double green = (double)(a >> 8 & 0xff) - (b >> 8 & 0xff);
	double blue = (double)(a & 0xff) - (b & 0xff);
	return (2 + red_mean / 256) * red * red + 4 * green * green +
	       (2 + (255 - red_mean) / 256) * blue * blue;
}

/* The first 16 differ from terminal to terminal, so a wider palette is searched from `first` = 16
 * on. */
static colour nearest(uint32_t rgb, unsigned first, unsigned count)
{
	unsigned best = first;
	for (unsigned i = first; i < count; i++)
		if (distance(rgb, colour_rgb(COLOUR_INDEX(i))) <
			distance(rgb, colour_rgb(COLOUR_INDEX(best))))
			best = i;
	return COLOUR_INDEX(best);
}

colour colour_reduce(colour any, enum depth depth)
{
	static const unsigned size[] = {
		[DEPTH_MONO] = 0, [DEPTH_8] = 8, [DEPTH_16] = 16, [DEPTH_256] = 256};
	unsigned kind = COLOUR_KIND(any);
	if (depth == DEPTH_RGB || (kind != COLOUR_KIND_INDEX && kind != COLOUR_KIND_RGB))
		return any;
	if (depth == DEPTH_MONO)
		return COLOUR_DEFAULT;
	if (kind == COLOUR_KIND_INDEX && COLOUR_VALUE(any) < size[depth])
		return any;
	if (kind == COLOUR_KIND_INDEX && COLOUR_VALUE(any) < 16)
		return COLOUR_INDEX(COLOUR_VALUE(any) - 8);
	return nearest(colour_rgb(any), depth == DEPTH_256 ? 16 : 0, size[depth]);
}
