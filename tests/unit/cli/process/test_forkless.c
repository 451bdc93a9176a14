/* Where no process can be started, whatever was opened for it is closed again. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/chat/run.h"
#include "cli/commands/host/doctor.h"
#include "cli/process/child.h"
#include "cli/process/fed.h"
#include "net/process.h"
#include "net/worker.h"

#define NOBODY 65534

static char program[] = "/bin/true";
static char *const argv[] = { program, NULL };

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	ck_assert_int_eq(closedir(d), 0);
	return n;
}

static void
by_fed(void)
{
	struct fed f;

	ck_assert_int_eq(fed_prepare(&f, argv), -EAGAIN);
	ck_assert_int_eq(f.input, -1);
	ck_assert_int_eq(f.keeper, -1);
}

static void
by_child(void)
{
	struct child c;

	ck_assert_int_eq(child_start(&c, argv, -1, -1, false), -EAGAIN);
}

static void
by_doctor(void)
{
	struct finding f = { .state = FINDING_WELL };

	doctor_accounts(NULL, &f);
	ck_assert_int_eq(f.state, FINDING_ILL);
}

static void
by_process(void)
{
	char report[64];

	ck_assert_int_eq(process_start(argv, 1000, report, sizeof(report)), -EAGAIN);
}

static void
no_work(const void *task, int out)
{
	(void)task, (void)out;
}

static void
never(struct worker *w)
{
	(void)w;
	ck_abort_msg("it was not started");
}

static void
by_worker(void)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct worker w = { .told = never, .gone = never };

	ck_assert_int_eq(worker_start(&w, loop, 1000, no_work, NULL), -EAGAIN);
}

static void
not_run(void *context, const struct run_end *end)
{
	(void)context, (void)end;
	ck_abort_msg("it was not started");
}

static void
by_run(void)
{
	static const char *const words[] = { "word", NULL };

	ck_assert_ptr_null(run_new(ev_default_loop(EVFLAG_AUTO), words, not_run, NULL));
	ck_assert_int_eq(errno, EAGAIN);
}

static void (*const start[])(void) = { by_fed, by_child, by_doctor, by_process, by_worker, by_run };

/* In a process of its own: the limit is no root's, and holds for all that this user has. */
static void
starve(void (*attempt)(void))
{
	const struct rlimit none = { 0 };
	unsigned before;

	ck_assert_ptr_nonnull(ev_default_loop(EVFLAG_AUTO));
	(void)ev_now(ev_default_loop(EVFLAG_AUTO));
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
	attempt(); /* what is opened once and for all is open now */
	before = descriptors();
	for (int i = 0; i < 3; i++)
		attempt();
	ck_assert_uint_eq(descriptors(), before);
}

START_TEST(leaves_no_descriptor)
{
	int status;
	const pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		starve(start[_i]);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *
forkless_suite(void)
{
	Suite *s = suite_create("forkless");
	TCase *c = tcase_create("limits");

	tcase_add_loop_test(c, leaves_no_descriptor, 0, sizeof(start) / sizeof(start[0]));
	suite_add_tcase(s, c);
	return s;
}
