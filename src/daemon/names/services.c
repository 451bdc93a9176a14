#include "daemon/names/services.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <dlfcn.h>
#include <nss.h>
#endif

#define BUFFER_MAX (1024U * 1024U)

/* ------ nsswitch.conf ------ */

static bool
add_service(struct services *s, const char *word)
{
	if (strcmp(word, "files") == 0)
		return true;
	if (s->count == SERVICES_MAX || strlen(word) >= SERVICE_NAME)
		return false;
	memcpy(s->name[s->count++], word, strlen(word) + 1);
	return true;
}

/* What follows "passwd:": services, and between them in brackets what is done with their answers. */
static bool
parse_services(struct services *s, char *text)
{
	const char *word;
	char *rest = text, *open, *end;

	while ((open = strchr(text, '['))) {
		end = strchr(open, ']');
		memset(open, ' ', end ? (size_t)(end + 1 - open) : strlen(open));
	}
	while ((word = strsep(&rest, " \t\r\n")))
		if (*word && !add_service(s, word))
			return false;
	return true;
}

int
services_read(const char *path, struct services *s)
{
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "re");
	int r = 0;

	s->count = 0;
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && getline(&line, &size, f) >= 0) {
		char *text = line + strspn(line, " \t");

		text[strcspn(text, "#")] = '\0';
		if (strncmp(text, "passwd:", 7) == 0 && !parse_services(s, text + 7))
			r = -E2BIG;
	}
	if (r == 0 && ferror(f))
		r = -EIO;
	(void)fclose(f);
	return r;
}

const char *
services_text(const struct services *s, char out[SERVICES_TEXT])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < s->count && len < SERVICES_TEXT; i++)
		len += (size_t)snprintf(out + len, SERVICES_TEXT - len, "%s%s", i ? ", " : "", s->name[i]);
	return out;
}

bool
services_reach_network(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno != EAFNOSUPPORT && errno != EPERM && errno != EACCES;
	(void)close(fd);
	return true;
}

/* ------ asking ------ */

/* By name, or, without one, by uid. */
struct query {
	const char *name;
	uint32_t uid;
};

static void
keep(const struct passwd *pw, struct service_account *account)
{
	const int n = snprintf(account->name, sizeof(account->name), "%s", pw->pw_name);

	account->uid = pw->pw_uid;
	if (n < 0 || (size_t)n >= sizeof(account->name))
		account->name[0] = '\0'; /* a part of a name may be another's */
}

/* The errno of a service that did not answer, as it may be told: -ENOENT would say that it did. */
static int
failure(int error)
{
	return error <= 0 || error == ENOENT ? -EIO : -error;
}

/* All of them as the C library asks them: with its caches, and whatever takes its place. */
static int
ask_library(const struct query *q, struct service_account *account)
{
	const struct passwd *pw;

	do {
		errno = 0;
		pw = q->name ? getpwnam(q->name) : getpwuid(q->uid);
	} while (!pw && errno == EINTR);
	if (!pw)
		return errno == 0 ? -ENOENT : failure(errno);
	keep(pw, account);
	return 0;
}

#ifdef __GLIBC__
typedef enum nss_status by_name_fn(const char *name, struct passwd *pw, char *buffer, size_t size, int *error);
typedef enum nss_status by_uid_fn(uid_t uid, struct passwd *pw, char *buffer, size_t size, int *error);

/* Where the C library finds a service's functions. NULL and 0: it is not installed, or knows no accounts; else -errno. */
static void *
find_function(const char *service, bool by_name, int *error)
{
	char symbol[64 + SERVICE_NAME], library[32 + SERVICE_NAME];
	const char *why;
	void *module;

	*error = 0;
	(void)snprintf(library, sizeof(library), "libnss_%s.so.2", service);
	(void)snprintf(symbol, sizeof(symbol), "_nss_%s_%s", service, by_name ? "getpwnam_r" : "getpwuid_r");
	if ((module = dlopen(library, RTLD_LAZY)))
		return dlsym(module, symbol);
	why = dlerror();
	if (!why || !strstr(why, strerror(ENOENT)))
		*error = -ELIBACC;
	return NULL;
}

static int
understand(enum nss_status status, int error, const struct passwd *pw, struct service_account *account)
{
	if (status == NSS_STATUS_NOTFOUND)
		return -ENOENT;
	if (status != NSS_STATUS_SUCCESS)
		return failure(error);
	keep(pw, account);
	return 0;
}

static int
ask_service(const char *service, const struct query *q, struct service_account *account)
{
	_cleanup_(freep) char *buffer = NULL;
	enum nss_status status = NSS_STATUS_UNAVAIL;
	struct passwd pw;
	int error;
	void *function = find_function(service, q->name != NULL, &error);

	if (!function)
		return error < 0 ? error : -ENOENT;
	for (size_t size = 4096; size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		if (!(buffer = malloc(size)))
			return -ENOMEM;
		error = 0;
		if (q->name)
			status = ((by_name_fn *)function)(q->name, &pw, buffer, size, &error);
		else
			status = ((by_uid_fn *)function)(q->uid, &pw, buffer, size, &error);
		if (status != NSS_STATUS_TRYAGAIN || error != ERANGE)
			break;
	}
	return understand(status, error, &pw, account);
}
#else
static int
ask_service(const char *service, const struct query *q, struct service_account *account)
{
	(void)service, (void)q, (void)account;
	return -ENOENT;
}
#endif

static int
ask(const struct services *s, const struct query *q, struct service_account *account, const char **silent)
{
	const int r = ask_library(q, account);

	*silent = "nss";
	for (size_t i = 0; r != 0 && i < s->count; i++) {
		const int one = ask_service(s->name[i], q, account);

		if (one == -ENOENT)
			continue;
		*silent = s->name[i];
		return one != 0 || r == -ENOENT ? one : r;
	}
	return r;
}

int
services_by_name(const struct services *s, const char *name, struct service_account *account, const char **silent)
{
	return ask(s, &(struct query){ .name = name }, account, silent);
}

int
services_by_uid(const struct services *s, uint32_t uid, struct service_account *account, const char **silent)
{
	return ask(s, &(struct query){ .uid = uid }, account, silent);
}
