/*
 * Runs a fuzz target over files, for machines without libFuzzer: each as it is,
 * and, when it is short, cut off at every length. Exits 0 when nothing broke and there was a file.
 */
#include <stdio.h>

#include "base/macros.h"
#include "fuzz.h"

#define INPUT_MAX (1024U * 1024U)
#define SHORT 4096U

static void
filep(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static int
replay(const char *path)
{
	static uint8_t input[INPUT_MAX];
	_cleanup_(filep) FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return -1;
	n = fread(input, 1, sizeof(input), f);
	if (ferror(f))
		return -1;
	for (size_t cut = n <= SHORT ? 0 : n; cut <= n; cut++) {
		_cleanup_(freep) uint8_t *copy = fuzz_copy(input, cut);

		(void)LLVMFuzzerTestOneInput(copy, cut);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) != 0) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
	}
	return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
