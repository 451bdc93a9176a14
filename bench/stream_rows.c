/*
 * The rows of streams and files between partners: pipe with accept -- COMMAND against a pipe of the shell, give against
 * cp and sync.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* Both ends at once; the taker tries until something is offered. */
#define BETWEEN(offer, take)                                                                  \
	"(" offer ") & until \"$PCHAT\" -q -s bench-b accept" take " 2>\"$DIR/refused\"; do " \
	"grep -q 'nothing is offered' \"$DIR/refused\" || exit 1; done; wait $!"

#define ZEROS "head -c $BYTES /dev/zero"
#define OFFERED ZEROS " | \"$PCHAT\" -q -s bench-a pipe"

static double
shell_us(const struct settings *set, const char *script)
{
	char *const argv[] = { "/bin/sh", "-c", (char *)script, NULL };

	return run_us(set, argv, NULL);
}

static void
set_number(const char *name, unsigned long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	setenv(name, text, 1);
}

/* Bytes a second of one script against another, in turn. */
static void
row_scripts(const struct settings *set, json_t *report, const char *name, double bytes, const char *const script[2],
    const char *between, double goal)
{
	struct sample rate[2] = { 0 };

	for (unsigned r = 0; r < set->rounds; r++) {
		for (unsigned i = 0; i < 2; i++) {
			sample_add(&rate[i], bytes / shell_us(set, script[i]));
			if (between)
				(void)shell_us(set, between);
		}
	}
	json_array_append_new(report, row_new(name, "MB/s", &rate[0], &rate[1], true, goal));
}

void
rows_handing(const struct settings *set, json_t *report)
{
	static const char *const work[] = { BETWEEN(OFFERED, " -- sh -c 'gzip -1 >/dev/null'"),
		ZEROS " | gzip -1 >/dev/null" };
	static const char *const speed[] = { BETWEEN(OFFERED, " -- sh -c 'cat >/dev/null'"),
		ZEROS " | cat >/dev/null" };
	static const char *const files[] = { "cd \"$DIR\"; " BETWEEN(
						 "\"$PCHAT\" -q -s bench-a give given", " -o taken"),
		"cd \"$DIR\"; cp given taken && sync taken" };
	const unsigned long long piped = 4000000000ULL / set->scale, given = (4ULL << 30) / set->scale;
	struct stage g;

	stage_open(&g, set, NULL);
	setenv("PCHAT", g.pchat, 1);
	setenv("DIR", set->dir, 1);
	set_number("BYTES", piped / 4);
	row_scripts(set, report, "pipe-gzip", (double)(piped / 4), work, NULL, 0.95);
	set_number("BYTES", piped);
	row_scripts(set, report, "pipe", (double)piped, speed, NULL, 0.3);
	set_number("BYTES", given);
	(void)shell_us(set, "head -c $BYTES /dev/urandom >\"$DIR/given\"");
	row_scripts(set, report, "give", (double)given, files, "rm -f \"$DIR/taken\"", 0.85);
	(void)shell_us(set, "rm -f \"$DIR/given\"");
	stage_close(&g, set);
}
