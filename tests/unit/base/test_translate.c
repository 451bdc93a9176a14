/* Translations: which catalogue is found by which settings, what is in one, plural forms, and catalogues that lie. */
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/macros.h"
#include "base/plural.h"
#include "base/translate.h"
#include "folder.h"
#include "guard.h"

/* ------ catalogues ------ */

struct pair {
	const char *english;
	size_t english_len;
	const char *translated;
	size_t translated_len;
};
#define PAIR(a, b)                                 \
	{                                          \
		a, sizeof(a) - 1, b, sizeof(b) - 1 \
	}

static void
put(unsigned char *at, uint32_t n, bool swapped)
{
	for (unsigned i = 0; i < 4; i++)
		at[swapped ? 3 - i : i] = (unsigned char)(n >> (8 * i));
}

/* A file as msgfmt makes it, of either byte order. */
static size_t
make(const struct pair *pairs, uint32_t count, bool swapped, unsigned char out[4096])
{
	size_t at = 28 + 16 * (size_t)count;

	memset(out, 0, 4096);
	put(out, 0x950412de, swapped);
	put(out + 8, count, swapped);
	put(out + 12, 28, swapped);
	put(out + 16, 28 + 8 * count, swapped);
	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct pair *p = &pairs[i % count];
		const char *text = i < count ? p->english : p->translated;
		const size_t len = i < count ? p->english_len : p->translated_len;

		put(out + 28 + 8 * (size_t)i, (uint32_t)len, swapped);
		put(out + 32 + 8 * (size_t)i, (uint32_t)at, swapped);
		memcpy(out + at, text, len);
		at += len + 1;
	}
	return at;
}

static const struct pair polish[] = {
	PAIR("",
	    "Content-Type: text/plain; charset=UTF-8\n"
	    "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"),
	PAIR("%u line\0%u lines", "%u linia\0%u linie\0%u linii"),
	PAIR("done", "gotowe"),
	PAIR("not yet", ""),
	PAIR("to whom?", "do kogo?"),
};

START_TEST(test_catalogue)
{
	unsigned char bytes[4096];
	const size_t size = make(polish, ARRAY_SIZE(polish), _i != 0, bytes);
	struct catalogue c;

	ck_assert(catalogue_init(&c, bytes, size));
	ck_assert_str_eq(catalogue_find(&c, "done"), "gotowe");
	ck_assert_str_eq(catalogue_find(&c, "to whom?"), "do kogo?");
	ck_assert_ptr_null(catalogue_find(&c, "not yet"));
	ck_assert_ptr_null(catalogue_find(&c, "nothing of the kind"));
	ck_assert_str_eq(catalogue_find_count(&c, "%u line", 1), "%u linia");
	ck_assert_str_eq(catalogue_find_count(&c, "%u line", 22), "%u linie");
	ck_assert_str_eq(catalogue_find_count(&c, "%u line", 12), "%u linii");
	ck_assert_str_eq(catalogue_find_count(&c, "done", 1), "gotowe");
	ck_assert_ptr_null(catalogue_find_count(&c, "done", 12)); /* it has no such form */
}
END_TEST

/* Every byte of the tables with any value, and every length: nothing outside is read (the guard page tells). */
START_TEST(test_catalogue_that_lies)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	unsigned char bytes[4096];
	const size_t size = make(polish, ARRAY_SIZE(polish), false, bytes), tables = 28 + 16 * ARRAY_SIZE(polish);
	struct catalogue c;

	for (size_t at = 0; at < tables; at++)
		for (size_t v = 0; v < sizeof(values); v++) {
			const unsigned char was = bytes[at];

			bytes[at] = values[v];
			if (catalogue_init(&c, guard_copy(bytes, size), size)) {
				(void)catalogue_find(&c, "done");
				(void)catalogue_find_count(&c, "%u line", 22);
			}
			bytes[at] = was;
		}
	for (size_t n = 0; n < size; n++) {
		if (catalogue_init(&c, guard_copy(bytes, n), n)) {
			(void)catalogue_find(&c, "to whom?");
			(void)catalogue_find_count(&c, "%u line", 22);
		}
	}
}
END_TEST

/* ------ plural forms ------ */

