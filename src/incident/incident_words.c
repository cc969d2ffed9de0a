/* incident_words: an act in plain words, and the tactic and technique of ATT&CK (v18.1) that it is where no clue says more. */
#include "incident/incident_own.h"

static str text(const struct activities *a, const struct activity *v, enum act_text t) {
    return str_first(activities_text(a, v->text[t]), 200);
}

/* " as ACCOUNT", where there is one; without a word before it " ACCOUNT". */
static void with(struct buf *b, const char *word, str what) {
    if (what.len)
        buf_format(b, "%s%s %.*s", *word ? " " : "", word, STR_ARG(what));
}

static void counted(struct buf *b, uint64_t n, const char *one, const char *many) {
    if (n)
        buf_format(b, "%lu %s", (unsigned long)n, n == 1 ? one : many);
    else
        buf_add(b, str_of(many));
}

/* What is made and taken away: the act is about its object, and then whose it is; or first about the target, and then which (whose). */
static const struct made {
    const char *does, *of, *detail; /* of NULL: "of"; detail NULL: in brackets */
    bool whose;
} made[ACTS] = {
    [ACT_RULE_NEW] = {"makes the inbox rule", NULL, NULL, false},
    [ACT_RULE_END] = {"removes the inbox rule", NULL, NULL, false},
    [ACT_FORWARD_NEW] = {"forwards all mail of", NULL, "to", true},
    [ACT_FORWARD_END] = {"ends the forwarding of", NULL, "to", true},
    [ACT_CONSENT_NEW] = {"consents to the application", NULL, NULL, false},
    [ACT_CONSENT_END] = {"withdraws the consent to", NULL, NULL, false},
    [ACT_KEY_NEW] = {"adds a key to", NULL, NULL, false},
    [ACT_KEY_END] = {"removes a key of", NULL, NULL, false},
    [ACT_DELEGATE_NEW] = {"gives rights over", NULL, "to", true},
    [ACT_DELEGATE_END] = {"takes rights over", NULL, "from", true},
    [ACT_ROLE_NEW] = {"gives the role", "to", NULL, false},
    [ACT_ROLE_END] = {"takes the role", "from", NULL, false},
    [ACT_ACCOUNT_NEW] = {"makes the account", NULL, NULL, true},
    [ACT_ACCOUNT_END] = {"disables the account", NULL, NULL, true},
    [ACT_FACTOR_NEW] = {"adds a second factor to", NULL, NULL, true},
    [ACT_FACTOR_END] = {"removes a second factor of", NULL, NULL, true},
    [ACT_PASSWORD] = {"sets the password of", NULL, NULL, true},
    [ACT_SESSIONS_END] = {"ends all sessions of", NULL, NULL, true},
    [ACT_SERVICE_NEW] = {"makes the service", "as", NULL, false},
    [ACT_SERVICE_END] = {"removes the service", "of", NULL, false},
    [ACT_TASK_NEW] = {"makes the scheduled task", NULL, NULL, false},
    [ACT_TASK_END] = {"removes the scheduled task", NULL, NULL, false},
    [ACT_OPENING_NEW] = {"opens the way for", NULL, NULL, false},
    [ACT_OPENING_END] = {"closes the way for", NULL, NULL, false},
    [ACT_AUTORUN_NEW] = {"starts at every boot:", NULL, NULL, false},
    [ACT_AUTORUN_END] = {"starts no more:", NULL, NULL, false},
    [ACT_APP_NEW] = {"registers the application", NULL, NULL, false},
    [ACT_APP_END] = {"removes the application", NULL, NULL, false},
    [ACT_AUDIT_OFF] = {"switches off", NULL, NULL, false},
    [ACT_AUDIT_ON] = {"switches on", NULL, NULL, false},
    [ACT_SIGN_OUT] = {"signs out of", NULL, NULL, false},
};

/* Whose and which: each once. Whose nobody says is the account's own. */
static void whose(struct buf *b, const struct made *m, str object, str target, str account) {
    str const first = m->whose && !target.len && !object.len    ? account
                      : (m->whose && target.len) || !object.len ? target
                                                                : object;
    bool const other = object.len && target.len && !str_eq(object, target);

    with(b, "", first);
    if (m->whose && other)
        buf_format(b, " (%.*s)", STR_ARG(object));
    else if (other && !str_eq(target, account))
        with(b, m->of ? m->of : "of", target);
}

