/* What the rows of the peers and those of the relay share. */
#ifndef PCHAT_BENCH_PEERS_H
#define PCHAT_BENCH_PEERS_H

#include "bench.h"

/* One pass over the bare relay (relay_rows.c). */
double relay_round_trip_us(const struct settings *set);
double relay_stream_rate(const struct settings *set);

void rows_peers(const struct settings *set, json_t *report);

#endif
