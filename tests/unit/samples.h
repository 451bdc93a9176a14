/* At least one message of each type of both sockets, small ones and the largest; also the corpus of the fuzzers. */
#ifndef PCHAT_TESTS_SAMPLES_H
#define PCHAT_TESTS_SAMPLES_H

#include "proto/control.h"
#include "proto/upstream.h"

/* The i-th, NULL after the last. */
const struct upstream_message *sample_upstream(unsigned i);
const struct control_message *sample_control(unsigned i);

#endif
