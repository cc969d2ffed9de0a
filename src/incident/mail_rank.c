/* mail_rank: what speaks for an intrusion's tracking mail, what for a wanted one, and how much.
 *
 * Each reason has a weight in points, chosen so that
 *   - nothing that half of all newsletters do (a pixel, tokens, a foreign picture host, a first mail) can alone outweigh what a
 *     known and lasting sender has for it;
 *   - who claims to be another (outlet, person, look-alike domain) is above everybody who does not, all else alike;
 *   - long two-way history, the strongest sign of a wanted sender, is worth as much as the strongest sign against one.
 * Reasons hold for the share of messages that is written beside each. Every reason that holds is told, none is hidden. */
#include <assert.h>
#include <stdarg.h>

#include "base/instant.h"
#include "incident/mail_knowledge.h"
#include "incident/mail_own.h"
#include "incident/mail_roster.h"

/* Against the mail: it looks like an intrusion's. */
#define UNIQUE_TOKENS 3.0 /* fan-out to three or more recipients in what is loaded by looking (threat-facts: logic 1) */
#define UNIQUE_TOKENS_TWO 2.0 /* to two: chance is possible; or in links only, which most newsletters have */
#define CANDIDATE_TOKENS 0.5  /* only by shape */
#define UNSEEN_BEACON 1.5     /* hidden or one pixel, in half of the messages or more */
#define UNRELATED_HOST 1.5    /* of a beacon or token, in half */
#define ROLE_MISMATCH 4.0 /* an outlet or a person is claimed, in a quarter: several names may be in use (logic 2) */
#define SPEAKS_FOR                                                                                                     \
    1.5 /* a line of its text is an outlet's name, in half; less than a name: newsletters quote (logic 2) */
#define FIRST_CONTACT                                                                                                  \
    2.0 /* of all senders; half of it when only some are new, or when the evidence begins shortly before */
#define BULK_AS_PERSONAL 1.5 /* marks of bulk mail on what a person seems to have written, in half */
#define MANY_ACCOUNTS 3.0    /* five or more senders of one campaign, each of two mails or of three domains; */
#define SEVERAL_ACCOUNTS 2.0 /* three or four */
#define AUTH_FAILED 1.5      /* SPF, DKIM or DMARC, in half */
#define AUTH_MISSING 0.5     /* nothing was judged, though most mail of this evidence was */
#define LOOKALIKE 4.0        /* any message */
#define CONCENTRATED 1.0     /* most recipients of the roster are of one of its smaller groups */
/* For it: it looks like a wanted one. */
#define KNOWN_SERVICE (-3.0) /* aligned DKIM that held, and List-Unsubscribe, in nine of ten */
#define LASTING_LIST (-3.0)  /* one List-Id, of one sender, for half a year and four messages */
#define TWO_WAY (-4.0)       /* the institution wrote to all senders before the first of these messages */
#define YEARS (-3.0)         /* all senders have been writing for a year, a dozen messages or more */
#define OWN (-5.0)           /* the institution sent it itself */

#define REASONS_MAX 24u
#define LINE_OF_A_NAME 60u /* bytes: a title, a signature */
#define DAY 1440u

/* ---- of a message ---- */

static str registered_from(const struct mail_message *m) {
    return mail_registrable(m->from_domain);
}

/* The author's domain is among those that signed, and the receiving server found it right. */
static bool signed_aligned(const struct mail_message *m) {
    str const from = registered_from(m);

    if (!str_eq(m->dkim, S("pass")) && !str_eq(m->dmarc, S("pass")))
        return false;
    for (uint32_t i = 0; i < m->dkim_count; i++)
        if (from.len && str_eq(mail_registrable(m->dkim_domains[i]), from))
            return true;
    return false;
}

str mail_service_of(const struct mail_campaigns *c, const struct mail_message *m, bool *aligned) {
    const struct mail_knowledge *const k = c->options.knowledge;
    str service = mail_service_of_host(k, mail_domain_of(m->return_path));

    for (uint32_t i = 0; !service.len && i < m->dkim_count; i++)
        service = mail_service_of_host(k, m->dkim_domains[i]);
    for (size_t from = 0, i = 0; !service.len && i <= m->headers.len; i++)
        if (i == m->headers.len || m->headers.ptr[i] == ',') {
            service = mail_service_of_header(k, str_trim((str){m->headers.ptr + from, i - from}));
            from = i + 1;
        }
    *aligned = service.len && signed_aligned(m);
    return service;
}

