/*
 * The command line: options of ours and of the command, before or after it,
 * and what is left as operands. Every command lists the options it takes as rows; the
 * global ones are known here. Nothing is printed: a mistake is left as words.
 */
#ifndef PCHAT_CLI_LINE_OPTIONS_H
#define PCHAT_CLI_LINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
	OPT_SESSION,
	OPT_SOCKET,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_QUIET,
	OPT_COLOR,
	OPT_HELP,
	OPT_VERSION,
	/* of commands */
	OPT_TO,
	OPT_LINES,
	OPT_NUL,
	OPT_FILE,
	OPT_ID,
	OPT_FOLLOW,
	OPT_WAIT,
	OPT_NUMBER,
	OPT_PEEK,
	OPT_RAW,
	OPT_PROMPT,
	OPT_GREP,
	OPT_SINCE,
	OPT_AT_ONCE,
	OPT_LIMIT,
	OPT_MAX_UNREAD,
	OPT_MAX_UNREAD_BYTES,
	OPT_IF_NEEDED,
	OPT_STAY,
	OPT_NOTIFY_ONLY,
	OPT_FULL_TIME,
	OPT_NO_PAGER,
	OPT_NO_BELL,
	OPT_PLAIN,
	OPT_DELETE,
	OPT_BEFORE,
	OPT_UNREAD,
	OPT_KEEP,
	OPT_NOTES,
	OPT_NOTE,
	OPT_LATER,
	OPT_KEPT,
	OPT_CANCEL,
	OPT_LIST,
	OPT_OUTPUT,
	OPT_VIA,
	OPT_IDS, /* how many there are */
};

enum option_takes {
	OPTION_NOTHING,
	OPTION_TEXT,
	OPTION_NAME,          /* a name by R2 */
	OPTION_IDENT,         /* a message id */
	OPTION_COUNT,         /* 1 to UINT32_MAX */
	OPTION_SECONDS,       /* with a fraction if need be; kept in milliseconds */
	OPTION_MAYBE_SECONDS, /* --name or --name=SEC */
	OPTION_WHEN,          /* auto, always, never */
};

/* A list of rows ends with one that has no name. */
struct option_row {
	enum option_id id;
	char letter; /* 0: none */
	const char *name;
	enum option_takes takes;
	const char *value; /* what it is called in the help */
	const char *help;
};

extern const struct option_row options_global[];

struct command;

struct options {
	const struct command *const *commands; /* the rows of this program, as handed to options_parse() */
	bool given[OPT_IDS];
	const char *text[OPT_IDS];     /* the value as typed, NULL: none */
	uint64_t number[OPT_IDS];      /* of OPTION_COUNT, OPTION_*SECONDS (ms) */
	const struct command *command; /* NULL: none was named, or an unknown one */
	char **line;                   /* all words */
	char **operands;
	int operand_count;
	int dashes;          /* operands before "--"; -1: there was none */
	char *few[32];       /* where the operands stand, unless there are more */
	const char *unknown; /* the mistake is this long option, or NULL */
	char unknown_letter; /* or this letter, or 0 */
	bool early;          /* and it stood before the command */
	bool malformed;      /* the mistake is a malformed name */
	char mistake[512];   /* what is wrong, for people; empty: nothing */
};

/*
 * Parses argv[1..] with the rows of this program; it stays as it is. 0; -1 with o->mistake when the line cannot be
 * run as it is. Where the
 * command takes text, that begins with the first word behind its other operands: a word of it that is an option is a
 * mistake, any other is text, "--" too; so is a word before it whose part before "=" holds a blank; -f and -s take no
 * attached value there. --help and --version win over mistakes; of several mistakes the first is told. With --prompt a
 * malformed name is none.
 */
int options_parse(struct options *o, const struct command *const *commands, int argc, char **argv);

/* The row of a long option, whose name has `len` bytes, or of a letter; NULL: there is none. Rows may be NULL. */
const struct option_row *options_find(const struct option_row *row, const char *name, size_t len);
const struct option_row *options_find_letter(const struct option_row *row, char letter);

/* --timeout in milliseconds, or what stands when it is not given. UINT64_MAX: no limit. */
static inline uint64_t
options_timeout(const struct options *o, uint64_t otherwise_ms)
{
	return o->given[OPT_TIMEOUT] ? o->number[OPT_TIMEOUT] : otherwise_ms;
}

/* When a command that waits for no other person gives up: --timeout from now, else SEND_TIMEOUT_SECONDS. */
uint64_t options_deadline(const struct options *o);

/* "12", "0.25": milliseconds. False when it is no such number, or over 31 years. */
bool options_seconds(const char *text, uint64_t *ms);

#endif
