/* test_phone: numbers as switches, people and portals write them; what must stay as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event/phone.h"

/* e164: NULL: stays as it is. home: "" is unknown. */
static const struct {
    const char *number, *home, *e164;
} cases[] = {
    {"+49301234567", "", "+49301234567"},
    {"+49 30 1234567", "", "+49301234567"},
    {"+49 (0)30 123-4567", "", "+49301234567"},
    {"+49 (30) 123 45 67", "", "+49301234567"},
    {"+1.202.555.0143", "", "+12025550143"},
    {"+44\xc2\xa0"
     "20 7946 0000",
     "", "+442079460000"},
    {"0049 30/1234567", "", "+49301234567"},
    {"0049 (0)30/1234567", "", "+49301234567"},
    {" 0049301234567 ", "DE", "+49301234567"},
    {"tel:+49-30-1234567;ext=4", "", "+49301234567"},
    {"sip:+49301234567@pbx.example.org;user=phone", "", "+49301234567"},
    {"SIPS:0301234567@pbx.example.org", "DE", "+49301234567"},
    {"030 1234567", "DE", "+49301234567"},
    {"(030) 1234567", "DE", "+49301234567"},
    {"(0)30 1234567", "DE", "+49301234567"},
    {"0800 123456", "DE", "+49800123456"},
    {"01 40 20 50 50", "FR", "+33140205050"},
    {"020 7946 0000", "GB", "+442079460000"},
    {"044 668 18 00", "CH", "+41446681800"},
    {"01 534 08-0", "AT", "+431534080"},
    {"8 (495) 606-36-02", "RU", "+74956063602"},
    {"810 49 30 1234567", "RU", "+49301234567"},
    {"06 1 441 4000", "HU", "+3614414000"},
    {"06 6706 1", "IT", "+390667061"}, /* the 0 stays */
    {"347 123 4567", "IT", "+393471234567"},
    {"601 234 567", "CZ", "+420601234567"},
    {"91 321 44 22", "ES", "+34913214422"},
    {"22 12 34 56", "NO", "+4722123456"},
    {"27 23 45", "LU", "+352272345"},
    {"1-202-555-0143", "US", "+12025550143"},
    {"202-555-0143", "US", "+12025550143"},
    {"011 49 30 1234567", "US", "+49301234567"},
    {"0011 49 30 1234567", "AU", "+49301234567"},
    {"010 49 30 1234567", "JP", "+49301234567"},
    {"0612345678", "33", "+33612345678"},
    {"0612345678", "+33", "+33612345678"},
    {"+123456789012345", "", "+123456789012345"},

    {"", "DE", NULL},
    {" ", "DE", NULL},
    {"anonymous", "DE", NULL},
    {"Restricted", "DE", NULL},
    {"+49301234***", "DE", NULL}, /* masked */
    {"+4930*****", "", NULL},
    {"*21#", "DE", NULL},
    {"110", "DE", NULL},
    {"0", "DE", NULL},
    {"112", "FR", NULL},
    {"6789", "DE", NULL},
    {"6789", "NO", NULL},
    {"12345", "LU", NULL},
    {"0110", "DE", NULL},
    {"client1", "US", NULL},
    {"1234567", "DE", NULL},     /* without its area code */
    {"49301234567", "DE", NULL}, /* a calling code, or a number of the town? */
    {"0301234567", "", NULL},
    {"2025550143", "", NULL},
    {"1025550143", "US", NULL},       /* no area code begins with 1 */
    {"00 49 30 1234567", "US", NULL}, /* dialled from a telephone of elsewhere */
    {"0160 1234567", "CZ", NULL},
    {"847 123 456", "IT", NULL},
    {"000301234567", "DE", NULL},
    {"0049", "DE", NULL},
    {"+49", "DE", NULL},
    {"+", "DE", NULL},
    {"++49301234567", "DE", NULL},
    {"49+301234567", "DE", NULL},
    {"+0301234567", "DE", NULL},
    {"+1234567890123456", "", NULL}, /* 16 digits */
    {"+12345678901234567890123456789012345", "", NULL},
    {"030 1234567 x12", "DE", NULL},
    {"(0)30 1234567", "", NULL},
    {"sip:alice@example.org", "DE", NULL},
    {"sip:", "DE", NULL},
};

static void numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct phone_country *const home = cases[i].home[0] ? phone_country(str_of(cases[i].home)) : NULL;
        size_t const len = strlen(cases[i].number);
        char *const exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        char out[PHONE_TEXT];
        str result = {"", 0};

        assert_non_null(exact);
        memcpy(exact, cases[i].number, len);
        if (cases[i].home[0] && !home)
            fail_msg("no country %s", cases[i].home);
        if (phone_e164((str){exact, len}, home, out, &result) != (cases[i].e164 != NULL) ||
            !str_eq(result, str_of(cases[i].e164)))
            fail_msg("'%s' of '%s' is '%.*s'", cases[i].number, cases[i].home, STR_ARG(result));
        free(exact);
    }
}

static void countries(void **state) {
    static const struct {
        const char *name, *code;
    } names[] = {{"DE", "DE"}, {"de", "DE"}, {"49", "DE"},  {"+49", "DE"}, {"0049", "DE"},
                 {"1", "US"},  {"39", "IT"}, {"7", "RU"},   {"CA", "CA"},  {"va", "VA"},
                 {"", NULL},   {"+", NULL},  {"00", NULL},  {"DEU", NULL}, {"D", NULL},
                 {"XX", NULL}, {"4", NULL},  {"490", NULL}, {"+DE", NULL}, {"Germany", NULL}};
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        const struct phone_country *const c = phone_country(str_of(names[i].name));

        if ((c != NULL) != (names[i].code != NULL) || (c && strcmp(c->code, names[i].code) != 0))
            fail_msg("'%s' is %s", names[i].name, c ? c->code : "none");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(countries)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
