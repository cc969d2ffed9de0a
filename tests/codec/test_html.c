/* test_html: what html tells of pieces of HTML: addresses with where they stood and whether anybody sees them, text, elements. Wrong HTML
 * means what the HTML Living Standard says it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/html.h"
#include "../refuse.h"

/* Everything that is told, a line each: "image h1o address [text]" (h hidden, 1 one pixel, o only Outlook), then the two texts. */
struct told {
    struct buf urls, text[2], elements;
    size_t calls, stop_at; /* stop_at: the call that returns false; 0 none */
};

static bool goes_on(struct told *t) {
    return ++t->calls != t->stop_at;
}

static bool on_url(void *ctx, const struct html_url *u) {
    struct told *const t = ctx;

    assert_true(u->url.len > 0);
    buf_add(&t->urls, html_where_name(u->where));
    buf_byte(&t->urls, ' ');
    if (u->flags & HTML_HIDDEN)
        buf_byte(&t->urls, 'h');
    if (u->flags & HTML_ONE_PIXEL)
        buf_byte(&t->urls, '1');
    if (u->flags & HTML_ONLY_OUTLOOK)
        buf_byte(&t->urls, 'o');
    if (u->flags)
        buf_byte(&t->urls, ' ');
    buf_add(&t->urls, u->url);
    if (u->text.len) {
        buf_add(&t->urls, S(" ["));
        buf_add(&t->urls, u->text);
        buf_byte(&t->urls, ']');
    }
    buf_byte(&t->urls, '\n');
    return goes_on(t);
}

static bool on_text(void *ctx, str text, bool hidden) {
    struct told *const t = ctx;

    assert_true(text.len > 0);
    buf_add(&t->text[hidden], text);
    return goes_on(t);
}

static bool on_element(void *ctx, str name) {
    struct told *const t = ctx;

    buf_add(&t->elements, name);
    buf_byte(&t->elements, ' ');
    return goes_on(t);
}

static void told_free(struct told *t) {
    buf_free(&t->urls);
    buf_free(&t->text[0]);
    buf_free(&t->text[1]);
    buf_free(&t->elements);
}

/* In a copy of just its size, so that a read beyond it is seen by the sanitizer. */
static bool read_all(str html, struct told *t) {
    struct html_visitor const visitor = {.url = on_url, .text = on_text, .element = on_element, .ctx = t};
    char *const copy = malloc(html.len ? html.len : 1);
    struct buf room = {0};
    bool done;

    assert_non_null(copy);
    memcpy(copy, html.ptr, html.len);
    done = html_read((str){copy, html.len}, &room, &visitor);
    buf_free(&room);
    free(copy);
    return done;
}

static bool same(const char *name, const char *what, str is, str expected) {
    if (!str_eq(is, expected))
        print_error("%s: %s\n  is       \"%.*s\"\n  expected \"%.*s\"\n", name, what, STR_ARG(is), STR_ARG(expected));
    return str_eq(is, expected);
}

