/*
 * The bench: each row of docs/PERFORMANCE.md measured in alternation with its
 * limit, several rounds, medians and ratios. Loops are bounded in count; the
 * whole by an alarm.
 */
#ifndef PCHAT_BENCH_H
#define PCHAT_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/ident.h"

/* settings.c: what all rows share. */
struct settings {
	unsigned rounds;
	unsigned scale;    /* divides the counts: 1 for a full run, more for a quick look */
	const char *build; /* where the programs are */
	char dir[64];      /* private, removed at the end */
};

/* stats.c */
struct sample {
	size_t n;
	double v[64];
};
void sample_add(struct sample *s, double v);
double sample_median(const struct sample *s);
double sample_min(const struct sample *s);
double sample_max(const struct sample *s);
double median_of(double *v, size_t n); /* sorts them */
double now_us(void);

/* server.c: a relay or a pchatd of our own. */
#define UID_BASE 61000U /* of the peers, where we are root */
enum server_kind { SERVER_RELAY, SERVER_PCHATD };
struct server {
	enum server_kind kind;
	pid_t pid;
	char socket[108];
};
void server_start(struct server *s, enum server_kind kind, const struct settings *set);
void server_stop(struct server *s);
double server_cpu_us(const struct server *s); /* user and system time so far */
long private_kib(pid_t pid);
long context_switches(pid_t pid);

/* peer.c: a connection to either; a pair of them talks in the same frames. */
struct end {
	int fd;
	uint64_t pair;
	uint32_t epoch;
	struct ident next; /* id of the next message */
};
void end_login(struct end *e, const struct server *s, unsigned serial);
void end_pair(struct end *a, struct end *b, const struct server *s, unsigned serial);
void end_close(struct end *e);
size_t end_message(struct end *e, uint8_t *out, size_t body); /* the whole frame; returns its length */
size_t end_ack(struct end *e, uint8_t *out, const uint8_t *message, uint32_t count);
void write_all(int fd, const void *data, size_t n);
void read_all(int fd, void *data, size_t n);

/* A row: measures and adds to the report {"row", "ours", "limit", "ratio", ...}. */
json_t *row_new(const char *name, const char *unit, const struct sample *ours, const struct sample *limit,
    bool higher_is_better, double goal);

/* relay_rows.c */
void rows_round_trip(const struct settings *set, json_t *report);
void rows_stream(const struct settings *set, json_t *report);
void rows_pairs(const struct settings *set, json_t *report, unsigned pairs);
void rows_idle(const struct settings *set, json_t *report);
unsigned sessions_possible(unsigned most); /* with the open files that one may have, in even numbers */
bool enough_for(unsigned pairs);           /* open files, and uids of root's for so many; else a word */

/* command_rows.c */
void rows_commands(const struct settings *set, json_t *report);
void rows_via(const struct settings *set, json_t *report);
void write_lines(const char *path, unsigned count); /* of 100 bytes, each with its number */

/* Two sessions, bench-a and bench-b, on a daemon of our own, paired. */
struct stage {
	struct server server;
	char pchat[4096];
	char state[128]; /* where their inboxes are */
};
void
stage_open(struct stage *g, const struct settings *set, const char *memory); /* NULL, or a folder for the inboxes */
void stage_close(struct stage *g, const struct settings *set);
void stage_restart(struct stage *g, const struct settings *set); /* another daemon; the inboxes are kept */
pid_t helper_pid(const struct settings *set, const char *session);

/* stream_rows.c */
void rows_handing(const struct settings *set, json_t *report);

/* work_rows.c */
void rows_crowd(const struct settings *set, json_t *report);
void rows_masses(const struct settings *set, json_t *report);
void rows_reader(const struct settings *set, json_t *report);
void rows_history(const struct settings *set, json_t *report);

/* typing_rows.c */
void rows_typing(const struct settings *set, json_t *report);

/* pin this process and what it starts to one CPU, or free it again. */
void pin(bool on);

/* Runs argv with standard streams on /dev/null (or stdin from a file) and waits; exits the bench when it fails. */
double run_us(const struct settings *set, char *const argv[], const char *input);

/* The same for what may fail: *status is its exit status. */
double try_us(char *const argv[], const char *input, int *status);

#endif
