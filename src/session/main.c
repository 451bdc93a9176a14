/*
 * pchat-session: the helper of one login, and the reader of a session's
 * history. Started by pchat, not by people.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "base/translate.h"
#include "core/limits.h"
#include "core/names/name.h"
#include "core/verdict.h"
#include "core/via.h"
#include "db/database.h"
#include "net/process.h"
#include "net/report.h"
#include "net/socket.h"
#include "proto/status.h"
#include "session/begin.h"
#include "session/history/history_serve.h"
#include "session/life.h"

enum {
	OPT_LOGIN = 256,
	OPT_RESUME,
	OPT_HISTORY,
	OPT_FORGET,
	OPT_SOCKET,
	OPT_CHECKED_SOCKET,
	OPT_VIA,
	OPT_TIMEOUT,
	OPT_WAIT,
	OPT_MESSAGES,
	OPT_BYTES,
	OPT_REQUEST
};

static const struct option long_options[] = {
	{ "login", required_argument, NULL, OPT_LOGIN },
	{ "resume", required_argument, NULL, OPT_RESUME },
	{ "history", required_argument, NULL, OPT_HISTORY },
	{ "forget", required_argument, NULL, OPT_FORGET },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "checked-socket", required_argument, NULL, OPT_CHECKED_SOCKET },
	{ "via", required_argument, NULL, OPT_VIA },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "max-unread", required_argument, NULL, OPT_MESSAGES },
	{ "max-unread-bytes", required_argument, NULL, OPT_BYTES },
	{ "request-fd", required_argument, NULL, OPT_REQUEST },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] = "usage: pchat-session --login NAME [--socket PATH|--checked-socket PATH|--via "
			    "[USER@]HOST:PATH] [--timeout SEC] [--wait SEC]\n"
			    "           [--max-unread N] [--max-unread-bytes N]\n"
			    "       pchat-session --resume NAME\n"
			    "       pchat-session --history NAME\n"
			    "       pchat-session --forget NAME\n"
			    "The helper of a pchat session; pchat starts it by itself.\n";

enum mode { NO_MODE, LOGIN, RESUME, HISTORY, FORGET };

struct arguments {
	enum mode mode;
	struct session_start start;
	struct via via;
	char host[VIA_HOST_MAX + 1];
	const char *session; /* NAME, or HOST/NAME */
	int request_fd;
};

static bool
parse_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out <= INT64_MAX;
}

static bool
parse_seconds(const char *text, unsigned *ms)
{
	char *end;
	const double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0))
		return false;
	*ms = seconds < 1e6 ? (unsigned)(seconds * 1000.) : 0; /* 0: no limit */
	return true;
}

static bool
set_mode(struct arguments *a, enum mode mode)
{
	if (a->mode != NO_MODE)
		return false;
	a->mode = mode;
	a->session = optarg;
	a->start.host = a->host;
	a->start.resume = mode == RESUME;
	return via_split(optarg, a->host, &a->start.name);
}

static bool
parse_option(struct arguments *a, int option)
{
	uint64_t n;

	switch (option) {
	case OPT_LOGIN:
		return set_mode(a, LOGIN);
	case OPT_RESUME:
		return set_mode(a, RESUME);
	case OPT_HISTORY:
		return set_mode(a, HISTORY);
	case OPT_FORGET:
		return set_mode(a, FORGET);
	case OPT_SOCKET:
	case OPT_CHECKED_SOCKET: /* a variable named it, and whoever set that may not be the user */
		a->start.socket = optarg;
		a->start.trusted = option == OPT_SOCKET;
		return true;
	case OPT_VIA:
		a->start.via = &a->via;
		a->start.agent = getenv("SSH_AUTH_SOCK");
		return via_parse(optarg, &a->via) && a->via.path[0];
	case OPT_TIMEOUT:
		return parse_seconds(optarg, &a->start.timeout_ms);
	case OPT_WAIT:
		return parse_seconds(optarg, &a->start.wait_ms);
	case OPT_MESSAGES:
		return parse_number(optarg, &a->start.max_messages);
	case OPT_BYTES:
		return parse_number(optarg, &a->start.max_bytes);
	case OPT_REQUEST:
		if (!parse_number(optarg, &n) || n > INT_MAX)
			return false;
		a->request_fd = (int)n;
		return true;
	default:
		return false;
	}
}

