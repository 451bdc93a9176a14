/* A connection in an event loop, to a helper that the test plays. */
#include <check.h>
#include <unistd.h>

#include "client/conn.h"
#include "client/peer.h"
#include "folder.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proto/feature.h"
#include "trace.h"

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static struct conn *conn;
static struct link l;
static bool closes; /* from within frame() */

static void
on_frame(void *owner, const struct frame *f)
{
	struct control_message m;

	ck_assert_ptr_eq(owner, &l);
	ck_assert_int_eq(control_decode(f, &m), 0);
	trace("frame 0x%02x", (unsigned)m.type);
	if (closes)
		conn_close(conn);
}

static void
on_lost(void *owner)
{
	ck_assert_ptr_eq(owner, &l);
	trace("lost");
	conn = NULL;
}

static const struct conn_class class = { on_frame, on_lost };

static void
setup(void)
{
	trace_clear();
	closes = false;
	folder_make(dir);
	loop = loop_new();
	ck_assert_int_eq(stream_setup(loop), 0);
	peer_listen(&l, dir);
	l.features = FEATURE_NOTES;
	l.revive = true;
	conn = conn_open(loop, &l, &class, &l);
	ck_assert_ptr_nonnull(conn);
	ck_assert_int_eq(l.fd, -1); /* it is the connection's */
	ck_assert(l.revive);
	peer_accept();
}

static void
teardown(void)
{
	conn_close(conn);
	(void)ev_run(loop, EVRUN_NOWAIT);
	conn_close(NULL);
	peer_close();
	(void)close(l.dir.fd);
	stream_teardown(loop);
	ev_loop_destroy(loop);
	folder_remove(dir);
}

/* Some turns of the loop: what has arrived is handed out. */
static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
}

START_TEST(both_ways)
{
	const struct control_message status = { .type = CONTROL_STATUS }, outcome = { .type = CONTROL_OUTCOME };
	struct control_message m;

	conn_request(conn, &status);
	turn();
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_STATUS);
	peer_says(&outcome);
	peer_says(&outcome);
	turn();
	trace_is("frame 0x60; frame 0x60");
}
END_TEST

START_TEST(lost)
{
	peer_close();
	turn();
	trace_is("lost");
	ck_assert_ptr_null(conn_open(loop, &l, &class, &l)); /* nobody listens any more, and none is started */
	ck_assert_int_eq(l.fd, -1);
}
END_TEST

START_TEST(closed_by_its_owner)
{
	const struct control_message outcome = { .type = CONTROL_OUTCOME };

	closes = true;
	peer_says(&outcome);
	peer_says(&outcome);
	turn();
	trace_is("frame 0x60"); /* and not the next, nor that it is lost */
	conn = NULL;
}
END_TEST

Suite *
conn_suite(void)
{
	Suite *s = suite_create("conn");
	TCase *tc = tcase_create("conn");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, both_ways);
	tcase_add_test(tc, lost);
	tcase_add_test(tc, closed_by_its_owner);
	suite_add_tcase(s, tc);
	return s;
}