/* Has the host something to do with whoever sent the mail? */
static bool related(const struct mail_campaigns *c, const struct mail_message *m, str host) {
    const struct mail_knowledge *const k = c->options.knowledge;
    str const part = mail_registrable(host);

    if (mail_host_shared(k, host) || mail_service_of_host(k, host).len || mail_is_own(c, host))
        return true;
    if (str_eq(part, registered_from(m)) || str_eq(part, mail_registrable(mail_domain_of(m->return_path))) ||
        str_eq(part, mail_registrable(mail_domain_of(m->reply_to))))
        return true;
    for (uint32_t i = 0; i < m->dkim_count; i++)
        if (str_eq(part, mail_registrable(m->dkim_domains[i])))
            return true;
    return false;
}

static bool failed(str result) {
    return str_eq(result, S("fail")) || str_eq(result, S("softfail")) || str_eq(result, S("permerror"));
}

/* An address within a display name: "Jane <jane@parl.example>" written from elsewhere; its domain. */
static str address_in_name(str name) {
    size_t const at = str_find_byte(name, '@');
    size_t end = at == SIZE_MAX ? 0 : at + 1, begin = end;

    while (end < name.len && (mail_letter_or_digit(name.ptr[end]) || name.ptr[end] == '.' || name.ptr[end] == '-'))
        end++;
    str const domain = at == SIZE_MAX ? (str){"", 0} : (str){name.ptr + begin, end - begin};

    return at && at != SIZE_MAX && mail_letter_or_digit(name.ptr[at - 1]) && str_find_byte(domain, '.') != SIZE_MAX
               ? domain
               : (str){"", 0};
}

/* Who the display name claims, though the domain is another; "": nobody. */
static str mismatch(const struct mail_campaigns *c, const struct mail_message *m) {
    const struct mail_knowledge *const k = c->options.knowledge;
    const struct mail_roster *const roster = c->options.roster;
    str const outlet = mail_outlet_claimed(k, m->from_name), within = address_in_name(m->from_name);
    const struct mail_past_entry *name;
    char room[MAIL_NAME_MAX];
    size_t words;
    str who = {"", 0};

    if (outlet.len && !mail_outlet_owns(k, outlet, m->from_domain) && !mail_is_own(c, m->from_domain))
        return outlet;
    if (within.len && !str_eq_ascii(mail_registrable(within), registered_from(m)) &&
        !str_eq_ascii(within, m->from_domain))
        return within;
    if (mail_is_own(c, m->from_domain) || mail_roster_find(roster, m->from))
        return who;
    const struct mail_roster_person *const person = mail_roster_named(roster, m->from_name);

    if (person && !str_eq(mail_registrable(mail_domain_of(person->address)), registered_from(m)))
        return person->name;
    /* somebody the institution has written to goes by that name, at another address */
    str const folded = mail_name_fold(m->from_name, room, &words);

    if (words >= 2 && (name = mail_past_find(&c->past, mail_past_key(&c->past, PAST_NAME, folded))) && name->who &&
        name->first_in < mail_minute(m->when) && name->who != mail_past_key(&c->past, PAST_ADDRESS, m->from)) {
        const struct mail_past_entry *const other = mail_past_find(&c->past, name->who);
        const struct mail_past_entry *const self =
            mail_past_find(&c->past, mail_past_key(&c->past, PAST_ADDRESS, m->from));

        if (other && other->first_out < mail_minute(m->when) && (!self || !(self->first_out < mail_minute(m->when))))
            who = m->from_name;
    }
    return who;
}

/* The outlet that a short line at the beginning or the end of the text names, though the mail is not from it; "": none. */
static str spoken_for(const struct mail_campaigns *c, const struct mail_message *m) {
    str rest = m->excerpt;

    if (mail_is_own(c, m->from_domain))
        return (str){"", 0};
    while (rest.len) {
        size_t const end = str_find_byte(rest, '\n');
        str const line = str_trim(str_first(rest, end));

        rest = end == SIZE_MAX ? (str){"", 0} : str_from(rest, end + 1);
        if (line.len < 3 || line.len > LINE_OF_A_NAME)
            continue;
        str const outlet = mail_outlet_claimed(c->options.knowledge, line);

        if (outlet.len && !mail_outlet_owns(c->options.knowledge, outlet, m->from_domain))
            return outlet;
    }
    return (str){"", 0};
}

