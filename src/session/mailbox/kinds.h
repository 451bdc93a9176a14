/*
 * The kinds of records (enum record_kinds of proto/control.h), as SQL.
 */
#ifndef PCHAT_SESSION_MAILBOX_KINDS_H
#define PCHAT_SESSION_MAILBOX_KINDS_H

/*
 * An expression for the kind of a row: `type` is the name of the column that holds its enum record_type, or 64 for a
 * pack of messages (pack.h).
 */
#define KIND_OF(type) \
	"CASE " type " WHEN 0 THEN 1 WHEN 64 THEN 1 WHEN 8 THEN 2 WHEN 9 THEN 16 WHEN 10 THEN 8 ELSE 4 END"

/*
 * Makes the table of records that are unread although later ones were read. Types are as in the table `record`.
 */
#define KINDS_PASSED "CREATE TABLE IF NOT EXISTS passed(id INTEGER PRIMARY KEY, type INTEGER);"

#endif
