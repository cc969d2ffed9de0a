/* act: names of acts and of what is told of them. */
#include "event/act.h"

#include "base/compiler.h"

static const str names[ACTS] = {
    [ACT_NONE] = STR(""),
    [ACT_SIGN_IN] = STR("sign-in"),
    [ACT_SIGN_OUT] = STR("sign-out"),
    [ACT_LOGON] = STR("logon"),
    [ACT_MAIL_READ] = STR("mail-read"),
    [ACT_MAIL_SYNC] = STR("mail-sync"),
    [ACT_MAIL_SEND] = STR("mail-send"),
    [ACT_FILE_READ] = STR("file-read"),
    [ACT_FILE_WRITE] = STR("file-write"),
    [ACT_FILE_DELETE] = STR("file-delete"),
    [ACT_SHARE_OPEN] = STR("share-open"),
    [ACT_WEB_REQUEST] = STR("web-request"),
    [ACT_WEB_VISIT] = STR("web-visit"),
    [ACT_LOOKUP] = STR("lookup"),
    [ACT_CONNECTION] = STR("connection"),
    [ACT_PROCESS] = STR("process"),
    [ACT_TICKET] = STR("ticket"),
    [ACT_CALL] = STR("call"),
    [ACT_EXPORT] = STR("export"),
    [ACT_MAIL_OUT] = STR("mail-out"),
    [ACT_MAIL_IN] = STR("mail-in"),
    [ACT_QUERY] = STR("query"),
    [ACT_API_CALL] = STR("api-call"),
    [ACT_RULE_NEW] = STR("rule-new"),
    [ACT_RULE_END] = STR("rule-end"),
    [ACT_FORWARD_NEW] = STR("forward-new"),
    [ACT_FORWARD_END] = STR("forward-end"),
    [ACT_CONSENT_NEW] = STR("consent-new"),
    [ACT_CONSENT_END] = STR("consent-end"),
    [ACT_KEY_NEW] = STR("key-new"),
    [ACT_KEY_END] = STR("key-end"),
    [ACT_DELEGATE_NEW] = STR("delegate-new"),
    [ACT_DELEGATE_END] = STR("delegate-end"),
    [ACT_ROLE_NEW] = STR("role-new"),
    [ACT_ROLE_END] = STR("role-end"),
    [ACT_ACCOUNT_NEW] = STR("account-new"),
    [ACT_ACCOUNT_END] = STR("account-end"),
    [ACT_FACTOR_NEW] = STR("factor-new"),
    [ACT_FACTOR_END] = STR("factor-end"),
    [ACT_PASSWORD] = STR("password"),
    [ACT_SESSIONS_END] = STR("sessions-end"),
    [ACT_SERVICE_NEW] = STR("service-new"),
    [ACT_SERVICE_END] = STR("service-end"),
    [ACT_TASK_NEW] = STR("task-new"),
    [ACT_TASK_END] = STR("task-end"),
    [ACT_OPENING_NEW] = STR("opening-new"),
    [ACT_OPENING_END] = STR("opening-end"),
    [ACT_AUTORUN_NEW] = STR("autorun-new"),
    [ACT_AUTORUN_END] = STR("autorun-end"),
    [ACT_APP_NEW] = STR("app-new"),
    [ACT_APP_END] = STR("app-end"),
    [ACT_LOG_CLEAR] = STR("log-clear"),
    [ACT_AUDIT_OFF] = STR("audit-off"),
    [ACT_AUDIT_ON] = STR("audit-on"),
    [ACT_HOST_NAME] = STR("host-name"),
};

static const str text_names[ACT_TEXTS] = {
    [ACT_ACCOUNT] = STR("account"), [ACT_TARGET] = STR("target"), [ACT_HOST] = STR("host"),
    [ACT_ADDRESS] = STR("address"), [ACT_SERVER] = STR("server"), [ACT_PROGRAM] = STR("program"),
    [ACT_SESSION] = STR("session"), [ACT_OBJECT] = STR("object"), [ACT_VERB] = STR("verb"),
    [ACT_DETAIL] = STR("detail"),   [ACT_TENANT] = STR("tenant"), [ACT_KIND] = STR("kind"),
};

str act_name(enum act a) {
    return names[a];
}

enum act act_of(str name) {
    for (size_t i = ACT_NONE + 1; i < ACTS; i++)
        if (str_eq(names[i], name))
            return (enum act)i;
    return ACT_NONE;
}

str act_text_name(enum act_text t) {
    return text_names[t];
}
