#include "pass.h"

#include <string.h>
#include <sys/socket.h>

ssize_t
pass_descriptors(int over, const void *bytes, size_t n, int fd, unsigned count, int flags)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PASS_MOST * sizeof(int))] = "";
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = n };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > 0) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		*c = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))
		};
		for (unsigned i = 0; i < count; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	return sendmsg(over, &m, flags | MSG_NOSIGNAL);
}
