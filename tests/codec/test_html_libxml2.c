/* test_html_libxml2: the addresses that html finds are those that libxml2's HTML parser (SAX) finds in the same text, each with the
 * sort that its element and attribute give it.
 *
 * Bodies: a few of our own, and all HTML of LONGWATCH_SHARED (else ../shared), data/mail, as mail_bodies.py decodes them. A difference is
 * one of those below, each with its reason, or the test fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/buf.h"
#include "codec/html.h"

#ifdef HAVE_LIBXML2
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#endif

enum { ADDRESSES_MAX = 16384 };

/* Why an address is only one's. */
enum reason {
    C1,        /* &#128; to &#159; are windows-1252 (13.2.5.80); libxml2 takes them for control characters */
    RAW,       /* theirs alone: what is in textarea or noframes is no markup (13.2.6); libxml2 reads it as such */
    SWALLOWED, /* ours alone: a style element in an iframe is text; libxml2 takes all behind it for style */
    IMPORTED,  /* ours alone: @import in a style element; libxml2 says nothing of CSS */
    UNEXPLAINED,
    REASONS
};
static const char *const reason_names[REASONS] = {"windows-1252 reference", "in textarea or noframes",
                                                  "behind a style element in an iframe", "@import", "unexplained"};

struct addresses {
    size_t count;
    struct buf text[ADDRESSES_MAX]; /* sort, blank, address */
    bool matched[ADDRESSES_MAX];
};

static void forget(struct addresses *a) {
    for (size_t i = 0; i < a->count; i++)
        buf_free(&a->text[i]);
    free(a);
}

/* As html tells it: no blanks and control characters at the ends, no line ends and tabs within. */
static void keep(struct addresses *a, enum html_where where, str url) {
    struct buf *const to = &a->text[a->count];

    while (url.len && (uint8_t)*url.ptr <= ' ')
        url = str_from(url, 1);
    while (url.len && (uint8_t)url.ptr[url.len - 1] <= ' ')
        url.len--;
    if (!url.len)
        return;
    assert_true(a->count < ADDRESSES_MAX);
    buf_add(to, html_where_name(where));
    buf_byte(to, ' ');
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] != '\n' && url.ptr[i] != '\r' && url.ptr[i] != '\t')
            buf_byte(to, url.ptr[i]);
    a->count++;
}

/* libxml2 says nothing of CSS and of what is in comments. */
static bool on_url(void *ctx, const struct html_url *u) {
    if (u->where != HTML_BACKGROUND && u->where != HTML_FONT && !(u->flags & HTML_ONLY_OUTLOOK))
        keep(ctx, u->where, u->url);
    return true;
}

#ifdef HAVE_LIBXML2
static const struct {
    const char *element, *attribute;
    enum html_where where;
} rows[] = {
    {"a", "href", HTML_LINK},
    {"area", "href", HTML_LINK},
    {"form", "action", HTML_LINK},
    {"button", "formaction", HTML_LINK},
    {"input", "formaction", HTML_LINK},
    {"img", "src", HTML_IMAGE},
    {"image", "src", HTML_IMAGE},
    {"img", "lowsrc", HTML_IMAGE},
    {"img", "dynsrc", HTML_IMAGE},
    {"video", "src", HTML_MEDIA},
    {"video", "poster", HTML_IMAGE},
    {"audio", "src", HTML_MEDIA},
    {"source", "src", HTML_MEDIA},
    {"track", "src", HTML_MEDIA},
    {"bgsound", "src", HTML_MEDIA},
    {"iframe", "src", HTML_FRAME},
    {"frame", "src", HTML_FRAME},
    {"embed", "src", HTML_FRAME},
    {"object", "data", HTML_FRAME},
    {"script", "src", HTML_FRAME},
    {"base", "href", HTML_REFRESH},
    {"use", "href", HTML_IMAGE},
    {"use", "xlink:href", HTML_IMAGE},
    {"image", "href", HTML_IMAGE},
    {"image", "xlink:href", HTML_IMAGE},
    {"v:roundrect", "href", HTML_LINK},
    {"v:rect", "href", HTML_LINK},
};

