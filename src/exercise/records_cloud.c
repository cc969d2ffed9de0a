/* records_cloud: the unified audit log of Microsoft 365, and sign-ins of Entra as Graph hands them out. */
#include <stdarg.h>

#include "base/hash.h"
#include "exercise/records.h"

static void field(struct buf *b, const char *name, str value) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, value);
}

static str seconds(int64_t when, char room[INSTANT_TEXT]) {
    return instant_format(when - when % SECOND, room);
}

void record_signin(struct office *o, int64_t when, const struct actor *a, unsigned code) {
    struct buf *const b = &o->line;
    char room[INSTANT_TEXT], id[GUID_MAX], user[GUID_MAX];

    office_guid(o, id);
    guid_of(hash_sum(a->user), 9, user);
    b->len = 0;
    buf_format(b, "{\"id\":\"%s\",\"createdDateTime\":\"%.*s\"", id, STR_ARG(seconds(when, room)));
    field(b, "userDisplayName", str_of(a->name));
    field(b, "userPrincipalName", a->user);
    buf_format(b, ",\"userId\":\"%s\"", user);
    field(b, "appDisplayName", str_of(a->app));
    field(b, "resourceDisplayName", str_of(a->app));
    field(b, "ipAddress", a->address);
    field(b, "clientAppUsed", str_of(a->way));
    field(b, "userAgent", a->agent);
    buf_format(b, ",\"sessionId\":\"%s\",\"uniqueTokenIdentifier\":\"%s\",\"isInteractive\":%s", a->session, a->token,
               a->mfa ? "true" : "false");
    buf_format(b, ",\"conditionalAccessStatus\":\"%s\",\"authenticationRequirement\":\"%s\",\"riskState\":\"none\"",
               code ? "failure" : "success", a->mfa ? "multiFactorAuthentication" : "singleFactorAuthentication");
    buf_format(b, ",\"status\":{\"errorCode\":%u,\"failureReason\":\"%s\"}", code,
               code == 50126 ? "Error validating credentials due to invalid username or password."
               : code        ? "Strong authentication is required."
                             : "Other.");
    buf_format(b,
               ",\"deviceDetail\":{\"deviceId\":\"%s\",\"operatingSystem\":\"%s\",\"isCompliant\":%s,\"isManaged\":%s,"
               "\"trustType\":\"%s\"}",
               a->device, a->system, *a->device ? "true" : "false", *a->device ? "true" : "false",
               *a->device ? "Azure AD joined" : "");
    buf_format(b,
               ",\"location\":{\"city\":\"%s\",\"countryOrRegion\":\"%s\"},\"tenantId\":\"" TENANT
               "\",\"exercise\":\"synthetic\"}",
               a->city, a->country);
    feed_add(o->feed, when, SOURCE_SIGNIN, buf_str(b));
}

static void begin(struct office *o, struct buf *b, int64_t when, unsigned type, const char *workload,
                  const char *operation, str user) {
    char room[INSTANT_TEXT], id[GUID_MAX];
    str const time = seconds(when, room);

    office_guid(o, id);
    b->len = 0;
    buf_format(b,
               "{\"CreationTime\":\"%.*s\",\"Id\":\"%s\",\"Operation\":\"%s\",\"OrganizationId\":\"" TENANT
               "\",\"OrganizationName\":\"" DOMAIN "\"",
               (int)time.len - 1, time.ptr, id, operation); /* UTC, and says so by no sign */
    buf_format(b, ",\"RecordType\":%u,\"ResultStatus\":\"Succeeded\",\"UserType\":0,\"Version\":1,\"Workload\":\"%s\"",
               type, workload);
    field(b, "UserId", user);
}

static void end(struct office *o, struct buf *b, int64_t when) {
    buf_add(b, S(",\"Exercise\":\"synthetic\"}"));
    feed_add(o->feed, when, SOURCE_M365, buf_str(b));
}

static void session(struct buf *b, const struct actor *a) {
    if (*a->session)
        buf_format(b, ",\"SessionId\":\"%s\",\"AppAccessContext\":{\"AADSessionId\":\"%s\",\"UniqueTokenId\":\"%s\"}",
                   a->session, a->session, a->token);
}

