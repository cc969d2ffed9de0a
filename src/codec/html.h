/* html: what a mail's HTML asks of whoever reads it. A tokenizer as the HTML Living Standard has it (13.2.5), with a stack of the
 * elements that hide what is in them; no tree, no allocation but the buffers it is given. libxml2 is the oracle in tests.
 *
 * The judge of what is shown is an ordinary mail program. It runs no scripts, so noscript is shown. It reads style attributes and style
 * sheets (from where they stand on): selectors of one element, class or id name, with an element in front or not; what stands in @media and
 * other conditions does not count, nor does the colour. A box is not seen when it, or one around it, has display:none, visibility:hidden
 * or collapse (a box within may be visible again), opacity 0, the attribute hidden, max-height 0, a size of 0 (pictures and frames) or of
 * at most one pixel with overflow:hidden (others), a position or an indent 999 pixels or more off the page. Letters of no size (font-size
 * below a pixel) hide text and links of nothing but text, not pictures; letters within may have a size again. `mso-hide:all` hides from
 * Outlook only, which is why buttons that everybody else sees have it, and does not count. */
#ifndef CODEC_HTML_H
#define CODEC_HTML_H

#include "base/buf.h"
#include "base/str.h"

/* Where an address stood. */
enum html_where {
    HTML_LINK, /* a, area, form action, formaction, href of VML, link elements of no other sort: somebody must click */
    HTML_IMAGE, /* img (src, srcset, lowsrc, dynsrc), input type=image, source srcset, image and use of SVG, imagedata of VML, video
                 * poster, link rel=icon: loaded when it is shown */
    HTML_BACKGROUND, /* background=, url() in a style attribute or a style sheet, fill of VML */
    HTML_STYLE,      /* link rel=stylesheet, @import */
    HTML_FONT,       /* @font-face src */
    HTML_FRAME,      /* iframe, frame, object, embed, script */
    HTML_MEDIA,      /* audio, video, source, track, bgsound */
    HTML_REFRESH,    /* meta refresh, base href, prefetch, preload, preconnect and dns-prefetch links */
    HTML_TEXT,       /* written in text, not an attribute (text/plain bodies) */
    HTML_WHERES
};
str html_where_name(enum html_where w); /* "link", "image", ... */
/* Loaded when it is shown, without a click. */
static inline bool html_is_loaded(enum html_where w) {
    return w != HTML_LINK && w != HTML_TEXT;
}

#define HTML_HIDDEN 1u /* it, or an element around it, is not seen: see above */
#define HTML_ONE_PIXEL                                                                                                 \
    2u /* width and height, both, by attribute or style (max-width, max-height too), are at most one pixel */
#define HTML_ONLY_OUTLOOK                                                                                              \
    4u /* in a conditional comment: Outlook for Windows may load it, no one else does. Says nothing of HIDDEN */

struct html_url {
    str url; /* character references and escapes of CSS undone, blanks and control characters at the ends and line ends and tabs within
              * taken out (URL Standard 4.4); as written otherwise: not resolved, not "" */
    enum html_where where;
    uint32_t flags; /* HTML_* */
    str text; /* of <a>: the text up to </a> that is no more hidden than the link, white space as one blank, at most 256 bytes;
                     * else "" */
};

struct html_visitor {
    /* An address, remote or not (cid:, data:, mailto:, #fragment too). That of <a> comes when the element ends, others when theirs
     * begins. False stops. */
    bool (*url)(void *ctx, const struct html_url *u);
    /* Text as it is shown: white space is one blank (but in pre), a block element, a cell or <br> ends a line ("\n"), no line is empty.
     * Any cut between characters. hidden: nobody sees it, or only Outlook does. Shown and hidden text are two texts, each with lines of
     * its own; a piece is of one of them. False stops. */
    bool (*text)(void *ctx, str text, bool hidden);
    /* An element begins: its name in small letters, at most 64 bytes of it. What a skeleton is made of; nothing in conditional
     * comments. NULL: not asked for, like the others. */
    bool (*element)(void *ctx, str name);
    void *ctx;
    /* An end tag, whether it ends anything or not; ends that may be left out are not told, nor those of title and textarea. Where this
     * is asked for, texts and tags come in the order in which they stand; else texts are handed on later. */
    bool (*ended)(void *ctx, str name);
};

#define HTML_DEPTH_MAX 256u /* elements that are kept open; deeper ones inherit and are not kept */

/* text: all of the HTML, UTF-8. room: reused from call to call; what it held is gone. Time is in proportion to the text (three readings
 * at most: conditional comments and noframes are read from within as well), memory to its longest address;
 * values of more than 1 MiB keep their character references. Some 64 KiB of stack.
 * False: the visitor stopped, or memory is out (room->failed). */
bool html_read(str text, struct buf *room, const struct html_visitor *visitor);
/* Addresses in plain text: http, https, ftp and www. at a word's beginning, as mail programs make links of: up to a blank, a control
 * character or one of <>"`{}|\^ (or a blank or quotation mark of Unicode), without punctuation at its end, brackets that were opened in
 * it excepted. Lines are not joined. Only `url` of the visitor is called; the address is a view, "www." without a scheme. */
bool html_read_plain(str text, const struct html_visitor *visitor);

#endif
