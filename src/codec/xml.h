/* xml: a walk over the text of an XML document: what opens, its attributes, text, what closes. Checks that elements nest; resolves
 * no entities but the five of XML and character references, reads no DTD and nothing outside. */
#ifndef CODEC_XML_H
#define CODEC_XML_H

#include "base/str.h"

#define XML_DEPTH_MAX 32u

enum xml_found {
    XML_OPEN,      /* an element: name */
    XML_ATTRIBUTE, /* of the element opened last: name, value */
    XML_TEXT,      /* value; the text of an element may come in pieces */
    XML_CLOSE,     /* an element: name */
    XML_END,       /* the text is over, and no element is open */
    XML_BAD        /* it is no XML from here on, ends amid an element, or nests deeper than XML_DEPTH_MAX */
};

/* Zeroed but for `rest`, the whole text, it stands in front of it. Views are into that text. */
struct xml {
    str rest;
    str name;   /* as written, with its prefix */
    str value;  /* as written */
    bool plain; /* the value holds no references: CDATA */
    /* The walk's own: */
    str open[XML_DEPTH_MAX];
    unsigned depth;
    bool in_tag;
};

/* BAD and END come again when asked again. */
enum xml_found xml_next(struct xml *x);
/* The value with its references undone, into out (value.len bytes); returns how many. An unknown one stays as it is written. */
size_t xml_text(const struct xml *x, char *out);
/* Without its prefix: `e:Event` is Event. */
str xml_local(str name);

#endif
