/* fuzz_person_scan: lines of any bytes as senders, callers and hosts of events. What is found stands in its event, is like enough, comes in order, and is
 * the same for whoever remembers values as for whoever looks at them anew. */
#include <assert.h>
#include <stdlib.h>

#include "detection/indicator.h"
#include "detection/person_scan.h"
#include "event/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fields *fields;
static struct kinds *kinds;
static struct persons *lists;
static struct person_hunt *hunt;

static bool full(void *ctx, struct err *e) {
    (void)ctx;
    return err_set(e, ERR_LIMIT, 0, "full");
}

static void damage(void *ctx, uint64_t offset, uint64_t size, const char *why) {
    (void)ctx, (void)offset, (void)size, (void)why;
}

static void begin(void) {
    struct err e;

    if (!(fields = fields_new()) || !kinds_new(&kinds, fields, &e) || !kinds_load_builtin(kinds, &e) ||
        !kinds_seal(kinds, &e) || !persons_new(&lists, &e) ||
        !persons_add(lists, S("SDN.CSV"),
                     S("901,\"QU, Mingzhen\",\"individual\",\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Email "
                       "Address qmz@lists.example; Website www.lake.example; Phone Number 49-30-5550123; a.k.a. 'LAKE "
                       "WIND'.\"\r\n"
                       "902,\"SHCHERBATOV, Grigory Pavlovich\",\"individual\",\"RUSSIA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- "
                       ",-0- ,-0- \r\n"),
                     &e) ||
        !persons_ready(lists, &e) || !person_hunt_new(&hunt, lists, fields, &e))
        abort();
}

static bool holds(const struct person_hit *h, const struct detect_match *m) {
    const struct column *const c = block_column(h->block, field_find(fields, m->field));
    const struct value *v = c ? dictionary_value(&c->dict, c->codes[h->row]) : NULL;

    if (v && v->type != VALUE_LIST)
        return str_eq(value_text(v), m->value);
    for (uint32_t i = 0; v && i < v->len; i++)
        if (str_eq(value_text(dictionary_value(&c->dict, value_items(v)[i])), m->value))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"from",   "from.name",          "url.host",     "caller_id_number",
                                        "callid", "destination_number", "starting_date"};
    struct ingest_options options = {.full = full, .damage = damage, .rows_max = 4096, .bytes_max = (size_t)64 << 20};
    struct ingest *in = NULL;
    struct person_scan *x = NULL, *again = NULL;
    str left = {(const char *)data, size};
    struct err e;

    if (!hunt)
        begin();
    options.fields = fields;
    options.kinds = kinds;
    if (!ingest_new(&in, &options, &e) || !person_scan_new(&x, hunt, phone_country(S("DE")), &e))
        abort();
    ingest_part(in, 0, S("json"));
    for (uint64_t row = 0; left.len && row < 4000; row++) {
        size_t const end = str_find_byte(left, '\n');
        str const line = str_first(left, end);
        struct raw values[9];
        struct record r = {
            .values = values, .when = INSTANT_NONE, .time_text = S(""), .bytes = S(""), .number = row, .offset = row};

        /* A mail, or a call. */
        for (size_t i = row % 2 ? 3 : 0; i < (row % 2 ? COUNT(names) : 3); i++)
            values[r.count++] = (struct raw){.field = field_intern(fields, str_of(names[i])),
                                             .type = RAW_TEXT,
                                             .len = (uint32_t)line.len,
                                             .ptr = line.ptr};
        for (size_t i = 0; row % 2 == 0 && i < 2; i++)
            values[r.count++] = (struct raw){.field = field_intern(fields, i ? S("html.images") : S("html.remote")),
                                             .type = RAW_TEXT,
                                             .len = 1,
                                             .ptr = "0"};
        if (!ingest_sink(in)->record(ingest_sink(in), &r, &e))
            abort();
        left = end == SIZE_MAX ? (str){"", 0} : str_from(left, end + 1);
    }
    size_t blocks, count, others;
    struct block *const *const all = ingest_blocks(in, &blocks);

    for (int turn = 0; turn < 2; turn++) {
        if (!person_scan_run(x, all, blocks, &e) || !person_scan_new(&again, hunt, phone_country(S("DE")), &e) ||
            !person_scan_run(again, all, blocks, &e))
            abort();
        const struct person_hit *const hits = person_scan_hits(x, &count), *const same =
                                                                               person_scan_hits(again, &others);

        assert(count == others);
        for (size_t i = 0; i < count; i++) {
            const struct person_hit *const h = &hits[i];

            assert(h->match.quality >= PERSON_QUALITY_USUAL && h->match.quality <= 100);
            assert(h->match.person == same[i].match.person && h->match.quality == same[i].match.quality);
            assert(h->row == same[i].row && h->match_count == same[i].match_count && h->match_count);
            if (i) {
                int const order = row_order(h[-1].block, h[-1].row, h->block, h->row);

                assert(order < 0 || (order == 0 && h[-1].match.person < h->match.person));
            }
            for (size_t k = 0; k < h->match_count; k++)
                assert(holds(h, &h->matches[k]));
        }
        person_scan_free(again);
        again = NULL;
    }
    person_scan_free(x);
    ingest_free(in);
    return 0;
}
