/* SPDX-License-Identifier: MIT */
/* The doors of places.def: an engine behind all of them, what it makes of them, and what its recording shows afterwards. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/hostile/attack.h"
#include "tests/hostile/log_doors.h"
#include "tests/hostile/peers.h"
#include "tests/hostile/places.h"
#include "tests/support/botapi.h"
#include "tests/support/certificates.h"
#include "tests/support/folder.h"
#include "tests/support/pages.h"
#include "tests/support/sockets.h"
#include "tests/support/spawn.h"

enum {
	ROUNDS = 14,
	ROUNDS_EVERY = 140,
	LOOKED_MS = 2500,
	LIMIT_MS = 20000,
	REPLAYED_LEAST = 5,
	PROCESSES = 3
};

struct scene {
	struct pages pages;
	struct log_doors logs;
	int ports[PEER_PORTS];
	pid_t engine, processes[PROCESSES];
	char *config, *program, *trouble;
};

enum came { NEVER, YES, MAYBE };

static const struct {
	const char *name, *what;
	enum came heard, seen, printed;
} places[] = {
#define PLACE(id, heard, seen, printed, what) {#id, what, heard, seen, printed},
#include "tests/hostile/places.def"
#undef PLACE
};

/* ---- what is planted ---- */

static void plant_docker(struct scene *scene)
{
	autofree char *status = place_json(PLACE_docker_status),
		      *error = place_json(PLACE_docker_error),
		      *name = place_json(PLACE_docker_name),
		      *command = place_json(PLACE_docker_command),
		      *directory = place_json(PLACE_docker_directory),
		      *log = place_json(PLACE_docker_log),
		      *message = place_json(PLACE_docker_message),
		      *variable_text = place_variable(PLACE_docker_variable, 2);
	json_t *string = json_string(variable_text);
	autofree char *variable = json_dumps(string, JSON_ENCODE_ANY);
	json_decref(string);
	static const char form[] =
		"{\"Name\":%s,\"State\":{\"Status\":%s,\"Error\":%s,\"Pid\":0},\"Path\":%s,"
		"\"Args\":[%s],\"LogPath\":\"/%s,\"Config\":{\"Env\":[%s],\"WorkingDir\":\"/%s},"
		"\"HostConfig\":{\"LogConfig\":{\"Type\":\"json-file\"}}}";
	autofree char *one = xasprintf(form, "\"/one\"", "\"exited\"", error, command, command,
		log + 1, variable, directory + 1);
	autofree char *two = xasprintf(form, "\"/two\"", status, "\"\"", command, command, log + 1,
		variable, directory + 1);
	autofree char *other = xasprintf(form, name, "\"running\"", "\"\"", command, command,
		log + 1, variable, directory + 1);
	autofree char *refusal = xasprintf("{\"message\":%s}", message);
	pages_set(&scene->pages, "/containers/one/json", 200, PAGE_WHOLE, one);
	pages_set(&scene->pages, "/containers/two/json", 200, PAGE_WHOLE, two);
	pages_set(&scene->pages, "/containers/0123456789ab/json", 200, PAGE_WHOLE, other);
	pages_set(&scene->pages, "/containers/refused/json", 500, PAGE_WHOLE, refusal);
	pages_set(
		&scene->pages, "/containers/json", 200, PAGE_WHOLE, "[{\"Id\":\"0123456789ab\"}]");
}

#define TEXT(name)   "<member><name>" name "</name><value><string>%s</string></value></member>"
#define NUMBER(name) "<member><name>" name "</name><value><int>%d</int></value></member>"

static void add_process(struct str *to, const char *name, const char *group, const char *state,
	const char *why, const char *log, int pid)
{
	str_addf(to,
		"<value><struct>" TEXT("name") TEXT("group") TEXT("statename") TEXT("spawnerr")
			TEXT("stdout_logfile") NUMBER("pid") "</struct></value>",
		name, group, state, why, log, pid);
}

