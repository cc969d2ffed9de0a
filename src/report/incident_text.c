/* incident_text: see incident_text.h. */
#include "report/incident_text.h"

#include "report/finding_text.h"

static void member(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static void number(struct buf *b, const char *name, uint64_t value) {
    buf_format(b, ",\"%s\":%lu", name, (unsigned long)value);
}

bool incident_timesketch(struct buf *b, const struct incident_act *of, const struct incident_event *v) {
    const struct {
        const char *name;
        str value;
    } texts[] = {
        {"tactic", v->tactic},   {"technique", v->technique}, {"act", act_name(v->act)}, {"what", v->what},
        {"account", v->account}, {"target", v->target},       {"host", v->host},         {"address", v->address},
        {"program", v->program}, {"session", v->session},     {"object", v->object},     {"detail", v->detail},
    };
    struct buf message = {0};
    char text[INSTANT_TEXT];

    if (v->when == INSTANT_NONE)
        return false;
    buf_format(&message, "[%.*s] Incident %u: ", STR_ARG(sigma_level_name(of->level)), of->incident);
    finding_short(&message, v->what);
    timesketch_head(b, buf_str(&message), v->when, "Act of an incident");
    b->failed |= message.failed;
    buf_free(&message);
    if (of->tlp.len)
        member(b, "tlp", of->tlp);
    number(b, "incident", of->incident);
    number(b, "event", of->position);
    member(b, "incident_title", of->title);
    member(b, "level", sigma_level_name(of->level));
    member(b, "clue", of->clue);
    member(b, "time", instant_format(v->when, text));
    if (v->last != INSTANT_NONE)
        member(b, "last", instant_format(v->last, text));
    for (size_t i = 0; i < COUNT(texts); i++)
        member(b, texts[i].name, texts[i].value);
    number(b, "count", v->count);
    number(b, "items", v->items);
    number(b, "amount", v->amount);
    member(b, "evidence_path", v->proof.evidence_path);
    member(b, "evidence_sha256", str_of(v->proof.evidence_sha256));
    number(b, "record", v->proof.record);
    number(b, "offset", v->proof.offset);
    buf_byte(b, '}');
    return true;
}
