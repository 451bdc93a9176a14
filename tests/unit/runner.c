/*
 * Runs the suites of all modules and reports in TAP. With arguments only the
 * suites so named; CK_FORK=no keeps them in this process, for a debugger.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#ifdef HAVE_ICU
#define SUITES_ICU(X) X(unicode_icu)
#else
#define SUITES_ICU(X)
#endif

/* One row a module, by layer: X(name) gathers name_suite() of test_name.c. */
#define SUITES(X)            \
	X(log)               \
	X(errors)            \
	X(translate)         \
	X(write)             \
	X(memory)            \
	X(signals)           \
	X(view)              \
	X(endpoint)          \
	X(session_folder)    \
	X(terminal)          \
	X(typed)             \
	X(typed_line)        \
	X(codec)             \
	X(bindings)          \
	X(partner)           \
	X(erase)             \
	X(image)             \
	X(database)          \
	X(wal_index)         \
	X(kinds)             \
	X(session_kept)      \
	X(answer)            \
	X(bucket)            \
	X(exchange)          \
	X(exchange_world)    \
	X(ident)             \
	X(name)              \
	X(policy)            \
	X(quota)             \
	X(via)               \
	X(waiting)           \
	X(deadlines)         \
	X(acceptor)          \
	X(closing)           \
	X(unicode)           \
	SUITES_ICU(X)        \
	X(socket)            \
	X(rundir)            \
	X(stream)            \
	X(process)           \
	X(userns)            \
	X(worker)            \
	X(feature)           \
	X(lookups)           \
	X(passwd)            \
	X(services)          \
	X(places)            \
	X(registry)          \
	X(history)           \
	X(once)              \
	X(forget)            \
	X(needle)            \
	X(pack)              \
	X(rows)              \
	X(scan)              \
	X(search)            \
	X(sentbox)           \
	X(store)             \
	X(window)            \
	X(frame)             \
	X(turns)             \
	X(upstream)          \
	X(control)           \
	X(quote)             \
	X(status)            \
	X(safe)              \
	X(layout)            \
	X(linebreak)         \
	X(wrap)              \
	X(courier)           \
	X(intake)            \
	X(claim)             \
	X(outbox)            \
	X(delivery)          \
	X(telling)           \
	X(offers)            \
	X(piece)             \
	X(session_notes)     \
	X(tells)             \
	X(streams)           \
	X(relay)             \
	X(greeting)          \
	X(footprint)         \
	X(keeper)            \
	X(kept_file)         \
	X(kept_table)        \
	X(kept_work)         \
	X(earlier)           \
	X(finder)            \
	X(state)             \
	X(backlog)           \
	X(inbound)           \
	X(outbound)          \
	X(pair)              \
	X(login)             \
	X(judge)             \
	X(uplink)            \
	X(bridge)            \
	X(control_client)    \
	X(listener)          \
	X(begin)             \
	X(watch)             \
	X(requests)          \
	X(reading)           \
	X(said)              \
	X(options)           \
	X(suggest)           \
	X(file_names)        \
	X(feed)              \
	X(outgoing)          \
	X(report)            \
	X(format)            \
	X(forkless)          \
	X(base64)            \
	X(when)              \
	X(buffer)            \
	X(keys)              \
	X(draw)              \
	X(editrc)            \
	X(stops)             \
	X(walk)              \
	X(origin)            \
	X(own)               \
	X(excerpt)           \
	X(recall)            \
	X(run)               \
	X(editor)            \
	X(chat)              \
	X(recent)            \
	X(sender_report)     \
	X(cmd_ask)           \
	X(text_source)       \
	X(cmd_on_message)    \
	X(complete_files)    \
	X(handing)           \
	X(sink)              \
	X(source)            \
	X(taking)            \
	X(colour)            \
	X(help)              \
	X(cli_report)        \
	X(restore)           \
	X(cli_rows)          \
	X(fed)               \
	X(hangup)            \
	X(link)              \
	X(offspring)         \
	X(channel)           \
	X(conn)              \
	X(deliver)           \
	X(inbox)             \
	X(offering)          \
	X(records)           \
	X(who)               \
	X(offers_in)         \
	X(offers_out)        \
	X(cmd_block)         \
	X(cmd_status_prompt) \
	X(history_open)      \
	X(account)           \
	X(names)             \
	X(dispatch_streams)  \
	X(notify)            \
	X(safe_rules)        \
	X(history_serve)     \
	X(sent_scan)         \
	X(protocol_page)

#define DECLARE(module) Suite *module##_suite(void);
SUITES(DECLARE)

static const struct {
	const char *name;
	Suite *(*suite)(void);
} suites[] = {
#define ROW(module) { #module, module##_suite },
	SUITES(ROW){ NULL, NULL },
};

static bool
wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

#ifdef __SANITIZE_ADDRESS__
/*
 * Each assertion is told to this process, which frees what it has read of it. Kept back by the sanitizer, that would be a
 * quarter of a gigabyte for each fork to copy.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

/*
 * Each test's process looks for leaks at its end, in all that the tests hold, which takes longer than most of them.
 * UNIT_LEAKS=no leaves that to the night.
 */
int
__lsan_is_turned_off(void)
{
	const char *leaks = getenv("UNIT_LEAKS");

	return leaks && strcmp(leaks, "no") == 0;
}
#endif

static double
seconds(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* How many times its processor time something takes here: where we have a tenth of a processor, ten times. */
static double
slowness(void)
{
	const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
	double used;

	while ((used = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor) < 0.05)
		continue;
	return (seconds(CLOCK_MONOTONIC) - wall) / used;
}

/* Seconds for each test, read when its case is made. Check's own 4 say more about the machine than about the code. */
static void
set_time_limit(void)
{
	char limit[32];

	(void)snprintf(limit, sizeof(limit), "%.0f", 120 * slowness());
	(void)setenv("CK_DEFAULT_TIMEOUT", limit, 0);
}

int
main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	(void)argc;
	set_time_limit();
	runner = srunner_create(NULL);
	for (size_t i = 0; suites[i].name; i++) {
		if (wanted(suites[i].name, argv + 1))
			srunner_add_suite(runner, suites[i].suite());
	}
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
