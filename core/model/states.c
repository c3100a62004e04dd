/* SPDX-License-Identifier: MIT */
/* The words of states.def, the letters and words of severities, and the page that explains them. */
#include "core/model/internal.h"

#include "core/base/attr.h"
#include "core/base/str.h"

/* clang-format off */
static const struct state states[] = {
#define STATE(id, text, s, things, says) \
	[STATE_##id] = {.word = (text), .severity = SEVERITY_##s, .of = (things), .meaning = (says)},
#include "core/model/states.def"
};

static const struct part parts[] = {
#define PART(id, share, text) [PART_##id] = {.name = #id, .points = (share), .help = (text)},
#include "core/model/reasons.def"
};

static const struct {
	char letter;
	const char *word, *meaning;
} severities[] = {
	[SEVERITY_OK]      = {'.', "ok", "nothing to do"},
	[SEVERITY_STOPPED] = {'x', "stopped", "not running, and not meant to"},
	[SEVERITY_UNKNOWN] = {'?', "unknown", "nobody can say at the moment"},
	[SEVERITY_WARN]    = {'w', "warn", "look at it today"},
	[SEVERITY_CRIT]    = {'!', "crit", "act now"},
};
/* clang-format on */

const struct state *state_of(enum state_id id)
{
	return &states[id];
}

const struct part *part_of(enum part_id id)
{
	return &parts[id];
}

char severity_letter(unsigned severity)
{
	return severity < COUNT_OF(severities) ? severities[severity].letter : '?';
}

const char *severity_word(unsigned severity)
{
	return severity < COUNT_OF(severities) ? severities[severity].word : "unknown";
}

static bool is_state(const char *text, const char *word)
{
	for (; *word; word++, text++)
		if (*text != *word && !(*text == '_' && (*word == ' ' || *word == '-')))
			return false;
	return !*text;
}

unsigned state_severity(const char *state)
{
	for (size_t i = 0; state && i < COUNT_OF(states); i++)
		if (is_state(state, states[i].word))
			return states[i].severity;
	return SEVERITY_UNKNOWN;
}

static void print_severities(struct str *ret)
{
	str_adds(ret, "## Severities\n\nA state is always a letter as well as a colour.\n\n"
		      "| letter | word | meaning |\n|---|---|---|\n");
	for (size_t i = COUNT_OF(severities); i-- > 0;)
		str_addf(ret, "| `%c` | %s | %s |\n", severities[i].letter, severities[i].word,
			severities[i].meaning);
}

static void print_states(struct str *ret)
{
	str_adds(ret, "\n## States\n\n| state | | of | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(states); i++)
		str_addf(ret, "| %s | `%c` | %s | %s |\n", states[i].word,
			severities[states[i].severity].letter, states[i].of, states[i].meaning);
}

static void print_reasons(struct str *ret)
{
	str_adds(ret, "\n## Reasons of a bot\n\n"
		      "Of all that hold, the worst comes first and the order below decides among "
		      "equals; the "
		      "first one names the state.\n\n"
		      "| reason | | state | from | meaning |\n|---|---|---|---|---|\n");
	const struct reason_row *row;
	for (size_t i = 0; (row = reason_row_at(i)); i++)
		str_addf(ret, "| %s | `%c` | %s | %s | %s |\n", row->id,
			severities[row->severity].letter, states[row->state].word, row->source,
			row->help);
}

static void print_service_reasons(struct str *ret)
{
	str_adds(ret,
		"\n## Reasons of a Redis or Postgres\n\nThe first that holds names the state.\n\n"
		"| reason | | state | meaning |\n|---|---|---|---|\n");
	const struct service_row *row;
	for (size_t i = 0; (row = service_row_at(i)); i++)
		str_addf(ret, "| %s | `%c` | %s | %s |\n", row->id,
			severities[row->severity].letter, states[row->state].word, row->help);
}

static void print_recording_reasons(struct str *ret)
{
	str_adds(ret, "\n## Reasons of the engine's recording\n\nThe first that holds names the "
		      "state.\n\n"
		      "| reason | | state | meaning |\n|---|---|---|---|\n");
	const struct recording_row *row;
	for (size_t i = 0; (row = recording_row_at(i)); i++)
		str_addf(ret, "| %s | `%c` | %s | %s |\n", row->id,
			severities[row->severity].letter, states[row->state].word, row->help);
}

static void print_parts(struct str *ret)
{
	str_adds(ret, "\n## Health score\n\n"
		      "Each part that is known gives its points, less what its worst reason takes; "
		      "the sum is "
		      "scaled to 100. Nothing known: no score.\n\n");
	str_addf(ret,
		"A bot that is crit has %d at most, one that is warn %d: what is over is taken "
		"by a part of that name. One that is unknown, stopped or worked on has no "
		"score.\n\n",
		SCORE_CRIT_MOST, SCORE_WARN_MOST);
	str_adds(ret, "| part | points | whole when | taken by |\n|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		str_addf(ret, "| %s | %d | %s |", parts[i].name, parts[i].points, parts[i].help);
		const struct reason_row *row;
		for (size_t r = 0; (row = reason_row_at(r)); r++)
			if (row->part == (enum part_id)i && row->loss)
				str_addf(ret, " %s %d%%", row->id, row->loss);
		str_adds(ret, " |\n");
	}
}

void states_print(struct str *ret)
{
	str_adds(ret, "# States, reasons and alerts\n\nPrinted from core/model/states.def, "
		      "core/model/reasons.def and core/alert/builtin.def by `make docs`.\n\n");
	print_severities(ret);
	print_states(ret);
	print_reasons(ret);
	print_service_reasons(ret);
	print_recording_reasons(ret);
	print_parts(ret);
}