static void client(struct buf *b, const struct actor *a) {
    field(b, "ClientIPAddress", a->address);
    buf_format(b, ",\"ClientInfoString\":\"%s", a->client);
    if (strcmp(a->client, "Client=OWA;") == 0)
        buf_add(b, a->agent); /* holds no sign that JSON escapes */
    buf_byte(b, '"');
}

static void mailbox(struct buf *b, const struct person *owner) {
    char guid[GUID_MAX];

    guid_of(owner->number, 77, guid);
    buf_format(b,
               ",\"MailboxOwnerUPN\":\"%s@" DOMAIN
               "\",\"MailboxGuid\":\"%s\",\"LogonType\":0,\"InternalLogonType\":0,\"ExternalAccess\":false",
               owner->login, guid);
}

static void read_begin(struct office *o, struct buf *b, int64_t when, const struct actor *a,
                       const struct person *owner) {
    begin(o, b, when, 50, "Exchange", "MailItemsAccessed", a->user);
    client(b, a);
    mailbox(b, owner);
    session(b, a);
}

static void read_end(struct buf *b, const char *folder, str messages) {
    unsigned count = 0;

    buf_add(b, S(",\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Bind\"},{\"Name\":\"IsThrottled\","
                 "\"Value\":\"False\"}]"
                 ",\"Folders\":[{\"FolderItems\":["));
    while (messages.len) {
        size_t const at = str_find_byte(messages, ' ');

        buf_add(b, count++ ? S(",{\"InternetMessageId\":") : S("{\"InternetMessageId\":"));
        buf_json(b, str_first(messages, at));
        buf_byte(b, '}');
        messages = at == SIZE_MAX ? (str){"", 0} : str_from(messages, at + 1);
    }
    buf_format(b, "],\"Path\":\"\\\\%s\"}],\"OperationCount\":%u", folder, count);
}

void record_mail_read(struct office *o, int64_t when, const struct actor *a, const struct person *owner,
                      const char *folder, str messages) {
    read_begin(o, &o->line, when, a, owner);
    read_end(&o->line, folder, messages);
    end(o, &o->line, when);
}

/* A record whose beginning is kept until it is known what was there to be read. */
struct reading {
    struct office *o;
    struct person *owner;
    uint64_t *seen;
    uint32_t intrusion;
    unsigned messages;
    size_t len;
    char begins[];
};

static void fill_reading(void *ctx, struct buf *b) {
    struct reading *const r = ctx;
    struct person *const p = r->owner;
    uint64_t const fresh = p->delivered - *r->seen < MESSAGES_KEPT ? p->delivered - *r->seen : MESSAGES_KEPT;
    uint64_t const count = fresh < r->messages ? fresh : r->messages;
    char id[96];
    struct buf ids = {0};

    for (uint64_t i = 0; i < (count ? count : 1); i++) {
        uint64_t const at = p->delivered ? (p->delivered - 1 - i) % MESSAGES_KEPT : 0;

        message_id(p->messages[at].number, p->messages[at].domain ? p->messages[at].domain : DOMAIN, id);
        buf_add(&ids, i ? S(" ") : S(""));
        buf_add(&ids, str_of(id));
    }
    buf_add(b, (str){r->begins, r->len});
    read_end(b, "Inbox", buf_str(&ids));
    buf_add(b, S(",\"Exercise\":\"synthetic\"}"));
    b->failed |= ids.failed;
    truth_read(r->o->truth, r->intrusion, str_of(p->login), count);
    *r->seen = p->delivered;
    buf_free(&ids);
}

void record_mail_read_later(struct office *o, int64_t when, const struct actor *a, struct person *owner,
                            unsigned messages, uint64_t *seen, uint32_t intrusion) {
    struct reading *r;

    read_begin(o, &o->line, when, a, owner);
    if (o->line.failed || !(r = malloc(sizeof *r + o->line.len))) {
        o->line.failed = true;
        (void)truth_take(o->truth);
        return;
    }
    *r = (struct reading){
        .o = o, .owner = owner, .seen = seen, .intrusion = intrusion, .messages = messages, .len = o->line.len};
    memcpy(r->begins, o->line.ptr, o->line.len);
    feed_add_later(o->feed, SOURCE_M365, &(struct feed_later){.fill = fill_reading, .ctx = r, .when = when});
}