static void plant_supervisord(struct scene *scene)
{
	autofree char *state = place_xml(PLACE_supervisord_state),
		      *why = place_xml(PLACE_supervisord_why),
		      *log_name = place_xml(PLACE_supervisord_log),
		      *name = place_xml(PLACE_supervisord_name),
		      *group = place_xml(PLACE_supervisord_group),
		      *fault = place_xml(PLACE_supervisord_fault);
	autofree char *log = xasprintf("/%s", log_name);
	autostr struct str list = STR_INIT, refusal = STR_INIT;
	str_adds(&list, "<?xml version='1.0'?><methodResponse><params><param><value><array><data>");
	add_process(&list, "one", "one", "FATAL", why, log, 0);
	add_process(&list, "two", "two", state, "", "", 0);
	add_process(&list, name, group, "RUNNING", "", "", (int)scene->processes[1]);
	str_adds(&list, "</data></array></value></param></params></methodResponse>");
	str_addf(&refusal,
		"<?xml version='1.0'?><methodResponse><fault><value><struct>" NUMBER("faultCode")
			TEXT("faultString") "</struct></value></fault></methodResponse>",
		1, fault);
	pages_set(&scene->pages, "/RPC2", 200, PAGE_WHOLE, list.text);
	pages_set(&scene->pages, "/fault", 200, PAGE_WHOLE, refusal.text);
}

static void plant_unit_file(void)
{
	autofree char *output = place_bytes(PLACE_systemd_output);
	for (char *at = output; (at = strpbrk(at, "%\n\\"));)
		*at = '_'; /* a specifier that nobody knows, the next line, and one that goes on */
	folder_write("one.service", 0600, "[Service]\nStandardOutput=append:/%s\n", output);
}

/* The newest line is in sight. */
static void append_line(size_t round)
{
	autofree char *name = place_bytes(PLACE_file_name);
	autofree char *file = xasprintf("logs/%s%zu.log", name, round);
	folder_append(file, "INFO of a file with a name\n");
}

static void plant_files(struct scene *scene, size_t round)
{
	autofree char *trouble = place_bytes(PLACE_file_trouble);
	autofree char *no_file = xasprintf("logs/%s%zu.log", trouble, round);
	append_line(round);
	if (scene->trouble)
		assert_int_equal(unlink(scene->trouble), 0);
	free(scene->trouble);
	scene->trouble = folder_path(no_file);
	assert_int_equal(symlink(strrchr(scene->trouble, '/') + 1, scene->trouble), 0);
}

static void start_process(
	struct scene *scene, size_t process, const char *directory, const char *const *words)
{
	if (scene->processes[process])
		(void)spawn_end(&scene->processes[process], SIGKILL);
	scene->processes[process] = spawn_start(words, &(struct spawn){.directory = directory});
}

/* One that a supervisord says it runs, and two that discover finds by itself, and tells apart by their folders. */
static void plant_processes(struct scene *scene, size_t round)
{
	autofree char *words = place_bytes(PLACE_process_words),
		      *variable = place_variable(PLACE_process_variable, 4),
		      *name = place_bytes(PLACE_process_folder);
	autofree char *file = xasprintf("%s%zu", name, round);
	autofree char *directory = folder_path(file);
	assert_int_equal(mkdir(directory, 0700), 0);
	const char *const again[] = {"env", variable, "tail", "-f", "/dev/null", "--", words, NULL};
	start_process(scene, 0, directory, again);
	start_process(scene, 1, NULL,
		WORDS("env", "BOT_TOKEN=8200005:AAFhostilehostilehostilehostilehos", "sleep",
			"3000"));
	start_process(scene, 2, folder,
		WORDS("env", "BOT_TOKEN=8200006:AAFhostilehostilehostilehostilehos", "tail", "-f",
			"/dev/null", "--", words));
}

static void plant(struct scene *scene, size_t round)
{
	places_plant(round);
	plant_unit_file();
	plant_files(scene, round);
	plant_processes(scene, round);
	plant_docker(scene);
	plant_supervisord(scene);
	log_doors_plant(&scene->logs, &scene->pages);
}

