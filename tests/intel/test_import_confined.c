/* test_import_confined: the same comes out as without a process; parsers that crash, loop, ask for more than they may, or lie; and the bytes
 * that go between the two processes. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "import_show.h"
#include "intel/import_confined.h"
#include "intel/import_own.h"
#include "intel/import_wire.h"

#define UUID "00000001-0000-4000-8000-000000000000"

static int never(str head) {
    (void)head;
    return 0;
}

static struct import_limits narrow(void) {
    return (struct import_limits){.cpu_s = 1, .data_max = (size_t)64 << 20, .out_max = 1 << 20, .silent_s = 20};
}

/* ---- the same as without ---- */

static void same_as_unconfined(void **state) {
    static const char bundle[] =
        "{`type`:`bundle`,`id`:`bundle--" UUID "`,`objects`:[{`type`:`indicator`,`id`:`indicator--" UUID
        "`,`name`:`n`,`description`:`x`,`confidence`:7,`revoked`:true,`pattern`:`[ipv4-addr:value = "
        "'192.0.2.1']`,`valid_from`:`2021-01-01T00:00:00Z`},"
        "{`type`:`intrusion-set`,`id`:`intrusion-set--" UUID "`,`name`:`G`,`aliases`:[`A`]},{`type`:`tool`}]}";
    static const char *const texts[] = {
        bundle,
        "{`Event`:{`info`:`x`,`Orgc`:{`name`:`y`},`Attribute`:[{`type`:`ip-dst|port`,`value`:`192.0.2.1|7`},{`type`:`"
        "domain`,`value`:`no host`}]}}",
        "{`name`:`x`,`type`:`string`,`version`:1,`list`:[`a`,`b`]}",
        "{`type`:`threat-actor`,`values`:[{`value`:`x`,`meta`:{`synonyms`:[`y`]}}]}",
        "{`type`:`bundle`,`objects`:[{`type`:`indi",
        "nobody knows it",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const text = show_quoted(texts[i]);
        struct import_about const about = show_about();
        struct shown plain = {.only = NULL}, confined = {.only = NULL};
        struct intel_sink const a = show_sink(&plain), b = show_sink(&confined);
        const struct importer *used_a = NULL, *used_b = NULL;
        struct err ea = {0}, eb = {0};
        bool const ok = import_bytes(str_of(text), NULL, &about, &a, &used_a, &ea);

        assert_int_equal(import_confined(str_of(text), NULL, &about, NULL, &b, &used_b, &eb), ok);
        assert_true(str_eq(buf_str(&plain.lines), buf_str(&confined.lines)));
        assert_ptr_equal(used_a, used_b);
        assert_int_equal(ea.code, eb.code);
        assert_string_equal(ea.text, eb.text);
        buf_free(&plain.lines);
        buf_free(&confined.lines);
        free(text);
    }
}

/* More than a buffer of messages. */
static void many_entries(void **state) {
    struct buf text = {0};
    struct import_about const about = show_about();
    struct shown s = {.only = NULL};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct err e = {0};

    (void)state;
    buf_add(&text, S("{\"name\":\"x\",\"type\":\"string\",\"version\":1,\"list\":[\"x\""));
    for (int i = 0; i < 100000; i++)
        buf_format(&text, ",\"%d\"", i);
    buf_add(&text, S("]}"));
    assert_true(import_confined(buf_str(&text), NULL, &about, NULL, &sink, &used, &e));
    assert_int_equal(s.labels, 100001);
    buf_free(&text);
    buf_free(&s.lines);
}