void record_mail_sync(struct office *o, int64_t when, const struct actor *a, const struct person *owner,
                      const char *folder) {
    read_begin(o, &o->line, when, a, owner);
    buf_format(&o->line,
               ",\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Sync\"},{\"Name\":\"IsThrottled\","
               "\"Value\":\"False\"}]"
               ",\"Item\":{\"ParentFolder\":{\"Name\":\"%s\",\"Path\":\"\\\\%s\"}}",
               folder, folder);
    end(o, &o->line, when);
}

void record_mail_sent(struct office *o, int64_t when, const struct actor *a, str subject, str id) {
    begin(o, &o->line, when, 2, "Exchange", "Send", a->user);
    client(&o->line, a);
    field(&o->line, "MailboxOwnerUPN", a->user);
    session(&o->line, a);
    buf_add(&o->line, S(",\"Item\":{\"Subject\":"));
    buf_json(&o->line, subject);
    buf_add(&o->line, S(",\"InternetMessageId\":"));
    buf_json(&o->line, id);
    buf_byte(&o->line, '}');
    end(o, &o->line, when);
}

void record_exchange(struct office *o, int64_t when, const struct actor *a, const char *operation, str object, ...) {
    struct buf *const b = &o->line;
    bool any = false;
    va_list args;

    begin(o, b, when, 1, "Exchange", operation, a->user);
    if (object.len)
        field(b, "ObjectId", object);
    if (a->address.len)
        buf_format(b, ",\"ClientIP\":\"%s%.*s%s:%u\"", str_find_byte(a->address, ':') == SIZE_MAX ? "" : "[",
                   STR_ARG(a->address), str_find_byte(a->address, ':') == SIZE_MAX ? "" : "]",
                   (unsigned)(1024 + rng_below(o->r, 60000)));
    session(b, a);
    buf_add(b, S(",\"ExternalAccess\":false,\"Parameters\":["));
    va_start(args, object);
    for (const char *name; (name = va_arg(args, const char *)); any = true) {
        buf_add(b, any ? S(",{\"Name\":") : S("{\"Name\":"));
        buf_json(b, str_of(name));
        buf_add(b, S(",\"Value\":"));
        buf_json(b, str_of(va_arg(args, const char *)));
        buf_byte(b, '}');
    }
    va_end(args);
    buf_byte(b, ']');
    end(o, b, when);
}

void record_file(struct office *o, int64_t when, const struct actor *a, const char *operation, str file) {
    begin(o, &o->line, when, 6, "SharePoint", operation, a->user);
    field(&o->line, "ClientIP", a->address);
    field(&o->line, "UserAgent", a->agent);
    field(&o->line, "ObjectId", file);
    session(&o->line, a);
    buf_add(&o->line, S(",\"ItemType\":\"File\",\"EventSource\":\"SharePoint\""));
    end(o, &o->line, when);
}

void record_directory(struct office *o, int64_t when, str user, const char *operation, str object, str modified) {
    begin(o, &o->line, when, 8, "AzureActiveDirectory", operation, user);
    field(&o->line, "ObjectId", object);
    buf_format(&o->line, ",\"AzureActiveDirectoryEventType\":1,\"ModifiedProperties\":[%.*s]", STR_ARG(modified));
    end(o, &o->line, when);
}

void record_consent(struct office *o, int64_t when, str user, const char *app_id, const char *app, const char *scopes,
                    bool everybody) {
    struct buf *const b = &o->more;

    b->len = 0;
    buf_format(b,
               "{\"Name\":\"ConsentContext.OnBehalfOfAll\",\"NewValue\":\"%s\",\"OldValue\":\"\"},{\"Name\":"
               "\"ConsentAction.Permissions\","
               "\"NewValue\":\"[] => [[Id: %.8s, ClientId: %s, ConsentType: %s, Scope: %s]]; \",\"OldValue\":\"\"},"
               "{\"Name\":\"TargetId.ServicePrincipalNames\",\"NewValue\":\"%s\",\"OldValue\":\"\"}",
               everybody ? "True" : "False", app_id, app_id, everybody ? "AllPrincipals" : "Principal", scopes, app_id);
    begin(o, &o->line, when, 8, "AzureActiveDirectory", "Consent to application.", user);
    field(&o->line, "ObjectId", str_of(app_id));
    buf_format(
        &o->line,
        ",\"AzureActiveDirectoryEventType\":1,\"Target\":[{\"ID\":\"%s\",\"Type\":1}],\"ModifiedProperties\":[%.*s]",
        app, STR_ARG(buf_str(b)));
    end(o, &o->line, when);
}
