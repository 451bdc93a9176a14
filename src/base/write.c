#include "base/write.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

int
write_whole(int fd, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0) {
		const ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}
