#include "net/random.h"

#include <errno.h>
#include <sys/random.h>

#include "core/ident.h"

int
random_ident(struct ident *id)
{
	ssize_t n;

	while ((n = getrandom(id->b, sizeof(id->b), 0)) < 0 && errno == EINTR)
		continue;
	if (n < 0)
		return -errno;
	return n == sizeof(id->b) ? 0 : -EIO;
}
