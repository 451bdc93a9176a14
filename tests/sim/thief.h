/* Somebody with an account who speaks the protocol, and wants what is not hers: see thief.c. */
#ifndef PCHAT_SIM_THIEF_H
#define PCHAT_SIM_THIEF_H

#define THIEF_TEXT "message 0 of mallory to everybody" /* what she writes */

/* A program: connects to the daemon, tries a few things by chance, ends. The names are those of the people of the host. */
int thief_main(const char *const *names, unsigned count);

#endif
