/* manual: what a command's table says, as help on a terminal and as a manual page (mdoc). Completion is another (completion.h). */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/buf.h"
#include "cli/command.h"

/* --help, which every command has. */
extern const struct option option_help;

/* Help of one command; of the program itself the list of commands as well. Lines of at most `columns`, where words allow. */
void manual_help(struct buf *b, const struct command *c, size_t columns);
/* What `longwatch` alone prints: an example, the commands, how to learn more. */
void manual_short(struct buf *b, size_t columns);
/* The manual page, section 1, as mdoc(7) source. */
void manual_page(struct buf *b, const struct command *c);

#endif
