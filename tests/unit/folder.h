/* A folder of a test's own. */
#ifndef PCHAT_TESTS_FOLDER_H
#define PCHAT_TESTS_FOLDER_H

#include <stdbool.h>

#define FOLDER_PATH 64

/* A new, empty one, for us alone. */
void folder_make(char path[FOLDER_PATH]);

/* With all that is in it. */
void folder_remove(const char *path);

/* Whether one of its files has these bytes. */
bool folder_holds(const char *path, const char *bytes);

#endif
