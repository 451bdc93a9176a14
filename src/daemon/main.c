/*
 * pchatd: the options, the start, the end.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "daemon/dispatch_notes.h"
#include "daemon/names/names.h"
#include "daemon/notify.h"
#include "daemon/places/places.h"
#include "daemon/places/registry.h"
#include "daemon/server.h"
#include "db/database.h"
#include "net/closing.h"
#include "net/loop.h"
#include "net/process.h"
#include "net/socket.h"
#include "net/stream.h"
#include "proto/quote.h"

#define EXIT_USAGE 2
#define MORE_FILES \
	(64U + CLOSING_PASSED) /* descriptors beside those of the connections; some are kept free (net/stream.h) */
#define SHOWN 512              /* bytes of a path in a message */

struct options {
	struct places places;
	mode_t mode;
	gid_t group;
	uint32_t grace, idle_exit;
	struct quota quota;
	uint32_t kept_bytes;
	bool detach, verbose;
};

/* Everything that a running daemon holds. */
struct process {
	struct server server;
	struct registry *registry;
	int listener;
	bool passed; /* the listener came from systemd: its path is not ours */
	ino_t ino;
	ev_signal stop[3];
	bool stopped; /* by one of them */
};

static const char usage_text[] =
    "usage: pchatd [OPTION]...\n"
    "\n"
    "Examples:\n"
    "  pchatd --detach                      serve the whole host (as root)\n"
    "  pchatd --socket ./chat --state ./db  a daemon of your own\n"
    "\n"
    "  --socket PATH              where to listen (" PLACES_SOCKET ")\n"
    "  --state DIR                where to keep what outlives a boot (root: " PLACES_STATE ";\n"
    "                             else ${XDG_STATE_HOME:-~/.local/state}/pchat/daemon)\n"
    "  --runtime DIR              where to keep names and pairs (the --state folder, if given;\n"
    "                             else " PLACES_FOLDER " for root, the runtime folder for others)\n"
    "  --mode OCTAL               permissions of the socket (0666)\n"
    "  --group NAME               group of the socket\n"
    "  --grace SEC                how long a lost session is held (10)\n"
    "  --max-sessions-per-user N  how many sessions one user may have (8)\n"
    "  --max-connections N        how many connections and sessions in all (4096)\n"
    "  --max-unknown-sessions N   how many sessions all users without a known account\n"
    "                             may have together (64)\n"
    "  --max-unknown-connections N  how many connections of these users may be not\n"
    "                             logged in (16)\n"
    "  --max-kept-bytes N         bytes of notes that are kept for those who are not\n"
    "                             logged in (67108864)\n"
    "  --idle-exit SEC            end after SEC seconds without a session or a connection\n"
    "                             (0: never)\n"
    "  --detach                   go to the background as soon as it listens\n"
    "  -v, --verbose              log the end of each connection, too\n"
    "  -h, --help                 print this\n"
    "  -V, --version              print the version\n";

enum option_key {
	OPT_SOCKET = 256,
	OPT_STATE,
	OPT_RUNTIME,
	OPT_MODE,
	OPT_GROUP,
	OPT_GRACE,
	OPT_SESSIONS,
	OPT_CONNECTIONS,
	OPT_UNKNOWN_SESSIONS,
	OPT_UNKNOWN_GREETING,
	OPT_KEPT,
	OPT_IDLE,
	OPT_DETACH
};

