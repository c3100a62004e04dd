/* SPDX-License-Identifier: MIT */
#include "core/conf/targets.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/conf/internal.h"

#define HOST "{target}"

struct targets {
	struct arena *arena;
	struct target *list;
	size_t count, room;
};

struct group {
	struct report *report;
	struct targets *to;
	char **labels;
	size_t label_count;
	const char *labels_text;
};

/* ---- URLs ---- */

static const char *host_of(const char *url)
{
	const char *behind = strstr(url, "://");
	return behind ? behind + 3 : url;
}

bool url_is_of_targets(const char *url)
{
	const char *host = host_of(url), *rest = host + sizeof(HOST) - 1;
	return starts_with(host, HOST) && (!*rest || strchr("/?", *rest)) && !strstr(rest, HOST);
}

char *url_of_target(const char *url, const char *address)
{
	const char *host = host_of(url);
	return xasprintf("%.*s%s%s", (int)(host - url), url, address, host + sizeof(HOST) - 1);
}

/* ---- labels ---- */

static bool is_label_name(const char *name)
{
	static const char rest[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	return *name && !(*name >= '0' && *name <= '9') && !name[strspn(name, rest)];
}

static bool add_label(struct group *group, const struct node *node)
{
	if (node->type != NODE_SCALAR)
		return report_error(group->report, node->place, "a label's value is a text");
	if (!is_label_name(node->key))
		return report_error(group->report, node->key_place,
			"'%.40s' is no name of a label: a-z A-Z 0-9 _", node->key);
	if (starts_with(node->key, "__"))
		return true;
	if (group->label_count == TARGET_LABELS_MAX)
		return report_error(
			group->report, node->key_place, "more than %d labels", TARGET_LABELS_MAX);
	if (strlen(node->text) > TARGET_LABEL_MAX || strlen(node->key) > TARGET_LABEL_MAX / 3)
		return report_error(group->report, node->place, "a label is at most %d bytes long",
			TARGET_LABEL_MAX);
	group->labels[group->label_count++] =
		arena_format(group->to->arena, "%s=%s", node->key, node->text);
	return true;
}

static bool read_labels(struct group *group, const struct node *node)
{
	autostr struct str all = STR_INIT;
	group->labels = arena_alloc(group->to->arena, sizeof(char *) * TARGET_LABELS_MAX);
	if (node && node->type != NODE_MAP)
		return report_error(
			group->report, node->place, "'labels' is a mapping: {zone: eu}");
	for (const struct node *label = node ? node->first : NULL; label; label = label->next)
		if (!add_label(group, label))
			return false;
	for (size_t i = 0; i < group->label_count; i++)
		str_addf(&all, "%s\n", group->labels[i]);
	group->labels_text = arena_text(group->to->arena, all.text);
	return true;
}

/* ---- targets ---- */

/* It is a part of a URL and of names: nothing else may be in it. */
static bool is_address(const char *text)
{
	static const char all[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
	size_t length = strspn(text, all);
	return length > 0 && length <= TARGET_ADDRESS_MAX && !text[length];
}

static bool add_target(struct group *group, const struct node *node)
{
	struct targets *to = group->to;
	if (node->type != NODE_SCALAR)
		return report_error(group->report, node->place, "a target is a text: HOST:PORT");
	if (looks_like_token(node->text, strlen(node->text)))
		return report_secret(group->report, node->place, "this target holds a token");
	if (!is_address(node->text))
		return report_error(
			group->report, node->place, "a target is HOST:PORT, without a path");
	if (to->count == TARGETS_MAX)
		return report_error(
			group->report, node->place, "more than %d targets", TARGETS_MAX);
	to->list = grow(to->list, to->count, &to->room, sizeof(*to->list));
	to->list[to->count++] = (struct target){.address = arena_text(to->arena, node->text),
		.labels = group->labels,
		.label_count = group->label_count,
		.labels_text = group->labels_text};
	return true;
}

static bool check_keys(struct report *report, const struct node *node)
{
	for (const struct node *child = node->first; child; child = child->next)
		if (strcmp(child->key, "targets") != 0 && strcmp(child->key, "labels") != 0)
			return report_error(report, child->key_place,
				"'%.40s' is unknown here: a group has targets and labels",
				child->key);
	return true;
}

static bool read_group(struct report *report, struct targets *to, const struct node *node)
{
	struct group group = {.report = report, .to = to};
	if (node->type != NODE_MAP)
		return report_error(
			report, node->place, "a group is {targets: [HOST:PORT], labels: {...}}");
	const struct node *targets = child_of(node, "targets");
	if (!check_keys(report, node) || !read_labels(&group, child_of(node, "labels")))
		return false;
	if (!targets || targets->type != NODE_LIST)
		return report_error(report, targets ? targets->place : node->place,
			"a group has a list 'targets'");
	for (const struct node *target = targets->first; target; target = target->next)
		if (!add_target(&group, target))
			return false;
	return true;
}

static bool read_groups(struct report *report, struct targets *to)
{
	struct node *root;
	if (!yaml_read(to->arena, report, &root))
		return false;
	if (root->type != NODE_LIST && root->count)
		return report_error(
			report, root->place, "this is a list of groups: - targets: [...]");
	for (const struct node *group = root->first; group; group = group->next)
		if (!read_group(report, to, group))
			return false;
	return true;
}

bool targets_parse(
	const char *path, const char *text, size_t length, struct targets **ret, struct err *err)
{
	struct report report = {.path = path, .text = text, .length = length};
	struct targets *targets = xcalloc(1, sizeof(*targets));
	targets->arena = arena_new();
	if (read_groups(&report, targets)) {
		*ret = targets;
		return true;
	}
	targets_free(targets);
	*err = report.first;
	return false;
}

bool targets_read(const char *path, struct targets **ret, struct err *err)
{
	autostr struct str text = STR_INIT;
	return read_file(path, FILE_CONFIG, TARGETS_BYTES_MAX, &text, err) &&
	       targets_parse(path, text.text, text.length, ret, err);
}

const struct target *targets_list(const struct targets *targets, size_t *ret_count)
{
	*ret_count = targets->count;
	return targets->list;
}

void targets_free(struct targets *targets)
{
	if (!targets)
		return;
	arena_free(targets->arena);
	free(targets->list);
	free(targets);
}
