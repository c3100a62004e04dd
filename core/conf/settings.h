/* SPDX-License-Identifier: MIT */
/*
 * The configuration, read and checked. settings_load() fills a tree that is constant from then on
 * and shared by reference count: workers keep the one they were started with until a reload gives
 * them the next. Every string is NUL-terminated and never NULL (empty: not given). Paths are
 * absolute. Durations are ms. A secret is a reference here, never its bytes: whoever needs it calls
 * settings_secret() on its own thread.
 */
#ifndef BOTSWAIN_CONF_SETTINGS_H
#define BOTSWAIN_CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct command_run;
struct err;
struct str;

enum write_mode { WRITE_READ_ONLY, WRITE_ARMED, WRITE_ALWAYS };
/* How a screen has the terminal tell the desktop; auto: as its TERM says. */
enum notify_way { NOTIFY_AUTO, NOTIFY_OSC9, NOTIFY_OSC777, NOTIFY_BOTH, NOTIFY_NO };
enum transport { TRANSPORT_POLLING, TRANSPORT_WEBHOOK, TRANSPORT_MTPROTO, TRANSPORT_NONE };

/* An argument vector: argv[count] is NULL. Templates hold {bot}, {program}, {file}, {time}, {reason}. */
struct argv {
	char **argv;
	size_t count;
};

/* Where a secret is. Exactly one of the four; none: `given` is false. */
struct secret_ref {
	bool given;
	char *file;           /* {file: PATH} */
	char *env_file, *key; /* {env_file: PATH, key: BOT_TOKEN} */
	char *credential;     /* {credential: NAME} in $CREDENTIALS_DIRECTORY */
	struct argv command;  /* {command: [argv]}: first line of its output */
	int line, column;     /* where the configuration says so */
};

/* How a bot's process is found. At most one; none: not configured. */
struct process_ref {
	char *pidfile;
	struct argv pid_command; /* prints a pid, or 0 or nothing */
	char *match; /* PCRE2 on the command line of processes of this user and others we may see */
	char *directory; /* with match: the working directory; empty: whichever */
	/* what its supervisor calls it; a * at the end: all that begin so are this bot's */
	char *systemd, *docker, *supervisord, *pm2;
	char *supervisor; /* by name: settings->supervisors has it; empty: no supervisor is asked */
};

/* Whoever runs processes, and can be asked about them. */
struct conf_supervisor {
	char *name;
	char *kind;    /* systemd, docker, supervisord, pm2 */
	char *address; /* empty: where this kind usually is */
	char *user;
	struct secret_ref password;
	int64_t timeout_ms;
};

struct conf_bot {
	char *name; /* [a-z0-9][a-z0-9_-]{0,62} */
	struct secret_ref token;
	enum transport transport;
	bool enabled; /* `enabled: no`: disabled on purpose */
	struct process_ref process;
	char **logs; /* paths or globs; or as core/parse/log_place.h says */
	size_t log_count;
	char *heartbeat;        /* Redis key; default hb:<name> when a redis has heartbeats */
	char *redis;            /* which; empty: the only one */
	char *health, *metrics; /* URLs of its pages; empty: none */
	char *from;             /* "config", or the bots_from entry that made it */
	int line, column;
};

struct conf_bots_from {
	char *dir;              /* one bot of each token file */
	char *postgres, *query; /* rows: name, enabled[, transport[, token_file]] */
	int64_t interval_ms;
	enum transport transport;
	char *token_dir;                          /* postgres: DIR/<name> holds the token */
	char *log_template, *pidfile_template;    /* with {bot}; empty: none */
	struct argv pid_command;                  /* with {bot} */
	char *health_template, *metrics_template; /* with {bot}; empty: none */
	struct process_ref process;               /* with {bot}; not beside the two above */
};

struct conf_fields { /* names of mapped stream fields */
	char *bot, *level, *msg, *ts, *type, *correlation_id;
};

struct conf_redis {
	char *name, *host, *socket; /* host or socket */
	int port, database;
	char *user;
	struct secret_ref password;
	bool tls;
	char *ca_file;
	int64_t interval_ms, timeout_ms;
	char *heartbeats; /* pattern of keys with one *, e.g. hb:*; empty: none */
	char **streams;   /* names or globs */
	size_t stream_count;
	int64_t metrics_ms;    /* between two readings of all its metrics, 0 none */
	int64_t dead_after_ms; /* a silent consumer of a group is dead by then */
	struct conf_fields fields;
};

struct conf_query {
	char *name, *sql; /* yields name?, value, labels...: docs/ */
	int64_t interval_ms;
};

struct conf_table {         /* followed by a key; columns, "" none */
	char *name, *table; /* table "": as its name */
	char *key, *time, *level, *bot, *message, *correlation_id;
	int64_t interval_ms;
};

