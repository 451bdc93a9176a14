/*
 * A file system that stops answering: one file, `file`, of a mebibyte, whose requests of one kind are taken and never
 * answered. What waits for such an answer waits in the kernel, where not even a SIGKILL ends it.
 *
 * usage: hungfuse FOLDER home|open|read|later
 *
 *   home    nothing that is asked of the folder itself does
 *   open    no open(2) does
 *   read    no read(2) does
 *   later   the first read(2) does, no other
 *
 * It mounts itself on FOLDER, says "mounted", and "hangs" when a request hangs. When it ends, so does every wait. Status 77:
 * the kernel has no FUSE, or does not let us mount.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAME "file"
#define NODE 2U /* of the file */
#define SIZE (1U << 20)
#define NOT_HERE 77

static int device;
static const char *hung;
static bool has_read;

static void
answer(uint64_t unique, int error, const void *body, size_t length)
{
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + length), .error = -error, .unique = unique };
	struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)body, length } };

	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		err(1, "an answer");
}

static struct fuse_attr
attributes(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == NODE ? S_IFREG | 0644 : S_IFDIR | 0755,
		.size = node == NODE ? SIZE : 0,
		.blocks = node == NODE ? SIZE / 512 : 0,
		.blksize = 4096,
		.nlink = 1,
	};
}

static void
initialise(const struct fuse_in_header *h, const struct fuse_init_in *asked)
{
	const struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 4096,
		.max_write = 4096,
	};

	(void)asked;
	answer(h->unique, 0, &out, sizeof(out));
}

static void
look_up(const struct fuse_in_header *h, const char *name)
{
	const struct fuse_entry_out out = { .nodeid = NODE, .attr = attributes(NODE) };

	if (h->nodeid == FUSE_ROOT_ID && strcmp(name, NAME) == 0)
		answer(h->unique, 0, &out, sizeof(out));
	else
		answer(h->unique, ENOENT, NULL, 0);
}

static void
read_file(const struct fuse_in_header *h, const struct fuse_read_in *in)
{
	static char zeros[128 << 10];
	const uint64_t left = in->offset < SIZE ? SIZE - in->offset : 0;
	size_t n = in->size < sizeof(zeros) ? in->size : sizeof(zeros);

	has_read = true;
	answer(h->unique, 0, zeros, n < left ? n : (size_t)left);
}

static bool
hangs(uint32_t opcode)
{
	if (opcode == FUSE_GETATTR || opcode == FUSE_LOOKUP)
		return strcmp(hung, "home") == 0;
	if (opcode == FUSE_OPEN)
		return strcmp(hung, "open") == 0;
	return opcode == FUSE_READ && (strcmp(hung, "read") == 0 || (strcmp(hung, "later") == 0 && has_read));
}

static void
serve(const struct fuse_in_header *h, const void *body)
{
	const struct fuse_attr_out attr = { .attr = attributes(h->nodeid) };
	const struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	if (hangs(h->opcode)) {
		(void)puts("hangs");
		return;
	}
	switch (h->opcode) {
	case FUSE_INIT:
		initialise(h, body);
		break;
	case FUSE_LOOKUP:
		look_up(h, body);
		break;
	case FUSE_GETATTR:
		answer(h->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(h->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		read_file(h, body);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(h->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* it does not listen to that either */
		break;
	default:
		answer(h->unique, ENOSYS, NULL, 0);
	}
}

int
main(int argc, char **argv)
{
	static _Alignas(uint64_t) char request[FUSE_MIN_READ_BUFFER + (256 << 10)];
	char options[128];

	if (argc != 3)
		errx(2, "usage: hungfuse FOLDER home|open|read|later");
	hung = argv[2];
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(NOT_HERE, "/dev/fuse");
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
	if (mount("hung", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		err(NOT_HERE, "mount");
	(void)puts("mounted");
	for (;;) {
		const ssize_t n = read(device, request, sizeof(request));

		if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
			continue;
		if (n < 0)
			return errno == ENODEV ? 0 : 1; /* unmounted */
		serve((const struct fuse_in_header *)(const void *)request, request + sizeof(struct fuse_in_header));
	}
}
