/* SPDX-License-Identifier: MIT */
/* Keys by their names, as the bytes that a terminal sends for them. */
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/vt.h"

void vt_type(struct vt *vt, const char *text)
{
	vt_send(vt, text, strlen(text));
}

static const struct {
	const char *name, *bytes;
} named[] = {{"Enter", "\r"}, {"Esc", "\033"}, {"Tab", "\t"}, {"S-Tab", "\033[Z"},
	{"Backspace", "\177"}, {"Space", " "}, {"Up", "\033[A"}, {"Down", "\033[B"},
	{"Right", "\033[C"}, {"Left", "\033[D"}, {"Home", "\033[H"}, {"End", "\033[F"},
	{"Insert", "\033[2~"}, {"Delete", "\033[3~"}, {"PgUp", "\033[5~"}, {"PgDn", "\033[6~"},
	{"Alt-Left", "\033[1;3D"}, {"Alt-Right", "\033[1;3C"}, {"Alt-Enter", "\033\r"},
	{"S-Up", "\033[1;2A"}, {"S-Down", "\033[1;2B"}, {"F1", "\033OP"}, {"F2", "\033OQ"},
	{"F5", "\033[15~"}};

static void press_one(struct vt *vt, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(named); i++)
		if (strcmp(named[i].name, word) == 0) {
			vt_type(vt, named[i].bytes);
			return;
		}
	if (strncmp(word, "C-", 2) == 0 && word[2] && !word[3]) {
		char control = (char)(word[2] & 0x1f);
		vt_send(vt, &control, 1);
	} else if (strncmp(word, "Alt-", 4) == 0) {
		vt_type(vt, "\033");
		vt_type(vt, word + 4);
	} else {
		vt_type(vt, word);
	}
}

void vt_press(struct vt *vt, const char *keys)
{
	autofree char *copy = xstrdup(keys);
	char *rest = copy;
	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			press_one(vt, word);
}