struct conf_postgres {
	char *name, *dsn; /* keyword=value or URI, without password */
	struct secret_ref password;
	int64_t interval_ms, timeout_ms;
	int64_t metrics_ms; /* between two readings of all its metrics, 0 none */
	char **listen;
	size_t listen_count;
	struct conf_query *queries;
	size_t query_count;
	struct conf_table *tables;
	size_t table_count;
};

struct conf_check {                          /* an HTTP check beside the bots' own */
	char *name, *url, *socket, *ca_file; /* socket: answers in place of the URL's host */
	int64_t interval_ms, timeout_ms;
	int status;         /* 0: 200 to 299 */
	char *text, *field; /* empty: any; field: a.b=value */
	char *bot;          /* may be empty */
};

struct conf_scrape { /* a page of Prometheus text beside the bots' own */
	char *name, *url, *socket, *ca_file;
	char *targets; /* a file that lists them: `url` has {target} for its host; empty: it is one page */
	int64_t interval_ms, timeout_ms;
	struct secret_ref bearer, password; /* never by a command */
	char *user;
	char **labels; /* name=value */
	size_t label_count;
	char *bot;     /* may be empty */
	char **series; /* names to keep; none: all */
	size_t series_count;
	int limit;
};

struct conf_prometheus { /* who answers PromQL in place of our own store; url "": nobody */
	char *url, *user, *ca_file;
	struct secret_ref bearer, password;
	int64_t timeout_ms;
};

struct conf_log {                /* logs that belong to no bot, or to several */
	char *name, *glob, *bot; /* bot may be empty */
};

struct conf_driver {      /* argv templates; empty: the verb is not configured */
	char *supervisor; /* it acts on what this one runs alone; empty: on every bot */
#define DRIVEN(id, ...) struct argv id;
#include "core/verbs/verbs.def"
	int64_t timeout_ms,
		verify_ms; /* longest run; how long to watch for the outcome (default 30 s) */
	int64_t stable_ms; /* a bot that dies again within this is failed (default 10 s) */
};

struct conf_verb {
	char *name, *help; /* custom verb */
	bool per_bot, typed;
	struct argv command;
	int64_t timeout_ms;
};

struct conf_backup {
	char *name, *file;   /* final name with {time}; written as FILE.part first */
	struct argv command; /* its standard output is the backup */
	struct argv verify;  /* with {file}; must exit 0 */
	int64_t timeout_ms;
};

struct conf_rule { /* settings of one built-in rule of core/alert/builtin.def */
	char *rule;
	bool off;
	double limit, second; /* in the rule's units (seconds or a count); NaN: default */
	int64_t for_ms;       /* -1: default */
	char *severity;       /* empty: default; warn or crit */
};

struct conf_figure { /* over a shipped one of that name, or one more (figures.h) */
	char *name, *query, *budget, *unit, *help; /* "": as shipped */
	double target, warn, crit;                 /* NAN: as shipped */
	bool below;
};

/* How little an alert may be and still be told. */
enum told_severity { TOLD_WARN, TOLD_CRIT };

struct conf_on_alert { /* no command: nobody is told */
	struct argv command;
	int64_t timeout_ms;
	int per_minute;
	enum told_severity severity;
};

struct conf_keys {
	char *key, *command; /* bind KEY to a command line */
};

struct settings {
	char *path;        /* the file that was read */
	char *environment; /* default: file's folder name or "default" */
	char *state_dir;   /* the engine's identity; default $XDG_STATE_HOME/botswain/<hash of path>
			    */
	char *socket_path; /* in state_dir, or under $XDG_RUNTIME_DIR/botswain/ by hash when too
			      long */
	enum write_mode write;
	char *theme;
	char **connect; /* ways to other engines, for screens (core/engine/client_tunnel.h) */
	size_t connect_count;
	char *telegram_api;        /* base URL, default https://api.telegram.org */
	char *telegram_statistics; /* URL of its statistics port; empty: none */
	bool telegram_loopback;    /* its host is loopback: faster cadence, no staggering */
	int64_t telegram_interval_ms, telegram_getme_ms, telegram_timeout_ms;
	int64_t process_interval_ms, screen_interval_ms;
	bool process_logs; /* those that supervisors name are followed where a bot has none */
	bool screen_remember;
	bool screen_bell, screen_flash; /* on a new critical alert */
	enum notify_way screen_notify;
	int64_t health_interval_ms, metrics_interval_ms,
		pages_timeout_ms; /* of the bots' own pages */
	char *socket_group; /* members may attach and look; empty: nobody but our own user and root */
	char *http_listen;    /* 127.0.0.1:PORT, [::1]:PORT or an absolute path; empty: nowhere */
	uint64_t event_bytes; /* budget of the event store */
	uint64_t metrics_memory_bytes, metrics_disk_bytes; /* of the store of metrics; of a start */
	int64_t metrics_span_ms;
	char **rule_files; /* of Prometheus' rules: paths and globs, absolute */
	size_t rule_file_count;
	int64_t rule_interval_ms; /* of groups that name none */
	struct conf_prometheus prometheus;
	uint64_t event_history_bytes;  /* of what left the event store, on the disk; 0: none */
	uint64_t event_unpacked_bytes; /* of rotated logs that are packed */
	int64_t event_read_back_ms;    /* of logs and streams, at a start; 0: none */
	const char *
		record_file; /* of the command line, for an engine that is started; borrowed; NULL: none */
	uint64_t record_bytes; /* budget of the rolling recording; 0: none */
	struct conf_bot *bots;
	size_t bot_count;
	struct conf_bots_from *bots_from;
	size_t bots_from_count;
	struct conf_supervisor *supervisors; /* also those that are not written down, but used */
	size_t supervisor_count;
	struct conf_redis *redis;
	size_t redis_count;
	struct conf_postgres *postgres;
	size_t postgres_count;
	struct conf_check *checks;
	size_t check_count;
	struct conf_scrape *scrapes;
	size_t scrape_count;
	struct conf_log *logs;
	size_t log_count;
	char *journal; /* the folder of journal:UNIT; "": this machine's */
	int input_fd;  /* log lines come out of it, as they are written; 0: none */
	struct conf_driver driver;
	struct conf_verb *verbs;
	size_t verb_count;
	struct conf_backup *backups;
	size_t backup_count;
	struct conf_rule *rules;
	size_t rule_count;
	struct conf_figure *figures;
	size_t figure_count;
	struct conf_on_alert on_alert;
	struct conf_keys *keys;
	size_t key_count;
	const struct conf_bot *const *bots_by_name; /* private: settings_bot() */
	void *owner;                                /* private: the arena */
	_Atomic unsigned references;
};

