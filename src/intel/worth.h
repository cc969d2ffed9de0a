/* worth: what a hit on an indicator is worth, and why: its evidence class, the weight for the group that is named, what time and
 * warninglists leave of that, and the level of the finding.
 *
 * Weights are decimal logarithms of likelihood ratios ("bans"), with a half-life, after the classes that attribution works with
 * (docs/worth.md says where each comes from). A weight is for the link to a group; the level is for whoever must look tonight: a file that
 * is malware is urgent though it says little about who sent it. */
#ifndef INTEL_WORTH_H
#define INTEL_WORTH_H

#include "intel/intel_set.h"

enum worth_class {
    WORTH_SHARED,     /* on a warninglist: serves everybody */
    WORTH_RELAY,      /* exit of a relay network, home router, VPN, Tor, scanner */
    WORTH_ADDRESS,    /* an address, not known to be shared */
    WORTH_HOSTED,     /* a domain at a provider of dynamic DNS or of shared hosting */
    WORTH_DOMAIN,     /* a domain or URL of the operation's own */
    WORTH_IDENTIFIER, /* certificate, key, mail account, tracking identifier */
    WORTH_TOOL,       /* public tools and kits */
    WORTH_MALWARE,    /* identified by code: a hash, a YARA rule */
    WORTH_PATTERN,    /* what somebody does, not what he has: a pattern of STIX */
    WORTH_NAME,       /* names that anybody may give: files, mutexes, registry keys, user agents */
    WORTH_CLASSES
};
str worth_class_name(enum worth_class c); /* "relay", "operation's domain", ... */

enum worth_window {
    WORTH_IN,      /* inside the validity that some source gives, or within a half-life of the last mention */
    WORTH_UNSAID,  /* no source gives any date */
    WORTH_BEFORE,  /* before everything that is said of it */
    WORTH_AFTER,   /* after its validity; addresses change hands */
    WORTH_NO_TIME, /* the event has no time */
};
str worth_window_name(enum worth_window w);

struct worth {
    enum worth_class class;
    enum worth_window window;
    int64_t distance; /* ns from the event to the window, BEFORE and AFTER */
    float bans, now;  /* of the class; what is left after decay */
    uint8_t level;    /* enum sigma_level */
    unsigned witnesses;
    bool revoked, context, proposed; /* all claims are; no other */
};
/* when: of the event. labels: of the value. */
struct worth worth_of(const struct intel_set *s, uint32_t entry, int64_t when, const struct intel_label *labels,
                      size_t label_count);

#endif
