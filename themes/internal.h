/* SPDX-License-Identifier: MIT */
/* Private to themes/: a theme while it is being read, before roles and surfaces are composed. */
#ifndef BOTSWAIN_THEMES_INTERNAL_H
#define BOTSWAIN_THEMES_INTERNAL_H

#include "themes/theme.h"

enum { SLOT_COUNT = 0x18, SLOT_NONE = 0xff };

struct style_rule {
	colour fg, bg; /* COLOUR_UNSET: the parent's; for a background the surface's */
	uint8_t attrs, mono;
	bool listed; /* false: the whole rule is the parent's */
};

struct theme_draft {
	char name[48];
	bool light;
	colour palette[SLOT_COUNT];
	struct style_rule rules[ROLE_COUNT];
};

/* Fills the rules of styles.def in terms of the draft's palette; a theme file's own rules come
 * after. */
void draft_apply_styles(struct theme_draft *draft);

/* Composes every role on every surface; text that would not be readable there takes the surface's
 * colour. */
void draft_compose(const struct theme_draft *draft, struct theme *ret_theme);

#endif
