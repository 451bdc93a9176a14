/* The kind of a record, in a statement as in the program that reads. */
#include <check.h>
#include <sqlite3.h>

#include "proto/control.h"
#include "session/mailbox/kinds.h"
#include "session/mailbox/scan.h"

static int
kind_of(int type)
{
	sqlite3_stmt *q;
	sqlite3 *db;
	int kind;

	ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT " KIND_OF("?1"), -1, &q, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_bind_int(q, 1, type), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
	kind = sqlite3_column_int(q, 0);
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return kind;
}

START_TEST(each_type_has_its_kind)
{
	ck_assert_int_eq(kind_of(RECORD_MESSAGE), KIND_MESSAGES);
	ck_assert_int_eq(kind_of(RECORD_PACK), KIND_MESSAGES);
	ck_assert_int_eq(kind_of(RECORD_NOTE), KIND_NOTES);
	ck_assert_int_eq(kind_of(RECORD_OFFER), KIND_OFFERS);
	ck_assert_int_eq(kind_of(RECORD_WAITING), KIND_WAITING);
	for (int type = RECORD_PAIRED; type <= RECORD_ENDED; type++)
		ck_assert_int_eq(kind_of(type), KIND_EVENTS);
}
END_TEST

START_TEST(the_table_is_made_once)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, KINDS_PASSED KINDS_PASSED, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "INSERT INTO passed(id, type) VALUES(1, 8)", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(db, "INSERT INTO passed(id, type) VALUES(1, 8)", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	(void)sqlite3_close(db);
}
END_TEST

Suite *
kinds_suite(void)
{
	Suite *s = suite_create("kinds");
	TCase *t = tcase_create("core");

	tcase_add_test(t, each_type_has_its_kind);
	tcase_add_test(t, the_table_is_made_once);
	suite_add_tcase(s, t);
	return s;
}
