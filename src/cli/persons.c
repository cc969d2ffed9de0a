/* persons: `longwatch persons NAME... --list FILE`: is a name, an address, a number or a site one of a published list? */
#include "base/file.h"
#include "cli/command.h"
#include "cli/person_lists.h"
#include "cli/terminal.h"
#include "report/finding_text.h"
#include "report/person_text.h"

#define TOLD_MAX 16u
#define NAMES_FILE_MAX ((size_t)256 << 20)

struct wishes {
    struct arguments values, lists;
    const char *names;
    uint64_t least;
    bool json, quiet;
};

/* ---- asking ---- */

/* What a value is: an address has an @, a number nothing but what numbers have, a site a scheme, or points and no blanks. */
static enum person_asked kind_of(str value) {
    size_t digits = 0, others = 0;

    if (str_find_byte(value, '@') != SIZE_MAX && str_find_byte(value, ' ') == SIZE_MAX)
        return PERSON_MAIL;
    for (size_t i = 0; i < value.len; i++) {
        digits += value.ptr[i] >= '0' && value.ptr[i] <= '9';
        others += !strchr("0123456789 +-()./", value.ptr[i]);
    }
    if (digits >= 7 && !others)
        return PERSON_PHONE;
    if (str_find(value, S("://")) != SIZE_MAX ||
        (str_find_byte(value, '.') != SIZE_MAX && str_find_byte(value, ' ') == SIZE_MAX && value.ptr[0] != '.' &&
         value.ptr[value.len - 1] != '.'))
        return PERSON_SITE;
    return PERSON_NAME;
}

static void tell_json(struct buf *b, str value, const struct person_match *m) {
    buf_add(b, S("{\"value\":"));
    buf_json(b, value);
    buf_byte(b, ',');
    person_members(b, m, SIZE_MAX);
    buf_add(b, S("}\n"));
}

static void more(struct buf *b, const char *name, const struct person_texts *t, const char **between) {
    for (size_t i = 0; i < t->count && i < 4; i++) {
        buf_format(b, "%s%s%s", *between, i ? "" : name, i || !*name ? "" : " ");
        buf_add(b, t->items[i]);
        *between = i + 1 < t->count && i + 1 < 4 ? ", " : "; ";
    }
    if (t->count > 4)
        buf_format(b, " and %zu more", t->count - 4);
    if (t->count)
        *between = "; ";
}

static void tell_text(struct buf *b, const struct person_match *m) {
    const struct person *const x = m->person;
    struct buf line = {0};
    const char *between = "";

    buf_format(b, "  %3u  ", m->quality);
    finding_plain(b, m->name ? m->name->text : x->names[0].text, false);
    if (m->name && !str_eq(m->name->text, x->names[0].text)) {
        buf_add(b, S(", that is "));
        finding_plain(b, x->names[0].text, false);
    }
    buf_format(b, " (%.*s ", STR_ARG(x->list));
    finding_plain(b, x->id, false);
    buf_format(b, "): %s\n", m->reason);
    buf_add(&line, person_type_name(x->type));
    between = line.len ? "; " : "";
    more(&line, "", &x->programmes, &between);
    more(&line, "born", &x->births, &between);
    more(&line, "", &x->countries, &between);
    more(&line, "", &x->documents, &between);
    more(&line, "listed", &x->listed, &between);
    b->failed |= line.failed;
    if (line.len) {
        struct buf plain = {0};

        finding_plain(&plain, buf_str(&line), false);
        b->failed |= plain.failed;
        buf_add(b, S("       "));
        text_wrap(b, buf_str(&plain), 7, 7, terminal_columns(stdout));
        buf_byte(b, '\n');
        buf_free(&plain);
    }
    buf_free(&line);
}

/* Returns how many were told. */
static size_t ask(const struct wishes *w, const struct persons *p, str value, struct buf *b) {
    struct person_match found[TOLD_MAX];
    size_t count;

    value = str_trim(value);
    if (!value.len)
        return 0;
    count =
        persons_find(p, kind_of(value), value, w->least ? (unsigned)w->least : PERSON_QUALITY_USUAL, found, TOLD_MAX);
    if (w->json) {
        for (size_t i = 0; i < count; i++)
            tell_json(b, value, &found[i]);
        return count;
    }
    if (!count && w->quiet)
        return 0;
    finding_plain(b, value, false);
    buf_add(b, count ? S("\n") : S(": none that is like it\n"));
    for (size_t i = 0; i < count; i++)
        tell_text(b, &found[i]);
    return count;
}

