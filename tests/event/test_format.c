/* test_format: what templates make of lines, which are refused, in what order formats are asked, and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "event/format.h"
#include "event/kind.h"
#include "../refuse.h"

/* Formats out of the text of a kind file. */
struct set {
    struct fields *fields;
    struct kinds *kinds;
};

static bool set_load(struct set *s, str yaml, struct err *e) {
    *s = (struct set){0};
    return (s->fields = fields_new())
               ? kinds_new(&s->kinds, s->fields, e) && kinds_load_text(s->kinds, S("k.yml"), yaml, false, e) &&
                     kinds_seal(s->kinds, e)
               : err_set(e, ERR_MEMORY, 0, "no memory for fields");
}

static void set_close(struct set *s) {
    kinds_free(s->kinds);
    fields_free(s->fields);
}

static void set_open(struct set *s, str yaml) {
    struct err e = {0};

    if (!set_load(s, yaml, &e))
        fail_msg("%s", e.text);
}

/* "format a=1;b=2", "format" when no template fits, "" when no format is the line's. */
static void told_text(const struct fields *fields, const struct told *t, struct buf *out) {
    out->len = 0;
    if (t->format)
        buf_add(out, t->format->name);
    for (uint32_t i = 0; i < t->count; i++) {
        assert_int_equal(t->values[i].type, RAW_TEXT);
        buf_byte(out, i ? ';' : ' ');
        buf_add(out, field_name(fields, t->values[i].field));
        buf_byte(out, '=');
        buf_add(out, (str){t->values[i].ptr, t->values[i].len});
    }
}

/* The line in memory of just its size: a read beyond it is seen by the sanitizer. */
static void tell_line(const struct set *s, str program, str line, struct told *t) {
    struct err e = {0};

    if (!formats_tell(kinds_formats(s->kinds), s->fields, program, line, t, &e))
        fail_msg("%s", e.text);
}

static int tells_otherwise(const char *name, const struct set *s, const char *program, str line, const char *want) {
    struct told t = {0};
    struct buf got = {0};
    char *const copy = malloc(line.len + 1);
    bool right;

    assert_non_null(copy);
    memcpy(copy, line.ptr, line.len);
    tell_line(s, str_of(program), (str){copy, line.len}, &t);
    told_text(s->fields, &t, &got);
    right = str_eq(buf_str(&got), str_of(want)) && !t.cut;
    if (!right)
        print_error("%s: %.*s%s\n  instead of %s\n", name, STR_ARG(buf_str(&got)), t.cut ? " (cut)" : "", want);
    told_free(&t);
    buf_free(&got);
    free(copy);
    return !right;
}

#define NO "" /* the template does not fit */

