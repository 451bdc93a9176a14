/*
 * What an idle session takes of the daemon's memory: no more than the goal of docs/PERFORMANCE.md, whatever is added to
 * these structs. The bench measures it (`session-of-N`); here it is added up.
 */
#include <check.h>

#include "daemon/client.h"
#include "daemon/roster.h"

#define GOAL 640U
#define SESSIONS 20000U
#define SESSIONS_OF_ONE 2U /* of a uid */
#define NAME 16U           /* bytes of an account's name, with its NUL */
#define WATCHED 16U        /* what libev has for each descriptor */

/* What malloc(3) of the GNU C library takes for it. */
static size_t
block(size_t size)
{
	return (size + sizeof(size_t) + 15) / 16 * 16;
}

START_TEST(an_idle_session)
{
	const size_t connection = block(sizeof(struct client)) + WATCHED;
	const size_t session = exchange_size(SESSIONS) / SESSIONS + sizeof(struct member);
	const size_t account = block(sizeof(struct account)) + block(NAME);

	ck_assert_uint_le(connection + session + account / SESSIONS_OF_ONE, GOAL);
}
END_TEST

Suite *
footprint_suite(void)
{
	Suite *s = suite_create("footprint");
	TCase *c = tcase_create("footprint");

	tcase_add_test(c, an_idle_session);
	suite_add_tcase(s, c);
	return s;
}
