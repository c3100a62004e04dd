/* SPDX-License-Identifier: MIT */
/* From a file to a settings tree: read, type, check, complete. */
#include "core/conf/settings.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/conf/internal.h"

enum { CONFIG_BYTES_MAX = 1 << 20 };

/* ---- names are unique, and what is named exists ---- */

static int compare_names(const void *a, const void *b)
{
	const struct conf_bot *const *one = a, *const *other = b;
	int order = strcmp((*one)->name, (*other)->name);
	return order ? order : (*one)->line - (*other)->line;
}

/* From here on the bots stay where they are. */
static void index_bots(struct reader *reader)
{
	struct settings *settings = reader->settings;
	size_t count = settings->bot_count;
	const struct conf_bot **sorted = arena_alloc(reader->arena, (count + 1) * sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &settings->bots[i];
	qsort(sorted, count, sizeof(*sorted), compare_names);
	settings->bots_by_name = sorted;
}

static void check_bot_names(struct reader *reader)
{
	const struct conf_bot *const *sorted = reader->settings->bots_by_name;
	size_t count = reader->settings->bot_count;
	for (size_t i = 1; i < count; i++)
		if (!strcmp(sorted[i]->name, sorted[i - 1]->name))
			report_error(reader->report,
				(struct place){sorted[i]->line, sorted[i]->column},
				"a second bot '%s', the first is in line %d: give each its own "
				"name",
				sorted[i]->name, sorted[i - 1]->line);
}

/* `name` is the first member of each element. */
static void check_names(struct reader *reader, const struct node *root, const char *key,
	const void *list, size_t count, size_t size)
{
	const struct node *node = child_of(root, key);
	const char *items = list;
	const struct node *item = node ? node->first : NULL;
	for (size_t i = 0; i < count && item; i++, item = item->next)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(*(char *const *)(const void *)(items + i * size),
				    *(char *const *)(const void *)(items + j * size)))
				report_error(reader->report, item->place,
					"a second '%s' in %s: give each its own name",
					*(char *const *)(const void *)(items + i * size), key);
}

static bool has_redis(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->redis_count; i++)
		if (!strcmp(settings->redis[i].name, name))
			return true;
	return false;
}

static bool has_postgres(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->postgres_count; i++)
		if (!strcmp(settings->postgres[i].name, name))
			return true;
	return false;
}

static void check_references(struct reader *reader, const struct node *root)
{
	const struct settings *settings = reader->settings;
	for (size_t i = 0; i < settings->bot_count; i++) {
		const struct conf_bot *bot = &settings->bots[i];
		if (*bot->redis && !has_redis(settings, bot->redis))
			report_error(reader->report, (struct place){bot->line, bot->column},
				"bot '%s' names redis '%s', which is not in this file", bot->name,
				bot->redis);
	}
	const struct node *from = child_of(root, "bots_from");
	const struct node *item = from ? from->first : NULL;
	for (size_t i = 0; i < settings->bots_from_count && item; i++, item = item->next)
		if (*settings->bots_from[i].postgres &&
			!has_postgres(settings, settings->bots_from[i].postgres))
			report_error(reader->report, item->place,
				"postgres '%s' is not in this file",
				settings->bots_from[i].postgres);
}

