/*
 * A fixed number of messages and acknowledgements through a pchatd, for
 * counting what one costs it.
 * usage: trips SOCKET COUNT
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "proto/frame.h"

int
main(int argc, char **argv)
{
	struct server s = { .kind = SERVER_PCHATD };
	uint8_t message[FRAME_HEADER + MSG_FIXED + 64], ack[FRAME_HEADER + ACK_BODY];
	struct end a, b;

	if (argc != 3)
		errx(2, "usage: trips SOCKET COUNT");
	snprintf(s.socket, sizeof(s.socket), "%s", argv[1]);
	end_pair(&a, &b, &s, 0);
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		write_all(a.fd, message, end_message(&a, message, 64));
		read_all(b.fd, message, sizeof(message));
		write_all(b.fd, ack, end_ack(&b, ack, message, 1));
		read_all(a.fd, ack, sizeof(ack));
	}
	return 0;
}
