/* kinds_suggest: `longwatch kinds suggest FILE...`: a first draft of a kind file, out of a sample of a log. */
#include "cli/command.h"
#include "cli/listed.h"
#include "event/suggest.h"

struct wishes {
    struct arguments paths, kinds;
    const char *name;
    struct key_wish key;
};

static bool on_event(void *ctx, const struct normal_event *event, bool *enough, struct err *e) {
    return suggest_take(ctx, event, enough, e);
}

/* door.jsonl, and door-2024.log.gz, are own/door and own/door-2024. */
static void name_of_file(struct buf *b, str path) {
    size_t from = 0;

    for (size_t i = 0; i + 1 < path.len; i++)
        from = path.ptr[i] == '/' ? i + 1 : from;
    str file = str_from(path, from);

    file = str_first(file, str_find_byte(file, '.') == 0 ? SIZE_MAX : str_find_byte(file, '.'));
    buf_add(b, S("own/"));
    for (size_t i = 0; i < file.len && i < 40; i++) {
        char const c = file.ptr[i];
        bool const good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';

        if (good)
            buf_byte(b, c);
        else if (b->ptr && b->ptr[b->len - 1] != '-' && b->ptr[b->len - 1] != '/')
            buf_byte(b, '-');
    }
    while (b->len && b->ptr[b->len - 1] == '-')
        b->len--;
    if (b->len && b->ptr[b->len - 1] == '/')
        buf_add(b, S("log"));
}

static int draft(const struct wishes *w, struct fields *fields, const struct kinds *kinds, str name) {
    struct suggest *const s = suggest_new(name, kinds);
    struct listed const listed = {.paths = &w->paths,
                                  .keys = &w->key,
                                  .fields = fields,
                                  .kinds = kinds,
                                  .from = INSTANT_NONE,
                                  .to = INSTANT_NONE,
                                  .latest = INSTANT_NONE,
                                  .zone = {"", 0},
                                  .any_text = true,
                                  .event = on_event,
                                  .ctx = s};
    struct buf out = {0};
    struct err e = {0};
    int status;

    if (!s)
        return err_set(&e, ERR_MEMORY, 0, "no memory"), tell_error(&e);
    status = listed_run(&listed);
    if (status == EXIT_NOTHING || status == EXIT_UNREADABLE) {
        if (suggest_records(s) == 0) {
            fputs("longwatch: there is no record in it that could be read: nothing is drafted\n", stderr);
            status = EXIT_UNREADABLE;
        } else {
            status = suggest_write(s, &out, &e) ? print_all(&out, status) : tell_error(&e);
        }
    }
    suggest_free(s);
    return status;
}

static int run(const void *wishes) {
    const struct wishes *const w = wishes;
    struct fields *fields;
    struct kinds *kinds = NULL;
    struct buf name = {0};
    struct err e = {0};
    int status;

    if (w->name && !suggest_name_good(str_of(w->name)))
        return usage_error("kinds suggest",
                           "--name must be a name such as acme/door: letters, digits, - _ . and / between parts, "
                           "at most 100 bytes");
    if (w->name)
        buf_add(&name, str_of(w->name));
    else
        name_of_file(&name, str_of(w->paths.items[0]));
    if (!(fields = fields_new()) || name.failed)
        err_set(&e, ERR_MEMORY, 0, "no memory");
    if (!fields || name.failed || !paths_exist(&w->paths, "sample", false, &e) ||
        !kinds_open(&w->kinds, fields, &kinds, &e))
        status = tell_error(&e);
    else
        status = draft(w, fields, kinds, buf_str(&name));
    kinds_free(kinds);
    fields_free(fields);
    buf_free(&name);
    return status;
}

#define AT(member) .at = offsetof(struct wishes, member)

static const struct option options[] = {
    {.argument = "FILE",
     .type = OPTION_PATH,
     .many = true,
     .needed = "of which log? Name files that hold a sample of it",
     .help = "a sample of one log: the more sorts of events are in it, the better",
     AT(paths)},
    {.name = "name",
     .argument = "NAME",
     .type = OPTION_TEXT,
     .help = "what to call it: acme/door; it also becomes the log source (product acme, service door)",
     AT(name)},
    {.name = "kinds",
     .argument = "DIR",
     .type = OPTION_FOLDER,
     .many = true,
     .help = "kind files of your own logs, whose records need no draft",
     AT(kinds)},
    {ROW_KEY, AT(key.files)},
    {ROW_PASSPHRASE, AT(key.passphrase)},
};
const struct command command_kinds_suggest = {
    .name = "kinds suggest",
    .summary = "draft a kind file from a sample of an unknown log",
    .about =
        (const char *const[]){
            "Reads a sample of a log that Longwatch does not know and prints a first draft of a kind file: what to ask "
            "for, where the time is, who did what, templates for lines of text. It can be used as it stands; all of it "
            "is guessed by names and values, and says so. Records that are known already are counted.",
            "Examples of values stand in comments, except of fields that are called like passwords, tokens "
            "and keys: look at a draft before you pass it on.",
            NULL},
    .examples =
        (const struct example[]){
            {"longwatch kinds suggest door.jsonl --name acme/door >kinds/door.yml", "Draft a kind file"},
            {"longwatch events door.jsonl --kinds ./kinds --limit 3", "See what the draft does"},
            {NULL, NULL}},
    .options = options,
    .option_count = COUNT(options),
    .statuses = {[EXIT_NOTHING] = "drafted, or nothing was left to be drafted, which the output says",
                 [EXIT_USAGE] = "wrong usage, or a kind file that is wrong",
                 [EXIT_UNREADABLE] = "some of the sample could not be read; the draft is of what could be",
                 [EXIT_INTERNAL] = "internal error, no draft can be made, or stopped"},
    .wishes_size = sizeof(struct wishes),
    .run = run,
};
