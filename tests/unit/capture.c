#include "capture.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int captured = -1, before = -1, input_before = -1, source = -1;
static char text[65536];

static void
put_in_place(int fd, int number, int *kept)
{
	*kept = fcntl(number, F_DUPFD_CLOEXEC, 10);
	ck_assert_int_ge(*kept, 0);
	ck_assert_int_eq(dup2(fd, number), number);
}

static void
put_back(int number, int *kept)
{
	if (*kept < 0)
		return;
	ck_assert_int_eq(dup2(*kept, number), number);
	ck_assert_int_eq(close(*kept), 0);
	*kept = -1;
}

void
capture_begin(int fd)
{
	source = memfd_create("captured", MFD_CLOEXEC);
	ck_assert_int_ge(source, 0);
	captured = fd;
	put_in_place(source, fd, &before);
}

void
capture_terminal(int fd, int columns)
{
	const struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = 24 };
	int end;

	source = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(source, 0);
	ck_assert_int_eq(grantpt(source), 0);
	ck_assert_int_eq(unlockpt(source), 0);
	end = open(ptsname(source), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(end, 0);
	ck_assert_int_eq(ioctl(end, TIOCSWINSZ, &size), 0);
	captured = fd;
	put_in_place(end, STDIN_FILENO, &input_before);
	put_in_place(end, fd, &before);
	ck_assert_int_eq(close(end), 0);
}

void
capture_type(const char *keys)
{
	ck_assert_int_eq(write(source, keys, strlen(keys)), (ssize_t)strlen(keys));
}

const char *
capture_end(void)
{
	size_t len = 0;
	ssize_t n;

	put_back(captured, &before);
	put_back(STDIN_FILENO, &input_before);
	(void)lseek(source, 0, SEEK_SET);
	/* Of a terminal that nobody has open any more all is there, and behind it an error. */
	while ((n = read(source, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	ck_assert_int_eq(close(source), 0);
	source = -1;
	return text;
}
