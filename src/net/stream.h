/*
 * A connection that carries frames, in the event loop. Input is read into one buffer that all streams share; only an
 * incomplete frame is kept by its stream. Output is written at once; only what the peer does not take is queued, up to
 * a cap, and a peer that takes nothing of it for STALL_SECONDS is closed.
 *
 * A stream is embedded in its owner's object. Nothing is freed inside its own callback: stream_close() marks it dead,
 * and the owner's `closed` is called on a later turn of the loop; only there the owner frees its object.
 *
 * What has come is handled in turns (core/turns.h), so that a stream with much to do, or a thousand of them, keep the
 * others waiting for a short time only. What is handled in one turn of the loop takes TURN_MS, or, for at most
 * TURN_MOST_MS, is one event of each party (turns_over()). One event of a stream is at most 64 KiB, or what its owner
 * takes of it (stream_yield()).
 *
 * A stream takes no descriptors, but those that its owner expects, one with a frame (stream_expect()). A peer that
 * passes one is closed (EPERM). Its descriptors and its connection are closed in a way that keeps nobody waiting
 * (closing.h). To receive them, as many descriptors are kept free as one message can bring. Where fewer are free, or
 * the owner says so (look_first), each message is looked at before it is received.
 */
#ifndef PCHAT_NET_STREAM_H
#define PCHAT_NET_STREAM_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/turns.h"
#include "net/deadlines.h"
#include "proto/frame.h"

struct hub;
struct stream;
struct stream_output;

/* One whose frame came only in part, and one more. */
#define STREAM_PASSED 2U

/* What the owners of one kind of stream have in common. */
struct stream_class {
	/*
	 * Bytes arrived: whole frames as far as they go. Returns how many were consumed, at frame boundaries;
	 * the rest is given again with what follows, or, after stream_pause(), at stream_resume().
	 * The bytes may be changed in place. -1: the peer broke the protocol; the owner has said so already.
	 */
	ssize_t (*input)(struct stream *s, uint8_t *data, size_t n);
	/*
	 * It is closed, by us or by the peer. error 0: end of file or our own close; EPERM: the peer passed a
	 * descriptor; else errno. Free the owner here.
	 */
	void (*closed)(struct stream *s, int error);
	size_t output_cap; /* bytes that may be queued */
	/* With whom it has its turns (core/turns.h), from now on. NULL: all such streams of a loop have them together. */
	struct party *(*party)(struct stream *s);
};

struct stream {
	const struct stream_class *class;
	struct hub *hub;  /* of its loop */
	ev_io io;         /* both directions; its events say what is watched */
	struct turn turn; /* in line while it has something to do; when it is closed, on the list of dead streams */
	uint8_t *partial; /* input not yet consumed, or NULL */
	struct stream_output *out; /* what is queued; NULL: nothing */
	uint32_t partial_len;
	int error;
	int passed[STREAM_PASSED]; /* received, and not yet taken */
	uint8_t n_passed;
	uint8_t todo; /* what it stands in line for */
	bool dead : 1, paused : 1, corked : 1;
	bool deaf : 1;       /* the peer takes no more output, but what it wrote is read to the end */
	bool look_first : 1; /* for descriptors: set by the owner when this peer's user has passed some before */
	bool shared : 1;     /* another process has the connection too */
	bool expects : 1;    /* see stream_expect() */
	bool yielded : 1;    /* see stream_yield() */
};

/*
 * Prepares a loop for streams: the shared buffer, the reaper, what closes. Once, after RLIMIT_NOFILE has its
 * value. It takes the loop's userdata. 0 or -errno.
 */
MUST_USE int stream_setup(struct ev_loop *loop);

/* Takes that back, when all streams are released. Fine when there was no stream_setup(). */
void stream_teardown(struct ev_loop *loop);

/* Takes over fd (non-blocking). */
void stream_init(struct stream *s, const struct stream_class *class, struct ev_loop *loop, int fd);

/*
 * Writes, or queues what the peer does not take now. False when the stream is dead, or died of this (an
 * error, or over its cap): the caller may ignore it, `closed` follows.
 */
bool stream_write(struct stream *s, const void *data, size_t n);

/* Between cork and uncork everything is queued; uncork writes it at once. */
void stream_cork(struct stream *s);
void stream_uncork(struct stream *s);

/*
 * Writes a frame together with a descriptor, which stays the caller's. False, and nothing was written: the peer does not
 * take it at once (stream_takes()), or no descriptors.
 */
MUST_USE bool stream_pass(struct stream *s, const void *data, size_t n, int fd);

/* Whether the peer takes something at once; what is queued is written. */
bool stream_takes(struct stream *s);

/*
 * From now on the peer may pass one descriptor with a frame; or no longer. stream_take_passed() gives the one that came
 * with the frame that is being read, which is the caller's then; -1: none came.
 */
void stream_expect(struct stream *s, bool expects);
int stream_take_passed(struct stream *s);

/* Stops and resumes reading; resume gives the unconsumed input first, when it is the stream's turn. */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);

/* In `input`, when it has taken some frames: it is enough for now. The rest is given again when it is the stream's turn again. */
void stream_yield(struct stream *s);

/* Closes after writing what is queued, as far as the peer takes it now. Idempotent; may be called from anywhere. */
void stream_close(struct stream *s, int error);

/* Closes it here, and leaves it to another process that was given the descriptor. */
void stream_hand_over(struct stream *s);

/* At the end, when the loop turns no more and `closed` will not be called: gives back what the stream has. */
void stream_release(struct stream *s);

/* Bytes queued. */
size_t stream_pending(const struct stream *s);

#endif
