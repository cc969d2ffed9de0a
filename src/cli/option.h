/* option: the words a command takes after its name, declared once in a table. Reading the command line is here; help, manual
 * pages and shell completion come out of the same table (manual.h, completion.h). */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "base/err.h"
#include "base/str.h"

/* What a value may be, and the type of the member of the wishes it is written to. */
enum option_type {
    OPTION_FLAG,    /* bool; there is no value */
    OPTION_PATH,    /* const char *: a file or a folder; with `many`: struct arguments */
    OPTION_FOLDER,  /* the same, and a shell offers folders only */
    OPTION_COMMAND, /* the same: words that name a command */
    OPTION_WORD,    /* const char *: one of `words` */
    OPTION_TEXT,    /* const char *: any word */
    OPTION_TIME,    /* int64_t (base/instant.h); INSTANT_NONE when not given */
    OPTION_ZONE,    /* struct zone_wish; UTC when not given */
    OPTION_SIZE,    /* size_t, bytes: 512M; from `least` to `most` */
    OPTION_COUNT,   /* uint64_t, from `least` to `most` */
    OPTION_COUNTRY, /* const struct phone_country *; NULL when not given */
    OPTION_LEVEL,   /* enum sigma_level; informational when not given */
};

/* An offset, +01:00, or the name of a zone, which nobody has looked up yet. */
struct zone_wish {
    const char *name; /* as given; NULL: not given */
    bool named;       /* a name (base/zone_rules.h) */
    int32_t seconds;  /* east of UTC; of a name 0 */
};

/* Values of an option or operand that may be given several times, in the order given. */
struct arguments {
    const char **items;
    size_t count;
};

/* An option, or an operand: what has no `name` is told apart by its position, in the order of the table. */
struct option {
    const char *name;     /* "rules", without dashes; NULL: an operand */
    char letter;          /* 'o' for -o; 0: none */
    const char *argument; /* "DIR", as help calls the value; NULL: a flag */
    enum option_type type;
    bool many;
    const char *needed; /* what to say when it is not given; NULL: it may be left out */
    uint64_t least, most;
    const char *const *words; /* ends in NULL */
    const char *help;         /* one sentence without a full stop */
    size_t at;                /* of the member, from the start of the wishes */
};

/* The words of a type: those of WORD and of LEVEL, else NULL. The list ends in NULL. */
const char *const *option_words(const struct option *o);

/* Reads argv[1] up to argv[argc - 1] into wishes, which is zeroed but for what the types say. `--name VALUE`, `--name=VALUE`,
 * `-o VALUE`, `-oVALUE`, letters of flags in one word; `--` ends the options. *memory: what the lists lie in, to be freed
 * after the last use of the wishes, also after a failure.
 *
 * ERR_USAGE   a word that is no option, a value that is missing, of the wrong form or given twice, an operand too many or
 *             too few; the text says which, and what would do
 * ERR_MEMORY  no memory */
MUST_USE bool options_read(const struct option *options, size_t count, int argc, char *const *argv, void *wishes,
                           void **memory, struct err *e);

/* The closest of some words to one that was mistyped: offer each, then take `word`, NULL when none is close enough.
 * Dashes in front do not count. */
struct nearest {
    const char *mistyped, *word;
    size_t distance;
};
void nearest_offer(struct nearest *n, const char *word);

#endif
