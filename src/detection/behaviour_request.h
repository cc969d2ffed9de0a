/* behaviour_request: what a request to a web server asks for: the script, and whether its form is one of those that are known from attacks. For
 * src/detection/behaviour_AREA.c only. */
#ifndef DETECTION_BEHAVIOUR_REQUEST_H
#define DETECTION_BEHAVIOUR_REQUEST_H

#include "base/str.h"

/* Forms of requests that make a server do what no client may: public for years, tried by every scanner. That one is tried says nothing. */
enum request_form {
    FORM_NONE,
    FORM_LOOKUP,     /* ${jndi:...}, in whatever wrapping */
    FORM_EXPRESSION, /* OGNL, EL and what reaches into Java from a parameter */
    FORM_BACK_END,   /* autodiscover with a mailbox of its own making and a back-end behind it */
    FORM_TRAVERSAL,  /* out of the folder, past the path that is guarded */
    FORM_COMMAND,    /* a shell's or a script language's words in a parameter */
    REQUEST_FORMS
};
const char *request_form_text(enum request_form f); /* "a lookup in a parameter" */

#define REQUEST_MAX 2048u /* bytes that are looked at */

struct request_target {
    str path;   /* from the first slash to the query; a view */
    str script; /* of it, to the end of the first segment that is a server's script; "" where there is none */
};
/* object: a target as logs have it: /path?query, host/path, http://host/path. False: no path. */
bool request_target_of(str object, struct request_target *out);
/* Encodings are undone, twice at most; letters' case is none. */
enum request_form request_form_of(str object);
/* The path of a referrer without query; "" where it is none. */
str request_referrer_path(str referrer);

#endif