static str value_of(const xmlChar **attributes, const char *name) {
    for (; attributes && attributes[0]; attributes += 2)
        if (str_eq_ascii(str_of((const char *)attributes[0]), str_of(name)))
            return str_of((const char *)attributes[1]);
    return S("");
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar **attributes) {
    str const element = str_of((const char *)name);

    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_eq_ascii(element, str_of(rows[i].element)))
            keep(ctx, rows[i].where, value_of(attributes, rows[i].attribute));
    if (str_eq_ascii(element, S("input")) && str_eq_ascii(value_of(attributes, "type"), S("image")))
        keep(ctx, HTML_IMAGE, value_of(attributes, "src"));
    if (str_eq_ascii(element, S("link"))) {
        str const rel = value_of(attributes, "rel");

        keep(ctx,
             str_eq_ascii(rel, S("stylesheet"))                        ? HTML_STYLE
             : str_find(rel, S("icon")) != SIZE_MAX                    ? HTML_IMAGE
             : str_starts(rel, S("pre")) || str_starts(rel, S("dns-")) ? HTML_REFRESH
                                                                       : HTML_LINK,
             value_of(attributes, "href"));
    }
}

static void libxml2_addresses(struct addresses *a, str html) {
    htmlSAXHandler const handler = {.startElement = on_start};
    htmlParserCtxtPtr parser;

    if (!html.len) /* it takes no empty text */
        return;
    assert_non_null(parser = htmlCreateMemoryParserCtxt(html.ptr, (int)html.len));
    (void)htmlCtxtUseOptions(parser, HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_RECOVER |
                                         HTML_PARSE_IGNORE_ENC | HTML_PARSE_NONET);
    memcpy(parser->sax, &handler, sizeof handler);
    parser->userData = a;
    (void)xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
    (void)htmlParseDocument(parser);
    htmlFreeParserCtxt(parser);
}
#else
static void libxml2_addresses(struct addresses *a, str html) {
    (void)a;
    (void)html;
    print_message("SKIP: built without libxml2\n");
    skip();
}
#endif

/* Equal but for what is not ASCII. */
static bool ascii_equal(str a, str b) {
    size_t i = 0, k = 0;

    for (;; i++, k++) {
        while (i < a.len && (uint8_t)a.ptr[i] > 0x7f)
            i++;
        while (k < b.len && (uint8_t)b.ptr[k] > 0x7f)
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.ptr[i] != b.ptr[k])
            return false;
    }
}

static enum reason reason_of(str html, str text, bool is_ours) {
    if (is_ours && str_starts(text, S("style ")) && str_find(html, S("@import")) != SIZE_MAX)
        return IMPORTED;
    if (!is_ours && (str_find(html, S("<textarea")) != SIZE_MAX || str_find(html, S("<noframes")) != SIZE_MAX))
        return RAW;
    if (is_ours && str_find(html, S("<style></xml></comment></iframe>")) != SIZE_MAX)
        return SWALLOWED;
    return UNEXPLAINED;
}

struct tally {
    size_t bodies, same, reasons[REASONS];
};

static void pairs(struct addresses *a, struct addresses *b, bool (*equal)(str, str), size_t *count) {
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count && !a->matched[i]; k++)
            if (!b->matched[k] && equal(buf_str(&a->text[i]), buf_str(&b->text[k]))) {
                a->matched[i] = b->matched[k] = true;
                ++*count;
            }
}

