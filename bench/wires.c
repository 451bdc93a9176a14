/* Connections to brokers, and what redis and mosquitto are spoken to with. */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peers.h"

int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strcpy(sun.sun_path, path);
	for (int i = 0; i < 1000; i++) {
		const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			return fd;
		close(fd);
		(void)poll(NULL, 0, 5);
	}
	errx(1, "%s: nobody listens", path);
}

/* RESP: https://redis.io/docs/reference/protocol-spec/ */
void
redis_open(struct wire *w, const char *path, size_t body)
{
	for (int i = 0; i < 2; i++) {
		char text[128];
		int n = snprintf(text, sizeof(text), "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\n%d\r\n", i);

		w->tell[i] = dial(path);
		w->hear[i] = dial(path);
		write_all(w->hear[i], text, (size_t)n);
		read_all(w->hear[i], text, strlen("*3\r\n$9\r\nsubscribe\r\n$1\r\n0\r\n:1\r\n"));
		w->said_len[i] = (size_t)snprintf(w->said[i], sizeof(w->said[i]),
		    "*3\r\n$7\r\nPUBLISH\r\n$1\r\n%d\r\n$%zu\r\n%0*d\r\n", 1 - i, body, (int)body, 0);
		w->heard_len[i] = strlen("*3\r\n$7\r\nmessage\r\n$1\r\n0\r\n") + (body > 99 ? 6U : 5U) + body + 2;
	}
	w->answer_len = strlen(":1\r\n");
}

/* MQTT 3.1.1, QoS 0: http://docs.oasis-open.org/mqtt/mqtt/v3.1.1/ */
void
mqtt_open(struct wire *w, const char *path, size_t body)
{
	for (int i = 0; i < 2; i++) {
		const uint8_t connect_packet[] = { 0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 1,
			(uint8_t)('0' + i) };
		const uint8_t subscribe[] = { 0x82, 6, 0, 1, 0, 1, (uint8_t)('0' + i), 0 };
		uint8_t in[5];

		w->tell[i] = w->hear[i] = dial(path);
		write_all(w->tell[i], connect_packet, sizeof(connect_packet));
		read_all(w->tell[i], in, 4);
		write_all(w->tell[i], subscribe, sizeof(subscribe));
		read_all(w->tell[i], in, 5);
		w->said[i][0] = 0x30;
		w->said[i][1] = (char)(body + 3); /* below 128: one byte of remaining length */
		w->said[i][2] = 0;
		w->said[i][3] = 1;
		w->said[i][4] = (char)('0' + 1 - i);
		memset(w->said[i] + 5, 'x', body);
		w->said_len[i] = w->heard_len[i] = body + 5;
	}
	w->answer_len = 0;
}

void
wire_close(struct wire *w)
{
	for (int i = 0; i < 2; i++) {
		close(w->tell[i]);
		if (w->hear[i] != w->tell[i])
			close(w->hear[i]);
	}
}
