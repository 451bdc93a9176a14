/* A folder of a test's own. */
#ifndef PCHAT_TESTS_FOLDER_H
#define PCHAT_TESTS_FOLDER_H

#define FOLDER_PATH 64

/* A new, empty one, for us alone. */
void folder_make(char path[FOLDER_PATH]);

/* With all that is in it. */
void folder_remove(const char *path);

#endif
