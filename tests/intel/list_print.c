/* list_print: a file through the importer of lists or tables that knows it, told as JSON lines: for tests in Python. The first line says
 * which importer it was. */
#include "base/file.h"
#include "intel/import_own.h"

static void text(const char *name, str s) {
    struct buf out = {0};

    buf_json(&out, s);
    printf(", \"%s\": %.*s", name, STR_ARG(buf_str(&out)));
    buf_free(&out);
}

static void names(const char *name, const struct item_names *n) {
    printf(", \"%s\": [", name);
    for (unsigned i = 0; i < n->count; i++) {
        struct buf out = {0};

        buf_json(&out, n->names[i]);
        printf("%s%.*s", i ? ", " : "", STR_ARG(buf_str(&out)));
        buf_free(&out);
    }
    printf("]");
}

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct buf canonical = {0};
    char when[INSTANT_TEXT];
    const char *why = "";
    (void)ctx;

    if (item->form == ITEM_VALUE && !observable_canonical(item->type, item->value, &canonical, &why))
        return err_set(e, ERR_CORRUPT, 0, "%.*s '%.*s': %s", STR_ARG(item->where), STR_ARG(item->value), why);
    printf("{\"form\": %d", (int)item->form);
    text("type", observable_name(item->type));
    text("value", item->form == ITEM_VALUE ? buf_str(&canonical) : item->value);
    text("where", item->where);
    text("raw", item->raw);
    text("id", item->id);
    text("title", item->title);
    text("comment", item->comment);
    text("tlp", tlp_name(item->tlp));
    text("created", instant_format(item->created, when));
    text("from", instant_format(item->valid_from, when));
    text("until", instant_format(item->valid_until, when));
    printf(", \"port\": %u, \"confidence\": %u", item->port, item->confidence);
    names("groups", &item->groups);
    names("origins", &item->origins);
    printf("}\n");
    buf_free(&canonical);
    return true;
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)ctx;
    (void)e;
    printf("{\"left_out\": 1");
    text("where", where);
    text("what", what);
    text("why", why);
    printf("}\n");
    return true;
}

int main(int argc, char **argv) {
    static const struct importer *const all[] = {&import_signature_base, &import_csv, &import_list};
    struct intel_sink const sink = {.item = on_item, .left_out = on_left_out};
    struct import_about about = {.confidence = ITEM_CONFIDENCE_UNSAID,
                                 .group = S(""),
                                 .origin = S(""),
                                 .valid_from = INSTANT_NONE,
                                 .valid_until = INSTANT_NONE};
    const struct importer *used = NULL;
    struct buf bytes = {0};
    struct err e = {0};
    int sure = 0;

    if (argc != 3 || !file_read(argv[1], IMPORT_BYTES_MAX, &bytes, &e)) {
        fprintf(stderr, "import_print FILE NAME: %s\n", e.text);
        return 2;
    }
    about.name = str_of(argv[2]);
    for (size_t i = 0; i < COUNT(all); i++) {
        int const looks = all[i]->looks(str_first(buf_str(&bytes), IMPORT_HEAD));

        if (looks > sure) {
            used = all[i];
            sure = looks;
        }
    }
    printf("{\"importer\": \"%s\", \"sure\": %d}\n", used ? used->name : "", sure);
    if (used && !used->read(buf_str(&bytes), &about, &sink, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    buf_free(&bytes);
    return 0;
}
