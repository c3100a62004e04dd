/* SPDX-License-Identifier: MIT */
/* How an answer leaves: whole, or in one of the ways in which answers go wrong. Only serve.c includes it. */
#ifndef BOTSWAIN_FLEET_REPLIES_H
#define BOTSWAIN_FLEET_REPLIES_H

#include <microhttpd.h>

struct request;

/* Queues request->reply on its connection; MHD_NO closes the connection. */
enum MHD_Result reply_send(struct request *request);
/* Lets a reply that waits between two pieces go on without waiting, so that the server can stop. */
void reply_hurry(struct request *request);
void reply_forget(struct request *request);

#endif
