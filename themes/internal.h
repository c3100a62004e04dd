/* SPDX-License-Identifier: MIT */
/* Private to themes/: a theme while it is being read, before roles and surfaces are composed. */
#ifndef BOTSWAIN_THEMES_INTERNAL_H
#define BOTSWAIN_THEMES_INTERNAL_H

#include "themes/theme.h"

enum { SLOT_COUNT = 0x18, SLOT_NONE = 0xff };

struct theme_draft {
	char name[48];
	bool light;
	colour palette[SLOT_COUNT];
	struct style_rule rules[ROLE_COUNT];
	bool listed[ROLE_COUNT]; /* false: the whole rule is the parent's */
};

/* Fills the rules of styles.def in terms of the draft's palette; a theme file's own rules come
 * after. */
void draft_apply_styles(struct theme_draft *draft);

/* Settles what is inherited and composes every role on every surface. */
void draft_finish(const struct theme_draft *draft, struct theme *ret_theme);

#endif
