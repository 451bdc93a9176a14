/*
 * Files, folders and locks. A file remembers which of its sectors were written since it was last synced; when the power
 * goes, each of them is the new one or the old one, as chance has it. What lies below /run and /tmp is memory.
 */
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ROOT 1
#define ZEROS (256U * 1024U) /* a log that is made beforehand */
#define FAIL(e) return errno = (e), -1
#define FOLDER_AT(fd) ((fd) == AT_FDCWD ? ROOT : folder_of(fd))

/* ------ open files ------ */

int
ofile_new(enum kind kind, int index, int flags)
{
	for (int i = 0; i < OFILES; i++)
		if (k->ofile[i].kind == FREE) {
			k->ofiles = i < k->ofiles ? k->ofiles : i + 1;
			memset(&k->ofile[i], 0, sizeof(k->ofile[i]));
			k->ofile[i].kind = kind;
			k->ofile[i].index = index;
			k->ofile[i].flags = flags;
			k->ofile[i].refs = 1;
			return i;
		}
	kernel_bug("too many open files");
}

int
file_put(int ofile)
{
	struct proc *p = &k->proc[me];

	for (int fd = 0; fd < FDS; fd++)
		if (p->fd[fd] == NONE) {
			p->fd[fd] = ofile;
			p->cloexec[fd] = (k->ofile[ofile].flags & O_CLOEXEC) != 0;
			return fd;
		}
	ofile_put(ofile);
	return errno = EMFILE, -1;
}

struct ofile *
ofile_at(int fd)
{
	struct proc *p = &k->proc[me];

	if (fd < 0 || fd >= FDS || p->fd[fd] == NONE)
		return errno = EBADF, NULL;
	return &k->ofile[p->fd[fd]];
}

static void
forget_interest(int ofile)
{
	for (int e = 0; e < EPOLLS; e++)
		for (int i = 0; k->epoll[e].used && i < k->epoll[e].n;)
			if (k->epoll[e].of[i].ofile == ofile)
				k->epoll[e].of[i] = k->epoll[e].of[--k->epoll[e].n];
			else
				i++;
}

void
ofile_put(int i)
{
	struct ofile *o = &k->ofile[i];

	if (--o->refs > 0)
		return;
	forget_interest(i);
	switch (o->kind) {
	case FILE_:
		k->inode[o->index].opens--;
		inode_put(o->index);
		break;
	case SOCKET:
		sock_close(o->index);
		break;
	case PIPE_READ:
		k->pipe[o->index].readers--;
		break;
	case PIPE_WRITE:
		k->pipe[o->index].writers--;
		break;
	case EPOLL:
		k->epoll[o->index].used = false;
		break;
	case INOTIFY:
		for (int w = 0; w < WATCHES; w++)
			if (k->watch[w].ofile == i)
				k->watch[w].ofile = NONE;
		break;
	default:
		break;
	}
	o->kind = FREE;
}

/* ------ inodes ------ */

static void
tell_watchers(int inode)
{
	for (int w = 0; w < WATCHES; w++)
		if (k->watch[w].ofile != NONE && k->watch[w].inode == inode)
			k->ofile[k->watch[w].ofile].count++;
}

static void
wrote(struct inode *n, int64_t end)
{
	n->zeros = end > n->zeros ? end : n->zeros;
}

/* Of what lies from `from` up to `to`, what may be other than zero. */
static size_t
written(const struct inode *n, int64_t from, int64_t to)
{
	to = to < n->zeros ? to : n->zeros;
	return to > from ? (size_t)(to - from) : 0;
}

/* What it holds is zero again. */
void
inode_clear(int i)
{
	struct inode *n = &k->inode[i];

	memset(n->data, 0, (size_t)n->zeros);
	memset(n->synced, 0, (size_t)n->zeros);
	n->zeros = 0;
}

void
inode_put(int i)
{
	struct inode *n = &k->inode[i];

	if (n->nlink > 0 || n->opens > 0 || n->listener != NONE)
		return;
	inode_clear(i);
	n->used = false;
	for (int w = 0; w < WATCHES; w++)
		if (k->watch[w].ofile != NONE && k->watch[w].inode == i)
			k->watch[w].inode = NONE;
}

static void
enter(int parent, const char *name, int child)
{
	int e = 0;

	while (e < k->entries && k->entry[e].used)
		e++;
	if (e == ENTRIES)
		kernel_bug("the disk has no room for another name");
	k->entries = e < k->entries ? k->entries : e + 1;
	k->entry[e] = (struct entry){ .used = true, .parent = parent, .child = child };
	(void)snprintf(k->entry[e].name, NAME_BYTES, "%s", name);
}

