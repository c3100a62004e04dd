/* SPDX-License-Identifier: MIT */
/* What a bot asks about itself and its webhook. */
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/messages.h"

static void get_me(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	static const char *const abilities[] = {"can_read_all_group_messages",
		"supports_guest_queries", "supports_inline_queries", "can_connect_to_business",
		"has_main_web_app", "has_topics_enabled", "allows_users_to_create_topics",
		"can_manage_bots", "supports_join_request_queries"};
	json_t *me = bot_user(bot);
	json_object_set_new(me, "can_join_groups", json_true());
	for (size_t i = 0; i < COUNT_OF(abilities); i++)
		json_object_set_new(me, abilities[i], json_false());
	api_ok(request, me);
}

const struct api_method method_getMe = {.name = "getMe", .call = get_me, .is_local = true};

static void get_webhook_info(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	const struct webhook *webhook = &bot->webhook;
	bot_expire(bot);
	json_t *info = json_pack("{s:s,s:b,s:I}", "url", webhook->url ? webhook->url : "",
		"has_custom_certificate", webhook->certificate != NULL, "pending_update_count",
		(json_int_t)bot->pending);
	if (webhook->url)
		json_object_set_new(info, "ip_address", json_string("127.0.0.1"));
	if (webhook->last_error_at) {
		json_object_set_new(
			info, "last_error_date", json_integer((json_int_t)webhook->last_error_at));
		json_object_set_new(info, "last_error_message", json_string(webhook->last_error));
	}
	if (bot->last_sync_error_at)
		json_object_set_new(info, "last_synchronization_error_date",
			json_integer((json_int_t)bot->last_sync_error_at));
	if (webhook->url && webhook->max_connections > 0)
		json_object_set_new(
			info, "max_connections", json_integer(webhook->max_connections));
	if (bot->allowed != kinds_default())
		json_object_set_new(info, "allowed_updates", kinds_json(bot->allowed));
	api_ok(request, info);
}

const struct api_method method_getWebhookInfo = {
	.name = "getWebhookInfo", .call = get_webhook_info, .is_local = true};
