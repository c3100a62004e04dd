/* SPDX-License-Identifier: MIT */
/*
 * Reads theme files: base16 and base24 schemes in both of the forms that are about (slots at the
 * top level, or under `palette:`). Ours is a superset: colours may be `default` or a palette index,
 * and `roles:` overrides single roles
 * (`selected: {fg: base05, bg: base02, attrs: [bold, reverse]}`). Keys of the public collections
 * that we do not need are passed over; a wrong slot, role, colour or attribute is an error with its
 * place.
 */
#include "themes/theme.h"

#include <libfyaml.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <errno.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/yaml_guard.h"
#include "themes/colour.h"
#include "themes/internal.h"

struct reader {
	const char *file;
	struct theme_draft *draft;
	struct err *err;
};

/* A scalar of the document: not terminated, owned by it. */
struct scalar {
	const char *text;
	size_t length;
};

static void document_release(struct fy_document **document)
{
	if (*document)
		fy_document_destroy(*document);
}

static void diag_release(struct fy_diag **diag)
{
	if (*diag)
		fy_diag_destroy(*diag);
}

static struct scalar scalar_of(struct fy_node *node)
{
	struct scalar scalar = {NULL, 0};
	if (node && fy_node_get_type(node) == FYNT_SCALAR)
		scalar.text = fy_node_get_scalar(node, &scalar.length);
	if (!scalar.text)
		scalar = (struct scalar){"", 0};
	return scalar;
}

static bool scalar_is(struct scalar scalar, const char *word)
{
	return scalar.length == strlen(word) && memcmp(scalar.text, word, scalar.length) == 0;
}

static bool fail_at(
	struct reader *reader, struct fy_node *node, const char *what, struct scalar subject)
{
	struct fy_token *token = node ? fy_node_get_scalar_token(node) : NULL;
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
	int length = (int)(subject.length > 40 ? 40 : subject.length);
	return err_set(reader->err, ERR_SYNTAX, "%s:%d:%d: %s '%.*s'", reader->file,
		mark ? mark->line + 1 : 1, mark ? mark->column + 1 : 1, what, length, subject.text);
}

/* "base00" .. "base17" to a slot, or -1. */
static int slot_of(struct scalar name)
{
	static const char digits[] = "0123456789abcdef";
	if (name.length != 6 || memcmp(name.text, "base", 4) != 0)
		return -1;
	char low = name.text[5] >= 'A' && name.text[5] <= 'F' ? (char)(name.text[5] + 32)
							      : name.text[5];
	const char *digit = low ? strchr(digits, low) : NULL;
	if (!digit || (name.text[4] != '0' && name.text[4] != '1'))
		return -1;
	int slot = (name.text[4] - '0') * 16 + (int)(digit - digits);
	return slot < SLOT_COUNT ? slot : -1;
}

static bool read_slot(struct reader *reader, int slot, struct fy_node *value)
{
	struct scalar text = scalar_of(value);
	if (!colour_parse(text.text, text.length, &reader->draft->palette[slot]))
		return fail_at(reader, value, "not a colour (rrggbb, 0-255 or default):", text);
	return true;
}

static bool read_palette(struct reader *reader, struct fy_node *node)
{
	void *place = NULL;
	for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(node, &place));) {
		struct fy_node *key = fy_node_pair_key(pair);
		int slot = slot_of(scalar_of(key));
		if (slot < 0)
			return fail_at(reader, key, "not a slot base00 to base17:", scalar_of(key));
		if (!read_slot(reader, slot, fy_node_pair_value(pair)))
			return false;
	}
	return true;
}

static bool read_colour(struct reader *reader, struct fy_node *value, colour *ret_colour)
{
	struct scalar text = scalar_of(value);
	int slot = slot_of(text);
	if (slot >= 0)
		*ret_colour = reader->draft->palette[slot];
	else if (scalar_is(text, "none"))
		*ret_colour = COLOUR_UNSET;
	else if (!colour_parse(text.text, text.length, ret_colour))
		return fail_at(reader, value,
			"not a colour (base00-base17, rrggbb, 0-255, default or none):", text);
	return true;
}