/*
 * Reads a file (at most 1 MiB, owned by us or root, secrets' permissions checked). On failure
 * `report` (may be NULL) holds every error found, each as file:line:column, the line, a caret and
 * what to do; `err` the first one.
 */
MUST_CHECK bool settings_load(
	const char *path, struct settings **ret, struct str *report, struct err *err);
/* The same from memory; `path` names it in errors and is the base of relative paths. */
MUST_CHECK bool settings_parse(const char *text, size_t length, const char *path,
	struct settings **ret, struct str *report, struct err *err);
/*
 * For whoever only looks at an engine that runs: what `bots` holds, and the folders of `bots_from`, are neither read nor
 * checked (of 10,000 bots that is all but a hundredth of the time), and there are no bots in the result.
 */
MUST_CHECK bool settings_load_without_bots(
	const char *path, struct settings **ret, struct err *err);
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings); /* NULL is legal; any thread */

/* Which file: -c FILE, else $XDG_CONFIG_HOME/botswain/botswain.yaml, else
 * /etc/botswain/botswain.yaml. */
MUST_CHECK bool settings_find(const char *given, char **ret_path, struct err *err);
/* The commented default configuration (config/botswain.yaml, embedded). */
const char *settings_default_text(void);
/* Appends a file that the settings name and that is no secret: a regular one of at most `max` bytes, which only we or root can
 * have written. Never waits. */
MUST_CHECK bool settings_read_file(const char *path, size_t max, struct str *to, struct err *err);

/* Appends the page of all options: docs/settings.md. */
void settings_print(struct str *ret);

enum { SECRET_COMMAND_MS = 5000 /* what a program that prints a secret is given */ };

/*
 * Reads a secret into `ret` (cleared by the caller with explicit_bzero through str_wipe()). May
 * block on a command (for SECRET_COMMAND_MS, but no longer than until `stop_fd` is readable; -1:
 * none) or a file: workers only. Refuses loose permissions with the exact chmod.
 */
MUST_CHECK bool settings_secret(
	const struct secret_ref *ref, int stop_fd, struct str *ret, struct err *err);
/*
 * The same for a loop that may not block: it began the command itself (command_begin() of
 * core/conf/command.h with `ref->command`), and this ends it. `has_ended` false: the time is over.
 */
MUST_CHECK bool settings_secret_end(
	struct command_run *run, bool has_ended, struct str *ret, struct err *err);
void str_wipe(struct str *str);

/* What the supervisor of this process calls it; "" when it has none. `ret_kind` (may be NULL): of the
 * supervisor. */
const char *process_program(const struct process_ref *process, const char **ret_kind);
/* Some form is given. */
bool process_is_given(const struct process_ref *process);
const struct conf_supervisor *settings_supervisor(
	const struct settings *settings, const char *name);
/* By its name, through an index: an engine's turn may ask it for each of its bots. NULL: they do not say. */
const struct conf_bot *settings_bot(const struct settings *settings, const char *name);
const struct conf_rule *settings_rule(const struct settings *settings, const char *rule);
const char *transport_word(enum transport transport);
const char *write_mode_word(enum write_mode mode);
const char *notify_way_word(enum notify_way way);
/* False when no way has that word. */
bool notify_way_find(const char *word, enum notify_way *ret);

#endif
