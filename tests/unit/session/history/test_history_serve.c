/* The process that reads a history, started for a client, and serving one. */
#include <check.h>
#include <ev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "number.h"
#include "proto/control.h"
#include "session/history/history_serve.h"
#include "session/history/history_spawn.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/forget.h"
#include "session/mailbox/store.h"
#include "trace.h"

static char dir[FOLDER_PATH], inbox[PATH_MAX];
static const struct store_limits roomy = { 1000, 1 << 20 };

/* An inbox of 'alice' with two messages of bob. */
static void
setup(void)
{
	static const struct peer bob = { .name = "bob", .account = "bob", .uid = 1001 };
	char note[STORE_NOTE];
	struct store *store;

	trace_clear();
	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(setenv("PCHAT_EXEC_PATH", dir, 1), 0);
	ck_assert_int_eq(session_folder(NULL, "peer-of-a-test", inbox, true), 0);
	ck_assert_int_eq(store_open(&store, inbox, &roomy, note), 0);
	for (unsigned n = 1; n <= 2; n++) {
		const struct msg m = {
			.pair = 1, .id = number(n), .body = (const uint8_t *)(n == 1 ? "one" : "two"), .length = 3
		};

		ck_assert_int_eq(store_message(store, &bob, &m, n * 1000), STORE_ADDED);
	}
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static void
put(int fd, const struct control_message *m)
{
	uint8_t frame[1024];
	const size_t n = control_encode(m, frame, sizeof(frame));

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(write(fd, frame, n), (ssize_t)n);
}

/* Serves what the test has asked, by the helper or, as a greeting, by the client, and traces the answers. */
static int
serve(const struct control_message *first, const struct control_message *then)
{
	const bool handed_over = first && first->type != CONTROL_HELLO;
	const int input = dup(STDIN_FILENO), output = dup(STDOUT_FILENO);
	int fds[2], request[2], status;
	static uint8_t in[65536];
	size_t at = 0, have = 0;
	struct frame f;
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(pipe(request), 0);
	if (first)
		put(handed_over ? request[1] : fds[1], first);
	(void)close(request[1]);
	if (then)
		put(fds[1], then);
	ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
	(void)dup2(fds[0], STDIN_FILENO);
	(void)dup2(fds[0], STDOUT_FILENO);
	status = history_serve("peer-of-a-test", handed_over ? request[0] : -1);
	(void)dup2(input, STDIN_FILENO);
	(void)dup2(output, STDOUT_FILENO);
	(void)close(fds[0]);
	(void)close(request[0]);
	while ((n = read(fds[1], in + have, sizeof(in) - have)) > 0)
		have += (size_t)n;
	for (; (n = frame_parse(in + at, have - at, &f)) > 0; at += (size_t)n) {
		struct control_message m;

		ck_assert_int_eq(control_decode(&f, &m), 0);
		if (m.type == CONTROL_RECORD)
			trace("%.*s", (int)m.u.record.length, (const char *)m.u.record.body);
		else if (m.type == CONTROL_READ_END)
			trace("end %u: %u", m.u.read_end.count, m.u.read_end.verdict);
		else
			trace("0x%02x", (unsigned)m.type);
	}
	ck_assert_uint_eq(at, have);
	(void)close(fds[1]);
	(void)close(input);
	(void)close(output);
	return status;
}

START_TEST(it_is_read)
{
	const struct control_message all = { .type = CONTROL_HISTORY },
				     latest = { .type = CONTROL_HISTORY, .u.history.limit = 1 };

	ck_assert_int_eq(serve(NULL, &all), EXIT_SUCCESS);
	trace_is("one; two; end 2: 0");
	ck_assert_int_eq(serve(&latest, &all), EXIT_SUCCESS); /* what the helper was asked, and no more */
	trace_is("two; end 1: 0");
	ck_assert_int_eq(serve(NULL, NULL), EXIT_SUCCESS);
	trace_is("");
}
END_TEST

START_TEST(it_is_forgotten)
{
	struct control_message forget = { .type = CONTROL_FORGET };
	const struct control_message all = { .type = CONTROL_HISTORY };
	const struct keep latest = { .records = 1 };

	ck_assert_int_eq(serve(NULL, &forget), EXIT_SUCCESS);
	trace_is("end 2: 29");                                            /* they are unread */
	ck_assert_int_eq(history_forget("peer-of-a-test"), EXIT_SUCCESS); /* nothing: there is no rule */
	ck_assert_int_eq(forget_set_keep(inbox, &latest), 0);
	ck_assert_int_eq(history_forget("peer-of-a-test"), EXIT_SUCCESS); /* nor of what is unread */
	ck_assert_int_eq(serve(NULL, &all), EXIT_SUCCESS);
	trace_is("one; two; end 2: 0");
	forget.u.forget.unread = true;
	ck_assert_int_eq(serve(NULL, &forget), EXIT_SUCCESS);
	trace_is("end 2: 0");
	ck_assert_int_eq(serve(NULL, &all), EXIT_SUCCESS);
	trace_is("end 0: 28");
}
END_TEST

START_TEST(what_it_does_not_know)
{
	const struct control_message status = { .type = CONTROL_STATUS };

	ck_assert_int_eq(serve(NULL, &status), EXIT_FAILURE);
	trace_is("");
}
END_TEST

/* A client may begin as it does with a helper. */
START_TEST(it_is_greeted)
{
	const struct control_message all = { .type = CONTROL_HISTORY };
	struct control_message hello = { .type = CONTROL_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } };

	ck_assert_int_eq(serve(&hello, &all), EXIT_SUCCESS);
	trace_is("one; two; end 2: 0");
	hello.u.hello.version++;
	ck_assert_int_eq(serve(&hello, &all), EXIT_FAILURE);
	trace_is("");
}
END_TEST