static void check_all(struct reader *reader, const struct node *root)
{
	const struct settings *settings = reader->settings;
	const struct node *telegram = child_of(root, "telegram");
	check_telegram(reader, telegram ? telegram : root, reader->settings);
	index_bots(reader);
	check_bot_names(reader);
	check_references(reader, root);
	check_supervisors(reader, root);
	check_names(reader, root, "supervisors", settings->supervisors, settings->supervisor_count,
		sizeof(*settings->supervisors));
	check_names(reader, root, "redis", settings->redis, settings->redis_count,
		sizeof(*settings->redis));
	check_names(reader, root, "postgres", settings->postgres, settings->postgres_count,
		sizeof(*settings->postgres));
	check_names(
		reader, root, "logs", settings->logs, settings->log_count, sizeof(*settings->logs));
	check_names(reader, root, "health", settings->checks, settings->check_count,
		sizeof(*settings->checks));
	check_names(reader, root, "scrape", settings->scrapes, settings->scrape_count,
		sizeof(*settings->scrapes));
	check_names(reader, root, "verbs", settings->verbs, settings->verb_count,
		sizeof(*settings->verbs));
	check_names(reader, root, "backups", settings->backups, settings->backup_count,
		sizeof(*settings->backups));
	if (!settings->bot_count && !settings->bots_from_count && !settings->redis_count &&
		!settings->postgres_count && !settings->check_count && !settings->scrape_count)
		report_warning(reader->report, (struct place){0},
			"nothing to watch: add `bots:` with a name and a token");
}

/* ---- what was left out ---- */

static const struct conf_redis *heartbeat_redis(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->redis_count; i++)
		if (*name ? !strcmp(settings->redis[i].name, name)
			  : *settings->redis[i].heartbeats != '\0')
			return &settings->redis[i];
	return NULL;
}

static void complete_bot(struct reader *reader, struct conf_bot *bot)
{
	const struct conf_redis *redis = heartbeat_redis(reader->settings, bot->redis);
	if (!strcmp(bot->heartbeat, "none")) {
		bot->heartbeat = arena_text(reader->arena, "");
		return;
	}
	/* A key of its own stands in the first Redis, where no pattern says more. */
	if (!redis && *bot->heartbeat && !*bot->redis && reader->settings->redis_count)
		redis = &reader->settings->redis[0];
	if (!redis && *bot->heartbeat)
		report_warning(reader->report, (struct place){0},
			"bot '%s' has a heartbeat, and there is no redis to find it in: add "
			"`redis:`",
			bot->name);
	if (!redis)
		return;
	const char *star = strchr(redis->heartbeats, '*');
	if (!*bot->heartbeat && star)
		bot->heartbeat = arena_format(reader->arena, "%.*s%s%s",
			(int)(star - redis->heartbeats), redis->heartbeats, bot->name, star + 1);
	if (*bot->heartbeat)
		bot->redis = redis->name;
}

static void complete_telegram(struct settings *settings)
{
	bool near = settings->telegram_loopback;
	if (settings->telegram_interval_ms < 0)
		settings->telegram_interval_ms = near ? 2000 : 45000;
	if (settings->telegram_getme_ms < 0)
		settings->telegram_getme_ms = near ? 10000 : 600000;
}

static void complete_environment(struct reader *reader)
{
	struct settings *settings = reader->settings;
	const char *folder = strrchr(reader->folder, '/');
	folder = folder ? folder + 1 : reader->folder;
	if (!*settings->environment)
		settings->environment = arena_text(reader->arena,
			*folder && strcmp(folder, "botswain") != 0 ? folder : "default");
}

static bool complete(struct reader *reader, struct err *err)
{
	struct settings *settings = reader->settings;
	for (size_t i = 0; i < settings->bot_count; i++)
		complete_bot(reader, &settings->bots[i]);
	complete_supervisors(reader);
	complete_telegram(settings);
	complete_environment(reader);
	return place_state(reader, err);
}

/* ---- the whole ---- */

static struct settings *new_settings(const char *path, const char **ret_folder)
{
	struct arena *arena = arena_new();
	struct settings *settings = arena_alloc(arena, sizeof(*settings));
	char *current autofree = getcwd(NULL, 0);
	settings->owner = arena;
	settings->references = 1;
	settings->path = absolute_path(arena, current ? current : "/", path);
	*ret_folder = dirname(arena_text(arena, settings->path));
	return settings;
}