START_TEST(test_plural)
{
	static const struct {
		const char *forms;
		unsigned long n, form;
	} t[] = {
		{ NULL, 1, 0 },
		{ NULL, 2, 1 },
		{ "nplurals=1; plural=0;", 5, 0 },
		{ "nplurals=2; plural=n>1;", 1, 0 },
		{ "nplurals=2; plural=n>1;", 2, 1 },
		{ "nplurals=2; plural=n != 1;\n", 0, 1 },
		{ "nplurals=6; plural= n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
		    2, 2 },
		{ "nplurals=6; plural= n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
		    107, 3 },
		{ "nplurals=6; plural= n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
		    100, 5 },
		{ "nplurals=4; plural=2+1*(n-n);", 9, 2 },
		{ "nplurals=4; plural=!n || n<2;", 9, 0 },
		{ "nplurals=4; plural=8/2-n/n;", 9, 3 },
		/* What cannot be read, or has no such form, is English. */
		{ "nplurals=2; plural=n%0;", 1, 0 },
		{ "nplurals=2; plural=n%0;", 7, 1 },
		{ "nplurals=2; plural=7;", 1, 0 },
		{ "nplurals=2; plural=(n;", 2, 1 },
		{ "nplurals=2; plural=n n;", 2, 1 },
		{ "nplurals=2; plural=;", 2, 1 },
		{ "nplurals=x; plural=0;", 2, 1 },
		{ "plural=0;", 2, 1 },
		{ "nplurals=2; plural=!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!n;", 2, 1 },
		{ "nplurals=2; plural=((((((((((((((((((((((((((((((((((((((((((((n))))", 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_msg(plural_form(t[i].forms, t[i].n) == t[i].form, "%zu: '%s' of %lu", i,
		    t[i].forms ? t[i].forms : "", t[i].n);
}
END_TEST

/* ------ which language ------ */

static char folder[FOLDER_PATH];

static void
write_catalogue(const char *language)
{
	const struct pair pairs[] = { PAIR("", "Plural-Forms: nplurals=1; plural=0;\n"),
		{ "done", 4, language, strlen(language) } };
	unsigned char bytes[4096];
	const size_t size = make(pairs, 2, false, bytes);
	char path[FOLDER_PATH + 128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/locale", folder);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/locale/%s", folder, language);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/locale/%s/LC_MESSAGES", folder, language);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/locale/%s/LC_MESSAGES/pchat.mo", folder, language);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	(void)close(fd);
}

static const struct {
	const char *all, *messages, *characters, *lang, *language, *found; /* NULL: not set; found: NULL: English */
} settings[] = {
	{ NULL, NULL, NULL, NULL, NULL, NULL },
	{ NULL, NULL, NULL, NULL, "zh_CN", NULL }, /* the locale is C: LANGUAGE does not count */
	{ "C", NULL, NULL, NULL, "zh_CN", NULL },
	{ "POSIX", NULL, NULL, "zh_CN.UTF-8", NULL, NULL },
	{ "C.UTF-8", NULL, NULL, NULL, NULL, NULL },
	{ "C.UTF-8", NULL, NULL, NULL, "zh_CN", "zh_CN" },
	{ "en_US.UTF-8", NULL, NULL, NULL, "zh_CN", "zh_CN" },
	{ "zh_CN.UTF-8", NULL, NULL, NULL, NULL, "zh_CN" },
	{ "zh_CN.utf8", NULL, NULL, NULL, "", "zh_CN" },
	{ "zh_CN", NULL, NULL, NULL, NULL, "zh_CN" },
	{ "zh_CN.GB18030", NULL, NULL, NULL, NULL, NULL },
	{ NULL, "zh_CN.UTF-8", NULL, "de_DE.UTF-8", NULL, "zh_CN" },
	{ NULL, "zh_CN.UTF-8", NULL, NULL, NULL, "zh_CN" },
	{ NULL, "zh_CN.UTF-8", "C", NULL, NULL, NULL }, /* the characters could not be shown */
	{ "", "", NULL, "zh_CN.UTF-8", NULL, "zh_CN" },
	{ "de_DE.UTF-8", "zh_CN.UTF-8", NULL, NULL, NULL, NULL },
	{ NULL, NULL, NULL, "de_DE.UTF-8", "fr:zh_CN", "zh_CN" },
	{ NULL, NULL, NULL, "de_DE.UTF-8", "fr:en:zh_CN", NULL }, /* English is found */
	{ NULL, NULL, NULL, "de_DE.UTF-8", "en_GB:zh_CN", NULL },
	{ NULL, NULL, NULL, "de_DE.UTF-8", "C:zh_CN", NULL },
	{ NULL, NULL, NULL, "de_DE.UTF-8", ":::zh_CN.UTF-8:", "zh_CN" },
	{ NULL, NULL, NULL, "pt_PT.UTF-8", NULL, "pt" }, /* the language without its country */
	{ NULL, NULL, NULL, "sr_RS.UTF-8@latin", NULL, "sr@latin" },
	{ NULL, NULL, NULL, "sr_ME", NULL, NULL },
	{ NULL, NULL, NULL, "de_DE.UTF-8", "../zh_CN", NULL },
	{ NULL, NULL, NULL, "de_DE.UTF-8", "/etc:./zh_CN:zh_CN/.", NULL },
};

static void
set(const char *name, const char *value)
{
	if (value)
		ck_assert_int_eq(setenv(name, value, 1), 0);
	else
		ck_assert_int_eq(unsetenv(name), 0);
}

/* A process looks once: each setting has one of its own. */
START_TEST(test_which)
{
	static const char *const languages[] = { "zh_CN", "pt", "sr@latin" };
	int status;
	pid_t pid;

	folder_make(folder);
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
		write_catalogue(languages[i]);
	pid = fork();
	if (pid == 0) {
		const char *found = settings[_i].found ? settings[_i].found : "done";

		set("PCHAT_EXEC_PATH", folder);
		set("LC_ALL", settings[_i].all);
		set("LC_MESSAGES", settings[_i].messages);
		set("LC_CTYPE", settings[_i].characters);
		set("LANG", settings[_i].lang);
		set("LANGUAGE", settings[_i].language);
		if (strcmp(translate("done"), found) != 0 ||
		    strcmp(translate("no such sentence"), "no such sentence") != 0)
			_exit(1);
		translate_off();
		_exit(strcmp(translate("done"), "done") == 0 ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	folder_remove(folder);
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *
translate_suite(void)
{
	Suite *s = suite_create("translate");
	TCase *t = tcase_create("translate");

	tcase_add_loop_test(t, test_catalogue, 0, 2);
	tcase_add_test(t, test_catalogue_that_lies);
	tcase_add_test(t, test_plural);
	tcase_add_loop_test(t, test_which, 0, (int)ARRAY_SIZE(settings));
	suite_add_tcase(s, t);
	return s;
}
