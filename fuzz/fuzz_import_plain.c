/* fuzz_import_plain: any bytes as a list, a table, a list of signature-base. What is handed over as a value has a canonical form; what is an
 * expression compiles; whoever recognised the bytes reads them; no line of a list is lost. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <assert.h>
#include <pcre2.h>

#include "intel/import_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    size_t count;
    bool patterns; /* there may be values of patterns, which are what the pattern says: import_bytes sees to them */
};

static bool on_item(void *ctx, const struct intel_item *item, struct err *e) {
    struct told *const told = ctx;
    struct buf out = {0};
    const char *why;
    int code;
    PCRE2_SIZE at;
    (void)e;

    told->count++;
    assert(item->where.len > 5 && item->value.len > 0 && item->tlp < TLPS && item->pap < PAPS);
    assert(item->confidence <= 100 || item->confidence == ITEM_CONFIDENCE_UNSAID);
    const struct item_names *const names[] = {&item->groups, &item->campaigns, &item->malware, &item->techniques,
                                              &item->origins};

    for (size_t i = 0; i < COUNT(names); i++) {
        assert(names[i]->count <= ITEM_NAMES_MAX);
        for (unsigned k = 0; k < names[i]->count; k++)
            assert(names[i]->names[k].len > 0);
    }
    if (item->form == ITEM_REGEX) {
        pcre2_code *const c = pcre2_compile((PCRE2_SPTR)item->value.ptr, item->value.len, 0, &code, &at, NULL);

        assert(c);
        pcre2_code_free(c);
    } else if (item->form == ITEM_VALUE) {
        assert(observable_canonical(item->type, item->value, &out, &why) || told->patterns);
    }
    buf_free(&out);
    return true;
}

static bool on_left_out(void *ctx, str where, str what, str why, struct err *e) {
    (void)what;
    (void)e;
    ((struct told *)ctx)->count++;
    assert(where.len > 5 && why.len > 0);
    return true;
}

/* Lines that are neither empty nor begin with a comment. */
static size_t lines_of(str bytes) {
    struct buf room = {0};
    str rest, line;
    size_t count = 0;

    if (!import_text(bytes, &room, &rest))
        abort();
    while (import_line(&rest, &line)) {
        line = str_trim(line);
        count += line.len && line.ptr[0] != '#' && line.ptr[0] != ';' && !str_starts(line, S("//"));
    }
    buf_free(&room);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct importer *const all[] = {&import_list, &import_csv, &import_signature_base};
    char *const exact = malloc(size ? size : 1);

    if (!exact)
        abort();
    memcpy(exact, data, size);
    str const bytes = {exact, size};

    for (size_t i = 0; i < COUNT(all); i++) {
        struct told told = {.patterns = all[i] == &import_csv && str_find_byte(bytes, '[') != SIZE_MAX};
        struct intel_sink const sink = {.ctx = &told, .item = on_item, .left_out = on_left_out};
        struct import_about const about = {.name = S("apt_x.txt"),
                                           .confidence = ITEM_CONFIDENCE_UNSAID,
                                           .group = S(""),
                                           .origin = S(""),
                                           .valid_from = INSTANT_NONE,
                                           .valid_until = INSTANT_NONE};
        struct err e = {0};
        int const sure = all[i]->looks(str_first(bytes, IMPORT_HEAD));
        bool const ok = all[i]->read(bytes, &about, &sink, &e);

        assert(sure >= 0 && sure <= 3);
        assert(ok ? e.code == ERR_NONE : e.code == ERR_CORRUPT);
        if (sure > 0 && size < IMPORT_HEAD)
            assert(ok);
        if (all[i] == &import_list)
            assert(ok && told.count >= lines_of(bytes));
    }
    free(exact);
    return 0;
}
