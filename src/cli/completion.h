/* completion: what a shell needs to complete the words of every command, out of the same tables as help. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buf.h"

/* Shells there are scripts for; ends in NULL. */
extern const char *const completion_shells[];

/* Appends the script for one of these shells. It lists everything and never runs the program. */
void completion_script(struct buf *b, const char *shell);

#endif