static const struct {
    const char *template;
    str line;
    const char *want; /* without "t " */
} fits[] = {
    /* text */
    {"plain text", STR("plain text"), "t"},
    {"plain text", STR("plain text."), NO},
    {"plain text", STR("plain tex"), NO},
    {"plain text", STR("Plain text"), NO},
    {"plain text", STR("  plain text \r"), "t"}, /* a line's blanks at both ends are nobody's */
    {"plain text", STR(""), NO},
    {"{{a} b", STR("{a} b"), "t"},
    {"x {{{a}}", STR("x {1}"), "t a=1"},
    {"a ] b", STR("a ] b"), "t"},
    /* any: the shortest, the longest, empty, none */
    {"{a} b", STR("x b"), "t a=x"},
    {"{a} b", STR(" b"), NO},
    {"{a}: {b}", STR("x: y: z"), "t a=x;b=y: z"},
    {"{a*}: {b}", STR("x: y: z"), "t a=x: y;b=z"},
    {"{a}: {b:int}", STR("x: y: 7"), "t a=x: y;b=7"},
    {"{a*}: {b:int}", STR("x: 6: 7: y"), NO},
    {"a{b?}c", STR("ac"), "t"},
    {"a{b?}c", STR("abc"), "t b=b"},
    {"a{b}c", STR("ac"), NO},
    {"a {b-} c", STR("a - c"), "t"},
    {"a {b} c", STR("a - c"), "t b=-"},
    {"a {b-} c", STR("a -- c"), "t b=--"},
    {"a {} c", STR("a b c"), "t"},
    {"a {*} c {b}", STR("a b c c d"), "t b=d"},
    {"for {user*} from {ip:address}", STR("for a from 1.1.1.1 from 2.2.2.2"), "t user=a from 1.1.1.1;ip=2.2.2.2"},
    {"for {user} from {ip:address}", STR("for a from 1.1.1.1 from 2.2.2.2"), "t user=a from 1.1.1.1;ip=2.2.2.2"},
    {"a {b} c", STR("a \xff\x80 c"), "t b=\xff\x80"},
    {"a {b} c", STR("a \0 c"), "t b="}, /* one byte, of zero */
    /* word */
    {"{a:word} {b}", STR("x y z"), "t a=x;b=y z"},
    {"{a:word}", STR("x y"), NO},
    {"{a:word}", STR("x\ty"), NO},
    {"{a:word}.", STR("x.y."), "t a=x.y"},
    {"{a*:word}.{b}", STR("x.y.z w.v"), "t a=x.y;b=z w.v"},
    {"{a?:word} b", STR("x y b"), NO},
    {"[{a-:word}]", STR("[-]"), "t"},
    /* int, number */
    {"{a:int}", STR("12"), "t a=12"},
    {"{a:int}", STR("-12"), "t a=-12"},
    {"{a:int}", STR("-"), NO},
    {"{a:int}", STR("1-2"), NO},
    {"{a:int}", STR("+1"), NO},
    {"{a:int}", STR("1.5"), NO},
    {"{a:int}", STR("0x1f"), NO},
    {"{a-:int} b", STR("- b"), "t"},
    {"{a:int} b", STR("- b"), NO},
    {"{a:int}{{", STR("12{"), "t a=12"},
    {"n{a?:int}.", STR("n."), "t"},
    {"{a:int}-{b:int}", STR("1-2"), "t a=1;b=2"},
    {"{a:int}-{b:int}", STR("-1--2"), "t a=-1;b=-2"},
    {"{a:number}", STR("12"), "t a=12"},
    {"{a:number}", STR("-12.50"), "t a=-12.50"},
    {"{a:number}", STR("1.2.3"), NO},
    {"{a:number}", STR("12."), NO},
    {"{a:number}", STR("."), NO},
    {"{a:number}s", STR("0.5s"), "t a=0.5"},
    /* address */
    {"{a:address}", STR("10.0.0.1"), "t a=10.0.0.1"},
    {"{a:address}", STR("10.0.0.256"), NO},
    {"{a:address}", STR("10.0.0"), NO},
    {"{a:address}", STR("example"), NO},
    {"{a:address}", STR("2001:DB8::1"), "t a=2001:DB8::1"},
    {"{a:address}", STR("::1"), "t a=::1"},
    {"{a:address}", STR("::ffff:10.0.0.1"), "t a=::ffff:10.0.0.1"},
    {"{a:address}", STR("[2001:db8::1]"), "t a=2001:db8::1"},
    {"{a:address}:{p:int}", STR("[::1]:22"), "t a=::1;p=22"},
    {"{a:address}:{p:int}", STR("10.0.0.1:22"), "t a=10.0.0.1;p=22"},
    {"{a:address}:{p:int}", STR("::1:22"), "t a=::1;p=22"}, /* RFC 5952 6: ambiguous; the shortest address that fits */
    {"{a:address} x", STR("fe80::1%eth-0 x"), "t a=fe80::1%eth-0"},
    {"{a-:address} x", STR("- x"), "t"},
    {"{a:address} x", STR("- x"), NO},
    {"({a-:address})", STR("(-)"), "t"},
    /* quoted */
    {"\"{a:quoted}\" b", STR("\"x y\" b"), "t a=x y"},
    {"\"{a:quoted}\" b", STR("\"\" b"), "t a="},
    {"\"{a:quoted}\" b", STR("\"x\\\"\\\\ y\" b"), "t a=x\"\\ y"},
    {"\"{a:quoted}\" b", STR("\"x\\n y\" b"), "t a=x\\n y"},
    {"\"{a:quoted}\" b", STR("\"x\" c\" b"), "t a=x\" c"}, /* not everybody escapes quotes */
    {"\"{a:quoted}\" b", STR("\"x\\\" b"), NO},
    {"\"{a-:quoted}\" b", STR("\"-\" b"), "t"},
    {"{a:quoted}|{b:quoted}|{c}", STR("x\\|y|z|w"), "t a=x|y;b=z;c=w"},
    {"\"{:quoted}\" {b}", STR("\"x\" y"), "t b=y"},
    /* options */
    {"a[[ b]] c", STR("a b c"), "t"},
    {"a[[ b]] c", STR("a c"), "t"},
    {"a[[ b]] c", STR("a b b c"), NO},
    {"{a}[[ port {p:int}]]", STR("x port 1"), "t a=x;p=1"},
    {"{a}[[ port {p:int}]]", STR("x"), "t a=x"},
    {"{a}[[ port {p:int}]]", STR("x port y"), "t a=x port y"},
    {"{a}[[ b]][[ c]]", STR("x b c"), "t a=x"},
    {"{a}[[ b]][[ c]]", STR("x c"), "t a=x"},
    {"{a}[[ b]][[ c]] d", STR("x c d"), "t a=x"},
    {"[[{a:int}: ]]{b}", STR("7: x"), "t a=7;b=x"},
    {"[[{a:int}: ]]b", STR("b"), "t"},
    {"[[{a?:int}: ]]b", STR(": b"), "t"},
    {"[[x]]{a?:int}b", STR("b"), "t"},
    /* request */
    {"\"{:request}\"", STR("\"GET /a?b=c HTTP/1.1\""),
     "t cs-request=GET /a?b=c "
     "HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=/a?b=c;cs-uri-stem=/a;cs-uri-query=b=c"},
    {"\"{:request}\"", STR("\"GET /a\""), "t cs-request=GET /a;cs-method=GET;cs-uri=/a;cs-uri-stem=/a"},
    {"\"{:request}\"", STR("\"GET /a b HTTP/1.0\""),
     "t cs-request=GET /a b HTTP/1.0;cs-version=HTTP/1.0;cs-method=GET;cs-uri=/a b;cs-uri-stem=/a b"},
    {"\"{:request}\"", STR("\"GET /\\\"x\\\"? HTTP/2\""),
     "t cs-request=GET /\"x\"? HTTP/2;cs-version=HTTP/2;cs-method=GET;cs-uri=/\"x\"?;cs-uri-stem=/\"x\";cs-uri-query="},
    {"\"{:request}\"", STR("\"GET HTTP/1.0\""), "t cs-request=GET HTTP/1.0;cs-version=HTTP/1.0;cs-method=GET"},
    {"\"{:request}\"", STR("\"\\x16\\x03\\x01 a\""), "t cs-request=\\x16\\x03\\x01 a"},
    {"\"{:request}\"", STR("\"-\""), "t"},
    {"\"{:request}\"", STR("\"\""), "t"},
    {"\"{:request}\"", STR("\"GET\""), "t cs-request=GET"},
    {"\"{:request}\"", STR("\"GET \""), "t cs-request=GET "},
    {"\"{:request}\"", STR("\" /a\""), "t cs-request= /a"},
    {"\"{:request}\"", STR("\"GET /a"), NO},
    /* pairs */
    {"{:pairs}", STR("a=1 b=\"x y\" c= bare d=e=f"), "t a=1;b=x y;c=;d=e=f"},
    {"{:pairs}", STR("a=\"x \\\"y\\\" \\\\z\" b=\"open"), "t a=x \"y\" \\z;b=open"},
    {"{:pairs}", STR("=1 a b"), "t"},
    {"x {:pairs}", STR("x "), NO},
    {"x: {:pairs} end", STR("x: a=1 b=2 end"), "t a=1;b=2"},
    {"{p.:pairs}", STR("a=1"), "t p.a=1"},
    {"{-:pairs}", STR("a=- b=1"), "t b=1"},
    {"{:pairs_comma}", STR("a=x y,b=\"1,2\", c=3"), "t a=x y;b=1,2;c=3"},
    {"{:pairs_tab}", STR("a=x y\tb=2"), "t a=x y;b=2"},
    {"{:pairs_colon}", STR("a:\"x; y\"; b:2"), "t a=x; y;b=2"},
    /* loose */
    {"CEF|{:loose}", STR("CEF|src=1.2.3.4 msg=a b c act=x"), "t src=1.2.3.4;msg=a b c;act=x"},
    {"CEF|{:loose}", STR("CEF|msg=a\\=b \\| c\\\\d=1"), "t msg=a=b | c\\d=1"},
    {"CEF|{:loose}", STR("CEF|a=\"x y\" b="), "t a=x y;b="},
    {"CEF|{:loose}", STR("CEF|nothing here"), "t"},
    {"CEF|{:loose}", STR("CEF|some words (a=1 b=2"), "t a=1;b=2"},
    {"CEF|{x.:loose}", STR("CEF|a=1"), "t x.a=1"},
    /* several at once */
    {"Failed {m} for {user*?} from {src:address} port {p:int}[[ {proto}]]",
     STR("Failed password for x from 1.1.1.1 port 1 ssh2 from 2.2.2.2 port 22 ssh2"),
     "t m=password;user=x from 1.1.1.1 port 1 ssh2;src=2.2.2.2;p=22;proto=ssh2"},
    {"Failed {m} for {user*?} from {src:address} port {p:int}[[ {proto}]]",
     STR("Failed password for  from 2.2.2.2 port 22"), "t m=password;src=2.2.2.2;p=22"},
};