int
inode_make(int parent, const char *name, mode_t mode, uid_t uid)
{
	int i = ROOT;

	while (i < INODES && k->inode[i].used)
		i++;
	if (i == INODES)
		kernel_bug("the disk has no room for another file");
	k->inode[i].used = true;
	k->inode[i].mode = mode;
	k->inode[i].uid = k->inode[i].gid = uid;
	k->inode[i].nlink = 1;
	k->inode[i].opens = 0;
	k->inode[i].listener = NONE;
	k->inode[i].born = ++k->inodes_made;
	k->inode[i].size = k->inode[i].synced_size = k->inode[i].zeros = 0;
	k->inode[i].cut = FILE_CAP;
	k->inode[i].data = k->disk + (size_t)i * FILE_CAP;
	k->inode[i].synced = k->disk + (size_t)(INODES + i) * FILE_CAP;
	memset(k->inode[i].dirty, 0, sizeof(k->inode[i].dirty));
	enter(parent, name, i);
	return i;
}

static struct entry *
entry_of(int parent, const char *name)
{
	for (int e = 0; e < k->entries; e++)
		if (k->entry[e].parent == parent && k->entry[e].used && k->entry[e].name[0] == name[0] &&
		    strcmp(k->entry[e].name, name) == 0)
			return &k->entry[e];
	return NULL;
}

static int
folder_of(int fd)
{
	const struct ofile *o = ofile_at(fd);

	return o && o->kind == FILE_ ? o->index : NONE;
}

/* Whether we may look into a folder (1), read (4) or write (2). */
static bool
permits(const struct inode *n, mode_t bit)
{
	const uid_t uid = k->proc[me].uid;

	if (uid == 0)
		return true;
	return (n->mode & (uid == n->uid ? bit << 6 : bit)) != 0;
}

static int
parent_of(int inode)
{
	for (int e = 0; e < k->entries; e++)
		if (k->entry[e].used && k->entry[e].child == inode)
			return k->entry[e].parent;
	return ROOT;
}

