/*
 * The same work done by brokers that are installed here: a round trip of 64
 * bytes on one CPU and a stream of 100 bytes, one write a message, against the
 * bare relay; and one process a message against /bin/true. A broker that is
 * missing is skipped with a word.
 */
#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "bench.h"
#include "peers.h"

#define TRIPS 10000U
#define STREAM 200000U
#define SILENCE_MS 3000 /* after it what did not arrive never will: some brokers drop what a reader is too slow for */

/* A broker's two ends, and the fixed bytes by which one tells the other something. */
struct wire {
	int tell[2], hear[2]; /* end 0 and end 1; the same descriptor where one does both */
	char said[2][512];    /* what end i writes */
	size_t said_len[2];
	size_t heard_len[2]; /* what end i reads for one message */
	size_t answer_len;   /* what the broker answers to the teller, 0: nothing */
	unsigned lost;       /* of a stream */
	double heard_us;     /* when the last one of it arrived */
};

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strcpy(sun.sun_path, path);
	for (int i = 0; i < 1000; i++) {
		const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			return fd;
		close(fd);
		(void)poll(NULL, 0, 5);
	}
	errx(1, "%s: nobody listens", path);
}

/* RESP: https://redis.io/docs/reference/protocol-spec/ */
static void
redis_open(struct wire *w, const char *path, size_t body)
{
	for (int i = 0; i < 2; i++) {
		char text[128];
		int n = snprintf(text, sizeof(text), "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\n%d\r\n", i);

		w->tell[i] = dial(path);
		w->hear[i] = dial(path);
		write_all(w->hear[i], text, (size_t)n);
		read_all(w->hear[i], text, strlen("*3\r\n$9\r\nsubscribe\r\n$1\r\n0\r\n:1\r\n"));
		w->said_len[i] = (size_t)snprintf(w->said[i], sizeof(w->said[i]),
		    "*3\r\n$7\r\nPUBLISH\r\n$1\r\n%d\r\n$%zu\r\n%0*d\r\n", 1 - i, body, (int)body, 0);
		w->heard_len[i] = strlen("*3\r\n$7\r\nmessage\r\n$1\r\n0\r\n") + (body > 99 ? 6U : 5U) + body + 2;
	}
	w->answer_len = strlen(":1\r\n");
}

/* MQTT 3.1.1, QoS 0: http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/ */
static void
mqtt_open(struct wire *w, const char *path, size_t body)
{
	for (int i = 0; i < 2; i++) {
		const uint8_t connect_packet[] = { 0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 1,
			(uint8_t)('0' + i) };
		const uint8_t subscribe[] = { 0x82, 6, 0, 1, 0, 1, (uint8_t)('0' + i), 0 };
		uint8_t in[5];

		w->tell[i] = w->hear[i] = dial(path);
		write_all(w->tell[i], connect_packet, sizeof(connect_packet));
		read_all(w->tell[i], in, 4);
		write_all(w->tell[i], subscribe, sizeof(subscribe));
		read_all(w->tell[i], in, 5);
		w->said[i][0] = 0x30;
		w->said[i][1] = (char)(body + 3); /* below 128: one byte of remaining length */
		w->said[i][2] = 0;
		w->said[i][3] = 1;
		w->said[i][4] = (char)('0' + 1 - i);
		memset(w->said[i] + 5, 'x', body);
		w->said_len[i] = w->heard_len[i] = body + 5;
	}
	w->answer_len = 0;
}

static void
wire_close(struct wire *w)
{
	for (int i = 0; i < 2; i++) {
		close(w->tell[i]);
		if (w->hear[i] != w->tell[i])
			close(w->hear[i]);
	}
}

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
	char *argv[12];
};

static bool
installed(const char *program)
{
	return access(program, X_OK) == 0;
}

static pid_t
start(char *const argv[])
{
	const pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(1);
		execv(argv[0], argv);
		_exit(1);
	}
	return pid;
}

