/* Sessions at other hosts: who is meant, what ssh said, when it is tried again. */
#include <check.h>
#include <string.h>

#include "core/unicode/unicode.h"
#include "core/via.h"

START_TEST(a_target_is_taken_apart)
{
	struct via v;

	ck_assert(via_parse("alice@Lab.example:/run/x/p.sock", &v));
	ck_assert_str_eq(v.login, "alice@Lab.example");
	ck_assert_str_eq(v.user, "alice");
	ck_assert_str_eq(v.host, "lab.example");
	ck_assert_str_eq(v.path, "/run/x/p.sock");
	ck_assert(via_parse("lab", &v));
	ck_assert_str_eq(v.user, "");
	ck_assert_str_eq(v.path, "");
	ck_assert(via_parse("alice@fe80::1:/p.sock", &v));
	ck_assert_str_eq(v.host, "fe80::1");
	ck_assert(via_parse("::FFFF:10.0.0.1", &v));
	ck_assert_str_eq(v.host, "::ffff:10.0.0.1");
	ck_assert(via_parse("a@b@lab", &v)); /* an account of a directory */
	ck_assert_str_eq(v.login, "a@b@lab");
	ck_assert_str_eq(v.host, "lab");
}
END_TEST

START_TEST(a_session_goes_where_it_is_wanted)
{
	static const struct {
		const char *is, *wanted;
		bool matches;
	} rows[] = {
		{ "alice@lab:/p.sock", "alice@LAB:/p.sock", true },
		{ "alice@lab:/p.sock", "lab:/p.sock", true }, /* no user is wanted */
		{ "lab:/p.sock", "lab:/p.sock", true },
		{ "lab:/p.sock", "alice@lab:/p.sock", false }, /* ssh chose who it is */
		{ "alice@lab:/p.sock", "bob@lab:/p.sock", false },
		{ "alice@lab:/p.sock", "alic@lab:/p.sock", false },
		{ "a@b@lab:/p.sock", "a@c@lab:/p.sock", false },
		{ "alice@lab:/p.sock", "alice@lab:/q.sock", false },
		{ "alice@lab:/p.sock", "alice@lab2:/p.sock", false },
	};
	struct via is, wanted;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ck_assert(via_parse(rows[i].is, &is) && via_parse(rows[i].wanted, &wanted));
		ck_assert_msg(via_matches(&is, &wanted) == rows[i].matches, "%s, %s", rows[i].is, rows[i].wanted);
	}
}
END_TEST

/* No option, no way up or out, nothing that ssh or a shell would expand, nothing that is too long. */
START_TEST(what_is_no_target)
{
	static const char *const bad[] = { "", "@lab", "alice@", "-oProxyCommand=x", "alice@-x", "-l@lab", "..", ".",
		"lab/x", "lab:/", "lab:/a b", "lab:/a%h", "lab:/${HOME}", "lab:/a:b", "alice@lab\n", "al ice@lab",
		"alice;@lab", "[::1]", "lab:/a\\b", "lab:word", "lab:22", "lab:a:b", "alice@lab:word", ":lab",
		"lab:", "fe80::1:word", "fe80:/x:1", "._-", "_lab", ".::1" };
	char text[400];
	struct via v;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!via_parse(bad[i], &v), "%s", bad[i]);
	memset(text, 'a', sizeof(text));
	text[VIA_HOST_MAX] = '\0';
	ck_assert(via_parse(text, &v));
	memset(text, 'a', sizeof(text));
	text[VIA_HOST_MAX + 1] = '\0';
	ck_assert(!via_parse(text, &v));
	memset(text, 'a', sizeof(text));
	memcpy(text, "h:/", 3);
	text[2 + VIA_PATH_MAX] = '\0';
	ck_assert(via_parse(text, &v));
	memset(text, 'a', sizeof(text));
	memcpy(text, "h:/", 3);
	text[3 + VIA_PATH_MAX] = '\0';
	ck_assert(!via_parse(text, &v));
	memset(text, 'u', sizeof(text));
	memcpy(text + 60, "@lab", 5);
	ck_assert(via_parse(text, &v));
	ck_assert_uint_eq(strlen(v.user), 60);
	memset(text, 'u', sizeof(text));
	memcpy(text + 100, "@lab", 5);
	ck_assert(via_parse(text, &v));
	ck_assert_str_eq(v.user, ""); /* too long for a session's name */
	memset(text, 'u', sizeof(text));
	memcpy(text + 200, "@lab", 5);
	ck_assert(!via_parse(text, &v));
}
END_TEST

