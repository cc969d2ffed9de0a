/* test_option: command lines against a table that has an option of every type: what is stored, and what is said of the wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "cli/command.h"
#include "cli/option.h"

#define WORDS_MAX 12

struct wishes {
    struct arguments rules, paths;
    const char *output, *shell, *number_text, *file;
    int64_t from, to;
    struct zone_wish zone;
    size_t memory;
    uint64_t threads;
    enum sigma_level level;
    bool json, quiet;
};

#define AT(member) .at = offsetof(struct wishes, member)

static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static const struct option table[] = {
    {.argument = "FILE", .type = OPTION_PATH, .needed = "which file?", AT(file)},
    {.argument = "PATH", .type = OPTION_PATH, .many = true, AT(paths)},
    {.name = "rules", .letter = 'r', .argument = "DIR", .type = OPTION_FOLDER, .many = true, AT(rules)},
    {.name = "output", .letter = 'o', .argument = "CASE", .type = OPTION_PATH, AT(output)},
    {.name = "shell", .argument = "SHELL", .type = OPTION_WORD, .words = shells, AT(shell)},
    {.name = "from", .argument = "TIME", .type = OPTION_TIME, AT(from)},
    {.name = "to", .argument = "TIME", .type = OPTION_TIME, AT(to)},
    {.name = "zone", .argument = "ZONE", .type = OPTION_ZONE, AT(zone)},
    {.name = "memory",
     .argument = "SIZE",
     .type = OPTION_SIZE,
     .least = 64u << 20,
     .most = UINT64_C(1) << 40,
     AT(memory)},
    {.name = "threads", .argument = "N", .type = OPTION_COUNT, .least = 1, .most = 64, AT(threads)},
    {.name = "level", .letter = 'l', .argument = "LEVEL", .type = OPTION_LEVEL, AT(level)},
    {.name = "json", .type = OPTION_FLAG, AT(json)},
    {.name = "quiet", .letter = 'q', .type = OPTION_FLAG, AT(quiet)},
};

static int count_of(const char *const *words) {
    int count = 0;

    while (words[count])
        count++;
    return count;
}

/* words: without the command's own. */
static bool read_words(const char *const *words, struct wishes *w, void **memory, struct err *e) {
    char *argv[WORDS_MAX + 1] = {"test"};
    int const argc = count_of(words) + 1;

    assert_true(argc <= WORDS_MAX);
    for (int i = 1; i < argc; i++)
        argv[i] = (char *)(uintptr_t)words[i - 1];
    *w = (struct wishes){0};
    return options_read(table, COUNT(table), argc, argv, w, memory, e);
}

#define JUST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void equal_lists(const char *name, const struct arguments *got, const char *const *wanted) {
    if (got->count != (size_t)count_of(wanted))
        fail_msg("%s: %zu values", name, got->count);
    for (size_t i = 0; i < got->count; i++)
        assert_string_equal(got->items[i], wanted[i]);
}

