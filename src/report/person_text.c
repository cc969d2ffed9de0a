/* person_text: see person_text.h. */
#include "report/person_text.h"

#include "report/finding_text.h"

#define WORDS_TOLD 3u /* dates, programmes */

static void member(struct buf *b, const char *name, str text) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, text);
}

/* Returns how many were left out. */
static size_t member_texts(struct buf *b, const char *name, const struct person_texts *t, size_t most) {
    size_t const count = t->count < most ? t->count : most;

    if (!count)
        return 0;
    buf_format(b, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, t->items[i]);
    }
    buf_byte(b, ']');
    return t->count - count;
}

void person_members(struct buf *b, const struct person_match *m, size_t most) {
    const struct person *const x = m->person;
    const struct {
        const char *name;
        const struct person_texts *texts;
    } texts[] = {{"programmes", &x->programmes}, {"births", &x->births},       {"countries", &x->countries},
                 {"listed", &x->listed},         {"documents", &x->documents}, {"mails", &x->mails},
                 {"phones", &x->phones},         {"sites", &x->sites}};
    size_t left_out = 0;

    buf_format(b, "\"quality\":%u", m->quality);
    member(b, "how", person_how_name(m->how));
    member(b, "reason", str_of(m->reason));
    buf_format(b, ",\"usual\":%s", m->usual ? "true" : "false");
    if (m->name) {
        member(b, "name", m->name->text);
        buf_format(b, ",\"weak\":%s", m->name->weak ? "true" : "false");
    }
    member(b, "list", x->list);
    member(b, "id", x->id);
    member(b, "type", person_type_name(x->type));
    member(b, "main", x->names[0].text);
    for (size_t i = 0; i < COUNT(texts); i++)
        left_out += member_texts(b, texts[i].name, texts[i].texts, most);
    if (left_out)
        buf_format(b, ",\"left_out\":%zu", left_out);
}

static void words_add(struct buf *b, const char *before, const struct person_texts *t) {
    for (size_t i = 0; i < t->count && i < WORDS_TOLD; i++) {
        buf_format(b, "%s", i ? " or " : before);
        finding_short(b, t->items[i]);
    }
    if (t->count > WORDS_TOLD)
        buf_format(b, " and %zu more", t->count - WORDS_TOLD);
}

void person_words(struct buf *b, const struct person_match *m) {
    const struct person *const x = m->person;
    str const name = m->name ? m->name->text : x->names[0].text;

    buf_add(b, m->name ? S("Like a listed name, no proof of a person: ")
                       : S("Address, number or site of a listed name, no proof of a person: "));
    finding_short(b, name);
    if (!str_eq(name, x->names[0].text)) {
        buf_add(b, S(", that is "));
        finding_short(b, x->names[0].text);
    }
    buf_format(b, " (%.*s ", STR_ARG(x->list));
    finding_short(b, x->id);
    words_add(b, "; ", &x->programmes);
    words_add(b, "; born ", &x->births);
    if (!x->births.count && x->type == PERSON_INDIVIDUAL)
        buf_add(b, S("; no date of birth given"));
    buf_format(b, "; %s)", m->reason);
}
