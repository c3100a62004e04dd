/* SPDX-License-Identifier: MIT */
/*
 * Which processes and programs are bots, each once. A process belongs to the nearest program among
 * its ancestors, else to the systemd unit of its control group, else to itself. A program that runs
 * programs of its own (supervisord under systemd) owns none of theirs.
 */
#include "core/collect/discover_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

enum { ANCESTORS_MAX = 64 };

struct owner {
	size_t supervisor; /* index + 1; 0: none */
	const struct program *program;
};

static bool runs_others(const struct proc_seen *seen)
{
	static const char *const names[] = {"supervisord", "dockerd", "containerd", "conmon",
		"cron", "crond", "sshd", "systemd", "tmux: server", "screen", "init"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(seen->comm, names[i]) == 0)
			return true;
	return starts_with(seen->comm, "PM2") || starts_with(seen->command, "PM2 v");
}

static bool is_shell(const struct proc_seen *seen)
{
	static const char *const names[] = {"bash", "sh", "dash", "zsh", "fish", "tmux", "sshd",
		"login", "su", "sudo", "screen", "make", "timeout", "setsid", "env", "nohup"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(seen->comm, names[i]) == 0)
			return true;
	return runs_others(seen);
}

static struct owner owner_by_pid(const struct scene *scene, pid_t pid)
{
	for (size_t i = 0; i < scene->discovery->supervisor_count; i++)
		for (size_t j = 0; j < scene->programs[i].count; j++)
			if (scene->programs[i].items[j].pid == pid)
				return (struct owner){i + 1, &scene->programs[i].items[j]};
	return (struct owner){0};
}

/* A container's first process is known to Docker; a unit that only started the client is not it. */
static struct owner owner_by_unit(const struct scene *scene, const char *unit)
{
	for (size_t i = 0; *unit && i < scene->discovery->supervisor_count; i++)
		for (size_t j = 0; j < scene->programs[i].count; j++) {
			const struct program *program = &scene->programs[i].items[j];
			const struct proc_seen *main = procs_find(&scene->procs, program->pid);
			if (strcmp(scene->discovery->supervisors[i].kind, "systemd") == 0 &&
				strcmp(program->name, unit) == 0 && !(main && runs_others(main)))
				return (struct owner){i + 1, program};
		}
	return (struct owner){0};
}

static struct owner owner_of(const struct scene *scene, const struct proc_seen *seen)
{
	struct owner owner = owner_by_pid(scene, seen->pid);
	const struct proc_seen *at = procs_find(&scene->procs, seen->parent);
	for (int i = 0; !owner.supervisor && at && at->pid > 1 && i < ANCESTORS_MAX; i++) {
		if (runs_others(at))
			break;
		owner = owner_by_pid(scene, at->pid);
		at = procs_find(&scene->procs, at->parent);
	}
	return owner.supervisor ? owner : owner_by_unit(scene, seen->unit);
}

/* ---- candidates ---- */

static struct candidate *add(struct scene *scene, size_t supervisor, const char *program)
{
	scene->candidates = grow(scene->candidates, scene->candidate_count,
		&scene->candidate_capacity, sizeof(*scene->candidates));
	struct candidate *candidate = &scene->candidates[scene->candidate_count++];
	*candidate = (struct candidate){.supervisor = supervisor, .program = xstrdup(program)};
	return candidate;
}

/* A container has paths of its own, also where it does not run or we may not look into it. */
static pid_t mounts_of(
	const struct scene *scene, size_t supervisor, const struct candidate *candidate)
{
	bool is_docker = strcmp(scene->discovery->supervisors[supervisor - 1].kind, "docker") == 0;
	pid_t seen = candidate->process ? candidate->process->clues.mounts_of : 0;
	return is_docker && !seen ? CLUES_NO_PATHS : seen;
}

/* The program of a supervisor, made when it was not looked at yet. */
static struct candidate *of_program(
	struct scene *scene, size_t supervisor, const struct program *program)
{
	for (size_t i = 0; i < scene->candidate_count; i++)
		if (scene->candidates[i].supervisor == supervisor &&
			strcmp(scene->candidates[i].program, program->name) == 0)
			return &scene->candidates[i];
	struct candidate *candidate = add(scene, supervisor, program->name);
	candidate->as = program;
	candidate->process = procs_find(&scene->procs, program->pid);
	candidate->clues.tg_id = program->tg_id;
	copy_text(candidate->clues.variable, sizeof(candidate->clues.variable), program->token_key);
	if (*program->env_file)
		clues_add_file(&candidate->clues, program->env_file);
	candidate->clues.mounts_of = mounts_of(scene, supervisor, candidate);
	candidate->clues.has_net = candidate->process && candidate->process->clues.has_net;
	clues_add_command(&candidate->clues, program->command, program->directory);
	if (candidate->process)
		clues_add_command(
			&candidate->clues, candidate->process->command, candidate->process->folder);
	return candidate;
}

