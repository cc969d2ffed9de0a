/* act: what an event says that somebody did, in the few words that behaviours over years, doors and incidents are made of.
 *
 * A kind says which of its events are which act (docs/kinds.md, "Acts"), so that a new log joins in without C. An act is said once for an
 * event, of what was done, let be or refused (the outcome tells which); words for what is made come in pairs, new and end: doors that
 * were opened and closed. */
#ifndef EVENT_ACT_H
#define EVENT_ACT_H

#include "base/str.h"

enum act {
    ACT_NONE,
    /* Use */
    ACT_SIGN_IN,     /* an account proves who it is to a service: cloud, mail, VPN, portal; outcome: granted or not */
    ACT_SIGN_OUT,    /* its session ends; amount: bytes from address, where the log counts them */
    ACT_LOGON,       /* an account comes to a host; verb: how (Windows' logon type, "ssh"); detail: from which host */
    ACT_MAIL_READ,   /* messages of a mailbox (target) are read; count: how many, where the log says it */
    ACT_MAIL_SYNC,   /* a folder of a mailbox is fetched whole: what was in it is not said */
    ACT_MAIL_SEND,   /* as the account, or out of the mailbox */
    ACT_FILE_READ,   /* a file (object) is opened or fetched: cloud storage, share, register; detail: share or site */
    ACT_FILE_WRITE,  /* made or changed; detail: by which program, if the log says so */
    ACT_FILE_DELETE, /* taken away */
    ACT_SHARE_OPEN,  /* a share (object) of a host */
    ACT_WEB_REQUEST, /* to a server of the institution: host or server, object: path with query; detail: referrer; verb: method
                      * and status ("POST 200"), or the method alone; amount: bytes back */
    ACT_WEB_VISIT, /* from the institution to somebody: object: URL, or what is known of it; otherwise the same */
    ACT_LOOKUP,    /* of a name (object) */
    ACT_CONNECTION, /* address to server; verb: port and protocol ("443/tcp"); amount: bytes from address, detail: bytes back */
    ACT_PROCESS,  /* started on a host; program: its path, object: command line, detail: path of the parent */
    ACT_TICKET,   /* Kerberos: object: service; verb: encryption ("0x17") */
    ACT_CALL,     /* account: caller, object: called; amount: seconds */
    ACT_EXPORT,   /* many records at once: call records, a directory, a mailbox; object: of what; amount: how many */
    ACT_MAIL_OUT, /* a server sends a message on: account: sender, object: recipient; detail: subject */
    ACT_MAIL_IN, /* a message of a campaign came: account: sender, target: recipient; object: subject. No kind says it */
    ACT_QUERY,   /* of a database; object: what */
    ACT_API_CALL, /* of a cloud's control plane: object: operation; detail: on what */
    /* What is made, and taken away again: doors. object: its name; detail: what it does or leads to */
    ACT_RULE_NEW, /* inbox or transport rule */
    ACT_RULE_END,
    ACT_FORWARD_NEW, /* of a whole mailbox; detail: where to */
    ACT_FORWARD_END,
    ACT_CONSENT_NEW, /* an application (object) may act for account or everybody; detail: which rights */
    ACT_CONSENT_END,
    ACT_KEY_NEW, /* secret, certificate or access key of an application or account (target) */
    ACT_KEY_END,
    ACT_DELEGATE_NEW, /* somebody (detail) may use a mailbox (target) */
    ACT_DELEGATE_END,
    ACT_ROLE_NEW, /* a role or group (object) of target */
    ACT_ROLE_END,
    ACT_ACCOUNT_NEW, /* target */
    ACT_ACCOUNT_END, /* disabled or deleted: target */
    ACT_FACTOR_NEW,  /* second factor or device of target */
    ACT_FACTOR_END,
    ACT_PASSWORD,     /* of target was reset or changed */
    ACT_SESSIONS_END, /* of target: all sessions and tokens are void */
    ACT_SERVICE_NEW,  /* on host; detail: program */
    ACT_SERVICE_END,
    ACT_TASK_NEW,
    ACT_TASK_END,
    ACT_OPENING_NEW, /* of a firewall, host or device; object: rule; detail: port */
    ACT_OPENING_END,
    ACT_AUTORUN_NEW, /* object: registry value or file; detail: program */
    ACT_AUTORUN_END,
    ACT_APP_NEW, /* an application is registered: object */
    ACT_APP_END,
    /* Traces */
    ACT_LOG_CLEAR, /* a log (object) was emptied */
    ACT_AUDIT_OFF, /* logging or protection was switched off or lowered; object: which */
    ACT_AUDIT_ON,
    ACT_HOST_NAME, /* says that address is host's, and nothing else */
    ACTS
};
str act_name(enum act a); /* "mail-read"; ACT_NONE: "" */
/* ACT_NONE: no such act. */
enum act act_of(str name);

/* What is told of an act, each a text: as the role of that name, unless the kind says otherwise. */
enum act_text {
    ACT_ACCOUNT,
    ACT_TARGET, /* the account, mailbox or application acted upon */
    ACT_HOST,
    ACT_ADDRESS, /* of the client */
    ACT_SERVER,  /* address of the server */
    ACT_PROGRAM,
    ACT_SESSION,
    ACT_OBJECT,
    ACT_VERB,   /* no role */
    ACT_DETAIL, /* no role */
    ACT_TENANT,
    ACT_KIND, /* of the event: no kind says it */
    ACT_TEXTS
};
str act_text_name(enum act_text t); /* "account", "target", ... */

#endif
