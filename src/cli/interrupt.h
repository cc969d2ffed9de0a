/* interrupt: Ctrl-C ends a command between two of its steps; a second one ends the program. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <signal.h>

/* From now on SIGINT, SIGTERM and SIGHUP set what is returned; each does so once, and ends the program the next time. */
const volatile sig_atomic_t *interrupt_catch(void);

#endif
