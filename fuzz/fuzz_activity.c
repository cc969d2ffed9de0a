/* fuzz_activity: any bytes as activities. They come out sorted, all or counted; each index stands in exactly the lists it belongs to; an entity is
 * its own, and the smallest of its spellings; nothing of it depends on where activities lie. */
#include <assert.h>

#include "detection/activity_own.h"

#define EVENTS_MAX 300u

/* What spells accounts, hosts, addresses and programs; and whatever bytes there are. */
static const char *const words[] = {
    "jo",
    "JO",
    "CHAMBER\\jo",
    "jo@chamber.example",
    "jo@CHAMBER.EXAMPLE",
    "CHAMBER.EXAMPLE\\jo@CHAMBER.EXAMPLE",
    "jo@other.example",
    "OTHER\\jo",
    "MX01$",
    "S-1-5-18",
    "mx01",
    "MX01.chamber.example",
    "mx01.other.example",
    "www.chamber.example",
    "chamber.example",
    "198.18.3.4",
    "198.18.3.5:80",
    "[2001:db8::1]:443",
    "2001:db8::2",
    "::ffff:10.0.0.1",
    "10.0.0.1",
    "Chrome/144.0",
    "Chrome/132.0",
    "C:\\Windows\\System32\\cmd.exe",
    "1.2.3",
    "",
};

struct input {
    const uint8_t *data;
    size_t size;
};

static unsigned byte(struct input *in) {
    if (!in->size)
        return 0;
    in->size--;
    return *in->data++;
}

static str value(struct input *in) {
    unsigned const what = byte(in);

    if (what < 200)
        return str_of(words[what % COUNT(words)]);
    size_t const len = in->size < what - 200 ? in->size : what - 200;
    str const raw = {(const char *)in->data, len};

    in->data += len;
    in->size -= len;
    return raw;
}

static struct activities *make(struct input in, size_t memory, size_t held, uint32_t *count) {
    struct activities *a;
    struct err e;

    if (!activities_new_of(&a, memory, held, NULL, &e))
        abort();
    for (*count = 0; in.size && *count < EVENTS_MAX; ++*count) {
        struct activity_event v = {.evidence_path = value(&in), .evidence_sha256 = "", .count = 1};
        unsigned const what = byte(&in);

        v.act = (enum act)(byte(&in) % ACTS);
        v.outcome = (enum act_outcome)(what % 4);
        v.when = v.last = ((int64_t)byte(&in) - 3) * INT64_C(50000000000000);
        if (what == 255)
            v.when = INT64_MAX;
        if (what == 254)
            v.when = INT64_MIN + 1;
        v.record = what / 4 % 3;
        v.offset = what / 16 % 3;
        for (size_t t = 0; t < ACT_TEXTS; t++)
            v.text[t] = S("");
        for (unsigned n = byte(&in) % 8; n; n--)
            v.text[byte(&in) % ACT_TEXTS] = value(&in);
        if (!activities_add(a, &v, &e))
            abort();
    }
    if (!activities_end(a, &e))
        abort();
    assert(activities_count(a) + activities_lost(a) == *count);
    return a;
}

static uint32_t entity_by(const struct activities *a, size_t by, uint32_t code) {
    return by == ACT_ACCOUNT || by == ACT_TARGET ? activities_account(a, code)
           : by == ACT_HOST                      ? activities_host(a, code)
           : by == ACT_PROGRAM                   ? activities_program(a, code)
                                                 : code;
}

static void check_order(const struct activities *a) {
    for (uint32_t i = 1; i < activities_count(a); i++) {
        const struct activity *const x = activities_at(a, i - 1), *const y = activities_at(a, i);

        assert(x->when < y->when ||
               (x->when == y->when && (x->source < y->source ||
                                       (x->source == y->source &&
                                        (x->record < y->record ||
                                         (x->record == y->record &&
                                          (x->offset < y->offset || (x->offset == y->offset && x->act <= y->act))))))));
    }
}

static void check_lists(struct activities *a) {
    for (size_t by = 0; by < ACT_TEXTS; by++) {
        struct activity_list entities, list;
        uint32_t all = 0, with = 0;
        struct err e;

        if (!activities_entities(a, (enum act_text)by, &entities, &e))
            abort();
        for (uint32_t k = 0; k < entities.count; k++) {
            assert(entities.items[k] > (k ? entities.items[k - 1] : 0));
            if (!activities_of(a, (enum act_text)by, entities.items[k], &list, &e))
                abort();
            assert(list.count);
            for (uint32_t i = 0; i < list.count; i++)
                assert((i == 0 || list.items[i] > list.items[i - 1]) &&
                       entity_by(a, by, activities_at(a, list.items[i])->text[by]) == entities.items[k]);
            all += list.count;
        }
        for (uint32_t i = 0; i < activities_count(a); i++)
            with += activities_at(a, i)->text[by] != 0;
        assert(all == with);
    }
}

static void check_entities(const struct activities *a) {
    for (uint32_t code = 0; code < activities_text_count(a); code++) {
        uint32_t const all[] = {activities_account(a, code), activities_host(a, code), activities_program(a, code)};
        uint32_t const network = activities_network(a, code);

        assert(activities_find(a, activities_text(a, code)) == code);
        assert(activities_text(a, code).len <= ACTIVITY_TEXT_MAX);
        assert(activities_account(a, all[0]) == all[0] && activities_host(a, all[1]) == all[1] &&
               activities_program(a, all[2]) == all[2]);
        assert(network < activities_text_count(a) && activities_network(a, network) == 0);
        assert(!activities_own_address(a, code) || network);
        assert(activities_spelling(a, ENTITY_ACCOUNT, all[0]).len || !code);
        assert(activities_accounts_of(a, ENTITY_NETWORK, network) <= activities_count(a));
    }
    for (uint32_t i = 0; i < activities_count(a); i++) {
        const struct activity *const v = activities_at(a, i);

        for (size_t by = 0; by < ACT_TEXTS; by++)
            assert(entity_by(a, by, v->text[by]) <= v->text[by] && !v->text[by] == !entity_by(a, by, v->text[by]));
        uint32_t const host = activities_host_of(a, v->text[ACT_ADDRESS], v->when);

        assert(host == activities_host(a, host));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    unsigned const memory = byte(&in);
    size_t const most = memory < 64 ? (size_t)memory * 64 : (size_t)1 << 24;
    uint32_t count, again;
    struct activities *const a = make(in, most, (size_t)1 << 20, &count), *const b =
                                                                              make(in, most,
                                                                                   3 * sizeof(struct activity), &again);

    check_order(a);
    check_entities(a);
    check_lists(a);
    assert(count == again && activities_count(a) == activities_count(b) &&
           activities_text_count(a) == activities_text_count(b) && activities_lost(a) == activities_lost(b));
    for (uint32_t i = 0; i < activities_count(a); i++)
        assert(memcmp(activities_at(a, i), activities_at(b, i), sizeof(struct activity)) == 0);
    for (uint32_t code = 0; code < activities_text_count(a); code++)
        assert(str_eq(activities_text(a, code), activities_text(b, code)) &&
               activities_account(a, code) == activities_account(b, code));
    activities_free(a);
    activities_free(b);
    return 0;
}
