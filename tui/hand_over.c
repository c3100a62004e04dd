/* SPDX-License-Identifier: MIT */
#include "tui/hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/out_file.h"

enum { WORDS_MAX = 16, NOT_STARTED = 127 };

/* Without a wish; the second is everywhere. */
static const char favourite[] = "less -S", common[] = "more";

struct hand_over {
	char *words[WORDS_MAX + 1]; /* the program and its arguments */
	size_t count;
	bool is_lnav, is_chosen;
	char *program, *path; /* where it lies; its file; NULL: not found yet */
	pid_t child;
	int terminal;
};

static bool is_folder_of_ours(const char *path)
{
	return path && *path == '/' && access(path, W_OK | X_OK) == 0;
}

static const char *folder_of_files(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
	return is_folder_of_ours(runtime)     ? runtime
	       : is_folder_of_ours(temporary) ? temporary
					      : "/tmp";
}

static void forget_words(struct hand_over *it)
{
	for (size_t i = 0; i < COUNT_OF(it->words); i++) {
		free(it->words[i]);
		it->words[i] = NULL;
	}
	it->count = 0;
}

void hand_over_free(struct hand_over *it)
{
	if (!it)
		return;
	if (it->path)
		out_file_remove(it->path);
	forget_words(it);
	free(it->program);
	free(it->path);
	free(it);
}

static void add_word(struct hand_over *it, const char *word, size_t length)
{
	if (it->count < WORDS_MAX)
		it->words[it->count++] = xstrndup(word, length);
}

/* Words with blanks between: no shell reads them. */
static void add_words(struct hand_over *it, const char *line)
{
	for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
		size_t length = strcspn(line, " \t");
		add_word(it, line, length);
		line += length;
	}
}

/* Where the program lies; NULL: nowhere. */
static char *find_program(const char *name)
{
	const char *folders = getenv("PATH");
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	for (const char *at = folders ? folders : "/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		char *path = xasprintf("%.*s/%s", (int)length, at, name);
		if (length && access(path, X_OK) == 0)
			return path;
		free(path);
		at += length + (at[length] == ':');
	}
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Those that go to a line by +N; to others it would be a file. */
static bool knows_lines(const char *program)
{
	static const char *const known[] = {
		"less", "more", "most", "view", "vi", "vim", "nvim", "nano"};
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(known[i], base_name(program)) == 0)
			return true;
	return false;
}

struct hand_over *hand_over_new(bool is_lnav)
{
	const char *wish = getenv("PAGER");
	struct hand_over *it = xcalloc(1, sizeof(*it));
	it->is_lnav = is_lnav;
	add_words(it, is_lnav ? "lnav -c" : wish ? wish : "");
	it->is_chosen = it->count > 0;
	if (!it->is_chosen)
		add_words(it, favourite);
	return it;
}

int hand_over_find(const void *data, char *path, char *program)
{
	const struct hand_over *it = data;
	char *found = find_program(it->words[0]); /* in a child: it ends soon */
	if (!found && !it->is_chosen)
		found = find_program(common);
	if (!found || !copy_text(program, OUT_FILE_SAID_MAX, found))
		return ENOEXEC;
	free(found);
	bool fits = print_text(path, OUT_FILE_SAID_MAX, "%s/botswain-log-%ld.log",
		folder_of_files(), (long)getpid());
	return fits ? 0 : ENAMETOOLONG;
}

static void add_line(struct hand_over *it, uint64_t line)
{
	autofree char *at = xasprintf("+%llu", (unsigned long long)line),
		      *go = xasprintf(":goto %llu", (unsigned long long)(line ? line - 1 : 0));
	if (it->is_lnav)
		add_word(it, go, strlen(go));
	else if (knows_lines(it->words[0]) && line)
		add_word(it, at, strlen(at));
}

void hand_over_found(struct hand_over *it, const char *path, const char *program, uint64_t line)
{
	it->path = xstrdup(path);
	it->program = xstrdup(program);
	if (!it->is_chosen && strcmp(base_name(program), common) == 0) {
		forget_words(it);
		add_words(it, common);
	}
	add_line(it, line);
	add_word(it, path, strlen(path));
}

void hand_over_ask(struct app *app, struct hand_over *it)
{
	hand_over_free(app->hand_over);
	app->hand_over = it;
}

/* ---- running ---- */

static void give_terminal(int terminal, pid_t group)
{
	(void)signal(SIGTTOU, SIG_IGN);
	(void)tcsetpgrp(terminal, group);
	(void)signal(SIGTTOU, SIG_DFL);
}

static _Noreturn void become(struct hand_over *it)
{
	sigset_t none;
	(void)setpgid(0, 0);
	give_terminal(it->terminal, getpid());
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execve(it->program, it->words, environ);
	_exit(NOT_STARTED);
}

bool hand_over_start(struct hand_over *it, struct err *err)
{
	it->terminal = STDIN_FILENO;
	it->child = fork();
	if (it->child == 0)
		become(it);
	if (it->child < 0)
		return err_errno(err, errno, "cannot start '%s'", it->words[0]);
	(void)setpgid(it->child, it->child);
	give_terminal(it->terminal, it->child);
	return true;
}

bool hand_over_step(struct hand_over *it, bool *ret_stopped)
{
	int status;
	pid_t changed = waitpid(it->child, &status, WNOHANG | WUNTRACED);
	*ret_stopped = changed > 0 && WIFSTOPPED(status);
	if (changed == 0 || (changed < 0 && errno == EINTR))
		return false;
	give_terminal(it->terminal, getpgrp());
	return !*ret_stopped;
}

void hand_over_continue(struct hand_over *it)
{
	give_terminal(it->terminal, it->child);
	(void)kill(-it->child, SIGCONT);
}

void hand_over_kill(struct hand_over *it, bool at_once)
{
	(void)kill(-it->child, at_once ? SIGKILL : SIGTERM);
	(void)kill(-it->child, SIGCONT);
}

const char *hand_over_name(const struct hand_over *it)
{
	return base_name(it->words[0]);
}

bool hand_over_is_lnav(const struct hand_over *it)
{
	return it->is_lnav;
}

const char *hand_over_file(const struct hand_over *it)
{
	return it->path;
}

void hand_over_say(const struct hand_over *it, struct str *to)
{
	for (size_t i = 0; i < it->count; i++)
		str_addf(to, "%s%s", i ? " " : "", it->words[i]);
}