static void templates_and_lines(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(fits); i++) {
        struct buf yaml = {0};
        struct set s;

        buf_add(&yaml, S("format: t\ntemplates:\n  - '"));
        for (const char *p = fits[i].template; *p; p++)
            buf_add(&yaml, *p == '\'' ? S("''") : (str){p, 1});
        buf_add(&yaml, S("'\n"));
        set_open(&s, buf_str(&yaml));
        if (str_find_byte(fits[i].line, '\0') == SIZE_MAX) {
            wrong += tells_otherwise(fits[i].template, &s, "", fits[i].line, fits[i].want);
        } else { /* a C string cannot say it */
            struct told t = {0};

            tell_line(&s, S(""), fits[i].line, &t);
            wrong += t.count != 1 || t.values[0].len != 1 || t.values[0].ptr[0] != '\0';
            told_free(&t);
        }
        set_close(&s);
        buf_free(&yaml);
    }
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *name, *yaml, *error;
} files[] = {
    {"least", "format: a/b\ntemplates: x\n", NULL},
    {"a program alone", "format: a\nprogram: p\n", NULL},
    {"everything",
     "format: a\ntitle: A\nprogram: [p, Q]\ntemplates:\n  - {text: '{:csv}', columns: [a, _], set: {b: c}}\n  - x\n"
     "set: {d: e}\njoin: {f: '{a} {b}'}\n",
     NULL},
    {"no templates", "format: a\n", "k.yml:1: a format needs `templates`, or `program` at least"},
    {"templates of none", "format: a\nprogram: p\ntemplates: []\n",
     "k.yml:1: a format needs `templates`, or `program` at least"},
    {"misspelt", "format: a\ntemplate: x\n",
     "k.yml:2: a format has no key `template`; it may have: format title program prefix templates set join"},
    {"a template misspelt", "format: a\ntemplates:\n  - {txt: x}\n",
     "k.yml:3: a template has no key `txt`; it may have: text set columns"},
    {"no text", "format: a\ntemplates:\n  - {set: {a: b}}\n", "k.yml:3: a template needs `text`"},
    {"empty", "format: a\ntemplates:\n  - ''\n", "k.yml:3: a template: an empty template"},
    {"open brace", "format: a\ntemplates:\n  - x\n  - 'a {b'\n", "k.yml:4: a template: a { without }"},
    {"no such type", "format: a\ntemplates:\n  - '{b:hex}'\n",
     "k.yml:3: a template: a field's type is none of word, int, number, address, time, labels, quoted, request, pairs, "
     "pairs_line, "
     "pairs_comma, pairs_tab, pairs_bar, pairs_colon, leef, loose, loose_colon, csv"},
    {"no type", "format: a\ntemplates:\n  - '{b:}'\n",
     "k.yml:3: a template: a field's type is none of word, int, number, address, time, labels, quoted, request, pairs, "
     "pairs_line, "
     "pairs_comma, pairs_tab, pairs_bar, pairs_colon, leef, loose, loose_colon, csv"},
    {"two fields", "format: a\ntemplates:\n  - '{a}{b}'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"two fields, one in an option", "format: a\ntemplates:\n  - '{a}[[{b}]]'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"two fields, the first in an option", "format: a\ntemplates:\n  - '[[x {a}]]{b}'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"two fields when an option is missing", "format: a\ntemplates:\n  - '{a}[[ x]]{b}'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"two fields when two options are missing", "format: a\ntemplates:\n  - '{a}[[ x]][[ y]]{b}'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"two options that begin and end with fields", "format: a\ntemplates:\n  - '[[x {a}]][[{b} y]]'\n",
     "k.yml:3: a template: two fields with nothing between them"},
    {"options in options", "format: a\ntemplates:\n  - 'a[[b[[c]]]]'\n", "k.yml:3: a template: [[ inside [["},
    {"an option not closed", "format: a\ntemplates:\n  - 'a[[b'\n", "k.yml:3: a template: [[ without ]]"},
    {"an option not opened", "format: a\ntemplates:\n  - 'a]]b'\n", "k.yml:3: a template: ]] without [["},
    {"an option of nothing", "format: a\ntemplates:\n  - 'a[[]]b'\n", "k.yml:3: a template: nothing between [[ and ]]"},
    {"a named request", "format: a\ntemplates:\n  - '{a:request}'\n",
     "k.yml:3: a template: request and csv take no name: their fields have their own"},
    {"csv without columns", "format: a\ntemplates:\n  - '{:csv}'\n", "k.yml:3: {:csv} needs `columns`"},
    {"columns without csv", "format: a\ntemplates:\n  - {text: x, columns: [a]}\n",
     "k.yml:3: `columns` are those of {:csv}, and there is none"},
    {"columns of nothing", "format: a\ntemplates:\n  - {text: '{:csv}', columns: []}\n",
     "k.yml:3: `columns` is an empty list"},
    {"an empty column", "format: a\ntemplates:\n  - {text: '{:csv}', columns: ['']}\n",
     "k.yml:3: `columns` holds an empty text"},
    {"an empty program", "format: a\nprogram: ''\ntemplates: x\n", "k.yml:2: `program` holds an empty text"},
    {"set is text", "format: a\nset: b\ntemplates: x\n", "k.yml:2: `set` must be a mapping (key: value)"},
    {"set of nothing", "format: a\nset: {b: }\ntemplates: x\n", "k.yml:2: a value of `set` is empty"},
    {"join not closed", "format: a\njoin: {b: '{c'}\ntemplates: x\n", "k.yml:2: `join`: a { without }"},
    {"join of no name", "format: a\njoin: {b: '{}'}\ntemplates: x\n", "k.yml:2: `join`: a {} without a name"},
    {"join of nothing", "format: a\njoin: {b: ''}\ntemplates: x\n", "k.yml:2: `join`: an empty join"},
    {"join of nine", "format: a\njoin: {b: '{a}{b}{c}{d}{e}{f}{g}{h}{i}'}\ntemplates: x\n",
     "k.yml:2: `join`: a join of more than eight parts"},
    {"twice", "format: a\ntemplates: x\n---\nformat: a\ntemplates: y\n", "k.yml:4: `a` is there already (k.yml:1)"},
};