static void compare(const char *name, str html, struct tally *t) {
    struct addresses *const ours = calloc(1, sizeof *ours), *const theirs = calloc(1, sizeof *theirs);
    struct html_visitor const visitor = {.url = on_url, .ctx = ours};
    struct buf room = {0};

    assert_true(ours && theirs);
    assert_true(html_read(html, &room, &visitor));
    libxml2_addresses(theirs, html);
    pairs(ours, theirs, str_eq, &t->same);
    if (str_find(html, S("&#1")) != SIZE_MAX)
        pairs(ours, theirs, ascii_equal, &t->reasons[C1]);
    for (size_t side = 0; side < 2; side++) {
        const struct addresses *const a = side ? theirs : ours;

        for (size_t i = 0; i < a->count; i++) {
            enum reason const why = a->matched[i] ? REASONS : reason_of(html, buf_str(&a->text[i]), !side);

            if (why == UNEXPLAINED)
                print_error("%s: only %s: %.*s\n", name, side ? "libxml2" : "ours", STR_ARG(buf_str(&a->text[i])));
            if (why != REASONS)
                t->reasons[why]++;
        }
    }
    t->bodies++;
    buf_free(&room);
    forget(ours);
    forget(theirs);
}

static void own_bodies(void **state) {
    static const struct {
        const char *name;
        str html;
        size_t same;
    } cases[] = {
        {"quotes of all sorts", STR("<a href=1 ><a href='2'><a href=\"3\"><a\nhref\n=\n4>"), 4},
        {"references", STR("<a href='?a=1&amp;b=2&#x26;c=&#65;'><img src='&eacute;'>"), 2},
        {"of two the first", STR("<img src=a src=b>"), 1},
        {"in a comment", STR("<!-- <img src=a> --><img src=b>"), 1},
        {"in a style element", STR("<style><img src=a></style><img src=b>"), 1},
        {"in a script", STR("<script>x = '<img src=a>'</script><img src=b>"), 1},
        {"less than", STR("a < b <img src=a>"), 1},
        {"capitals", STR("<IMG SRC=A><A HREF=B></A>"), 2},
        {"closes itself", STR("<img src='a'/><br/><img src=\"b\"/>"), 2},
        {"sorts of links", STR("<link rel=stylesheet href=a><link rel=icon href=b><link rel=x href=c>"), 3},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tally t = {0};

        compare(cases[i].name, cases[i].html, &t);
        for (size_t k = 0; k < REASONS; k++)
            assert_int_equal(t.reasons[k], 0);
        if (t.same != cases[i].same)
            fail_msg("%s: %zu alike, not %zu", cases[i].name, t.same, cases[i].same);
    }
}

static void shared_mails(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE"), *const named = getenv("LONGWATCH_SHARED");
    char folder[2048], command[8192], head[4096];
    struct tally t = {0};
    FILE *from;
    (void)state;

    (void)snprintf(folder, sizeof folder, "%s%s/data/mail",
                   named    ? named
                   : source ? source
                            : ".",
                   named ? "" : "/../shared");
    if (access(folder, R_OK) != 0) {
        print_message("SKIP: no %s; LONGWATCH_SHARED names the shared data\n", folder);
        skip();
    }
    (void)snprintf(command, sizeof command, "/usr/bin/python3 '%s/tests/codec/mail_bodies.py' '%s'",
                   source ? source : ".", folder);
    assert_non_null(from = popen(command, "r"));
    while (fgets(head, sizeof head, from)) {
        size_t const size = strtoul(head, NULL, 10);
        char *const body = malloc(size ? size : 1); /* of just that size: a read beyond it is seen by the sanitizer */

        assert_non_null(body);
        assert_int_equal(fread(body, 1, size, from), size);
        head[strcspn(head, "\n")] = '\0';
        compare(head, (str){body, size}, &t);
        free(body);
    }
    assert_int_equal(pclose(from), 0);
    print_message("%zu bodies, %zu addresses alike\n", t.bodies, t.same);
    for (size_t i = 0; i < REASONS; i++)
        print_message("  %4zu %s\n", t.reasons[i], reason_names[i]);
    assert_true(t.bodies > 300 && t.same > 8000);
    assert_int_equal(t.reasons[UNEXPLAINED], 0);
    assert_true(t.reasons[C1] + t.reasons[RAW] + t.reasons[SWALLOWED] < 20);
}

int main(void) {
    static const struct CMUnitTest tests[] = {cmocka_unit_test(own_bodies), cmocka_unit_test(shared_mails)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
