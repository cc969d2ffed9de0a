/* main: finds the command, reads its words, runs it. */
#include <locale.h>

#include "cli/command.h"
#include "cli/manual.h"

/* Is help asked for, before "--"? Then nothing else of the line counts. */
static bool wants_help(int argc, char *const *argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* argv[1] names no command: the program's own option, the beginning of one, or a mistake. */
static int no_command(int argc, char *const *argv) {
    char typed[80];
    struct nearest near = {typed, NULL, 0};
    size_t within = 0;

    snprintf(typed, sizeof typed, argc > 2 && argv[2][0] != '-' ? "%s %s" : "%s", argv[1], argc > 2 ? argv[2] : "");
    for (size_t i = 1; i < command_count; i++)
        within += command_within(commands[i], str_of(argv[1]));
    if (!within)
        near.mistyped = argv[1];
    for (size_t i = 1; i < command_count; i++)
        nearest_offer(&near, commands[i]->name);
    if (near.word)
        return usage_error(within ? argv[1] : "", "no command '%s': did you mean '%s'?", near.mistyped, near.word);
    return within ? usage_error(argv[1], "'%s' alone is no command", argv[1])
                  : usage_error("", "no command '%s'", argv[1]);
}

static int run(const struct command *c, int argc, char *const *argv) {
    void *const wishes = calloc(1, c->wishes_size);
    void *memory = NULL;
    struct err e;
    int status;

    if (!wishes) {
        err_set(&e, ERR_MEMORY, 0, "no memory");
        status = tell_error(&e);
    } else if (!options_read(c->options, c->option_count, argc, argv, wishes, &memory, &e)) {
        status = e.code == ERR_USAGE ? usage_error(c->name, "%s", e.text) : tell_error(&e);
    } else {
        status = c->run(wishes);
    }
    free(memory);
    free(wishes);
    return status;
}

int main(int argc, char **argv) {
    int used = 0;
    const struct command *const c = command_named(argc, argv, &used);

    setlocale(LC_CTYPE, "C.UTF-8"); /* by which libarchive reads the names in 7z (evidence/unpack.h) */
    if (wants_help(argc, argv)) {
        /* The words up to the first option name a command, or the beginning of some: help knows what to say. */
        int words = 1;

        while (words < argc && argv[words][0] != '-' && (used == 0 ? words == 1 : words <= used))
            words++;
        return run(&command_help, words, argv);
    }
    if (used == 0 && argc > 1 && argv[1][0] != '-')
        return no_command(argc, argv);
    return run(c, argc - used, argv + used);
}