static bool read_attrs(struct reader *reader, struct fy_node *list, uint8_t *ret_attrs)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} names[] = {{"bold", STYLE_BOLD}, {"dim", STYLE_DIM}, {"underline", STYLE_UNDERLINE},
		{"reverse", STYLE_REVERSE}, {"italic", STYLE_ITALIC}};
	uint8_t attrs = 0;
	void *place = NULL;
	for (struct fy_node *item; (item = fy_node_sequence_iterate(list, &place));) {
		size_t i = 0;
		while (i < COUNT_OF(names) && !scalar_is(scalar_of(item), names[i].name))
			i++;
		if (i == COUNT_OF(names))
			return fail_at(reader, item,
				"not an attribute (bold, dim, underline, reverse, italic):",
				scalar_of(item));
		attrs |= names[i].bit;
	}
	*ret_attrs = attrs;
	return true;
}

static bool read_rule(struct reader *reader, struct fy_node *node, struct style_rule *rule)
{
	void *place = NULL;
	for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(node, &place));) {
		struct fy_node *key = fy_node_pair_key(pair), *value = fy_node_pair_value(pair);
		struct scalar name = scalar_of(key);
		bool known = true, good = true;
		if (scalar_is(name, "fg"))
			good = read_colour(reader, value, &rule->fg);
		else if (scalar_is(name, "bg"))
			good = read_colour(reader, value, &rule->bg);
		else if (scalar_is(name, "attrs"))
			good = read_attrs(reader, value, &rule->attrs);
		else if (scalar_is(name, "mono"))
			good = read_attrs(reader, value, &rule->mono);
		else
			known = false;
		if (!known)
			return fail_at(reader, key, "unknown key (fg, bg, attrs, mono):", name);
		if (!good)
			return false;
	}
	return true;
}

static bool read_roles(struct reader *reader, struct fy_node *node)
{
	void *place = NULL;
	for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(node, &place));) {
		struct fy_node *key = fy_node_pair_key(pair);
		int role = 0;
		while (role < ROLE_COUNT &&
			!scalar_is(scalar_of(key), role_info((enum role)role)->name))
			role++;
		if (role == ROLE_COUNT)
			return fail_at(reader, key,
				"unknown role (see themes/roles.def):", scalar_of(key));
		reader->draft->listed[role] = true;
		if (!read_rule(reader, fy_node_pair_value(pair), &reader->draft->rules[role]))
			return false;
	}
	return true;
}

/* Slots that a base16 file leaves out are those of base24's own fall-back. */
static void fill_slots(colour palette[SLOT_COUNT])
{
	static const uint8_t fall_back[SLOT_COUNT] = {[0x01] = 0x00,
		[0x02] = 0x01,
		[0x03] = 0x04,
		[0x04] = 0x05,
		[0x06] = 0x05,
		[0x07] = 0x06,
		[0x08] = 0x05,
		[0x09] = 0x08,
		[0x0A] = 0x09,
		[0x0B] = 0x05,
		[0x0C] = 0x0B,
		[0x0D] = 0x0C,
		[0x0E] = 0x0D,
		[0x0F] = 0x09,
		[0x10] = 0x00,
		[0x11] = 0x00,
		[0x12] = 0x08,
		[0x13] = 0x0A,
		[0x14] = 0x0B,
		[0x15] = 0x0C,
		[0x16] = 0x0D,
		[0x17] = 0x0E};
	for (int pass = 0; pass < 3; pass++)
		for (int slot = 0; slot < SLOT_COUNT; slot++)
			if (palette[slot] == COLOUR_UNSET)
				palette[slot] = palette[fall_back[slot]];
}

static bool is_light(const colour palette[SLOT_COUNT])
{
	return COLOUR_KIND(palette[0]) == COLOUR_KIND_RGB &&
	       colour_contrast(COLOUR_VALUE(palette[0]), 0) >
		       colour_contrast(COLOUR_VALUE(palette[0]), 0xffffff);
}

