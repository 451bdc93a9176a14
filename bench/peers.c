/*
 * The same work done by brokers that are installed here: a round trip of 64
 * bytes on one CPU and a stream of 100 bytes, one write a message, against the
 * bare relay; and one process a message against /bin/true. A broker that is
 * missing is skipped with a word.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench.h"
#include "peers.h"

#define TRIPS 10000U
#define STREAM 200000U
#define SILENCE_MS 3000 /* after it what did not arrive never will: some brokers drop what a reader is too slow for */

static void
tell(struct wire *w, int end)
{
	char answer[64];

	write_all(w->tell[end], w->said[end], w->said_len[end]);
	if (w->answer_len > 0)
		read_all(w->tell[end], answer, w->answer_len);
}

static double
trip_us(struct wire *w)
{
	char in[512];

	const double begun = now_us();
	for (unsigned i = 0; i < TRIPS; i++) {
		tell(w, 0);
		read_all(w->hear[1], in, w->heard_len[1]);
		tell(w, 1);
		read_all(w->hear[0], in, w->heard_len[0]);
	}
	return (now_us() - begun) / TRIPS;
}

static void *
hear_all(void *arg)
{
	struct wire *w = arg;
	static char in[1 << 16];

	struct pollfd p = { .fd = w->hear[1], .events = POLLIN };
	size_t left = STREAM * w->heard_len[1];

	while (left > 0 && poll(&p, 1, SILENCE_MS) > 0) {
		const ssize_t r = read(w->hear[1], in, left < sizeof(in) ? left : sizeof(in));

		if (r <= 0)
			errx(1, "a broker closed its connection");
		left -= (size_t)r;
		w->heard_us = now_us();
	}
	w->lost = (unsigned)(left / w->heard_len[1]);
	return NULL;
}

static void *
drop_answers(void *arg)
{
	struct wire *w = arg;
	static char in[1 << 16];

	for (size_t left = STREAM * w->answer_len; left > 0;) {
		const ssize_t r = read(w->tell[0], in, left < sizeof(in) ? left : sizeof(in));

		if (r <= 0)
			errx(1, "a broker closed its connection");
		left -= (size_t)r;
	}
	return NULL;
}

static double
stream_rate(struct wire *w)
{
	pthread_t hearer, dropper;

	const double begun = now_us();
	if (pthread_create(&hearer, NULL, hear_all, w) != 0 || pthread_create(&dropper, NULL, drop_answers, w) != 0)
		errx(1, "pthread_create");
	for (unsigned i = 0; i < STREAM; i++)
		write_all(w->tell[0], w->said[0], w->said_len[0]);
	pthread_join(hearer, NULL);
	pthread_join(dropper, NULL);
	return (STREAM - w->lost) / (w->heard_us - begun) * 1e6;
}

struct broker {
	const char *name;
	void (*open)(struct wire *w, const char *path, size_t body);
	char path[96];
	char *argv[12];
	bool controlled; /* is told where to listen through a descriptor that is its CONTROLLER_FD */
};

#define CONTROLLER_FD 3

struct running {
	pid_t pid;
	int controller; /* -1, or our end: the broker ends with it */
};

static bool
installed(const char *program)
{
	return access(program, X_OK) == 0;
}

/* Descriptor `fd`, which exec(3) would close, as number `as`, which it does not. */
static bool
keep_as(int fd, int as)
{
	return fd == as ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, as) == as;
}

