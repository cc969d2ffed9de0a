/* assessment_case_gap: what the evidence of an incident lacks that would tell more of who it was, what matters most first; each with what to collect. */
#include <stdlib.h>

#include "report/assessment_case_own.h"

#define DAY INT64_C(86400000000000)

/* What logs there are, by the names that coverage has for them: channels of Windows, and kinds (data/kinds). */
enum need { MAILBOXES, PROXY, LOOKUPS, FLOWS, SIGN_INS, PROCESSES, NEEDS };
static const struct {
    const char *logs; /* the beginnings of their names, with blanks between */
    const char *what, *collect;
} needs[NEEDS] = {
    [MAILBOXES] = {"m365 exchange google/ zimbra dovecot MSExchange", "no log tells who read which mailbox",
                   "audit log of mailboxes (MailItemsAccessed), IMAP and webmail logs"},
    [PROXY] = {"proxy squid web/proxy zeek/http zscaler bluecoat",
               "no log tells which addresses of the Web were visited", "logs of the proxy, or of HTTP at the edge"},
    [LOOKUPS] = {"dns zeek/dns windows/dns Microsoft-Windows-DNS DNS Microsoft-Windows-Sysmon unbound bind",
                 "no log tells which names were looked up",
                 "logs of resolvers (DNS queries with the client's address)"},
    [FLOWS] = {"flow zeek/conn firewall fortinet paloalto cisco suricata netflow",
               "no log tells which connections there were", "flows or firewall logs, with bytes in both directions"},
    [SIGN_INS] = {"m365 azure identity google okta vpn Security windows/security unix sshd",
                  "no log tells who signed in from where", "sign-ins of the identity provider, VPN and hosts"},
    [PROCESSES] = {"Security windows/security Microsoft-Windows-Sysmon windows/sysmon auditd linux-sysmon endpoint",
                   "no log tells which programs ran on the hosts",
                   "process creation with command lines (Sysmon, auditd)"},
};

static bool begins(str name, const char *words) {
    while (*words) {
        size_t const len = strcspn(words, " ");

        if (name.len >= len && str_eq_ascii(str_first(name, len), (str){words, len}))
            return true;
        words += len;
        words += *words == ' ';
    }
    return false;
}

/* Which kinds of logs there are, and when the first event of any is. */
static bool logs(struct gathering *g, bool there[NEEDS], int64_t *first, struct err *e) {
    sqlite3_stmt *s = NULL;
    bool more = true,
         ok = case_prepare(g->db, g->path, "SELECT log, min(first) FROM coverage GROUP BY log ORDER BY log", &s, e);

    *first = INSTANT_NONE;
    while (ok && (ok = case_next(g->db, g->path, s, &more, e)) && more) {
        int64_t const when = case_time(s, 1);

        for (size_t n = 0; n < NEEDS; n++)
            there[n] |= begins(case_text(s, 0), needs[n].logs);
        if (when != INSTANT_NONE && (*first == INSTANT_NONE || when < *first))
            *first = when;
    }
    sqlite3_finalize(s);
    return ok;
}

static bool has_entity(const struct gathering *g, const char *type) {
    for (size_t i = 0; i < g->entity_count; i++)
        if (str_eq(g->entities[i].type, str_of(type)))
            return true;
    return false;
}

static bool before(struct gathering *g, int64_t first, struct err *e) {
    char a[INSTANT_TEXT], b[INSTANT_TEXT];
    int64_t head;
    str words;

    if (first == INSTANT_NONE || g->out->first == INSTANT_NONE || __builtin_sub_overflow(g->out->first, first, &head) ||
        head > 30 * DAY)
        return true;
    if (!gather_say(g, &words, e, "the first act is of %.*s, and no log reaches further back than %.*s",
                    STR_ARG(str_first(instant_format(g->out->first, a), 10)),
                    STR_ARG(str_first(instant_format(first, b), 10))))
        return false;
    gather_gap(g, words, S("older logs of the same hosts and services, out of backups"));
    return true;
}

