/* test_xml: documents as the walk over them tells them; what is no XML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "codec/xml.h"

/* <a x="1">t</a> as "a{x=1;t}"; "!" where it is bad. */
static void walk(str text, struct buf *out) {
    struct xml x = {.rest = text};
    char *const room = malloc(text.len + 1);

    out->len = 0;
    for (;;) {
        enum xml_found const found = xml_next(&x);
        size_t const len = found == XML_ATTRIBUTE || found == XML_TEXT ? xml_text(&x, room) : 0;

        switch (found) {
        case XML_OPEN:
            buf_format(out, "%.*s{", STR_ARG(x.name));
            break;
        case XML_ATTRIBUTE:
            buf_format(out, "%.*s=%.*s;", STR_ARG(x.name), (int)len, room);
            break;
        case XML_TEXT:
            buf_format(out, "%.*s", (int)len, room);
            break;
        case XML_CLOSE:
            buf_add(out, S("}"));
            break;
        default:
            buf_add(out, found == XML_BAD ? S("!") : S(""));
            assert_int_equal(xml_next(&x), found);
            free(room);
            return;
        }
    }
}

static void documents(void **state) {
    static const struct {
        const char *name, *text, *told;
    } cases[] = {
        {"nothing", "", ""},
        {"an element", "<a/>", "a{}"},
        {"with text", "<a>t u</a>", "a{t u}"},
        {"attributes of both quotes", "<a x='1' y = \"2'\" />", "a{x=1;y=2';}"},
        {"elements in elements", "<a><b>1</b><b/>2</a>\n", "a{b{1}b{}2}"},
        {"a declaration, a comment", "<?xml version='1.0'?>\n<!-- <b> --><a>1<!-- x -->2</a>", "a{12}"},
        {"references", "<a x='&lt;&quot;'>&amp;&gt;&apos;&#65;&#x20AC;&#x1F600;</a>",
         "a{x=<\";&>'A\xe2\x82\xac\xf0\x9f\x98\x80}"},
        {"the shortest that takes most", "<a>&#xA0;&#2048;</a>", "a{\xc2\xa0\xe0\xa0\x80}"},
        {"unknown references stay", "<a>&foo; & &; &#0; &#xD800; &#1114112; &#x; &amp</a>",
         "a{&foo; & &; &#0; &#xD800; &#1114112; &#x; &amp}"},
        {"CDATA is plain", "<a>1<![CDATA[<b>&amp;]]]>2</a>", "a{1<b>&amp;]2}"},
        {"prefixes stay", "<e:a xmlns:e='u'/>", "e:a{xmlns:e=u;}"},
        {"two roots", "<a/><b/>", "a{}b{}"},
        {"only text", "text", "!"},
        {"text behind", "<a/>x", "a{}!"},
        {"left open", "<a><b></b>", "a{b{}!"},
        {"closed by another", "<a><b></a></b>", "a{b{!"},
        {"closed and never opened", "</a>", "!"},
        {"an attribute without value", "<a x>", "a{!"},
        {"without quotes", "<a x=1>", "a{!"},
        {"an open quote", "<a x='1>", "a{!"},
        {"an element in an attribute", "<a x='<b/>'/>", "a{!"},
        {"a tag without name", "<>", "!"},
        {"a tag that ends", "<a", "a{!"},
        {"a slash amid", "<a / x='1'>", "a{!"},
        {"an open comment", "<!-- x", "!"},
        {"an open CDATA", "<a><![CDATA[x</a>", "a{!"},
        {"CDATA outside", "<![CDATA[x]]>", "!"},
        {"a DTD is not read", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "!"},
    };
    struct buf out = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        walk(str_of(cases[i].text), &out);
        if (!str_eq(buf_str(&out), str_of(cases[i].told)))
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&out)));
    }
    buf_free(&out);
}

static void depth(void **state) {
    struct buf text = {0}, out = {0};
    (void)state;

    for (unsigned levels = XML_DEPTH_MAX; levels <= XML_DEPTH_MAX + 1; levels++) {
        text.len = 0;
        for (unsigned i = 0; i < levels; i++)
            buf_add(&text, S("<a>"));
        for (unsigned i = 0; i < levels; i++)
            buf_add(&text, S("</a>"));
        walk(buf_str(&text), &out);
        assert_int_equal(str_find_byte(buf_str(&out), '!') != SIZE_MAX, levels > XML_DEPTH_MAX);
    }
    buf_free(&text);
    buf_free(&out);
}

/* Every beginning, in exactly its room, is none, or ends between elements. */
static void cut(void **state) {
    str const whole = S("<?x?><a x='1' y=\"&#65;\"><!--c--><b>t&lt;</b><![CDATA[d]]></a>");
    struct buf out = {0};
    (void)state;

    for (size_t len = 6; len < whole.len; len++) {
        char *const exact = malloc(len);

        memcpy(exact, whole.ptr, len);
        walk((str){exact, len}, &out);
        assert_int_equal(out.ptr[out.len - 1], '!');
        free(exact);
    }
    buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
        cmocka_unit_test(depth),
        cmocka_unit_test(cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