static void the_sink_may_stop_it(void **state) {
    struct import_about about = show_about();
    struct shown s = {.stop_after = 2};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct err e = {0};

    (void)state;
    about.name = (str)STR("a.json");
    assert_false(import_confined(S("{\"name\":\"x\",\"type\":\"string\",\"version\":1,\"list\":[\"a\",\"b\"]}"), NULL,
                                 &about, NULL, &sink, &used, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_string_equal(e.text, "a.json: enough");
    buf_free(&s.lines);
}

/* ---- parsers that go wrong ---- */

typedef bool reading(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e);

#define READING(name)                                                                                                  \
    static bool name(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e)
#define UNUSED (void)bytes, (void)about, (void)sink, (void)e

/* One item and then what follows. */
static bool say_one(const struct intel_sink *sink, struct err *e) {
    struct intel_item const item = item_new(OBSERVABLE_DOMAIN, S("a.example"), S("here"));

    return sink->item(sink->ctx, &item, e);
}

READING(fails) {
    UNUSED;
    return say_one(sink, e) && err_set(e, ERR_CORRUPT, 7, "byte 7 is wrong");
}
READING(crashes) {
    UNUSED;
    abort();
}
READING(loops) {
    volatile bool for_ever = true;

    UNUSED;
    while (for_ever)
        continue;
    return true;
}
READING(waits) {
    UNUSED;
    return poll(NULL, 0, -1) == 0;
}
READING(goes_out) {
    UNUSED;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}
READING(leaves) {
    UNUSED;
    _exit(0);
}
READING(eats) {
    UNUSED;
    for (size_t eaten = 0; eaten < (size_t)1 << 32; eaten += 1 << 20) {
        volatile char *const more = malloc(1 << 20);

        if (!more)
            return err_set(e, ERR_MEMORY, 0, "no memory");
        for (size_t i = 0; i < 1 << 20; i += 4096)
            more[i] = 1;
    }
    return true;
}
READING(talks) {
    UNUSED;
    for (;;)
        if (!say_one(sink, e))
            return false;
}

/* Straight into the channel, which is the only thing that is open. */
static bool inject(str bytes) {
    for (int fd = 3; fd < 64; fd++)
        if (send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len)
            return true;
    return false;
}

static void inject_message(const struct import_message *m) {
    struct buf b = {0};

    import_wire_put(&b, m);
    (void)inject(buf_str(&b));
    buf_free(&b);
}

READING(babbles) {
    UNUSED;
    return inject(S("\x05\x00\x00\x00\x7fhello"));
}
READING(tells_no_value) {
    struct import_message const m = {.type = TOLD_ITEM, .item = item_new(OBSERVABLE_DOMAIN, S("no host"), S("here"))};

    UNUSED;
    inject_message(&m);
    return true;
}
READING(labels_nothing) {
    struct import_message const m = {.type = TOLD_LABEL, .what = STR("x")};

    UNUSED;
    inject_message(&m);
    return true;
}
READING(is_done_twice) {
    struct import_message const m = {.type = TOLD_DONE, .used = 0};

    UNUSED;
    inject_message(&m);
    return true;
}
READING(is_nobody) {
    struct import_message const m = {.type = TOLD_DONE, .used = 0x70};

    UNUSED;
    inject_message(&m);
    _exit(0);
}
READING(breaks_off) {
    UNUSED;
    (void)inject(S("\x05\x00\x00\x00\x04he"));
    _exit(0);
}

static void what_goes_wrong_is_an_error(void **state) {
    static const struct {
        const char *name;
        reading *read;
        enum err_code code;
        const char *text;
        size_t items;
    } cases[] = {
        {"fails", fails, ERR_CORRUPT, "evil.json: byte 7 is wrong", 1},
        {"crashes", crashes, ERR_CORRUPT, "evil.json: the process that read it crashed (Aborted)", 0},
        {"loops", loops, ERR_LIMIT, "evil.json: reading it took more than 1 seconds of processor time", 0},
        {"goes out", goes_out, ERR_CORRUPT,
         "evil.json: the process that read it was ended because it asked for more than to compute", 0},
        {"leaves", leaves, ERR_CORRUPT, "evil.json: the process that read it ended without a word", 0},
        {"talks for ever", talks, ERR_LIMIT, "evil.json: far more comes out of it than is in it", 1},
        {"babbles", babbles, ERR_CORRUPT, "evil.json: the process that read it said what no reader says", 0},
        {"tells of no value", tells_no_value, ERR_CORRUPT,
         "evil.json: the process that read it said what no reader says", 0},
        {"labels without a list", labels_nothing, ERR_CORRUPT,
         "evil.json: the process that read it said what no reader says", 0},
        {"is done twice", is_done_twice, ERR_CORRUPT, "evil.json: the process that read it said what no reader says",
         0},
        {"was read by nobody", is_nobody, ERR_CORRUPT, "evil.json: the process that read it said what no reader says",
         0},
        {"breaks off", breaks_off, ERR_CORRUPT, "evil.json: the process that read it ended without a word", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct importer const importer = {.name = "test", .looks = never, .read = cases[i].read};
        struct import_limits const limits = narrow();
        struct import_about about = show_about();
        struct shown s = {.only = ""};
        struct intel_sink const sink = show_sink(&s);
        const struct importer *used = NULL;
        struct err e = {0};

        about.name = (str)STR("evil.json");
        assert_false(import_confined(S("x"), &importer, &about, &limits, &sink, &used, &e));
        if (e.code != cases[i].code || strncmp(e.text, cases[i].text, strlen(cases[i].text)) != 0)
            fail_msg("%s: %d %s", cases[i].name, e.code, e.text);
        assert_true(cases[i].items ? s.items >= cases[i].items : s.items == 0);
        if (cases[i].read == fails) {
            assert_ptr_equal(used, &importer);
            assert_int_equal(e.offset, 7);
        }
        buf_free(&s.lines);
    }
}

static void waiting_has_an_end(void **state) {
    struct importer const importer = {.name = "test", .looks = never, .read = waits};
    struct import_limits limits = narrow();
    struct import_about const about = show_about();
    struct shown s = {.only = ""};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct err e = {0};

    (void)state;
    limits.silent_s = 1;
    assert_false(import_confined(S("x"), &importer, &about, &limits, &sink, &used, &e));
    assert_int_equal(e.code, ERR_LIMIT);
    assert_string_equal(e.text, "nothing came of it for 1 seconds");
}

static void memory_has_an_end(void **state) {
    struct importer const importer = {.name = "test", .looks = never, .read = eats};
    struct import_limits const limits = narrow();
    struct import_about const about = show_about();
    struct shown s = {.only = ""};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct err e = {0};

    (void)state;
#ifdef ADDRESS_SANITIZER
    print_message("SKIP: the address sanitizer lives without a bound\n");
    skip();
#endif
    assert_false(import_confined(S("x"), &importer, &about, &limits, &sink, &used, &e));
    assert_int_equal(e.code, ERR_MEMORY);
    assert_string_equal(e.text, "no memory");
}

/* ---- bytes ---- */

static struct intel_item full_item(void) {
    struct intel_item item = item_new(OBSERVABLE_ADDRESS, S("192.0.2.1"), S("here"));

    item.confidence = 100;
    item.tlp = TLP_UNKNOWN;
    item.pap = PAP_RED;
    item.nature = NATURE_VICTIM;
    item.revoked = item.context = item.proposed = true;
    item.port = 65535;
    item.created = 1;
    item_name_add(&item.groups, S("g"));
    item_name_add(&item.origins, S("o"));
    return item;
}

static void every_message_comes_back(void **state) {
    struct import_message const all[] = {
        {.type = TOLD_ITEM, .item = full_item()},
        {.type = TOLD_LEFT_OUT, .where = STR("a"), .what = STR(""), .why = STR("c")},
        {.type = TOLD_LIST,
         .list =
             {.name = STR("n"), .description = STR(""), .version = STR(""), .category = STR(""), .how = LABEL_REGEX}},
        {.type = TOLD_LABEL, .what = STR("x")},
        {.type = TOLD_GROUP,
         .group = {.name = STR("n"), .id = STR(""), .where = STR(""), .description = STR(""), .retired = true}},
        {.type = TOLD_DONE, .used = IMPORT_WIRE_NONE, .err = {.code = ERR_INTERRUPTED, .offset = 7, .text = "why"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct buf b = {0}, again = {0};
        struct import_message m;

        import_wire_put(&b, &all[i]);
        str rest = buf_str(&b);

        assert_int_equal(import_wire_size(b.ptr), b.len);
        assert_true(import_wire_take(&rest, &m));
        assert_int_equal(rest.len, 0);
        assert_int_equal(m.type, all[i].type);
        import_wire_put(&again, &m);
        assert_true(str_eq(buf_str(&b), buf_str(&again)));
        for (size_t len = 0; len < b.len; len++) { /* each of its beginnings, and each with another size in front */
            struct buf cut = {0};

            buf_add(&cut, str_first(buf_str(&b), len));
            rest = buf_str(&cut);
            assert_false(import_wire_take(&rest, &m));
            if (len >= IMPORT_WIRE_HEAD) {
                uint32_t const size = (uint32_t)(len - IMPORT_WIRE_HEAD);

                memcpy(cut.ptr, &size, sizeof size);
                assert_false(import_wire_take(&rest, &m));
            }
            buf_free(&cut);
        }
        buf_byte(&b, 'x'); /* one more than it says */
        b.ptr[0] = (char)(b.ptr[0] + 1);
        rest = buf_str(&b);
        assert_false(import_wire_take(&rest, &m));
        buf_free(&b);
        buf_free(&again);
    }
}

/* What an item may not be; each differs from one that is taken in one member. */
static void no_item_that_cannot_be(void **state) {
    (void)state;
    for (int i = 0; i < 12; i++) {
        struct import_message m = {.type = TOLD_ITEM, .item = full_item()}, out;
        struct buf b = {0};

        switch (i) {
        case 0:
            break;
        case 1:
            m.item.type = OBSERVABLE_NONE;
            break;
        case 2:
            m.item.type = OBSERVABLES;
            break;
        case 3:
            m.item.form = ITEM_PATTERN; /* which has no type */
            break;
        case 4:
            m.item.form = ITEM_REGEX; /* which is of paths */
            break;
        case 5:
            m.item.value = (str)STR("");
            break;
        case 6:
            m.item.confidence = 101;
            break;
        case 7:
            m.item.tlp = TLPS;
            break;
        case 8:
            m.item.pap = PAPS;
            break;
        case 9:
            m.item.nature = NATURE_VICTIM + 1;
            break;
        case 10:
            m.item.title = (str)STR("\xff");
            break;
        case 11:
            m.item.groups.names[0] = (str)STR("");
            break;
        }
        import_wire_put(&b, &m);
        str rest = buf_str(&b);

        assert_int_equal(import_wire_take(&rest, &out), i == 0);
        buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_unconfined),       cmocka_unit_test(many_entries),
        cmocka_unit_test(the_sink_may_stop_it),     cmocka_unit_test(what_goes_wrong_is_an_error),
        cmocka_unit_test(waiting_has_an_end),       cmocka_unit_test(memory_has_an_end),
        cmocka_unit_test(every_message_comes_back), cmocka_unit_test(no_item_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
