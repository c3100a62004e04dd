/* SPDX-License-Identifier: MIT */
#include "core/collect/discover_driver.h"

#include <string.h>

#include "core/base/format.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/collect/discover.h"
#include "core/conf/settings.h"

/* The words in front of the verb; an address stands at the %. */
struct form {
	const char *kind;
	bool is_podman;
	const char *usual, *elsewhere;
};

/* clang-format off */
static const struct form forms[] = {
	{"systemd",     false, "systemctl, --no-ask-password", "env, \"DBUS_SYSTEM_BUS_ADDRESS=unix:path=%\", systemctl, --no-ask-password"},
	{"docker",      false, "docker",        "docker, --host, \"unix://%\""},
	{"docker",      true,  "podman",        "podman, --url, \"unix://%\""},
	{"supervisord", false, "supervisorctl", "supervisorctl, -s, \"unix://%\""},
	{"pm2",         false, "pm2",           "env, \"PM2_HOME=%\", pm2"},
};
/* clang-format on */

static bool is_podman(const struct discovery *discovery, const struct found_supervisor *found)
{
	bool says = strstr(found->address, "podman") != NULL;
	return strcmp(found->kind, "docker") == 0 &&
	       (*found->address ? says : discovery->is_podman);
}

static const struct form *form_of(
	const struct discovery *discovery, const struct found_supervisor *found)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (strcmp(forms[i].kind, found->kind) == 0 &&
			forms[i].is_podman == is_podman(discovery, found))
			return &forms[i];
	return NULL;
}

/* A quote or a backslash in it ends nothing. */
static void add_escaped(struct str *to, const char *address)
{
	autostr struct str safe = STR_INIT;
	sanitize(&safe, address, strlen(address));
	for (const char *at = safe.text; *at; at++) {
		if (*at == '"' || *at == '\\')
			str_addch(to, '\\');
		str_addch(to, *at);
	}
}

static void add_words(const struct form *form, const struct found_supervisor *found, struct str *to)
{
	const char *address = found->address, *scheme = "unix://";
	bool is_web = starts_with(address, "http");
	if (!*address) {
		str_adds(to, form->usual);
	} else if (strcmp(address, "user") == 0) {
		str_addf(to, "%s, --user", form->usual);
	} else if (is_web) {
		str_adds(to, "supervisorctl, -s, \"");
		add_escaped(to, address);
		str_adds(to, "\"");
	} else {
		const char *place = strchr(form->elsewhere, '%');
		address += starts_with(address, scheme) ? strlen(scheme) : 0;
		address += starts_with(address, "unix:path=") ? strlen("unix:path=") : 0;
		str_add(to, form->elsewhere, (size_t)(place - form->elsewhere));
		add_escaped(to, address);
		str_adds(to, place + 1);
	}
}

static size_t bots_of(const struct discovery *discovery, size_t index)
{
	size_t count = 0;
	for (size_t i = 0; i < discovery->bot_count; i++)
		count += discovery->bots[i].supervisor == index + 1;
	return count;
}

/* The one that runs most of them; `supervisor_count`: none runs any. */
static size_t find_main(const struct discovery *discovery)
{
	size_t best = discovery->supervisor_count;
	for (size_t i = 0; i < discovery->supervisor_count; i++)
		if (bots_of(discovery, i) &&
			(best == discovery->supervisor_count ||
				bots_of(discovery, i) > bots_of(discovery, best)))
			best = i;
	return best;
}

static void add_driver(
	const struct discovery *discovery, size_t index, const char *mark, struct str *to)
{
	const struct found_supervisor *found = &discovery->supervisors[index];
	const struct form *form = form_of(discovery, found);
	if (!form)
		return;
	str_addf(to, "%sdriver:\n%s  supervisor: %s\n", mark, mark, found->name);
#define DRIVEN(id, ...)                                                                            \
	str_addf(to, "%s  " #id ": [", mark);                                                      \
	add_words(form, found, to);                                                                \
	str_adds(to, ", " #id ", \"{program}\"]\n");
#include "core/verbs/verbs.def"
}

static bool has_driver(const struct settings *settings)
{
#define DRIVEN(id, ...)                                                                            \
	if (settings && settings->driver.id.count)                                                 \
		return true;
#include "core/verbs/verbs.def"
	return false;
}

void discovery_driver(
	const struct discovery *discovery, const struct settings *settings, struct str *to)
{
	size_t count = discovery->supervisor_count, main = find_main(discovery);
	if (main == count || has_driver(settings))
		return;
	str_addf(to,
		"\n# Lets operators start, stop and restart the %s that %s runs, once `write: "
		"armed` "
		"is set; until then nothing is.\n",
		format_many(bots_of(discovery, main), "bot").text,
		discovery->supervisors[main].name);
	add_driver(discovery, main, "", to);
	for (size_t i = 0; i < count; i++) {
		if (i == main || !bots_of(discovery, i))
			continue;
		str_addf(to, "# There is one driver; for the %s of %s it would be:\n",
			format_many(bots_of(discovery, i), "bot").text,
			discovery->supervisors[i].name);
		add_driver(discovery, i, "#", to);
	}
}
