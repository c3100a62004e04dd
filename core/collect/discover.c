/* SPDX-License-Identifier: MIT */
#include "core/collect/discover.h"

#include <stdlib.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/collect/discover_internal.h"

void discover(const struct discover_question *question, struct discovery *ret)
{
	struct scene scene = {.question = question, .discovery = ret};
	*ret = (struct discovery){0};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	procs_read(&scene.procs, question->api);
	discover_ask(&scene);
	discover_candidates(&scene);
	discover_matches(&scene);
	discover_configured(&scene);
	discover_bots(&scene);
	discover_services(&scene);
	ret->processes = scene.procs.count;
	ret->hidden = scene.procs.hidden;
	ret->is_root = geteuid() == 0;
	ret->is_podman =
		access("/run/docker.sock", F_OK) != 0 && access("/var/run/docker.sock", F_OK) != 0;
	for (size_t i = 0; i < scene.candidate_count; i++)
		discover_release_candidate(&scene.candidates[i]);
	free(scene.candidates);
	free(scene.keys);
	discover_forget_configured(&scene);
	for (size_t i = 0; i < ret->supervisor_count; i++)
		programs_release(&scene.programs[i]);
	free(scene.programs);
	procs_release(&scene.procs);
}

static void release_bot(struct found_bot *bot)
{
	free(bot->name);
	free(bot->program);
	free(bot->match);
	free(bot->directory);
	free(bot->process_step);
	free(bot->claimed_by);
	free(bot->state);
	free(bot->evidence);
	free(bot->log);
	free(bot->token_file);
	free(bot->env_file);
	free(bot->key);
	free(bot->next_step);
	free(bot->heartbeat);
	free(bot->redis);
	free(bot->beat_step);
}

void discovery_release(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->bot_count; i++)
		release_bot(&discovery->bots[i]);
	free(discovery->bots);
	for (size_t i = 0; i < discovery->supervisor_count; i++) {
		free(discovery->supervisors[i].name);
		free(discovery->supervisors[i].kind);
		free(discovery->supervisors[i].address);
		free(discovery->supervisors[i].error);
	}
	free(discovery->supervisors);
	for (size_t i = 0; i < discovery->service_count; i++) {
		free(discovery->services[i].bot);
		free(discovery->services[i].name);
		free(discovery->services[i].next_step);
	}
	free(discovery->services);
	*discovery = (struct discovery){0};
}