/* Two or three words, none of which says more than one person: what bulk mail is signed with only when it wants to look
 * personal. */
static bool person_like(str name) {
    static const str words_of_many[] = {
        STR("team"),       STR("news"),    STR("newsletter"), STR("support"), STR("service"), STR("info"),
        STR("the"),        STR("club"),    STR("group"),      STR("shop"),    STR("store"),   STR("online"),
        STR("university"), STR("company"), STR("daily"),      STR("weekly"),  STR("update"),  STR("updates"),
        STR("inc"),        STR("ltd"),     STR("gmbh"),       STR("from"),    STR("at"),      STR("by"),
        STR("alerts"),     STR("offers"),  STR("mail"),       STR("list"),    STR("admin"),   STR("no"),
        STR("reply"),      STR("via"),     STR("and"),        STR("of"),      STR("für"),     STR("magazine"),
    };
    char room[MAIL_NAME_MAX];
    size_t words, end = 0;

    while (end < name.len && !strchr(",(|<[", name.ptr[end])) /* "Jane Roe, BBC News"; a NUL ends it as well */
        end++;
    str const folded = mail_name_fold(str_first(name, end), room, &words);
    bool person = words >= 2 && words <= 3;

    for (size_t from = 0, i = 0; person && i <= folded.len; i++) {
        if (i < folded.len && folded.ptr[i] != ' ')
            continue;
        str const word = {folded.ptr + from, i - from};

        for (size_t w = 0; w < COUNT(words_of_many); w++)
            person &= !str_eq(word, words_of_many[w]);
        for (size_t at = 0; at < word.len; at++)
            person &= word.ptr[at] < '0' || word.ptr[at] > '9';
        from = i + 1;
    }
    return person;
}

static bool bulk_marked(const struct mail_campaigns *c, const struct mail_message *m) {
    bool aligned;

    return m->list_unsubscribe.len || m->feedback_id.len || str_eq_ascii(m->precedence, S("bulk")) ||
           str_eq_ascii(m->precedence, S("junk")) || mail_service_of(c, m, &aligned).len;
}

static bool keep(str *kept, str s, struct arena *a) {
    return kept->len || !s.len || arena_copy(a, s, kept);
}

bool mail_tally_add(const struct mail_campaigns *c, struct mail_tally *t, const struct mail_message *m,
                    const struct mail_token *tokens, size_t token_count, struct arena *a) {
    bool unseen = false, unrelated = false, aligned;
    str const claimed = mismatch(c, m), speaks = claimed.len ? (str){"", 0} : spoken_for(c, m),
              service = mail_service_of(c, m, &aligned);
    bool const bad = failed(m->spf) || failed(m->dkim) || failed(m->dmarc);
    bool const own = m->from_own; /* and not forged, as far as anybody judged */
    bool ok = true;

    if (t->messages == 0)
        *t = (struct mail_tally){.mismatch_name = STR(""),
                                 .mismatch_from = STR(""),
                                 .mismatch_of = STR(""),
                                 .lookalike_domain = STR(""),
                                 .lookalike_of = STR(""),
                                 .spoken_for = STR(""),
                                 .beacon_host = STR(""),
                                 .unrelated_host = STR(""),
                                 .failed_domain = STR(""),
                                 .service = STR(""),
                                 .list_id = STR("")};
    for (uint32_t i = 0; ok && i < m->url_count; i++)
        if (mail_unseen(&m->urls[i])) {
            unseen = true;
            ok = keep(&t->beacon_host, m->urls[i].host, a);
            if (ok && !related(c, m, m->urls[i].host)) {
                unrelated = true;
                ok = keep(&t->unrelated_host, m->urls[i].host, a);
            }
        }
    for (size_t i = 0; ok && i < token_count; i++)
        if (!tokens[i].by_shape && html_is_loaded(tokens[i].where) && !related(c, m, tokens[i].host)) {
            unrelated = true;
            ok = keep(&t->unrelated_host, tokens[i].host, a);
        }
    if (claimed.len && !t->mismatch_of.len)
        ok = ok && keep(&t->mismatch_of, claimed, a) && keep(&t->mismatch_name, m->from_name, a) &&
             keep(&t->mismatch_from, m->from_domain, a);
    if (m->lookalike_of.len && !t->lookalike_of.len)
        ok = ok && keep(&t->lookalike_of, m->lookalike_of, a) && keep(&t->lookalike_domain, m->from_domain, a);
    ok = ok && keep(&t->spoken_for, speaks, a);
    if (bad)
        ok = ok && keep(&t->failed_domain, m->from_domain, a);
    ok = ok && keep(&t->service, service, a);
    t->beacons += unseen;
    t->unrelated += unrelated;
    t->mismatched += claimed.len > 0;
    t->speaking += speaks.len > 0;
    t->lookalike += m->lookalike_of.len > 0;
    t->failed += bad && !own;
    t->unjudged += !m->spf.len && !m->dkim.len && !m->dmarc.len && !own;
    t->own += own;
    t->served += aligned && m->list_unsubscribe.len;
    t->personal += !m->list_id.len && bulk_marked(c, m) && !own &&
                   (person_like(m->from_name) || mail_freemail(c->options.knowledge, m->from_domain));
    if (m->list_id.len) {
        uint64_t const key = mail_list_key(&c->past, m);

        t->listed++;
        t->lists_differ |= t->list_key && t->list_key != key;
        t->list_key = key;
        ok = ok && keep(&t->list_id, m->list_id, a);
    }
    t->messages++;
    return ok;
}

