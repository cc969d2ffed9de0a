/* manual: the same table told twice. */
#include "cli/manual.h"

#include "cli/terminal.h"

#define OPTION_COLUMN 29u /* where the help of an option begins */
#define COMMAND_COLUMN 22u
#define MANUAL_DATE "November 26, 2026" /* of the last change to the words here and in the tables */

const struct option option_help = {
    .name = "help", .letter = 'h', .type = OPTION_FLAG, .help = "this help, and nothing is done"};

static const struct option *option_at(const struct command *c, size_t i) {
    return i < c->option_count ? &c->options[i] : &option_help;
}

/* ---- on a terminal ---- */

static void wrapped(struct buf *b, const char *text, size_t at, size_t indent, size_t columns) {
    text_wrap(b, str_of(text), at, indent, columns);
    buf_byte(b, '\n');
}

/* "longwatch hunt PATH... --rules DIR... [OPTION...]": what is needed by name, the rest in one word. */
static void usage_line(struct buf *b, const struct command *c, size_t columns) {
    struct buf line = {0};
    bool optional = false;

    for (size_t i = 0; i < c->option_count; i++)
        optional |= c->options[i].name && !c->options[i].needed;
    buf_format(&line, "longwatch%s%s", *c->name ? " " : "", c->name);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct option *const o = &c->options[i];
        const char *const more = o->many ? "..." : "";

        if (!o->name)
            buf_format(&line, o->needed ? " %s%s" : " [%s%s]", o->argument, more);
        else if (o->needed)
            buf_format(&line, " --%s %s%s", o->name, o->argument, more);
    }
    if (optional)
        buf_add(&line, S(" [OPTION...]"));
    buf_add(b, S("Usage:    "));
    text_wrap(b, buf_str(&line), 10, 14, columns);
    buf_byte(b, '\n');
    b->failed |= line.failed;
    buf_free(&line);
}

/* A name on the left, its text from `column` on. */
static void row(struct buf *b, str name, str text, size_t column, size_t columns) {
    buf_format(b, "  %-*.*s", (int)column - 2, STR_ARG(name));
    text_wrap(b, text, name.len + 2 > column ? name.len + 2 : column, column, columns);
    buf_byte(b, '\n');
}