static void
measure(const struct broker *b, const struct settings *set, json_t *report, const char *path)
{
	struct sample us[2] = { 0 }, rate[2] = { 0 };
	struct wire w = { 0 };
	char name[64];

	for (unsigned r = 0; r < set->rounds; r++) {
		pin(true);
		const pid_t pid = start(b->argv);

		b->open(&w, path, 64);
		sample_add(&us[0], trip_us(&w));
		wire_close(&w);
		sample_add(&us[1], relay_round_trip_us(set));
		pin(false);
		(void)kill(pid, SIGTERM);
		(void)waitpid(pid, NULL, 0);
		const pid_t again = start(b->argv);

		b->open(&w, path, 100);
		sample_add(&rate[0], stream_rate(&w));
		if (w.lost > 0)
			fprintf(stderr, "%s: %u of %u messages never arrived\n", b->name, w.lost, STREAM);
		wire_close(&w);
		sample_add(&rate[1], relay_stream_rate(set));
		(void)kill(again, SIGTERM);
		(void)waitpid(again, NULL, 0);
	}
	snprintf(name, sizeof(name), "%s-round-trip", b->name);
	json_array_append_new(report, row_new(name, "us", &us[0], &us[1], false, 1.15));
	snprintf(name, sizeof(name), "%s-stream", b->name);
	json_array_append_new(report, row_new(name, "messages/s", &rate[0], &rate[1], true, 0.9));
}

/* One process a message: what a script does. */
static void
measure_process(const struct settings *set, json_t *report, const char *name, char *const server[], char *const argv[],
    const char *path)
{
	char *const nothing[] = { "/bin/true", NULL };
	struct sample us[2] = { 0 };

	pin(true);
	const pid_t pid = start(server);

	close(dial(path));
	for (unsigned r = 0; r < set->rounds; r++)
		for (unsigned i = 0; i < 20; i++) {
			sample_add(&us[0], run_us(set, argv, NULL));
			sample_add(&us[1], run_us(set, nothing, NULL));
		}
	pin(false);
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
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

static void
mosquitto(const struct settings *set, json_t *report)
{
	char path[96], conf[96], text[256];

	if (!installed("/usr/sbin/mosquitto")) {
		fprintf(stderr, "skipped: mosquitto is not installed\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/mqtt.sock", set->dir);
	snprintf(conf, sizeof(conf), "%s/mqtt.conf", set->dir);
	snprintf(text, sizeof(text),
	    "listener 0 %s\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n%s", path,
	    geteuid() == 0 ? "user root\n" : "");
	write_file(conf, text);
	const struct broker b = { "mosquitto", mqtt_open, { "/usr/sbin/mosquitto", "-c", conf, NULL } };
	measure(&b, set, report, path);
	if (installed("/usr/bin/mosquitto_pub"))
		measure_process(set, report, "mosquitto_pub", b.argv,
		    (char *const[]){ "/usr/bin/mosquitto_pub", "--unix", path, "-t", "t", "-m", "hello", NULL }, path);
}

static void
redis(const struct settings *set, json_t *report)
{
	char path[96];

	if (!installed("/usr/bin/redis-server")) {
		fprintf(stderr, "skipped: redis is not installed\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/redis.sock", set->dir);
	const struct broker b = { "redis", redis_open,
		{ "/usr/bin/redis-server", "--port", "0", "--save", "", "--unixsocket", path, NULL } };
	measure(&b, set, report, path);
	if (installed("/usr/bin/redis-cli"))
		measure_process(set, report, "redis-cli publish", b.argv,
		    (char *const[]){ "/usr/bin/redis-cli", "-s", path, "publish", "t", "hello", NULL }, path);
}

static void
dbus(const struct settings *set, json_t *report)
{
	char path[96], address[128], bus[128];

	if (!installed("/usr/bin/dbus-daemon") || !installed("/usr/bin/dbus-send")) {
		fprintf(stderr, "skipped: dbus-daemon and dbus-send are not installed\n");
		return;
	}
	if (installed("/usr/bin/dbus-broker"))
		fprintf(stderr, "skipped: dbus-broker starts under systemd alone; dbus-daemon is in its place\n");
	snprintf(path, sizeof(path), "%s/bus", set->dir);
	snprintf(address, sizeof(address), "--address=unix:path=%s", path);
	snprintf(bus, sizeof(bus), "--bus=unix:path=%s", path);
	measure_process(set, report, "dbus-send",
	    (char *const[]){ "/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile", address, NULL },
	    (char *const[]){ "/usr/bin/dbus-send", bus, "--type=signal", "/a", "a.b.C", "string:hello", NULL }, path);
}

void
rows_peers(const struct settings *set, json_t *report)
{
	redis(set, report);
	mosquitto(set, report);
	dbus(set, report);
}
