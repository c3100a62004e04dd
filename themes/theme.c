/* SPDX-License-Identifier: MIT */
/*
 * From a palette to the look of every cell. styles.def says once how a role looks in terms of
 * palette slots; a theme is a palette and a few rules of its own. Every pair of role and surface is
 * composed ahead of time, in full colour, so that readability is judged before colours are cut down
 * to what the terminal has.
 */
#include "themes/theme.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "themes/colour.h"
#include "themes/internal.h"

/* Text below this contrast to its background can't be read for long (WCAG asks 3 for large, 4.5 for
 * small text). */
static const double readable = 3.0;

static const struct role_info roles[ROLE_COUNT] = {
#define ROLE(id, n, p, l, h) [ROLE_##id] = {.name = n, .help = h, .parent = ROLE_##p, .letter = l},
#include "themes/roles.def"
#undef ROLE
};

static const enum role surface_roles[SURFACE_COUNT] = {
	[SURFACE_SCREEN] = ROLE_TEXT,
	[SURFACE_SELECTED] = ROLE_SELECTED,
	[SURFACE_SELECTED_IDLE] = ROLE_SELECTED_IDLE,
	[SURFACE_STATUS] = ROLE_STATUS,
	[SURFACE_FOOTER] = ROLE_FOOTER,
	[SURFACE_DIALOG] = ROLE_DIALOG,
};

const struct role_info *role_info(enum role role)
{
	return &roles[role];
}

enum role surface_role(enum surface surface)
{
	return surface_roles[surface];
}

static colour slot_colour(const struct theme_draft *draft, unsigned slot)
{
	return slot == SLOT_NONE ? COLOUR_UNSET : draft->palette[slot];
}

static void set_rule(
	struct theme_draft *draft, enum role role, unsigned fg, unsigned bg, int attrs, int mono)
{
	draft->listed[role] = true;
	draft->rules[role] = (struct style_rule){.fg = slot_colour(draft, fg),
		.bg = slot_colour(draft, bg),
		.attrs = (uint8_t)attrs,
		.mono = (uint8_t)mono};
}

/* Names of styles.def, as short as the table wants them. */
enum {
	BOLD = STYLE_BOLD,
	DIM = STYLE_DIM,
	UNDERLINE = STYLE_UNDERLINE,
	REVERSE = STYLE_REVERSE,
	slot_NONE = SLOT_NONE,
	/* clang-format off */
	slot_00 = 0x00, slot_01, slot_02, slot_03, slot_04, slot_05, slot_06, slot_07, slot_08, slot_09,
	slot_0A, slot_0B, slot_0C, slot_0D, slot_0E, slot_0F, slot_10, slot_11, slot_12, slot_13, slot_14, slot_15,
	slot_16, slot_17,
	/* clang-format on */
};