static void reads_formats(void **state) {
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(files); i++) {
        struct err e = {0};
        struct set s;
        bool const ok = set_load(&s, str_of(files[i].yaml), &e);

        if (ok != !files[i].error || (!ok && (strcmp(e.text, files[i].error) != 0 || e.code != ERR_USAGE))) {
            print_error("%s: %s\n", files[i].name, ok ? "was read" : e.text);
            wrong++;
        }
        set_close(&s);
    }
    assert_int_equal(wrong, 0);
}

static const char several[] = "format: open/short\ntemplates: '{w} opened'\n"
                              "---\n"
                              "format: open/long\ntemplates: '{l} opened the door'\n"
                              "---\n"
                              "format: door\nprogram: [Doord, acme/door]\nset: {vendor: acme}\ntemplates:\n"
                              "  - {text: 'gate {g} opened', set: {action: open}}\n"
                              "  - 'user {u} opened gate {g}'\n"
                              "  - 'no'\n"
                              "join: {both: '{u}@{g}', all: 'a {u} b {g} c {vendor}'}\n"
                              "---\n"
                              "format: silent\nprogram: silentd\n";

static const struct {
    const char *name, *program, *line, *want;
} asked[] = {
    {"the program's own", "doord", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"in any case", "DOORD", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"before the slash", "doord/sub", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"behind the last slash", "/usr/sbin/doord", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"a whole tag", "acme/door", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"a tag's part is not the whole", "acme/other", "gate 7 opened", "open/short w=gate 7"},
    {"joined", "doord", "user x opened gate 7", "door u=x;g=7;vendor=acme;both=x@7;all=a x b 7 c acme"},
    {"a part of a join is missing", "doord", "gate 7 opened", "door g=7;action=open;vendor=acme"},
    {"no template of its own fits", "doord", "7 opened", "open/short w=7"},
    {"no template fits", "doord", "closed", "door vendor=acme"},
    {"no template at all", "silentd", "closed", "silent"},
    {"nothing is known", "other", "closed", ""},
    {"the most literal text first", "other", "x opened the door", "open/long l=x"},
    {"another program's line", "other", "user x opened gate 7", ""},
    {"no program: templates of programs, too", "", "user x opened gate 7",
     "door u=x;g=7;vendor=acme;both=x@7;all=a x b 7 c acme"},
    {"no program: those of any line first", "", "gate 7 opened", "open/short w=gate 7"},
    {"no program: not those of little text", "", "no", ""},
    {"a program of 64 bytes at most", "doord/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "no",
     "door vendor=acme"},
    {"an empty line", "doord", "", "door vendor=acme"},
};