static void lists_in_order(void **state) {
    static const struct {
        const char *name;
        const char *words[WORDS_MAX];
        const char *file, *output;
        const char *paths[WORDS_MAX], *rules[WORDS_MAX];
    } cases[] = {
        {"operand alone", {"f"}, "f", NULL, {NULL}, {NULL}},
        {"first operand is the single one", {"f", "a", "b"}, "f", NULL, {"a", "b"}, {NULL}},
        {"option before", {"--rules", "r", "f"}, "f", NULL, {NULL}, {"r"}},
        {"option between and behind", {"f", "-r", "r", "a", "--rules", "s"}, "f", NULL, {"a"}, {"r", "s"}},
        {"equals", {"f", "--rules=r", "--output=o"}, "f", "o", {NULL}, {"r"}},
        {"value begins with a dash", {"f", "--rules=-r", "--output=--json"}, "f", "--json", {NULL}, {"-r"}},
        {"value holds an equals sign", {"f", "--output=a=b"}, "f", "a=b", {NULL}, {NULL}},
        {"letter, and a value that begins with an equals sign", {"f", "-o", "=out"}, "f", "=out", {NULL}, {NULL}},
        {"letter and value in one word", {"f", "-oout"}, "f", "out", {NULL}, {NULL}},
        {"flags and an option in one word", {"f", "-qqo", "out", "a"}, "f", "out", {"a"}, {NULL}},
        {"end of options", {"--", "--rules", "-o"}, "--rules", NULL, {"-o"}, {NULL}},
        {"a second -- is an operand", {"--", "f", "--"}, "f", NULL, {"--"}, {NULL}},
        {"a file of the name -", {"./-"}, "./-", NULL, {NULL}, {NULL}},
        {"a command's name is only a word", {"hunt"}, "hunt", NULL, {NULL}, {NULL}},
        {"no UTF-8", {"\xff"}, "\xff", NULL, {NULL}, {NULL}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wishes w;
        void *memory;
        struct err e = {0};

        if (!read_words(cases[i].words, &w, &memory, &e))
            fail_msg("%s: %s", cases[i].name, e.text);
        assert_string_equal(w.file, cases[i].file);
        assert_true(!w.output == !cases[i].output);
        if (w.output)
            assert_string_equal(w.output, cases[i].output);
        equal_lists(cases[i].name, &w.paths, cases[i].paths);
        equal_lists(cases[i].name, &w.rules, cases[i].rules);
        free(memory);
    }
}

static void values(void **state) {
    struct wishes w;
    void *memory;
    struct err e = {0};
    (void)state;

    assert_true(read_words(JUST("f"), &w, &memory, &e)); /* what is not given */
    assert_true(w.from == INSTANT_NONE && w.to == INSTANT_NONE);
    assert_true(!w.json && !w.quiet && !w.output && !w.shell && w.memory == 0 && w.threads == 0);
    assert_int_equal(w.level, LEVEL_INFORMATIONAL);
    free(memory);
    assert_true(
        read_words(JUST("f", "--json", "--json", "-q", "--shell", "zsh", "--level=HIGH", "--from", "1970-01-02"), &w,
                   &memory, &e));
    assert_true(w.json && w.quiet);
    assert_string_equal(w.shell, "zsh");
    assert_int_equal(w.level, LEVEL_HIGH);
    assert_true(w.from == INT64_C(86400) * 1000000000 && w.to == INSTANT_NONE);
    free(memory);
}

static void zones(void **state) {
    static const struct {
        const char *value;
        int32_t seconds;
        bool good;
    } cases[] = {
        {"+01:00", 3600, true}, {"-05:30", -19800, true}, {"+0545", 20700, true}, {"UTC", 0, true},
        {"+00:00", 0, true},    {"+2", 0, false},         {"02:00", 0, false},    {"C:T", 0, false},
        {"../x", 0, false},     {"", 0, false},           {"+", 0, false},        {"+25:00", 0, false},
        {"+01:00 x", 0, false}, {"+01:0", 0, false},      {"+01:00+1", 0, false}, {"Europe/", 0, false},
    };
    static const char *const names[] = {"Europe/Berlin", "CET",
                                        "Etc/GMT+5"}; /* whether there is one is not looked up here */
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char word[32];
        struct wishes w;
        void *memory;
        struct err e = {0};

        snprintf(word, sizeof word, "--zone=%s", cases[i].value);
        if (read_words(JUST("f", word), &w, &memory, &e) != cases[i].good)
            fail_msg("%s", cases[i].value);
        if (cases[i].good) {
            assert_int_equal(w.zone.seconds, cases[i].seconds);
            assert_string_equal(w.zone.name, cases[i].value);
            assert_false(w.zone.named);
        }
        free(memory);
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        struct wishes w;
        void *memory;
        struct err e = {0};

        assert_true(read_words(JUST("f", "--zone", names[i]), &w, &memory, &e));
        assert_true(w.zone.named && w.zone.seconds == 0);
        assert_string_equal(w.zone.name, names[i]);
        free(memory);
    }
}

