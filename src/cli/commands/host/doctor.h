/*
 * What `pchat doctor` looks at: each check finds out about one thing that goes wrong on real hosts, and tells it in
 * one line, with the cure. No check changes anything, starts a daemon or a helper, or waits for long.
 */
#ifndef PCHAT_CLI_COMMANDS_HOST_DOCTOR_H
#define PCHAT_CLI_COMMANDS_HOST_DOCTOR_H

#include <sys/types.h>

#include "base/macros.h"

struct options;

#define ACCOUNT_ROOM 64

enum finding_state {
	FINDING_WELL,
	FINDING_NOTE, /* it works; something is worth knowing */
	FINDING_ILL,
};

struct finding {
	enum finding_state state;
	char words[512]; /* what was found */
	char cure[512];  /* what to do about it; empty when it is well */
};

/* These set the finding. */
void finding_well(struct finding *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void finding_note(struct finding *f, const char *cure, const char *fmt, ...) PRINTF_LIKE(3, 4);
void finding_ill(struct finding *f, const char *cure, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What the user database says of a uid. */
enum account_answer {
	ACCOUNT_KNOWN,
	ACCOUNT_NONE,    /* it answered, and has no such account */
	ACCOUNT_UNKNOWN, /* it did not answer */
	ACCOUNT_UNASKED, /* there is no process or descriptor to ask it by; errno says why */
};

/*
 * Asks it for the name, cut to what fits; empty when it is not known. In a process of its own, for 3 s at most: a directory
 * server that is down may keep a look-up waiting for minutes.
 */
enum account_answer doctor_account(uid_t uid, char name[ACCOUNT_ROOM]);

/* The checks: each sets *f. */
typedef void doctor_check(const struct options *o, struct finding *f);

doctor_check doctor_daemon, doctor_runtime, doctor_state, doctor_linger;    /* doctor_daemon.c, doctor_folders.c */
doctor_check doctor_session;                                                /* doctor_session.c */
doctor_check doctor_programs, doctor_limits, doctor_clock, doctor_accounts; /* doctor_system.c */
doctor_check doctor_locale, doctor_terminal, doctor_shell;                  /* doctor_terminal.c */

#endif
