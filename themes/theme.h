/* SPDX-License-Identifier: MIT */
/*
 * Themes: what a role looks like. A cell names a role (what it means) and an under role (the
 * surface it lies on); a theme turns the pair into colours and attributes. Themes are base16/base24
 * palettes in YAML, as the public collections publish them, with an optional `roles:` section of
 * ours. A theme is made once, cut down once to what the terminal can show, and read from then on.
 * Screen thread only.
 */
#ifndef BOTSWAIN_THEMES_THEME_H
#define BOTSWAIN_THEMES_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;

enum role {
#define ROLE(id, name, parent, letter, help) ROLE_##id,
#include "themes/roles.def"
#undef ROLE
	ROLE_COUNT
};

struct role_info {
	const char *name, *help;
	enum role parent;
	char letter; /* stands for the role in dumps */
};

/* Name, purpose and parent of a role. Any thread. */
const struct role_info *role_info(enum role role);

/* What lies under the text of a cell. Each has a role, whose style gives its background and default
 * text. */
enum surface {
	SURFACE_SCREEN,
	SURFACE_SELECTED,
	SURFACE_SELECTED_IDLE,
	SURFACE_STATUS,
	SURFACE_FOOTER,
	SURFACE_DIALOG,
	SURFACE_COUNT
};

/* Attributes of a style. */
enum {
	STYLE_BOLD = 1 << 0,
	STYLE_DIM = 1 << 1,
	STYLE_UNDERLINE = 1 << 2,
	STYLE_REVERSE = 1 << 3,
	STYLE_ITALIC = 1 << 4,
};

/* A colour: COLOUR_DEFAULT, COLOUR_INDEX(0..255) of the terminal's palette, or
 * COLOUR_RGB(0xrrggbb). */
typedef uint32_t colour;
#define COLOUR_DEFAULT    0x00000000u
#define COLOUR_UNSET      0xff000000u
#define COLOUR_INDEX(n)   (0x01000000u | (uint32_t)(n))
#define COLOUR_RGB(rgb)   (0x02000000u | (uint32_t)(rgb))
#define COLOUR_KIND(c)    ((c) >> 24)
#define COLOUR_VALUE(c)   ((c)&0xffffffu)
#define COLOUR_KIND_INDEX 1
#define COLOUR_KIND_RGB   2

struct style {
	colour fg, bg;
	uint8_t attrs;
};

/* How many colours the terminal shows. */
enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_RGB };

/* How one role looks by itself; COLOUR_UNSET as the background is that of the surface. */
struct style_rule {
	colour fg, bg;
	uint8_t attrs, mono; /* mono: attributes for a terminal without colours */
};

struct theme {
	char name[48];
	bool light;
	bool mono; /* attributes alone, whatever the terminal can show */
	struct style_rule rules[ROLE_COUNT];
	struct style styles[ROLE_COUNT]
			   [SURFACE_COUNT]; /* what a cell looks like: composed of the rules */
};

/* The longest theme file that is read. */
enum { THEME_FILE_MAX = 64 * 1024 };

/* Fills `ret_theme` from the text of a theme file; `name` is used in errors ("file:line:column:
 * ..."). */
MUST_CHECK bool theme_parse(const char *name, const char *text, size_t length,
	struct theme *ret_theme, struct err *err);

/* Reads a theme file of the operator. */
MUST_CHECK bool theme_read(const char *path, struct theme *ret_theme, struct err *err);

/* A theme that is shipped ("system", "dark", "light", "contrast", "mono"). */
MUST_CHECK bool theme_builtin(const char *name, struct theme *ret_theme, struct err *err);
/* The names of the shipped themes, NULL-terminated, the default first. */
const char *const *theme_builtin_names(void);

/* Cuts the theme down to what a terminal can show: 24 bit to 256, 16, 8 colours or attributes
 * alone. */
void theme_reduce(struct theme *theme, enum depth depth);

/* The role whose style a surface has. */
enum role surface_role(enum surface surface);

#endif