void incident_words(const struct activities *a, const struct activity *v, struct buf *b) {
    str const account = text(a, v, ACT_ACCOUNT), target = text(a, v, ACT_TARGET), object = text(a, v, ACT_OBJECT),
              address = text(a, v, ACT_ADDRESS), detail = text(a, v, ACT_DETAIL), verb = text(a, v, ACT_VERB);
    str const host = v->text[ACT_HOST] ? text(a, v, ACT_HOST) : text(a, v, ACT_SERVER);
    const struct made *const m = &made[v->act];
    bool const refused = v->outcome == OUTCOME_FAILURE;
    if (refused)
        buf_add(b, S("is refused: "));
    switch ((enum act)v->act) {
    case ACT_NONE:
        buf_add(b, S("event"));
        with(b, "on", host);
        with(b, "by", account);
        with(b, "from", address);
        return;
    case ACT_SIGN_IN:
        buf_add(b, S("signs in"));
        with(b, "as", account);
        with(b, "from", address);
        return;
    case ACT_LOGON:
        buf_add(b, S("comes to"));
        with(b, "", host);
        with(b, "as", account);
        with(b, "from", address);
        return;
    case ACT_MAIL_READ:
        buf_add(b, S("reads "));
        counted(b, v->items, "message", "messages");
        with(b, "of the mailbox", target.len ? target : account);
        return;
    case ACT_MAIL_SYNC:
        buf_add(b, S("fetches a whole folder"));
        with(b, "of the mailbox", target.len ? target : account);
        return;
    case ACT_MAIL_SEND:
    case ACT_MAIL_OUT:
        buf_add(b, S("sends mail"));
        with(b, "as", account);
        with(b, "to", v->act == ACT_MAIL_OUT ? object : S(""));
        return;
    case ACT_MAIL_IN:
        buf_add(b, S("a mail"));
        with(b, "from", account);
        with(b, "comes:", object);
        return;
    case ACT_FILE_READ:
        buf_add(b, S("reads the file"));
        break;
    case ACT_FILE_WRITE:
        buf_add(b, S("writes the file"));
        break;
    case ACT_FILE_DELETE:
        buf_add(b, S("deletes the file"));
        break;
    case ACT_SHARE_OPEN:
        buf_add(b, S("opens the share"));
        break;
    case ACT_WEB_REQUEST:
        buf_add(b, S("asks"));
        with(b, "", host);
        with(b, "for", object);
        if (verb.len)
            buf_format(b, " (%.*s)", STR_ARG(verb));
        with(b, "from", address);
        return;
    case ACT_WEB_VISIT:
        buf_add(b, S("visits"));
        with(b, "", host);
        with(b, "", object);
        with(b, "from", account.len ? account : address);
        return;
    case ACT_LOOKUP:
        buf_add(b, S("looks up"));
        with(b, "", object);
        with(b, "from", address);
        return;
    case ACT_CONNECTION:
        buf_format(b, "connects from %.*s to %.*s", STR_ARG(address), STR_ARG(text(a, v, ACT_SERVER)));
        with(b, "at", verb);
        if (v->amount)
            buf_format(b, ": %lu bytes", (unsigned long)v->amount);
        if (v->back)
            buf_format(b, ", %lu back", (unsigned long)v->back);
        return;
    case ACT_PROCESS:
        buf_add(b, S("starts"));
        with(b, "", object.len ? object : text(a, v, ACT_PROGRAM));
        with(b, "on", host);
        with(b, "as", account);
        with(b, "from", address);
        return;
    case ACT_TICKET:
        buf_add(b, S("asks for a ticket for"));
        with(b, "", object);
        with(b, "as", account);
        with(b, "from", address);
        return;
    case ACT_CALL:
        buf_format(b, "calls %.*s", STR_ARG(object));
        with(b, "from", account);
        return;
    case ACT_EXPORT:
        buf_add(b, S("exports"));
        break;
    case ACT_QUERY:
        buf_add(b, S("asks the database"));
        break;
    case ACT_API_CALL:
        buf_add(b, S("calls"));
        break;
    case ACT_LOG_CLEAR:
        buf_add(b, S("clears the log"));
        break;
    case ACT_HOST_NAME:
        buf_add(b, S("is named"));
        break;
    default:
        buf_add(b, str_of(m->does ? m->does : "acts on"));
        break;
    }
    whose(b, m, object, target, account);
    if (m->detail)
        with(b, m->detail, detail);
    with(b, "on", host);
    with(b, "as", account);
    with(b, "from", address);
    if (detail.len && !m->detail && v->act >= ACT_RULE_NEW && v->act < ACT_LOG_CLEAR)
        buf_format(b, " (%.*s)", STR_ARG(detail));
}

