#include "base/translate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/macros.h"

#define LANGUAGE_MAX 64

static struct {
	bool looked; /* for the catalogue */
	bool english;
	struct catalogue catalogue;
} state;

/* The first of the variables that says something; NULL: none does. */
static const char *
variable(const char *first, const char *second, const char *third)
{
	const char *const names[] = { first, second, third };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return NULL;
}

static bool
is_posix(const char *locale, size_t length)
{
	return (length == 1 && *locale == 'C') || (length == 5 && memcmp(locale, "POSIX", 5) == 0);
}

/* A locale that names no character set has ours. */
static bool
is_utf8(const char *locale)
{
	const char *dot = strchr(locale, '.');
	const size_t length = dot ? strcspn(dot + 1, "@") : 0;

	if (!dot)
		return !is_posix(locale, strlen(locale));
	return (length == 5 && strncasecmp(dot + 1, "utf-8", 5) == 0) ||
	    (length == 4 && strncasecmp(dot + 1, "utf8", 4) == 0);
}

/* The languages that are wanted, with colons between them; NULL: English. */
static const char *
wanted(void)
{
	const char *locale = variable("LC_ALL", "LC_MESSAGES", "LANG"), *list = getenv("LANGUAGE");
	const char *characters = variable("LC_ALL", "LC_CTYPE", "LANG");

	if (!locale || is_posix(locale, strlen(locale)) || !is_utf8(characters ? characters : locale))
		return NULL;
	return list && *list ? list : locale;
}

static void *
map(const char *path, size_t *size)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > INT_MAX)
		return NULL;
	*size = (size_t)st.st_size;
	bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	return bytes == MAP_FAILED ? NULL : bytes;
}

/* Beside programs that were not installed (net/process.h) stand their translations, too. */
static bool
load(const char *language)
{
	const char *beside = getenv("PCHAT_EXEC_PATH");
	char path[PATH_MAX];
	size_t size;
	void *bytes;

	if ((size_t)snprintf(path, sizeof(path), "%s%s/%s/LC_MESSAGES/pchat.mo", beside && *beside ? beside : LOCALEDIR,
		beside && *beside ? "/locale" : "", language) >= sizeof(path))
		return false;
	bytes = map(path, &size);
	if (!bytes)
		return false;
	if (catalogue_init(&state.catalogue, bytes, size))
		return true;
	(void)munmap(bytes, size);
	state.catalogue.count = 0;
	return false;
}

/* Cuts the language in front of the character set or what else stands at `from`; whether that is something new. */
static bool
cut(char *language, const char *from)
{
	char *end = language + strcspn(language, from);
	const bool longer = *end != '\0';

	*end = '\0';
	return longer;
}

/* "sr_RS.UTF-8@latin": sr_RS@latin, sr_RS, sr@latin, sr. */
static bool
load_any(const char *entry, size_t length)
{
	const char *modifier = memchr(entry, '@', length);
	const size_t plain = strcspn(entry, ".@:");
	char language[LANGUAGE_MAX], with[LANGUAGE_MAX];

	(void)snprintf(language, sizeof(language), "%.*s", (int)(plain < length ? plain : length), entry);
	do {
		if (modifier) {
			(void)snprintf(with, sizeof(with), "%.*s%.*s", LANGUAGE_MAX / 2, language,
			    (int)(length - (size_t)(modifier - entry)), modifier);
			if (load(with))
				return true;
		}
		if (load(language))
			return true;
	} while (cut(language, "_"));
	return false;
}

static bool
is_english(const char *entry, size_t length)
{
	return length >= 2 && memcmp(entry, "en", 2) == 0 && (length == 2 || strchr("_.@", entry[2]));
}

static void
look(void)
{
	const char *entry = wanted();
	const int error = errno; /* is what is going to be told of */

	state.looked = true;
	for (size_t length; entry && *entry; entry += length + (entry[length] == ':')) {
		length = strcspn(entry, ":");
		if (is_posix(entry, length) || is_english(entry, length))
			break;
		/* It is a name, and leads to no other folder. */
		if (length == 0 || length >= LANGUAGE_MAX / 2 || memchr(entry, '/', length) || *entry == '.')
			continue;
		if (load_any(entry, length))
			break;
	}
	errno = error;
}

static const struct catalogue *
catalogue(void)
{
	if (state.english)
		return NULL;
	if (!state.looked)
		look();
	return state.catalogue.count > 0 ? &state.catalogue : NULL;
}

const char *
translate(const char *english)
{
	const struct catalogue *c = catalogue();
	const char *found = c && *english ? catalogue_find(c, english) : NULL;

	return found ? found : english;
}

const char *
translate_count(const char *one, const char *many, unsigned long n)
{
	const struct catalogue *c = catalogue();
	const char *found = c ? catalogue_find_count(c, one, n) : NULL;

	return found ? found : n == 1 ? one : many;
}

void
translate_off(void)
{
	state.english = true;
}

void
translate_inherit(void)
{
	if (state.english)
		(void)setenv("LANGUAGE", "C", 1);
}
