/* mail_message: one look at each field of the event; a table says which of them are wanted, and where they go. */
#include "incident/mail_message.h"

#include "base/instant.h"

enum what { TEXT, LIST, FLAG, URLS, WHERES, FLAGS, HOSTS, SKETCH, SHINGLES };

struct wanted {
    const char *name;
    enum what what;
    size_t at, count_at; /* of the member, and of its count */
};

#define MEMBER(member) offsetof(struct mail_message, member)

/* By name. */
static const struct wanted wanted[] = {
    {"auth.dkim", TEXT, MEMBER(dkim), 0},
    {"auth.dmarc", TEXT, MEMBER(dmarc), 0},
    {"auth.spf", TEXT, MEMBER(spf), 0},
    {"delivered_to", LIST, MEMBER(delivered_to), MEMBER(delivered_count)},
    {"dkim.domain", LIST, MEMBER(dkim_domains), MEMBER(dkim_count)},
    {"excerpt", TEXT, MEMBER(excerpt), 0},
    {"feedback_id", TEXT, MEMBER(feedback_id), 0},
    {"from", TEXT, MEMBER(from), 0},
    {"from.domain", TEXT, MEMBER(from_domain), 0},
    {"from.name", TEXT, MEMBER(from_name), 0},
    {"from.own", FLAG, MEMBER(from_own), 0},
    {"headers", TEXT, MEMBER(headers), 0},
    {"list_id", TEXT, MEMBER(list_id), 0},
    {"list_unsubscribe", TEXT, MEMBER(list_unsubscribe), 0},
    {"lookalike.of", TEXT, MEMBER(lookalike_of), 0},
    {"mailer", TEXT, MEMBER(mailer), 0},
    {"message_id", TEXT, MEMBER(message_id), 0},
    {"precedence", TEXT, MEMBER(precedence), 0},
    {"recipient", LIST, MEMBER(recipients), MEMBER(recipient_count)},
    {"reply_to", TEXT, MEMBER(reply_to), 0},
    {"return_path", TEXT, MEMBER(return_path), 0},
    {"sketch", SKETCH, 0, 0},
    {"sketch.shingles", SHINGLES, 0, 0},
    {"subject", TEXT, MEMBER(subject), 0},
    {"url", URLS, 0, 0},
    {"url.flags", FLAGS, 0, 0},
    {"url.host", HOSTS, 0, 0},
    {"url.where", WHERES, 0, 0},
};

static const struct wanted *wanted_find(str name) {
    size_t low = 0, high = COUNT(wanted);

    while (low < high) {
        size_t const mid = low + (high - low) / 2;
        int const c = str_cmp(name, str_of(wanted[mid].name));

        if (c == 0)
            return &wanted[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static bool small(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
            return false;
    return true;
}

/* Addresses and domains: ASCII letters small, each once, in byte order, without empty ones. */
static bool list_of(const struct normal_field *f, struct arena *a, const str **out, uint32_t *out_count) {
    str *const list = arena_zero(a, f->count, sizeof *list);
    size_t count = 0, kept = 0;

    if (!list)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        str s = f->values[i].text;

        if (!s.len)
            continue;
        if (!small(s)) {
            char *const copy = arena_bytes(a, s.len);

            if (!copy)
                return false;
            for (size_t at = 0; at < s.len; at++)
                copy[at] = s.ptr[at] >= 'A' && s.ptr[at] <= 'Z' ? (char)(s.ptr[at] + 32) : s.ptr[at];
            s = (str){copy, s.len};
        }
        list[count++] = s;
    }
    if (count)
        qsort(list, count, sizeof *list, by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || !str_eq(list[kept - 1], list[i]))
            list[kept++] = list[i];
    *out = list;
    *out_count = (uint32_t)kept;
    return true;
}

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* False: it is none, and there is nothing to compare. */
static bool sketch_of(str text, struct sketch *out) {
    if (text.len != SKETCH_SIZE * 8)
        return false;
    for (size_t i = 0; i < SKETCH_SIZE; i++) {
        uint32_t n = 0;

        for (size_t at = 0; at < 8; at++) {
            int const digit = hex(text.ptr[i * 8 + at]);

            if (digit < 0)
                return false;
            n = n << 4 | (uint32_t)digit;
        }
        out->mins[i] = n;
    }
    return true;
}

static enum html_where where_of(str name) {
    for (int w = 0; w < HTML_WHERES; w++)
        if (str_eq(html_where_name((enum html_where)w), name))
            return (enum html_where)w;
    return HTML_TEXT; /* the place that means least: nothing is loaded from there */
}

static str value_at(const struct normal_field *f, size_t i) {
    return f && i < f->count ? f->values[i].text : (str){"", 0};
}

static bool urls_of(const struct normal_field *url, const struct normal_field *host, const struct normal_field *where,
                    const struct normal_field *flags, struct arena *a, struct mail_message *out) {
    struct mail_url *const urls = url ? arena_zero(a, url->count, sizeof *urls) : NULL;

    if (!url)
        return true;
    if (!urls)
        return false;
    for (size_t i = 0; i < url->count; i++) {
        str const f = value_at(flags, i);

        urls[i] = (struct mail_url){.url = value_at(url, i),
                                    .host = value_at(host, i),
                                    .where = where_of(value_at(where, i)),
                                    .flags = (str_find(f, S("hidden")) != SIZE_MAX ? HTML_HIDDEN : 0) |
                                             (str_find(f, S("pixel")) != SIZE_MAX ? HTML_ONE_PIXEL : 0)};
    }
    out->urls = urls;
    out->url_count = (uint32_t)url->count;
    return true;
}

bool mail_message_of(const struct normal_event *event, struct arena *a, struct mail_message *out) {
    const struct normal_field *url = NULL, *host = NULL, *where = NULL, *flags = NULL;
    bool sketched = false;
    uint64_t shingles = 0;

    *out = (struct mail_message){.evidence_path = event->evidence_path,
                                 .evidence_sha256 = event->evidence_sha256 ? event->evidence_sha256 : "",
                                 .record = event->record,
                                 .offset = event->offset,
                                 .when = event->when};
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (wanted[i].what == TEXT)
            *(str *)(void *)((char *)out + wanted[i].at) = (str){"", 0};
    for (size_t i = 0; i < event->field_count; i++) {
        const struct normal_field *const f = &event->fields[i];
        const struct wanted *const w = wanted_find(f->name);
        str const first = value_at(f, 0);

        if (!w || f->count == 0)
            continue;
        switch (w->what) {
        case TEXT:
            *(str *)(void *)((char *)out + w->at) = first;
            break;
        case LIST:
            if (!list_of(f, a, (const str **)(void *)((char *)out + w->at),
                         (uint32_t *)(void *)((char *)out + w->count_at)))
                return false;
            break;
        case FLAG:
            *(bool *)(void *)((char *)out + w->at) = str_eq(first, S("true"));
            break;
        case SKETCH:
            sketched = sketch_of(first, &out->sketch);
            break;
        case SHINGLES:
            if (!str_u64(first, UINT32_MAX, &shingles))
                shingles = 0;
            break;
        case URLS:
            url = f;
            break;
        case HOSTS:
            host = f;
            break;
        case WHERES:
            where = f;
            break;
        case FLAGS:
            flags = f;
            break;
        }
    }
    out->sketch.shingles = sketched ? (uint32_t)shingles : 0;
    return urls_of(url, host, where, flags, a, out);
}
