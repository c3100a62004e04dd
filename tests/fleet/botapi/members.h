/* SPDX-License-Identifier: MIT */
/* Members of chats, as the API tells them. Pure. */
#ifndef BOTSWAIN_BOTAPI_MEMBERS_H
#define BOTSWAIN_BOTAPI_MEMBERS_H

#include <jansson.h>

/* A ChatMember with every field of its status: "creator", "member", "restricted", "left" or "kicked"; takes `user`. */
json_t *member_json(json_t *user, const char *status);
/* A ChatPermissions that allows everything. */
json_t *permissions_json(void);

#endif
