/* help: `longwatch help`, `help man`, `help completion`, and the program without a command: what the tables say, printed. */
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/terminal.h"

#define HELP_COLUMNS_MAX 100u

static size_t columns(void) {
    size_t const has = terminal_columns(stdout);

    return has < HELP_COLUMNS_MAX ? has : HELP_COLUMNS_MAX;
}

/* The command that is named by words, or by one with dashes as its manual page has it ("rules-check"). NULL: none. */
static const struct command *wanted(const struct arguments *words) {
    struct buf name = {0};
    const struct command *found = words->count ? NULL : commands[0];

    for (size_t i = 0; i < words->count; i++) {
        if (i)
            buf_byte(&name, ' ');
        buf_add(&name, str_of(words->items[i]));
    }
    for (size_t i = 0; i < name.len && words->count == 1; i++)
        if (name.ptr[i] == '-')
            name.ptr[i] = ' ';
    for (size_t i = 1; i < command_count && name.len && !found; i++)
        if (str_eq(str_of(commands[i]->name), buf_str(&name)))
            found = commands[i];
    buf_free(&name);
    return found;
}

static int no_command(const char *asked, const struct arguments *words) {
    struct nearest near = {words->items[0], NULL, 0};

    for (size_t i = 1; i < command_count; i++)
        nearest_offer(&near, commands[i]->name);
    return near.word ? usage_error(asked, "no command '%s': did you mean '%s'?", words->items[0], near.word)
                     : usage_error(asked, "no command '%s'", words->items[0]);
}

struct help_wishes {
    struct arguments words;
};

static int run_help(const void *wishes) {
    const struct help_wishes *const w = wishes;
    const struct command *c = wanted(&w->words);
    struct buf b = {0};

    /* The first word of several commands: all of them. */
    for (size_t i = 1; i < command_count && !c && w->words.count == 1; i++)
        if (command_within(commands[i], str_of(w->words.items[0]))) {
            if (b.len)
                buf_byte(&b, '\n');
            manual_help(&b, commands[i], columns());
        }
    if (!c && !b.len)
        return no_command("help", &w->words);
    if (c)
        manual_help(&b, c, columns());
    return print_all(&b, EXIT_NOTHING);
}

static int run_man(const void *wishes) {
    const struct help_wishes *const w = wishes;
    const struct command *const c = wanted(&w->words);
    struct buf b = {0};

    if (!c)
        return no_command("help man", &w->words);
    manual_page(&b, c);
    return print_all(&b, EXIT_NOTHING);
}

struct completion_wishes {
    const char *shell;
};

static int run_completion(const void *wishes) {
    const struct completion_wishes *const w = wishes;
    struct buf b = {0};

    completion_script(&b, w->shell);
    return print_all(&b, EXIT_NOTHING);
}

struct own_wishes {
    bool version, json;
};

static int run_longwatch(const void *wishes) {
    const struct own_wishes *const w = wishes;
    struct buf b = {0};

    if (w->version) {
        buf_add(&b, w->json ? S("{\"name\":\"longwatch\",\"version\":\"" LONGWATCH_VERSION "\"}\n")
                            : S("longwatch " LONGWATCH_VERSION "\n"));
        return print_all(&b, EXIT_NOTHING);
    }
    if (w->json)
        return usage_error("", "--json of what? --version, or a command");
    manual_short(&b, columns());
    fwrite(b.ptr, 1, b.len, stderr);
    buf_free(&b);
    return EXIT_USAGE;
}

#define PRINTED                                                                                                        \
    {                                                                                                                  \
        [EXIT_NOTHING] = "printed", [EXIT_USAGE] = "wrong usage",                                                      \
        [EXIT_INTERNAL] = "internal error, or it could not be printed"                                                 \
    }

static const struct option own_options[] = {
    {.name = "version",
     .letter = 'V',
     .type = OPTION_FLAG,
     .help = "which Longwatch this is",
     .at = offsetof(struct own_wishes, version)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "with --version: one object on one line",
     .at = offsetof(struct own_wishes, json)},
};
const struct command command_longwatch = {
    .name = "",
    .summary = "hunt through the logs an institution holds with everything that is known",
    .about = (const char *const[]){"Longwatch reads the logs an institution holds, hunts through them with Sigma "
                                   "rules, and says what it found, where "
                                   "exactly, and what it could not read. It is offline, and never writes to evidence.",
                                   NULL},
    .examples = (const struct example[]){{"longwatch hunt ./evidence --rules ./rules",
                                          "Hunt through a folder of logs with a folder of Sigma rules"},
                                         {NULL, NULL}},
    .options = own_options,
    .option_count = COUNT(own_options),
    .statuses = {[EXIT_NOTHING] = "done, and nothing was found",
                 [EXIT_FINDINGS] = "findings",
                 [EXIT_USAGE] = "wrong usage; nothing was done",
                 [EXIT_UNREADABLE] = "some evidence could not be read; what could be has been hunted",
                 [EXIT_INTERNAL] = "internal error, or stopped",
                 [EXIT_REFUSED] = "a marking forbids it; nothing was done"},
    .wishes_size = sizeof(struct own_wishes),
    .run = run_longwatch,
};

static const struct option help_options[] = {
    {.argument = "COMMAND",
     .type = OPTION_COMMAND,
     .many = true,
     .help = "the words of a command, such as: rules check",
     .at = offsetof(struct help_wishes, words)},
};
const struct command command_help = {
    .name = "help",
    .summary = "say what a command does and takes",
    .about =
        (const char *const[]){"Prints what 'longwatch COMMAND --help' prints; without a command, the list of them.",
                              NULL},
    .examples = (const struct example[]){{"longwatch help hunt", "Learn what hunt takes"}, {NULL, NULL}},
    .options = help_options,
    .option_count = COUNT(help_options),
    .statuses = PRINTED,
    .wishes_size = sizeof(struct help_wishes),
    .run = run_help,
};
const struct command command_help_man = {
    .name = "help man",
    .summary = "print the manual page of a command",
    .about =
        (const char *const[]){
            "Prints a manual page as mdoc source, for man and mandoc; without a command, that of longwatch itself.",
            NULL},
    .examples =
        (const struct example[]){{"longwatch help man hunt | man -l -", "Read a manual page that is not installed"},
                                 {NULL, NULL}},
    .options = help_options,
    .option_count = COUNT(help_options),
    .statuses = PRINTED,
    .wishes_size = sizeof(struct help_wishes),
    .run = run_man,
};

static const struct option completion_options[] = {
    {.argument = "SHELL",
     .type = OPTION_WORD,
     .words = completion_shells,
     .needed = "which shell? bash, zsh or fish",
     .help = "bash, zsh or fish",
     .at = offsetof(struct completion_wishes, shell)},
};
const struct command command_help_completion = {
    .name = "help completion",
    .summary = "print what a shell needs to complete command lines",
    .about =
        (const char *const[]){
            "Prints a script for the shell. An installed Longwatch has put it where the shells look for it.", NULL},
    .examples =
        (const struct example[]){{"source <(longwatch help completion bash)", "Complete in this bash"},
                                 {"source <(longwatch help completion zsh)", "Complete in this zsh, after compinit"},
                                 {"longwatch help completion fish | source", "Complete in this fish"},
                                 {NULL, NULL}},
    .options = completion_options,
    .option_count = COUNT(completion_options),
    .statuses = PRINTED,
    .wishes_size = sizeof(struct completion_wishes),
    .run = run_completion,
};
