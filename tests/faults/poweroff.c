/*
 * The power goes: poweroff FOLDER tells the file system of FOLDER to write nothing any more, not even its journal, and
 * to fail whatever is asked of it. Exits 2 when that file system, or its kernel, cannot do that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Of linux/fs.h from 6.19 on; before that each file system had it under a name of its own. */
#define SHUTDOWN _IOR('X', 125, uint32_t)
#define NO_LOG_FLUSH 2U

int
main(int argc, char **argv)
{
	uint32_t how = NO_LOG_FLUSH;
	int fd;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: poweroff FOLDER\n");
		return 1;
	}
	if ((fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		(void)fprintf(stderr, "poweroff: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (ioctl(fd, SHUTDOWN, &how) == 0)
		return 0;
	(void)fprintf(stderr, "poweroff: %s\n", strerror(errno));
	return errno == ENOTTY || errno == EOPNOTSUPP ? 2 : 1;
}