START_TEST(a_session_is_taken_apart)
{
	char host[VIA_HOST_MAX + 1];
	const char *name;

	ck_assert(via_split("alice", host, &name));
	ck_assert_str_eq(host, "");
	ck_assert_str_eq(name, "alice");
	ck_assert(via_split("LAB/alice", host, &name));
	ck_assert_str_eq(host, "lab");
	ck_assert_str_eq(name, "alice");
	ck_assert(!via_split("../alice", host, &name));
	ck_assert(!via_split("/alice", host, &name));
	ck_assert(!via_split(".hidden/alice", host, &name));
	ck_assert(via_split("lab/../x", host, &name)); /* the name is looked at as any other */
	ck_assert_str_eq(name, "../x");
}
END_TEST

/* ------------------------------------------------------------------------- when */

START_TEST(the_first_attempt_is_made_at_once)
{
	struct via_state v;

	via_init(&v, 1000);
	ck_assert_int_eq(via_next(&v, 1000), VIA_DIAL);
	via_dialed(&v, 1000);
	ck_assert_int_eq(via_next(&v, 1000), VIA_CONNECT); /* asked again and again, until its socket is there */
	ck_assert_int_eq(via_next(&v, 60999), VIA_CONNECT);
	ck_assert_int_eq(via_next(&v, 61000), VIA_HANG_UP);
	via_reached(&v);
	ck_assert_int_eq(v.trouble, VIA_NONE);
}
END_TEST

/* How long until something is tried, when ssh ends at once each time. */
static uint64_t
wait_after(struct via_state *v, enum via_trouble why, uint64_t now)
{
	uint64_t t = now;

	via_ended(v, why, now);
	while (via_next(v, t) == VIA_WAIT)
		t += 10;
	ck_assert_int_eq(via_next(v, t), VIA_DIAL);
	via_dialed(v, t);
	return t - now;
}

START_TEST(pauses_grow_with_how_long_it_is_away)
{
	struct via_state v;
	unsigned within_grace = 0;
	uint64_t now = 5000, pause = 0, latest;

	via_init(&v, now);
	via_dialed(&v, now);
	via_reached(&v);
	ck_assert_uint_eq(wait_after(&v, VIA_AWAY, now += 3600000), 0); /* it broke just now */
	for (const uint64_t began = now; now < began + 10000; within_grace++) {
		latest = pause;
		pause = wait_after(&v, VIA_AWAY, now += 100);
		ck_assert_uint_ge(pause, latest);
		now += pause;
	}
	ck_assert_uint_ge(within_grace, 8);
	ck_assert_uint_le(within_grace, 30);
	pause = wait_after(&v, VIA_AWAY, now + 86400000);
	ck_assert_uint_eq(pause, 60000);
}
END_TEST

START_TEST(a_person_is_not_hurried)
{
	struct via_state v;

	via_init(&v, 0);
	via_dialed(&v, 0);
	ck_assert_uint_eq(wait_after(&v, VIA_PERSON, 100), 5000);
	ck_assert_uint_eq(wait_after(&v, VIA_PERSON, 60000), 60000);
	ck_assert_uint_eq(wait_after(&v, VIA_PERSON, 9000000), 300000);
}
END_TEST

/* The connection is seen to break before the ssh that it went through has ended. */
START_TEST(one_loss_is_one)
{
	struct via_state v;

	via_init(&v, 0);
	via_dialed(&v, 0);
	via_reached(&v);
	via_turned_away(&v, 90000);
	ck_assert_int_eq(via_next(&v, 90000), VIA_CONNECT);
	via_ended(&v, VIA_AWAY, 90005);
	ck_assert_int_eq(via_next(&v, 90005), VIA_DIAL);
	via_dialed(&v, 90005);
	via_ended(&v, VIA_AWAY, 90050);
	ck_assert_int_eq(via_next(&v, 90051), VIA_WAIT);
}
END_TEST

