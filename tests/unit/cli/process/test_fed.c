/* A command that reads a stream does not begin where its keeper cannot hold what keeps a false end from it. */
#include <check.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/process/fed.h"
#include "net/process.h"

/* In a process of its own: of two that began, each would be looked after. */
static int
begin_with(rlim_t descriptors)
{
	static char *const argv[] = { "cat", NULL };
	const struct rlimit limit = { descriptors, descriptors };
	struct fed f;
	int rc;

	process_close_from(STDERR_FILENO + 1);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || fed_prepare(&f, argv) < 0)
		return 1;
	if ((rc = fed_begin(&f)) == 0)
		fed_stop(&f);
	return -rc;
}

static void
expect(rlim_t descriptors, int error)
{
	int status;
	const pid_t pid = fork();

	if (pid == 0)
		_exit(begin_with(descriptors));
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), error);
}

START_TEST(each_descriptor_is_held)
{
	expect(10, EINVAL); /* the kernel's word for none above 10 */
	expect(11, EMFILE);
	expect(12, EMFILE);
	expect(13, 0);
}
END_TEST

Suite *
fed_suite(void)
{
	Suite *s = suite_create("fed");
	TCase *tc = tcase_create("fed");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_test(tc, each_descriptor_is_held);
	suite_add_tcase(s, tc);
	return s;
}