/* ---- the engine ---- */

static void write_config(struct scene *scene)
{
	scene->config = folder_path("places.yaml");
	folder_write("places.yaml", 0600,
		"environment: places\nstate_dir: %1$s/state\nwrite: always\n"
		"process: {interval: 500ms}\npages: {health_interval: 1s}\n"
		"supervisors:\n"
		"  bus: {kind: systemd, address: %1$s/bus}\n"
		"  refuses: {kind: systemd, address: 'unix:path=%1$s/bus'}\n"
		"  dock: {kind: docker, address: %1$s/dock}\n"
		"  closed: {kind: docker, address: %1$s/closed}\n"
		"  pm: {kind: pm2, address: %1$s/pm2}\n"
		"  rpc: {kind: supervisord, address: 'http://127.0.0.1:%2$d/RPC2'}\n"
		"  fault: {kind: supervisord, address: 'http://127.0.0.1:%2$d/fault'}\n"
		"health:\n  page: {url: 'https://127.0.0.1:%3$d/', ca_file: %1$s/ca.pem, interval: "
		"1s}\n"
		"  untrusted: {url: 'https://127.0.0.1:%6$d/', ca_file: %1$s/ca.pem, interval: "
		"1s}\n"
		"postgres:\n  db: {dsn: 'host=127.0.0.1 port=%4$d user=x dbname=x "
		"sslmode=verify-full sslrootcert=%1$s/ca.pem', interval: 500ms}\n"
		"  rows: {dsn: 'host=%7$s port=%8$d user=tester dbname=postgres', tables: {audit: "
		"{message: body, bot: bot, correlation_id: trace, interval: 200ms}}}\n"
		"redis:\n  cache: {host: 127.0.0.1, port: %5$d, tls: yes, ca_file: %1$s/ca.pem, "
		"interval: 500ms}\n"
		"  live: {socket: %9$s, interval: 500ms, streams: ['events:*'], "
		"consumer_dead_after: 1s}\n"
		"logs:\n  all: {path: '%1$s/logs/*.log'}\n"
		"  journal: {path: 'journal:%1$s/journal'}\n"
		"bots:\n"
		"  sd1: {transport: none, process: {systemd: one, supervisor: bus}}\n"
		"  sd2: {transport: none, process: {systemd: two, supervisor: bus}}\n"
		"  sd3: {transport: none, process: {systemd: three, supervisor: bus}}\n"
		"  sd4: {transport: none, process: {systemd: refused, supervisor: refuses}}\n"
		"  dk1: {transport: none, process: {docker: one, supervisor: dock}}\n"
		"  dk2: {transport: none, process: {docker: two, supervisor: dock}}\n"
		"  dk3: {transport: none, process: {docker: refused, supervisor: closed}}\n"
		"  dk4: {transport: none, logs: ['docker:talker'], process: {docker: talker, "
		"supervisor: dock}}\n"
		"  pm1: {transport: none, process: {pm2: one, supervisor: pm}}\n"
		"  sv1: {transport: none, process: {supervisord: one, supervisor: rpc}}\n"
		"  sv2: {transport: none, process: {supervisord: two, supervisor: rpc}}\n"
		"  sv3: {transport: none, process: {supervisord: three, supervisor: fault}}\n",
		folder, scene->pages.port, scene->ports[PEER_HTTPS], scene->ports[PEER_POSTGRES],
		scene->ports[PEER_REDIS], scene->ports[PEER_UNTRUSTED], scene->logs.pg.folder,
		scene->logs.pg.port, scene->logs.redis.socket);
}

