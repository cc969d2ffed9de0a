/* interrupt: a flag that a signal sets: the only way a handler may tell anybody anything. */
#include "cli/interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

const volatile sig_atomic_t *interrupt_catch(void) {
    struct sigaction const end = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    return &interrupted;
}