static void formats_are_asked_in_order(void **state) {
    int wrong = 0;
    struct set s;
    (void)state;

    set_open(&s, str_of(several));
    for (size_t i = 0; i < COUNT(asked); i++)
        wrong += tells_otherwise(asked[i].name, &s, asked[i].program, str_of(asked[i].line), asked[i].want);
    set_close(&s);
    assert_int_equal(wrong, 0);
}

static uint32_t roll(uint64_t *dice, uint32_t below) {
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % below;
}

/* Text of a template: of few letters and marks, so that templates share it; now and then long enough for the index. */
static void random_text(struct buf *out, uint64_t *dice) {
    static const char *const texts[] = {
        " ",     ", ",     "#",       "|",       "=",      " for user ", ": ", " from ",  "session ", "session opened",
        " ses",  "ion op", "failed ", "Failed ", " [**] ", "opened by",  "a",  "aaaaaaa", "aaaaaaaa", "] ",
        "\"x\" "};

    buf_add(out, str_of(texts[roll(dice, COUNT(texts))]));
    if (roll(dice, 4) == 0)
        buf_add(out, str_of(texts[roll(dice, COUNT(texts))]));
}

static void random_template(struct buf *out, uint64_t *dice) {
    static const char *const types[] = {":word", ":int", "", ":address", ":number", ":time", ":quoted"};
    uint32_t const fields = roll(dice, 4);

    if (fields == 0 || roll(dice, 2))
        random_text(out, dice);
    for (uint32_t i = 0; i < fields; i++) {
        bool const open = i > 0 && roll(dice, 5) == 0;

        buf_format(out, "%s{f%u%s}", open ? "[[" : "", i, types[roll(dice, COUNT(types))]);
        random_text(out, dice);
        buf_add(out, open ? S("]]") : S(""));
        if (open)
            random_text(out, dice);
    }
}

/* A line that fits the template, or nearly. */
static void random_line(struct buf *out, const struct template *t, uint64_t *dice) {
    static const char *const values[] = {"alice",
                                         "7",
                                         "-",
                                         "192.0.2.1",
                                         "2024-03-01 00:00:00",
                                         "Mar  1 00:00:00",
                                         "a b",
                                         "3.5",
                                         "aaaaaaaaaaa",
                                         "[2001:db8::1]",
                                         "x: y",
                                         "#",
                                         ""};

    out->len = 0;
    for (uint16_t i = 0; i < t->piece_count; i++) {
        if (t->pieces[i].type == PIECE_OPEN && roll(dice, 2))
            i = t->pieces[i].next;
        if (i == t->piece_count)
            break;
        if (t->pieces[i].type == PIECE_TEXT)
            buf_add(out, t->pieces[i].text);
        else if (t->pieces[i].type != PIECE_OPEN && t->pieces[i].type != PIECE_CLOSE)
            buf_add(out, str_of(values[roll(dice, COUNT(values))]));
    }
    if (out->len && roll(dice, 3) == 0)
        out->ptr[roll(dice, (uint32_t)out->len)] = "a #|\xc3"
                                                   "Fs"[roll(dice, 7)];
    if (out->len && roll(dice, 8) == 0)
        out->len -= roll(dice, (uint32_t)out->len);
}

