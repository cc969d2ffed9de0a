/* test_item: markings by name and by the ids of STIX, and which of two is the stricter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intel/item.h"

static const struct {
    str text;
    enum tlp tlp;
} tlps[] = {
    {STR("TLP:CLEAR"), TLP_CLEAR},
    {STR("tlp:white"), TLP_CLEAR},
    {STR("White"), TLP_CLEAR},
    {STR("TLP:GREEN"), TLP_GREEN},
    {STR(" green "), TLP_GREEN},
    {STR("tlp:amber"), TLP_AMBER},
    {STR("TLP: AMBER"), TLP_AMBER},
    {STR("tlp-amber"), TLP_AMBER},
    {STR("TLP AMBER"), TLP_AMBER},
    {STR("TLP=\"amber\""), TLP_AMBER},
    {STR("TLP:AMBER+STRICT"), TLP_AMBER_STRICT},
    {STR("amber+strict"), TLP_AMBER_STRICT},
    {STR("tlp:amber-strict"), TLP_AMBER_STRICT},
    {STR("RED"), TLP_RED},
    {STR("tlp:red"), TLP_RED},

    {STR("tlp:ex:chr"), TLP_UNKNOWN},
    {STR("tlp:"), TLP_UNKNOWN},
    {STR("TLP:PINK"), TLP_UNKNOWN},
    {STR(""), TLP_NONE},
    {STR("pink"), TLP_NONE},
    {STR("redder"), TLP_NONE},
    {STR("pap:red"), TLP_NONE},
    {STR("tlpred"), TLP_NONE},
};

static const struct {
    str text;
    enum pap pap;
} paps[] = {
    {STR("PAP:CLEAR"), PAP_CLEAR},     {STR("pap:white"), PAP_CLEAR}, {STR("PAP:GREEN"), PAP_GREEN},
    {STR("pap=\"amber\""), PAP_AMBER}, {STR("Pap:Red"), PAP_RED},     {STR("red"), PAP_RED},
    {STR("pap:pink"), PAP_RED},        {STR("pink"), PAP_NONE},       {STR(""), PAP_NONE},
    {STR("tlp:red"), PAP_NONE},        {STR("papal"), PAP_NONE},
};

static const struct {
    str id;
    enum tlp tlp;
} ids[] = {
    {STR("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"), TLP_CLEAR},
    {STR("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"), TLP_GREEN},
    {STR("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"), TLP_AMBER},
    {STR("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"), TLP_RED},
    {STR("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"), TLP_CLEAR},
    {STR("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"), TLP_GREEN},
    {STR("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"), TLP_AMBER},
    {STR("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"), TLP_AMBER_STRICT},
    {STR("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"), TLP_RED},
    {STR("MARKING-DEFINITION--x"), TLP_UNKNOWN},
    {STR("e828b379-4e03-4974-9ac4-e53a884c97c1"), TLP_RED},
    {STR("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c2"), TLP_UNKNOWN},
    {STR(""), TLP_UNKNOWN},
};

static void by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(tlps); i++)
        if (tlp_named(tlps[i].text) != tlps[i].tlp)
            fail_msg("'%s' is '%s'", tlps[i].text.ptr, tlp_name(tlp_named(tlps[i].text)).ptr);
    for (size_t i = 0; i < COUNT(paps); i++)
        if (pap_named(paps[i].text) != paps[i].pap)
            fail_msg("'%s' is '%s'", paps[i].text.ptr, pap_name(pap_named(paps[i].text)).ptr);
    for (size_t i = 0; i < COUNT(ids); i++)
        if (tlp_of_marking(ids[i].id) != ids[i].tlp)
            fail_msg("'%s' is '%s'", ids[i].id.ptr, tlp_name(tlp_of_marking(ids[i].id)).ptr);
}

/* What we write, we read. */
static void there_and_back(void **state) {
    (void)state;
    for (unsigned t = TLP_CLEAR; t < TLP_UNKNOWN; t++)
        assert_int_equal(tlp_named(tlp_name((enum tlp)t)), t);
    for (unsigned p = PAP_CLEAR; p < PAPS; p++)
        assert_int_equal(pap_named(pap_name((enum pap)p)), p);
    assert_int_equal(tlp_name(TLP_NONE).len, 0);
    assert_int_equal(pap_name(PAP_NONE).len, 0);
    assert_int_equal(tlp_name(TLPS).len, 0);
    assert_int_equal(pap_name(PAPS).len, 0);
}

static void stricter(void **state) {
    (void)state;
    for (unsigned a = TLP_NONE; a < TLPS; a++)
        for (unsigned b = TLP_NONE; b < TLPS; b++) {
            enum tlp const is = tlp_stricter((enum tlp)a, (enum tlp)b);

            assert_int_equal(is, tlp_stricter((enum tlp)b, (enum tlp)a));
            assert_true(is == a || is == b);
            if (is == TLP_UNKNOWN)
                assert_true(a != TLP_RED && b != TLP_RED);
        }
    assert_int_equal(tlp_stricter(TLP_NONE, TLP_CLEAR), TLP_CLEAR);
    assert_int_equal(tlp_stricter(TLP_GREEN, TLP_AMBER), TLP_AMBER);
    assert_int_equal(tlp_stricter(TLP_AMBER_STRICT, TLP_AMBER), TLP_AMBER_STRICT);
    assert_int_equal(tlp_stricter(TLP_AMBER_STRICT, TLP_RED), TLP_RED);
    assert_int_equal(tlp_stricter(TLP_UNKNOWN, TLP_AMBER_STRICT), TLP_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(stricter),
    };

    return cmocka_run_group_tests_name("item", tests, NULL, NULL);
}
