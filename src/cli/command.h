/* command: what every command of the program is, and what they share. Only cli prints and exits. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone_rules.h"
#include "cli/option.h"
#include "event/kind.h"
#include "intel/network.h"
#include "intel/sigma.h"

enum exit_status {
    EXIT_NOTHING = 0,
    EXIT_FINDINGS = 1,
    EXIT_USAGE = 2,
    EXIT_UNREADABLE = 3,
    EXIT_INTERNAL = 4,
    EXIT_REFUSED = 5
};
#define EXIT_STATUSES 6

struct example {
    const char *line; /* as it is typed */
    const char *does; /* one sentence without a full stop */
};

/* All that is known of a command: what runs, and what help, manual and completion say of it. */
struct command {
    const char *name;               /* "hunt", "rules check"; "": the program without a command */
    const char *summary;            /* begins small, no full stop */
    const char *const *about;       /* paragraphs; ends in NULL */
    const struct example *examples; /* at least one; the first is what help begins with; ends in {NULL, NULL} */
    const struct option *options;   /* and operands; --help is not among them, every command has it */
    size_t option_count;
    const char *statuses[EXIT_STATUSES]; /* what each exit status means; NULL: it does not occur */
    size_t wishes_size;
    int (*run)(const void *wishes); /* wishes: as options_read leaves them; returns the exit status */
};
extern const struct command command_longwatch, command_hunt, command_events, command_ledger, command_show,
    command_rules_check, command_mail_campaigns, command_mail_recipients, command_kinds, command_kinds_suggest,
    command_groups_list, command_groups_show, command_persons, command_help, command_help_man, command_help_completion,
    command_intel_add, command_intel_list, command_intel_show, command_intel_stats, command_intel_review,
    command_intel_remove, command_update, command_exercise, command_export, command_dossier, command_gone, command_sign,
    command_attribute, command_verify, command_archive_add, command_archive_cat, command_archive_index,
    command_archive_info, command_archive_verify, command_retrohunt, command_archive_compact, command_archive_policy,
    command_archive_expire, command_archive_hold, command_archive_lift, command_archive_erase, command_archive_export,
    command_archive_custodians, command_archive_key_new;

/* All of them, in the order they are told in; the program itself is the first. */
extern const struct command *const commands[];
extern const size_t command_count;

/* How much of a command line names a command: *used words of argv[1]..., which may be none (the program itself). */
const struct command *command_named(int argc, char *const *argv, int *used);
/* Is name the beginning of c's name, up to a whole word? "" is of all. */
bool command_within(const struct command *c, str name);

/* Says what is wrong and how to learn more; returns EXIT_USAGE. */
int usage_error(const char *command, const char *fmt, ...) PRINTF(2, 3);
/* Prints "longwatch: " and the error; returns the exit status that fits it. */
int tell_error(const struct err *e);
/* Prints and frees b. The status is the given one, or EXIT_INTERNAL when it could not be printed, which is told. */
int print_all(struct buf *b, int status);

/* Are all paths there, and folders if they must be? Otherwise ERR_USAGE; what: "evidence", "rules", ... */
MUST_USE bool paths_exist(const struct arguments *paths, const char *what, bool folders, struct err *e);
/* Does file lie anywhere but in the folder of the case? Otherwise ERR_USAGE: nothing but a case's own files may. */
MUST_USE bool outside_case(const char *file, const char *folder, struct err *e);
/* Rules of the given files and folders. placeholders may be NULL; strict: one without a value fails its rule.
 * ERR_USAGE: a path that is not there, or no rule file below any of them. */
/* more: rules that were read already, with where they came from. */
struct rule_text {
    str path, text;
};
MUST_USE bool rules_open(const struct arguments *paths, const struct rule_text *more, size_t more_count,
                         const char *placeholders, bool strict, struct sigma_loader **loader,
                         const struct sigma_set **set, struct err *e);
/* The built-in kinds and those of the given folders. ERR_USAGE: a folder that is not there. */
MUST_USE bool kinds_open(const struct arguments *dirs, struct fields *fields, struct kinds **out, struct err *e);
/* The rules that no event of their log source can satisfy (detection/gate.h): shut[i], by rule of the set: a field about
 * which rule and kinds disagree, or empty for all other rules. calloc'd, the texts are views into fields. */
MUST_USE bool rules_shut(const struct sigma_set *set, struct fields *fields, const struct kinds *kinds, str **shut,
                         struct err *e);

/* Country and network of addresses out of MMDB files; no file: *out stays NULL. ERR_USAGE: one that is not there. */
MUST_USE bool networks_open(const struct arguments *files, struct geo **out, struct err *e);
/* The rules of a zone that was wished for, to be freed; none was: *out stays NULL. ERR_USAGE: there is none such, or its file
 * cannot be used. Looks in the folder TZDIR, else where Debian has them. */
