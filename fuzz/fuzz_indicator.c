/* fuzz_indicator: any bytes as a text of evidence. What is known stands in it and is found, whatever stands on the lines before and behind;
 * what is found would not have been sifted away, nor ruled out by an index of the text's keys; the same is found again. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf.h"
#include "detection/indicator.h"

#include "../tests/intel/key_check.h"

#define HASH "d41d8cd98f00b204e9800998ecf8427e"

/* How each stands in a text. */
static const struct {
    enum observable type;
    str value, spelled;
} known[] = {
    {OBSERVABLE_ADDRESS, STR("192.0.2.6"), STR("192.0.2.6")},
    {OBSERVABLE_ADDRESS, STR("2001:db8::6"), STR("[2001:DB8:0::6]:443")},
    {OBSERVABLE_NETWORK, STR("198.51.100.0/25"), STR("198.51.100.7")},
    {OBSERVABLE_DOMAIN, STR("evil.example"), STR("www.EVIL.example")},
    {OBSERVABLE_DOMAIN, STR("xn--bcher-kva.example"), STR("b%C3%BCcher.example")},
    {OBSERVABLE_URL, STR("http://bad.example/gate.php"), STR("https://bad.example/gate.php?x=1")},
    {OBSERVABLE_MD5, STR(HASH), STR("MD5=" HASH)},
    {OBSERVABLE_MAIL, STR("jo@mail.example"), STR("<jo@mail.example>")},
    {OBSERVABLE_FILE_NAME, STR("an odd name.exe"), STR("C:\\x\\an odd name.exe")},
    {OBSERVABLE_FILE_PATH, STR("C:\\Windows\\Debug\\bad.dll"), STR("\"c:/windows/debug/bad.dll\"")},
    /* Whole values are looked for as well; they do not stand in texts. */
    {OBSERVABLE_REGISTRY, STR("HKLM\\Software\\Odd"), STR("")},
    {OBSERVABLE_MUTEX, STR("OddMutex"), STR("")},
    {OBSERVABLE_PHONE, STR("+4930123456"), STR("")},
    {OBSERVABLE_MAC, STR("00:1b:44:11:3a:b7"), STR("")},
    {OBSERVABLE_FILE_NAME, STR("implant"), STR("")},
};

struct all {
    struct buf bytes;
    struct intel_set *set;
    struct indicator_marks *marks;
    struct fields *fields;
    struct indicators *x;
    struct key_check keys;
};

static void all_begin(struct all *a) {
    struct intel_builder *b;
    struct err e;

    if (!intel_builder_new(&b, &e) || !intel_builder_source(b, S("fuzz"), S(""), &e))
        abort();
    for (size_t i = 0; i < COUNT(known); i++)
        if (!intel_builder_item(b,
                                &(struct intel_item){.form = ITEM_VALUE,
                                                     .type = known[i].type,
                                                     .value = known[i].value,
                                                     .raw = S(""),
                                                     .where = S(""),
                                                     .id = S(""),
                                                     .title = S(""),
                                                     .comment = S(""),
                                                     .created = INSTANT_NONE,
                                                     .modified = INSTANT_NONE,
                                                     .valid_from = INSTANT_NONE,
                                                     .valid_until = INSTANT_NONE,
                                                     .first_seen = INSTANT_NONE,
                                                     .last_seen = INSTANT_NONE,
                                                     .confidence = ITEM_CONFIDENCE_UNSAID},
                                &e))
            abort();
    if (!intel_builder_end(b, &a->bytes, &e) || !intel_set_of(&a->set, buf_str(&a->bytes), &e) ||
        !indicator_marks_new(&a->marks, a->set, &e) || !(a->fields = fields_new()) ||
        !indicators_new(&a->x, a->marks, a->fields, &e))
        abort();
    intel_builder_free(b);
    key_check_begin(&a->keys);
}

static void all_end(struct all *a) {
    key_check_end(&a->keys);
    indicators_free(a->x);
    indicator_marks_free(a->marks);
    fields_free(a->fields);
    intel_set_free(a->set);
    buf_free(&a->bytes);
}

static size_t look(struct all *a, str text, uint32_t *found) {
    size_t const count = indicators_of_text(a->x, text, found, COUNT(known));
    struct raw const raw = {.field = FIELD_NONE, .type = RAW_TEXT, .ptr = text.ptr, .len = (uint32_t)text.len};

    assert(count <= intel_set_entries(a->set));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert(found[i] != found[k]);
    assert(!count || indicators_sift(a->x, &raw));
    /* Keys are of what a block holds: bytes that are no UTF-8 have been replaced by then. */
    bool const whole = utf8_valid(text) == text.len;

    if (count && whole)
        key_check_text(&a->keys, text);
    for (size_t i = 0; i < count && whole; i++) {
        struct intel_entry const n = intel_set_entry(a->set, found[i]);

        assert(key_check_asks(&a->keys, n.type, n.value));
    }
    return count;
}

static uint32_t entry_of(const struct all *a, size_t i) {
    struct buf canonical = {0};
    const char *why;

    if (!observable_canonical(known[i].type, known[i].value, &canonical, &why))
        abort();
    uint32_t const entry = intel_set_find(a->set, known[i].type, buf_str(&canonical));

    buf_free(&canonical);
    return entry;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint32_t found[COUNT(known)], again[COUNT(known)];
    struct buf text = {0};
    struct all a = {0};

    if (size < 3 || size > 1 << 14)
        return 0;
    all_begin(&a);
    str const bytes = {(const char *)data + 3, size - 3};
    size_t const which = data[0] % COUNT(known), cut = (data[1] | (size_t)data[2] << 8) % (bytes.len + 1);
    size_t const count = look(&a, bytes, found);

    assert(look(&a, bytes, again) == count && memcmp(found, again, count * sizeof *found) == 0);
    if (known[which].spelled.len) {
        bool held = false;

        buf_add(&text, str_first(bytes, cut));
        buf_byte(&text, '\n');
        buf_add(&text, known[which].spelled);
        buf_byte(&text, '\n');
        buf_add(&text, str_from(bytes, cut));
        if (text.failed)
            abort();
        size_t const with = look(&a, buf_str(&text), found);

        for (size_t i = 0; i < with; i++)
            held |= found[i] == entry_of(&a, which);
        assert(held);
    }
    buf_free(&text);
    all_end(&a);
    return 0;
}
