/*
 * Notes from others (R11): stored in the transaction of the turn, and answered when it is on the disk.
 */
#ifndef PCHAT_SESSION_MESSAGES_NOTES_IN_H
#define PCHAT_SESSION_MESSAGES_NOTES_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/upstream.h"

struct notes_in;

struct notes_in_class {
	/*
	 * Puts a note into the open transaction, and its body is read before this returns. OK: stored if the transaction
	 * is committed; else why not; NO_NOTES: it was not even tried. *known: OK whatever becomes of the transaction, it was stored before.
	 */
	enum verdict (*store)(void *context, const struct note *n, int64_t now_ms, bool *known);
	/* Ends the transaction; notes_in_committed() is called meanwhile. */
	void (*flush)(void *context);
	/* Answers for the daemon, as frames. */
	void (*answer)(void *context, const void *frames, size_t n);
};

MUST_USE struct notes_in *notes_in_new(const struct notes_in_class *class, void *context);
void notes_in_free(struct notes_in *n);

/* A NOTE. */
void notes_in_arrived(struct notes_in *n, const struct note *note);

/* One that cannot be stored, and why; it is answered at once. */
void notes_in_refuse(const struct notes_in *n, const struct note *note, enum verdict v);

/* The transaction ended: OK, or why what was in it is not, or may not be, stored. STALE: another helper answers. */
void notes_in_committed(struct notes_in *n, enum verdict v);

/* The connection is gone, and whoever waited for answers with it. */
void notes_in_reset(struct notes_in *n);

#endif
