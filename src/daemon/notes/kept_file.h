/*
 * A kept note as a file of its own, in a folder of the daemon's state: named by a number that counts up. It is whole, or
 * not there: written beside its place, synced, and renamed. What is forgotten is overwritten first. These functions wait
 * for the disk: they are for a child process, or for a daemon that starts.
 */
#ifndef PCHAT_DAEMON_NOTES_KEPT_FILE_H
#define PCHAT_DAEMON_NOTES_KEPT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "proto/upstream.h"

#define KEPT_GROUPS 64U     /* of the sender, that are kept: as many of them as policies will be asked about */
#define KEPT_FILE_MAX 8000U /* bytes of one */

struct kept_record {
	int64_t time_ms; /* wall clock */
	uint32_t to_uid;
	char to_name[NAME_MAX_LEN + 1];
	struct note note; /* but its token */
	uint32_t groups;
	uint32_t group[KEPT_GROUPS];
};

/* The bytes of a file; 0: it does not fit. And back: its body points into the bytes; -1: it is no such file. */
size_t kept_file_encode(const struct kept_record *r, uint8_t *out, size_t cap);
MUST_USE int kept_file_decode(const uint8_t *bytes, size_t n, struct kept_record *r);

/*
 * 0; -errno: it is not there, and will not be, but for what an earlier attempt has left; 1: the disk failed so that it may
 * be. An attempt that was killed may be repeated.
 */
MUST_USE int kept_file_store(const char *dir, uint64_t number, const uint8_t *bytes, size_t n);

/* The bytes read, or -errno; -ENOENT also of one that was overwritten, and not removed. */
MUST_USE ssize_t kept_file_load(const char *dir, uint64_t number, uint8_t *out, size_t cap);

/* 0 or -errno; one that is not there is forgotten. */
MUST_USE int kept_file_forget(const char *dir, uint64_t number);

/*
 * Makes the folder if it is not there, and removes what was not finished. *numbers: of the files, in their order; the
 * caller frees it. Their count, or -errno.
 */
MUST_USE ssize_t kept_file_list(const char *dir, uint64_t **numbers);

#endif