/* ssh lives on while the daemon there is started anew: it is asked at growing intervals, and never ended. */
START_TEST(a_daemon_that_is_away_is_asked_for)
{
	struct via_state v;
	uint64_t now = 1000000;
	unsigned asked = 0;

	via_init(&v, 0);
	via_dialed(&v, 0);
	via_reached(&v);
	via_turned_away(&v, now);
	ck_assert_int_eq(via_next(&v, now), VIA_CONNECT);
	for (; now < 1000000 + 3600000; now += 10) {
		const enum via_step step = via_next(&v, now);

		ck_assert_int_ne(step, VIA_HANG_UP);
		if (step != VIA_CONNECT)
			continue;
		asked++;
		via_turned_away(&v, now);
		ck_assert_int_eq(v.trouble, VIA_CLOSED);
	}
	ck_assert_uint_ge(asked, 60);
	ck_assert_uint_le(asked, 120);
	via_reached(&v);
	ck_assert_int_eq(v.trouble, VIA_NONE);
	via_turned_away(&v, now + 5);
	ck_assert_int_eq(via_next(&v, now + 5), VIA_CONNECT);
}
END_TEST

START_TEST(what_comes_late_changes_nothing)
{
	struct via_state v;

	via_init(&v, 0);
	via_turned_away(&v, 5);
	ck_assert_int_eq(v.phase, VIA_DOWN);
	ck_assert_int_eq(via_next(&v, 5), VIA_DIAL);
}
END_TEST

/* ------------------------------------------------------------------------- words */

static const struct {
	const char *said;
	enum via_trouble means;
	const char *words; /* are in what is told */
} sayings[] = {
	{ "alice@lab: Permission denied (publickey).\r\n", VIA_PERSON, "ssh-add" },
	{ "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected\r\n",
	    VIA_PERSON, "ssh alice@lab true" },
	{ "No ED25519 host key is known for lab and you have requested strict checking.\r\n"
	  "Host key verification failed.\r\n",
	    VIA_PERSON, "is not known yet" },
	{ "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.\r\n",
	    VIA_PERSON, "has changed" },
	{ "ssh: connect to host lab port 22: Connection refused\r\n", VIA_AWAY, "Connection refused" },
	{ "ssh: connect to host lab port 22: No route to host\r\n", VIA_AWAY, "No route to host" },
	{ "ssh: Could not resolve hostname lab: Name or service not known\r\n", VIA_AWAY, "no host 'lab'" },
	{ "Timeout, server lab not responding.\r\n", VIA_AWAY, "not responding" },
	{ "channel 1: open failed: connect failed: open failed\r\n", VIA_CLOSED, "AllowStreamLocalForwarding" },
	{ "channel 2: open failed: administratively prohibited: open failed\r\n", VIA_CLOSED, "/run/p.sock" },
	{ "unix_listener: cannot bind to path ./a.via: Permission denied\r\nCould not request local forwarding.\r\n",
	    VIA_AWAY, "cannot listen" },
	{ "/home/alice/.ssh/config: line 1: Bad configuration option: foo\r\n"
	  "/home/alice/.ssh/config: terminating, 1 bad configuration options\r\n",
	    VIA_AWAY, "configuration" },
	{ "cannot run ssh: No such file or directory\n", VIA_AWAY, "cannot run ssh" },
	{ "", VIA_AWAY, "without a word" },
	{ "\r\n \r\n", VIA_AWAY, "without a word" },
};

static const char *
as_it_is(const char *english)
{
	return english;
}

/* In another language, with characters of three bytes up to each place where the words may have to be cut. */
static const char *
in_another(const char *english)
{
	static char other[2 * VIA_WORDS];
	static size_t shift;
	size_t n = shift++ % 3;

	ck_assert_str_eq(english, "'%s' cannot be reached by ssh (%s)");
	memset(other, ' ', n);
	for (; n < sizeof(other) - 4; n += 3)
		memcpy(other + n, "\xe6\x88\x91", 4);
	return other;
}

