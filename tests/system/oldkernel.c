/* LD_PRELOAD: a kernel before Linux 6.16, which has no SO_PASSRIGHTS. */
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

#define PASSRIGHTS 83

int
setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	static __typeof__(&setsockopt) real;

	if (level == SOL_SOCKET && name == PASSRIGHTS) {
		errno = ENOPROTOOPT;
		return -1;
	}
	if (!real)
		real = (__typeof__(&setsockopt))dlsym(RTLD_NEXT, "setsockopt");
	return real(fd, level, name, value, size);
}
