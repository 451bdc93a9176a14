/*
 * A conversation: the lines that are said, the records that arrive, and the state of the session, tied together. On
 * a terminal with the editor; else as a filter, lines in, records out.
 */
#ifndef PCHAT_CLI_CHAT_CHAT_H
#define PCHAT_CLI_CHAT_CHAT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/chat/editor/editor.h"
#include "cli/chat/own.h"
#include "cli/chat/run.h"
#include "cli/line/command.h"
#include "client/deliver.h"
#include "client/inbox.h"

#define CHAT_RUNS 8U  /* /commands under way at once */
#define CHAT_PAIRS 8U /* earlier pairs with lines whose fate is open */

/* Descriptors at once: a connection of each pair, the output of each /command, and what there is one of. */
#define CHAT_FILES (CHAT_PAIRS + CHAT_RUNS + 16U)

struct filter;
struct chat;

/* A /command under way. */
struct chat_task {
	struct chat *chat;
	struct run *run; /* NULL: none */
	const char *name;
	char *line; /* as it was typed */
	bool waits; /* for c->awaited */
};

struct chat {
	struct ev_loop *loop;
	struct link *link;
	const struct options *opt;
	struct editor *editor; /* NULL: a filter, the state is not known yet, or the terminal is gone */
	struct recall *recall; /* NULL: a filter */
	struct filter *filter;
	struct inbox *inbox;
	struct own *own; /* NULL: a filter */
	struct conn *watch;
	struct deliver *current; /* NULL: nobody is there to talk to */
	struct deliver *earlier[CHAT_PAIRS];

	bool known; /* the helper has told the state at least once */
	struct control_message state;
	char away[AWAY_MAX + 1]; /* what was said of the partner */
	bool plain_watch;        /* the helper is an older one */
	bool confirm;            /* the pair changed under a draft: Enter asks once more */

	/* On a terminal. */
	struct run *recent;                    /* what was said last is being looked up */
	bool held;                             /* what is new is not asked for before that was shown */
	size_t unread;                         /* when the chat began */
	char latest_partner[NAME_MAX_LEN + 1]; /* who is, or was, talked to */
	char awaited[NAME_MAX_LEN + 1];        /* who is waited for (/to NAME --wait); "": nobody */
	unsigned unseen;                       /* messages that arrived since a key was typed */
	double rung;                           /* when the bell was last rung */

	ev_timer retry;
	double pause;
	struct run *reviver;
	bool complained; /* that the helper cannot be started */
	struct chat_task tasks[CHAT_RUNS];
	const char *command; /* the /command that is begun, as it was typed */
	struct run *completer;
	char *completed; /* what stood before the cursor when names were asked for */

	bool ending, quitting; /* as soon as what was said is settled; and then the session too */
	bool over;             /* now */
	bool hung_up;          /* nothing can be shown any more */
	ev_timer patience;     /* for what is under way, when it ends */
	ev_timer slow;         /* for the first state */
	ev_signal signals[3];
	int signal; /* that ended it, or 0 */
	int status;

	char *text; /* output that waits to be shown */
	size_t text_len, text_cap;
};

/* The whole chat: returns the exit status. The session is connected, and paired with whom the user named. */
int chat_main(struct invocation *inv);

/* A line of pchat's own among the others; foreign text in it must be safe. */
void chat_note(struct chat *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Shows what cli/output.h has collected: 0, or -errno. */
int chat_show(struct chat *c);

/* Says a line to the partner. OK; or why it cannot be said. */
enum verdict chat_say(struct chat *c, const char *text, size_t len);
bool chat_has_room(const struct chat *c);

/* Ends when all that was said is settled, after SEND_TIMEOUT_SECONDS at the latest. */
void chat_end(struct chat *c, bool quit);

/* Whether the partner's name is known; "" when there is none. */
const char *chat_partner(const struct chat *c);

/* terminal.c: the line that is typed, the prompt, the bell, the title. */
bool terminal_new(struct chat *c);
/* The state of the session has changed. */
void terminal_update(struct chat *c);
/* A record was shown. */
void terminal_arrived(struct chat *c, const struct record *r);

/* What is new may be shown from now on. */
void chat_go_on(struct chat *c);

/* recent.c: shows what was said last, then calls chat_go_on(). False: there is nothing to show. */
bool recent_begin(struct chat *c);

/* commands.c: a line that begins with one slash, without a line feed. */
enum editor_answer commands_run(struct chat *c, const char *line);

/* ^C on an empty line: takes back what is waited for. False when nothing is. */
bool commands_take_back(struct chat *c);

/* The same words as they are said in a chat: 'pchat to NAME' is '/to NAME'. Returns out. */
const char *commands_words(const char *words, char *out, size_t size);

/* Calls fn for each /command. */
void commands_each(void (*fn)(void *context, const char *name), void *context);

/* complete.c */
void complete_tab(struct chat *c, const char *before, size_t len);

/* filter.c: lines of standard input. NULL when memory is short. */
struct filter *filter_new(struct chat *c);
void filter_free(struct filter *f);
/* The state changed, a line was settled, records were shown: goes on reading when it can. */
void filter_wake(struct filter *f);
/* What was there to be read was shown. */
void filter_caught_up(struct filter *f);

#endif