static void open_scene(struct scene *scene)
{
	autofree char *logs = folder_path("logs"), *dock = folder_path("dock"),
		      *closed = folder_path("closed"), *engine = build_program("botswaind"),
		      *said = folder_path("engine.said"), *recording = folder_path("places.rec"),
		      *socket = folder_path("state/engine.sock");
	places_plant(0);
	make_certificates(folder);
	assert_int_equal(mkdir(logs, 0700), 0);
	pages_open(&scene->pages);
	assert_int_equal(symlink(scene->pages.socket, dock), 0);
	assert_int_equal(symlink(scene->pages.socket, closed), 0);
	peers_open(scene->ports);
	log_doors_open(&scene->logs);
	plant(scene, 0);
	write_config(scene);
	scene->program = build_program("botswain");
	scene->engine = spawn_start(WORDS(engine, "-c", scene->config, "--record", recording),
		&(struct spawn){.log = said, .directory = folder});
	if (!comes_true(socket_listens, socket, LIMIT_MS)) {
		autofree char *words = folder_read("engine.said");
		fail_msg("no engine: %s", words);
	}
}

static void close_scene(struct scene *scene)
{
	(void)spawn_end(&scene->engine, SIGTERM);
	for (size_t i = 0; i < PROCESSES; i++)
		(void)spawn_end(&scene->processes[i], SIGKILL);
	peers_close();
	log_doors_close(&scene->logs);
	pages_close(&scene->pages);
	free(scene->config);
	free(scene->program);
	free(scene->trouble);
	places_release();
}

static bool is_over(const void *until_ms)
{
	return clock_mono_ms(clock_real()) > *(const int64_t *)until_ms;
}

/* Every source has looked since. */
static void let_look(void)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + LOOKED_MS;
	assert_true(comes_true(is_over, &until_ms, 2 * LOOKED_MS));
}

/* ---- what is looked at ---- */

static void ask_views(struct attack *attack, const struct scene *scene)
{
	static const char *const views[] = {
		"bots", "services", "sources", "checks", "alerts", "ops", "logs", "streams"};
	for (size_t i = 0; i < COUNT_OF(views); i++) {
		(void)attack_run(attack, WORDS(scene->program, "-c", scene->config, views[i]));
		(void)attack_run(
			attack, WORDS(scene->program, "-c", scene->config, views[i], "--json"));
	}
}

static void discover(struct attack *attack, const struct scene *scene, const char *form)
{
	autofree char *bus = xasprintf("systemd=%s/bus", folder),
		      *dock = xasprintf("docker=%s/dock", folder),
		      *closed = xasprintf("docker=%s/closed", folder),
		      *pm2 = xasprintf("pm2=%s/pm2", folder),
		      *rpc = xasprintf("supervisord=http://127.0.0.1:%d/RPC2", scene->pages.port),
		      *fault =
			      xasprintf("supervisord=http://127.0.0.1:%d/fault", scene->pages.port);
	(void)attack_run(
		attack, WORDS(scene->program, "discover", "--supervisor", bus, "--supervisor", dock,
				"--supervisor", closed, "--supervisor", pm2, "--supervisor", rpc,
				"--supervisor", fault, form));
}

/* A program that is called ssh, and finds nobody. */
static void ask_ssh(struct attack *attack, const struct scene *scene, bool with_screens)
{
	struct attack other = {.title = "nowhere"};
	autofree char *error = place_bytes(PLACE_ssh_error), *name = place_bytes(PLACE_argument),
		      *bin = folder_path("bin");
	autofree char *path = xasprintf("PATH=%s:%s", bin, getenv("PATH"));
	(void)mkdir(bin, 0700);
	folder_write("ssh_error", 0600, "%s\n", error);
	folder_write("bin/ssh", 0700, "#!/bin/sh\ncat '%s/ssh_error' >&2\nexit 255\n", folder);
	(void)attack_run(attack,
		WORDS("env", path, scene->program, "--connect", "ssh://198.51.100.7", "bots"));
	if (with_screens) {
		attack_open_screens(&other,
			WORDS("env", path, scene->program, "--connect", "ssh://198.51.100.7"),
			"no eng");
		attack_close_screens(&other);
		attack->seen[PLACE_ssh_error] |= other.seen[PLACE_ssh_error];
		attack->faults += other.faults;
	}
	(void)attack_run(attack, WORDS(scene->program, "-c", name, "bots"));
	(void)attack_run(attack, WORDS(scene->program, "check-config", name));
	(void)attack_run(attack, WORDS(scene->program, "replay", name));
}