MUST_USE bool zone_open(const struct zone_wish *wish, struct zone_rules **out, struct err *e);
/* False: no time is from `from` on and before `to` (INSTANT_NONE: no bound), and that was told; the status is EXIT_USAGE. */
MUST_USE bool times_usable(const char *command, int64_t from, int64_t to);

/* Rows of option tables that stand in several commands, but for the place of the wish. */
#define ROW_EVIDENCE                                                                                                   \
    .argument = "PATH", .type = OPTION_PATH, .many = true, .needed = "which evidence? Name files or folders",          \
    .help = "evidence: files, or folders that are read whole"
#define ROW_KINDS                                                                                                      \
    .name = "kinds", .argument = "DIR", .type = OPTION_FOLDER, .many = true, .help = "kind files of your own logs"
#define ROW_GEO                                                                                                        \
    .name = "geo", .argument = "FILE", .type = OPTION_PATH, .many = true,                                              \
    .help = "country and network of client addresses, out of MMDB files"
#define ROW_COUNTRY                                                                                                    \
    .name = "country", .argument = "COUNTRY", .type = OPTION_COUNTRY,                                                  \
    .help = "where telephone numbers without a country were written: DE, or +49"
#define ROW_ZONE                                                                                                       \
    .name = "zone", .argument = "ZONE", .type = OPTION_ZONE,                                                           \
    .help = "the zone of times that say none: Europe/Berlin, +01:00 or --zone=-05:00; usually UTC"
#define ROW_LATEST                                                                                                     \
    .name = "latest", .argument = "TIME", .type = OPTION_TIME,                                                         \
    .help = "no time without year is later; usually the time at which each file was last written to"
#define ROW_PLACEHOLDERS                                                                                               \
    .name = "placeholders", .argument = "FILE", .type = OPTION_PATH,                                                   \
    .help = "values for %placeholders%, YAML: name: [value, ...]"
#define ROW_AS_OF                                                                                                      \
    .name = "as-of", .argument = "N", .type = OPTION_COUNT, .least = 1, .most = INT64_MAX,                             \
    .help = "the archive as it was at snapshot N"
#define ROW_EVENTS_FROM                                                                                                \
    .name = "from", .argument = "TIME", .type = OPTION_TIME, .help = "only events from TIME on, and those without time"
#define ROW_INTEL                                                                                                      \
    .name = "intel", .letter = 'i', .argument = "PATH", .type = OPTION_PATH, .many = true,                             \
    .help = "what is known: indicators, advisories, warninglists; files, folders, or a store of 'longwatch intel'"
#define ROW_JSON_FINDINGS                                                                                              \
    .name = "json", .type = OPTION_FLAG,                                                                               \
    .help = "one finding a line on standard output; the summary goes to standard error"
#define ROW_JSON_ONE .name = "json", .type = OPTION_FLAG, .help = "one object, for machines"
#define ROW_KIND                                                                                                       \
    .name = "kind", .letter = 'k', .argument = "NAME", .type = OPTION_TEXT,                                            \
    .help = "only events of kinds whose names begin so: windows/security"
#define ROW_KNOWN                                                                                                      \
    .name = "known", .type = OPTION_FLAG, .help = "all that the store of 'longwatch intel' holds, in its usual folder"
#define ROW_LEVEL                                                                                                      \
    .name = "level", .letter = 'l', .argument = "LEVEL", .type = OPTION_LEVEL,                                         \
    .help = "only findings of LEVEL and above: informational, low, medium, high, critical"
#define ROW_LIMIT                                                                                                      \
    .name = "limit", .letter = 'n', .argument = "N", .type = OPTION_COUNT, .least = 1, .most = INT64_MAX,              \
    .help = "no more than the first N events"
#define ROW_MEMORY                                                                                                     \
    .name = "memory", .argument = "SIZE", .type = OPTION_SIZE, .least = UINT64_C(64) << 20, .most = UINT64_C(1) << 40, \
    .help = "of all processes together, such as 512M; usually 112M, 64M for each, and up to 1G for acts"
#define ROW_QUIET .name = "quiet", .letter = 'q', .type = OPTION_FLAG, .help = "no progress, no summary"
#define ROW_RULES                                                                                                      \
    .name = "rules", .letter = 'r', .argument = "DIR", .type = OPTION_PATH, .many = true,                              \
    .help = "Sigma rules: a file, or a folder of .yml files"
#define ROW_SALVAGED                                                                                                   \
    .name = "salvaged", .type = OPTION_FLAG, .help = "with --json: findings in salvaged records as well, marked"
#define ROW_THREADS                                                                                                    \
    .name = "threads", .argument = "N", .type = OPTION_COUNT, .least = 1, .most = 64,                                  \
    .help = "processes that read evidence; usually one for each processor"
#define ROW_EVENTS_TO                                                                                                  \
    .name = "to", .argument = "TIME", .type = OPTION_TIME, .help = "only events before TIME, and those without time"

#endif
