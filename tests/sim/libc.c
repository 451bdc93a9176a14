/*
 * What the C library, of which there is one, keeps for a process: whose streams, environment and options these are is
 * changed with the turn (libc_keep, libc_bring). What it would allocate once and keep for good is made before any
 * process begins (libc_begin).
 */
#include "kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The director's are those that the library itself uses: see R_X86_64_COPY. */
void
libc_begin(void)
{
	time_t t = 0;
	struct tm tm;

	static char zone[] = "TZ=UTC";
	static char *variables[] = { zone, NULL };
	char *(*real_setlocale)(int, const char *);

	*(void **)&real_setlocale = dlsym(RTLD_NEXT, "setlocale");
	(void)real_setlocale(LC_CTYPE, "C.UTF-8"); /* messages stay as they are: no catalogue is looked for */
	environ = variables;
	tzset();
	(void)localtime_r(&t, &tm);
	k->shared = (struct shared){ .environ = &environ,
		.out = &stdout,
		.err = &stderr,
		.argument = &optarg,
		.index = &optind,
		.report = &opterr,
		.option = &optopt,
		.streams = dlsym(RTLD_DEFAULT, "_IO_list_all"),
		.getopt_long = dlsym(RTLD_NEXT, "getopt_long") };
	k->initial =
	    (struct libc){ .out = stdout, .err = stderr, .report = 1, .index = 0, .streams = *k->shared.streams };
}

void
libc_keep(struct libc *l)
{
	const struct shared *s = &k->shared;

	*l = (struct libc){ .error = errno,
		.environ = *s->environ,
		.out = *s->out,
		.err = *s->err,
		.argument = *s->argument,
		.index = *s->index,
		.report = *s->report,
		.option = *s->option,
		.streams = *s->streams };
}

void
libc_bring(const struct libc *l)
{
	const struct shared *s = &k->shared;

	*s->environ = l->environ;
	*s->out = l->out;
	*s->err = l->err;
	*s->argument = l->argument;
	*s->index = l->index;
	*s->report = l->report;
	*s->option = l->option;
	*s->streams = l->streams;
	errno = l->error;
}

/* A program's own streams: this copy's variables, and the library's. */
void
libc_streams(FILE *out, FILE *err)
{
	stdout = *k->shared.out = out;
	stderr = *k->shared.err = err;
}

/* ------ options ------ */

int
getopt_long(int argc, char *const *argv, const char *options, const struct option *longs, int *which)
{
	const struct shared *s = &k->shared;
	const int r = s->getopt_long(argc, argv, options, longs, which);

	optarg = *s->argument;
	optind = *s->index;
	optopt = *s->option;
	return r;
}

/* ------ environment ------ */

static char **
variable(const char *name, size_t n)
{
	for (char **e = k && k->shared.environ ? *k->shared.environ : environ; e && *e; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return e;
	return NULL;
}

char *
getenv(const char *name)
{
	const size_t n = strlen(name);
	char **at = variable(name, n);

	return at ? *at + n + 1 : NULL;
}

static int
put(char *text)
{
	const size_t n = strcspn(text, "=");
	char **at = variable(text, n), **list;
	size_t count = 0;

	if (at)
		return *at = text, 0;
	for (at = *k->shared.environ; at && *at; at++)
		count++;
	if (!(list = calloc(count + 2, sizeof(*list))))
		return -1;
	if (count > 0)
		memcpy(list, *k->shared.environ, count * sizeof(*list));
	list[count] = text;
	environ = *k->shared.environ = list;
	return 0;
}

int
putenv(char *text)
{
	return put(text);
}

int
setenv(const char *name, const char *value, int replace)
{
	char *text;
	const size_t n = strlen(name);

	if (!replace && variable(name, n))
		return 0;
	if (!(text = malloc(n + strlen(value) + 2)))
		return -1;
	(void)sprintf(text, "%s=%s", name, value);
	return put(text);
}

int
unsetenv(const char *name)
{
	char **at = variable(name, strlen(name));

	for (; at && *at; at++)
		at[0] = at[1];
	return 0;
}

int
clearenv(void)
{
	environ = *k->shared.environ = NULL;
	return 0;
}

/* ------ language ------ */

char *
setlocale(int what, const char *name)
{
	static char now[] = "C.UTF-8";

	return (void)what, (void)name, now; /* there is no other, and it is set */
}