void incident_attack(const struct activity *v, str verb, str *tactic, str *technique) {
    static const struct {
        str tactic, technique;
    } of[ACTS] = {
        [ACT_SIGN_IN] = {STR("initial-access"), STR("T1078")},
        [ACT_LOGON] = {STR("lateral-movement"), STR("T1021")},
        [ACT_MAIL_READ] = {STR("collection"), STR("T1114.002")},
        [ACT_MAIL_SYNC] = {STR("collection"), STR("T1114.002")},
        [ACT_MAIL_SEND] = {STR("lateral-movement"), STR("T1534")},
        [ACT_MAIL_OUT] = {STR("lateral-movement"), STR("T1534")},
        [ACT_MAIL_IN] = {STR("reconnaissance"), STR("T1598.003")},
        [ACT_FILE_READ] = {STR("collection"), STR("T1530")},
        [ACT_FILE_WRITE] = {STR("persistence"), STR("T1505.003")},
        [ACT_FILE_DELETE] = {STR("defense-evasion"), STR("T1070.004")},
        [ACT_SHARE_OPEN] = {STR("lateral-movement"), STR("T1021.002")},
        [ACT_WEB_REQUEST] = {STR("persistence"), STR("T1505.003")},
        [ACT_WEB_VISIT] = {STR("reconnaissance"), STR("T1598.003")},
        [ACT_LOOKUP] = {STR("reconnaissance"), STR("T1598.003")},
        [ACT_CONNECTION] = {STR("command-and-control"), STR("T1071")},
        [ACT_PROCESS] = {STR("execution"), STR("T1059")},
        [ACT_TICKET] = {STR("credential-access"), STR("T1558.003")},
        [ACT_EXPORT] = {STR("collection"), STR("T1005")},
        [ACT_QUERY] = {STR("collection"), STR("T1213")},
        [ACT_API_CALL] = {STR("execution"), STR("T1059.009")},
        [ACT_RULE_NEW] = {STR("defense-evasion"), STR("T1564.008")},
        [ACT_FORWARD_NEW] = {STR("collection"), STR("T1114.003")},
        [ACT_CONSENT_NEW] = {STR("credential-access"), STR("T1528")},
        [ACT_KEY_NEW] = {STR("persistence"), STR("T1098.001")},
        [ACT_DELEGATE_NEW] = {STR("persistence"), STR("T1098.002")},
        [ACT_ROLE_NEW] = {STR("privilege-escalation"), STR("T1098.003")},
        [ACT_ACCOUNT_NEW] = {STR("persistence"), STR("T1136")},
        [ACT_FACTOR_NEW] = {STR("persistence"), STR("T1098.005")},
        [ACT_PASSWORD] = {STR("persistence"), STR("T1098")},
        [ACT_SERVICE_NEW] = {STR("persistence"), STR("T1543.003")},
        [ACT_TASK_NEW] = {STR("persistence"), STR("T1053.005")},
        [ACT_OPENING_NEW] = {STR("defense-evasion"), STR("T1562.004")},
        [ACT_AUTORUN_NEW] = {STR("persistence"), STR("T1547.001")},
        [ACT_APP_NEW] = {STR("persistence"), STR("T1098.001")},
        [ACT_LOG_CLEAR] = {STR("defense-evasion"), STR("T1070.001")},
        [ACT_AUDIT_OFF] = {STR("defense-evasion"), STR("T1562.008")},
    };

    (void)verb;
    *tactic = of[v->act].tactic;
    *technique = of[v->act].technique;
    if (!tactic->ptr)
        *tactic = *technique = S("");
}
