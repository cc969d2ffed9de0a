/* share_incident: see share_incident.h. */
#include "report/share_incident.h"

#include "report/navigator.h"

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for an incident");
}

/* *text becomes a pseudonym, or nothing. */
static bool hide(const struct share_way *w, const char *kind, str *text, struct err *e) {
    struct buf b = {0};
    bool ok = true;

    if (w->redact == REDACT_PSEUDONYMS)
        pseudonym(w->pseudonyms, kind, *text, &b);
    ok = !b.failed && arena_copy(w->a, buf_str(&b), text);
    buf_free(&b);
    return ok || no_memory(e);
}

static bool hide_place(const struct share_way *w, str *path, const char **sha256, uint64_t *record, uint64_t *offset,
                       struct err *e) {
    *sha256 = "";
    if (w->redact == REDACT_COUNTS)
        *record = *offset = 0;
    return hide(w, "file", path, e);
}

str share_tactic(str tactic) {
    for (size_t i = 0; i < tactic.len; i++)
        if ((tactic.ptr[i] < 'a' || tactic.ptr[i] > 'z') && tactic.ptr[i] != '-')
            return S("");
    return tactic.len <= 40 ? tactic : S("");
}

str share_technique(str technique) {
    char room[ATTACK_TECHNIQUE];

    return attack_technique(technique, room) ? technique : S("");
}

/* The act by its name, with whom and what. */
static bool words(const struct share_way *w, struct incident_event *v, struct err *e) {
    const struct {
        const char *before;
        str text;
    } parts[] = {{" on ", v->host},        {" by ", v->account},    {", target ", v->target},
                 {", from ", v->address},  {", with ", v->program}, {", session ", v->session},
                 {", object ", v->object}, {", detail ", v->detail}};
    struct buf b = {0};
    bool ok;

    buf_add(&b, v->act == ACT_NONE ? S("event") : act_name(v->act));
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].text.len) {
            buf_add(&b, str_of(parts[i].before));
            buf_add(&b, parts[i].text);
        }
    ok = !b.failed && arena_copy(w->a, buf_str(&b), &v->what);
    buf_free(&b);
    return ok || no_memory(e);
}

bool share_event(const struct share_way *w, struct incident_event *v, struct err *e) {
    bool const file =
        v->act == ACT_FILE_READ || v->act == ACT_FILE_WRITE || v->act == ACT_FILE_DELETE || v->act == ACT_SHARE_OPEN;

    if (w->redact == REDACT_NOTHING)
        return true;
    v->tactic = share_tactic(v->tactic);
    v->technique = share_technique(v->technique);
    return hide(w, "account", &v->account, e) && hide(w, "account", &v->target, e) && hide(w, "host", &v->host, e) &&
           hide(w, "address", &v->address, e) && hide(w, "value", &v->program, e) && hide(w, "value", &v->session, e) &&
           hide(w,
                file                   ? "file"
                : v->act == ACT_LOOKUP ? "host"
                                       : "value",
                &v->object, e) &&
           hide(w, "value", &v->detail, e) &&
           hide_place(w, &v->proof.evidence_path, &v->proof.evidence_sha256, &v->proof.record, &v->proof.offset, e) &&
           words(w, v, e);
}

bool share_entity(const struct share_way *w, struct incident_entity *v, struct err *e) {
    static const char *const kinds[PART_TYPES] = {
        [PART_ACCOUNT] = "account", [PART_HOST] = "host", [PART_DOMAIN] = "host", [PART_ADDRESS] = "address"};

    if (w->redact == REDACT_NOTHING)
        return true;
    v->note = S("");
    return hide(w, kinds[v->type] ? kinds[v->type] : "value", &v->name, e);
}

bool share_reach(const struct share_way *w, struct reach *v, struct err *e) {
    static const char *const kinds[REACH_TYPES] = {
        [REACH_MAILBOX] = "account", [REACH_ACCOUNT] = "account", [REACH_HOST] = "host",   [REACH_OUT] = "address",
        [REACH_FILE] = "file",       [REACH_REGISTER] = "file",   [REACH_CALLS] = "value", [REACH_PERSON] = "value"};

    if (w->redact == REDACT_NOTHING)
        return true;
    return hide(w, kinds[v->type], &v->name, e) && hide(w, "value", &v->detail, e) &&
           hide_place(w, &v->proof.evidence_path, &v->proof.evidence_sha256, &v->proof.record, &v->proof.offset, e);
}

bool share_door(const struct share_way *w, struct door *v, struct err *e) {
    struct door_place *const places[] = {&v->opened_at, &v->used_at, &v->closed_at};

    if (w->redact == REDACT_NOTHING)
        return true;
    v->how = S("");
    for (size_t i = 0; i < COUNT(places); i++)
        if (!hide_place(w, &places[i]->evidence_path, &places[i]->evidence_sha256, &places[i]->record,
                        &places[i]->offset, e))
            return false;
    return hide(w, "value", &v->identity, e) && hide(w, "account", &v->account, e) && hide(w, "host", &v->host, e) &&
           hide(w, "value", &v->object, e);
}
