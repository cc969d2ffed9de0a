/* yara_text: bytes of evidence are told as hexadecimal digits, and as text where that is what they are. */
#include "report/yara_text.h"

#include "report/finding_text.h"

static void member(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static void member_said(struct buf *b, const char *name, str value) {
    if (value.len)
        member(b, name, value);
}

static void member_number(struct buf *b, const char *name, uint64_t n) {
    buf_format(b, ",\"%s\":%lu", name, (unsigned long)n);
}

static bool printable(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    return s.len > 0;
}

static void add_match(struct buf *b, const struct yara_rule *r, const struct yara_match *m) {
    buf_add(b, S("{\"string\":"));
    buf_json(b, r->strings[m->string]);
    member_number(b, "offset", m->offset);
    member_number(b, "length", m->length);
    buf_add(b, S(",\"excerpt\":\""));
    for (size_t i = 0; i < m->excerpt.len; i++)
        buf_format(b, "%02x", (unsigned char)m->excerpt.ptr[i]);
    buf_byte(b, '"');
    if (printable(m->excerpt))
        member(b, "text", m->excerpt);
    buf_byte(b, '}');
}

static void add_rule(struct buf *b, const struct yara_rule *r) {
    member(b, "rule", r->name);
    member(b, "level", sigma_level_name(r->level));
    member(b, "rules_path", r->path);
    member_number(b, "rules_line", r->line);
    buf_add(b, S(",\"tags\":["));
    for (size_t i = 0; i < r->tag_count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, r->tags[i]);
    }
    buf_byte(b, ']');
    member_said(b, "description", r->description);
    member_said(b, "author", r->author);
    member_said(b, "date", r->date);
    member_said(b, "reference", r->reference);
    member_said(b, "hash", r->hash);
    member_said(b, "tlp", r->tlp);
    member_said(b, "malware", r->malware);
    member_said(b, "group", r->group);
    if (r->score >= 0)
        member_number(b, "score", (uint64_t)r->score);
}

void yara_json(struct buf *b, const struct yara_finding *f) {
    const struct yara_hit *const h = &f->hit;
    char hex[2 * SHA256_SIZE + 1];

    buf_format(b, "{\"type\":\"yara\",\"yara\":%lu", (unsigned long)f->number);
    add_rule(b, h->rule);
    member(b, "evidence_path", f->evidence_path);
    member(b, "evidence_sha256", str_of(f->evidence_sha256));
    if (f->attachment) {
        buf_add(b, S(",\"attachment\":{\"name\":"));
        buf_json(b, f->name);
        member(b, "type", f->type);
        member_number(b, "record", f->record);
        member_number(b, "offset", f->offset);
        buf_byte(b, '}');
    }
    member_number(b, "size", h->size);
    sha256_hex(h->sha256, hex);
    member(b, "sha256", str_of(hex));
    buf_add(b, S(",\"matched\":["));
    for (size_t i = 0; i < h->match_count; i++) {
        if (i)
            buf_byte(b, ',');
        add_match(b, h->rule, &h->matches[i]);
    }
    buf_byte(b, ']');
    if (h->more)
        buf_add(b, S(",\"more\":true"));
    buf_byte(b, '}');
}

void yara_place(struct buf *b, str evidence_path, bool attachment, str name, uint64_t record, uint64_t offset) {
    finding_plain(b, evidence_path, false);
    if (!attachment)
        return;
    buf_format(b, ", message %lu (offset %lu): ", (unsigned long)record, (unsigned long)offset);
    if (name.len)
        finding_short(b, name);
    else
        buf_add(b, S("its text"));
}
