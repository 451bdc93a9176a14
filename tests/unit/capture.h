/* What the code under test writes to a descriptor of the process. */
#ifndef PCHAT_TESTS_CAPTURE_H
#define PCHAT_TESTS_CAPTURE_H

/* What is written to this descriptor is kept from now on, in a file. One at a time. */
void capture_begin(int fd);

/* A terminal of so many columns takes its place, and that of standard input; and what is typed there. */
void capture_terminal(int fd, int columns);
void capture_type(const char *keys);

/* The descriptors are as they were. What was written, up to the first NUL; it lives until the next call. */
const char *capture_end(void);

#endif
