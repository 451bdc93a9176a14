/*
 * Time in milliseconds, and deadlines: points in time of the monotonic clock, UINT64_MAX for none.
 */
#ifndef PCHAT_BASE_CLOCK_H
#define PCHAT_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC. */
uint64_t clock_monotonic_ms(void);

/* CLOCK_REALTIME since the epoch, for showing only. */
int64_t clock_wall_ms(void);

/* The deadline `ms` from now; UINT64_MAX: none. */
uint64_t deadline_in(uint64_t ms);

/* What poll(2) takes to wait until `deadline`. */
int poll_time(uint64_t deadline);

#endif
