/*
 * usage: bench [--rounds N] [--quick] [--build DIR] [--json FILE] [ROW]...
 * ROW: round-trip stream pairs idle commands typing crowd masses reader history, all of these when none is named; or
 * peers: the brokers that are installed here.
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "bench.h"
#include "peers.h"

#define DEADLINE_SECONDS 3600

static json_t *
sample_json(const struct sample *s)
{
	return json_pack("{s:f, s:f, s:f, s:i}", "median", sample_median(s), "min", sample_min(s), "max", sample_max(s),
	    "rounds", (int)s->n);
}

json_t *
row_new(const char *name, const char *unit, const struct sample *ours, const struct sample *limit,
    bool higher_is_better, double goal)
{
	const double o = sample_median(ours), l = sample_median(limit);
	const double ratio = l > 0 ? o / l : o;
	const bool met = higher_is_better ? ratio >= goal : ratio <= goal;

	printf("%-22s %12.1f (%.1f to %.1f) %-12s limit %12.1f  ratio %6.3f  goal %s %.2f  %s\n", name, o,
	    sample_min(ours), sample_max(ours), unit, l, ratio, higher_is_better ? ">=" : "<=", goal,
	    met ? "met" : "NOT MET");
	fflush(stdout);
	return json_pack("{s:s, s:s, s:o, s:o, s:f, s:f, s:b, s:b}", "row", name, "unit", unit, "ours",
	    sample_json(ours), "limit", sample_json(limit), "ratio", ratio, "goal", goal, "higher_is_better",
	    higher_is_better, "met", met);
}

static bool
wanted(char **rows, const char *name)
{
	if (!*rows)
		return true;
	for (; *rows; rows++)
		if (strcmp(*rows, name) == 0)
			return true;
	return false;
}

static void
run_rows(const struct settings *set, json_t *report, char **rows)
{
	if (wanted(rows, "round-trip"))
		rows_round_trip(set, report);
	if (wanted(rows, "stream"))
		rows_stream(set, report);
	if (wanted(rows, "pairs")) {
		static const unsigned pairs[] = { 1, 10, 100, 1000, 2000 };

		for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
			rows_pairs(set, report, pairs[i]);
	}
	if (wanted(rows, "idle"))
		rows_idle(set, report);
	if (wanted(rows, "commands"))
		rows_commands(set, report);
	if (wanted(rows, "via"))
		rows_via(set, report);
	if (wanted(rows, "typing"))
		rows_typing(set, report);
	if (wanted(rows, "handing"))
		rows_handing(set, report);
	if (wanted(rows, "crowd"))
		rows_crowd(set, report);
	if (wanted(rows, "masses"))
		rows_masses(set, report);
	if (wanted(rows, "reader"))
		rows_reader(set, report);
	if (wanted(rows, "history"))
		rows_history(set, report);
	if (*rows && wanted(rows, "peers"))
		rows_peers(set, report);
}

static void
write_report(const char *path, json_t *rows, const struct settings *set)
{
	struct utsname u;

	(void)uname(&u);
	_cleanup_(json_decrefp) json_t *whole = json_pack("{s:s, s:s, s:i, s:i, s:O}", "system", u.sysname, "release",
	    u.release, "processors", (int)sysconf(_SC_NPROCESSORS_ONLN), "rounds", (int)set->rounds, "rows", rows);
	if (json_dump_file(whole, path, JSON_INDENT(1)) < 0)
		errx(1, "%s: cannot be written", path);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "rounds", required_argument, NULL, 'r' },
		{ "quick", no_argument, NULL, 'q' }, { "build", required_argument, NULL, 'b' },
		{ "json", required_argument, NULL, 'j' }, { 0 } };
	struct settings set = { .rounds = 5, .scale = 1, .dir = "/tmp/pchat-bench-XXXXXX" };
	const char *build = ".", *out = NULL;
	char absolute[4096], command[128];

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (c) {
		case 'r':
			set.rounds = (unsigned)atoi(optarg);
			break;
		case 'q':
			set.scale = 10;
			break;
		case 'b':
			build = optarg;
			break;
		case 'j':
			out = optarg;
			break;
		default:
			return 2;
		}
	if (set.rounds < 1 || set.rounds > 64)
		errx(2, "rounds: 1 to 64");
	if (!realpath(build, absolute) || !mkdtemp(set.dir) || chmod(set.dir, 0755) < 0)
		err(1, "%s", build);
	set.build = absolute;
	signal(SIGPIPE, SIG_IGN);
	(void)alarm(DEADLINE_SECONDS);
	json_t *report = json_array();
	run_rows(&set, report, argv + optind);
	if (out)
		write_report(out, report, &set);
	json_decref(report);
	snprintf(command, sizeof(command), "rm -rf '%s'", set.dir);
	return system(command) == 0 ? 0 : 1;
}
