/*
 * docs/PROTOCOL.md tells the truth: each type has a heading with its number and,
 * below it, an example that decodes as that type; the table of verdicts is the code's.
 */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names/name.h"
#include "core/unicode/unicode_values.h"
#include "core/verdict.h"
#include "proto/control.h"
#include "proto/status.h"
#include "proto/upstream.h"
#include "samples.h"

#define EXAMPLE_MAX 512U
#define TYPES 256U

static FILE *page;
static char line[1024];

static void
setup(void)
{
	const char *srcdir = getenv("SRCDIR");
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/docs/PROTOCOL.md", srcdir ? srcdir : ".");
	page = fopen(path, "r");
	ck_assert_msg(page, "cannot open %s", path);
}

static void
teardown(void)
{
	(void)fclose(page);
}

/* The bytes of a line such as "    0010  48 41 ...  HA...": how many, 0 when it is none. */
static size_t
hex_line(const char *text, uint8_t out[16])
{
	size_t n = 0;
	unsigned offset, byte;
	int used;

	if (strncmp(text, "    ", 4) != 0 || sscanf(text, "%4x  %n", &offset, &used) != 1)
		return 0;
	for (text += used; n < 16 && isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]); n++) {
		ck_assert_int_eq(sscanf(text, "%2x", &byte), 1);
		out[n] = (uint8_t)byte;
		text += text[3] == ' ' && n == 7 ? 4 : 3;
	}
	return n;
}

/* Every frame of an example is whole and decodes on one of the sockets. Returns the type of the first. */
static unsigned
decode(const uint8_t *example, size_t n)
{
	static struct upstream_message up;
	static struct control_message control;
	unsigned first = TYPES;
	struct frame f;
	struct msg m;
	struct ack a;

	for (size_t at = 0; at < n; at += FRAME_HEADER + f.length) {
		ck_assert_int_gt(frame_parse(example + at, n - at, &f), 0);
		first = first == TYPES ? f.type : first;
		ck_assert_msg(upstream_decode(&f, &up) == 0 || control_decode(&f, &control) == 0 ||
			msg_decode(&f, &m) == 0 || ack_decode(&f, &a) == 0,
		    "an example of type 0x%02x does not decode", f.type);
	}
	return first;
}

START_TEST(test_protocol_page_examples)
{
	static uint8_t example[EXAMPLE_MAX];
	bool shown[TYPES] = { false };
	unsigned heading = TYPES;
	size_t n = 0;

	while (fgets(line, sizeof(line), page)) {
		uint8_t bytes[16];
		const size_t more = hex_line(line, bytes);

		if (more > 0) {
			ck_assert_uint_le(n + more, sizeof(example));
			memcpy(example + n, bytes, more);
			n += more;
			continue;
		}
		if (n > 0) {
			const unsigned type = decode(example, n);

			ck_assert_msg(
			    heading == TYPES || heading == type, "0x%02x below the heading of 0x%02x", type, heading);
			shown[type] = shown[type] || heading == type;
		}
		n = 0;
		(void)sscanf(line, "### 0x%2x ", &heading);
	}
	ck_assert_uint_gt(n, 0); /* the page ends with an example */
	ck_assert_uint_eq(decode(example, n), heading);
	shown[heading] = true;
	for (unsigned i = 0; sample_upstream(i); i++)
		ck_assert_msg(shown[sample_upstream(i)->type], "no example of type 0x%02x", sample_upstream(i)->type);
	for (unsigned i = 0; sample_control(i); i++)
		ck_assert_msg(shown[sample_control(i)->type], "no example of type 0x%02x", sample_control(i)->type);
	ck_assert(shown[FRAME_MSG] && shown[FRAME_ACK]);
}
END_TEST

/* What the unit tests of the messages try: all that the page names has to be among it. */
static bool
has_sample(unsigned type)
{
	bool found = type == FRAME_MSG || type == FRAME_ACK;

	for (unsigned i = 0; sample_upstream(i); i++)
		found = found || sample_upstream(i)->type == type;
	for (unsigned i = 0; sample_control(i); i++)
		found = found || sample_control(i)->type == type;
	return found;
}

START_TEST(test_protocol_page_types)
{
	/* Each heading has its row in the table, under the same name, and the other way round. */
	char row[TYPES][16] = { "" }, name[16];
	unsigned type, rows = 0, headings = 0;

	while (fgets(line, sizeof(line), page)) {
		if (sscanf(line, "| `0x%2x` | %15s |", &type, name) == 2) {
			ck_assert_str_eq(row[type], "");
			memcpy(row[type], name, sizeof(name));
			ck_assert_msg(has_sample(type), "no sample of type 0x%02x", type);
			rows++;
		} else if (sscanf(line, "### 0x%2x %15s", &type, name) == 2) {
			ck_assert_str_eq(row[type], name);
			headings++;
		}
	}
	ck_assert_uint_eq(rows, headings);
	ck_assert_uint_eq(rows, 75);
}
END_TEST

START_TEST(test_protocol_page_verdicts)
{
	char name[32];
	int number, status, next = 0;

	while (fgets(line, sizeof(line), page)) {
		if (sscanf(line, "| %d | %31s | %d |", &number, name, &status) != 3)
			continue;
		ck_assert_int_eq(number, next++);
		ck_assert_str_eq(name, status_name((enum verdict)number));
		ck_assert_int_eq(status, status_exit((enum verdict)number));
	}
	ck_assert_int_eq(next, VERDICT_COUNT);
}
END_TEST

/* Whether some line of the page has the text. */
static bool
says(const char *text)
{
	bool found = false;

	rewind(page);
	while (!found && fgets(line, sizeof(line), page))
		found = strstr(line, text);
	return found;
}

START_TEST(test_protocol_page_files)
{
	/* Whoever writes a client finds the socket of a name beyond ASCII by what the page tells. */
	static const char *const names[] = { "Борис", "Straße" };
	char file[NAME_FILE_MAX + 1], quoted[NAME_FILE_MAX + 3];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_msg(says(names[i]), "no %s", names[i]);
		name_file(names[i], file);
		(void)snprintf(quoted, sizeof(quoted), "`%s`", file);
		ck_assert_msg(says(quoted), "no %s for %s", quoted, names[i]);
	}
}
END_TEST

START_TEST(test_protocol_page_unicode)
{
	ck_assert_msg(says("Unicode " UNICODE_VERSION), "the page does not name Unicode " UNICODE_VERSION);
}
END_TEST

Suite *
protocol_page_suite(void)
{
	Suite *s = suite_create("protocol_page");
	TCase *t = tcase_create("protocol_page");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_protocol_page_examples);
	tcase_add_test(t, test_protocol_page_types);
	tcase_add_test(t, test_protocol_page_verdicts);
	tcase_add_test(t, test_protocol_page_files);
	tcase_add_test(t, test_protocol_page_unicode);
	suite_add_tcase(s, t);
	return s;
}
