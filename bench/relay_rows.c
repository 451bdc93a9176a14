/* The rows that compare pchatd with the bare relay. */
#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "bench.h"
#include "peers.h"
#include "proto/frame.h"
#include "proto/upstream.h"

#define MESSAGES_OF_PAIRS 200000U
#define PAIRS_OF_TAIL 1000U
#define OPEN_FILES_OTHERS 200U /* of the bench, or the daemon, beside connections */
#define FRAME_OF(body) (FRAME_HEADER + MSG_FIXED + (body))
#define ACK_FRAME (FRAME_HEADER + ACK_BODY)

/* What one pass over one server gave. */
struct pass {
	double per_second;
	double median_us, p99_us;
	double cpu_us; /* of the server, a message */
};

#define LATENCIES 20000U
static float latency[LATENCIES];

static int
compare_float(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* One message of 64 bytes there, its acknowledgement back, one at a time. */
static struct pass
round_trip(const struct settings *set, enum server_kind kind)
{
	const unsigned count = LATENCIES / set->scale;
	struct server s;
	struct end a, b;
	uint8_t out[FRAME_OF(64)], in[FRAME_OF(64)], ack[ACK_FRAME];

	server_start(&s, kind, set);
	end_pair(&a, &b, &s, 0);
	double cpu = 0;
	for (unsigned i = 0; i < count + count / 10; i++) {
		if (i == count / 10)
			cpu = server_cpu_us(&s);
		const double begun = now_us();
		const size_t n = end_message(&a, out, 64);
		write_all(a.fd, out, n);
		read_all(b.fd, in, n);
		write_all(b.fd, ack, end_ack(&b, ack, in, 1));
		read_all(a.fd, ack, ACK_FRAME);
		if (i >= count / 10)
			latency[i - count / 10] = (float)(now_us() - begun);
	}
	cpu = server_cpu_us(&s) - cpu;
	end_close(&a);
	end_close(&b);
	server_stop(&s);
	qsort(latency, count, sizeof(latency[0]), compare_float);
	return (
	    struct pass){ .median_us = latency[count / 2], .p99_us = latency[count * 99 / 100], .cpu_us = cpu / count };
}

/* The quantiles of the last pass, for the plot. */
static json_t *
latency_quantiles(unsigned count)
{
	json_t *list = json_array();

	for (unsigned i = 0; i <= 100; i++) {
		const unsigned at = i == 100 ? count - 1 - count / 1000 : count * i / 100;

		json_array_append_new(list, json_real((double)latency[at]));
	}
	return list;
}

void
rows_round_trip(const struct settings *set, json_t *report)
{
	struct sample us[2] = { 0 }, cpu[2] = { 0 };
	json_t *curve[2] = { NULL, NULL };

	pin(true);
	for (unsigned r = 0; r < set->rounds; r++)
		for (int k = 0; k < 2; k++) {
			const struct pass p = round_trip(set, k == 0 ? SERVER_PCHATD : SERVER_RELAY);

			sample_add(&us[k], p.median_us);
			sample_add(&cpu[k], p.cpu_us);
			json_decref(curve[k]);
			curve[k] = latency_quantiles(LATENCIES / set->scale);
		}
	pin(false);
	json_t *row = row_new("round-trip", "us", &us[0], &us[1], false, 1.15);
	json_object_set_new(row, "quantiles_ours", curve[0]);
	json_object_set_new(row, "quantiles_limit", curve[1]);
	json_array_append_new(report, row);
	json_array_append_new(report, row_new("daemon-cpu-round-trip", "us", &cpu[0], &cpu[1], false, 1.15));
}

/* The receiving end of a stream: acknowledges what each read brought, as a helper does. */
struct sink {
	struct end *end;
	bool acks;
	size_t frame;
	unsigned count;
};

static void *
sink_run(void *arg)
{
	const struct sink *k = arg;
	static _Thread_local uint8_t buf[1 << 18];
	uint8_t ack[ACK_FRAME];
	size_t have = 0;

	for (unsigned got = 0; got < k->count;) {
		const ssize_t r = read(k->end->fd, buf + have, sizeof(buf) - have);

		if (r <= 0)
			err(1, "stream: read");
		have += (size_t)r;
		const unsigned n = (unsigned)(have / k->frame);
		if (n == 0)
			continue;
		if (k->acks)
			write_all(k->end->fd, ack, end_ack(k->end, ack, buf, n));
		got += n;
		have -= n * k->frame;
		memmove(buf, buf + n * k->frame, have);
	}
	return NULL;
}

/* Takes in acknowledgements; waits for one when the window is full. */
static void
collect_acks(struct end *a, uint64_t *acked, uint64_t sent, unsigned room)
{
	uint8_t in[ACK_FRAME];

	while (sent - *acked + room > WINDOW_MESSAGES) {
		uint32_t count;

		read_all(a->fd, in, sizeof(in));
		memcpy(&count, in + FRAME_HEADER + 12, sizeof(count));
		*acked += le32toh(count);
	}
}

/* A stream of 100-byte messages, `batch` of them a write. */
static struct pass
stream(const struct settings *set, enum server_kind kind, unsigned batch)
{
	const unsigned count = (batch > 1 ? 4000000U : 400000U) / set->scale / batch * batch;
	struct server s;
	struct end a, b;
	static uint8_t out[256 * FRAME_OF(100)];
	uint64_t acked = 0;
	pthread_t thread;

	server_start(&s, kind, set);
	end_pair(&a, &b, &s, 0);
	struct sink k = { .end = &b, .acks = kind == SERVER_PCHATD, .frame = FRAME_OF(100), .count = count };
	const double cpu = server_cpu_us(&s), begun = now_us();
	if (pthread_create(&thread, NULL, sink_run, &k) != 0)
		errx(1, "pthread_create");
	for (unsigned sent = 0; sent < count; sent += batch) {
		size_t n = 0;

		for (unsigned i = 0; i < batch; i++)
			n += end_message(&a, out + n, 100);
		if (k.acks)
			collect_acks(&a, &acked, sent, batch);
		write_all(a.fd, out, n);
	}
	pthread_join(thread, NULL);
	const double us = now_us() - begun;
	const struct pass p = { .per_second = count / us * 1e6, .cpu_us = (server_cpu_us(&s) - cpu) / count };
	end_close(&a);
	end_close(&b);
	server_stop(&s);
	return p;
}

static void
row_stream(const struct settings *set, json_t *report, unsigned batch, const char *name, double goal)
{
	struct sample rate[2] = { 0 }, cpu[2] = { 0 };

	for (unsigned r = 0; r < set->rounds; r++)
		for (int k = 0; k < 2; k++) {
			const struct pass p = stream(set, k == 0 ? SERVER_PCHATD : SERVER_RELAY, batch);

			sample_add(&rate[k], p.per_second);
			sample_add(&cpu[k], p.cpu_us);
		}
	json_array_append_new(report, row_new(name, "messages/s", &rate[0], &rate[1], true, goal));
	if (batch == 1)
		json_array_append_new(report, row_new("daemon-cpu-stream", "us", &cpu[0], &cpu[1], false, 1.2));
}

void
rows_stream(const struct settings *set, json_t *report)
{
	row_stream(set, report, 1, "stream", 0.9);
	row_stream(set, report, 256, "stream-batched", 0.3);
}

/* From a message to its acknowledgement, of the latest pass of many_pairs(). */
static double waited_us[MESSAGES_OF_PAIRS];

/* Many pairs, each with one message of 64 bytes or its acknowledgement under way. */
static double
many_pairs(const struct settings *set, enum server_kind kind, unsigned pairs)
{
	const unsigned count = MESSAGES_OF_PAIRS / set->scale;
	struct end *end = calloc((size_t)pairs * 2, sizeof(*end));
	double *sent_us = calloc((size_t)pairs * 2, sizeof(*sent_us));
	const int ep = epoll_create1(EPOLL_CLOEXEC);
	struct server s;
	uint8_t out[FRAME_OF(64)], in[FRAME_OF(64)], ack[ACK_FRAME];

	if (!end || !sent_us || ep < 0)
		err(1, "many_pairs");
	server_start(&s, kind, set);
	for (unsigned i = 0; i < pairs * 2; i += 2) {
		end_pair(&end[i], &end[i + 1], &s, i);
		for (unsigned j = i; j < i + 2; j++) {
			struct epoll_event ev = { .events = EPOLLIN, .data.u32 = j };

			if (epoll_ctl(ep, EPOLL_CTL_ADD, end[j].fd, &ev) < 0)
				err(1, "epoll_ctl");
		}
	}
	const double begun = now_us();
	for (unsigned i = 0; i < pairs * 2; i += 2) {
		sent_us[i] = now_us();
		write_all(end[i].fd, out, end_message(&end[i], out, 64));
	}
	for (unsigned done = 0; done < count;) {
		struct epoll_event ev[512];
		const int n = epoll_wait(ep, ev, 512, 5000);

		if (n <= 0)
			errx(1, "many pairs: nothing moves any more");
		for (int i = 0; i < n; i++) {
			struct end *e = &end[ev[i].data.u32];

			if (ev[i].data.u32 % 2 == 0) {
				double *since = &sent_us[ev[i].data.u32];

				read_all(e->fd, ack, sizeof(ack));
				if (done < count)
					waited_us[done++] = now_us() - *since;
				*since = now_us();
				write_all(e->fd, out, end_message(e, out, 64));
			} else {
				read_all(e->fd, in, sizeof(in));
				write_all(e->fd, ack, end_ack(e, ack, in, 1));
			}
		}
	}
	const double us = now_us() - begun;
	for (unsigned i = 0; i < pairs * 2; i++)
		end_close(&end[i]);
	free(end);
	free(sent_us);
	close(ep);
	server_stop(&s);
	return count / us * 1e6;
}

double
relay_round_trip_us(const struct settings *set)
{
	return round_trip(set, SERVER_RELAY).median_us;
}

double
relay_stream_rate(const struct settings *set)
{
	return stream(set, SERVER_RELAY, 1).per_second;
}

unsigned
sessions_possible(unsigned most)
{
	struct rlimit r = { most + OPEN_FILES_OTHERS, most + OPEN_FILES_OTHERS };

	if (geteuid() == 0)
		(void)setrlimit(RLIMIT_NOFILE, &r); /* above the hard limit it takes a capability */
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_max >= most + OPEN_FILES_OTHERS)
		return most;
	return r.rlim_max > OPEN_FILES_OTHERS ? (unsigned)(r.rlim_max - OPEN_FILES_OTHERS) / 2 * 2 : 0;
}

