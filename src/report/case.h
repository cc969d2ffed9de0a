/* case: the directory a hunt writes: case.db (SQLite: findings, incidents, custody ledger, rules), dossier.html, findings.jsonl, salvaged.jsonl,
 * findings.csv, timesketch.jsonl, manifest.json; beside them what `longwatch sign` puts there. Formats: docs/formats/case.md.
 *
 * Everything is written below a temporary name beside the final one and renamed when it is whole; a case that was not
 * finished leaves nothing behind. */
#ifndef REPORT_CASE_H
#define REPORT_CASE_H

#include "base/err.h"
#include "detection/finding.h"
#include "evidence/custody.h"

struct case_writer;

/* force: an older case of that name is replaced once the new one is whole; nothing but a case is ever replaced.
 * ERR_USAGE: path is there already (without force), or is no case; ERR_IO. */
MUST_USE bool case_writer_open(struct case_writer **out, const char *path, bool force, struct err *e);
/* The folder that is being written, under its temporary name. Until the writer is closed or finished. */
const char *case_writer_folder(const struct case_writer *c);
MUST_USE bool case_writer_finding(struct case_writer *c, const struct finding *f, struct err *e);
MUST_USE bool case_writer_custody(struct case_writer *c, const struct custody *line, struct err *e);
/* What a source says of hosts and logs; before its line of the ledger. */
MUST_USE bool case_writer_coverage(struct case_writer *c, const struct custody_coverage *coverage, struct err *e);
/* What became of a clock of a source; before its line of the ledger. */
MUST_USE bool case_writer_clock(struct case_writer *c, const struct custody_clock *clock, struct err *e);
/* After all lines of the ledger: how many events of the source with that line, from 1, had been read before. */
MUST_USE bool case_writer_duplicates(struct case_writer *c, uint64_t line, uint64_t events, struct err *e);
MUST_USE bool case_writer_gap(struct case_writer *c, const struct custody_gap *gap, struct err *e);
MUST_USE bool case_writer_damage(struct case_writer *c, const struct custody_damage *damage, struct err *e);
/* What became of a rule: "evaluated", "no data", "never" (no event of its log source can satisfy it), "failed", "unusable",
 * ...; reason may be empty. */
MUST_USE bool case_writer_rule(struct case_writer *c, const struct sigma_verdict *verdict, const char *status,
                               uint64_t findings, struct err *e);
/* A source of intelligence that was hunted for; sha256 may be empty. */
MUST_USE bool case_writer_intel_source(struct case_writer *c, str name, str sha256, struct err *e);
/* A line of the manifest, text: "version", "command", "rules_sha256", ... */
MUST_USE bool case_writer_fact(struct case_writer *c, const char *name, str value, struct err *e);
/* What was written so far can be read from the folder, as a case is, until something more is written: for what is made of all the rest. Once
 * findings and incidents are there; again after more was written. */
MUST_USE bool case_writer_settle(struct case_writer *c, struct err *e);
/* Writes the manifest (name, size, SHA-256 of every file), syncs, renames. After this, and after any failure: close. */
MUST_USE bool case_writer_finish(struct case_writer *c, struct err *e);
/* Takes NULL. Without a finish everything is removed. */
void case_writer_close(struct case_writer *c);

/* Removes a case with all that is in it. ERR_USAGE: it is none, or holds what no case has. */
MUST_USE bool case_remove(const char *path, struct err *e);

/* A field that matched, or a group of a correlation, and its value; or the time of an event and where it lies. */
struct case_pair {
    str name, value;
};
#define CASE_PAIRS_MAX 1000u /* more are not read */

/* Where the record of finding `number` of a case lies, and what the finding says. Memory is a's (2 MiB and the finding's own
 * bytes twice). Every text ends in a NUL behind its length. The case may come from a stranger: texts are what it holds, any
 * bytes. ERR_USAGE: no such finding, or no case there; ERR_CORRUPT: case.db is damaged. */
struct case_place {
    str evidence_path, sha256, reader, rule_title, json; /* json: the whole finding as in findings.jsonl */
    str rule_id, level, time, kind, host, account;
    str words; /* of somebody of a published list: whom it is like, and how; else "" */
    uint64_t offset, record;
    bool salvaged;
    struct case_pair *matches, *events;
    size_t match_count, event_count;
};
/* The ledger of a case, in the order in which it was written: files, what they say of hosts and logs, clocks, damage, gaps. Views live
 * until the callback returns; numbers are what the case holds. False from each stops. Errors as case_find; ERR_USAGE also for
 * a case of an older Longwatch, which has no such ledger. */
struct case_ledger_visitor {
    bool (*file)(void *ctx, const struct custody *line, struct err *e);
    bool (*coverage)(void *ctx, const struct custody_coverage *coverage, struct err *e);
    bool (*clock)(void *ctx, const struct custody_clock *clock, struct err *e);
    bool (*damage)(void *ctx, const struct custody_damage *damage, struct err *e);
    bool (*gap)(void *ctx, const struct custody_gap *gap, struct err *e);
    void *ctx;
};
MUST_USE bool case_ledger(const char *path, const struct case_ledger_visitor *visitor, struct err *e);

struct arena;
MUST_USE bool case_find(const char *path, uint64_t number, struct arena *a, struct case_place *out, struct err *e);

#endif