/* The tree of nodes is only needed to read it. */
static bool read_tree(struct reader *reader, struct arena *tree)
{
	struct err why = {0};
	struct node *root;
	if (!yaml_read(tree, reader->report, &root))
		return false;
	read_section(reader, SECTION_root, root, reader->settings);
	read_environment(reader);
	if (!reader->report->errors && !reader->without_bots)
		read_bot_dirs(reader, root);
	if (!reader->report->errors)
		check_all(reader, root);
	if (!reader->report->errors && !complete(reader, &why))
		report_error(reader->report, (struct place){0}, "%s", why.text);
	return !reader->report->errors;
}

static bool fail(struct reader *reader, struct err *err)
{
	report_finish(reader->report);
	if (err)
		*err = reader->report->first;
	settings_unref(reader->settings);
	return false;
}

static bool parse(const struct str *text, const char *path, bool without_bots,
	struct settings **ret, struct str *report_text, struct err *err)
{
	struct report report = {
		.path = path, .text = text->text, .length = text->length, .out = report_text};
	struct reader reader = {.report = &report, .without_bots = without_bots};
	reader.settings = new_settings(path, &reader.folder);
	reader.arena = reader.settings->owner;
	struct arena *tree = arena_new();
	read_defaults(&reader, SECTION_root, reader.settings);
	bool is_fine = read_tree(&reader, tree);
	arena_free(tree);
	if (!is_fine)
		return fail(&reader, err);
	*ret = reader.settings;
	return true;
}

bool settings_parse(const char *text, size_t length, const char *path, struct settings **ret,
	struct str *report_text, struct err *err)
{
	autostr struct str copy = STR_INIT;
	str_add(&copy, text, length);
	return parse(&copy, path, false, ret, report_text, err);
}

bool settings_load(
	const char *path, struct settings **ret, struct str *report_text, struct err *err)
{
	autostr struct str text = STR_INIT;
	struct err why = {0};
	if (read_file(path, FILE_CONFIG, CONFIG_BYTES_MAX, &text, &why))
		return parse(&text, path, false, ret, report_text, err);
	if (report_text)
		str_addf(report_text, "%s\n", why.text);
	if (report_text && why.code == ERR_NOT_FOUND)
		str_adds(report_text, "`botswain --default-config` prints one to begin with\n");
	if (err)
		*err = why;
	return false;
}

bool settings_load_without_bots(const char *path, struct settings **ret, struct err *err)
{
	autostr struct str text = STR_INIT, rest = STR_INIT;
	if (!read_file(path, FILE_CONFIG, CONFIG_BYTES_MAX, &text, err))
		return false;
	skim_bots(text.text, text.length, &rest);
	return parse(&rest, path, true, ret, NULL, err);
}

struct settings *settings_ref(struct settings *settings)
{
	settings->references++;
	return settings;
}

void settings_unref(struct settings *settings)
{
	if (settings && --settings->references == 0)
		arena_free(settings->owner);
}

static int compare_with(const void *name, const void *place)
{
	const struct conf_bot *const *bot = place;
	return strcmp(name, (*bot)->name);
}

const struct conf_bot *settings_bot(const struct settings *settings, const char *name)
{
	if (!settings->bot_count)
		return NULL;
	const struct conf_bot *const *place = bsearch(name, settings->bots_by_name,
		settings->bot_count, sizeof(*settings->bots_by_name), compare_with);
	return place ? *place : NULL;
}

const struct conf_rule *settings_rule(const struct settings *settings, const char *rule)
{
	for (size_t i = 0; i < settings->rule_count; i++)
		if (!strcmp(settings->rules[i].rule, rule))
			return &settings->rules[i];
	return NULL;
}

const char *transport_word(enum transport transport)
{
	return transport_words[transport];
}

const char *write_mode_word(enum write_mode mode)
{
	return write_words[mode];
}

const char *notify_way_word(enum notify_way way)
{
	return notify_words[way];
}

bool notify_way_find(const char *word, enum notify_way *ret)
{
	for (unsigned i = 0; notify_words[i]; i++) {
		if (strcmp(notify_words[i], word) != 0)
			continue;
		*ret = (enum notify_way)i;
		return true;
	}
	return false;
}