static const struct {
    const char *name;
    str html, urls;
} url_cases[] = {
    /* Attributes (13.2.5.32 on). */
    {"double quotes", STR("<img src=\"a b\">"), STR("image a b\n")},
    {"single quotes", STR("<img src='a\"b'>"), STR("image a\"b\n")},
    {"no quotes", STR("<img src=a/b>"), STR("image a/b\n")},
    {"no quotes, slash at the end is its", STR("<img src=a/>"), STR("image a/\n")},
    {"blanks about the sign", STR("<img src \n=\t'a'>"), STR("image a\n")},
    {"no blank behind a value", STR("<img alt='x'src='a'>"), STR("image a\n")},
    {"of two the first", STR("<img src=a SRC=b>"), STR("image a\n")},
    {"no value", STR("<img src>"), STR("")},
    {"empty value", STR("<img src='  '>"), STR("")},
    {"sign first is a name", STR("<img =src=a src=b>"), STR("image b\n")},
    {"greater than in quotes", STR("<img alt='>' src=a>"), STR("image a\n")},
    {"tag without end is none", STR("<img src=a"), STR("")},
    {"quote without end is none", STR("<img src='a>x</p>"), STR("")},
    {"name with less than", STR("<im<g src=a>"), STR("")},
    {"capitals", STR("<IMG SRC='A'>"), STR("image A\n")},
    {"slash as blank", STR("<img/src=a>"), STR("image a\n")},
    {"end tags have none", STR("</img src=a>"), STR("")},
    {"a long name is another", STR("<img srcsrcsrcsrcsrcsrc=a imgimgimgimgimgimg src=b>"), STR("image b\n")},
    /* Character references (13.2.5.72 on). */
    {"amp", STR("<img src='?a&amp;b'>"), STR("image ?a&b\n")},
    {"decimal and hexadecimal", STR("<img src='&#104;&#x74;&#X74;p'>"), STR("image http\n")},
    {"number without semicolon", STR("<img src='&#65b'>"), STR("image Ab\n")},
    {"legacy before a sign stays", STR("<img src='?a=1&copy=2&reg2'>"), STR("image ?a=1&copy=2&reg2\n")},
    {"legacy at the end", STR("<img src='?a&copy'>"), STR("image ?a\xc2\xa9\n")},
    {"longest name", STR("<img src='&notin;&notit;'>"), STR("image \xe2\x88\x89&notit;\n")},
    {"two code points", STR("<img src='&NotEqualTilde;'>"), STR("image \xe2\x89\x82\xcc\xb8\n")},
    {"windows-1252", STR("<img src='&#128;&#159;&#129;'>"), STR("image \xe2\x82\xac\xc5\xb8\xc2\x81\n")},
    {"no character", STR("<img src='&#0;&#xd800;&#x110000;&#99999999999;'>"),
     STR("image \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n")},
    {"no reference", STR("<img src='&;&#;&#x;&foo;&'>"), STR("image &;&#;&#x;&foo;&\n")},
    {"a zero", STR("<img src='a\0b'>"),
     STR("image a\xef\xbf\xbd"
         "b\n")},
    /* URL Standard 4.4. */
    {"line ends within, blanks about", STR("<img src=' \x01 ht\ntp\t://\r\na '>"), STR("image http://a\n")},
    {"line ends by reference", STR("<img src='&#10;a&Tab;b&NewLine;'>"), STR("image ab\n")},
    /* Which attributes of which elements. */
    {"links",
     STR("<a href=1>t</a><area href=2><form action=3></form><button formaction=4></button>"
         "<input formaction=5>"),
     STR("link 1 [t]\nlink 2\nlink 3\nlink 4\nlink 5\n")},
    {"images",
     STR("<img src=1 lowsrc=2 dynsrc=3><input type=IMAGE src=4><input src=no><video poster=5></video>"
         "<image src=6>"),
     STR("image 1\nimage 2\nimage 3\nimage 4\nimage 5\nimage 6\n")},
    {"svg", STR("<svg><image xlink:href=1 /><use href=2 /><image href=3></svg>"), STR("image 1\nimage 2\nimage 3\n")},
    {"srcset", STR("<img srcset='a 1x, b 2x,c,, d 100w (x,y) , e'>"),
     STR("image a\nimage b\nimage c\nimage d\nimage e\n")},
    {"srcset of source", STR("<picture><source srcset='a,b 2x'></picture>"), STR("image a,b\n")},
    {"media", STR("<video src=1></video><audio src=2></audio><source src=3><track src=4><bgsound src=5>"),
     STR("media 1\nmedia 2\nmedia 3\nmedia 4\nmedia 5\n")},
    {"frames", STR("<iframe src=1></iframe><frame src=2><embed src=3><object data=4></object><script src=5></script>"),
     STR("frame 1\nframe 2\nframe 3\nframe 4\nframe 5\n")},
    {"link elements",
     STR("<link rel=stylesheet href=1><link rel='shortcut ICON' href=2><link rel=dns-prefetch href=3><link rel=x "
         "href=4>"),
     STR("style 1\nimage 2\nrefresh 3\nlink 4\n")},
    {"base", STR("<base href=1>"), STR("refresh 1\n")},
    {"meta refresh", STR("<meta http-equiv=Refresh content='5; URL=http://a/?b'>"), STR("refresh http://a/?b\n")},
    {"meta refresh in quotes", STR("<meta http-equiv=refresh content='0;url=\"a\" x'>"), STR("refresh a\n")},
    {"meta refresh, no url=", STR("<meta http-equiv=refresh content='3;a'>"), STR("refresh a\n")},
    {"meta refresh of itself", STR("<meta http-equiv=refresh content=5>"), STR("")},
    {"another meta", STR("<meta http-equiv=x content='0;url=a'><meta content='0;url=b'>"), STR("")},
    {"background", STR("<body background=1><td background=2>"), STR("background 1\nbackground 2\n")},
    {"cite and others are none", STR("<blockquote cite=a><q cite=b><p src=c href=d><img href=e data-src=f>"), STR("")},
    {"vml", STR("<v:rect href=1><v:fill src=2 /><v:imagedata src=3 /></v:rect>"),
     STR("link 1\nbackground 2\nimage 3\n")},
    {"cid, data, mailto, script",
     STR("<img src=cid:a><img src=data:b><a href=mailto:c></a><a href='javascript:d'></a>"),
     STR("image cid:a\nimage data:b\nlink mailto:c\nlink javascript:d\n")},
    /* Links end. */
    {"link text", STR("<a href=1> a <b>b\n c</b><br>d&amp;<img src=i> </a>"), STR("image i\nlink 1 [a b c d&]\n")},
    {"link within a link", STR("<a href=1>a<a href=2>b</a>"), STR("link 1 [a]\nlink 2 [b]\n")},
    {"link without an end", STR("<a href=1>a"), STR("link 1 [a]\n")},
    {"link and cells", STR("<table><td><a href=1>a<td>b</table>"), STR("link 1 [a]\n")},
    {"link over blocks", STR("<div><a href=1>a</div>b</a>c"), STR("link 1 [a b]\n")},
    {"anchor without an address", STR("<a name=x>a</a>"), STR("")},
    {"link by reference outlives others", STR("<a href='?&amp;1'>a<img src='?&amp;2'><img src=\"?&amp;3\"></a>"),
     STR("image ?&2\nimage ?&3\nlink ?&1 [a]\n")},
    {"link text is what is shown", STR("<a href=1>a<span style='display:none'>b</span>c</a>"), STR("link 1 [ac]\n")},
    {"link text of a hidden link", STR("<a href=1 style='display:none'>b</a>"), STR("link h 1 [b]\n")},
    {"link text, 256 bytes",
     STR("<a href=1>0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\xc3\xa9!<b>x</b></a>"),
     STR("link 1 [0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\xc3\xa9]\n")},
    /* Where no markup is. */
    {"comment", STR("<!-- <img src=a> --><img src=b>"), STR("image b\n")},
    {"empty comments", STR("<!--><img src=a><!---><img src=b><!----><img src=c>"), STR("image a\nimage b\nimage c\n")},
    {"comment, bang", STR("<!-- <img src=a> --!><img src=b>"), STR("image b\n")},
    {"comment without an end", STR("<!-- <img src=a> -- ><img src=b>"), STR("")},
    {"bogus comments", STR("<!x '><img src=a><?x '><img src=b></ '><img src=c></><img src=d>"),
     STR("image a\nimage b\nimage c\nimage d\n")},
    {"doctype", STR("<!DOCTYPE html PUBLIC '//x' 'http://no'><img src=a>"), STR("image a\n")},
    {"CDATA is a comment", STR("<![CDATA[ <img src=a> ]]>"), STR("")},
    {"CDATA in svg", STR("<svg><![CDATA[ <image href=a> ]]><image href=b></svg>"), STR("image b\n")},
    {"style, title, textarea, xmp",
     STR("<style><img src=a></style><title><img src=b></title><textarea><img src=c></textarea><xmp><img src=d></xmp>"
         "<img src=e>"),
     STR("image e\n")},
    {"end tag of another", STR("<title></titl><img src=a></titles><img src=b></TITLE\n><img src=c>"), STR("image c\n")},
    {"script", STR("<script><img src=a></script><img src=b>"), STR("image b\n")},
    {"script twice", STR("<script><!-- <script></script><img src=a> --></script><img src=b>"), STR("image b\n")},
    {"script, comment ends", STR("<script><!-- --><script></script><img src=a>"), STR("image a\n")},
    {"plaintext", STR("<plaintext><img src=a></plaintext><img src=b>"), STR("")},
    {"noscript is shown", STR("<noscript><img src=a></noscript>"), STR("image a\n")},
    {"noframes, iframe", STR("<noframes><a href=1>x</noframes><iframe><img src=2></iframe><img src=3>"),
     STR("link h 1 [x]\nimage h 2\nimage 3\n")},
    {"noframes in noframes", STR("<noframes><noframes><noframes><noframes><noframes><noframes><img src=a>"),
     STR("image h a\n")},
    /* Conditional comments. */
    {"only Outlook", STR("<!--[if mso]><img src=a><![endif]--><img src=b>"), STR("image o a\nimage b\n")},
    {"only Outlook, not hidden by it", STR("<a href=1>x<!--[if gte mso 9]><a href=2>y</a><![endif]-->z</a>"),
     STR("link o 2 [y]\nlink 1 [xz]\n")},
    {"all but Outlook", STR("<!--[if !mso]><!--><img src=a><!--<![endif]--><img src=b>"), STR("image a\nimage b\n")},
    {"all but Outlook, as a bogus comment", STR("<![if !mso]><img src=a><![endif]>"), STR("image a\n")},
    {"Outlook's style hides nothing", STR("<!--[if mso]><style>img{display:none}</style><![endif]--><img src=a>"),
     STR("image a\n")},
    {"Outlook's open elements stay there", STR("<!--[if mso]><div style='display:none'><![endif]--><img src=a>"),
     STR("image a\n")},
    /* Hidden. */
    {"display", STR("<img src=a style='display:none'><img src=b style='DISPLAY : None !important;'>"),
     STR("image h a\nimage h b\n")},
    {"display otherwise", STR("<img src=a style='display:block'><img src=b style='x-display:none'>"),
     STR("image a\nimage b\n")},
    {"the last one counts", STR("<img src=a style='display:none;display:block'>"), STR("image a\n")},
    {"unless another is important", STR("<img src=a style='display:none!important;display:block'>"),
     STR("image h a\n")},
    {"in a comment", STR("<img src=a style='/*display:none*/'><img src=b style='/*;*/display:none'>"),
     STR("image a\nimage h b\n")},
    {"in a string", STR("<img src=a style='font-family:\"x;display:none\"'>"), STR("image a\n")},
    {"by reference", STR("<img src=a style='display&#58;none'>"), STR("image h a\n")},
    {"visibility", STR("<p style='visibility:hidden'><img src=a><i style='visibility:visible'><img src=b>"),
     STR("image h a\nimage b\n")},
    {"visibility does not undo display", STR("<p style='display:none'><i style='visibility:visible'><img src=b>"),
     STR("image h b\n")},
    {"opacity", STR("<img src=a style='opacity:0'><img src=b style='opacity:.0'><img src=c style='opacity:0.5'>"),
     STR("image h a\nimage h b\nimage c\n")},
    {"size 0", STR("<img src=a width=0><img src=b height='0px'><img src=c style='width:0'><img src=d width=10>"),
     STR("image h a\nimage h b\nimage h c\nimage d\n")},
    {"max-height", STR("<div style='max-height:0px'><img src=a></div><img src=b>"), STR("image h a\nimage b\n")},
    {"low and clipped", STR("<div style='height:0;overflow:hidden'><img src=a></div><div style='height:0'><img src=b>"),
     STR("image h a\nimage b\n")},
    {"off the page",
     STR("<p style='position:absolute;left:-9999px'><img src=a></p><p style='left:-9999px'><img src=b>"
         "</p><p style='text-indent:-999em'><img src=c></p><p style='text-indent:-5000px'><img src=d>"),
     STR("image h a\nimage b\nimage c\nimage h d\n")},
    {"attribute", STR("<div hidden><img src=a></div><div hidden style='display:block'><img src=b>"),
     STR("image h a\nimage b\n")},
    {"letters of no size hide no image",
     STR("<p style='font-size:0'><img src=a><a href=1>x</a><a href=2><img src=b></a>"),
     STR("image a\nlink h 1 [x]\nimage b\nlink 2\n")},
    {"letters again",
     STR("<p style='font-size:0'><a href=1 style='font-size:12px'>x</a><a href=2 style='font-size:2em'>"
         "y</a>"),
     STR("link 1 [x]\nlink h 2 [y]\n")},
    {"mso-hide is for Outlook", STR("<a href=1 style='mso-hide:all'>x</a>"), STR("link 1 [x]\n")},
    {"style sheet",
     STR("<style>.a, p#b , td.c{display:none} i{visibility:hidden}</style><img class='x a' src=1>"
         "<p id=b><img src=2></p><img id=b src=3><img class=c src=4><i><img src=5></i><img class=A src=6>"),
     STR("image h 1\nimage h 2\nimage 3\nimage 4\nimage h 5\nimage 6\n")},
    {"its own style is stronger",
     STR("<style>.a{display:none}.b{display:none!important}</style>"
         "<img class=a style=display:inline src=1><img class=b style=display:inline src=2>"),
     STR("image 1\nimage h 2\n")},
    {"a later rule", STR("<style>.a{display:none}.a{display:block}</style><img class=a src=1>"), STR("image 1\n")},
    {"what selectors are not for us",
     STR("<style>p .a,.a:hover,.a>b,.a.b,[x],*{display:none}</style><img class=a src=1>"), STR("image 1\n")},
    {"media queries do not hide",
     STR("<style>@media (x) {.a{display:none} .b{background:url(u)}} .c{display:none}</style>"
         "<img class=a src=1><img class=c src=2>"),
     STR("background u\nimage 1\nimage h 2\n")},
    /* One pixel. */
    {"attributes", STR("<img src=a width=1 height=1><img src=b width='1px' height=0><img src=c width='1' height='2'>"),
     STR("image 1 a\nimage h1 b\nimage c\n")},
    {"style", STR("<img src=a style='width:1px;height:1px'><img src=b width=1 style='height:1px'>"),
     STR("image 1 a\nimage 1 b\n")},
    {"style is stronger", STR("<img src=a width=1 height=1 style='width:100px'>"), STR("image a\n")},
    {"one of two is not enough", STR("<img src=a width=1><img src=b height=1>"), STR("image a\nimage b\n")},
    {"per cent", STR("<img src=a width='1%' height='1%'>"), STR("image a\n")},
    {"units", STR("<img src=a style='width:1em;height:1px'><img src=b style='width:.5px;height:.7pt'>"),
     STR("image a\nimage 1 b\n")},
    {"no number", STR("<img src=a width=x height=''>"), STR("image a\n")},
    {"a background of one pixel", STR("<div style='background:url(a);width:1px;height:1px'>"), STR("background 1 a\n")},
    /* CSS addresses. */
    {"url in style", STR("<p style=\"background:#fff url( 'a b' ) x;cursor:URL(c)\">"),
     STR("background a b\nbackground c\n")},
    {"url in style by reference", STR("<p style=\"background:url(&quot;?a&amp;b&quot;)\">"), STR("background ?a&b\n")},
    {"url with escapes", STR("<p style='background:url(a\\)b\\2f c)'>"), STR("background a)b/c\n")},
    {"url in a comment", STR("<p style='/* url(a) */ background:url(b)'>"), STR("background b\n")},
    {"url without an end", STR("<p style='background:url(a'>"), STR("background a\n")},
    {"imports", STR("<style>@import 'a';@import url(b) screen;@import url(\"c\");</style>"),
     STR("style a\nstyle b\nstyle c\n")},
    {"fonts", STR("<style>@font-face{font-family:x;src:url(a) format('x'),url('b')}p{background:url(c)}</style>"),
     STR("font a\nfont b\nbackground c\n")},
    {"style sheet in a comment", STR("<style><!-- p{background:url(a)} --></style>"), STR("background a\n")},
    {"brackets in a string", STR("<style>p{content:'}'} q{background:url(a)} r{background:url(b)</style>"),
     STR("background a\nbackground b\n")},
    /* Who is in whom. */
    {"p ends by itself", STR("<p style='display:none'>x<p><img src=a>"), STR("image a\n")},
    {"p ends at a block", STR("<p style='display:none'>x<div><img src=a>"), STR("image a\n")},
    {"li, td, tr end by themselves",
     STR("<ul><li hidden><li><img src=a></ul><table><tr hidden><td><img src=b><tr><td hidden>"
         "<img src=c><td><img src=d></table>"),
     STR("image a\nimage h b\nimage h c\nimage d\n")},
    {"end tags close what is in them", STR("<div hidden><p><span></div><img src=a>"), STR("image a\n")},
    {"an end tag within a cell", STR("<div hidden><table><td></div><img src=a></table></div><img src=b>"),
     STR("image h a\nimage b\n")},
    {"an inline end tag stops at a block", STR("<span hidden><div></span><img src=a></div></span><img src=b>"),
     STR("image h a\nimage b\n")},
    {"formatting ends out of order", STR("<b hidden><p></b><img src=a>"), STR("image a\n")},
    {"formatting goes on behind a block", STR("<div><font hidden></div><img src=a></font><img src=b>"),
     STR("image h a\nimage b\n")},
    {"unknown elements", STR("<x-y hidden><img src=a></x-z><img src=b></X-Y><img src=c>"),
     STR("image h a\nimage h b\nimage c\n")},
    {"end tag of nothing", STR("</div></p></td><img src=a>"), STR("image a\n")},
    {"void elements hide nothing behind", STR("<br hidden><img hidden src=a><img src=b>"), STR("image h a\nimage b\n")},
    {"body hides", STR("<body style='display:none'></body><img src=a>"), STR("image h a\n")},
    {"template", STR("<template><img src=a></template><img src=b>"), STR("image h a\nimage b\n")},
};

