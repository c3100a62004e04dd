/* SPDX-License-Identifier: MIT */
/* What the files of this room share: the table of options and the reader that it drives. */
#ifndef BOTSWAIN_CONF_INTERNAL_H
#define BOTSWAIN_CONF_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/conf/report.h"
#include "core/conf/settings.h"
#include "core/conf/yaml.h"

struct arena;
struct err;
struct str;

enum option_type {
	TYPE_TEXT,
	TYPE_NAME,     /* a slug */
	TYPE_PATH,     /* made absolute */
	TYPE_LOG,      /* a path or glob, made absolute; journal:... and docker:... as they are */
	TYPE_DURATION, /* int64_t ms */
	TYPE_SIZE,     /* uint64_t bytes */
	TYPE_INT,      /* int */
	TYPE_NUMBER,   /* double; the default "" is NaN */
	TYPE_YESNO,    /* bool */
	TYPE_REGEX,    /* text that PCRE2 compiles */
	TYPE_CHOICE,   /* an enum: the index of the word */
	TYPE_WORD,     /* a text: the word itself */
	TYPE_SCALARS,  /* up to here: one scalar */
	TYPE_ARGV,     /* struct argv */
	TYPE_MANY,     /* char ** and a count */
	TYPE_PART,     /* a mapping */
	TYPE_LIST,     /* an array of structs and a count */
	TYPE_RULES,
	TYPE_PAIRS,
};

enum section_id {
#define SECTION(id, ...) SECTION_##id,
#include "core/conf/options.def"
	SECTION_COUNT
};

struct option {
	enum section_id section;
	const char *key;
	enum option_type type, element; /* element: of TYPE_MANY */
	size_t offset, count_offset, size;
	int64_t min, max;         /* stored unit; of texts their bytes, of lists their elements */
	const char *fallback;     /* its default as the file would say it; NULL: must be given */
	const char *const *words; /* TYPE_CHOICE, TYPE_WORD; ends in NULL */
	enum section_id of;       /* TYPE_PART, TYPE_LIST */
	const char *help;
};

enum knob_type { KNOB_NONE, KNOB_DURATION, KNOB_COUNT };

struct knob {
	const char *key;
	enum knob_type type;
	double min, max;
};

/* What can be set of a built-in alert. */
struct rule_options {
	const char *rule;
	struct knob knobs[2];
};

struct reader {
	struct settings *settings;
	struct arena *arena;
	struct report *report;
	const char *folder; /* base of relative paths */
	bool without_bots;
};

/* A check of one section, after its options were read. Findings go to the report. */
typedef void section_check(struct reader *reader, const struct node *node, void *section);

struct section {
	const char *name, *help;
	section_check *check;
};

extern const char *const unit_words[]; /* those of chart_unit_named(), and "none"; ends in NULL */
extern const char *const write_words[], *const transport_words[], *const notify_words[],
									  *const supervisor_words[];

/* option_at(0 .. until NULL), in the order of options.def. */
const struct option *option_at(size_t index);
const struct option *option_find(enum section_id section, const char *key);
const struct section *section_of(enum section_id id);
const struct rule_options *rule_options_at(size_t index);
const struct rule_options *rule_options_find(const char *rule);

/* Converts the text of one scalar; false: `err` says what is wrong with it and what is right. */
MUST_CHECK bool option_convert(struct reader *reader, const struct option *option, const char *text,
	void *field, struct err *err);

/* Fills `section` with the defaults of its options, and of the parts in it. */
void read_defaults(struct reader *reader, enum section_id id, void *section);
/* Defaults, then what the mapping says, then the section's check. */
void read_section(
	struct reader *reader, enum section_id id, const struct node *node, void *section);
void read_rules(struct reader *reader, const struct node *node);
void read_pairs(struct reader *reader, const struct option *option, const struct node *node);
/* BOTSWAIN_<KEY> and BOTSWAIN_<SECTION>_<KEY> over the scalars of the file. */
void read_environment(struct reader *reader);

/* The text of a scalar, or NULL after a finding. */
const char *scalar_of(struct reader *reader, const struct node *node, const char *what);
const struct node *child_of(const struct node *node, const char *key);
/* "; did you mean 'x'?" or "". */
struct suggestion {
	char text[96];
};
void suggest(struct suggestion *suggestion, const char *given, const char *candidate, int *best);

/* checks.c: one a section that names it */
section_check check_telegram, check_bot, check_secret, check_process, check_bots_from, check_redis,
	check_postgres, check_supervisor, check_on_alert, check_driver, check_verb, check_backup,
	check_http, check_check, check_scrape, check_prometheus;
/* figures.c */
section_check check_figure;

/* checks.c: its host is this machine, by its name */
/* pages.c: what a URL that is polled must be; `key` names the option. */
bool url_is_loopback(const char *url);
bool check_page_url(struct reader *reader, struct place place, const char *key, const char *url);

/* skim.c: appends the text of a configuration without what `bots` holds. */
void skim_bots(const char *text, size_t length, struct str *ret);

/* bots_dir.c: appends a bot of each token file of every `dir`. */
void read_bot_dirs(struct reader *reader, const struct node *root);
/* [a-z0-9][a-z0-9_-]{0,62} */
bool is_slug(const char *text);
/* With {bot} replaced. */
char *expand_bot(struct arena *arena, const char *template, const char *bot);
struct argv expand_argv(struct arena *arena, const struct argv *template, const char *bot);
struct process_ref expand_process(
	struct arena *arena, const struct process_ref *template, const char *bot);

/* supervisors.c: each process names the supervisor that it is asked of; those that are used and not
 * written down are added. */
void complete_supervisors(struct reader *reader);
void check_supervisors(struct reader *reader, const struct node *root);

/* paths.c */
char *absolute_path(struct arena *arena, const char *folder, const char *path);
MUST_CHECK bool place_state(struct reader *reader, struct err *err);

/*
 * Reads a regular file of at most `max` bytes without ever waiting (a FIFO or a device is refused).
 * `private`: refuses what others can read, with the exact chmod; else refuses what everybody can
 * write and what belongs to somebody else.
 */
enum file_trust { FILE_CONFIG, FILE_SECRET, FILE_CREDENTIAL };
MUST_CHECK bool read_file(
	const char *path, enum file_trust trust, size_t max, struct str *ret, struct err *err);
/* As read_file(), but looks only: true when it could be read. */
MUST_CHECK bool check_file(const char *path, enum file_trust trust, size_t max, struct err *err);

#endif
