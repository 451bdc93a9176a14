/* What the rows of the peers share: with those of the relay, and with the protocols that the brokers speak. */
#ifndef PCHAT_BENCH_PEERS_H
#define PCHAT_BENCH_PEERS_H

#include "bench.h"

/* One pass over the bare relay (relay_rows.c). */
double relay_round_trip_us(const struct settings *set);
double relay_stream_rate(const struct settings *set);

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

/* wires.c. A connection to who listens, or is about to, at `path`. */
int dial(const char *path);
/* Both ends connected to that broker; messages of `body` bytes. */
void redis_open(struct wire *w, const char *path, size_t body);
void mqtt_open(struct wire *w, const char *path, size_t body);
void wire_close(struct wire *w);

/* dbus.c: the same for a bus. */
void dbus_open(struct wire *w, const char *path, size_t body);
/* dbus-broker(1) does not listen by itself: makes the one at the other end of `controller` listen at `path`. */
void dbus_broker_listen(int controller, const char *path);

void rows_peers(const struct settings *set, json_t *report);

#endif