static void urls(void **state) {
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(url_cases); i++) {
        struct told t = {0};

        assert_true(read_all(url_cases[i].html, &t));
        good = same(url_cases[i].name, "addresses", buf_str(&t.urls), url_cases[i].urls) && good;
        told_free(&t);
    }
    assert_true(good);
}

static const struct {
    const char *name;
    str html, shown, hidden;
} text_cases[] = {
    {"white space is one blank", STR("  a \n\t b  <i> c</i>d "), STR("a b cd\n"), STR("")},
    {"blocks end lines", STR("a<p>b</p>c<br>d<div><div>e</div></div>"), STR("a\nb\nc\nd\ne\n"), STR("")},
    {"no empty lines", STR("<p> </p><br><br>a<br><br>b"), STR("a\nb\n"), STR("")},
    {"cells", STR("<table><tr><td>a<td>b</table>c"), STR("a\nb\nc\n"), STR("")},
    {"references", STR("&lt;a&gt;&nbsp;&amp;&copy1&#32; b&#10;&eacute"),
     STR("<a>\xc2\xa0&\xc2\xa9"
         "1 b \xc3\xa9\n"),
     STR("")},
    {"no references", STR("a & b &; &x; &"), STR("a & b &; &x; &\n"), STR("")},
    {"signs that begin no tag", STR("1 < 2 <3 > <"), STR("1 < 2 <3 > <\n"), STR("")},
    {"less than and slash at the end", STR("a</"), STR("a</\n"), STR("")},
    {"zeros are nothing", STR("a\0b"), STR("ab\n"), STR("")},
    {"hidden is told apart", STR("a<i style='display:none'>b</i> c"), STR("a c\n"), STR("b\n")},
    {"title is not shown", STR("<title>a &amp;</title>b"), STR("b\n"), STR("a &\n")},
    {"textarea, xmp, plaintext", STR("<textarea><b>&amp;</textarea><xmp><b>&amp;</xmp><plaintext></b>"),
     STR("<b>&\n<b>&amp;\n</b>\n"), STR("")},
    {"style and script are none", STR("<style>a</style><script>b</script>c"), STR("c\n"), STR("")},
    {"pre", STR("<pre>a  b\r\n c</pre>  d"), STR("a  b\n c\nd\n"), STR("")},
    {"only Outlook", STR("a<!--[if mso]>b<![endif]-->c"), STR("ac\n"), STR("b\n")},
    {"white on white is not judged", STR("<p style='color:#fff'>a"), STR("a\n"), STR("")},
    {"letters of no size", STR("<p style='font-size:0'>a<b style='font-size:9px'>b"), STR("b\n"), STR("a\n")},
    {"select and option", STR("<select><option>a<option>b</select>c"), STR("a\nb\nc\n"), STR("")},
};

