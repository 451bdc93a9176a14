/*
 * Commands: each is a row in a file of its own. Help, checks, completion and
 * suggestions follow from the rows.
 *
 * To add one: write cmd_NAME.c in a room of cli/commands with `const struct command command_NAME`; declare it here;
 * name it in edition_full.c (and in edition_light.c when it needs libc alone and is worth a fast start); add its file
 * to Makefile.am, its words to man/pchat.1, a test to tests/system.
 */
#ifndef PCHAT_CLI_LINE_COMMAND_H
#define PCHAT_CLI_LINE_COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/line/edition.h"
#include "cli/line/options.h"
#include "client/link.h"

/* One run of the program. */
struct invocation {
	const struct edition *edition;
	struct options opt;
	struct link link; /* connected when the row has needs_session */
	char **argv;      /* of main(), for a command that becomes another program */
};

#define OPERANDS_ANY INT_MAX

struct command {
	const char *name;
	const char *operands;             /* as in its usage line: "NAME", "[TEXT...]" */
	const char *missing;              /* what to ask for when an operand is missing: "to whom?" */
	const char *summary;              /* one line */
	const char *examples;             /* lines, each with its line feed */
	const char *details;              /* lines about what is not obvious; may be NULL */
	const struct option_row *options; /* NULL: none of its own */
	int min_operands, max_operands;
	bool takes_text;                    /* the operands are text, see options_parse() */
	int text_after;                     /* operands before the text: a NAME */
	bool names_first;                   /* the first operand is a name by R2 */
	bool needs_session;                 /* connected to the session's helper, which is started again if need be */
	bool knows_notes;                   /* and its connection says so: it is told of notes, and of offers */
	bool knows_away;                    /* and that it is told who is away */
	bool knows_queue;                   /* and when its wait for somebody begins */
	bool hidden;                        /* not for people */
	bool shows_others;                  /* prints what others wrote, which the light program cannot make safe */
	enum option_id only_with;           /* the light program runs it only with this option; 0: always */
	int (*run)(struct invocation *inv); /* returns the exit status */
};

extern const struct command command_accept, command_allow, command_ask, command_away, command_block, command_chat,
    command_complete, command_decline, command_dnd, command_doctor, command_give, command_help, command_history,
    command_leave, command_login, command_on_message, command_pipe, command_quit, command_read, command_safe,
    command_send, command_shellinit, command_status, command_status_prompt, command_notes, command_reply, command_tell,
    command_to, command_unblock, command_who, command_with;

/* The session that the command line or the environment names, else the only one: as link_find(). */
MUST_USE enum verdict command_find_session(struct invocation *inv);

/* `pchat chat` runs in a program of its own: pchat-full becomes it, and it has another function of this name. */
int chat_run(struct invocation *inv);

/* The row of that name in the table, which NULL ends; or NULL. */
const struct command *command_find(const struct command *const *table, const char *name);

#endif