/* Whatever tells in a hurry which of many templates can fit: the first of them that fits by itself is the line's. */
static void many_templates_are_as_one_by_one(void **state) {
    enum { TEMPLATES = 400, LINES = 4000 };
    struct buf yaml = {0}, line = {0}, many = {0}, one = {0};
    struct told t = {0}, u = {0};
    uint64_t dice = 3;
    size_t hits = 0, later = 0;
    struct set s;
    struct err e = {0};

    (void)state;
    buf_add(&yaml, S("format: f\ntitle: t\ntemplates:\n"));
    for (int i = 0; i < TEMPLATES; i++) {
        buf_add(&yaml, S("  - '"));
        random_template(&yaml, &dice);
        buf_add(&yaml, S("'\n"));
    }
    set_open(&s, buf_str(&yaml));
    const struct format *const all = formats_at(kinds_formats(s.kinds), 0);
    struct formats *alone[TEMPLATES];
    struct format single[TEMPLATES];
    const struct format *list[TEMPLATES];

    assert_int_equal(all->template_count, TEMPLATES);
    for (size_t i = 0; i < TEMPLATES; i++) {
        single[i] = *all;
        single[i].templates = &all->templates[i];
        single[i].template_count = 1;
        list[i] = &single[i];
        assert_non_null(alone[i] = formats_new(&list[i], 1));
    }
    for (int k = 0; k < LINES; k++) {
        size_t i = 0;

        random_line(&line, &all->templates[roll(&dice, TEMPLATES)], &dice);
        tell_line(&s, S(""), buf_str(&line), &t);
        told_text(s.fields, &t, &many);
        for (; i < TEMPLATES; i++) {
            if (!formats_tell(alone[i], s.fields, S(""), buf_str(&line), &u, &e))
                fail_msg("%s", e.text);
            if (u.template)
                break;
        }
        hits += i < TEMPLATES;
        later += i > 0 && i < TEMPLATES;
        if (t.template != (i < TEMPLATES ? &all->templates[i] : NULL))
            fail_msg("'%.*s': template %zu", STR_ARG(buf_str(&line)), i);
        told_text(s.fields, &u, &one);
        if (t.template && !str_eq(buf_str(&many), buf_str(&one)))
            fail_msg("'%.*s': %.*s, alone %.*s", STR_ARG(buf_str(&line)), STR_ARG(buf_str(&many)),
                     STR_ARG(buf_str(&one)));
    }
    assert_true(hits > LINES / 3 && later > LINES / 4);
    for (size_t i = 0; i < TEMPLATES; i++)
        formats_free(alone[i]);
    told_free(&t);
    told_free(&u);
    buf_free(&yaml);
    buf_free(&line);
    buf_free(&many);
    buf_free(&one);
    set_close(&s);
}

/* What is remembered of the line before (times, keys) is compared in full. */
static void what_is_remembered_is_compared(void **state) {
    static const struct {
        const char *line, *told;
    } lines[] = {
        {"at 2024-03-01 00:00:00 x", "f t=2024-03-01 00:00:00"},
        {"at 2024-03-01 00:00:00 x", "f t=2024-03-01 00:00:00"},
        {"at 2024-03-01 00:00:99 x", ""},
        {"at 2024-03-01 00:00:00 x", "f t=2024-03-01 00:00:00"},
        {"at 2024-03-01 00:00:0 x", ""},
        {"kv a=1 b=2", "f a=1;b=2"},
        {"kv b=1 a=2", "f b=1;a=2"},
        {"kv a=1 bb=2", "f a=1;bb=2"},
        {"kv a=1 b=2 a=3", "f a=1;b=2;a=3"},
        {"kv a=1 bb=2", "f a=1;bb=2"},
        {"kv c=1", "f c=1"},
        {"kv a=1 b=2", "f a=1;b=2"},
    };
    struct buf text = {0};
    struct told t = {0};
    struct set s;

    (void)state;
    set_open(&s, S("format: f\ntitle: t\ntemplates:\n  - 'at {t:time} x'\n  - 'kv {:pairs}'\n"));
    for (size_t i = 0; i < COUNT(lines); i++) {
        tell_line(&s, S(""), str_of(lines[i].line), &t);
        told_text(s.fields, &t, &text);
        if (!str_eq(buf_str(&text), str_of(lines[i].told)))
            fail_msg("%s: '%.*s'", lines[i].line, STR_ARG(buf_str(&text)));
    }
    told_free(&t);
    buf_free(&text);
    set_close(&s);
}

/* Whatever lines came before, and whatever order the files have. */
static void lines_forget_each_other(void **state) {
    struct told t = {0};
    struct buf got = {0};
    struct set s;
    (void)state;

    set_open(&s, str_of(several));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(asked); i++) {
            size_t const one = round == 1 ? COUNT(asked) - 1 - i : i;

            tell_line(&s, str_of(asked[one].program), str_of(asked[one].line), &t);
            told_text(s.fields, &t, &got);
            assert_string_equal(got.len ? (buf_byte(&got, '\0'), got.ptr) : "", asked[one].want);
        }
    told_free(&t);
    buf_free(&got);
    set_close(&s);
}

static void a_users_format_comes_before_the_built_in(void **state) {
    static const str mine = STR("format: mine\ntemplates: 'very much literal text of {x}'\n");
    static const str ours = STR("format: ours\nprogram: p\ntemplates: 'very much literal text of one {y}'\n");
    struct set s = {0};
    struct err e = {0};
    (void)state;

    assert_non_null(s.fields = fields_new());
    assert_true(kinds_new(&s.kinds, s.fields, &e));
    assert_true(kinds_load_text(s.kinds, S("ours"), ours, true, &e));
    assert_true(kinds_load_text(s.kinds, S("mine"), mine, false, &e));
    assert_true(kinds_seal(s.kinds, &e));
    assert_int_equal(tells_otherwise("", &s, "", S("very much literal text of one z"), "mine x=one z"), 0);
    set_close(&s);
}

static const struct {
    const char *line, *want;
} rows[] = {
    {"x: 1,2,3,4", "r a=1;c=3"}, {"x: \"1,\"\"0\"\"\",,\"3\"", "r a=1,\"0\";c=3"}, {"x: 1", "r a=1"}, {"x: ,,", "r"},
    {"x: \"open", "r"},
};