void draft_apply_styles(struct theme_draft *draft)
{
	memset(draft->rules, 0, sizeof(draft->rules));
	memset(draft->listed, 0, sizeof(draft->listed));
#define STYLE(role, fg, bg, attrs, mono)                                                           \
	set_rule(draft, ROLE_##role, slot_##fg, slot_##bg, attrs, mono);
#include "themes/styles.def"
#undef STYLE
}

/* Parents stand above their children, so one pass downwards settles all inheritance. The screen's own background is
 * inherited by nobody: it shines through. */
static void inherit(struct style_rule rules[ROLE_COUNT], const bool listed[ROLE_COUNT])
{
	for (int i = ROLE_TEXT + 1; i < ROLE_COUNT; i++) {
		const struct style_rule *parent = &rules[roles[i].parent];
		if (!listed[i])
			rules[i] = *parent;
		else if (rules[i].fg == COLOUR_UNSET)
			rules[i].fg = parent->fg;
		if (!listed[i] && roles[i].parent == ROLE_TEXT)
			rules[i].bg = COLOUR_UNSET;
	}
}

/* Only the 16 system colours and the default are the terminal's secret. */
static bool is_known(colour any)
{
	return COLOUR_KIND(any) == COLOUR_KIND_RGB ||
	       (COLOUR_KIND(any) == COLOUR_KIND_INDEX && COLOUR_VALUE(any) >= 16);
}

static bool is_readable(colour fg, colour bg)
{
	return !is_known(fg) || !is_known(bg) ||
	       colour_contrast(colour_rgb(fg), colour_rgb(bg)) >= readable;
}

/* True for a bar of colour whose contrast to other colours nobody knows: only its own text is safe on it. */
static bool is_opaque(const struct style_rule *surface)
{
	return (surface->attrs & STYLE_REVERSE) ||
	       (COLOUR_KIND(surface->bg) == COLOUR_KIND_INDEX && COLOUR_VALUE(surface->bg) < 16);
}

static struct style compose(
	const struct style_rule *rule, const struct style_rule *surface, colour screen_bg)
{
	colour below = surface->bg == COLOUR_UNSET ? screen_bg : surface->bg;
	struct style style = {.fg = rule->fg,
		.bg = rule->bg == COLOUR_UNSET ? below : rule->bg,
		.attrs = rule->attrs};
	if (rule->bg != COLOUR_UNSET)
		return style;
	style.attrs |= surface->attrs & (STYLE_BOLD | STYLE_REVERSE | STYLE_UNDERLINE);
	if (is_opaque(surface))
		style.attrs &= (uint8_t)~STYLE_DIM;
	if (is_opaque(surface) || !is_readable(style.fg, below))
		style.fg = surface->fg;
	if (!is_readable(style.fg, below))
		style.fg = COLOUR_RGB(colour_contrast(colour_rgb(below), 0) > 4.5 ? 0 : 0xffffff);
	return style;
}

static struct style compose_mono(const struct style_rule *rule, const struct style_rule *surface)
{
	struct style style = {
		.fg = COLOUR_DEFAULT, .bg = COLOUR_DEFAULT, .attrs = rule->mono | surface->mono};
	/* On a reversed surface a reversed cell stands out by being the right way round. */
	if (surface->mono & STYLE_REVERSE)
		style.attrs = (uint8_t)((rule->mono ^ surface->mono) & ~STYLE_DIM);
	return style;
}

/* What is wrong keeps its colour on a bar that hides all others: as a block, the row of the cursor is often the worst. */
static enum role block_of(enum role role)
{
	return role == ROLE_CRIT ? ROLE_BANNER_CRIT : role == ROLE_WARN ? ROLE_BANNER : role;
}

static struct style compose_one(
	const struct theme *theme, enum role role, enum surface surface, bool mono)
{
	static const struct style_rule none;
	const struct style_rule *below = &theme->rules[surface_roles[surface]];
	struct style_rule rule = theme->rules[!mono && is_opaque(below) ? block_of(role) : role];
	/* Plain text is whatever its surface says. */
	if (role == ROLE_TEXT) {
		rule = *below;
		rule.bg = COLOUR_UNSET;
	}
	if (mono)
		return compose_mono(&rule, role == ROLE_TEXT ? &none : below);
	return compose(&rule, below, theme->rules[ROLE_TEXT].bg);
}

static void compose_all(struct theme *theme, bool mono)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		for (int surface = 0; surface < SURFACE_COUNT; surface++)
			theme->styles[role][surface] =
				compose_one(theme, (enum role)role, (enum surface)surface, mono);
}

void draft_finish(const struct theme_draft *draft, struct theme *ret_theme)
{
	memset(ret_theme, 0, sizeof(*ret_theme));
	copy_text(ret_theme->name, sizeof(ret_theme->name), draft->name);
	ret_theme->light = draft->light;
	memcpy(ret_theme->rules, draft->rules, sizeof(ret_theme->rules));
	inherit(ret_theme->rules, draft->listed);
	compose_all(ret_theme, false);
}

/* Bright colours of a terminal that has eight are bold. */
static void reduce_rule(struct style_rule *rule, enum depth depth)
{
	if (depth == DEPTH_8 && COLOUR_KIND(rule->fg) == COLOUR_KIND_INDEX &&
		COLOUR_VALUE(rule->fg) >= 8 && COLOUR_VALUE(rule->fg) < 16)
		rule->attrs |= STYLE_BOLD;
	rule->fg = rule->fg == COLOUR_UNSET ? COLOUR_UNSET : colour_reduce(rule->fg, depth);
	rule->bg = rule->bg == COLOUR_UNSET ? COLOUR_UNSET : colour_reduce(rule->bg, depth);
}

void theme_reduce(struct theme *theme, enum depth depth)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		reduce_rule(&theme->rules[role], depth);
	theme->mono |= depth == DEPTH_MONO;
	compose_all(theme, theme->mono);
	for (int role = 0; role < ROLE_COUNT; role++)
		for (int surface = 0; surface < SURFACE_COUNT; surface++) {
			struct style *style = &theme->styles[role][surface];
			style->fg = colour_reduce(style->fg, depth);
			/* Two colours that fell together leave nothing to read. */
			if (style->fg == style->bg && COLOUR_KIND(style->fg) == COLOUR_KIND_INDEX)
				style->fg = COLOUR_INDEX(
					colour_contrast(colour_rgb(style->bg), 0) > 7 ? 0 : 7);
		}
}
