/* import_print: what import_confined says of the file named (plain, not compressed) as lines of JSON, for tests in Python. Options in front:
 * s strict, o observed too. Ends with {"importer": NAME, "error": TEXT}. */
#include "base/buf.h"
#include "base/file.h"
#include "intel/import_confined.h"

static void text(struct buf *b, const char *name, str s) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, s);
}

static void names(struct buf *b, const char *name, const struct item_names *all) {
    buf_format(b, ",\"%s\":[", name);
    for (unsigned i = 0; i < all->count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, all->names[i]);
    }
    buf_byte(b, ']');
}

static void when(struct buf *b, const char *name, int64_t at) {
    char room[INSTANT_TEXT];

    text(b, name, instant_format(at, room));
}

static void begin(struct buf *b, const char *told, str where) {
    buf_format(b, "{\"told\":\"%s\"", told);
    text(b, "where", where);
}

static bool on_item(void *ctx, const struct intel_item *i, struct err *e) {
    static const char *const forms[] = {"value", "pattern", "regex"};
    struct buf *const b = ctx;
    struct buf canonical = {0};
    const char *why;
    (void)e;

    begin(b, "item", i->where);
    text(b, "form", str_of(forms[i->form]));
    text(b, "type", i->form == ITEM_VALUE ? observable_name(i->type) : S(""));
    text(b, "value", i->value);
    if (i->form == ITEM_VALUE && observable_canonical(i->type, i->value, &canonical, &why))
        text(b, "canonical", buf_str(&canonical));
    buf_free(&canonical);
    text(b, "raw", i->raw);
    text(b, "id", i->id);
    text(b, "title", i->title);
    when(b, "created", i->created);
    when(b, "modified", i->modified);
    when(b, "valid_from", i->valid_from);
    when(b, "valid_until", i->valid_until);
    buf_format(b, ",\"confidence\":%u,\"port\":%u,\"revoked\":%d,\"context\":%d", i->confidence, i->port, i->revoked,
               i->context);
    text(b, "tlp", tlp_name(i->tlp));
    names(b, "groups", &i->groups);
    names(b, "campaigns", &i->campaigns);
    names(b, "malware", &i->malware);
    names(b, "techniques", &i->techniques);
    names(b, "origins", &i->origins);
    buf_add(b, S("}\n"));
    return true;
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)e;
    begin(ctx, "out", where);
    text(ctx, "what", what);
    text(ctx, "why", why);
    buf_add(ctx, S("}\n"));
    return true;
}

static bool on_list(void *ctx, const struct intel_label_list *l, struct err *e) {
    (void)e;
    begin(ctx, "list", l->name);
    text(ctx, "version", l->version);
    buf_format(ctx, ",\"how\":%d}\n", l->how);
    return true;
}

static bool on_label(void *ctx, str entry, struct err *e) {
    (void)e;
    begin(ctx, "label", entry);
    buf_add(ctx, S("}\n"));
    return true;
}

static bool on_group(void *ctx, const struct intel_group *g, struct err *e) {
    (void)e;
    begin(ctx, "group", g->where);
    text(ctx, "name", g->name);
    text(ctx, "id", g->id);
    names(ctx, "aliases", &g->aliases);
    names(ctx, "countries", &g->countries);
    names(ctx, "techniques", &g->techniques);
    names(ctx, "malware", &g->malware);
    names(ctx, "origins", &g->origins);
    buf_format(ctx, ",\"retired\":%d}\n", g->retired);
    return true;
}

int main(int argc, char **argv) {
    str const none = S("");
    const char *const options = argc > 2 ? argv[1] : "";
    struct import_about const about = {.name = str_of(argc > 1 ? argv[argc - 1] : ""),
                                       .confidence = ITEM_CONFIDENCE_UNSAID,
                                       .group = none,
                                       .origin = none,
                                       .valid_from = INSTANT_NONE,
                                       .valid_until = INSTANT_NONE,
                                       .strict = strchr(options, 's') != NULL,
                                       .observed = strchr(options, 'o') != NULL};
    struct buf file = {0}, lines = {0};
    struct intel_sink const sink = {.ctx = &lines,
                                    .item = on_item,
                                    .left_out = on_left_out,
                                    .label_list = on_list,
                                    .label = on_label,
                                    .group = on_group};
    const struct importer *used = NULL;
    struct err e = {0};

    if (argc < 2 || !file_read(argv[argc - 1], IMPORT_BYTES_MAX, &file, &e))
        return 2;
    (void)!import_confined(buf_str(&file), NULL, &about, NULL, &sink, &used, &e);
    begin(&lines, "end", str_of(used ? used->name : ""));
    text(&lines, "error", str_of(e.text));
    buf_add(&lines, S("}\n"));
    bool const ok = !lines.failed && fwrite(lines.ptr, 1, lines.len, stdout) == lines.len;

    buf_free(&file);
    buf_free(&lines);
    return !ok;
}
