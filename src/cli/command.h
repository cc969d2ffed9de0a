/* command: what every command of the program is, and what they share. Only cli prints and exits. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"
#include "event/kind.h"
#include "intel/sigma.h"

enum exit_status { EXIT_NOTHING = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3, EXIT_INTERNAL = 4 };

struct command {
    const char *name, *summary;
    const char *help; /* begins with an example */
    int (*run)(int argc, char **argv); /* argv[0]: the command's own name */
};
extern const struct command command_hunt, command_kinds, command_rules, command_show;

/* Says what is wrong and how to learn more; returns EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) PRINTF(2, 3);
/* Prints "longwatch: " and the error; returns the exit status that fits it. */
int fail(const struct err *e);

/* A list of arguments that may be given several times. Room comes from the command line itself: argc. */
struct arguments {
    const char **items;
    size_t count;
};
/* An option `--name VALUE` or `--name=VALUE` at argv[*at]; true: *value is set and *at is moved behind it. *missing:
 * the value is not there. */
bool option_value(int argc, char **argv, int *at, const char *name, const char **value, bool *missing);

/* Rules of the given files and folders. placeholders may be NULL; strict: one without a value fails its rule. */
MUST_USE bool rules_open(const struct arguments *paths, const char *placeholders, bool strict, struct sigma_loader **loader,
                         const struct sigma_set **set, struct err *e);
/* The built-in kinds and those of the given folders. */
MUST_USE bool kinds_open(const struct arguments *dirs, struct fields *fields, struct kinds **out, struct err *e);
/* The rules that no event of their log source can satisfy (detection/gate.h): shut[i], by rule of the set: a field about
 * which rule and kinds disagree, or empty for all other rules. calloc'd, the texts are views into fields. */
MUST_USE bool rules_shut(const struct sigma_set *set, struct fields *fields, const struct kinds *kinds, str **shut,
                         struct err *e);

#endif
