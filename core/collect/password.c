/* SPDX-License-Identifier: MIT */
#include "core/collect/password.h"

#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/collect/worker.h"

/* What was read the last time is used once more. */
static bool stands(
	const struct password *password, const struct worker *worker, const struct secret_ref *ref)
{
	if (!ref->command.count || !password->was_tried)
		return false;
	if (secret_is_set(&password->secret) && !password->is_refused)
		return true;
	return worker_now_ms(worker) - password->tried_ms < PASSWORD_PAUSE_MS;
}

static void keep(
	struct password *password, struct worker *worker, const char *owner, const struct str *text)
{
	secret_set(&password->secret, text->text, text->length);
	password->err = (struct err){0};
	password->is_refused = false;
	vault_put(worker->hub->vault, owner, &password->secret);
	vault_publish(worker->hub->vault);
}

static void read_anew(struct password *password, struct worker *worker,
	const struct secret_ref *ref, const char *owner)
{
	struct str text = STR_INIT;
	struct err why = {0};
	password->was_tried = true;
	if (settings_secret(ref, worker->stop_fd, &text, &why))
		keep(password, worker, owner, &text);
	else if (why.code == ERR_CANCELLED)
		password->err = why;
	else
		err_set(&password->err, ERR_SECRET, "its password cannot be read: %.200s",
			why.text);
	password->tried_ms = worker_now_ms(worker);
	str_wipe(&text);
	str_release(&text);
}

bool password_read(struct password *password, struct worker *worker, const struct secret_ref *ref,
	const char *owner, struct err *err)
{
	if (!ref->given)
		return true;
	if (!stands(password, worker, ref))
		read_anew(password, worker, ref, owner);
	if (password->err.code == ERR_NONE)
		return true;
	if (err)
		*err = password->err;
	return false;
}

void password_judge(struct password *password, const struct err *err)
{
	if (err->code == ERR_AUTH)
		password->is_refused = true;
}

void password_release(struct password *password)
{
	secret_release(&password->secret);
	*password = (struct password){0};
}
