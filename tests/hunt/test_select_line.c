/* test_select_line: what formats make of a line stands in the line, but for what select_line.c knows of. Lines are made for each template of each
 * format, with whatever its decoders undo in them, and of all that comes out each piece must be found in the line, or the line be told as odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "event/format.h"
#include "event/kind.h"

/* As hunt/select_own.h has it: rules have pieces as well, of the same names. */
bool select_line_is_odd(str line);

#define LINES 16u /* of each template */
#define LINES_ALONE 2000u

/* ---- which lines are odd ---- */

static void odd_lines(void **state) {
    static const struct {
        const char *line;
        bool odd;
    } cases[] = {
        {"", false},
        {"from 192.0.2.1 to 192.0.2.2", false},
        {"ask (4)evil(7)example(0)", true},
        {"ask (x)evil(7)example(y)", true},
        {"ask (4)evil(0)", true},
        {"(a)b(5)c", true},
        {"sudo (x) and (12) more.", true},
        {"ask (5)", false}, /* the root: kinds_spoken tells of it */
        {"ask (0)", false},
        {"ask (5) of others", false},
        {"app (12): done.", false},
        {"ask (x)", false},
        {"ask ()", false},
        {"ask (5", false},
        {"((5)", true},
        {"(5 (x) (", false},
        {"a (b) c (d)", false},
        {"bytes that are none: \xff", true},
        {"\xc3\xa4", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (select_line_is_odd(str_of(cases[i].line)) != cases[i].odd)
            fail_msg("%s: %sodd", cases[i].line, cases[i].odd ? "not " : "");
}

/* ---- lines for templates ---- */

static uint64_t drawn;

static uint32_t draw(uint32_t below) {
    drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((drawn >> 33) % below);
}

#define ONE_OF(list) ((list)[draw(COUNT(list))])

static const char *const words[] = {"evil",     "a.b",     "x",     "/a/b?c=d", "C:\\odd\\x.exe",
                                    "\\\"",     "\\\\",    "\\|",   "\\=",      "\"\"",
                                    "\"",       "|",       "=",     ":",        "(4)",
                                    "(x)",      "(0)",     "(",     ")",        "''",
                                    "\xc3\xa4", "k=\"v\"", "\\",    "k:v",      "#",
                                    "<a>",      "[b]",     "%41",   "http://",  "12",
                                    "-",        "...",     "a=b=c", "{q}",      "\\n"};

static void text_put(struct buf *b, bool blanks) {
    for (unsigned i = 1 + draw(4); i > 0; i--)
        buf_format(b, "%s%s", ONE_OF(words), blanks && !draw(3) ? " " : "");
}

static void labels_put(struct buf *b) {
    static const char *const begins[] = {"(4)", "(x)", "(0)", "(", "(12)", " (4)"};
    static const char *const ends[] = {"(0)", "(y)", ")", "(0) "};

    buf_add(b, str_of(ONE_OF(begins)));
    for (unsigned i = draw(4); i > 0; i--)
        buf_format(b, "%s%s", ONE_OF(words), draw(2) ? "(7)" : "");
    buf_add(b, str_of(ONE_OF(ends)));
}

static void pair_put(struct buf *b, const struct piece *p) {
    buf_format(b, "k%u%c", draw(9), p->equals);
    if (p->equals == ':')
        buf_add(b, draw(2) ? S(" ") : S(""));
    buf_add(b, draw(2) ? S("\"") : S(""));
    text_put(b, draw(2));
    buf_add(b, draw(2) ? S("\"") : S(""));
}

static void cells_put(struct buf *b, size_t count) {
    for (size_t i = 0; i < count + draw(2); i++) {
        buf_add(b, i ? S(",") : S(""));
        if (draw(2)) {
            text_put(b, true);
            continue;
        }
        buf_format(b, "\"%s\"\"%s%s\"", ONE_OF(words), ONE_OF(words), draw(2) ? "\"\"" : "");
    }
}

static void piece_put(struct buf *b, const struct template *t, const struct piece *p) {
    static const char *const methods[] = {"GET", "POST", "\\\"", "-"};
    static const char *const addresses[] = {"192.0.2.1", "[2001:db8::1]", "2001:db8::2", "-"};
    static const char *const times[] = {"2021-03-14 07:12:03",  "Mar 14 07:12:03", "14/Mar/2021:07:12:03 +0000",
                                        "2021-03-14T07:12:03Z", "1615705923",      "3/14/2021 7:12:03 AM"};

    switch (p->type) {
    case PIECE_TEXT:
        buf_add(b, p->text);
        return;
    case PIECE_INT:
        buf_format(b, "%u", draw(70000));
        return;
    case PIECE_NUMBER:
        buf_format(b, "%u.%u", draw(90), draw(90));
        return;
    case PIECE_ADDRESS:
        buf_add(b, str_of(ONE_OF(addresses)));
        return;
    case PIECE_TIME:
        buf_add(b, str_of(ONE_OF(times)));
        return;
    case PIECE_LABELS:
        labels_put(b);
        return;
    case PIECE_REQUEST:
        buf_format(b, "%s %s%s", ONE_OF(methods), draw(2) ? "/" : "http://x.example", draw(2) ? "/" : "");
        text_put(b, draw(2));
        buf_add(b, draw(3) ? S(" HTTP/1.1") : S(""));
        return;
    case PIECE_PAIRS:
    case PIECE_LOOSE:
        for (unsigned i = 2 + draw(4); i > 0; i--) {
            pair_put(b, p);
            buf_byte(b, p->between ? p->between : '\t');
            buf_add(b, p->between == ',' || draw(4) == 0 ? S(" ") : S(""));
        }
        return;
    case PIECE_CSV:
        cells_put(b, t->column_count);
        return;
    default:
        text_put(b, p->type != PIECE_WORD && draw(2));
    }
}

static void line_put(struct buf *b, const struct template *t) {
    for (uint16_t i = 0; i < t->piece_count; i++) {
        if (t->pieces[i].type == PIECE_OPEN && draw(3) == 0)
            i = (uint16_t)(t->pieces[i].next - 1);
        else if (t->pieces[i].type != PIECE_OPEN && t->pieces[i].type != PIECE_CLOSE)
            piece_put(b, t, &t->pieces[i]);
    }
}

/* ---- what comes out of them ---- */

struct checked {
    const struct kinds *kinds;
    bool joined[FIELDS_MAX], root[FIELDS_MAX];
    bool joints[256];
    unsigned fits[PIECE_CSV + 1], values, pieces, odd, elsewhere;
};

static bool on_spoken(void *ctx, field_id field, str text, bool joined) {
    struct checked *const c = ctx;

    c->joined[field] |= joined;
    c->root[field] |= str_eq(text, S("."));
    for (size_t i = 0; joined && i < text.len; i++)
        c->joints[(unsigned char)text.ptr[i]] = true;
    assert_true(!joined || text.len); /* none of ours puts two fields side by side */
    return true;
}

/* Without what select_line.c cuts out of a test. */
static void value_check(struct checked *c, str line, bool odd, const struct raw *v) {
    bool const joined = c->joined[v->field];

    c->values++;
    if (c->root[v->field] && str_eq((str){v->ptr, v->len}, S(".")))
        return;
    for (size_t from = 0, at = 0; at <= v->len; at++) {
        char const byte = at < v->len ? v->ptr[at] : '|';

        if (!strchr("\"\\|=", byte) && !(joined && c->joints[(unsigned char)byte]))
            continue;
        str const piece = {v->ptr + from, at - from};

        from = at + 1;
        c->pieces++;
        if (str_find(line, piece) != SIZE_MAX)
            continue;
        c->elsewhere++;
        if (!odd)
            fail_msg("\"%.*s\": a value has \"%.*s\", which does not stand in it", STR_ARG(line), STR_ARG(piece));
    }
}

static void line_check(struct checked *c, const struct format *f, str line, struct told *told) {
    bool const odd = select_line_is_odd(line);
    struct err e;

    assert_true(formats_tell(kinds_formats(c->kinds), kinds_fields(c->kinds), f->program_count ? f->programs[0] : S(""),
                             line, told, &e));
    c->odd += odd;
    for (uint32_t i = 0; i < told->count; i++)
        if (i < told->constant_from || i >= told->constant_to)
            value_check(c, line, odd, &told->values[i]);
    for (uint16_t i = 0; told->template && i < told->template->piece_count; i++)
        c->fits[told->template->pieces[i].type]++;
}

/* Of ours few lines that are made so fit those with many fields: each decoder alone, too. */
static const char alone[] = "format: alone\ntitle: t\ntemplates:\n"
                            "  - 'ask {q:labels}'\n"
                            "  - 'ask of {q:labels}, {rest}'\n"
                            "  - 'say \"{q:quoted}\"'\n"
                            "  - 'do \"{:request}\"'\n"
                            "  - 'pairs {k:pairs}'\n"
                            "  - 'bars {k:pairs_bar}'\n"
                            "  - 'leef {k:leef}'\n"
                            "  - 'loose {k:loose}'\n"
                            "  - 'spoken {k:loose_colon}'\n"
                            "  - {text: 'row {:csv}', columns: [a, b, c, d]}\n"
                            "  - 'at {a:address} {rest*}'\n";

static void every_format(void **state) {
    struct checked *const c = calloc(1, sizeof *c);
    struct fields *const fields = fields_new();
    struct told told = {0};
    struct buf line = {0};
    struct kinds *kinds = NULL;
    struct err e;
    (void)state;

    assert_true(c && fields && kinds_new(&kinds, fields, &e) && kinds_load_builtin(kinds, &e));
    if (!kinds_load_text(kinds, S("alone"), str_of(alone), false, &e) || !kinds_seal(kinds, &e))
        fail_msg("%s", e.text);
    c->kinds = kinds;
    assert_true(kinds_spoken(kinds, on_spoken, c));
    for (size_t i = 0; i < formats_count(kinds_formats(kinds)); i++) {
        const struct format *const f = formats_at(kinds_formats(kinds), i);

        for (size_t k = 0; k < f->template_count; k++)
            for (unsigned n = 0; n < (f->builtin ? LINES : LINES_ALONE); n++) {
                line.len = 0;
                line_put(&line, &f->templates[k]);
                line_check(c, f, buf_str(&line), &told);
            }
    }
    print_message("%u values of %u pieces; %u lines are odd, and %u pieces stand in none of them\n", c->values,
                  c->pieces, c->odd, c->elsewhere);
    for (unsigned type = 0; type < COUNT(c->fits); type++)
        assert_true(type == PIECE_CLOSE || c->fits[type] > 20); /* each decoder was asked */
    assert_true(c->elsewhere > 0);
    told_free(&told);
    buf_free(&line);
    kinds_free(kinds);
    fields_free(fields);
    free(c);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_lines),
        cmocka_unit_test(every_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
