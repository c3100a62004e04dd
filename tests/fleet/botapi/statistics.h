/* SPDX-License-Identifier: MIT */
/*
 * The statistics port in the words of the real server: true figures of the last 5 s, minute and hour, whole tokens and
 * webhook URLs, the 50 bots with the most to do, cut at 16 KiB. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_STATISTICS_H
#define BOTSWAIN_BOTAPI_STATISTICS_H

struct api;
struct request;

/* From now on the use of CPU is looked at once a second. */
void statistics_begin(struct api *api);
/* Answers GET / and GET /?id=PREFIX; ?v=N sets the verbosity of the log, as on the real server. */
void statistics_handle(void *api, struct request *request);

#endif
