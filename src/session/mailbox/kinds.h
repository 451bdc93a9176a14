/*
 * Kinds of records (enum record_kinds) in statements.
 */
#ifndef PCHAT_SESSION_MAILBOX_KINDS_H
#define PCHAT_SESSION_MAILBOX_KINDS_H

/* The kind of the row or record whose type is in that column, in a statement: enum record_type, or a pack of messages. */
#define KIND_OF(type) "CASE " type " WHEN 0 THEN 1 WHEN 64 THEN 1 WHEN 8 THEN 2 WHEN 9 THEN 16 WHEN 10 THEN 8 ELSE 4 END"

/* Records that were passed over, although later ones were read: unread still. Their types are as in the table `record`. */
#define KINDS_PASSED "CREATE TABLE IF NOT EXISTS passed(id INTEGER PRIMARY KEY, type INTEGER);"

#endif