START_TEST(ssh_is_understood)
{
	struct via via;
	char words[VIA_WORDS];

	ck_assert(via_parse("alice@lab:/run/p.sock", &via));
	for (size_t i = 0; i < ARRAY_SIZE(sayings); i++) {
		ck_assert_int_eq(via_explain(&via, sayings[i].said, as_it_is, words), sayings[i].means);
		ck_assert_msg(strstr(words, sayings[i].words), "%s: %s", sayings[i].said, words);
	}
}
END_TEST

/* The server may have written it. */
START_TEST(words_do_no_harm)
{
	static const char said[] = "first line\nhe\x1b[2Jllo \xc3\xa9 \xff x\r\n";
	char words[VIA_WORDS], longest[5000];
	struct via via;

	ck_assert(via_parse("alice@lab:/run/p.sock", &via));
	ck_assert_int_eq(via_explain(&via, said, as_it_is, words), VIA_AWAY);
	ck_assert_ptr_nonnull(strstr(words, "(he\x1b[2Jllo \xc3\xa9 \xff x)")); /* who shows it makes it safe */
	ck_assert_ptr_null(strchr(words, '\n'));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)via_explain(&via, longest, as_it_is, words);
	ck_assert_uint_lt(strlen(words), VIA_WORDS);
}
END_TEST

/* Its line is cut between two characters, wherever they stand. */
START_TEST(a_long_line_is_cut_between_characters)
{
	static const char *const kinds[] = { "\xc3\xa9", "\xe6\x88\x91", "\xf0\x9f\x98\x80" };
	char said[400], words[VIA_WORDS];
	struct via via;
	uint32_t cp;

	ck_assert(via_parse("alice@lab", &via));
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		for (size_t shift = 0; shift < 4; shift++) {
			size_t n = shift, step = 1;

			memset(said, 'x', n);
			for (; n < 300; n += strlen(kinds[kind]))
				memcpy(said + n, kinds[kind], strlen(kinds[kind]) + 1);
			(void)via_explain(&via, said, as_it_is, words);
			for (n = 0; step > 0; n += step)
				step = unicode_decode(words + n, strlen(words + n), &cp);
			ck_assert_int_eq(words[n], '\0');
			ck_assert_uint_ge(n, 116);
		}
	}
}
END_TEST

START_TEST(a_translation_is_cut_between_characters)
{
	char words[VIA_WORDS];
	struct via via;

	ck_assert(via_parse("alice@lab", &via));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(via_explain(&via, "no route to host", in_another, words), VIA_AWAY);
		ck_assert_uint_ge(strlen(words), VIA_WORDS - 3);
		ck_assert_uint_eq((strlen(words) - strspn(words, " ")) % 3, 0);
	}
}
END_TEST

Suite *via_suite(void);

Suite *
via_suite(void)
{
	Suite *s = suite_create("via");
	TCase *tc = tcase_create("via");

	tcase_add_test(tc, a_target_is_taken_apart);
	tcase_add_test(tc, a_session_goes_where_it_is_wanted);
	tcase_add_test(tc, what_is_no_target);
	tcase_add_test(tc, a_session_is_taken_apart);
	tcase_add_test(tc, the_first_attempt_is_made_at_once);
	tcase_add_test(tc, pauses_grow_with_how_long_it_is_away);
	tcase_add_test(tc, a_person_is_not_hurried);
	tcase_add_test(tc, one_loss_is_one);
	tcase_add_test(tc, a_daemon_that_is_away_is_asked_for);
	tcase_add_test(tc, what_comes_late_changes_nothing);
	tcase_add_test(tc, ssh_is_understood);
	tcase_add_test(tc, words_do_no_harm);
	tcase_add_test(tc, a_long_line_is_cut_between_characters);
	tcase_add_test(tc, a_translation_is_cut_between_characters);
	suite_add_tcase(s, tc);
	return s;
}
