/* test_sigma_value: values and modifiers (Sigma 3, 5, 6): one item of a selection, and the tests that become of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sigma_show.h"

#define HEAD "title: t\nlevel: low\nlogsource: {product: p}\ndetection:\n  condition: s\n  s:\n"

static const char placeholders[] =
    "one: 1st\ntwo: [a, 'b*']\nquote: ['x-y', '']\nnumber: 0.50\nyes: Yes\nmany: [1, 2, 3, 4, 5, 6, 7, 8]\n"
    "a-b: hyphen\nmüll: umlaut\n";

struct item {
    const char *item, *expected;
};

/* The item is line 7 of its file. */
static void expect(const struct item *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char text[2000], got[4000];

        snprintf(text, sizeof text, HEAD "    %s\n", cases[i].item);
        show_text(text, placeholders, false, got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\nexpected %s\ngot      %s", cases[i].item, cases[i].expected, got);
    }
}

static void patterns(void **state) {
    static const struct item cases[] = {
        {"A: abc", "A=abc"},
        {"A: ''", "A="},
        {"A: '*'", "A=*"},
        {"A: '**'", "A=*"},
        {"A: a*b?c", "A=a*b?c"},
        {"A: 'a**?*b'", "A=a*?*b"},
        {"A: 'a\\*b\\?c'", "A=a\\*b\\?c"},
        {"A: 'a\\b'", "A=a\\b"},
        {"A: 'a\\\\b'", "A=a\\b"},
        {"A: 'a\\\\*c'", "A=a\\*c"}, /* a\, wildcard, c: shown as in the next but one, told apart below */
        {"A: 'a\\\\\\*b'", "A=a\\\\*b"},
        {"A: '\\\\\\\\srv\\share'", "A=\\\\srv\\share"},
        {"A: '\\\\srv'", "A=\\srv"},
        {"A: 'abc\\'", "A=abc\\"},
        {"A|contains: abc", "A=*abc*"},
        {"A|contains: '*abc*'", "A=*abc*"},
        {"A|contains: 'abc\\'", "A=*abc\\*"},
        {"A|contains: ''", "A=*"},
        {"A|startswith: abc", "A=abc*"},
        {"A|endswith: abc", "A=*abc"},
        {"A|endswith: '\\abc'", "A=*\\abc"},
        {"A|startswith|endswith: abc", "A=*abc*"},
        {"A|cased: aBc", "A==aBc"},
        {"A|contains|cased: a*c", "A==*a*c*"},
        {"A|cased|contains: a", "A==*a*"},
        {"A|contains: 4444", "A=*4444* ! line 7: 'contains' takes the number 4444 as text"},
        {"A|startswith: 0.50", "A=0.5* ! line 7: 'startswith' takes the number 0.5 as text"},
        {"'': [x, y]", "or($=*x* $=*y*)"},
        {"A.b.c: x", "A.b.c=x"},
        {"'A B': x", "A B=x"},
        {"A: '%one%'", "A=%one%"},
        {"A: [x, y, z]", "or(A=x A=y A=z)"},
        {"A|all: [x, y]", "and(A=x A=y)"},
        {"A|contains|all: [x, y]", "and(A=*x* A=*y*)"},
        {"A|all|contains: [x, y]", "and(A=*x* A=*y*)"},
        {"A|contains|all: [x]", "A=*x* ! line 7: 'all' on a single value changes nothing"},
        {"A|contains|all: x", "A=*x* ! line 7: 'all' on a single value changes nothing"},
        {"A|neq: x", "not(A=x)"},
        {"A|neq: [x, y]", "not(or(A=x A=y))"},
        {"A|contains|neq: [x, y]", "not(or(A=*x* A=*y*))"},
        {"A|neq|all: [x, y]", "not(and(A=x A=y))"},
        {"A|neq|neq: x", "not(A=x)"},
        {"'|all': [x, y]", "and($=*x* $=*y*)"},
        {"'|contains|all': [x, y]", "and($=*x* $=*y*)"},
        {"'|re': a.c", "$~/a.c/"},
        {"'|cased': X", "$==*X*"},
        {"'|neq': X", "not($=*X*)"},
        {"'': [1, 0x10, true]", "or($=*1* $=*0x10* $=*true*) ! line 7: '0x10' may be meant as a number or a date; it "
                                "is taken as text, as if in quotes"},
        {"A|containz: x", "line 7: unknown modifier 'containz': is 'contains' meant?"},
        {"A|Contains: x", "line 7: unknown modifier 'Contains': is 'contains' meant?"},
        {"A||contains: x", "line 7: empty modifier behind 'A'"},
        {"A|: x", "line 7: empty modifier behind 'A'"},
        {"A|contains |all: x", "line 7: unknown modifier 'contains ': is 'contains' meant?"},
        {"A|startwith: x", "line 7: unknown modifier 'startwith': is 'startswith' meant?"},
        {"A|base46: x", "line 7: unknown modifier 'base46': is 'base64' meant?"},
        {"A|utf-16: x", "line 7: unknown modifier 'utf-16': is 'utf16' meant?"},
        {"A|x: x", "line 7: unknown modifier 'x'"},
        {"A|regex: x", "line 7: unknown modifier 'regex'"},
        {"A|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: x",
         "line 7: unknown modifier 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"},
        {"A|contains: true", "line 7: modifier 'contains' cannot be applied to true or false"},
        {"A|contains: null", "line 7: no modifier but 'all' goes with null"},
        {"A|cased: 5", "line 7: modifier 'cased' cannot be applied to a number"},
        {"A: {b: c}", "line 7: 'A' has a mapping as a value"},
        {"A: [[b]]", "line 7: 'A' has a list within a list as a value"},
        {"A: [x, {b: c}]", "line 7: 'A' has a mapping as a value"},
        {"A|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased|cased: x",
         "line 7: more than 16 modifiers"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

/* The same signs, told apart by the pieces themselves. */
static void escapes(void **state) {
    static const struct {
        const char *value;
        enum sigma_piece_type types[4];
        const char *texts[4];
        size_t count;
    } cases[] = {
        {"a\\\\*c", {PIECE_TEXT, PIECE_ANY, PIECE_TEXT}, {"a\\", "", "c"}, 3},
        {"a\\\\\\*b", {PIECE_TEXT}, {"a\\*b"}, 1},
        {"a\\\\\\\\b", {PIECE_TEXT}, {"a\\\\b"}, 1},
        {"a\\\\\\b", {PIECE_TEXT}, {"a\\\\b"}, 1},
        {"?*", {PIECE_ONE, PIECE_ANY}, {"", ""}, 2},
        {"\\", {PIECE_TEXT}, {"\\"}, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sigma_loader *l;
        const struct sigma_set *set = NULL;
        char text[300];
        struct err e;

        snprintf(text, sizeof text, HEAD "    A: '%s'\n", cases[i].value);
        assert_true(sigma_loader_new(&l, &e) && sigma_load_text(l, S("r.yml"), str_of(text), &e) &&
                    sigma_load_end(l, &set, &e));
        assert_int_equal(set->rule_count, 1);
        const struct sigma_test *const t = set->rules[0]->root->test;

        assert_int_equal(t->piece_count, cases[i].count);
        for (size_t p = 0; p < t->piece_count; p++) {
            assert_int_equal(t->pieces[p].type, cases[i].types[p]);
            assert_true(str_eq(t->pieces[p].text, str_of(cases[i].texts[p])));
        }
        sigma_loader_free(l);
    }
}

static void scalars(void **state) {
    static const struct item cases[] = {
        {"A: 4688", "A#4688"},
        {"A: -0", "A#0"},
        {"A: +5", "A#5"},
        {"A: 1.0", "A#1"},
        {"A: -1.50", "A#-1.5"},
        {"A: 1.0e3", "A#1000"},
        {"A: 1e3", "A=1e3 ! line 7: '1e3' may be meant as a number or a date; it is taken as text, as if in quotes"},
        {"A: yEs", "A=yEs"},
        {"A: 123456789012345678901234567890", "A#123456789012345678901234567890"},
        {"A: '4688'", "A=4688"},
        {"A: !!str 4688", "A=4688"},
        {"A: !!int '4688'", "A#4688"},
        {"A: !!int 'a'", "A=a ! line 7: 'a' may be meant as a number or a date; it is taken as text, as if in quotes"},
        {"A: true", "A:true"},
        {"A: No", "A:false"},
        {"A: 'true'", "A=true"},
        {"A: null", "A:null"},
        {"A: ~", "A:null"},
        {"A:", "A:null"},
        {"A: []", "A:null ! line 7: the empty list of 'A' is read as null"},
        {"A|all: null", "A:null ! line 7: 'all' on a single value changes nothing"},
        {"A: [x, null]",
         "or(A=x A:null) ! line 7: null stands in a list with other values: it is read as 'or missing'"},
        {"A: 0x10", "A=0x10 ! line 7: '0x10' may be meant as a number or a date; it is taken as text, as if in quotes"},
        {"A: 0777", "A=0777 ! line 7: '0777' may be meant as a number or a date; it is taken as text, as if in quotes"},
        {"A: 2024-01-01", "A=2024-01-01 ! line 7: '2024-01-01' may be meant as a number or a date; it is taken as "
                          "text, as if in quotes"},
        {"A: 12:30:45",
         "A=12:30:45 ! line 7: '12:30:45' may be meant as a number or a date; it is taken as text, as if in quotes"},
        {"A|exists: true", "A?"},
        {"A|exists: no", "A?not"},
        {"A|exists: [true]", "A?"},
        {"A|gt: 5", "A>5"},
        {"A|gte: -5.50", "A>=-5.5"},
        {"A|lt: 9007199254740993", "A<9007199254740993"},
        {"A|lte|neq: [1, 2]", "not(or(A<=1 A<=2))"},
        {"A|minute: 0", "A.minute=0"},
        {"A|hour: [22, 23]", "or(A.hour=22 A.hour=23)"},
        {"A|hour|gte: 22", "A.hour>=22"},
        {"A|week|neq: 53", "not(A.week=53)"},
        {"A|day: 31", "A.day=31"},
        {"A|month|lt: 12", "A.month<12"},
        {"A|year: 2024", "A.year=2024"},
        {"A|neq: null", "line 7: no modifier but 'all' goes with null"},
        {"A|exists: 'true'", "line 7: 'exists' takes true or false without quotes"},
        {"A|exists: 1", "line 7: 'exists' takes true or false without quotes"},
        {"A|exists: null", "line 7: no modifier but 'all' goes with null"},
        {"A|exists: [true, false]", "line 7: 'exists' must be the only modifier, with one value"},
        {"A|exists|neq: true", "line 7: 'exists' must be the only modifier, with one value"},
        {"A|exists|all: true", "line 7: 'exists' must be the only modifier, with one value"},
        {"'|exists': true", "line 7: a keyword must be text or a regular expression"},
        {"'': null", "line 7: a keyword must be text or a regular expression"},
        {"'|gt': 5", "line 7: a keyword must be text or a regular expression"},
        {"A|gt: '5'", "line 7: modifier 'gt' cannot be applied to text"},
        {"A|gt: true", "line 7: modifier 'gt' cannot be applied to true or false"},
        {"A|gt|lt: 5", "line 7: modifier 'lt' cannot be applied to a comparison"},
        {"A|gt|contains: 5", "line 7: modifier 'contains' cannot be applied to a comparison"},
        {"A|gt|hour: 5", "line 7: modifier 'hour' cannot be applied to a comparison"},
        {"A|hour|hour: 5", "line 7: modifier 'hour' cannot be applied to a part of a date"},
        {"A|hour: 24", "line 7: 'hour' must be a whole number from 0 to 23"},
        {"A|minute: 60", "line 7: 'minute' must be a whole number from 0 to 59"},
        {"A|day: 0", "line 7: 'day' must be a whole number from 1 to 31"},
        {"A|week: 54", "line 7: 'week' must be a whole number from 1 to 53"},
        {"A|month: 13", "line 7: 'month' must be a whole number from 1 to 12"},
        {"A|year: 10000", "line 7: 'year' must be a whole number from 0 to 9999"},
        {"A|hour: -1", "line 7: 'hour' must be a whole number from 0 to 23"},
        {"A|hour: 1.5", "line 7: 'hour' must be a whole number from 0 to 23"},
        {"A|hour: x", "line 7: modifier 'hour' cannot be applied to text"},
        {"A: 1.0e999999", "line 7: number 1.0e999999 is longer than 400 digits"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void other_modifiers(void **state) {
    static const struct item cases[] = {
        {"A|re: 'a\\d*?b'", "A~/a\\d*?b/"},
        {"A|re|i: a", "A~/a/i"},
        {"A|re|ignorecase|multiline|dotall: a", "A~/a/ims"},
        {"A|re|s|m: a", "A~/a/ms"},
        {"A|re|contains: a", "A~/a/"},
        {"A|re: ''", "A~//"},
        {"A|re|all: [a, b]", "and(A~/a/ A~/b/)"},
        {"A|re|neq: a", "not(A~/a/)"},
        {"A|re: '(?<=a)b'", "A~/(?<=a)b/"},
        {"A|cidr: 10.0.0.0/8", "A@0a000000/8"},
        {"A|cidr: 10.1.2.3", "A@0a010203/32"},
        {"A|cidr: ['::1/128', fe80::/10]",
         "or(A@00000000000000000000000000000001/128 A@fe800000000000000000000000000000/10)"},
        {"A|cidr|neq: 10.0.0.0/8", "not(A@0a000000/8)"},
        {"A|fieldref: B", "A->B"},
        {"A|fieldref|contains: B.c", "A->*B.c*"},
        {"A|fieldref|startswith: B", "A->B*"},
        {"A|fieldref|endswith: B", "A->*B"},
        {"A|fieldref|startswith|endswith: B", "A->*B*"},
        {"A|fieldref|neq: B", "not(A->B)"},
        {"A|fieldref: 'B\\*'", "A->B*"},
        {"A|windash: -f", "A=<->f"},
        {"A|windash|contains: ' -f /g'", "A=* <->f <->g*"},
        {"A|contains|windash: ' -f'", "A=* <->f*"},
        {"A|windash: 'x-y -d - -'", "A=x-y <->d - -"},
        {"A|windash: '–f —g ―h'", "A=<->f <->g <->h"},
        {"A|windash: é-f", "A=é-f"},
        {"A|windash: -é", "A=<->é"},
        {"A|windash: -–f", "A=-<->f"},
        {"A|windash: '--f'", "A=-<->f"},
        {"A|windash: abc", "A=abc"},
        {"A|windash|contains|all: [-a, -b]", "and(A=*<->a* A=*<->b*)"},
        {"A|windash|cased: -a", "A==<->a"},
        {"A|re: '('", "line 7: regular expression: missing closing parenthesis at byte 1"},
        {"A|re: '*a'", "line 7: regular expression: quantifier does not follow a repeatable item at byte 0"},
        {"A|re: 'a\\C'", "line 7: regular expression: using \\C is disabled by the application at byte 3"},
        {"A|re: 5", "line 7: modifier 're' cannot be applied to a number"},
        {"A|re: true", "line 7: modifier 're' cannot be applied to true or false"},
        {"A|re: null", "line 7: no modifier but 'all' goes with null"},
        {"A|contains|re: x", "line 7: 're' must be the first modifier"},
        {"A|re|re: x", "line 7: 're' must be the first modifier"},
        {"A|re|cased: x", "line 7: modifier 'cased' cannot be applied to a regular expression"},
        {"A|re|windash: x", "line 7: modifier 'windash' cannot be applied to a regular expression"},
        {"A|i: x", "line 7: 'i' stands only behind 're'"},
        {"A|contains|m: x", "line 7: 'm' stands only behind 're'"},
        {"A|cidr: 10.0.0.1/8", "line 7: cidr: '10.0.0.1/8' has host bits set"},
        {"A|cidr: 10.0.0.0/33", "line 7: cidr: '10.0.0.0/33' is no network in CIDR notation"},
        {"A|cidr: '10.*'", "line 7: cidr: a network has no wildcards"},
        {"A|cidr: host", "line 7: cidr: 'host' is no network in CIDR notation"},
        {"A|cidr: 10", "line 7: modifier 'cidr' cannot be applied to a number"},
        {"A|cidr|contains: 10.0.0.0/8", "line 7: 'cidr' must be the only modifier but for 'all' and 'neq'"},
        {"A|contains|cidr: 10.0.0.0/8", "line 7: 'cidr' must be the only modifier but for 'all' and 'neq'"},
        {"A|fieldref: 'B*'", "line 7: 'fieldref' takes the name of a field, without wildcards"},
        {"A|fieldref: ''", "line 7: 'fieldref' takes the name of a field, without wildcards"},
        {"A|fieldref: 5", "line 7: modifier 'fieldref' cannot be applied to a number"},
        {"A|contains|fieldref: B", "line 7: 'fieldref' takes the name of a field, without wildcards"},
        {"A|fieldref|cased: B", "line 7: modifier 'cased' cannot be applied to a field"},
        {"A|windash: 5", "line 7: modifier 'windash' cannot be applied to a number"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void encodings(void **state) {
    static const struct item cases[] = {
        {"A|base64: foobar", "A==Zm9vYmFy"},
        {"A|base64: fooba", "A==Zm9vYmE="},
        {"A|base64: ''", "A=="},
        {"A|base64|contains: foo", "A==*Zm9v*"},
        {"A|base64: 'a\\*b'", "A==YSpi"},
        {"A|base64offset|contains: foobar", "or(A==*Zm9vYmFy* A==*Zvb2Jhc* A==*mb29iYX*)"},
        {"A|base64offset|contains: foo", "or(A==*Zm9v* A==*Zvb* A==*mb2*)"},
        {"A|base64offset: 'http://'", "or(A==aHR0cDovL A==h0dHA6Ly A==odHRwOi8v)"},
        {"A|base64offset|contains: é",
         "or(A==*w6* A==*Op* A==*Dq*) ! line 7: base64offset of fewer than three bytes matches much"},
        {"A|base64offset|contains: x",
         "or(A==*e* A==*4*) ! line 7: base64offset of fewer than three bytes matches much"},
        {"A|base64offset|contains: ''", "or() ! line 7: base64offset of nothing matches nothing"},
        {"A|wide|base64offset|contains: IEX", "or(A==*SQBFAFgA* A==*kARQBYA* A==*JAEUAWA*)"},
        {"A|wide|base64: cmd", "A==YwBtAGQA"},
        {"A|utf16le: aé", "A=0x6100e900"},
        {"A|utf16be: a", "A=0x0061"},
        {"A|utf16: a", "A=0xfffe6100"},
        {"A|wide: 😀", "A=0x3dd800de"},
        {"A|wide|contains: a", "A=0x*6100*"},
        {"A|base64|base64: a", "A==WVE9PQ=="},
        {"A|base64: 5", "A==NQ== ! line 7: 'base64' takes the number 5 as text"},
        {"A|base64offset|contains|all: [foo, bar]",
         "and(or(A==*Zm9v* A==*Zvb* A==*mb2*) or(A==*YmFy* A==*Jhc* A==*iYX*))"},
        {"A|windash|base64: -a", "or(A==LWE= A==L2E= A==4oCTYQ== A==4oCUYQ== A==4oCVYQ==)"},
        {"'|base64': foo", "$==*Zm9v*"},
        {"A|base64: a*", "line 7: 'base64' cannot encode wildcards"},
        {"A|wide: a?", "line 7: 'wide' cannot encode wildcards"},
        {"A|contains|base64: a", "line 7: 'base64' cannot encode wildcards"},
        {"A|base64offset: true", "line 7: modifier 'base64offset' cannot be applied to true or false"},
        {"A|wide|wide: a", "line 7: modifier 'wide' cannot be applied to encoded bytes"},
        {"A|wide|windash: -a", "line 7: modifier 'windash' cannot be applied to encoded bytes"},
        {"A|re|base64: a", "line 7: modifier 'base64' cannot be applied to a regular expression"},
        {"A|windash|base64: '-a -b -c -d -e -f'", "line 7: one value would become more than 4096"},
    };

    (void)state;
    expect(cases, COUNT(cases));
}

static void expansion(void **state) {
    static const struct item cases[] = {
        {"A|expand: '%one%'", "A=1st"},
        {"A|expand: 'x%one%y%one%'", "A=x1sty1st"},
        {"A|expand: '%two%'", "or(A=a A=b\\*)"},
        {"A|expand|contains: '*%two%?'", "or(A=*a?* A=*b\\*?*)"},
        {"A|expand: '%two%%two%'", "or(A=aa A=ab\\* A=b\\*a A=b\\*b\\*)"},
        {"A|expand|contains|all: ['%two%', c]",
         "and(or(A=*a* A=*b\\**) A=*c*) ! line 7: 'expand' finds no %placeholder% in this value"},
        {"A|expand: ['\\%two%', x]", "or(A=%two% A=x) ! line 7: 'expand' finds no %placeholder% in this value ! line "
                                     "7: 'expand' finds no %placeholder% in this value"},
        {"A|expand: '\\%two%one%'", "A=%two1st"},
        {"A|expand: '%number% %yes%'", "A=0.5 true"},
        {"A|expand: '%a-b%'", "A=hyphen"},
        {"A|expand: '%müll%'", "A=umlaut"},
        {"A|expand: '100%'", "A=100% ! line 7: 'expand' finds no %placeholder% in this value"},
        {"A|expand: '%a b%'", "A=%a b% ! line 7: 'expand' finds no %placeholder% in this value"},
        {"A|expand|base64: '%one%'", "A==MXN0"},
        {"A|expand|windash: ' %quote% -f'", "or(A= x-y <->f A=  <->f)"},
        {"A|expand: '%nobody%'", "A= unusable: placeholder %nobody% has no value"},
        {"A|expand: ['%no1%', '%no2%']", "or(A= A=) unusable: placeholder %no1% has no value"},
        {"A|expand: 5", "line 7: modifier 'expand' cannot be applied to a number"},
        {"A|re|expand: '%one%'", "line 7: modifier 'expand' cannot be applied to a regular expression"},
        {"A|base64|expand: '%one%'", "line 7: 'base64' cannot encode wildcards or placeholders: 'expand' comes first"},
        {"A|expand: '%many%%many%%many%%many%%many%'", "line 7: one value would become more than 4096"},
    };
    char got[400];

    (void)state;
    expect(cases, COUNT(cases));
    show_text(HEAD "    A|expand: '%nobody%'\n", NULL, true, got, sizeof got);
    assert_string_equal(got, "placeholder %nobody% has no value");
}

static void placeholder_files(void **state) {
    static const struct {
        const char *yaml, *expected;
    } cases[] = {
        {"", "A= unusable: placeholder %x% has no value"},
        {"x: v", "A=v"},
        {"x: [v, 1, off]", "or(A=v A=1 A=false)"},
        {"x: [[v]]", "error 7: p.yml: line 1: a value must be text"},
        {"x: {v: w}", "error 7: p.yml: line 1: a value must be text"},
        {"x: []", "error 7: p.yml: line 1: a placeholder without values"},
        {"y: 1\nx:", "error 7: p.yml: line 2: a value must be text"},
        {"- x", "error 7: p.yml: line 1: must be one mapping of names to values"},
        {"x: v\n---\ny: v", "error 7: p.yml: line 3: a second document"},
        {"x: v\nx: w", "error 7: p.yml: line 2: key 'x' stands twice in one mapping"},
        {"x: [",
         "error 7: p.yml: line 2: did not find expected node content: a value is missing, or a bracket is not closed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char got[400];

        show_text(HEAD "    A|expand: '%x%'\n", cases[i].yaml, false, got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\nexpected %s\ngot      %s", cases[i].yaml, cases[i].expected, got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),          cmocka_unit_test(escapes),   cmocka_unit_test(scalars),
        cmocka_unit_test(other_modifiers),   cmocka_unit_test(encodings), cmocka_unit_test(expansion),
        cmocka_unit_test(placeholder_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