/* ---- of a campaign ---- */

struct ranking {
    struct mail_campaign *out;
    struct mail_reason *reasons;
    size_t count;
    double score;
    struct arena *a;
    bool failed;
};

static void PRINTF(4, 5) say(struct ranking *r, const char *what, double weight, const char *fmt, ...) {
    char text[600];
    va_list args;
    struct mail_reason *const reason = &r->reasons[r->count];

    assert(r->count < REASONS_MAX);
    va_start(args, fmt);
    int const len = vsnprintf(text, sizeof text, fmt, args);

    va_end(args);
    *reason = (struct mail_reason){str_of(what), weight, {"", 0}};
    if (!arena_copy(r->a,
                    (str){text, len < 0                     ? 0
                                : (size_t)len < sizeof text ? (size_t)len
                                                            : sizeof text - 1},
                    &reason->detail))
        r->failed = true;
    r->count++;
    r->score += weight;
}

/* Digits in threes: 1,200. */
static const char *count_of(uint64_t n, char out[32]) {
    char plain[24];
    int const len = snprintf(plain, sizeof plain, "%lu", (unsigned long)n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}

static str shorter(str s) {
    return str_first(s, 120);
}

#define PLURAL(n) ((n) == 1 ? "" : "s")

/* Recipients who got a token that others did not; of what is loaded; and where most tokens lie. */
static void tokens_say(struct ranking *r) {
    const struct mail_campaign *const c = r->out;
    uint64_t proven = 0, loaded = 0, shaped = 0, tokens = 0, candidates = 0;
    str host = {"", 0}, link_host = {"", 0}, shaped_host = {"", 0};
    char n[32], m[32];

    for (size_t i = 0; i < c->recipient_count; i++) {
        const struct mail_recipient *const p = &c->recipients[i];
        bool any = false, seen = false, shape = false;

        for (size_t t = 0; t < p->token_count; t++) {
            bool const by_looking = html_is_loaded(p->tokens[t].where);

            if (p->tokens[t].by_shape) {
                shape = true;
                candidates++;
                shaped_host = shaped_host.len ? shaped_host : p->tokens[t].host;
                continue;
            }
            tokens++;
            any = true;
            if (by_looking)
                host = loaded || seen ? host : p->tokens[t].host;
            else if (!link_host.len)
                link_host = p->tokens[t].host;
            seen |= by_looking;
        }
        proven += any;
        loaded += seen;
        shaped += shape && !any;
    }
    if (proven)
        say(r, "unique tokens", loaded >= 3 ? UNIQUE_TOKENS : UNIQUE_TOKENS_TWO,
            "%s token%s for %s recipient%s at %.*s%s", count_of(tokens, n), PLURAL(tokens), count_of(proven, m),
            PLURAL(proven), STR_ARG(shorter(loaded ? host : link_host)), loaded ? "" : ", in links only");
    else if (shaped)
        say(r, "tokens by their shape", CANDIDATE_TOKENS, "%s address%s at %.*s look%s made for one recipient",
            count_of(candidates, n), candidates == 1 ? "" : "es", STR_ARG(shorter(shaped_host)),
            candidates == 1 ? "s" : "");
}

struct contacts {
    size_t fresh, written_to, lasting, count;
};

static struct contacts contacts_of(const struct mail_campaigns *c, const struct mail_campaign *out,
                                   const uint64_t *senders, size_t count) {
    uint32_t const first = mail_minute(out->first);
    struct contacts n = {.count = count};

    for (size_t i = 0; i < count; i++) {
        const struct mail_past_entry *const p = mail_past_find(&c->past, senders[i]);

        if (!p)
            continue;
        n.fresh += first != MAIL_NEVER && p->first_in >= first && p->first_out >= first;
        n.written_to += first != MAIL_NEVER && p->first_out < first;
        n.lasting += p->first_in != MAIL_NEVER && p->last_in - p->first_in >= 365 * DAY && p->in >= 12;
    }
    return n;
}

static void contacts_say(struct ranking *r, const struct mail_campaigns *c, const struct mail_tally *t,
                         const uint64_t *senders, size_t count) {
    struct contacts const n = contacts_of(c, r->out, senders, count);
    uint32_t const first = mail_minute(r->out->first);

    if (t->own * 10 >= t->messages * 9 || !n.count)
        return;
    if (n.fresh == n.count && first - c->first_minute >= 30 * DAY)
        say(r, "first contact", FIRST_CONTACT, "no earlier mail from or to %s",
            n.count == 1 ? "the sender" : "any of the senders");
    else if (n.fresh == n.count && first - c->first_minute < DAY)
        say(r, "first contact", FIRST_CONTACT / 2, "no earlier mail from or to %s, but the evidence begins on that day",
            n.count == 1 ? "the sender" : "any of the senders");
    else if (n.fresh == n.count)
        say(r, "first contact", FIRST_CONTACT / 2,
            "no earlier mail from or to %s, but the evidence begins only %u day%s before",
            n.count == 1 ? "the sender" : "any of the senders", (first - c->first_minute) / DAY,
            PLURAL((first - c->first_minute) / DAY));
    else if (n.fresh)
        say(r, "first contact", FIRST_CONTACT / 2, "no earlier mail from or to %zu of %zu senders", n.fresh, n.count);
    if (n.written_to == n.count)
        say(r, "two-way history", TWO_WAY, "the institution wrote to %s before the first of these mails",
            n.count == 1 ? "the sender" : "all senders");
    if (n.lasting == n.count)
        say(r, "years of mail", YEARS, "%s for a year or longer, a dozen mails or more",
            n.count == 1 ? "the sender writes" : "all senders write");
}

struct in_group {
    str group;
    size_t count;
};

static int by_group(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void groups_say(struct ranking *r, const struct mail_roster *roster) {
    const struct mail_campaign *const c = r->out;
    str *const groups = arena_zero(r->a, c->recipient_count + 1, sizeof *groups);
    struct in_group best = {{"", 0}, 0};
    size_t known = 0;

    if (!groups) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < c->recipient_count; i++)
        if (c->recipients[i].group.len)
            groups[known++] = c->recipients[i].group;
    if (known < 3)
        return;
    qsort(groups, known, sizeof *groups, by_group);
    for (size_t from = 0, i = 1; i <= known; i++)
        if (i == known || !str_eq(groups[i], groups[from])) {
            if (i - from > best.count)
                best = (struct in_group){groups[from], i - from};
            from = i;
        }
    size_t const all = mail_roster_count(roster), size = mail_roster_group_size(roster, best.group);

    if (best.count * 10 >= known * 6 && size * 10 < all * 4)
        say(r, "one group", CONCENTRATED, "%zu of %zu recipients of the roster are of %.*s, which is %zu of its %zu",
            best.count, known, STR_ARG(shorter(best.group)), size, all);
}

static int by_weight(const void *a, const void *b) {
    const struct mail_reason *const x = a, *const y = b;
    double const p = x->weight < 0 ? -x->weight : x->weight, q = y->weight < 0 ? -y->weight : y->weight;

    return p > q ? -1 : p < q ? 1 : str_cmp(x->what, y->what);
}

bool mail_rank(const struct mail_campaigns *c, const struct mail_tally *t, const uint64_t *senders, size_t sender_count,
               struct mail_campaign *out, struct arena *a) {
    struct ranking r = {.out = out, .reasons = arena_zero(a, REASONS_MAX, sizeof *r.reasons), .a = a};
    uint64_t const all = t->messages;
    const struct mail_past_entry *list;
    char n[32], m[32];

    if (!r.reasons)
        return false;
    tokens_say(&r);
    if (t->beacons * 2 >= all)
        say(&r, "unseen beacon", UNSEEN_BEACON, "%s of %s message%s load%s something unseen from %.*s",
            count_of(t->beacons, n), count_of(all, m), PLURAL(all), t->beacons == 1 ? "s" : "",
            STR_ARG(shorter(t->beacon_host)));
    if (t->unrelated * 2 >= all && t->unrelated)
        say(&r, "unrelated host", UNRELATED_HOST, "%.*s is not the sender's", STR_ARG(shorter(t->unrelated_host)));
    if (t->mismatched * 4 >= all && t->mismatched)
        say(&r, "claims to be another", ROLE_MISMATCH, "\"%.*s\" (%.*s) writes from %.*s, in %s of %s message%s",
            STR_ARG(shorter(t->mismatch_name)), STR_ARG(shorter(t->mismatch_of)), STR_ARG(shorter(t->mismatch_from)),
            count_of(t->mismatched, n), count_of(all, m), PLURAL(all));
    else if (t->speaking * 2 >= all && t->speaking)
        say(&r, "speaks for another", SPEAKS_FOR,
            "the text of %s of %s message%s bears the name of %.*s, and comes from elsewhere", count_of(t->speaking, n),
            count_of(all, m), PLURAL(all), STR_ARG(shorter(t->spoken_for)));
    if (t->lookalike)
        say(&r, "look-alike domain", LOOKALIKE, "%.*s looks like %.*s", STR_ARG(shorter(t->lookalike_domain)),
            STR_ARG(shorter(t->lookalike_of)));
    contacts_say(&r, c, t, senders, sender_count);
    if (t->personal * 2 >= all && t->personal)
        say(&r, "bulk mail in personal dress", BULK_AS_PERSONAL,
            "%s of %s message%s bear%s a person's name or mailbox and marks of bulk mail", count_of(t->personal, n),
            count_of(all, m), PLURAL(all), t->personal == 1 ? "s" : "");
    /* an address of its own for each mail is how bounces are told apart, and no account */
    if (out->sender_count >= 3 && (out->sender_count * 2 <= all || out->sender_domain_count >= 3) &&
        !(t->listed * 10 >= all * 9 && !t->lists_differ) && t->own * 2 < all)
        say(&r, "several accounts", out->sender_count >= 5 ? MANY_ACCOUNTS : SEVERAL_ACCOUNTS,
            "%zu senders of %zu domain%s", out->sender_count, out->sender_domain_count,
            PLURAL(out->sender_domain_count));
    if (t->failed * 2 >= all && t->failed)
        say(&r, "authentication failed", AUTH_FAILED, "SPF, DKIM or DMARC of %.*s in %s of %s message%s",
            STR_ARG(t->failed_domain.len ? shorter(t->failed_domain) : S("the sender")), count_of(t->failed, n),
            count_of(all, m), PLURAL(all));
    else if (t->unjudged * 2 >= all && t->unjudged && c->judged * 2 >= c->messages)
        say(&r, "authentication missing", AUTH_MISSING, "no result in %s of %s message%s, though most mail has one",
            count_of(t->unjudged, n), count_of(all, m), PLURAL(all));
    if (c->options.roster)
        groups_say(&r, c->options.roster);
    if (t->served * 10 >= all * 9 && t->served)
        say(&r, "known mailing service", KNOWN_SERVICE,
            "%.*s, signed by the sender's domain, with a way to unsubscribe", STR_ARG(shorter(t->service)));
    if (t->listed * 10 >= all * 9 && t->listed && !t->lists_differ && (list = mail_past_find(&c->past, t->list_key)) &&
        list->in >= 4 && list->first_in != MAIL_NEVER && list->last_in - list->first_in >= 180 * DAY)
        say(&r, "lasting list", LASTING_LIST, "%.*s, %s messages in %u days", STR_ARG(shorter(t->list_id)),
            count_of(list->in, n), (list->last_in - list->first_in) / DAY);
    if (t->own * 10 >= all * 9 && t->own)
        say(&r, "the institution's own", OWN, "sent from its own domain");
    if (r.count)
        qsort(r.reasons, r.count, sizeof *r.reasons, by_weight);
    out->reasons = r.reasons;
    out->reason_count = r.count;
    out->score = r.score;
    return !r.failed;
}