static void texts(void **state) {
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(text_cases); i++) {
        struct told t = {0};

        assert_true(read_all(text_cases[i].html, &t));
        good = same(text_cases[i].name, "shown text", buf_str(&t.text[0]), text_cases[i].shown) && good;
        good = same(text_cases[i].name, "hidden text", buf_str(&t.text[1]), text_cases[i].hidden) && good;
        told_free(&t);
    }
    assert_true(good);
}

static void elements(void **state) {
    struct told t = {0};
    (void)state;

    assert_true(
        read_all(S("<HTML><x-Y><!--[if mso]><o><![endif]--></x-Y><br/><!-- <i> --><style><b></style></p>"), &t));
    assert_true(same("elements", "names", buf_str(&t.elements), S("html x-y br style ")));
    told_free(&t);
}

static bool in_order_text(void *ctx, str text, bool hidden) {
    buf_format(ctx, hidden ? "{%.*s}" : "%.*s", STR_ARG(text));
    return true;
}

static bool in_order_element(void *ctx, str name) {
    buf_format(ctx, "<%.*s>", STR_ARG(name));
    return true;
}

static bool in_order_end(void *ctx, str name) {
    buf_format(ctx, "</%.*s>", STR_ARG(name));
    return true;
}

/* Who asks for ends can tell what of a table stands in which cell, and what behind it. */
static void in_order(void **state) {
    struct buf heard = {0}, room = {0};
    struct html_visitor const visitor = {
        .text = in_order_text, .element = in_order_element, .ctx = &heard, .ended = in_order_end};
    (void)state;

    assert_true(html_read(S("a<table><tr><td>b<td><b>c</b>d<p hidden>e</p></table>f</I>g<br>h"), &room, &visitor));
    assert_true(same("in order", "texts and tags", buf_str(&heard),
                     S("a\n<table><tr><td>b\n<td><b>c</b>d\n<p>{e\n}</p></table>f</i>g\n<br>h\n")));
    buf_free(&heard);
    buf_free(&room);
}

