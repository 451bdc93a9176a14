/* pchat login: start the session's helper, which logs in and stays. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/line/when.h"
#include "cli/output/report.h"
#include "client/history_open.h"
#include "client/records.h"
#include "core/names/same.h"
#include "core/via.h"
#include "net/endpoint.h"
#include "net/process.h"
#include "net/report.h"
#include "net/session_file.h"
#include "proto/status.h"

#define LOGIN_TIMEOUT_MS 15000
#define PAUSE_MAX_MS 500     /* between two attempts, while another helper has the session */
#define LOOK_MS 10           /* between two looks whether a helper has reached the daemon */
#define REPORT_SLACK_MS 2000 /* the helper gives up by itself; only one that hangs is given up on */

static const struct option_row options[] = {
	{ OPT_IF_NEEDED, 0, "if-needed", OPTION_NOTHING, NULL, N_("do nothing if that session exists already") },
	{ OPT_VIA, 0, "via", OPTION_TEXT, "[USER@]HOST[:PATH]",
	    N_("at the daemon of another host, through ssh; the session is HOST/NAME") },
	{ OPT_KEEP, 0, "keep", OPTION_TEXT, "AGE",
	    N_("from now on, forget read records that are older than AGE (30d, 12h); a number (1000) keeps only that "
	       "many of the latest; 'all' keeps everything") },
	{ OPT_MAX_UNREAD, 0, "max-unread", OPTION_COUNT, "N", N_("refuse messages when N are unread (100000)") },
	{ OPT_MAX_UNREAD_BYTES, 0, "max-unread-bytes", OPTION_COUNT, "N",
	    N_("refuse messages when N bytes are unread (67108864)") },
	{ 0 },
};

/* The part of an account's name may be all of another's: then it is not ours. */
static bool
is_anothers(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	return pw && pw->pw_uid != getuid();
}

/* NULL, and the reason is told: the account has no name, or none that a session can have. */
static const char *
own_account(int *status)
{
	static char name[NAME_MAX_LEN + 1];
	const struct passwd *pw = getpwuid(getuid());
	bool part;

	if (!pw)
		*status = report(VERDICT_USAGE, "your account has no name; choose one: pchat login NAME");
	else if (!name_of_account(pw->pw_name, name, &part) || (part && is_anothers(name)))
		*status = report(VERDICT_MALFORMED,
		    "your account's name, '%.64s', cannot be a session's name; choose another: pchat login NAME",
		    pw->pw_name);
	else
		return name;
	return NULL;
}

static void
tell_note(const char *words)
{
	remark("%s", words);
}

static int
tell(const char *name, const struct via *via, const char *text)
{
	char words[512];
	enum verdict v;

	report_read(text, tell_note, &v, words, sizeof(words));
	if (v == VERDICT_STARTING && !words[0])
		return report(VERDICT_FAILED, "the helper ended before it was logged in");
	if (v != VERDICT_OK)
		return words[0] ? report(v, "%s: %s", name, words) : report_verdict(v, name);
	if (via)
		remark("logged in as %s at %s; this session is: -s %s/%s", name, via->host, via->host, name);
	else
		remark("logged in as %s", name);
	return 0;
}