static struct running
start(const struct broker *b)
{
	int pair[2] = { -1, -1 };

	if (b->controlled && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		err(1, "socketpair");
	const struct running run = { fork(), pair[0] };

	if (run.pid < 0)
		err(1, "fork");
	if (run.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(1);
		if (b->controlled && !keep_as(pair[1], CONTROLLER_FD))
			_exit(1);
		execv(b->argv[0], b->argv);
		_exit(1);
	}
	if (b->controlled) {
		(void)close(pair[1]);
		dbus_broker_listen(run.controller, b->path);
	}
	return run;
}

static void
stop(const struct running *run)
{
	(void)kill(run->pid, SIGTERM);
	(void)waitpid(run->pid, NULL, 0);
	if (run->controller >= 0)
		(void)close(run->controller);
}

static double
trips_through(const struct broker *b)
{
	struct wire w = { 0 };
	const struct running run = start(b);

	b->open(&w, b->path, 64);
	const double us = trip_us(&w);
	wire_close(&w);
	stop(&run);
	return us;
}

static double
stream_through(const struct broker *b)
{
	struct wire w = { 0 };
	const struct running run = start(b);

	b->open(&w, b->path, 100);
	const double rate = stream_rate(&w);
	if (w.lost > 0)
		fprintf(stderr, "%s: %u of %u messages never arrived\n", b->name, w.lost, STREAM);
	wire_close(&w);
	stop(&run);
	return rate;
}

static void
measure(const struct broker *b, const struct settings *set, json_t *report)
{
	struct sample us[2] = { 0 }, rate[2] = { 0 };
	char name[64];

	for (unsigned r = 0; r < set->rounds; r++) {
		pin(true);
		sample_add(&us[0], trips_through(b));
		sample_add(&us[1], relay_round_trip_us(set));
		pin(false);
		sample_add(&rate[0], stream_through(b));
		sample_add(&rate[1], relay_stream_rate(set));
	}
	snprintf(name, sizeof(name), "%s-round-trip", b->name);
	json_array_append_new(report, row_new(name, "us", &us[0], &us[1], false, 1.15));
	snprintf(name, sizeof(name), "%s-stream", b->name);
	json_array_append_new(report, row_new(name, "messages/s", &rate[0], &rate[1], true, 0.9));
}

/* One process a message: what a script does. */
static void
measure_process(
    const struct broker *b, const struct settings *set, json_t *report, const char *name, char *const argv[])
{
	char *const nothing[] = { "/bin/true", NULL };
	struct sample us[2] = { 0 };

	if (!installed(argv[0])) {
		fprintf(stderr, "skipped: %s is not installed\n", argv[0]);
		return;
	}
	pin(true);
	const struct running run = start(b);

	close(dial(b->path));
	for (unsigned r = 0; r < set->rounds; r++)
		for (unsigned i = 0; i < 20; i++) {
			sample_add(&us[0], run_us(set, argv, NULL));
			sample_add(&us[1], run_us(set, nothing, NULL));
		}
	pin(false);
	stop(&run);
	json_array_append_new(report, row_new(name, "us", &us[0], &us[1], false, 1.5));
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		err(1, "%s", path);
	(void)chmod(path, 0644);
}

/* Whether the broker's program is there. */
static bool
usable(const struct broker *b)
{
	if (installed(b->argv[0]))
		return true;
	fprintf(stderr, "skipped: %s is not installed\n", b->name);
	return false;
}

static void
mosquitto(const struct settings *set, json_t *report)
{
	struct broker b = { .name = "mosquitto", .open = mqtt_open };
	char conf[96], text[256];

	snprintf(b.path, sizeof(b.path), "%s/mqtt.sock", set->dir);
	snprintf(conf, sizeof(conf), "%s/mqtt.conf", set->dir);
	snprintf(text, sizeof(text),
	    "listener 0 %s\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n%s", b.path,
	    geteuid() == 0 ? "user root\n" : "");
	write_file(conf, text);
	memcpy(b.argv, (char *[]){ "/usr/sbin/mosquitto", "-c", conf }, 3 * sizeof(char *));
	if (!usable(&b))
		return;
	measure(&b, set, report);
	measure_process(&b, set, report, "mosquitto_pub",
	    (char *const[]){ "/usr/bin/mosquitto_pub", "--unix", b.path, "-t", "t", "-m", "hello", NULL });
}

static void
redis(const struct settings *set, json_t *report)
{
	struct broker b = { .name = "redis",
		.open = redis_open,
		.argv = { "/usr/bin/redis-server", "--port", "0", "--save", "", "--unixsocket", b.path } };

	snprintf(b.path, sizeof(b.path), "%s/redis.sock", set->dir);
	if (!usable(&b))
		return;
	measure(&b, set, report);
	measure_process(&b, set, report, "redis-cli publish",
	    (char *const[]){ "/usr/bin/redis-cli", "-s", b.path, "publish", "t", "hello", NULL });
}

static void
dbus(struct broker *b, const struct settings *set, json_t *report)
{
	char bus[128], name[64];

	snprintf(b->path, sizeof(b->path), "%s/%s", set->dir, b->name);
	snprintf(bus, sizeof(bus), "--bus=unix:path=%s", b->path);
	snprintf(name, sizeof(name), "dbus-send to %s", b->name);
	b->open = dbus_open;
	if (!usable(b))
		return;
	measure(b, set, report);
	measure_process(b, set, report, name,
	    (char *const[]){ "/usr/bin/dbus-send", bus, "--type=signal", "/a", "a.b.C", "string:hello", NULL });
}

static void
dbus_daemon(const struct settings *set, json_t *report)
{
	char address[128];

	snprintf(address, sizeof(address), "--address=unix:path=%s/dbus-daemon", set->dir);
	dbus(&(struct broker){ .name = "dbus-daemon",
		 .argv = { "/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile", address } },
	    set, report);
}

/* Without the launcher, which works only under systemd. */
static void
dbus_broker(const struct settings *set, json_t *report)
{
	dbus(&(struct broker){ .name = "dbus-broker",
		 .argv = { "/usr/bin/dbus-broker", "--controller", "3" /* CONTROLLER_FD */, "--machine-id",
		     "0123456789abcdef0123456789abcdef" },
		 .controlled = true },
	    set, report);
}

#define DMA "/usr/sbin/dma"
#define MAILBOX "/var/mail/nobody"

/* Mail to another account of the host, the one of these that is on the disk when the sender's program ends. */
static void
local_mail(const struct settings *set, json_t *report)
{
	char *const argv[] = { DMA, "-D", "nobody", NULL }, *const nothing[] = { "/bin/true", NULL };
	struct sample us[2] = { 0 };
	char letter[96];

	if (!installed(DMA)) {
		fprintf(stderr, "skipped: " DMA " is not installed\n");
		return;
	}
	if (access(MAILBOX, F_OK) == 0) {
		fprintf(stderr, "skipped: " MAILBOX " is there, and somebody's\n");
		return;
	}
	snprintf(letter, sizeof(letter), "%s/letter", set->dir);
	write_file(letter, "Subject: bench\n\nhello\n");
	pin(true);
	for (unsigned r = 0; r < set->rounds; r++)
		for (unsigned i = 0; i < 20 / set->scale + 1; i++) {
			sample_add(&us[0], run_us(set, argv, letter));
			sample_add(&us[1], run_us(set, nothing, NULL));
		}
	pin(false);
	(void)unlink(MAILBOX);
	json_array_append_new(report, row_new("dma", "us", &us[0], &us[1], false, 1.5));
}

void
rows_peers(const struct settings *set, json_t *report)
{
	local_mail(set, report);
	redis(set, report);
	mosquitto(set, report);
	dbus_broker(set, report);
	dbus_daemon(set, report);
}
