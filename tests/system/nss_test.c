/*
 * A user database for tests: libnss_pchat.so.2. The file $PCHAT_TEST/nss says in its first word what it does:
 *
 *   answer              accounts are the lines "NAME UID" that follow
 *   unavail ERRNO       it is not there, for that reason
 *   tryagain ERRNO
 *   hang                it never answers
 *   hang-for UID        it never answers about that uid and higher ones, nor about names that begin with "foe"; nobody else is known
 *
 * Each question is noted in $PCHAT_TEST/nss.asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_pchat_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t size, int *error);
enum nss_status _nss_pchat_getpwuid_r(uid_t uid, struct passwd *pw, char *buffer, size_t size, int *error);

static void
note(const char *question)
{
	char path[4096], line[256];
	int fd, n;

	(void)snprintf(path, sizeof(path), "%s/nss.asked", getenv("PCHAT_TEST"));
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	n = snprintf(line, sizeof(line), "%s\n", question);
	if (fd < 0 || n < 0 || write(fd, line, (size_t)n) != n)
		_exit(99);
	(void)close(fd);
}

static FILE *
open_database(char word[32], int *number)
{
	char path[4096], line[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/nss", getenv("PCHAT_TEST"));
	f = fopen(path, "re");
	*number = 0;
	if (!f || !fgets(line, sizeof(line), f) || sscanf(line, "%31s %d", word, number) < 1)
		_exit(99);
	return f;
}

static enum nss_status
found(const char *name, unsigned uid, struct passwd *pw, char *buffer, size_t size, int *error)
{
	if (strlen(name) + 1 > size) {
		*error = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	}
	memcpy(buffer, name, strlen(name) + 1);
	*pw = (struct passwd){ .pw_name = buffer, .pw_uid = uid, .pw_gid = uid };
	pw->pw_passwd = pw->pw_gecos = pw->pw_dir = pw->pw_shell = buffer + strlen(name);
	return NSS_STATUS_SUCCESS;
}

static enum nss_status
answer(FILE *f, const char *name, uid_t uid, struct passwd *pw, char *buffer, size_t size, int *error)
{
	char line[256], known[128];
	unsigned number;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%127s %u", known, &number) != 2)
			continue;
		if (name ? strcmp(name, known) == 0 : uid == number)
			return found(known, number, pw, buffer, size, error);
	}
	*error = ENOENT;
	return NSS_STATUS_NOTFOUND;
}

static enum nss_status
ask(const char *name, uid_t uid, struct passwd *pw, char *buffer, size_t size, int *error)
{
	enum nss_status status;
	char word[32], question[200];
	int number;
	FILE *f = open_database(word, &number);

	if (name)
		(void)snprintf(question, sizeof(question), "name %s", name);
	else
		(void)snprintf(question, sizeof(question), "uid %u", uid);
	note(question);
	while (strcmp(word, "hang") == 0 ||
	    (strcmp(word, "hang-for") == 0 && (name ? strncmp(name, "foe", 3) == 0 : uid >= (uid_t)number)))
		(void)pause();
	if (strcmp(word, "answer") == 0 || strcmp(word, "hang-for") == 0) {
		status = answer(f, name, uid, pw, buffer, size, error);
	} else {
		*error = number;
		errno = number;
		status = strcmp(word, "unavail") == 0 ? NSS_STATUS_UNAVAIL : NSS_STATUS_TRYAGAIN;
	}
	(void)fclose(f);
	return status;
}

enum nss_status
_nss_pchat_getpwnam_r(const char *name, struct passwd *pw, char *buffer, size_t size, int *error)
{
	return ask(name, 0, pw, buffer, size, error);
}

enum nss_status
_nss_pchat_getpwuid_r(uid_t uid, struct passwd *pw, char *buffer, size_t size, int *error)
{
	return ask(NULL, uid, pw, buffer, size, error);
}
