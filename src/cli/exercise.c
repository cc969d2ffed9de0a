/* exercise: `longwatch exercise`: writes the logs of a made-up institution, with intrusions hidden in them, and the truth. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "exercise/exercise.h"
#include "report/finding_text.h"

struct wishes {
    uint64_t seed, years, accounts, scale; /* 0: not given */
    bool benign;
    const char *out;
};

static void on_day(void *ctx, uint32_t day, uint32_t days) {
    bool *const live = ctx;

    if (!terminal_live(stderr) || day % 7)
        return;
    fprintf(stderr, "\rday %u of %u\033[K", day, days);
    *live = true;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    bool live = false;
    struct exercise const x = {.seed = w->seed ? w->seed : 1,
                               .years = w->years ? (uint32_t)w->years : 2,
                               .accounts = w->accounts ? (uint32_t)w->accounts : 40,
                               .scale = w->scale ? w->scale : 1,
                               .benign = w->benign,
                               .folder = w->out,
                               .stop = interrupt_catch(),
                               .tick = on_day,
                               .ctx = &live};
    char records[COUNT_TEXT], files[COUNT_TEXT], events[COUNT_TEXT], size[SIZE_TEXT];
    struct exercise_told told;
    struct buf b = {0};
    struct err e = {0};
    bool const ok = exercise_write(&x, &told, &e);

    if (live)
        fputs("\r\033[K", stderr);
    if (!ok)
        return tell_error(&e);
    finding_plain(&b, str_of(w->out), false);
    buf_format(&b, ": %s records in %s files, %s, of a made-up institution\n", count_text(told.records, records),
               count_text(told.files, files), size_text(told.bytes, size));
    if (told.intrusions)
        buf_format(&b, "Hidden: %u intrusion%s, %s events of %s. TRUTH.json tells.\n", told.intrusions,
                   told.intrusions == 1 ? "" : "s", count_text(told.events, events),
                   told.intrusions == 1 ? "it" : "them");
    else
        buf_add(&b, S("Nothing is hidden.\n"));
    return print_all(&b, EXIT_NOTHING);
}

#define AT(member) .at = offsetof(struct wishes, member)
static const struct option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FOLDER",
     .type = OPTION_FOLDER,
     .needed = "where to? longwatch exercise -o FOLDER",
     .help = "where it is written: evidence, roster.csv, TRUTH.json, README",
     AT(out)},
    {.name = "seed",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = INT64_MAX,
     .help = "which institution, and which intrusions: the same number makes the same bytes; usually 1",
     AT(seed)},
    {.name = "years",
     .argument = "Y",
     .type = OPTION_COUNT,
     .least = 1,
     .most = EXERCISE_YEARS_MAX,
     .help = "how many years, which end with 2024; usually 2",
     AT(years)},
    {.name = "accounts",
     .argument = "A",
     .type = OPTION_COUNT,
     .least = EXERCISE_ACCOUNTS_MIN,
     .most = EXERCISE_ACCOUNTS_MAX,
     .help = "how many people; usually 40",
     AT(accounts)},
    {.name = "scale",
     .argument = "S",
     .type = OPTION_COUNT,
     .least = 1,
     .most = EXERCISE_SCALE_MAX,
     .help = "so many times the everyday life; usually 1, which is a tenth of what an office leaves behind",
     AT(scale)},
    {.name = "benign", .type = OPTION_FLAG, .help = "hide nothing", AT(benign)},
};
const struct command command_exercise = {
    .name = "exercise",
    .summary = "write the logs of a made-up institution, with intrusions hidden in them",
    .about =
        (const char *const[]){
            "Writes what a parliament's office would hold: mail, Microsoft 365, sign-ins, web and mail servers, "
            "Windows, "
            "network, VPN and telephone, over years, with everyday life in it that looks wrong here and there. "
            "In it are hidden one to five intrusions, shaped like those of 2021 to 2024; which ones follows from the "
            "seed.",
            "TRUTH.json says what was hidden: each event with its file, record and offset, accounts, mailboxes, "
            "registers and calls that were reached, and every door that was opened and closed. For drills, and to "
            "learn what a "
            "detector finds. Everything is synthetic and says so.",
            NULL},
    .examples =
        (const struct example[]){{"longwatch exercise --seed 7 -o ./drill", "Write an exercise of two years"},
                                 {"longwatch hunt ./drill/evidence --rules ./rules -o ./case", "And hunt through it"},
                                 {"longwatch exercise --benign --years 1 --accounts 200 --scale 10 -o ./quiet",
                                  "Write a year in which nothing happens, ten times as dense"},
                                 {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "written",
                 [EXIT_USAGE] = "wrong usage, or the folder is not empty",
                 [EXIT_INTERNAL] = "it could not be written, or was stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
