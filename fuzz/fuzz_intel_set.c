/* fuzz_intel_set: any bytes in place of some of a set's, with a sum that is right: it is refused, or everything in it can be asked for, and nothing is
 * read outside. The input: items to begin with, then patches: where, how many, and the bytes. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detection/indicator.h"
#include "intel/intel_set_own.h"
#include "intel/worth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    enum item_form form;
    enum observable type;
    str value;
} items[] = {
    {ITEM_VALUE, OBSERVABLE_ADDRESS, STR("192.0.2.6")},
    {ITEM_VALUE, OBSERVABLE_ADDRESS, STR("2001:db8::6")},
    {ITEM_VALUE, OBSERVABLE_NETWORK, STR("198.51.100.0/25")},
    {ITEM_VALUE, OBSERVABLE_DOMAIN, STR("evil.example")},
    {ITEM_VALUE, OBSERVABLE_URL, STR("http://bad.example/gate.php?id=1")},
    {ITEM_VALUE, OBSERVABLE_MD5, STR("d41d8cd98f00b204e9800998ecf8427e")},
    {ITEM_VALUE, OBSERVABLE_MAIL, STR("jo@mail.example")},
    {ITEM_VALUE, OBSERVABLE_FILE_PATH, STR("C:\\Windows\\Debug\\bad.dll")},
    {ITEM_VALUE, OBSERVABLE_MUTEX, STR("OddMutex")},
    {ITEM_VALUE, OBSERVABLE_TEXT, STR("some odd words")},
    {ITEM_REGEX, OBSERVABLE_FILE_PATH, STR("/tmp/[a-z]+$")},
    {ITEM_PATTERN, OBSERVABLE_NONE, STR("[a:b = 'c']")},
};

static void set_make(struct buf *out) {
    static const struct {
        enum label_how how;
        str entry;
    } labels[] = {{LABEL_STRING, STR("evil.example")},
                  {LABEL_HOSTNAME, STR("bad.example")},
                  {LABEL_CIDR, STR("192.0.2.0/24")},
                  {LABEL_SUBSTRING, STR("gate")},
                  {LABEL_REGEX, STR("^e[a-z]+")}};
    struct intel_builder *b;
    struct err e;

    if (!intel_builder_new(&b, &e) || !intel_builder_source(b, S("fuzz"), S("00"), &e))
        abort();
    for (size_t i = 0; i < COUNT(items); i++)
        if (!intel_builder_item(b,
                                &(struct intel_item){.form = items[i].form,
                                                     .type = items[i].type,
                                                     .value = items[i].value,
                                                     .raw = S("raw"),
                                                     .where = S("line 1"),
                                                     .id = S("indicator--04f05593-2a58-4e33-b4f0-d6febfd893b0"),
                                                     .title = S("a title"),
                                                     .comment = S("a comment"),
                                                     .created = 1,
                                                     .modified = INSTANT_NONE,
                                                     .valid_from = 0,
                                                     .valid_until = INT64_MAX,
                                                     .first_seen = INSTANT_NONE,
                                                     .last_seen = INSTANT_NONE,
                                                     .port = 443,
                                                     .groups = {{STR("a group")}, 1},
                                                     .confidence = 50},
                                &e))
            abort();
    for (size_t i = 0; i < COUNT(labels); i++) {
        struct intel_label_list const list = {S("a list"), S("about"), S("1"), S("false-positive"), labels[i].how, 0};

        if (!intel_builder_label_list(b, &list, &e) || !intel_builder_label(b, labels[i].entry, &e))
            abort();
    }
    if (!intel_builder_end(b, out, &e))
        abort();
    intel_builder_free(b);
}

static void seen(str s) {
    volatile char last = 0;

    for (size_t i = 0; i < s.len; i++)
        last = s.ptr[i]; /* a view that points outside is read, and the sanitizer sees it */
    (void)last;
}