static void sizes_and_counts(void **state) {
    static const struct {
        const char *option, *value;
        uint64_t n; /* 0: refused */
    } cases[] = {
        {"--memory", "64M", 67108864},
        {"--memory", "64m", 67108864},
        {"--memory", "67108864", 67108864},
        {"--memory", "65536K", 67108864},
        {"--memory", "2G", UINT64_C(2147483648)},
        {"--memory", "1024g", UINT64_C(1099511627776)},
        {"--memory", "1099511627776", UINT64_C(1099511627776)},
        {"--memory", "1025G", 0},
        {"--memory", "1099511627777", 0},
        {"--memory", "63M", 0},
        {"--memory", "67108863", 0},
        {"--memory", "0", 0},
        {"--memory", "M", 0},
        {"--memory", "64MB", 0},
        {"--memory", "64 M", 0},
        {"--memory", "0x64M", 0},
        {"--memory", "+64M", 0},
        {"--memory", "1.5G", 0},
        {"--memory", "18446744073709551615G", 0}, /* the product would wrap */
        {"--memory", "17179869184G", 0},          /* 2^64 bytes */
        {"--memory", "2T", 0},
        {"--threads", "1", 1},
        {"--threads", "64", 64},
        {"--threads", "0", 0},
        {"--threads", "65", 0},
        {"--threads", "1.0", 0},
        {"--threads", "two", 0},
        {"--threads", "18446744073709551617", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wishes w;
        void *memory;
        struct err e = {0};
        bool const ok = read_words(JUST("f", cases[i].option, cases[i].value), &w, &memory, &e);
        uint64_t const n = !ok ? 0 : cases[i].option[2] == 'm' ? w.memory : w.threads;

        if (n != cases[i].n || (!ok && e.code != ERR_USAGE))
            fail_msg("%s %s: %lu %s", cases[i].option, cases[i].value, (unsigned long)n, e.text);
        free(memory);
    }
}

static void times(void **state) {
    static const struct {
        const char *value;
        int64_t seconds; /* INSTANT_NONE: refused */
    } cases[] = {
        {"2021-03-14", 1615680000},
        {"2021-03-14T09:30:00Z", 1615714200},
        {"2021-03-14T09:30:00+02:00", 1615707000},
        {"2021-03-14 09:30:00", 1615714200},
        {"1615714200", 1615714200},
        {"2021", INSTANT_NONE}, /* no second of January 1970 */
        {"20210314", INSTANT_NONE},
        {"2021-02-30", INSTANT_NONE},
        {"2021-13-01", INSTANT_NONE},
        {"yesterday", INSTANT_NONE},
        {"09:30", INSTANT_NONE},
        {"14.03.2021", INSTANT_NONE},
        {"3/14/2021", INSTANT_NONE},
        {"2021-03-14T25:00:00Z", INSTANT_NONE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wishes w;
        void *memory;
        struct err e = {0};
        bool const ok = read_words(JUST("f", "--to", cases[i].value), &w, &memory, &e);

        if (ok != (cases[i].seconds != INSTANT_NONE) || (ok && w.to != cases[i].seconds * 1000000000))
            fail_msg("%s: %d %s", cases[i].value, ok, e.text);
        free(memory);
    }
}

static void refused(void **state) {
    static const struct {
        const char *words[WORDS_MAX];
        const char *says;
    } cases[] = {
        {{NULL}, "which file?"},
        {{"--"}, "which file?"},
        {{"--json"}, "which file?"},
        {{"f", "--rule", "x"}, "unknown option '--rule': did you mean '--rules'?"},
        {{"f", "--jsno"}, "unknown option '--jsno': did you mean '--json'?"},
        {{"f", "-json"}, "unknown option '-json': did you mean '--json'?"},
        {{"f", "--hlep"}, "unknown option '--hlep': did you mean '--help'?"},
        {{"f", "--mem=1"}, "unknown option '--mem': did you mean '--memory'?"},
        {{"f", "--colour"}, "unknown option '--colour'"},
        {{"f", "--=x"}, "unknown option '--'"},
        {{"f", "-x"}, "unknown option '-x'"},
        {{"f", "-qx"}, "unknown option '-x' in '-qx'"},
        {{"f", "--json=yes"}, "--json takes no value"},
        {{"f", "--json="}, "--json takes no value"},
        {{"f", "--from"}, "--from needs a value: TIME"},
        {{"f", "-o"}, "--output (-o) needs a value: CASE"},
        {{"f", "-qo"}, "--output (-o) needs a value: CASE"},
        {{"f", "-o", "--json"}, "--output (-o) needs a value: CASE (one that begins with a dash: --output=--json)"},
        {{"f", "--rules", "--"}, "--rules (-r) needs a value: DIR (one that begins with a dash: --rules=--)"},
        {{"f", "-o=out"}, "'-o=out': write -o out, or --output=out"},
        {{"f", "-o", "a", "--output=b"}, "--output (-o) is given twice: 'a' and 'b'"},
        {{"f", "--to", "2021-03-14", "--to", "2021-03-14"}, "--to is given twice: '2021-03-14' and '2021-03-14'"},
        {{"f", "--level", "hihg"},
         "--level (-l) takes informational, low, medium, high or critical, not 'hihg': did you mean 'high'?"},
        {{"f", "--level="}, "--level (-l) takes informational, low, medium, high or critical, not ''"},
        {{"f", "--shell", "ksh"}, "--shell takes bash, zsh or fish, not 'ksh': did you mean 'zsh'?"},
        {{"f", "--shell", "Bash"}, "--shell takes bash, zsh or fish, not 'Bash': did you mean 'bash'?"},
        {{"f", "--memory", "12"}, "--memory takes a size such as 512M or 2G, from 64M to 1024G, not '12'"},
        {{"f", "--zone", "C:T"},
         "--zone takes the name of a zone such as Europe/Berlin, or an offset from UTC such as +01:00 or -05:00, not "
         "'C:T'"},
        {{"f", "--zone", "-01:00"}, "--zone needs a value: ZONE (one that begins with a dash: --zone=-01:00)"},
        {{"f", "--threads", "65"}, "--threads takes a whole number from 1 to 64, not '65'"},
        {{"f", "--from", "2021"},
         "--from takes a time such as 2021-03-14, 2021-03-14T09:30:00Z or 2021-03-14T09:30:00+02:00, not '2021'"},
        {{""}, "FILE is an empty word: a path is wanted (is a variable of the shell unset?)"},
        {{"f", "--rules="}, "--rules (-r) is an empty word: a path is wanted (is a variable of the shell unset?)"},
        {{"-"}, "'-' is no path: standard input and output have no name here (a file called so: ./-)"},
        {{"f", "-o", "-"}, "'-' is no path: standard input and output have no name here (a file called so: ./-)"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wishes w;
        void *memory;
        struct err e = {0};
        bool const ok = read_words(cases[i].words, &w, &memory, &e);

        free(memory);
        if (ok || e.code != ERR_USAGE || strcmp(e.text, cases[i].says) != 0)
            fail_msg("case %zu: '%s' instead of '%s'", i, ok ? "accepted" : e.text, cases[i].says);
    }
}

static void operands_that_are_too_many(void **state) {
    static const struct option none[] = {{.name = "json", .type = OPTION_FLAG, AT(json)}};
    static const struct option one[] = {{.argument = "FILE", .type = OPTION_PATH, AT(file)}};
    char *argv[] = {"test", "a", "b", NULL};
    struct wishes w = {0};
    void *memory;
    struct err e = {0};
    (void)state;

    assert_false(options_read(none, 1, 2, argv, &w, &memory, &e));
    assert_string_equal(e.text, "'a' is one word too many");
    free(memory);
    assert_false(options_read(one, 1, 3, argv, &w, &memory, &e));
    assert_string_equal(e.text, "one FILE at a time: 'a' and 'b'");
    free(memory);
}

/* A value of any length is cut in the message, and nothing else happens. */
static void long_words(void **state) {
    static char word[100000] = "--";
    struct wishes w;
    void *memory;
    struct err e = {0};
    (void)state;

    memset(word + 2, 'x', sizeof word - 3);
    assert_false(read_words(JUST("f", word), &w, &memory, &e));
    assert_true(strlen(e.text) < sizeof e.text && e.code == ERR_USAGE);
    free(memory);
    assert_false(read_words(JUST("f", "--level", word + 2), &w, &memory, &e));
    assert_true(strlen(e.text) < sizeof e.text && e.code == ERR_USAGE);
    free(memory);
}

static void nearest(void **state) {
    static const struct {
        const char *typed, *word;
        bool near;
    } cases[] = {
        {"hnut", "hunt", true},
        {"hunt", "hunt", true},
        {"hun", "hunt", true},
        {"hunts", "hunt", true},
        {"hurt", "hunt", true},
        {"hutn", "hunt", true},
        {"ho", "show", false},
        {"h", "hunt", false},
        {"hnt2", "hunt", false},
        {"x", "", false},
        {"", "hunt", false},
        {"kind", "kinds", true},
        {"--place", "placeholders", true},
        {"ruels", "rules", true},
        {"salvgaed", "salvaged", true},
        {"threads", "hunt", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nearest n = {cases[i].typed, NULL, 0};

        nearest_offer(&n, cases[i].word);
        if ((n.word != NULL) != cases[i].near)
            fail_msg("'%s' and '%s': %s", cases[i].typed, cases[i].word, n.word ? "near" : "not near");
    }
    struct nearest n = {"leve", NULL, 0};

    nearest_offer(&n, "lever");
    nearest_offer(&n, "levels");
    nearest_offer(&n, "level");
    assert_string_equal(n.word, "lever"); /* of the equally near the first */
}

/* What every table of the program must hold for help, manual and completion to be right. */
static void tables_are_whole(void **state) {
    (void)state;

    assert_string_equal(commands[0]->name, "");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *const c = commands[i];

        assert_true(c->summary && c->about[0] && c->examples[0].line && c->run && c->wishes_size);
        assert_true(str_starts(str_of(c->examples[0].line), S("longwatch ")) ||
                    str_starts(str_of(c->examples[0].line), S("source ")));
        assert_true(c->statuses[EXIT_NOTHING] && c->statuses[EXIT_USAGE] && c->statuses[EXIT_INTERNAL]);
        for (size_t k = 0; k < c->option_count; k++) {
            const struct option *const o = &c->options[k];

            if (!o->help || !*o->help || o->help[strlen(o->help) - 1] == '.' || o->at >= c->wishes_size ||
                (o->type == OPTION_FLAG) != !o->argument || (!o->name && o->letter) ||
                (o->type == OPTION_WORD) != !!o->words ||
                ((o->type == OPTION_COUNT || o->type == OPTION_SIZE) && o->least >= o->most))
                fail_msg("%s: option %zu", c->name, k);
            for (size_t m = 0; m < k; m++)
                if ((o->name && c->options[m].name && strcmp(o->name, c->options[m].name) == 0) ||
                    (o->letter && o->letter == c->options[m].letter) || (o->name && strcmp(o->name, "help") == 0) ||
                    o->letter == 'h')
                    fail_msg("%s: option %zu is there twice", c->name, k);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_in_order),
        cmocka_unit_test(values),
        cmocka_unit_test(zones),
        cmocka_unit_test(sizes_and_counts),
        cmocka_unit_test(times),
        cmocka_unit_test(refused),
        cmocka_unit_test(operands_that_are_too_many),
        cmocka_unit_test(long_words),
        cmocka_unit_test(nearest),
        cmocka_unit_test(tables_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
