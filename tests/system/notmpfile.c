/* LD_PRELOAD: a file system that has no O_TMPFILE, wherever one looks. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

int
openat(int folder, const char *path, int flags, ...)
{
	static __typeof__(&openat) real;
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (!real)
		real = (__typeof__(&openat))dlsym(RTLD_NEXT, "openat");
	return real(folder, path, flags, mode);
}

/* The same, as 32-bit programs call it. */
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));