/* First the palette, wherever it stands, then the roles that refer to it. */
static bool read_top(struct reader *reader, struct fy_node *root)
{
	struct fy_node *roles = NULL;
	bool has_background = false;
	void *place = NULL;
	for (struct fy_node_pair *pair; (pair = fy_node_mapping_iterate(root, &place));) {
		struct fy_node *value = fy_node_pair_value(pair);
		struct scalar name = scalar_of(fy_node_pair_key(pair)), text = scalar_of(value);
		int slot = slot_of(name);
		if (slot >= 0 && !read_slot(reader, slot, value))
			return false;
		if (scalar_is(name, "palette") && !read_palette(reader, value))
			return false;
		if (scalar_is(name, "roles"))
			roles = value;
		if ((scalar_is(name, "name") || scalar_is(name, "scheme")) && text.length < 48)
			memcpy(memset(reader->draft->name, 0, 48), text.text, text.length);
	}
	colour *palette = reader->draft->palette;
	has_background = palette[0x00] != COLOUR_UNSET && palette[0x05] != COLOUR_UNSET;
	if (!has_background)
		return err_set(reader->err, ERR_SYNTAX,
			"%s: not a theme: base00 (background) and base05 (text) are needed",
			reader->file);
	fill_slots(palette);
	reader->draft->light = is_light(palette);
	draft_apply_styles(reader->draft);
	return !roles || read_roles(reader, roles);
}

static bool fail_parse(const char *name, struct fy_diag *diag, struct err *err)
{
	void *place = NULL;
	const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &place);
	if (!first)
		return err_set(err, ERR_SYNTAX, "%s:1:1: not a YAML document", name);
	return err_set(
		err, ERR_SYNTAX, "%s:%d:%d: %s", name, first->line, first->column, first->msg);
}

/* The library does not survive everything. */
static bool fail_dangerous(const char *name, const char *text, size_t length, struct err *err)
{
	size_t at;
	const char *why;
	int line = 1, column = 1;
	if (!yaml_is_dangerous(text, length, &at, &why))
		return false;
	for (size_t i = 0; i < at; i++) {
		line += text[i] == '\n';
		column = text[i] == '\n' ? 1 : column + 1;
	}
	err_set(err, ERR_SYNTAX, "%s:%d:%d: %s", name, line, column, why);
	return true;
}

bool theme_parse(
	const char *name, const char *text, size_t length, struct theme *ret_theme, struct err *err)
{
	if (length > THEME_FILE_MAX)
		return err_set(err, ERR_LIMIT, "%s: longer than %d bytes: not a theme file", name,
			THEME_FILE_MAX);
	if (fail_dangerous(name, text, length, err))
		return false;
	struct fy_diag_cfg silent;
	fy_diag_cfg_default(&silent);
	silent.fp = NULL; /* else it writes to the screen */
	struct fy_diag *diag CLEANUP(diag_release) = fy_diag_create(&silent);
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
					    FYPCF_DISABLE_MMAP_OPT | FYPCF_JSON_NONE,
		.diag = diag};
	struct fy_document *document CLEANUP(document_release) =
		fy_document_build_from_string(&cfg, text, length);
	struct fy_node *root = document ? fy_document_root(document) : NULL;
	if (!root)
		return fail_parse(name, diag, err);
	if (!fy_node_is_mapping(root))
		return err_set(err, ERR_SYNTAX,
			"%s:1:1: not a theme: a mapping of base00 to base17 is needed", name);
	struct theme_draft draft = {.name = ""};
	for (int slot = 0; slot < SLOT_COUNT; slot++)
		draft.palette[slot] = COLOUR_UNSET;
	struct reader reader = {.file = name, .draft = &draft, .err = err};
	if (!read_top(&reader, root))
		return false;
	draft_finish(&draft, ret_theme);
	return true;
}

bool theme_read(const char *path, struct theme *ret_theme, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	if (fd < 0 || fstat(fd, &info) < 0)
		return err_errno(err, errno, "cannot read theme '%s'", path);
	if (!S_ISREG(info.st_mode) || info.st_size > THEME_FILE_MAX)
		return err_set(err, ERR_INVALID,
			"cannot read theme '%s': not a file of at most %d bytes", path,
			THEME_FILE_MAX);
	autofree char *text = xmalloc((size_t)info.st_size + 1);
	ssize_t got = read(fd, text, (size_t)info.st_size);
	if (got < 0)
		return err_errno(err, errno, "cannot read theme '%s'", path);
	return theme_parse(path, text, (size_t)got, ret_theme, err);
}