#define LETTERS "vhV"

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "runtime", required_argument, NULL, OPT_RUNTIME },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "max-sessions-per-user", required_argument, NULL, OPT_SESSIONS },
	{ "max-connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "max-unknown-sessions", required_argument, NULL, OPT_UNKNOWN_SESSIONS },
	{ "max-unknown-connections", required_argument, NULL, OPT_UNKNOWN_GREETING },
	{ "max-kept-bytes", required_argument, NULL, OPT_KEPT },
	{ "idle-exit", required_argument, NULL, OPT_IDLE },
	{ "detach", no_argument, NULL, OPT_DETACH },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Tells the operator, and whoever waits for this daemon to be ready. */
static int PRINTF_LIKE(1, 2) fail(const char *fmt, ...)
{
	char text[1024], report[1100];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_error("%s", text);
	(void)snprintf(report, sizeof(report), "pchatd: %s\n", text);
	process_report(report);
	return EXIT_FAILURE;
}

static const char *
shown(const char *text)
{
	static char out[SHOWN];

	return quote(text, strlen(text), out, sizeof(out));
}

/* ------ options ------ */

static bool
parse_number(const char *text, int base, uint32_t least, uint32_t most, uint32_t *out)
{
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, base);
	if (errno != 0 || *end != '\0' || n < least || n > most)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool
parse_group(const char *text, gid_t *out)
{
	const struct group *g = getgrnam(text);
	uint32_t gid;

	if (g)
		*out = g->gr_gid;
	else if (parse_number(text, 10, 0, UINT32_MAX - 1, &gid))
		*out = gid;
	else
		return false;
	return true;
}

/* The path as it is from everywhere: a detached daemon works in the root directory. */
static bool
parse_path(const char *text, char out[PATH_MAX])
{
	char cwd[PATH_MAX];
	int n;

	if (!*text)
		return false;
	if (text[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		n = snprintf(out, PATH_MAX, "%s", text);
	else
		n = snprintf(out, PATH_MAX, "%s/%s", cwd, text);
	return n > 0 && n < PATH_MAX;
}

static bool
parse_option(struct options *o, int key, const char *value)
{
	uint32_t mode;

	switch (key) {
	case OPT_SOCKET:
		return parse_path(value, o->places.socket);
	case OPT_STATE:
		return parse_path(value, o->places.state);
	case OPT_RUNTIME:
		return parse_path(value, o->places.runtime);
	case OPT_MODE:
		if (!parse_number(value, 8, 0, 0777, &mode))
			return false;
		o->mode = (mode_t)mode;
		return true;
	case OPT_GROUP:
		return parse_group(value, &o->group);
	case OPT_GRACE:
		return parse_number(value, 10, 0, 86400, &o->grace);
	case OPT_SESSIONS:
		return parse_number(value, 10, 1, UINT32_MAX, &o->quota.sessions_uid);
	case OPT_CONNECTIONS:
		return parse_number(value, 10, 1, 1000000, &o->quota.connections);
	case OPT_UNKNOWN_SESSIONS:
		return parse_number(value, 10, 0, UINT32_MAX, &o->quota.unknown_sessions);
	case OPT_UNKNOWN_GREETING:
		return parse_number(value, 10, 0, UINT32_MAX, &o->quota.unknown_greeting);
	case OPT_KEPT:
		return parse_number(value, 10, 0, UINT32_MAX, &o->kept_bytes);
	case OPT_IDLE:
		return parse_number(value, 10, 0, 86400, &o->idle_exit);
	default:
		return false;
	}
}

/* `word`: what getopt_long(3) took last, unless it stands at a letter. */
static int
report_unknown(const char *word)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const bool by_letter = optopt != 0 && optopt < OPT_SOCKET && !strchr(LETTERS, optopt); /* negative: not ASCII */

	log_error("'%s' is no option, or takes no value; see pchatd --help", shown(by_letter ? letter : word));
	return EXIT_USAGE;
}

/* Exit status, or -1: go on. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	int key, index = 0;

	opterr = 0; /* getopt(3) would print foreign bytes as they are */
	while ((key = getopt_long(argc, argv, ":" LETTERS, long_options, &index)) != -1) {
		switch (key) {
		case 'h':
			return fputs(usage_text, stdout) < 0 || fflush(stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		case 'V':
			return puts("pchatd " PACKAGE_VERSION) < 0 || fflush(stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		case 'v':
			o->verbose = true;
			break;
		case OPT_DETACH:
			o->detach = true;
			break;
		case ':':
			log_error("'%s' needs a value; see pchatd --help", shown(argv[optind - 1]));
			return EXIT_USAGE;
		case '?':
			return report_unknown(argv[optind - 1]);
		default:
			if (parse_option(o, key, optarg))
				break;
			log_error(
			    "'%s' is no value for --%s; see pchatd --help", shown(optarg), long_options[index].name);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	log_error("'%s': pchatd takes no arguments; see pchatd --help", shown(argv[optind]));
	return EXIT_USAGE;
}

/* ------ start ------ */

static void
raise_files(uint32_t connections)
{
	const rlim_t need = (rlim_t)connections + MORE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = need;
	if (limit.rlim_max < need)
		limit.rlim_max = need;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	log_notice(
	    "only %llu descriptors are allowed, for %u connections", (unsigned long long)limit.rlim_cur, connections);
}

/* The path is ours from here on, or systemd's. */
static int
claim(struct process *d, struct options *o)
{
	char words[PLACES_WORDS];

	d->listener = notify_listener(o->places.socket);
	d->passed = d->listener >= 0;
	if (!d->passed && d->listener != -ENOENT)
		return fail("the descriptor passed by the supervisor is not one listening Unix socket");
	if (!d->passed && places_claim_socket(&o->places, words) < 0)
		return fail("%s", words);
	return places_claim_folders(&o->places, words) < 0 ? fail("%s", words) : 0;
}

static int
take_over(struct process *d, struct ev_loop *loop, const struct options *o)
{
	const struct roster_limits limits = {
		.quota = o->quota,
		.grace_seconds = o->grace,
	};
	char words[PLACES_WORDS];
	bool lost;
	int rc;

	if (places_open_registry(&o->places, &d->registry, &lost, words) < 0)
		return fail("%s", words);
	if (lost)
		log_error(
		    "the registry was lost: for %u s nobody logs in anew, as those who were here before come back",
		    o->grace);
	rc = roster_init(&d->server.daemon.roster, loop, d->registry, lost, &limits);
	return rc < 0 ? fail("cannot read '%s/registry.db': %s", shown(o->places.runtime), strerror(-rc)) : 0;
}

/* Where its folder cannot be read or made, the daemon is of use all the same, and the keeper tries again. */
static int
open_keeper(struct process *d, struct ev_loop *loop, const struct options *o)
{
	char dir[PATH_MAX + 8];
	int r;

	(void)snprintf(dir, sizeof(dir), "%s/kept", o->places.state);
	r = keeper_new(&d->server.daemon.keeper, &dispatch_keeper, &d->server.daemon, loop, dir, o->kept_bytes);
	return r < 0 ? fail("no notes can be kept in '%s': %s", shown(dir), strerror(-r)) : 0;
}

static int
listen_at(struct process *d, const struct options *o)
{
	if (d->passed)
		return 0;
	d->listener = socket_listen(o->places.socket, o->mode, o->group, &d->ino);
	if (d->listener == -ENOTSOCK)
		return fail("'%s' is there and is not a socket; it was left alone", shown(o->places.socket));
	if (d->listener < 0)
		return fail("cannot listen on '%s': %s", shown(o->places.socket), strerror(-d->listener));
	return 0;
}

static void
on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct process *d = w->data;

	(void)revents;
	d->stopped = true;
	ev_break(loop, EVBREAK_ALL);
}

static void
watch_signals(struct process *d, struct ev_loop *loop)
{
	static const int stops[ARRAY_SIZE(d->stop)] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		ev_signal_init(&d->stop[i], on_stop, stops[i]);
		d->stop[i].data = d;
		ev_signal_start(loop, &d->stop[i]);
	}
}

static int
start(struct process *d, struct ev_loop *loop, struct options *o)
{
	int status;

	if ((status = claim(d, o)) != 0)
		return status;
	raise_files(o->quota.connections);
	if ((status = stream_setup(loop)) < 0)
		return fail("%s", strerror(-status));
	/* Everybody of before is known before anybody can connect. */
	if ((status = take_over(d, loop, o)) != 0 || (status = listen_at(d, o)) != 0)
		return status;
	names_begin(d->server.daemon.roster.names);
	if ((status = open_keeper(d, loop, o)) != 0)
		return status;
	server_init(&d->server, loop, d->listener, o->idle_exit);
	watch_signals(d, loop);
	return 0;
}

static void
stop(struct process *d, const struct options *o)
{
	notify_state("STOPPING=1");
	if (!d->passed)
		socket_remove(o->places.socket, d->ino);
	server_stop(&d->server);
	keeper_free(d->server.daemon.keeper);
	registry_close(d->registry);
	roster_release(&d->server.daemon.roster);
	stream_teardown(d->server.daemon.loop);
}

int
main(int argc, char **argv)
{
	static struct process d;
	static struct options o = {
		.places = { .socket = PLACES_SOCKET, .socket_lock = -1, .state_lock = -1, .runtime_lock = -1 },
		.mode = 0666,
		.group = (gid_t)-1,
		.grace = GRACE_SECONDS,
		.kept_bytes = KEPT_BYTES_ALL,
		.quota = {
			.connections = CONNECTIONS_MAX,
			.sessions_uid = SESSIONS_PER_UID,
			.unknown_sessions = UNKNOWN_SESSIONS,
			.unknown_greeting = UNKNOWN_GREETING,
		},
	};
	char words[PLACES_WORDS];
	struct ev_loop *loop;
	int status, rc;

	signals_begin();
	memory_setup();
	log_init("pchatd", false, LOG_LEVEL_NOTICE);
	if ((status = parse_options(argc, argv, &o)) >= 0)
		return status;
	if (places_find(&o.places, words) < 0)
		return fail("%s", words);
	if (o.detach && (rc = process_detach()) < 0)
		return fail("cannot detach: %s", strerror(-rc));
	log_init("pchatd", o.detach, o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTICE);
	database_setup();
	(void)umask(077);
	loop = loop_new();
	if (!loop)
		return fail("no event loop: %s", strerror(errno));
	if ((status = start(&d, loop, &o)) != 0) {
		places_forget(&o.places);
		stream_teardown(loop);
		ev_loop_destroy(loop);
		return status;
	}
	log_notice("listening on '%s'", shown(o.places.socket));
	process_report("ok\n");
	notify_state("READY=1");
	/* That something could not be watched libev tells with the next event, which may never come. */
	(void)ev_run(loop, EVRUN_NOWAIT);
	if (!d.stopped) /* already */
		(void)ev_run(loop, 0);
	stop(&d, &o);
	log_notice("stopped");
	return EXIT_SUCCESS;
}