/* A program in the place of ours tells what it was given. */
static void
make_program(const char *script)
{
	char path[FOLDER_PATH + 32];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/pchat-session", dir);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(fprintf(f, "#!/bin/sh\n%s\n", script), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

static void
read_all(int fd, char *out, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, out + have, size - 1 - have)) > 0)
		have += (size_t)n;
	out[have] = '\0';
}

START_TEST(it_is_started)
{
	const struct control_message request = { .type = CONTROL_HISTORY };
	uint8_t frame[1024];
	char expected[128], got[128];
	int fds[2], ended;

	make_program("echo \"$*\"; wc -c <&3; cat");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(write(fds[1], "later\n", 6), 6);
	ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
	ck_assert_int_eq(history_spawn("host/alice", fds[0], &request, &ended), 0);
	ck_assert_int_eq(close(fds[0]), 0);
	read_all(fds[1], got, sizeof(got));
	(void)snprintf(expected, sizeof(expected), "--history host/alice --request-fd 3\n%zu\nlater\n",
	    control_encode(&request, frame, sizeof(frame)));
	ck_assert_str_eq(got, expected);
	read_all(ended, got, sizeof(got)); /* it has ended */
	ck_assert_int_eq(close(ended), 0);
	ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(it_forgets)
{
	char got[128], path[FOLDER_PATH + 16], script[FOLDER_PATH + 32];
	int ended;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/words", dir);
	(void)snprintf(script, sizeof(script), "echo \"$*\" >%s", path);
	make_program(script);
	ck_assert_int_eq(history_spawn_forget("alice", &ended), 0);
	read_all(ended, got, sizeof(got));
	ck_assert_int_eq(close(ended), 0);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(got, sizeof(got), f));
	ck_assert_str_eq(got, "--forget alice\n");
	ck_assert_int_eq(fclose(f), 0);
}
END_TEST

Suite *
history_serve_suite(void)
{
	Suite *s = suite_create("history_serve");
	TCase *tc = tcase_create("history_serve");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_is_read);
	tcase_add_test(tc, it_is_forgotten);
	tcase_add_test(tc, what_it_does_not_know);
	tcase_add_test(tc, it_is_greeted);
	tcase_add_test(tc, it_is_started);
	tcase_add_test(tc, it_forgets);
	suite_add_tcase(s, tc);
	return s;
}
