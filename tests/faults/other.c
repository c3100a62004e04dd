/* SPDX-License-Identifier: MIT */
#include "tests/faults/other.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "tests/faults/faults.h"
#include "tests/support/engine_process.h"

static bool copy_token(const struct faults *run, const char *path)
{
	autofree char *from = xasprintf("%s/tokens/orders", run->dir);
	autofree char *token = read_all(from);
	write_file(path, token);
	return token[0] != '\0';
}

bool other_make(const struct faults *run, const char *name, uid_t uid, struct other *ret)
{
	struct other other = {.folder = xstrdup("/tmp/botswain-other-XXXXXX")};
	if (!mkdtemp(other.folder))
		return false;
	other.config = xasprintf("%s/botswain.yaml", other.folder);
	other.log = xasprintf("%s/%s.log", other.folder, name);
	autofree char *token = xasprintf("%s/token", other.folder);
	autofree char *text =
		xasprintf("state_dir: %s/state\ntelegram: {api: \"%s\", interval: 2s}\n"
			  "redis:\n  main: {socket: %s/run/redis.sock, interval: 2s}\n"
			  "bots:\n  orders: {token: {file: %s}}\n",
			other.folder, run->settings->telegram_api, run->dir, token);
	bool good = copy_token(run, token);
	write_file(other.config, text);
	good = good && chown(token, uid, uid) == 0 && chmod(other.config, 0644) == 0 &&
	       chown(other.folder, uid, uid) == 0;
	*ret = other;
	return good;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

void other_release(struct other *other)
{
	nftw(other->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(other->folder);
	free(other->config);
	free(other->log);
}