static void
seconds(char out[32], uint64_t ms)
{
	(void)snprintf(out, 32, "%llu.%03llu", (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
}

/* 0, and what the helper reports in the end; or the exit status of what was told. */
static int
start(
    const struct options *o, const char *name, const char *socket, const struct via *via, char report_text[REPORT_SIZE])
{
	char target[VIA_LOGIN_MAX + 1 + VIA_PATH_MAX + 1];
	const uint64_t limit = options_timeout(o, LOGIN_TIMEOUT_MS);
	char session[VIA_SESSION_MAX + 1], program[PATH_MAX] = "pchat-session", timeout[32], wait[32];
	char limits[ARRAY_SIZE(options)][48];
	char *argv[18] = { program, "--login", (char *)name, "--timeout", timeout, "--wait", wait };
	size_t argc = 7;
	int rc = process_path("pchat-session", program, sizeof(program));

	seconds(timeout, limit > 0 ? limit : 1); /* 0 is no limit there */
	seconds(wait, options_timeout(o, SEND_TIMEOUT_SECONDS * 1000));
	if (via) {
		(void)snprintf(target, sizeof(target), "%s:%s", via->login, via->path);
		argv[argc++] = "--via";
		argv[argc++] = target;
	} else if (socket) {
		argv[argc++] = o->given[OPT_SOCKET] ? "--socket" : "--checked-socket";
		argv[argc++] = (char *)socket;
	}
	for (const struct option_row *row = options; row->name; row++) {
		if (!o->given[row->id] || row->takes != OPTION_COUNT)
			continue;
		(void)snprintf(limits[row - options], sizeof(limits[0]), "--%s=%llu", row->name,
		    (unsigned long long)o->number[row->id]);
		argv[argc++] = limits[row - options];
	}
	if (rc == 0)
		rc = process_start(argv, limit < INT_MAX - REPORT_SLACK_MS ? (int)limit + REPORT_SLACK_MS : -1,
		    report_text, REPORT_SIZE);
	via_join(via ? via->host : "", name, session);
	if (rc == -ETIMEDOUT)
		return report(
		    VERDICT_TIMED_OUT, "%s: the login took too long; check with: pchat -s %s status", name, session);
	if (rc < 0)
		return report(VERDICT_FAILED, "cannot start '%s': %s", program, error_words(-rc));
	return 0;
}

/*
 * A helper that was only now started again hears from the daemon whether its session is there still: that is waited for,
 * as long as it takes to reach a daemon that is there.
 */
static bool
is_known(struct link *l)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t end = deadline_in(RETRY_MAX_MS);
	struct control_message m;
	enum verdict v;

	while ((v = link_call(l, &request, end, CONTROL_STATE, &m)) == VERDICT_OK) {
		if (m.u.state.daemon == DAEMON_CONNECTED || poll_time(end) == 0)
			return true;
		(void)poll(NULL, 0, LOOK_MS);
	}
	return v == VERDICT_TIMED_OUT; /* who ends just now is not there */
}

/* Of a session at another host, of which the name says no more than the host. */
static bool
goes_there(const struct link *l, const struct via *via)
{
	struct session_file file;
	struct via there;

	return session_file_read(&l->dir, l->name, &file) == 0 && via_parse(file.via, &there) &&
	    via_matches(&there, via);
}

/* Whether that session is there, at that daemon if one was named. A helper that was killed is started again. */
static bool
is_logged_in(struct invocation *inv, const char *name, const struct via *via)
{
	struct link *l = &inv->link;
	const struct options *o = &inv->opt;
	const struct link_wish wish = { .session = name, .socket = o->text[OPT_SOCKET] };

	l->revive = true;
	return link_find(l, &wish) == VERDICT_OK &&
	    link_connect(l, deadline_in(options_timeout(o, LOGIN_TIMEOUT_MS))) == VERDICT_OK &&
	    (!via || goes_there(l, via)) && is_known(l);
}

/* "30d" is an age, "1000" a number of records, "all" neither. False when it is none of these. */
static bool
parse_keep(const char *text, struct control_message *m)
{
	const int64_t now = clock_wall_ms();
	int64_t then = now;
	char *end;

	m->type = CONTROL_FORGET;
	m->u.forget.keep = true;
	if (strcmp(text, "all") == 0)
		return true;
	if (*text < '0' || *text > '9' || strlen(text) > 9)
		return false;
	m->u.forget.keep_records = strtoull(text, &end, 10);
	if (*end == '\0')
		return m->u.forget.keep_records > 0;
	m->u.forget.keep_records = 0;
	if (end[1] != '\0' || !when_parse(text, now, &then))
		return false;
	m->u.forget.keep_age_ms = now - then;
	return then < now;
}

/* The rule is kept in the inbox; it is made when the session is there. */
static int
set_keep(struct invocation *inv, const char *name, const struct control_message *request)
{
	const struct options *o = &inv->opt;
	const struct link_wish wish = { .session = name, .socket = o->text[OPT_SOCKET] };
	struct control_message end;
	struct link *l = &inv->link;
	enum verdict v;

	if ((v = history_open(l, &wish)) == VERDICT_OK)
		v = records_batch(l, request, deadline_in(options_timeout(o, UINT64_MAX)), NULL, NULL, &end);
	if (v == VERDICT_OK || v == VERDICT_NOTHING)
		return 0;
	return report(v == VERDICT_STORAGE || v == VERDICT_STALE ? VERDICT_FAILED : v,
	    "logged in, but not everything that --keep excludes could be forgotten%s%s", l->words[0] ? ": " : "",
	    l->words);
}

/* Whether another helper of ours has that session's lock: one that begins, of a login beside this one, or one that ends. */
static bool
is_on_its_way(const char *text)
{
	char words[512];
	enum verdict v;

	report_read(text, NULL, &v, words, sizeof(words));
	return v == VERDICT_TAKEN && words[0];
}

static int
login_as(struct invocation *inv, const char *name, const char *socket, const struct via *via)
{
	char session[VIA_SESSION_MAX + 1];
	const bool if_needed = inv->opt.given[OPT_IF_NEEDED];
	const uint64_t limit = options_timeout(&inv->opt, LOGIN_TIMEOUT_MS);
	const uint64_t end = deadline_in(limit < RETRY_MAX_MS ? limit : RETRY_MAX_MS);
	char text[REPORT_SIZE];
	int pause = LOOK_MS, rc;

	via_join(via ? via->host : "", name, session);
	for (;; pause = pause < PAUSE_MAX_MS ? 2 * pause : pause) {
		if (if_needed && is_logged_in(inv, session, via))
			return 0;
		text[0] = '\0';
		if ((rc = start(&inv->opt, name, socket, via, text)) != 0)
			return rc;
		if (!if_needed || !is_on_its_way(text) || poll_time(end) == 0)
			return tell(name, via, text);
		(void)poll(NULL, 0, pause);
	}
}

/* Where to: VERDICT_OK, or a status that was told. */
static int
take_via(const struct options *o, struct via *via)
{
	if (o->given[OPT_SOCKET])
		return report(VERDICT_USAGE,
		    "--via and --socket cannot be used together: --via USER@HOST:PATH names a socket there");
	if (!via_parse(o->text[OPT_VIA], via))
		return report(
		    VERDICT_USAGE, "--via: '%.128s' is not [USER@]HOST or [USER@]HOST:/PATH", o->text[OPT_VIA]);
	if (!via->path[0])
		(void)snprintf(via->path, sizeof(via->path), "%s", ENDPOINT_HOST);
	return 0;
}

static int
login_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	const char *name = o->operand_count > 0 ? o->operands[0] : o->given[OPT_SESSION] ? o->text[OPT_SESSION] : NULL;
	const struct link_wish wish = { .socket = o->text[OPT_SOCKET] };
	struct control_message keep = { 0 };
	struct via there = { .path = "" }, *via = o->given[OPT_VIA] ? &there : NULL;
	char host[VIA_HOST_MAX + 1], session[VIA_SESSION_MAX + 1];
	const char *socket;
	int rc;

	if (o->given[OPT_KEEP] && !parse_keep(o->text[OPT_KEEP], &keep))
		return report(VERDICT_USAGE, "--keep: '%.64s' is neither an age (30d, 12h) nor a number of records",
		    o->text[OPT_KEEP]);
	if (via && (rc = take_via(o, via)) != 0)
		return rc;
	if (name && strchr(name, '/') && (!via || !via_split(name, host, &name) || strcmp(host, via->host) != 0))
		return report(VERDICT_USAGE,
		    "'%.128s': a session at another host begins with: pchat login --via HOST NAME", name);
	if (!name && via && name_valid(via->user, strlen(via->user)))
		name = via->user;
	if (!name && !(name = own_account(&rc)))
		return rc;
	if (link_named_socket(&inv->link, &wish, &socket) != VERDICT_OK)
		return report(VERDICT_USAGE, "%s", inv->link.words);
	if (link_sockets_forbidden(&inv->link))
		return report(VERDICT_FAILED, "%s", inv->link.words);
	rc = login_as(inv, name, socket, via);
	via_join(via ? via->host : "", name, session);
	return rc == 0 && o->given[OPT_KEEP] ? set_keep(inv, session, &keep) : rc;
}

const struct command command_login = {
	.name = "login",
	.operands = "[NAME]",
	.summary = N_("log in, under your account's name or another"),
	.examples = "pchat login\n"
		    "pchat login alice\n"
		    "pchat login --if-needed bot\n"
		    "pchat login --keep 30d\n"
		    "pchat login --via alice@lab.example\n",
	.details = N_("A helper in the background keeps you logged in, until 'pchat quit'. Where the host\n"
		      "has no daemon, one of your own is started.\n"),
	.options = options,
	.max_operands = 1,
	.names_first = true,
	.run = login_run,
};