static void columns_of_a_row(void **state) {
    int wrong = 0;
    struct set s;
    (void)state;

    set_open(&s, S("format: r\ntemplates:\n  - {text: 'x: {:csv}', columns: [a, _, c]}\n"));
    for (size_t i = 0; i < COUNT(rows); i++)
        wrong += tells_otherwise(rows[i].line, &s, "", str_of(rows[i].line), rows[i].want);
    set_close(&s);
    assert_int_equal(wrong, 0);
}

static void values_are_bounded(void **state) {
    struct buf line = {0};
    struct told t = {0};
    struct set s;
    (void)state;

    set_open(&s, S("format: t\ntemplates: '{:pairs}'\n"));
    for (unsigned i = 0; i < RECORD_VALUES_MAX; i++)
        buf_format(&line, "k%u=%u ", i % 100, i);
    tell_line(&s, S(""), buf_str(&line), &t);
    assert_int_equal(t.count, RECORD_VALUES_MAX);
    assert_false(t.cut);
    buf_add(&line, S("one=more"));
    tell_line(&s, S(""), buf_str(&line), &t);
    assert_int_equal(t.count, RECORD_VALUES_MAX);
    assert_true(t.cut);
    told_free(&t);
    buf_free(&line);
    set_close(&s);
}

/* A key has 128 bytes at most, and 128 more in front of it. */
static void keys_are_bounded(void **state) {
    char line[200], yaml[400];
    struct err e = {0};
    struct set s;
    (void)state;

    for (size_t len = 127; len < 131; len++)
        for (int loose = 0; loose < 2; loose++) {
            struct told t = {0};

            memset(line, 'k', sizeof line);
            memcpy(line + len, "=v", 2);
            set_open(&s, loose ? S("format: t\ntemplates: '{:loose}'\n") : S("format: t\ntemplates: '{:pairs}'\n"));
            tell_line(&s, S(""), (str){line, len + 2}, &t);
            assert_int_equal(t.count, len <= 128);
            if (t.count)
                assert_int_equal(field_name(s.fields, t.values[0].field).len, len);
            told_free(&t);
            set_close(&s);
        }
    for (int len = 128; len < 130; len++) {
        snprintf(yaml, sizeof yaml, "format: t\ntemplates: '{%0*d:pairs}'\n", len, 0);
        if (set_load(&s, str_of(yaml), &e) != (len == 128))
            fail_msg("%d: %s", len, e.text);
        if (len == 128) {
            struct told t = {0};

            memset(line, 'k', 128);
            memcpy(line + 128, "=v", 2);
            tell_line(&s, S(""), (str){line, 130}, &t);
            assert_int_equal(t.count, 1);
            assert_int_equal(field_name(s.fields, t.values[0].field).len, 256);
            told_free(&t);
        } else {
            assert_string_equal(e.text, "k.yml:2: a template: more than 128 bytes in front of keys");
        }
        set_close(&s);
    }
}

static void names_are_bounded(void **state) {
    struct told t = {0};
    struct set s;
    (void)state;

    set_open(&s, S("format: t\ntemplates: '{:pairs}'\n"));
    for (unsigned i = 0; !t.cut; i++) {
        struct buf line = {0};

        assert_true(i <= FIELDS_MAX / 1000);
        for (unsigned k = 0; k < 1000; k++)
            buf_format(&line, "a%u=1 ", i * 1000 + k);
        tell_line(&s, S(""), buf_str(&line), &t);
        assert_true(t.count == 1000 || t.cut);
        buf_free(&line);
    }
    assert_int_equal(field_count(s.fields), FIELDS_MAX);
    assert_int_equal(tells_otherwise("known names still", &s, "", S("a1=1 a2=2"), "t a1=1;a2=2"), 0);
    told_free(&t);
    set_close(&s);
}

static void pieces_are_bounded(void **state) {
    (void)state;
    for (unsigned fields = 128; fields < 130; fields++) {
        struct buf yaml = {0}, line = {0};
        struct err e = {0};
        struct set s;

        buf_add(&yaml, S("format: t\ntemplates: '"));
        for (unsigned i = 0; i < fields; i++)
            buf_format(&yaml, "{f%u} ", i), buf_format(&line, "%u ", i);
        yaml.len--;
        buf_add(&yaml, S("'\n"));
        bool const ok = set_load(&s, buf_str(&yaml), &e);

        if (ok != (fields == 128) || (!ok && !strstr(e.text, "a template of more than 256 pieces")))
            fail_msg("%u: %s", fields, e.text);
        if (ok) {
            struct told t = {0};

            tell_line(&s, S(""), buf_str(&line), &t);
            assert_int_equal(t.count, 128);
            told_free(&t);
        }
        set_close(&s);
        buf_free(&yaml);
        buf_free(&line);
    }
}