static void
parse(int argc, char **argv, struct arguments *a)
{
	int option;

	*a = (struct arguments){
		.start = { .max_messages = INBOX_MESSAGES, .max_bytes = INBOX_BYTES, .report = process_report },
		.request_fd = -1
	};
	opterr = 0; /* getopt(3) would print foreign bytes as they are */
	while ((option = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
		if (option == 'h' || option == 'V') {
			(void)fputs(option == 'h' ? usage : "pchat-session " PACKAGE_VERSION "\n", stdout);
			exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
		}
		if (!parse_option(a, option)) {
			(void)fputs(usage, stderr);
			exit(2);
		}
	}
	if (a->mode == LOGIN && a->start.via)
		memcpy(a->host, a->via.host, sizeof(a->host));
	if (a->mode == NO_MODE || optind != argc || (a->mode == LOGIN && a->host[0] && !a->start.via)) {
		(void)fputs(usage, stderr);
		exit(2);
	}
}

/* What can be said to be wrong before anything is touched. */
static enum verdict
check(const struct arguments *a, char *words, size_t size)
{
	const char *socket = a->start.socket;

	if (!name_valid(a->start.name, strlen(a->start.name)))
		return VERDICT_MALFORMED;
	if (socket && socket[0] != '/') {
		(void)snprintf(words, size, "%s", _("the socket's path must begin with a slash"));
		return VERDICT_USAGE;
	}
	if (socket && strlen(socket) > SOCKET_PATH_MAX) {
		(void)snprintf(words, size, _("the socket's path has %zu bytes; at most %zu are possible"),
		    strlen(socket), SOCKET_PATH_MAX);
		return VERDICT_USAGE;
	}
	if (socket && strchr(socket, '\n')) { /* it is kept as a line, see net/session_file.h */
		(void)snprintf(words, size, "%s", _("the socket's path has a line feed in it, which is not possible"));
		return VERDICT_USAGE;
	}
	return VERDICT_OK;
}

static int
fail(const struct session *s, enum verdict why, const char *words)
{
	char text[REPORT_SIZE];

	(void)snprintf(text, sizeof(text), "%s", s->notes);
	report_add_end(text, sizeof(text), why, words);
	process_report(text);
	log_error("not started: %s", status_name(why));
	return EXIT_FAILURE;
}

static void
on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	life_finish(w->data, SESSION_STOPPED);
}

/* Serves until it is over, or a signal ends this helper. */
static void
serve(struct session *s)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	ev_signal signals[ARRAY_SIZE(numbers)];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		ev_signal_init(&signals[i], on_signal, numbers[i]);
		signals[i].data = s;
		ev_signal_start(s->loop, &signals[i]);
	}
	life_run(s);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		ev_signal_stop(s->loop, &signals[i]);
}

int
main(int argc, char **argv)
{
	struct session session = { .lock = -1, .rundir.fd = -1 };
	struct arguments a;
	char words[512] = "";
	enum verdict v;

	signals_begin();
	parse(argc, argv, &a);
	log_init("pchat-session", a.mode != HISTORY, LOG_LEVEL_NOTICE);
	memory_setup();
	database_setup();
	v = check(&a, words, sizeof(words));
	if (a.mode == FORGET)
		return v == VERDICT_OK ? history_forget(a.session) : EXIT_FAILURE;
	if (a.mode == HISTORY)
		return v == VERDICT_OK ? history_serve(a.session, a.request_fd) : EXIT_FAILURE;
	if (v == VERDICT_OK)
		v = begin_session(&session, &a.start, words, sizeof(words));
	if (v == VERDICT_OK)
		serve(&session);
	begin_undo(&session);
	/* Behind it: whoever hears of it may begin another helper at once, which needs what this one had. */
	return v == VERDICT_OK ? EXIT_SUCCESS : fail(&session, v, words);
}
