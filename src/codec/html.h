/* html: what a mail's HTML asks of whoever reads it. A tokenizer as the HTML Living Standard has it (13.2.5), with a stack of the
 * elements that hide what is in them; no tree, no allocation but the buffers it is given. libxml2 is the oracle in tests. */
#ifndef CODEC_HTML_H
#define CODEC_HTML_H

#include "base/buf.h"
#include "base/str.h"

/* Where an address stood. */
enum html_where {
    HTML_LINK,  /* a, area, form action, button formaction: somebody must click */
    HTML_IMAGE, /* img (src, srcset), input type=image, picture, svg image, video poster: loaded when it is shown */
    HTML_BACKGROUND, /* background=, url() in a style of an element */
    HTML_STYLE,      /* link rel=stylesheet, @import */
    HTML_FONT,       /* @font-face src */
    HTML_FRAME,      /* iframe, frame, object, embed */
    HTML_MEDIA,      /* audio, video, source, track */
    HTML_REFRESH,    /* meta refresh, base href, prefetch and dns-prefetch links */
    HTML_TEXT,       /* written in text, not an attribute (text/plain bodies) */
    HTML_WHERES
};
str html_where_name(enum html_where w); /* "link", "image", ... */

#define HTML_HIDDEN                                                                                                    \
    1u /* it, or an element around it, is not shown: display:none, visibility:hidden, hidden, opacity 0, a size of 0, mso-hide,
                           * off the page, font-size 0 */
#define HTML_ONE_PIXEL 2u    /* width and height, by attribute or style, are 1 or 0 */
#define HTML_ONLY_OUTLOOK 4u /* within a conditional comment: Outlook for Windows may load it, no one else does */

struct html_url {
    str url; /* character references undone, blanks and control characters at the ends and line ends within taken out */
    enum html_where where;
    uint32_t flags; /* HTML_* */
    str text;       /* LINK: what stands between <a> and </a>, white space as one blank, at most 256 bytes; else "" */
};

struct html_visitor {
    /* An address, remote or not (cid:, data:, mailto: too). A LINK comes when the element ends. False stops. */
    bool (*url)(void *ctx, const struct html_url *u);
    /* Text as it is shown; a block element ends a line ("\n"). hidden: nobody sees it. False stops. */
    bool (*text)(void *ctx, str text, bool hidden);
    /* An element begins: its name in small letters. What a skeleton is made of. NULL: not asked for. */
    bool (*element)(void *ctx, str name);
    void *ctx;
};

#define HTML_DEPTH_MAX 256u /* elements that are kept open; deeper ones inherit and are not kept */

/* text: all of the HTML, UTF-8. room: reused from call to call. False: the visitor stopped, or memory is out (room->failed). */
bool html_read(str text, struct buf *room, const struct html_visitor *visitor);
/* Addresses in plain text: http, https, ftp and www. at a word's beginning, as mail programs make links of. */
bool html_read_plain(str text, const struct html_visitor *visitor);

#endif
