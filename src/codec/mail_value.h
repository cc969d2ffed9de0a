/* mail_value: what the values of mail headers say. RFC 5322 (addresses, dates, Received), RFC 2047 (encoded words), RFC 2231
 * (parameters), RFC 8601 (Authentication-Results): read as generously as mail programs read them, and never further than the
 * bytes given. All take a header's raw value, folded or not. Text that comes out is well-formed UTF-8.
 *
 * Memory: what is appended goes to the buf; views are of the bytes given or of the buf. */
#ifndef CODEC_MAIL_VALUE_H
#define CODEC_MAIL_VALUE_H

#include "base/arena.h"
#include "base/buf.h"

/* Unfolds (a line end and the blanks around it are one blank), decodes encoded words wherever mail programs do: in
 * quoted strings too, without blanks between them, with a character broken between two of one set. 8-bit bytes: UTF-8 if well-formed, else windows-1252.
 * *bad counts what could not be decoded. Without blanks at both ends. */
void mail_text(str value, struct buf *out, uint64_t *bad);

/* A mailbox, or the name of a group that holds none. */
struct mail_address {
    str name;    /* display name, or a comment where there is none, decoded; "" */
    str address; /* local@domain as written, without blanks and comments, route taken off (`jo at example.org`, as archives
                  * of lists have it, is jo@example.org); or what stands in its place
                  * ("undisclosed-recipients", a word without @); "" only beside a name */
    str local,
        domain; /* of address; the domain with its ASCII letters small, without a last point; "" when there is no @ */
};
#define MAIL_ADDRESSES_MAX 4096u
/* The addresses of a list (a comma in a name without quotes is found out), at most max (MAIL_ADDRESSES_MAX or less);
 * *count is what there are, further ones counted too.
 * Memory is a's. False: it is full. */
MUST_USE bool mail_addresses(str value, struct mail_address *out, uint32_t max, uint32_t *count, struct arena *a,
                             uint64_t *bad);

/* The value before the first `;` of Content-Type and its kin, trimmed, and its parameter `name`, with RFC 2231 continuations
 * and percent-encoding and RFC 2047 words undone; quotes taken off. False: there is no such parameter.
 * Where both forms are there, RFC 2231 counts. */
str mail_value_first(str value);
bool mail_parameter(str value, str name, struct buf *out, uint64_t *bad);

/* Date, as RFC 5322 3.3 and 4.3 and as programs wrote it (two-digit years, comments, names of zones, no seconds, a point for
 * a colon). INSTANT_NONE: not readable. *zone_given: an offset or a zone of RFC 5322 was there (-0000: no). */
int64_t mail_date(str value, bool *zone_given);

/* One hop. Everything "" when it is not there. */
struct mail_received {
    str from;                /* what the client called itself (HELO) */
    str reverse;             /* the name that the server found for it, when it differs; not "unknown" */
    str address;             /* the client's address, IPv4 or IPv6, without brackets and "IPv6:" */
    str by;                  /* the server */
    str with, id, recipient; /* "ESMTPS"; the `for` address without < > */
    str tls;                 /* "TLS1.2", "TLSv1.3": as written, when the hop tells */
    int64_t when;
    bool zone_given;
};
/* The date is behind the last `;`, or in the last line. Views are of value or, where it is no UTF-8, of room: they last until room
 * is appended to again. */
void mail_received(str value, struct mail_received *out, struct buf *room);

/* RFC 8601, and the forms of Exchange without authserv-id. Each result: "spf" "pass" and its properties. */
struct mail_auth_result {
    str method, result; /* small letters; "dkim", "pass" */
    str reason;         /* the comment or reason= */
    str domain; /* header.d, header.i's or header.from's or smtp.mailfrom's domain: what the method speaks of; "" */
    str selector;
};
#define MAIL_AUTH_RESULTS_MAX 64u
/* *author: the authserv-id, "" when there is none (an instance of ARC is passed over); a full arena ends the
 * results. Returns how many results were written, at most MAIL_AUTH_RESULTS_MAX. */
uint32_t mail_auth_results(str value, str *author, struct mail_auth_result out[MAIL_AUTH_RESULTS_MAX], struct arena *a);

#endif
