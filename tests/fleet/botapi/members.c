/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/members.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/attr.h"

/* What a member may do; who is restricted may not do the first one. */
static const char *const rights[] = {"can_send_messages", "can_send_audios", "can_send_documents",
	"can_send_photos", "can_send_videos", "can_send_video_notes", "can_send_voice_notes",
	"can_send_polls", "can_send_other_messages", "can_add_web_page_previews",
	"can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
	"can_pin_messages", "can_manage_topics"};

static void add_rights(json_t *json, bool may_write)
{
	for (size_t i = 0; i < COUNT_OF(rights); i++)
		json_object_set_new(json, rights[i], json_boolean(i > 0 || may_write));
}

json_t *permissions_json(void)
{
	json_t *json = json_object();
	add_rights(json, true);
	return json;
}

json_t *member_json(json_t *user, const char *status)
{
	json_t *member = json_pack("{s:o,s:s}", "user", user, "status", status);
	bool restricted = strcmp(status, "restricted") == 0;
	if (strcmp(status, "creator") == 0)
		json_object_set_new(member, "is_anonymous", json_false());
	if (restricted || strcmp(status, "kicked") == 0)
		json_object_set_new(member, "until_date", json_integer(0));
	if (restricted) {
		json_object_set_new(member, "is_member", json_true());
		add_rights(member, false);
	}
	return member;
}
