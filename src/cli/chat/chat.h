/*
 * What the files of a chat share; for nobody else. A chat ties together the lines that are said, the records that
 * arrive and the state of the session. On a terminal it has the editor; else it is a filter, with lines in and records
 * out. chat.c holds it together.
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

#define CHAT_RUNS 8U  /* most /commands that run at once */
#define CHAT_PAIRS 8U /* most earlier pairs that still have lines under way */

/* Most descriptors at once: one for each pair, two for each /command, and some more. */
#define CHAT_FILES (CHAT_PAIRS + 2 * CHAT_RUNS + 18U)

struct filter;
struct recent;
struct chat;

/* A /command under way. */
struct chat_task {
	struct chat *chat;
	struct run *run;                /* NULL: this place is free */
	const char *name;               /* of the command */
	char *line;                     /* as it was typed */
	bool waits;                     /* `/to NAME --wait`: it can be taken back */
	char awaited[NAME_MAX_LEN + 1]; /* for whom */
};

struct chat {
	struct ev_loop *loop;
	struct link *link;
	const struct options *opt;
	struct editor *editor; /* NULL: a filter, the state is not known yet, or the terminal is gone */
	struct recall *recall; /* NULL: a filter */
	struct filter *filter;
	struct inbox *inbox;                 /* what arrives */
	struct own *own;                     /* what other commands of the session say; NULL: a filter */
	struct recent *recent;               /* what it shows first; NULL: a filter */
	struct conn *watch;                  /* on which the helper tells the state; NULL: there is none now */
	struct deliver *current;             /* to the present partner; NULL: there is none */
	struct deliver *earlier[CHAT_PAIRS]; /* to earlier ones, as long as lines are under way */

	bool known;                   /* the helper has told the state at least once */
	struct control_message state; /* the latest CONTROL_STATE or CONTROL_CHANGED */
	char away[AWAY_MAX + 1];      /* why the partner is away, as it was last shown */
	bool plain_watch;             /* the helper is an older one */
	uint64_t asked;               /* Enter was asked to be typed again for that pair; 0: for none */

	/* On a terminal. */
	char latest_partner[NAME_MAX_LEN + 1]; /* the present partner, or the last one */
	char awaited[NAME_MAX_LEN + 1];        /* who is waited for (/to NAME --wait); "": nobody */
	unsigned unseen;                       /* messages that arrived since the last key */
	double rung;                           /* when the bell was last rung, by ev_now() */

	ev_timer retry;      /* until the next attempt to connect */
	double pause;        /* seconds of that */
	struct run *reviver; /* starts the helper */
	bool complained;     /* it was said that the helper cannot be started */
	struct chat_task tasks[CHAT_RUNS];
	const char *command;   /* the /command that is being begun, as it was typed */
	struct run *completer; /* looks up names for Tab */
	char *completed;       /* the text before the cursor when that began */

	bool ending;       /* the chat ends as soon as what was said is settled */
	bool quitting;     /* and then the session is quit */
	bool over;         /* the chat ends now */
	bool hung_up;      /* nothing can be shown any more */
	ev_timer patience; /* how long an end waits for what is under way */
	ev_timer slow;     /* until a helper that has told no state yet counts as slow */
	ev_signal signals[4];
	int signal; /* the signal that ended the chat; 0: none did */
	int status; /* the exit status */

	char *text; /* output that waits to be shown, text_len bytes */
	size_t text_len, text_cap;
};

/*
 * Runs the whole chat, and returns the exit status. The link is connected, and the session paired with whom the user
 * named, if with anybody.
 */
int chat_main(struct invocation *inv);

/* Shows a line of pchat's own, translated, among the others. Foreign text in it must be safe. */
void chat_note(struct chat *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Shows what output.h has collected. 0 or -errno. */
int chat_show(struct chat *c);

/* Sends a line of `len` bytes to the partner. OK: it is under way; else why it cannot be sent. */
enum verdict chat_say(struct chat *c, const char *text, size_t len);

/* Whether another line may be said now: false while too many are under way. */
bool chat_has_room(const struct chat *c);

/*
 * Ends the chat when all that was said is settled, at the latest after SEND_TIMEOUT_SECONDS. `quit`: the session as
 * well.
 */
void chat_end(struct chat *c, bool quit);

/* The partner's name; "" when there is none. Valid until the next state. */
const char *chat_partner(const struct chat *c);

/* Shows a record that arrived. */
void chat_record(struct chat *c, const struct record *r);

/* Asks for what is new from now on: what came first was shown. */
void chat_go_on(struct chat *c);

/* Whether this chat has said the line of that id, and was not told yet that it was delivered. */
bool chat_has_said(const struct chat *c, const struct ident *id);

/* terminal.c: the line that is typed, the prompt, the bell and the window's title. */

/* Makes the editor. False and errno: the terminal cannot be used. */
bool terminal_new(struct chat *c);

/* The state of the session has changed: shows that in the prompt and the title. */
void terminal_update(struct chat *c);

/* A record was shown: rings the bell for a message, and counts it in the title. */
void terminal_arrived(struct chat *c, const struct record *r);

/* recent.c */

/* NULL: short of memory. */
struct recent *recent_new(struct chat *c);
void recent_free(struct recent *n);

/* The chat begins: id of the newest record, how many messages are unread. */
void recent_begin(struct recent *n, uint64_t newest, uint64_t unread);

/* A record arrived. True: it is kept, and shown later by chat_record(). */
bool recent_hold(struct recent *n, const struct record *r);

/* The first of what is unread was given (inbox.h). Shows all, then calls chat_go_on(), now or later. */
void recent_look(struct recent *n, bool more);

/* Before a record is shown: parts it from what was said before. */
void recent_before(struct recent *n, const struct record *r);

/* An own line was shown that the helper may tell of later; and whether one was. */
void recent_note(struct recent *n, const struct ident *id);
bool recent_showed(const struct recent *n, const struct ident *id);

/* commands.c */

/* Runs a /command. The line begins with one slash and has no line feed. Says what becomes of it. */
enum editor_answer commands_run(struct chat *c, const char *line);

/* Takes back `/to NAME --wait`. False: nobody is waited for. */
bool commands_take_back(struct chat *c);

/* Writes `words` as one says them in a chat, with '/to NAME' for 'pchat to NAME', into out[size]. Returns out. */
const char *commands_words(const char *words, char *out, size_t size);

/* Calls fn with the name of each /command. */
void commands_each(void (*fn)(void *context, const char *name), void *context);

/* complete.c */

/* Tab: completes the `len` bytes before the cursor, now or when the names are known. */
void complete_tab(struct chat *c, const char *before, size_t len);

/* filter.c */

/* Begins to read lines of standard input. NULL: short of memory. */
struct filter *filter_new(struct chat *c);

/* Frees it; takes NULL. */
void filter_free(struct filter *f);

/* The state has changed, a line was settled, or records were shown: goes on reading when it can. */
void filter_wake(struct filter *f);

/* All that was unread at the start was shown. */
void filter_caught_up(struct filter *f);

#endif