bool
enough_for(unsigned pairs)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (geteuid() != 0)
		fprintf(stderr, "skipped: %u pairs need as many uids, so root\n", pairs);
	else if (r.rlim_cur < pairs * 2 + 64)
		fprintf(stderr, "skipped: %u pairs need more open files than the limit of %lu\n", pairs,
		    (unsigned long)r.rlim_cur);
	else
		return true;
	return false;
}

void
rows_pairs(const struct settings *set, json_t *report, unsigned pairs)
{
	const unsigned count = MESSAGES_OF_PAIRS / set->scale;
	struct sample rate[2] = { 0 }, tail[2] = { 0 };
	char name[32];

	if (!enough_for(pairs))
		return;
	for (unsigned r = 0; r < set->rounds; r++) {
		sample_add(&rate[1], many_pairs(set, SERVER_RELAY, pairs));
		sample_add(&rate[0], many_pairs(set, SERVER_PCHATD, pairs));
		sample_add(&tail[1], median_of(waited_us, count));
		sample_add(&tail[0], waited_us[count - 1 - count / 1000]);
	}
	snprintf(name, sizeof(name), "pairs-%u", pairs);
	json_array_append_new(report, row_new(name, "messages/s", &rate[0], &rate[1], true, 0.85));
	if (pairs != PAIRS_OF_TAIL)
		return;
	snprintf(name, sizeof(name), "pairs-%u-p99.9", pairs); /* against p50 */
	json_array_append_new(report, row_new(name, "us", &tail[0], &tail[1], false, 5));
}

