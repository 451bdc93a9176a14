/*
 * The command line: global options and those of the command, before or behind its name, and operands. Every command
 * lists the options that it takes as rows; the global ones are known here. Nothing is printed: a mistake is left as
 * words.
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

#define OPTION_FEW_MAX 64U

enum option_takes {
	OPTION_NOTHING,
	OPTION_TEXT,
	OPTION_PATH,          /* of a file or a socket; not empty */
	OPTION_NAME,          /* a name by R2 */
	OPTION_IDENT,         /* a message id */
	OPTION_COUNT,         /* a number from 1 to UINT32_MAX */
	OPTION_FEW,           /* a number from 1 to OPTION_FEW_MAX */
	OPTION_SECONDS,       /* seconds, perhaps with a fraction; kept in milliseconds */
	OPTION_MAYBE_SECONDS, /* --name or --name=SEC, likewise */
	OPTION_WHEN,          /* auto, always, never */
};

/* An option. A list of rows ends with one that has no name. */
struct option_row {
	enum option_id id;
	char letter;      /* as in -f; 0: it has none */
	const char *name; /* as in --file, without the dashes */
	enum option_takes takes;
	const char *value; /* what the help calls its value; NULL: it takes none */
	const char *help;  /* what it does, untranslated */
};

/* The options that every command takes. */
extern const struct option_row options_global[];

struct command;

/* A parsed command line. Its strings are those of argv. */
struct options {
	const struct command *const *commands; /* the commands of this program, as handed to options_parse() */
	bool given[OPT_IDS];                   /* which options were given */
	const char *text[OPT_IDS];             /* their values as typed; NULL: none */
	uint64_t number[OPT_IDS];              /* the value of an OPTION_COUNT, or the ms of OPTION_*SECONDS */
	const struct command *command;         /* NULL: none was named, or an unknown one */
	char **line;                           /* all words of argv */
	char **operands;                       /* operand_count of them */
	int operand_count;
	int dashes;          /* how many operands are before "--"; -1: there was no "--" */
	bool literal;        /* a "--" is part of the text: no word behind it is an option */
	char *few[32];       /* the memory of `operands`, unless there are more */
	const char *unknown; /* the long option that is the mistake; NULL: it is something else */
	char unknown_letter; /* the letter that is the mistake; 0: it is something else */
	bool early;          /* that option was before the command */
	bool malformed;      /* the mistake is a malformed name */
	char mistake[512];   /* what is wrong, for people; empty: nothing */
};

/*
 * Parses argv[1..], which stays as it is, with the commands of this program. 0; or -1, with o->mistake, when it cannot
 * be run.
 *
 * Where the command takes text, the text begins with the first word behind its other operands. From there on every word
 * is text, "--" too, but one that is an option is a mistake, unless it stands behind such a "--"; so is a word before the
 * text whose part before "=" holds a blank. -f and -s take no attached value there.
 *
 * --help and --version win over mistakes. Of several mistakes the first is told. With --prompt a malformed name is no
 * mistake.
 */
int options_parse(struct options *o, const struct command *const *commands, int argc, char **argv);

/* The row of the long option whose name is the `len` bytes at `name`; NULL: there is none. The list may be NULL. */
const struct option_row *options_find(const struct option_row *row, const char *name, size_t len);

/* The row of the option with a letter; NULL: there is none. The list may be NULL. */
const struct option_row *options_find_letter(const struct option_row *row, char letter);

/* --timeout in milliseconds; `otherwise_ms` when it was not given. UINT64_MAX: no limit. */
static inline uint64_t
options_timeout(const struct options *o, uint64_t otherwise_ms)
{
	return o->given[OPT_TIMEOUT] ? o->number[OPT_TIMEOUT] : otherwise_ms;
}

/*
 * The deadline (base/clock.h) of a command that waits for no other person: --timeout from now, else
 * SEND_TIMEOUT_SECONDS.
 */
uint64_t options_deadline(const struct options *o);

/* Reads seconds, such as "12" or "0.25", as milliseconds. False: it is no such number, or more than 31 years. */
bool options_seconds(const char *text, uint64_t *ms);

#endif