static double seconds(void) {
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is written again and again to make matching slow. Each must cost no more than a look at the line needs, some times. */
static const struct {
    const char *template, *before, *again, *behind;
} hostile[] = {
    {"{a} {b} {c} {d} {e} {f} {g} {h:int}.", "", "a ", "a"},
    {"{a*} {b*} {c*} {d*} {e*} {f*} {g*} {h:int}.", "", "a ", "a"},
    {"for {u*} from {i:address} port {p:int}", "for x", " from 1.2.3.4 port x", ""},
    {"for {u*} from {i:address} port {p:int}", "for x", " from 1", ""},
    {"{a}[[ b {b}]][[ b {c}]][[ b {d}]][[ b {e}]] z", "", "a b ", "y"},
    {"[[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][["
     "a]][[a]]"
     "[[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]][[a]] b",
     "", "a", "c"},
    {"{a:int}1{b:int}2{c:int}x", "", "12", ""},
    {"{a:word}.{b:word}.{c:word}!", "", "a.", ""},
    {"{a:address}:{b:address}:{c:address}!", "", "1:", ""},
    {"\"{a:quoted}\" \"{b:quoted}\" {c} \"{d:quoted}\"!", "\"\" \"\" ", "x \"", ""},
    {"{a}[{b:word}]!", "", "[]", ""},
    {"{a}1{b:int}", "", "1", "x"},
    {"{a}1{b:int}[[ {c}]]", "", "1", "x"},
    {"{:loose}", "", "a", ""},
    {"{:loose}", "", "a ", ""},
    {"{:loose}", "", "a= ", ""},
    {"{:loose}", "a=", " \\", ""},
    {"{:pairs}", "", "a", ""},
    {"{:pairs}", "", "a=\"", ""},
    {"\"{:request}\"", "\"GET ", " \\\"", "\""},
};

static void hostile_lines_cost_little(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct buf yaml = {0}, line = {0};
        struct told t = {0};
        struct set s;

        buf_format(&yaml, "format: t\ntemplates: '%s'\n", hostile[i].template);
        set_open(&s, buf_str(&yaml));
        buf_add(&line, str_of(hostile[i].before));
        while (line.len < (size_t)15 << 20)
            buf_add(&line, str_of(hostile[i].again));
        buf_add(&line, str_of(hostile[i].behind));
        assert_false(line.failed);
        double const start = seconds();

        tell_line(&s, S(""), buf_str(&line), &t);
        if (seconds() - start > (REFUSES ? 2.0 : 20.0)) /* a tenth of it here; without bounds: hours */
            fail_msg("%s: %.1f seconds", hostile[i].template, seconds() - start);
        told_free(&t);
        buf_free(&line);
        buf_free(&yaml);
        set_close(&s);
    }
}

/* A long real line fits all the same. */
static void long_lines_fit(void **state) {
    struct buf line = {0};
    struct told t = {0};
    struct set s;
    (void)state;

    set_open(&s, S("format: t\ntemplates: 'for {u*} from {i:address}[[ port {p:int}]] agent \"{a:quoted}\" {b}!'\n"));
    buf_add(&line, S("for x"));
    while (line.len < (size_t)15 << 20)
        buf_add(&line, S(" from nowhere"));
    buf_add(&line, S(" from 1.2.3.4 port 5 agent \"q\" z!"));
    tell_line(&s, S(""), buf_str(&line), &t);
    assert_int_equal(t.count, 5);
    assert_int_equal(t.values[0].len, line.len - strlen("for ") - strlen(" from 1.2.3.4 port 5 agent \"q\" z!"));
    told_free(&t);
    buf_free(&line);
    set_close(&s);
}

/* Requests for memory are refused one by one: loading and telling fail for that, or come to the same. */
static void memory_may_run_out(void **state) {
    static const str line = STR("\"GET /\\\"a\\\" HTTP/1.1\" a=\"\\\"\" b=1");
    static const str yaml =
        STR("format: t\nprogram: p\ntemplates:\n  - {text: '\"{:request}\" {:pairs}', set: {c: d}}\n"
            "  - {text: '{:csv}', columns: [e]}\njoin: {f: '{a} {b}'}\n");
    size_t failures = 0;
    (void)state;

    REFUSE_OR_SKIP();
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n++) {
            struct told t = {0};
            struct buf got = {0};
            struct err e = {0};
            struct set s;
            bool ok, refused;

            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = n;
            ok = set_load(&s, yaml, &e) && formats_tell(kinds_formats(s.kinds), s.fields, S("p"), line, &t, &e);
            refused = memory_refused;
            memory_left = -1;
            if (!ok && e.code != ERR_MEMORY && e.code != ERR_LIMIT) /* LIMIT: of the catalogue of fields */
                fail_msg("request %ld: %s", n, e.text);
            if (ok && !t.cut) {
                told_text(s.fields, &t, &got);
                assert_true(str_eq(buf_str(&got),
                                   S("t cs-request=GET /\"a\" HTTP/1.1;cs-version=HTTP/1.1;cs-method=GET;cs-uri=/\"a\";"
                                     "cs-uri-stem=/\"a\";a=\";b=1;c=d;f=\" 1")));
                buf_free(&got);
            }
            failures += !ok;
            told_free(&t);
            set_close(&s);
            if (!refused)
                break;
        }
    assert_true(failures > 20);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_and_lines),
        cmocka_unit_test(reads_formats),
        cmocka_unit_test(formats_are_asked_in_order),
        cmocka_unit_test(many_templates_are_as_one_by_one),
        cmocka_unit_test(what_is_remembered_is_compared),
        cmocka_unit_test(lines_forget_each_other),
        cmocka_unit_test(a_users_format_comes_before_the_built_in),
        cmocka_unit_test(columns_of_a_row),
        cmocka_unit_test(values_are_bounded),
        cmocka_unit_test(keys_are_bounded),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(pieces_are_bounded),
        cmocka_unit_test(hostile_lines_cost_little),
        cmocka_unit_test(long_lines_fit),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