/* Elements deeper than the stack inherit and are not kept: what is above them ends where it ends. */
static void depth_is_bounded(void **state) {
    struct buf html = {0};
    struct told t = {0};
    size_t const deep = HTML_DEPTH_MAX + 50;
    (void)state;

    buf_add(&html, S("<div hidden>"));
    for (size_t i = 0; i < deep; i++)
        buf_add(&html, S("<div>"));
    buf_add(&html, S("<img src=a>"));
    for (size_t i = 0; i < deep; i++)
        buf_add(&html, S("</div>"));
    buf_add(&html, S("<img src=b></div><img src=c>"));
    assert_true(read_all(buf_str(&html), &t));
    assert_true(same("deep", "addresses", buf_str(&t.urls), S("image h a\nimage h b\nimage c\n")));
    told_free(&t);
    buf_free(&html);
}

/* The first 1,024 hiding rules are kept. */
static void rules_are_bounded(void **state) {
    struct buf html = {0};
    struct told t = {0};
    (void)state;

    buf_add(&html, S("<style>"));
    for (size_t i = 0; i < 1030; i++)
        buf_format(&html, ".c%zu{display:none}", i);
    buf_add(&html, S("</style><img class=c1023 src=a><img class=c1024 src=b>"));
    assert_true(read_all(buf_str(&html), &t));
    assert_true(same("rules", "addresses", buf_str(&t.urls), S("image h a\nimage b\n")));
    told_free(&t);
    buf_free(&html);
}

