/* The program as it is; its main has another name, so that several live in one bottle. */
#include "kernel.h"

#define main sim_pchatd_main
#include "daemon/main.c"