static void try_round(struct attack *attack, struct scene *scene, size_t round, bool with_screens)
{
	if (round)
		plant(scene, round);
	let_look();
	attack_listen(attack);
	if (with_screens) {
		append_line(round);
		log_doors_plant(&scene->logs, &scene->pages);
		attack_walk_screens(attack);
		ask_views(attack, scene);
		log_doors_read_files(attack, scene->program);
		log_doors_save(attack, scene->program);
		log_doors_recall(attack, scene->program);
	}
	discover(attack, scene, NULL);
	discover(attack, scene, "--json");
	ask_ssh(attack, scene, with_screens);
	attack_listen(attack);
}

static void judge(
	struct attack *attack, size_t place, const char *where, bool came, enum came shall)
{
	if (shall == MAYBE || came == (shall == YES))
		return;
	attack->faults++;
	print_error("%s (Q%02zu, %s): %s %s\n", places[place].name, place, places[place].what,
		came ? "now" : "never", where);
}

/* What did not come may never have been asked for. */
static void tell_sources(const struct scene *scene)
{
	autofree char *sources = NULL;
	(void)spawn_run(WORDS(scene->program, "-c", scene->config, "sources"), &(struct spawn){0},
		LIMIT_MS, &sources);
	print_error("%s", sources);
}

static void judge_places(struct attack *attack, const struct scene *scene)
{
	size_t faults = attack->faults;
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		judge(attack, i, "heard of the engine", attack->heard[i], places[i].heard);
		judge(attack, i, "seen on a screen", attack->seen[i], places[i].seen);
		judge(attack, i, "printed", attack->printed[i], places[i].printed);
	}
	if (attack->faults > faults)
		tell_sources(scene);
}

/* ---- what was recorded of it ---- */

static void look_back(const struct scene *scene, const struct attack *was)
{
	autofree char *recording = folder_path("places.rec");
	struct attack attack = {.title = "nowhere"}; /* it has no configuration */
	size_t marks = 0;
	attack_open_screens(&attack, WORDS(scene->program, "replay", recording), "sd1");
	attack_walk_screens(&attack);
	attack_close_screens(&attack);
	for (size_t i = 0; i < PLACE_COUNT; i++)
		marks += attack.seen[i] && was->seen[i];
	print_message("replay: %zu places seen, %zu bytes of screens, %zu faults\n", marks,
		attack.bytes, attack.faults);
	assert_int_equal(attack.faults, 0);
	assert_true(
		marks >=
		REPLAYED_LEAST); /* what was last planted of those rows that are seen without a search */
}

void what_supervisors_certificates_and_files_say_is_made_safe(void **state)
{
	(void)state;
	const char *every = getenv("HOSTILE_EVERY");
	size_t rounds = every && strtoul(every, NULL, 10) == 1 ? ROUNDS_EVERY : ROUNDS;
	struct scene scene = {.config = NULL};
	open_scene(&scene);
	struct attack attack = {.config = scene.config, .title = "places"};
	attack_open_screens(&attack, WORDS(scene.program, "-c", scene.config), "sd1");
	for (size_t round = 0; round < rounds; round++)
		try_round(&attack, &scene, round, round % (rounds / ROUNDS) == 0);
	attack_close_screens(&attack);
	judge_places(&attack, &scene);
	(void)spawn_end(&scene.engine, SIGTERM);
	look_back(&scene, &attack);
	close_scene(&scene);
	print_message("places: %d, %zu rounds, %zu texts of the engine, %zu outputs, %zu bytes, "
		      "%zu faults\n",
		PLACE_COUNT, rounds, attack.texts, attack.outputs, attack.bytes, attack.faults);
	assert_int_equal(attack.faults, 0);
}
