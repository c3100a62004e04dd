/* SPDX-License-Identifier: MIT */
#include "core/collect/telegram_url.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/secret.h"
#include "core/base/str.h"

bool telegram_method_allowed(const char *method)
{
	static const char *const allowed[] = {"getMe", "getWebhookInfo"};
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		if (strcmp(allowed[i], method) == 0)
			return true;
	return false;
}

bool telegram_url(const char *base, const struct secret *token, const char *method, struct str *ret,
	struct err *err)
{
	size_t length = strlen(base);
	int64_t id;
	if (!telegram_method_allowed(method))
		return err_set(
			err, ERR_REFUSED, "method '%s' is never used on a bot's token", method);
	if (!token_check(secret_reveal(token), token->length, &id, err))
		return false;
	while (length && base[length - 1] == '/')
		length--;
	str_add(ret, base, length);
	str_adds(ret, "/bot");
	str_adds(ret, secret_reveal(token));
	str_addch(ret, '/');
	str_adds(ret, method);
	return true;
}