/* "/proc/self/fd/N/REST": the folder that is open there, and REST. */
static bool
through_descriptor(const char **path, int *at)
{
	static const char prefix[] = "/proc/self/fd/";
	char *end;

	if (strncmp(*path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	*at = folder_of((int)strtol(*path + sizeof(prefix) - 1, &end, 10));
	*path = *end == '/' ? end + 1 : end;
	return true;
}

int
inode_resolve(int at, const char *path, int *parent, char name[NAME_BYTES])
{
	const struct entry *e;
	int here = at;

	if (!through_descriptor(&path, &here) && *path == '/')
		here = ROOT;
	if (here == NONE)
		return -ENOENT;
	*parent = here;
	name[0] = '\0';
	for (;;) {
		size_t n;

		path += strspn(path, "/");
		if (!*path)
			return here;
		if (here < 0)
			return here;
		n = strcspn(path, "/");
		if (n >= NAME_BYTES)
			return -ENAMETOOLONG;
		if ((k->inode[here].mode & S_IFMT) != S_IFDIR)
			return -ENOTDIR;
		if (!permits(&k->inode[here], 1))
			return -EACCES;
		if (n == 1 && *path == '.') {
			path++;
			continue;
		}
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			here = *parent = parent_of(here);
			path += 2;
			continue;
		}
		*parent = here;
		memcpy(name, path, n);
		name[n] = '\0';
		path += n;
		e = entry_of(here, name);
		here = e ? e->child : -ENOENT;
		if (here < 0 && *(path + strspn(path, "/"))) {
			name[0] = '\0'; /* nothing can be made there */
			return -ENOENT;
		}
	}
}

/* ------ the host's files ------ */

void
files_begin(void)
{
	static const struct {
		const char *path;
		uid_t uid;
		mode_t mode;
	} folder[] = { { "/etc", 0, 0755 }, { "/run", 0, 0755 }, { "/run/user", 0, 0755 }, { "/run/pchat", 0, 0755 },
		{ "/tmp", 0, 01777 }, { "/var", 0, 0755 }, { "/var/lib", 0, 0755 }, { "/home", 0, 0755 },
		{ "/dev", 0, 0755 }, { "/proc", 0, 0755 }, { "/proc/sys", 0, 0755 }, { "/proc/sys/kernel", 0, 0755 },
		{ "/proc/sys/kernel/random", 0, 0755 }, { "/home/alice", 1001, 0700 }, { "/home/bob", 1002, 0700 },
		{ "/home/carol", 1003, 0700 }, { "/home/dave", 1004, 0700 }, { "/home/mallory", 1005, 0700 },
		{ "/run/user/1001", 1001, 0700 }, { "/run/user/1002", 1002, 0700 }, { "/run/user/1003", 1003, 0700 },
		{ "/run/user/1004", 1004, 0700 }, { "/run/user/1005", 1005, 0700 } };
	char name[NAME_BYTES], boot[64];
	int parent;

	if (!k->inode[ROOT].used)
		(void)inode_make(NONE, "", S_IFDIR | 0755, 0);
	for (size_t i = 0; i < ARRAY_SIZE(folder); i++)
		if (inode_resolve(ROOT, folder[i].path, &parent, name) < 0)
			(void)inode_make(parent, name, S_IFDIR | folder[i].mode, folder[i].uid);
	(void)snprintf(boot, sizeof(boot), "00000000-0000-4000-8000-%012d\n", ++k->boots);
	files_text("/proc/sys/kernel/random/boot_id", boot);
	files_text("/etc/nsswitch.conf", "passwd: files\n");
	files_text("/proc/sys/kernel/overflowuid", "65534\n");
	files_text("/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/home/alice:/bin/sh\nbob:x:1002:1002::/home/bob:/bin/sh\n"
	    "carol:x:1003:1003::/home/carol:/bin/sh\ndave:x:1004:1004::/home/dave:/bin/sh\n"
	    "mallory:x:1005:1005::/home/mallory:/bin/sh\n");
}

void
files_text(const char *path, const char *text)
{
	char name[NAME_BYTES];
	int parent, i = inode_resolve(ROOT, path, &parent, name);

	if (i < 0)
		i = inode_make(parent, name, S_IFREG | 0644, 0);
	memcpy(k->inode[i].data, text, strlen(text));
	memcpy(k->inode[i].synced, text, strlen(text));
	wrote(&k->inode[i], (int64_t)strlen(text));
	k->inode[i].size = k->inode[i].synced_size = (int64_t)strlen(text);
}

static void
drop_entry(struct entry *e)
{
	struct inode *n = &k->inode[e->child];
	const int child = e->child;

	e->used = false;
	n->nlink--;
	tell_watchers(child);
	inode_put(child);
}

static void
remove_below(int inode)
{
	for (int e = 0; e < k->entries; e++) {
		struct entry *f = &k->entry[e];

		if (!f->used || f->parent != inode)
			continue;
		if (S_ISDIR(k->inode[f->child].mode))
			remove_below(f->child);
		drop_entry(f);
	}
}

void
files_remove(const char *path)
{
	char name[NAME_BYTES];
	int parent;
	const int i = inode_resolve(ROOT, path, &parent, name);

	if (i < 0)
		return;
	kernel_trace("removes %s", path);
	remove_below(i);
	drop_entry(entry_of(parent, name));
}

void
files_each(uid_t uid, void (*fn)(const char *name, const uint8_t *data, size_t n, void *context), void *context)
{
	for (int e = 0; e < k->entries; e++) {
		const struct inode *n = &k->inode[k->entry[e].child];

		if (!k->entry[e].used || n->uid != uid || !S_ISREG(n->mode))
			continue;
		fn(k->entry[e].name, n->data, written(n, 0, n->size), context);
		fn(k->entry[e].name, n->synced, written(n, 0, n->synced_size), context);
	}
}

/* ------ the power ------ */

static bool
is_in_memory(int inode)
{
	char name[NAME_BYTES];
	int parent, run = inode_resolve(ROOT, "/run", &parent, name), tmp = inode_resolve(ROOT, "/tmp", &parent, name);

	for (int i = inode; i != ROOT; i = parent_of(i))
		if (i == run || i == tmp)
			return true;
	return false;
}

/* A file system cuts a file whole or not at all, and what is written where it was cut is there after that. */
static void
cut_or_not(struct inode *n)
{
	if (kernel_pick(2)) {
		memset(n->synced + n->cut, 0, written(n, n->cut, n->synced_size));
		n->synced_size = n->cut;
		return;
	}
	for (int64_t s = n->cut / SECTOR; s * SECTOR < n->zeros; s++)
		n->dirty[s / 8] &= (uint8_t) ~(1 << (s % 8));
	if (n->size < n->synced_size)
		n->size = n->synced_size;
}

static void
lose_unsynced(struct inode *n)
{
	if (n->cut < n->synced_size)
		cut_or_not(n);
	n->cut = FILE_CAP;

	const int64_t size = kernel_pick(2) ? n->size : n->synced_size;
	const int64_t most = n->size > n->synced_size ? n->size : n->synced_size;

	for (int64_t s = 0; s * SECTOR < most; s++) {
		const bool dirty = n->dirty[s / 8] & (1 << (s % 8));

		if (!dirty || kernel_pick(2))
			memcpy(n->data + s * SECTOR, n->synced + s * SECTOR, written(n, s * SECTOR, (s + 1) * SECTOR));
		else
			memcpy(n->synced + s * SECTOR, n->data + s * SECTOR, written(n, s * SECTOR, (s + 1) * SECTOR));
	}
	memset(n->dirty, 0, sizeof(n->dirty));
	memset(n->data + size, 0, written(n, size, most));
	n->size = n->synced_size = size;
	memcpy(n->synced, n->data, written(n, 0, most));
}

void
files_power(void)
{
	for (int pass = 0; pass < 8; pass++) /* what is deepest first */
		for (int e = 0; e < k->entries; e++) {
			struct entry *f = &k->entry[e];
			bool empty = true;

			if (!f->used || f->child == ROOT || !is_in_memory(f->parent))
				continue;
			for (int c = 0; c < k->entries; c++)
				empty &= !k->entry[c].used || k->entry[c].parent != f->child;
			if (empty)
				drop_entry(f);
		}
	for (int i = ROOT + 1; i < INODES; i++)
		if (k->inode[i].used && S_ISREG(k->inode[i].mode))
			lose_unsynced(&k->inode[i]);
	files_begin();
}

/* ------ opening ------ */

static int
bad_fault(void)
{
	const struct weather *w = &k->weather;

	if (!k->proc[me].mortal)
		return 0;
	if (kernel_fault(w->enospc)) {
		kernel_trace("no space left");
		k->watched_failed |= k->proc[me].watched;
		return ENOSPC;
	}
	if (kernel_fault(w->eio)) {
		kernel_trace("input/output error");
		k->watched_failed |= k->proc[me].watched;
		return EIO;
	}
	return 0;
}

static int
open_inode(int i, int flags)
{
	struct inode *n = &k->inode[i];
	int o;

	if ((flags & O_DIRECTORY) && !S_ISDIR(n->mode))
		return -ENOTDIR;
	if (S_ISSOCK(n->mode) && !(flags & O_PATH))
		return -ENXIO;
	if (!(flags & O_PATH) &&
	    (((flags & O_ACCMODE) != O_WRONLY && !permits(n, 4)) ||
		((flags & O_ACCMODE) != O_RDONLY && !permits(n, 2))))
		return -EACCES;
	if (S_ISDIR(n->mode) && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	o = ofile_new(FILE_, i, flags);
	n->opens++;
	if ((flags & O_TRUNC) && S_ISREG(n->mode)) {
		memset(n->data, 0, written(n, 0, n->size));
		memset(n->dirty, 0xff, (size_t)(n->size / SECTOR / 8 + 1));
		n->size = n->cut = 0;
	}
	return file_put(o) < 0 ? -EMFILE : (int)o;
}

/* How often there is no descriptor: where SQLite does not fail but goes on with less, more often. */
static uint32_t
rarely(const char *path)
{
	const uint32_t once_in = k->weather.emfile;

	return once_in > 0 && strstr(path, "-shm") ? 1 + once_in / 50 : once_in;
}

static int
open_at(int at, const char *path, int flags, mode_t mode)
{
	char name[NAME_BYTES];
	int parent, i, r;

	kernel_enter("openat");
	if (k->proc[me].mortal && kernel_fault(rarely(path))) {
		kernel_trace("too many open files at '%s'", path);
		FAIL(EMFILE);
	}
	if (strcmp(path, "/dev/null") == 0)
		return file_put(ofile_new(DEVICE, DEV_NULL, flags));
	if (strcmp(path, "/dev/urandom") == 0)
		return file_put(ofile_new(DEVICE, DEV_URANDOM, flags));
	i = inode_resolve(FOLDER_AT(at), path, &parent, name);
	if (i == -ENOENT && (flags & O_CREAT) && name[0]) {
		if (!permits(&k->inode[parent], 2))
			FAIL(EACCES);
		if ((r = bad_fault()) != 0)
			FAIL(r);
		i = inode_make(parent, name, S_IFREG | (mode & ~k->proc[me].umask), k->proc[me].uid);
	} else if (i >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
		FAIL(EEXIST);
	}
	if (i < 0)
		FAIL(-i);
	if ((r = open_inode(i, flags)) < 0)
		FAIL(-r);
	for (int fd = 0; fd < FDS; fd++)
		if (k->proc[me].fd[fd] == r)
			return fd;
	return -1;
}

static mode_t
mode_of(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                           \
	int name(const char *path, int flags, ...)           \
	{                                                    \
		va_list args;                                \
		mode_t mode;                                 \
		va_start(args, flags);                       \
		mode = mode_of(flags, args);                 \
		va_end(args);                                \
		return open_at(AT_FDCWD, path, flags, mode); \
	}
#define OPENAT(name)                                       \
	int name(int at, const char *path, int flags, ...) \
	{                                                  \
		va_list args;                              \
		mode_t mode;                               \
		va_start(args, flags);                     \
		mode = mode_of(flags, args);               \
		va_end(args);                              \
		return open_at(at, path, flags, mode);     \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int
__open_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int
__openat_2(int at, const char *path, int flags)
{
	return open_at(at, path, flags, 0);
}

static void
unlock_all(int inode)
{
	for (int l = 0; l < k->locks; l++)
		if (k->lock[l].used && k->lock[l].proc == me && k->lock[l].inode == inode)
			k->lock[l].used = false;
}

int
close(int fd)
{
	struct ofile *o;
	int i;

	if (!k)
		return (int)raw(SYS_close, (long)fd);
	kernel_enter("close");
	if (!(o = ofile_at(fd)))
		return -1;
	if (o->kind == FILE_)
		unlock_all(o->index); /* as POSIX has it: all of the process's, whichever descriptor took them */
	i = k->proc[me].fd[fd];
	k->proc[me].fd[fd] = NONE;
	ofile_put(i);
	return 0;
}

/* ------ reading and writing ------ */

static void
mark(struct inode *n, int64_t from, int64_t to)
{
	int64_t s = from / SECTOR;
	const int64_t end = (to + SECTOR - 1) / SECTOR;

	while (s < end)
		if (s % 8 == 0 && end - s >= 8) {
			n->dirty[s / 8] = 0xff;
			s += 8;
		} else {
			n->dirty[s / 8] |= (uint8_t)(1 << (s % 8));
			s++;
		}
}

ssize_t
file_read(struct ofile *o, void *buf, size_t n, int64_t at)
{
	const struct inode *i = &k->inode[o->index];

	if (S_ISDIR(i->mode))
		FAIL(EISDIR);
	if (at >= i->size)
		return 0;
	if ((int64_t)n > i->size - at)
		n = (size_t)(i->size - at);
	const size_t some = written(i, at, at + (int64_t)n);

	memcpy(buf, (o->flags & O_DIRECT ? i->synced : i->data) + at, some);
	memset((uint8_t *)buf + some, 0, n - some);
	return (ssize_t)n;
}

ssize_t
file_write(struct ofile *o, const void *buf, size_t n, int64_t at)
{
	struct inode *i = &k->inode[o->index];
	const int fault = bad_fault();

	if (fault)
		FAIL(fault);
	if (at + (int64_t)n > (int64_t)FILE_CAP)
		FAIL(ENOSPC);
	if (n >= ZEROS && heap_holds_zeros(buf, n)) {
		memset(i->data + at, 0, written(i, at, at + (int64_t)n));
	} else {
		memcpy(i->data + at, buf, n);
		wrote(i, at + (int64_t)n);
	}
	mark(i, at, at + (int64_t)n);
	if (at + (int64_t)n > i->size)
		i->size = at + (int64_t)n;
	return (ssize_t)n;
}

ssize_t
pread(int fd, void *buf, size_t n, off_t at)
{
	struct ofile *o;

	kernel_enter("pread64");
	return (o = ofile_at(fd)) ? file_read(o, buf, n, at) : -1;
}

ssize_t
pwrite(int fd, const void *buf, size_t n, off_t at)
{
	struct ofile *o;

	kernel_enter("pwrite64");
	return (o = ofile_at(fd)) ? file_write(o, buf, n, at) : -1;
}

ssize_t
pread64(int fd, void *buf, size_t n, off64_t at)
{
	return pread(fd, buf, n, at);
}

ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	return pwrite(fd, buf, n, at);
}

off_t
lseek(int fd, off_t at, int whence)
{
	struct ofile *o;

	kernel_enter("lseek");
	if (!(o = ofile_at(fd)))
		return -1;
	if (o->kind != FILE_)
		FAIL(ESPIPE);
	o->offset = whence == SEEK_SET ? at : whence == SEEK_CUR ? o->offset + at : k->inode[o->index].size + at;
	return o->offset;
}

int
fsync(int fd)
{
	struct ofile *o;
	struct inode *n;
	int fault;

	kernel_enter("fsync");
	if (!(o = ofile_at(fd)))
		return -1;
	if (o->kind != FILE_)
		return 0;
	n = &k->inode[o->index];
	fault = bad_fault();
	if (fault == 0 && k->proc[me].mortal && kernel_fault(k->weather.sync)) {
		kernel_trace("input/output error");
		k->watched_failed |= k->proc[me].watched;
		fault = EIO;
	}
	if (fault != 0) {
		/* What a disk failed to take stays in memory, and counts as written. */
		if (kernel_pick(2))
			memset(n->dirty, 0, sizeof(n->dirty));
		FAIL(fault);
	}
	for (int64_t s = 0; s * SECTOR < n->zeros; s++)
		if (n->dirty[s / 8] == 0)
			s |= 7;
		else if (n->dirty[s / 8] & (1 << (s % 8)))
			memcpy(n->synced + s * SECTOR, n->data + s * SECTOR, SECTOR);
	memset(n->dirty, 0, sizeof(n->dirty));
	n->synced_size = n->size;
	n->cut = FILE_CAP;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
ftruncate(int fd, off_t size)
{
	struct ofile *o;
	struct inode *n;
	int fault;

	kernel_enter("ftruncate");
	if (!(o = ofile_at(fd)))
		return -1;
	if (size > (off_t)FILE_CAP)
		FAIL(ENOSPC);
	if ((fault = bad_fault()) != 0)
		FAIL(fault);
	n = &k->inode[o->index];
	if (size < n->size) {
		memset(n->data + size, 0, written(n, size, n->size));
		mark(n, size, n->size);
		n->cut = size < n->cut ? size : n->cut;
	}
	n->size = size;
	return 0;
}

int
ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

/* ------ memory ------ */

/* What an earlier run had is given out again. */
static void *
map_anonymous(void *at, size_t n, int protection, int flags)
{
	long r;
	int i = 0;

	while (i < k->n_mapped && (k->mapped[i].used || k->mapped[i].n != n))
		i++;
	if (i < k->n_mapped && !at && protection == (PROT_READ | PROT_WRITE)) {
		k->mapped[i].used = true;
		return memset(k->mapped[i].at, 0, n);
	}
	r = raw(SYS_mmap, at, n, (long)protection, (long)flags, -1L, 0L);
	if (r < 0 && r > -4096)
		return errno = (int)-r, MAP_FAILED;
	if (k->n_mapped == SHARED)
		kernel_bug("too many mappings");
	k->mapped[k->n_mapped].at = (void *)r;
	k->mapped[k->n_mapped].used = true;
	k->mapped[k->n_mapped++].n = n;
	return (void *)r;
}

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	struct ofile *o;

	if (fd < 0 || (flags & MAP_ANONYMOUS))
		return map_anonymous(at, n, protection, flags);
	kernel_enter("mmap");
	o = ofile_at(fd);
	if (!o || o->kind != FILE_)
		return errno = ENODEV, MAP_FAILED;
	wrote(&k->inode[o->index], (int64_t)n + offset);
	return k->inode[o->index].data + offset;
}

void *
mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset)
{
	return mmap(at, n, protection, flags, fd, offset);
}

/* There is always room. */
int
madvise(void *at, size_t n, int advice)
{
	return advice == MADV_DONTNEED ? (int)raw(SYS_madvise, at, n, (long)advice) : 0;
}

int
munmap(void *at, size_t n)
{
	return (void)at, (void)n, 0; /* at the end of the run */
}

/* ------ what is there ------ */

static int
fill(int i, struct stat *st)
{
	const struct inode *n = &k->inode[i];

	memset(st, 0, sizeof(*st));
	st->st_dev = 1;
	st->st_ino = (ino_t)i + ((ino_t)n->born << 16);
	st->st_mode = n->mode;
	st->st_nlink = (nlink_t)n->nlink;
	st->st_uid = n->uid;
	st->st_gid = n->gid;
	st->st_size = n->size;
	st->st_blksize = 4096;
	st->st_blocks = (n->size + 511) / 512;
	return 0;
}

int
fstatat(int at, const char *restrict path, struct stat *restrict st, int flags)
{
	char name[NAME_BYTES];
	int parent, i;

	(void)flags;
	kernel_enter("newfstatat");
	i = inode_resolve(FOLDER_AT(at), path, &parent, name);
	if (i < 0)
		FAIL(-i);
	return fill(i, st);
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

int
lstat(const char *restrict path, struct stat *restrict st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

int
fstat(int fd, struct stat *st)
{
	const struct ofile *o;

	kernel_enter("fstat");
	if (!(o = ofile_at(fd)))
		return -1;
	if (o->kind == FILE_)
		return fill(o->index, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = o->kind == SOCKET ? S_IFSOCK | 0600 : o->kind == DEVICE ? S_IFCHR | 0666 : S_IFIFO | 0600;
	return 0;
}

int
stat64(const char *restrict path, struct stat64 *restrict st)
{
	return stat(path, (struct stat *)st);
}

int
lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return lstat(path, (struct stat *)st);
}

int
fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

int
access(const char *path, int mode)
{
	struct stat st;

	(void)mode;
	return stat(path, &st);
}

int
faccessat(int at, const char *path, int mode, int flags)
{
	struct stat st;

	(void)mode;
	return fstatat(at, path, &st, flags);
}

int
statfs(const char *path, struct statfs *s)
{
	(void)path;
	memset(s, 0, sizeof(*s));
	s->f_type = 0xef53;
	s->f_bsize = 4096;
	s->f_blocks = s->f_bfree = s->f_bavail = 1 << 20;
	return 0;
}

int
fstatfs(int fd, struct statfs *s)
{
	return (void)fd, statfs("/", s);
}

int
fstatvfs(int fd, struct statvfs *s)
{
	kernel_enter("fstatfs");
	if (!ofile_at(fd))
		return -1;
	memset(s, 0, sizeof(*s));
	s->f_bsize = s->f_frsize = 4096;
	s->f_blocks = s->f_bfree = s->f_bavail = 1 << 20;
	return 0;
}

ssize_t
readlink(const char *restrict path, char *restrict out, size_t n)
{
	return (void)path, (void)out, (void)n, errno = EINVAL, -1;
}

char *
getcwd(char *out, size_t n)
{
	if (n < 2)
		return errno = ERANGE, NULL;
	memcpy(out, "/", 2);
	return out;
}

int
chdir(const char *path)
{
	return (void)path, 0;
}

mode_t
umask(mode_t mask)
{
	const mode_t before = k->proc[me].umask;

	k->proc[me].umask = mask & 0777;
	return before;
}

/* ------ names ------ */

int
mkdirat(int at, const char *path, mode_t mode)
{
	char name[NAME_BYTES];
	int parent, i;

	kernel_enter("mkdir");
	i = inode_resolve(FOLDER_AT(at), path, &parent, name);
	if (i >= 0)
		FAIL(EEXIST);
	if (i != -ENOENT || !name[0])
		FAIL(-i);
	if (!permits(&k->inode[parent], 2))
		FAIL(EACCES);
	(void)inode_make(parent, name, S_IFDIR | (mode & ~k->proc[me].umask), k->proc[me].uid);
	return 0;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
unlinkat(int at, const char *path, int flags)
{
	char name[NAME_BYTES];
	int parent, i;

	(void)flags;
	kernel_enter("unlink");
	i = inode_resolve(FOLDER_AT(at), path, &parent, name);
	if (i < 0)
		FAIL(-i);
	if (!permits(&k->inode[parent], 2))
		FAIL(EACCES);
	kernel_trace("unlink %s", path);
	drop_entry(entry_of(parent, name));
	return 0;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
renameat(int from_at, const char *from, int to_at, const char *to)
{
	char old[NAME_BYTES], new[NAME_BYTES];
	int old_parent, new_parent, i, j;
	struct entry *e;

	kernel_enter("rename");
	i = inode_resolve(FOLDER_AT(from_at), from, &old_parent, old);
	if (i < 0)
		FAIL(-i);
	j = inode_resolve(FOLDER_AT(to_at), to, &new_parent, new);
	if (j < 0 && (j != -ENOENT || !new[0]))
		FAIL(-j);
	if (!permits(&k->inode[new_parent], 2))
		FAIL(EACCES);
	kernel_trace("rename %s to %s", from, to);
	e = entry_of(old_parent, old);
	if (j >= 0)
		drop_entry(entry_of(new_parent, new));
	e->parent = new_parent;
	memcpy(e->name, new, NAME_BYTES);
	tell_watchers(i);
	return 0;
}

int
link(const char *from, const char *to)
{
	char old[NAME_BYTES], new[NAME_BYTES];
	int old_parent, new_parent, i, j;

	kernel_enter("link");
	i = inode_resolve(FOLDER_AT(AT_FDCWD), from, &old_parent, old);
	if (i < 0)
		FAIL(-i);
	j = inode_resolve(FOLDER_AT(AT_FDCWD), to, &new_parent, new);
	if (j >= 0)
		FAIL(EEXIST);
	if (j != -ENOENT || !new[0])
		FAIL(-j);
	if (!permits(&k->inode[new_parent], 2))
		FAIL(EACCES);
	enter(new_parent, new, i);
	k->inode[i].nlink++;
	return 0;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
fchmodat(int at, const char *path, mode_t mode, int flags)
{
	char name[NAME_BYTES];
	int parent, i;

	(void)flags;
	kernel_enter("fchmodat");
	i = inode_resolve(FOLDER_AT(at), path, &parent, name);
	if (i < 0)
		FAIL(-i);
	k->inode[i].mode = (k->inode[i].mode & S_IFMT) | (mode & 07777);
	return 0;
}

int
chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

int
fchmod(int fd, mode_t mode)
{
	const struct ofile *o;

	kernel_enter("fchmod");
	if (!(o = ofile_at(fd)) || o->kind != FILE_)
		return -1;
	k->inode[o->index].mode = (k->inode[o->index].mode & S_IFMT) | (mode & 07777);
	return 0;
}

int
fchown(int fd, uid_t uid, gid_t gid)
{
	return (void)fd, (void)uid, (void)gid, 0;
}

int
fchownat(int at, const char *path, uid_t uid, gid_t gid, int flags)
{
	return (void)at, (void)path, (void)uid, (void)gid, (void)flags, 0;
}

/* ------ locks ------ */

int
flock(int fd, int how)
{
	struct ofile *o;

	kernel_enter("flock");
	if (!(o = ofile_at(fd)))
		return -1;
	if ((how & ~LOCK_NB) == LOCK_UN)
		return o->flock = 0, 0;
	for (int i = 0; i < k->ofiles; i++) {
		const struct ofile *other = &k->ofile[i];

		if (other != o && other->kind == FILE_ && other->index == o->index && other->flock &&
		    (other->flock == LOCK_EX || (how & ~LOCK_NB) == LOCK_EX))
			FAIL(EWOULDBLOCK);
	}
	o->flock = how & ~LOCK_NB;
	return 0;
}

static void
lock_range(int inode, bool exclusive, int64_t start, int64_t end)
{
	for (int l = 0; l < LOCKS; l++)
		if (!k->lock[l].used) {
			k->locks = l < k->locks ? k->locks : l + 1;
			k->lock[l] = (struct lock){ .used = true,
				.exclusive = exclusive,
				.inode = inode,
				.proc = me,
				.start = start,
				.end = end };
			return;
		}
	kernel_bug("too many locks");
}

static void
unlock_range(int inode, int64_t start, int64_t end)
{
	for (int l = 0; l < k->locks; l++) {
		struct lock *x = &k->lock[l];
		const struct lock was = *x;

		if (!x->used || x->proc != me || x->inode != inode || x->end <= start || x->start >= end)
			continue;
		x->used = false;
		if (was.start < start)
			lock_range(inode, was.exclusive, was.start, start);
		if (was.end > end)
			lock_range(inode, was.exclusive, end, was.end);
	}
}

static const struct lock *
conflict(int inode, const struct flock *f, int64_t end)
{
	for (int l = 0; l < k->locks; l++) {
		const struct lock *x = &k->lock[l];

		if (x->used && x->proc != me && x->inode == inode && x->start < end && x->end > f->l_start &&
		    (x->exclusive || f->l_type == F_WRLCK))
			return x;
	}
	return NULL;
}

static int
posix_lock(const struct ofile *o, int command, struct flock *f)
{
	const int64_t end = f->l_len ? f->l_start + f->l_len : INT64_MAX;
	const struct lock *other = f->l_type == F_UNLCK ? NULL : conflict(o->index, f, end);

	if (command == F_GETLK) {
		f->l_type = F_UNLCK;
		if (other) {
			f->l_type = other->exclusive ? F_WRLCK : F_RDLCK;
			f->l_pid = k->proc[other->proc].pid;
		}
		return 0;
	}
	if (other)
		FAIL(EAGAIN);
	unlock_range(o->index, f->l_start, end);
	if (f->l_type != F_UNLCK)
		lock_range(o->index, f->l_type == F_WRLCK, f->l_start, end);
	return 0;
}

static int
duplicate(int fd, int least, bool cloexec)
{
	struct proc *p = &k->proc[me];

	for (int new = least; new < FDS; new ++)
		if (p->fd[new] == NONE) {
			p->fd[new] = p->fd[fd];
			p->cloexec[new] = cloexec;
			k->ofile[p->fd[fd]].refs++;
			return new;
		}
	FAIL(EMFILE);
}

static int
control(int fd, int command, void *arg)
{
	struct ofile *o;

	kernel_enter("fcntl");
	if (!(o = ofile_at(fd)))
		return -1;
	switch (command) {
	case F_GETFD:
		return k->proc[me].cloexec[fd] ? FD_CLOEXEC : 0;
	case F_SETFD:
		k->proc[me].cloexec[fd] = ((long)arg & FD_CLOEXEC) != 0;
		return 0;
	case F_GETFL:
		return o->flags;
	case F_SETFL:
		o->flags = (o->flags & ~O_NONBLOCK) | (int)((long)arg & O_NONBLOCK);
		return 0;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return duplicate(fd, (int)(long)arg, command == F_DUPFD_CLOEXEC);
	case F_SETLK:
	case F_SETLKW:
	case F_GETLK:
		return posix_lock(o, command, arg);
	default:
		FAIL(EINVAL);
	}
}

#define FCNTL(name)                               \
	int name(int fd, int command, ...)        \
	{                                         \
		va_list args;                     \
		void *arg;                        \
		va_start(args, command);          \
		arg = va_arg(args, void *);       \
		va_end(args);                     \
		return control(fd, command, arg); \
	}

FCNTL(fcntl)
FCNTL(fcntl64)

int
dup2(int from, int to)
{
	struct proc *p = &k->proc[me];

	kernel_enter("dup2");
	if (!ofile_at(from))
		return -1;
	if (from == to)
		return to;
	k->ofile[p->fd[from]].refs++;
	if (p->fd[to] != NONE)
		ofile_put(p->fd[to]);
	p->fd[to] = p->fd[from];
	p->cloexec[to] = false;
	return to;
}

int
posix_fadvise(int fd, off_t at, off_t n, int advice)
{
	return (void)fd, (void)at, (void)n, (void)advice, 0;
}

/* ------ folders ------ */

struct __dirstream {
	int fd, next;
	struct dirent entry;
};

DIR *
fdopendir(int fd)
{
	DIR *d = calloc(1, sizeof(*d));

	if (d)
		d->fd = fd;
	return d;
}

DIR *
opendir(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

struct dirent *
readdir(DIR *d)
{
	const struct ofile *o;

	kernel_enter("getdents64");
	if (!(o = ofile_at(d->fd)))
		return NULL;
	while (d->next < k->entries) {
		const struct entry *e = &k->entry[d->next++];

		if (!e->used || e->parent != o->index)
			continue;
		d->entry.d_ino = (ino_t)e->child;
		d->entry.d_type = DT_UNKNOWN;
		(void)snprintf(d->entry.d_name, sizeof(d->entry.d_name), "%s", e->name);
		return &d->entry;
	}
	return NULL;
}

int
closedir(DIR *d)
{
	const int r = close(d->fd);

	free(d);
	return r;
}

int
dirfd(DIR *d)
{
	return d->fd;
}

/* What our programs read by stdio are a few small files of the host. */
FILE *
fopen(const char *restrict path, const char *restrict mode)
{
	char name[NAME_BYTES];
	int parent, i;

	(void)mode;
	kernel_enter("openat");
	i = inode_resolve(ROOT, path, &parent, name);
	if (i < 0)
		return errno = -i, NULL;
	return fmemopen(k->inode[i].data, (size_t)k->inode[i].size + 1, "r");
}