static void long_text_is_handed_on(void **state) {
    struct buf html = {0};
    struct told t = {0};
    (void)state;

    for (size_t i = 0; i < 20000; i++)
        buf_add(&html, i % 3 ? S("abc ") : S("\xc3\xa9&lt; "));
    assert_true(read_all(buf_str(&html), &t));
    assert_int_equal(t.text[0].len, 6667 * 4 + 13333 * 4); /* the last blank is a line end */
    told_free(&t);
    buf_free(&html);
}

/* Long addresses are told whole; references are undone up to 1 MiB. */
static void long_values(void **state) {
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf html = {0}, expected = {0};
        struct told t = {0};
        size_t const len = ((size_t)1 << 20) - 10 + over;

        buf_add(&html, S("<img src='a&amp;b"));
        buf_add(&expected, over ? S("image a&amp;b") : S("image a&b"));
        for (size_t i = 7; i < len + 10; i++) {
            buf_byte(&html, 'x');
            buf_byte(&expected, 'x');
        }
        buf_add(&html, S("'><p style='background:url(\\61 "));
        buf_add(&expected, S("\nbackground a"));
        for (size_t i = 0; i < 1000; i++) {
            buf_add(&html, S("\\62\n"));
            buf_byte(&expected, 'b');
        }
        buf_add(&html, S(")'>"));
        buf_byte(&expected, '\n');
        assert_true(read_all(buf_str(&html), &t));
        assert_true(str_eq(buf_str(&t.urls), buf_str(&expected)));
        told_free(&t);
        buf_free(&html);
        buf_free(&expected);
    }
}

