/*
 * The judge: what commands said, against what lies in the inboxes. A message whose `send` ended with 0 is in its
 * receiver's inbox, once, in order; one that was refused is not; none is with anybody else; each was read. So it is with a
 * note (`tell`); one that is kept (12) is there in the end.
 */
#ifndef PCHAT_SIM_JUDGE_H
#define PCHAT_SIM_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Whether it is still in its receiver's inbox, when it was delivered (`history --delete`). */
enum fate { STAYS, PERHAPS_FORGOTTEN, FORGOTTEN };

struct message {
	bool used;
	unsigned from, to, seq;
	char text[48], id[40];
	unsigned attempts;
	bool delivered; /* a command said so */
	bool open;      /* it may or may not have arrived */
	bool refused;   /* certainly not, and nothing else was ever said of it */
	unsigned found; /* in its receiver's history */
	unsigned place; /* there */
	bool read;
	bool excused;         /* whose inbox was taken away */
	struct message *twin; /* was delivered under its id before: this one must not be, unless it was kept */
	bool shared;          /* another one has its id */
	unsigned stream;      /* of the lines of one command: its number; 0: a message by itself */
	bool note, later;     /* a note; it may be kept */
	bool kept;            /* a command said so */
	bool taken_back;      /* the same */
	bool half_taken_back; /* a command tried: a daemon that comes later may deliver it */
	bool certain;         /* it was taken back, and it cannot have been delivered before */
	bool smooth;          /* nothing went wrong while it was told: it has not come to be kept by a second attempt */
	uint64_t harms;       /* of the host, when it was first told: see kernel.h */
	bool pardoned;        /* what is kept may be forgotten: its receiver's rules, or the clock, may want it */
	bool by_session;      /* the note: told by a session */
	enum fate fate;
	bool there; /* when its receiver began to forget: certainly in the inbox, and meant */
};

struct command {
	bool used, done;
	unsigned who;
	int proc, capture;
	int status; /* as of waitpid(2) */
	uint64_t began, harms;
	const char *said;
	char text[256];
	struct message *message; /* of a send: the first */
	struct message *cancels; /* of `notes --cancel` */
	unsigned count;          /* of the lines of a stream */
	bool forgets;            /* history --delete */
	bool unread, part;       /* unread ones as well; only what is older than something */
	int with;                /* whom: what was said with others stays; NONE: with everybody */
};

void judge_begin(const char *const *names, unsigned people);

/* Records that the host fills in. */
struct command *judge_command(void);
int judge_capture(void);
void judge_release(struct command *c);
void judge_ended(int proc, int status);
struct message *judge_message(unsigned from, unsigned to, unsigned seq);
struct message *judge_note(unsigned from, unsigned to, unsigned seq);

/* A command is over: whether it said something that is possible. Returns its exit status, 128 and more when killed. */
int judge_command_over(struct command *c);
bool judge_is_open(const struct message *m);

/* Somebody's inbox was taken away: what lay there is nowhere now. */
void judge_forget(unsigned who);

/* A command that forgets begins. Somebody's inbox has a rule from now on by which what was read is forgotten. */
void judge_forgets(const struct command *c);
void judge_keeps_little(unsigned who);

/* Whether what somebody has certainly forgotten stands in a file. */
void judge_files(unsigned who);

/* One that was delivered from one to the other, if there is one; of notes also one that is kept. */
struct message *judge_delivered(unsigned from, unsigned to);
struct message *judge_repeatable(unsigned from, unsigned to); /* that was sent under its id */
struct message *judge_told(unsigned from, unsigned to);

/* What `history --json` of somebody says. */
void judge_history(unsigned who, const char *json);

/* The last word. */
void judge_end(void);

void judge_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
bool judge_failed(void);
const char *judge_words(void);

#endif