/* An ancestor that is a candidate itself, or hands its environment down. */
static bool is_of_another(const struct scene *scene, const struct proc_seen *seen)
{
	const struct proc_seen *at = procs_find(&scene->procs, seen->parent);
	for (int i = 0; at && at->pid > 1 && i < ANCESTORS_MAX; i++) {
		if (!is_shell(at) && clues_are_of_a_bot(&at->clues))
			return true;
		at = procs_find(&scene->procs, at->parent);
	}
	return false;
}

static void look_at(struct scene *scene, const struct proc_seen *seen)
{
	if (!clues_are_of_a_bot(&seen->clues))
		return;
	struct owner owner = owner_of(scene, seen);
	if (owner.supervisor) {
		clues_merge(
			&of_program(scene, owner.supervisor, owner.program)->clues, &seen->clues);
		return;
	}
	if (is_shell(seen) || is_of_another(scene, seen))
		return;
	struct candidate *candidate = add(scene, 0, "");
	candidate->process = seen;
	candidate->clues.mounts_of = seen->clues.mounts_of;
	candidate->clues.has_net = seen->clues.has_net;
	clues_merge(&candidate->clues, &seen->clues);
	clues_add_command(&candidate->clues, seen->command, seen->folder);
}

void discover_release_candidate(struct candidate *candidate)
{
	free(candidate->program);
	free(candidate->match.pattern);
	free(candidate->match.directory);
	free(candidate->match.step);
}

/* A worker or a page beside the bot has its token, too: where one of them is connected to Telegram,
 * that is the bot. */
static bool is_beside(const struct scene *scene, const struct candidate *candidate)
{
	for (size_t i = 0; i < scene->candidate_count; i++) {
		const struct clues *other = &scene->candidates[i].clues;
		if (candidate->clues.tg_id && !candidate->clues.talks && other->talks &&
			other->tg_id == candidate->clues.tg_id)
			return true;
	}
	return false;
}

static void drop_others(struct scene *scene)
{
	bool *beside = xcalloc(scene->candidate_count + 1, sizeof(bool));
	size_t kept = 0;
	for (size_t i = 0; i < scene->candidate_count; i++)
		beside[i] = is_beside(scene, &scene->candidates[i]);
	for (size_t i = 0; i < scene->candidate_count; i++) {
		struct candidate *candidate = &scene->candidates[i];
		const struct clues *clues = &candidate->clues;
		bool has_token = clues->file[0] || clues->env_file[0];
		if ((clues_are_of_a_bot(clues) || has_token) && !beside[i])
			scene->candidates[kept++] = *candidate;
		else
			discover_release_candidate(candidate);
	}
	free(beside);
	scene->candidate_count = kept;
}

/* ---- several processes of one program ---- */

static size_t group_length(const char *program)
{
	const char *colon = strchr(program, ':');
	return colon ? (size_t)(colon - program) + 1 : 0;
}

static bool is_same_bot(const struct candidate *one, const struct candidate *other)
{
	size_t length = group_length(one->program);
	if (!length || one->supervisor != other->supervisor ||
		strncmp(one->program, other->program, length) != 0)
		return false;
	if (one->clues.tg_id || other->clues.tg_id)
		return one->clues.tg_id == other->clues.tg_id;
	return one->as && other->as && *one->as->command &&
	       strcmp(one->as->command, other->as->command) == 0;
}

/* group:* stands for them. */
static void join(struct candidate *one, const struct candidate *other)
{
	size_t length = group_length(one->program);
	char *name = xasprintf("%.*s*", (int)length, one->program);
	clues_merge(&one->clues, &other->clues);
	if (!one->process)
		one->process = other->process;
	free(one->program);
	one->program = name;
}

static void join_groups(struct scene *scene)
{
	for (size_t i = 0; i < scene->candidate_count; i++)
		for (size_t j = i + 1; j < scene->candidate_count;) {
			if (!is_same_bot(&scene->candidates[i], &scene->candidates[j])) {
				j++;
				continue;
			}
			join(&scene->candidates[i], &scene->candidates[j]);
			discover_release_candidate(&scene->candidates[j]);
			scene->candidate_count--;
			memmove(&scene->candidates[j], &scene->candidates[j + 1],
				(scene->candidate_count - j) * sizeof(*scene->candidates));
		}
}

/* What systemd runs is looked at only when something speaks for it: the machine has many units. */
static bool is_worth_it(const struct scene *scene, size_t supervisor, const struct program *program)
{
	bool is_systemd = strcmp(scene->discovery->supervisors[supervisor].kind, "systemd") == 0;
	const struct proc_seen *main = procs_find(&scene->procs, program->pid);
	if (main && runs_others(main))
		return false;
	return !is_systemd || program->tg_id || *program->token_key || *program->env_file;
}

void discover_candidates(struct scene *scene)
{
	for (size_t i = 0; i < scene->procs.count; i++)
		look_at(scene, &scene->procs.items[i]);
	for (size_t i = 0; i < scene->discovery->supervisor_count; i++)
		for (size_t j = 0; j < scene->programs[i].count; j++)
			if (is_worth_it(scene, i, &scene->programs[i].items[j]))
				of_program(scene, i + 1, &scene->programs[i].items[j]);
	join_groups(scene);
	drop_others(scene);
}
