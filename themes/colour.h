/* SPDX-License-Identifier: MIT */
/* Colour arithmetic: how far apart two colours are for the eye, and the nearest one of a smaller
 * palette. */
#ifndef BOTSWAIN_THEMES_COLOUR_H
#define BOTSWAIN_THEMES_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "themes/theme.h"

/* "default", a palette index "0".."255", or six hex digits with or without '#'. */
bool colour_parse(const char *text, size_t length, colour *ret_colour);

/* The usual value (0xrrggbb) of a palette index; of an RGB colour its own. COLOUR_DEFAULT and
 * _UNSET give 0. */
uint32_t colour_rgb(colour any);

/* Contrast ratio of WCAG 2 of two 0xrrggbb values: 1 (none) to 21. */
double colour_contrast(uint32_t a, uint32_t b);

/* The nearest colour that `depth` can show; colours that already fit come back as they are. */
colour colour_reduce(colour any, enum depth depth);

#endif