static void option_row(struct buf *b, const struct option *o, size_t columns) {
    struct buf name = {0}, text = {0};

    if (!o->name)
        buf_format(&name, "%s%s", o->argument, o->many ? "..." : "");
    else if (o->letter)
        buf_format(&name, "-%c, --%s%s%s", o->letter, o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    else
        buf_format(&name, "    --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    buf_format(&text, "%s%s", o->help, o->name && o->many ? "; may be given several times" : "");
    b->failed |= name.failed || text.failed;
    row(b, buf_str(&name), buf_str(&text), OPTION_COLUMN, columns);
    buf_free(&name);
    buf_free(&text);
}

static void command_rows(struct buf *b, size_t columns) {
    for (size_t i = 1; i < command_count; i++)
        row(b, str_of(commands[i]->name), str_of(commands[i]->summary), COMMAND_COLUMN, columns);
}

void manual_short(struct buf *b, size_t columns) {
    buf_format(b, "Example:  %s\n\n", commands[0]->examples[0].line);
    wrapped(b, commands[0]->about[0], 0, 0, columns);
    buf_byte(b, '\n');
    command_rows(b, columns);
    buf_add(b, S("\n'longwatch COMMAND --help' says more.\n"));
}

static void status_row(struct buf *b, int status, const char *means, size_t columns) {
    buf_format(b, "  %d   ", status);
    wrapped(b, means, 6, 6, columns);
}

void manual_help(struct buf *b, const struct command *c, size_t columns) {
    for (const struct example *x = c->examples; x->line; x++)
        buf_format(b, "%s%s\n", x == c->examples ? (x[1].line ? "Examples: " : "Example:  ") : "          ", x->line);
    usage_line(b, c, columns);
    for (const char *const *paragraph = c->about; *paragraph; paragraph++) {
        buf_byte(b, '\n');
        wrapped(b, *paragraph, 0, 0, columns);
    }
    if (c == commands[0]) {
        buf_add(b, S("\nCommands:\n"));
        command_rows(b, columns);
    }
    buf_add(b, S("\n"));
    for (size_t i = 0; i <= c->option_count; i++)
        option_row(b, option_at(c, i), columns);
    buf_add(b, S("\nExit status:\n"));
    for (int i = 0; i < EXIT_STATUSES; i++)
        if (c->statuses[i])
            status_row(b, i, c->statuses[i], columns);
}

/* ---- mdoc ---- */

/* Text of a manual: a backslash begins an escape, a dot or an apostrophe at the start of a line a request; a dash that is
 * typed must not become a hyphen; a sentence begins a line. */
static void roff(struct buf *b, const char *text) {
    for (const char *c = text; *c; c++) {
        bool const starts = c == text || c[-1] == ' ';

        if ((c == text || (starts && c > text + 1 && c[-2] == '.')) && (*c == '.' || *c == '\''))
            buf_add(b, S("\\&"));
        if (*c == '\\')
            buf_add(b, S("\\e"));
        else if (*c == '-' && (starts || c[-1] == '-'))
            buf_add(b, S("\\-"));
        else
            buf_byte(b, *c == ' ' && c > text && c[-1] == '.' ? '\n' : *c);
    }
}

static void roff_line(struct buf *b, const char *text) {
    roff(b, text);
    buf_byte(b, '\n');
}

/* Words of a table as a sentence: the first letter great, a full stop. more: what comes before the stop. */
static void roff_sentence(struct buf *b, const char *text, const char *more) {
    char const great = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;

    if (great != *text)
        buf_byte(b, great);
    roff(b, great != *text ? text + 1 : text);
    buf_format(b, "%s.\n", more);
}

/* "longwatch-rules-check" */
static void page_name(struct buf *b, const struct command *c, bool upper) {
    buf_add(b, upper ? S("LONGWATCH") : S("longwatch"));
    if (*c->name)
        buf_byte(b, '-');
    for (const char *p = c->name; *p; p++)
        buf_byte(b, *p == ' ' ? '-' : upper && *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
}

static void roff_option(struct buf *b, const struct option *o) {
    if (o->name)
        buf_format(b, "Fl -%s%s", o->name, o->argument ? " " : "");
    if (o->argument)
        buf_format(b, "Ar %s", o->argument);
}

static void roff_synopsis(struct buf *b, const struct command *c) {
    buf_add(b, S(".Sh SYNOPSIS\n"));
    buf_format(b, ".Nm longwatch%s%s\n", *c->name ? " " : "", c->name);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct option *const o = &c->options[i];

        buf_add(b, o->needed ? S(".") : S(".Op "));
        roff_option(b, o);
        buf_add(b, o->many ? S(" ...\n") : S("\n"));
    }
    if (c == commands[0])
        buf_add(b, S(".Nm longwatch\n.Ar COMMAND\n.Op Ar ...\n"));
}

static void roff_options(struct buf *b, const struct command *c) {
    buf_add(b, S(".Bl -tag -width Ds\n"));
    for (size_t i = 0; i <= c->option_count; i++) {
        const struct option *const o = option_at(c, i);

        buf_add(b, S(".It "));
        if (o->letter)
            buf_format(b, "Fl %c%s%s , ", o->letter, o->argument ? " Ar " : "", o->argument ? o->argument : "");
        roff_option(b, o);
        buf_byte(b, '\n');
        roff_sentence(b, o->help, o->name && o->many ? "; may be given several times" : "");
    }
    buf_add(b, S(".El\n"));
}

static void roff_commands(struct buf *b) {
    buf_add(b, S(".Pp\nThe commands:\n.Bl -tag -width Ds\n"));
    for (size_t i = 1; i < command_count; i++) {
        buf_add(b, S(".It Xr "));
        page_name(b, commands[i], false);
        buf_add(b, S(" 1\n"));
        roff_sentence(b, commands[i]->summary, "");
    }
    buf_add(b, S(".El\n.Pp\nWithout a command:\n"));
}

static void roff_environment(struct buf *b) {
    static const char *const variables[][2] = {
        {"NO_COLOR", "When it is set to anything, nothing is coloured."},
        {"TERM", "When it is dumb or not set, nothing is coloured and no progress is drawn."},
        {"TMPDIR", "Where findings wait until they are sorted; /tmp when it is not set."},
    };

    buf_add(b, S(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"));
    for (size_t i = 0; i < COUNT(variables); i++) {
        buf_format(b, ".It Ev %s\n", variables[i][0]);
        roff_line(b, variables[i][1]);
    }
    buf_add(b, S(".El\n"));
}

static void roff_statuses(struct buf *b, const struct command *c) {
    buf_add(b, S(".Sh EXIT STATUS\n.Bl -tag -width Ds\n"));
    for (int i = 0; i < EXIT_STATUSES; i++)
        if (c->statuses[i]) {
            buf_format(b, ".It %d\n", i);
            roff_sentence(b, c->statuses[i], "");
        }
    buf_add(b, S(".El\n"));
}

static void roff_examples(struct buf *b, const struct command *c) {
    buf_add(b, S(".Sh EXAMPLES\n"));
    for (const struct example *x = c->examples; x->line; x++) {
        if (x != c->examples)
            buf_add(b, S(".Pp\n"));
        roff(b, x->does);
        buf_add(b, S(":\n.Bd -literal -offset indent\n"));
        roff_line(b, x->line);
        buf_add(b, S(".Ed\n"));
    }
}

/* The other pages, in order of their names. */
static void roff_see_also(struct buf *b, const struct command *c) {
    const struct command *last = NULL;

    buf_add(b, S(".Sh SEE ALSO\n"));
    for (;;) {
        const struct command *next = NULL;

        for (size_t i = 0; i < command_count; i++)
            if (commands[i] != c && (!last || strcmp(commands[i]->name, last->name) > 0) &&
                (!next || strcmp(commands[i]->name, next->name) < 0))
                next = commands[i];
        if (!next)
            break;
        buf_add(b, last ? S(" ,\n.Xr ") : S(".Xr "));
        page_name(b, next, false);
        buf_add(b, S(" 1"));
        last = next;
    }
    buf_byte(b, '\n');
}

void manual_page(struct buf *b, const struct command *c) {
    buf_add(b, S(".\\\" Made by: longwatch help man"));
    buf_format(b, "%s%s\n.Dd " MANUAL_DATE "\n.Dt ", *c->name ? " " : "", c->name);
    page_name(b, c, true);
    buf_add(b, S(" 1\n.Os Longwatch " LONGWATCH_VERSION "\n.Sh NAME\n.Nm "));
    page_name(b, c, false);
    buf_add(b, S("\n.Nd "));
    roff_line(b, c->summary);
    roff_synopsis(b, c);
    buf_add(b, S(".Sh DESCRIPTION\n"));
    for (const char *const *paragraph = c->about; *paragraph; paragraph++) {
        if (paragraph != c->about)
            buf_add(b, S(".Pp\n"));
        roff_line(b, *paragraph);
    }
    if (c == commands[0])
        roff_commands(b);
    roff_options(b, c);
    if (c == commands[0])
        roff_environment(b);
    roff_statuses(b, c);
    roff_examples(b, c);
    roff_see_also(b, c);
}