static bool out(struct buf *b, struct err *e) {
    if (b->failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (fwrite(b->ptr, 1, b->len, stdout) != b->len)
        return err_system(e, "standard output");
    b->len = 0;
    return true;
}

static bool ask_all(const struct wishes *w, const struct persons *p, size_t *found, struct err *e) {
    struct buf names = {0}, b = {0};
    str rest;
    bool ok = true;

    for (size_t i = 0; ok && i < w->values.count; i++) {
        *found += ask(w, p, str_of(w->values.items[i]), &b) != 0;
        ok = out(&b, e);
    }
    if (ok && w->names && file_read(w->names, NAMES_FILE_MAX, &names, e))
        for (rest = buf_str(&names); ok && rest.len;) {
            size_t const end = str_find_byte(rest, '\n');

            *found += ask(w, p, str_first(rest, end), &b) != 0;
            rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
            ok = out(&b, e);
        }
    else if (w->names)
        ok = false;
    buf_free(&names);
    buf_free(&b);
    return ok && (fflush(stdout) == 0 || err_system(e, "standard output"));
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct arguments const file = {(const char **)(uintptr_t)&w->names, w->names != NULL};
    struct person_lists l = {0};
    struct buf words = {0};
    struct err e = {0};
    size_t found = 0;
    int status;

    if (!w->values.count && !w->names)
        return usage_error("persons", "which name? longwatch persons NAME --list FILE");
    if (!paths_exist(&file, "names", false, &e) || !person_lists_open(&l, &w->lists, &e)) {
        status = tell_error(&e);
    } else if (!l.read) {
        status = EXIT_UNREADABLE;
    } else if (!ask_all(w, l.persons, &found, &e)) {
        status = tell_error(&e);
    } else {
        person_lists_words(&l, &words);
        if (!w->quiet)
            fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&words)));
        status = l.unread ? EXIT_UNREADABLE : found ? EXIT_FINDINGS : EXIT_NOTHING;
    }
    buf_free(&words);
    persons_free(l.persons);
    return status;
}

static const struct option options[] = {
    {.argument = "NAME",
     .type = OPTION_TEXT,
     .many = true,
     .help = "a name, a mail address, a telephone number or a site",
     .at = offsetof(struct wishes, values)},
    {.name = "list",
     .argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .needed = "which list? --list FILE: SDN.XML, or SDN.CSV with ALT.CSV and ADD.CSV, or a UK list as CSV",
     .help = "a published list: OFAC's SDN.XML or SDN.CSV, ALT.CSV, ADD.CSV; the UK sanctions list or ConList.csv",
     .at = offsetof(struct wishes, lists)},
    {.name = "names",
     .argument = "FILE",
     .type = OPTION_PATH,
     .help = "more of them, one a line",
     .at = offsetof(struct wishes, names)},
    {.name = "least",
     .argument = "N",
     .type = OPTION_COUNT,
     .least = 1,
     .most = 100,
     .help = "how like a name must be, 1 to 100; usually 75, below which names that many bear and slips of the pen are "
             "told",
     .at = offsetof(struct wishes, least)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "one object a line for each person found",
     .at = offsetof(struct wishes, json)},
    {.name = "quiet", .type = OPTION_FLAG, .help = "only those that were found", .at = offsetof(struct wishes, quiet)},
};
const struct command command_persons = {
    .name = "persons",
    .summary = "look for names in published lists of sanctions",
    .about =
        (const char *const[]){
            "Says which persons and companies of published lists a name is like, how like, and why: the same, in "
            "another order, from another alphabet or "
            "scheme of transliteration, or close. A name is no person: what the list says of dates of birth and "
            "numbers is shown beside it. A single word "
            "never matches.",
            "Companies that documents on groups name (longwatch groups show) are looked through as well.", NULL},
    .examples =
        (const struct example[]){{"longwatch persons 'Ni Gaobin' --list sdn.xml", "Look for one name"},
                                 {"longwatch persons --names senders.txt --list SDN.CSV --list ALT.CSV --json --quiet",
                                  "Look for many, for machines"},
                                 {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "nothing is like it",
                 [EXIT_FINDINGS] = "something is",
                 [EXIT_USAGE] = "wrong usage",
                 [EXIT_UNREADABLE] = "a list could not be read",
                 [EXIT_INTERNAL] = "internal error"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