/* Whatever call stops it, nothing is told after it. */
static void the_visitor_stops(void **state) {
    str const html = S("a<p hidden>b</p><img src=a><a href='&amp;'>c</a><style>@import 'x';p{background:url(y)}</style>"
                       "<img srcset='a 1x,b 2x'><!--[if mso]><img src=z><![endif]-->");
    struct told whole = {0};
    (void)state;

    assert_true(read_all(html, &whole));
    assert_true(whole.calls > 12);
    for (size_t stop = 1; stop <= whole.calls; stop++) {
        struct told t = {.stop_at = stop};

        assert_false(read_all(html, &t));
        assert_int_equal(t.calls, stop);
        told_free(&t);
    }
    told_free(&whole);
}

static bool count_only(void *ctx, const struct html_url *u) {
    *(size_t *)ctx += u->url.len;
    return true;
}

/* Each request refused in its turn: html_read says so, and the next reading with the same room is whole. */
static void memory_may_run_out(void **state) {
    str const html = S("<a href='?a&amp;b'><img src='x\ny' style='background:url(\\61&amp;)' class='&amp;'></a>"
                       "<style>@import '\\62';p{display:none}</style><img srcset='&amp; 1x'>");
    size_t total = 0;
    struct html_visitor const visitor = {.url = count_only, .ctx = &total};
    (void)state;

    REFUSE_OR_SKIP();
    for (long refused = 0;; refused++) {
        struct buf room = {0};
        bool done;

        assert_true(refused < 100);
        total = 0;
        memory_refused = false;
        memory_left = refused;
        done = html_read(html, &room, &visitor);
        memory_left = -1;
        assert_int_equal(done, !memory_refused);
        total = 0;
        assert_true(html_read(html, &room, &visitor));
        assert_int_equal(total, 4 + 2 + 2 + 1 + 1);
        buf_free(&room);
        if (done) {
            assert_true(refused > 0);
            break;
        }
    }
}