/* Private memory a session, and wake-ups over a while, of a daemon with 1,000 idle sessions. */
void
rows_idle(const struct settings *set, json_t *report)
{
	enum { SESSIONS = 1000 };
	struct end end[SESSIONS];
	struct sample bytes = { 0 }, wakes = { 0 }, none = { 0 }, limit = { 0 };
	struct server s;

	if (!enough_for(SESSIONS / 2))
		return;
	server_start(&s, SERVER_PCHATD, set);
	end_login(&end[0], &s, 0); /* what the first session alone brings along is not counted */
	const long before = private_kib(s.pid);
	for (unsigned i = 1; i < SESSIONS; i++)
		end_login(&end[i], &s, i);
	(void)poll(NULL, 0, 6000); /* it gives memory back when it has been at rest for some seconds, and is idle then */
	sample_add(&bytes, (double)(private_kib(s.pid) - before) * 1024 / (SESSIONS - 1));
	sample_add(&limit, 119); /* the bare relay's, see SPEED in docs/PERFORMANCE.md */
	json_array_append_new(report, row_new("idle-session", "bytes", &bytes, &limit, false, 512.0 / 119));
	const long switches = context_switches(s.pid);
	(void)poll(NULL, 0, 10000);
	sample_add(&wakes, (double)(context_switches(s.pid) - switches));
	sample_add(&none, 0);
	json_array_append_new(report, row_new("idle-daemon-wakeups", "in 10 s", &wakes, &none, false, 0));
	for (unsigned i = 0; i < SESSIONS; i++)
		end_close(&end[i]);
	server_stop(&s);
}
