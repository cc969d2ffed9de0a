/* fuzz_wire: any bytes as what a worker says. What is taken can be written again, and is then taken as the same. */
#include <assert.h>

#include "hunt/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct sigma_rule detection = {.type = SIGMA_DETECTION}, correlation = {.type = SIGMA_CORRELATION};
    static const struct sigma_rule *const rules[] = {&detection, &correlation};
    static const struct sigma_set set = {.rules = rules, .rule_count = 2, .filter_count = 2};
    static struct yara_set *yara; /* compiled once: it takes longer than all else here */
    static struct persons *lists;
    struct err e;

    if (!yara && (!yara_set_new(&yara, &e) ||
                  !yara_set_add(yara, S("x.yar"),
                                S("rule r { strings: $a = \"Cat\" $b = \"Dog\" condition: any of them }"), &e) ||
                  !yara_set_compile(yara, &e)))
        abort();
    if (!lists && (!persons_new(&lists, &e) ||
                   !persons_add(lists, S("SDN.CSV"),
                                S("901,\"QU, Mingzhen\",\"individual\",\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"
                                  "\"a.k.a. 'LAKE WIND'.\"\r\n"),
                                &e) ||
                   !persons_ready(lists, &e)))
        abort();
    struct wire_known const known = {&set, 3, yara, NULL, lists};
    struct arena *const a = arena_new(1 << 24);
    str left = {(const char *)data, size};
    struct buf again = {0};
    struct wire w = {0}, second = {0};

    if (!a)
        abort();
    while (left.len) {
        str const before = left;

        if (!wire_take(&left, &known, a, &w))
            break;
        assert(left.len < before.len);
        again.len = 0;
        wire_put(&again, &w);
        str copy = buf_str(&again);

        assert(again.len == before.len - left.len && memcmp(again.ptr, before.ptr, again.len) == 0);
        assert(wire_take(&copy, &known, a, &second) && copy.len == 0 && second.type == w.type);
        arena_reset(a);
    }
    buf_free(&again);
    arena_free(a);
    return 0;
}