static void without_visitors(void **state) {
    struct html_visitor const none = {0};
    struct buf room = {0};
    (void)state;

    assert_true(html_read(S("<p>a<img src='&amp;'><a href=x>b</a>"), &room, &none));
    assert_true(html_read_plain(S("http://a"), &none));
    assert_true(html_read(S(""), &room, &none));
    buf_free(&room);
}

static void plain(void **state) {
    static const struct {
        const char *name;
        str text, urls;
    } cases[] = {
        {"sorts", STR("http://a.b https://c ftp://d www.e.f HTTP://G"),
         STR("text http://a.b\ntext https://c\ntext ftp://d\ntext www.e.f\ntext HTTP://G\n")},
        {"full stop", STR("See http://a.b/c. And http://d?! (http://e), \"http://f\"; http://g:"),
         STR("text http://a.b/c\ntext http://d\ntext http://e\ntext http://f\ntext http://g\n")},
        {"balanced brackets", STR("http://a/b_(c) (http://a/b_(c)) [http://a/[x]] http://a/b)."),
         STR("text http://a/b_(c)\ntext http://a/b_(c)\ntext http://a/[x]\ntext http://a/b\n")},
        {"angle brackets", STR("<http://a/b> <URL:http://c>"), STR("text http://a/b\ntext http://c\n")},
        {"lines are not joined", STR("http://a/b\r\nc http://d/=\ne"), STR("text http://a/b\ntext http://d/=\n")},
        {"query and fragment", STR("http://a/?b=c&d=%20#e."), STR("text http://a/?b=c&d=%20#e\n")},
        {"an address within one", STR("http://a/?u=http://b/"), STR("text http://a/?u=http://b/\n")},
        {"host in other letters", STR("http://\xc3\xa9.fr/\xc3\xa9\xc2\xa0x"),
         STR("text http://\xc3\xa9.fr/\xc3\xa9\n")},
        {"literal address", STR("http://[::1]/ http://1.2.3.4:80/"),
         STR("text http://[::1]/\ntext http://1.2.3.4:80/\n")},
        {"quotation marks", STR("\xe2\x80\x9chttp://a/b\xe2\x80\x9d"), STR("text http://a/b\n")},
        {"within a word it is none", STR("xhttp://a awww.b.c x@www.d.e x.www.f.g"), STR("")},
        {"nothing behind", STR("http:// https://. www. www.. http://- www./"), STR("")},
        {"other schemes", STR("mailto:a@b javascript:c file://d gopher://e://f"), STR("")},
        {"at the end", STR("http:/"), STR("")},
        {"empty", STR(""), STR("")},
    };
    bool good = true;
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct told t = {0};
        struct html_visitor const visitor = {.url = on_url, .ctx = &t};
        char *const copy = malloc(cases[i].text.len + 1);

        assert_non_null(copy);
        memcpy(copy, cases[i].text.ptr, cases[i].text.len);
        assert_true(html_read_plain((str){copy, cases[i].text.len}, &visitor));
        good = same(cases[i].name, "addresses", buf_str(&t.urls), cases[i].urls) && good;
        told_free(&t);
        free(copy);
    }
    assert_true(good);
}

static void names(void **state) {
    (void)state;
    for (enum html_where w = 0; w < HTML_WHERES; w++)
        assert_true(html_where_name(w).len > 0);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(texts),
        cmocka_unit_test(elements),
        cmocka_unit_test(in_order),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(rules_are_bounded),
        cmocka_unit_test(long_text_is_handed_on),
        cmocka_unit_test(long_values),
        cmocka_unit_test(the_visitor_stops),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(without_visitors),
        cmocka_unit_test(plain),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
