/* SPDX-License-Identifier: MIT */
/* The statistics port in the words of the real server: whole tokens and webhook URLs, cut at 16 KiB. */
#ifndef BOTSWAIN_BOTAPI_STATISTICS_H
#define BOTSWAIN_BOTAPI_STATISTICS_H

struct request;

/* Answers GET / and GET /?id=PREFIX. */
void statistics_handle(void *api, struct request *request);

#endif
