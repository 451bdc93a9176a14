/* pchat doctor: what goes wrong on real hosts, and the cure. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "cli/line/command.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/rows.h"
#include "proto/safe.h"
#include "proto/status.h"

static void
finding_set(struct finding *f, enum finding_state state, const char *cure, const char *fmt, va_list ap)
{
	f->state = state;
	(void)vsnprintf(f->words, sizeof(f->words), translate(fmt), ap);
	(void)snprintf(f->cure, sizeof(f->cure), "%s", _(cure));
}

void
finding_well(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_set(f, FINDING_WELL, "", fmt, ap);
	va_end(ap);
}

void
finding_note(struct finding *f, const char *cure, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_set(f, FINDING_NOTE, cure, fmt, ap);
	va_end(ap);
}

void
finding_ill(struct finding *f, const char *cure, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_set(f, FINDING_ILL, cure, fmt, ap);
	va_end(ap);
}

static const struct {
	const char *name;
	doctor_check *check;
} checks[] = {
	{ N_("daemon"), doctor_daemon },
	{ N_("runtime folder"), doctor_runtime },
	{ N_("state folder"), doctor_state },
	{ N_("sessions"), doctor_session },
	{ N_("linger"), doctor_linger },
	{ N_("programs"), doctor_programs },
	{ N_("limits"), doctor_limits },
	{ N_("clock"), doctor_clock },
	{ N_("user database"), doctor_accounts },
	{ N_("locale"), doctor_locale },
	{ N_("terminal"), doctor_terminal },
	{ N_("shell"), doctor_shell },
};

static const char *const state_word[] = {
	[FINDING_WELL] = N_("ok"),
	[FINDING_NOTE] = N_("note"),
	[FINDING_ILL] = N_("ill"),
};

static void
print_json(const char *name, const struct finding *f)
{
	format_json_line(json_pack("{sssssoso}", "check", name, "state", state_word[f->state], "text",
	    format_json_text(f->words), "cure", format_json_text(f->cure)));
}

/* Paths and account names are foreign bytes. */
static void
print_safe(const char *text)
{
	const size_t length = strlen(text), room = safe_bound(length, 0);
	_cleanup_(freep) char *safe = malloc(room);

	if (safe)
		output_write(safe, safe_line(text, length, safe, room));
	else
		output_fail(-ENOMEM);
}

/* A word of ours, and blanks up to the next column of the table. */
static void
print_column(const char *word, int columns)
{
	output_printf("%s%*s", word, columns + 1 - (int)safe_width(word, strlen(word)), "");
}

static void
print_text(const char *name, const struct finding *f)
{
	rows_begin();
	print_column(_(state_word[f->state]), 5);
	print_column(_(name), 15);
	print_safe(f->words);
	output_string(f->cure[0] ? _("; ") : "");
	print_safe(f->cure);
	output_string("\n");
	rows_end();
}

static int
doctor_run(struct invocation *inv)
{
	bool well = true;

	(void)rows_setup();
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding f = { .state = FINDING_ILL };

		checks[i].check(&inv->opt, &f);
		well = well && f.state != FINDING_ILL;
		(inv->opt.given[OPT_JSON] ? print_json : print_text)(checks[i].name, &f);
	}
	return well ? 0 : status_exit(VERDICT_FAILED);
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = N_("check for what goes wrong on real hosts, and say how to mend it"),
	.examples = "pchat doctor\n"
		    "pchat doctor --json | jq -r 'select(.state == \"ill\") | .cure'\n",
	.details = N_("Prints a line for each check: ok, note (it works, but something is worth knowing) or\n"
		      "ill; then what was found, and what to do about it. Nothing is changed or started. The\n"
		      "exit status is 0 when nothing is ill, else 71.\n"),
	.run = doctor_run,
};
