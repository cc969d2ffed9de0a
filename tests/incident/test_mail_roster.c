/* test_mail_roster: files of persons and groups, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../refuse.h"
#include "base/buf.h"
#include "incident/mail_roster.h"

static struct mail_roster *roster_of(const char *text) {
    struct mail_roster *r = NULL;
    struct err e = {0};

    if (!mail_roster_read(&r, S("r.csv"), str_of(text), &e))
        fail_msg("%s: %s", text, e.text);
    return r;
}

static void whatever_stands_between(void **state) {
    static const char *const texts[] = {
        "b@x.example,staff,\"Bert, the Second\"\nA@x.example,members,Ann Able\n",
        "address;group;name\r\nb@x.example;staff;Bert, the Second\r\na@x.example;members;Ann Able\r\n",
        "\xef\xbb\xbf# persons\n\nb@x.example\tstaff\tBert, the Second\na@X.example\tmembers\tAnn Able",
        "Mail,Group,Name\n a@x.example , members , Ann Able\nb@x.example,staff,\"Bert, the Second\",more\n",
    };
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct mail_roster *const r = roster_of(texts[i]);

        assert_int_equal(mail_roster_count(r), 2);
        assert_true(str_eq(mail_roster_at(r, 0)->address, S("a@x.example")));
        assert_true(str_eq(mail_roster_at(r, 0)->group, S("members")));
        assert_true(str_eq(mail_roster_at(r, 0)->name, S("Ann Able")));
        assert_true(str_eq(mail_roster_find(r, S("b@x.example"))->name, S("Bert, the Second")));
        assert_null(mail_roster_find(r, S("c@x.example")));
        assert_int_equal(mail_roster_group_size(r, S("staff")), 1);
        assert_int_equal(mail_roster_group_size(r, S("none")), 0);
        mail_roster_free(r);
    }
}

static void names(void **state) {
    struct mail_roster *const r = roster_of("a@x.example,m,Ann Able\nb@x.example,m,Bert\nc@x.example,m,Sean O'Neill\n");
    (void)state;

    assert_true(str_eq(mail_roster_named(r, S(" ann   ABLE "))->address, S("a@x.example")));
    assert_true(str_eq(mail_roster_named(r, S("\"Ann-Able\""))->address, S("a@x.example")));
    assert_true(str_eq(mail_roster_named(r, S("SEAN O'NEILL"))->address, S("c@x.example")));
    assert_null(mail_roster_named(r, S("Ann")));
    assert_null(mail_roster_named(r, S("Bert"))); /* one word is too many persons */
    assert_null(mail_roster_named(r, S("")));
    assert_null(mail_roster_named(NULL, S("Ann Able")));
    assert_null(mail_roster_find(NULL, S("a@x.example")));
    mail_roster_free(r);
}

static void the_same_twice_is_once(void **state) {
    struct mail_roster *const r = roster_of("a@x.example,m\nA@x.example,m,Ann Able\n");
    (void)state;

    assert_int_equal(mail_roster_count(r), 1);
    assert_int_equal(mail_roster_group_size(r, S("m")), 1);
    assert_true(str_eq(mail_roster_at(r, 0)->name, S("Ann Able")));
    mail_roster_free(r);
}

static void nobody(void **state) {
    static const char *const texts[] = {"", "\n\n", "# none\n", "address,group\n"};
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct mail_roster *const r = roster_of(texts[i]);

        assert_int_equal(mail_roster_count(r), 0);
        assert_null(mail_roster_find(r, S("")));
        mail_roster_free(r);
    }
}

static void what_is_wrong(void **state) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"a@x.example,m\nno address,m\n", "r.csv: line 2: an address is expected first: ADDRESS,GROUP,NAME"},
        {"a@x.example,\"m\nb@x.example,m\n", "r.csv: line 1: "},
        {"a@x.example,\"m\"x\n", "r.csv: line 1: "},
        {"a@x.example,m\nA@X.example,staff\n", "r.csv: a@x.example stands in two groups"},
        {"address,group\n# x\n\n,m\n", "r.csv: line 4: an address is expected first"},
    };
    struct buf many = {0};
    struct mail_roster *r;
    struct err e = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        e = (struct err){0};
        if (mail_roster_read(&r, S("r.csv"), str_of(cases[i].text), &e) || e.code != ERR_USAGE ||
            !str_starts(str_of(e.text), str_of(cases[i].why)))
            fail_msg("%s: '%s'", cases[i].text, e.text);
    }
    for (unsigned i = 0; i <= MAIL_ROSTER_GROUPS_MAX; i++)
        buf_format(&many, "a%u@x.example,group %u\n", i, i);
    assert_false(mail_roster_read(&r, S("r.csv"), buf_str(&many), &e));
    assert_string_equal(e.text, "r.csv: more than 1024 groups");
    buf_free(&many);
    assert_false(mail_roster_open(&r, "/nowhere at all", &e));
    assert_int_equal(e.code, ERR_IO);
}

static void every_allocation_may_fail(void **state) {
    bool refused = true;
    long failures = 0;
    (void)state;

    REFUSE_OR_SKIP();
    for (long limit = 0; refused; limit++) {
        struct mail_roster *r = NULL;
        struct err e = {0};

        memory_left = limit;
        memory_refused = false;
        bool const ok = mail_roster_read(&r, S("r.csv"), S("a@x.example,m,Ann Able\nb@x.example,s,Bert Baker\n"), &e);

        memory_left = -1;
        refused = memory_refused;
        if (ok)
            mail_roster_free(r);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        failures += !ok;
    }
    assert_true(failures >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_stands_between), cmocka_unit_test(names),
        cmocka_unit_test(the_same_twice_is_once),  cmocka_unit_test(nobody),
        cmocka_unit_test(what_is_wrong),           cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
