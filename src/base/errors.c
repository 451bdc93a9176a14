#include "base/errors.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/translate.h"

static const struct {
	int error;
	const char *words;
} known[] = {
	{ EPERM, N_("Operation not permitted") },
	{ ENOENT, N_("No such file or directory") },
	{ ESRCH, N_("No such process") },
	{ EINTR, N_("Interrupted system call") },
	{ EIO, N_("Input/output error") },
	{ ENXIO, N_("No such device or address") },
	{ E2BIG, N_("Argument list too long") },
	{ ENOEXEC, N_("Exec format error") },
	{ EBADF, N_("Bad file descriptor") },
	{ ECHILD, N_("No child processes") },
	{ EAGAIN, N_("Resource temporarily unavailable") },
	{ ENOMEM, N_("Cannot allocate memory") },
	{ EACCES, N_("Permission denied") },
	{ EBUSY, N_("Device or resource busy") },
	{ EEXIST, N_("File exists") },
	{ EXDEV, N_("Invalid cross-device link") },
	{ ENODEV, N_("No such device") },
	{ ENOTDIR, N_("Not a directory") },
	{ EISDIR, N_("Is a directory") },
	{ EINVAL, N_("Invalid argument") },
	{ ENFILE, N_("Too many open files in system") },
	{ EMFILE, N_("Too many open files") },
	{ ENOTTY, N_("Inappropriate ioctl for device") },
	{ ETXTBSY, N_("Text file busy") },
	{ EFBIG, N_("File too large") },
	{ ENOSPC, N_("No space left on device") },
	{ ESPIPE, N_("Illegal seek") },
	{ EROFS, N_("Read-only file system") },
	{ EMLINK, N_("Too many links") },
	{ EPIPE, N_("Broken pipe") },
	{ ENAMETOOLONG, N_("File name too long") },
	{ ENOSYS, N_("Function not implemented") },
	{ ENOTEMPTY, N_("Directory not empty") },
	{ ELOOP, N_("Too many levels of symbolic links") },
	{ EPROTO, N_("Protocol error") },
	{ EOVERFLOW, N_("Value too large for defined data type") },
	{ EMSGSIZE, N_("Message too long") },
	{ ENOTSOCK, N_("Socket operation on non-socket") },
	{ EPROTOTYPE, N_("Protocol wrong type for socket") },
	{ EOPNOTSUPP, N_("Operation not supported") },
	{ EAFNOSUPPORT, N_("Address family not supported by protocol") },
	{ EADDRINUSE, N_("Address already in use") },
	{ ENETDOWN, N_("Network is down") },
	{ ENETUNREACH, N_("Network is unreachable") },
	{ ECONNABORTED, N_("Software caused connection abort") },
	{ ECONNRESET, N_("Connection reset by peer") },
	{ ENOBUFS, N_("No buffer space available") },
	{ ENOTCONN, N_("Transport endpoint is not connected") },
	{ ETIMEDOUT, N_("Connection timed out") },
	{ ECONNREFUSED, N_("Connection refused") },
	{ EHOSTUNREACH, N_("No route to host") },
	{ ESTALE, N_("Stale file handle") },
	{ EDQUOT, N_("Disk quota exceeded") },
	{ ECANCELED, N_("Operation canceled") },
};

const char *
error_words(int error)
{
	const int kept = errno;
	const char *words = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known) && !words; i++)
		if (known[i].error == error)
			words = _(known[i].words);
	if (!words)
		words = strerror(error);
	errno = kept;
	return words;
}