static bool silent(struct gathering *g, struct err *e) {
    static const char query[] =
        "SELECT host, log, after, before, type FROM gaps WHERE type = 'records' OR (after <= (SELECT last FROM "
        "incident "
        "WHERE number = ?1) AND before >= (SELECT first FROM incident WHERE number = ?1)) ORDER BY rowid";
    sqlite3_stmt *s = NULL;
    bool more = true, ok = gather_ask(g, query, &s, e);
    str words;

    for (size_t n = 0; ok && n < 6 && (ok = case_next(g->db, g->path, s, &more, e)) && more; n++) {
        str const host = gather_short(case_text(s, 0)), log = gather_short(case_text(s, 1));

        ok = str_eq(case_text(s, 4), S("records"))
                 ? gather_say(g, &words, e, "records are missing in the log %.*s of %.*s", STR_ARG(log), STR_ARG(host))
                 : gather_say(g, &words, e, "the log %.*s of %.*s is silent from %.*s to %.*s", STR_ARG(log),
                              STR_ARG(host), STR_ARG(str_first(case_text(s, 2), 10)),
                              STR_ARG(str_first(case_text(s, 3), 10)));
        if (ok)
            gather_gap(g, words, S("the same log from where it is forwarded to, or out of a backup"));
    }
    sqlite3_finalize(s);
    return ok;
}

static bool counted(struct gathering *g, const char *query, const char *fmt_one, const char *fmt_many, str collect,
                    struct err *e) {
    uint64_t n = 0;
    char number[24];
    str words;

    if (!gather_count(g, query, &n, e) || !n)
        return e->code == ERR_NONE;
    snprintf(number, sizeof number, "%lu", (unsigned long)n);
    if (!gather_say(g, &words, e, "%s %s", number, n == 1 ? fmt_one : fmt_many))
        return false;
    gather_gap(g, words, collect);
    return true;
}

bool gather_gaps(struct gathering *g, struct err *e) {
    bool there[NEEDS] = {false}, intel = false, yara = false, memory = false;
    int64_t first;

    if (!logs(g, there, &first, e) || !gather_has(g, " intel_source ", &intel, e) ||
        !gather_has(g, " yara_rule ", &yara, e))
        return false;
    if (!g->began.len)
        gather_gap(g, S("how they came in was not seen"),
                   S("logs of what can be reached from outside, and the mail of the weeks before the first act"));
    if (!before(g, first, e))
        return false;
    bool const wanted[NEEDS] = {
        [MAILBOXES] = has_entity(g, "account"), [PROXY] = has_entity(g, "host"),    [LOOKUPS] = true, [FLOWS] = true,
        [SIGN_INS] = has_entity(g, "account"),  [PROCESSES] = has_entity(g, "host")};

    for (size_t n = 0; n < NEEDS; n++)
        if (wanted[n] && !there[n])
            gather_gap(g, str_of(needs[n].what), str_of(needs[n].collect));
    for (size_t i = 0; i < g->count && !memory; i++)
        memory = g->items[i]->item.class == EVIDENCE_MALWARE || g->items[i]->item.class == EVIDENCE_CODE;
    if (!yara)
        gather_gap(g, S("no file was looked at with YARA rules: what malware it was is not known by its code"),
                   S("files, disk and memory images of the hosts, and rules of those who write about groups (--yara)"));
    else if (!memory)
        gather_gap(g, S("no malware was told by its code"), S("disk and memory images of the hosts that were reached"));
    if (!intel)
        gather_gap(g, S("no indicators were looked for: whether anybody speaks of its infrastructure is not known"),
                   S("feeds and advisories of the time (longwatch intel add; --known)"));
    if (!silent(g, e))
        return false;
    if (g->acts_left_out || g->findings_left_out || g->clue_count == GATHER_CLUES)
        gather_gap(g, S("the incident has more acts or findings than are looked at here"), S(""));
    return counted(g, "SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'acts_lost'",
                   "event was left out of incidents for want of memory",
                   "events were left out of incidents for want of "
                   "memory",
                   S("the same hunt with more memory (--memory), or over a shorter time"), e) &&
           counted(g, "SELECT count(*) FROM custody WHERE not_read NOT IN ('', 'empty', 'prose, and no log')",
                   "file was not read", "files were not read", S("longwatch ledger CASE names them"), e) &&
           counted(g, "SELECT count(*) FROM custody WHERE damages > 0", "file is damaged", "files are damaged",
                   S("longwatch ledger CASE says where; other copies of them"), e);
}
