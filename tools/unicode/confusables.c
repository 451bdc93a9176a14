/*
 * What the files of Debian's unicode-data lack and ICU has, for tools/unicode/generate: whether a character is
 * recommended for identifiers, whether its script is of limited use (UAX 31), and its prototype (UTS 39).
 * Prints one line each: "V" and the version, "R" code point, "L" script, "P" code point and prototype.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>

#define PROTOTYPE_MAX 64

static void
check(UErrorCode error)
{
	if (U_FAILURE(error)) {
		(void)fprintf(stderr, "confusables: %s\n", u_errorName(error));
		exit(1);
	}
}

static void
print_prototype(const USpoofChecker *spoof, UChar32 cp)
{
	UErrorCode error = U_ZERO_ERROR;
	UChar one[2], prototype[PROTOTYPE_MAX];
	int32_t length = 0, n;
	UChar32 first;

	U16_APPEND_UNSAFE(one, length, cp);
	n = uspoof_getSkeleton(spoof, 0, one, length, prototype, PROTOTYPE_MAX, &error);
	check(error);
	U16_GET(prototype, 0, 0, n, first);
	if (n == length && first == cp)
		return;
	(void)printf("P %04X", (unsigned)cp);
	for (int32_t at = 0; at < n;) {
		U16_NEXT(prototype, at, n, first);
		(void)printf(" %04X", (unsigned)first);
	}
	(void)printf("\n");
}

int
main(void)
{
	UErrorCode error = U_ZERO_ERROR;
	USpoofChecker *spoof = uspoof_open(&error);
	const USet *recommended = uspoof_getRecommendedSet(&error);

	check(error);
	(void)printf("V %s\n", U_UNICODE_VERSION);
	for (int32_t script = 0; script <= u_getIntPropertyMaxValue(UCHAR_SCRIPT); script++)
		if (uscript_getUsage((UScriptCode)script) == USCRIPT_USAGE_LIMITED_USE)
			(void)printf("L %s\n", u_getPropertyValueName(UCHAR_SCRIPT, script, U_LONG_PROPERTY_NAME));
	for (UChar32 cp = 0; cp <= 0x10FFFF; cp++) {
		if (U_IS_SURROGATE(cp))
			continue;
		if (uset_contains(recommended, cp))
			(void)printf("R %04X\n", (unsigned)cp);
		print_prototype(spoof, cp);
	}
	uspoof_close(spoof);
	return 0;
}
