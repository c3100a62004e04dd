/* SPDX-License-Identifier: MIT */
/* What the environment, the arguments and the settings files of somebody else's process say: no token and no password
 * of it is kept, and every field is drawable. The input is a settings file, and its lines are variables as well. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/clue_services.h"
#include "core/collect/clues.h"
#include "core/collect/command_words.h"
#include "core/collect/telegram_nets.h"
#include "tests/fuzz/safe.h"

#define SECRET "hunter2hunter2"

static char path[] = "/tmp/botswain-fuzz-clues-XXXXXX";
static int file = -1;

static void remove_file(void)
{
	unlink(path);
}

static void prepare(void)
{
	if (file >= 0)
		return;
	file = mkstemp(path);
	FUZZ_REQUIRE(file >= 0);
	atexit(remove_file);
}

static void require_field(const char *text, size_t size)
{
	FUZZ_REQUIRE(memchr(text, '\0', size) != NULL);
	FUZZ_REQUIRE(!strstr(text, SECRET));
}

static void require_clues(const struct clues *clues)
{
	require_field(clues->variable, sizeof(clues->variable));
	require_field(clues->file, sizeof(clues->file));
	require_field(clues->env_file, sizeof(clues->env_file));
	require_field(clues->key, sizeof(clues->key));
	require_field(clues->name, sizeof(clues->name));
	FUZZ_REQUIRE(clues->service_count <= CLUES_SERVICES && clues->tg_id >= 0);
	for (size_t i = 0; i < clues->service_count; i++) {
		const struct clue_service *service = &clues->services[i];
		require_field(service->host, sizeof(service->host));
		require_field(service->port, sizeof(service->port));
		require_field(service->socket, sizeof(service->socket));
		require_field(service->database, sizeof(service->database));
	}
}

/* The fuzzer learns the password from the comparisons: where it writes it as a host's name, that is one. */
static bool says_secret(const uint8_t *data, size_t size)
{
	return memmem(data, size, SECRET, strlen(SECRET)) != NULL;
}

/* KEY=value, a line each; and each value with a password before its host. */
static void add_variables(struct clues *clues, const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		clues_add_variable(clues, line, equals + 1);
		autofree char *url = xasprintf("redis://user:" SECRET "@%s", equals + 1);
		clue_service_variable(clues, line, url);
		autofree char *dsn = xasprintf("password=" SECRET " %s", equals + 1);
		clue_service_variable(clues, line, dsn);
	}
}

static void read_places(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	struct peer_address address;
	autostr struct str words = STR_INIT;
	(void)peer_address_read(text, &address);
	(void)peer_address_of_url(text, &address);
	command_words(&words, (const char *)data, size, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clues clues = {0}, more = {0};
	if (says_secret(data, size))
		return 0;
	prepare();
	FUZZ_REQUIRE(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
	clues_add_file(&clues, path);
	clues_add_command(&clues, path, "/tmp");
	require_clues(&clues);
	add_variables(&more, data, size);
	require_clues(&more);
	clues_merge(&clues, &more);
	require_clues(&clues);
	read_places(data, size);
	return 0;
}
