/* main: finds the command and runs it. */
#include <locale.h>

#include "cli/command.h"

static const struct command *const commands[] = {&command_hunt, &command_show, &command_rules, &command_kinds};

static void help(FILE *to) {
    fputs("Example:  longwatch hunt ./evidence --rules ./rules\n\n"
          "Longwatch reads the logs an institution holds and tells whether a state-backed group has been in them.\n\n"
          "Commands:\n",
          to);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'longwatch COMMAND --help' says more.\n", to);
}

int main(int argc, char **argv) {
    setlocale(LC_CTYPE, "C.UTF-8"); /* by which libarchive reads the names in 7z (evidence/unpack.h) */
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return EXIT_NOTHING;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("longwatch " LONGWATCH_VERSION);
        return EXIT_NOTHING;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i]->name) == 0) {
            for (int j = 2; j < argc; j++)
                if (strcmp(argv[j], "--help") == 0) {
                    fputs(commands[i]->help, stdout);
                    return EXIT_NOTHING;
                }
            return commands[i]->run(argc - 1, argv + 1);
        }
    fprintf(stderr, "longwatch: no command '%s'\n", argv[1]);
    help(stderr);
    return EXIT_USAGE;
}