static void claim_ask(const struct intel_set *s, uint32_t claim) {
    char id[INTEL_ID_MAX];
    struct intel_claim const c = intel_set_claim(s, claim, id);
    const struct item_names *const names[] = {&c.groups, &c.campaigns, &c.malware, &c.techniques, &c.origins};
    str const texts[] = {c.source, c.source_sha256, c.raw, c.where, c.id, c.title, c.comment};

    for (size_t i = 0; i < COUNT(texts); i++)
        seen(texts[i]);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert(names[i]->count <= ITEM_NAMES_MAX);
        for (unsigned k = 0; k < names[i]->count; k++)
            seen(names[i]->names[k]);
    }
    assert(c.tlp < TLPS && c.pap < PAPS && c.nature <= NATURE_VICTIM);
}

/* Everything there is to ask of a set. */
static void set_ask(const struct intel_set *s) {
    size_t const entries = intel_set_entries(s);
    struct indicator_marks *marks;
    struct fields *const fields = fields_new();
    struct indicators *x;
    uint32_t found[64], at;
    struct err e;

    for (size_t i = 0; i < intel_set_sources(s); i++)
        seen(intel_set_source(s, i));
    for (uint32_t i = 0; i < entries; i++) {
        struct intel_entry const n = intel_set_entry(s, i);
        struct intel_label labels[4];

        assert(n.type < OBSERVABLES && n.form <= ITEM_REGEX);
        seen(n.value);
        for (uint32_t c = 0; c < n.claim_count; c++)
            claim_ask(s, n.claims + c);
        at = intel_set_find(s, n.type, n.value);
        assert(at == INTEL_NONE || at < entries);
        size_t const count = intel_set_labels(s, n.type, n.value, labels, COUNT(labels));

        for (size_t k = 0; k < count; k++) {
            seen(labels[k].list);
            seen(labels[k].entry);
        }
        struct worth const w = worth_of(s, i, INT64_MIN + 1, labels, count);

        assert(w.class < WORTH_CLASSES && w.distance >= 0);
        (void)worth_of(s, i, INT64_MAX, labels, count);
    }
    for (unsigned form = 0; form <= ITEM_REGEX; form++)
        for (unsigned t = 0; t < OBSERVABLES; t++) {
            at = 0;
            for (uint32_t entry, times = 0; (entry = intel_set_each(s, form, t, &at)) != INTEL_NONE; times++)
                assert(entry < entries && times < entries);
        }
    if (!fields || !indicator_marks_new(&marks, s, &e) || !indicators_new(&x, marks, fields, &e))
        abort();
    for (size_t i = 0; i < COUNT(items); i++) {
        size_t const count = indicators_of_text(x, items[i].value, found, COUNT(found));

        for (size_t k = 0; k < count; k++)
            assert(found[k] < entries);
    }
    (void)indicators_of_text(x, S("x 192.0.2.6 198.51.100.7 [2001:db8::6]:1 http://bad.example/gate.php c:\\a.exe"),
                             found, COUNT(found));
    indicators_free(x);
    indicator_marks_free(marks);
    fields_free(fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf bytes = {0};
    struct intel_set *s;
    struct err e;

    set_make(&bytes);
    /* Five bytes: where (in the parts that hold tables and texts, which are not long, or anywhere), how many (1 to 32). */
    while (size >= 5) {
        uint32_t const where =
            (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
        size_t const count = 1 + data[4] % 32;
        size_t const at = where & 1 ? where / 2 % (bytes.len < 8192 ? bytes.len : 8192) : where / 2 % bytes.len;

        data += 5, size -= 5;
        for (size_t i = 0; i < count && size > 0 && at + i < bytes.len; i++, data++, size--)
            bytes.ptr[at + i] = (char)*data;
    }
    struct packed_head *const h = (struct packed_head *)(void *)bytes.ptr;

    h->sum = hash_sum(str_from(buf_str(&bytes), INTEL_SUMMED));
    if (intel_set_of(&s, buf_str(&bytes), &e)) {
        set_ask(s);
        intel_set_free(s);
    }
    /* The bytes themselves, as they came: no set, and told. */
    if (intel_set_of(&s, (str){bytes.ptr, bytes.len / 2 / 64 * 64}, &e)) {
        set_ask(s);
        intel_set_free(s);
    }
    buf_free(&bytes);
    return 0;
}
