/* dossier_answer: five questions and five sentences; each leads to where it stands. */
#include <inttypes.h>

#include "report/dossier_own.h"

/* So that all five answers stand on one screen of a phone. */
#define TITLES 2u
#define TITLE 90u /* bytes; what is cut off stands where the link leads */

static void question(struct dossier *d, const char *what) {
    dossier_format(d, "<div class=\"qa\"><dt>%s</dt>\n<dd>", what);
}

static void answer_end(struct dossier *d) {
    dossier_put(d, "</dd></div>\n");
}

/* "incident 1: title", as a link where it is told whole. */
static void incident_link(struct dossier *d, const struct dossier_incident *n) {
    dossier_format(d, "<a href=\"#i%u\">", n->number);
    dossier_brief(d, n->title, TITLE);
    dossier_put(d, "</a>");
}

static void somebody(struct dossier *d) {
    question(d, "Was somebody in here?");
    if (!d->judged) {
        dossier_put(d, "<b>Not judged.</b> This hunt asked rules only and put nothing together; ");
        dossier_put(d, "<a href=\"#rules\">");
        dossier_some(d, d->findings, "finding", "findings");
        dossier_put(d, "</a> are to be read one by one.");
    } else if (!d->incident_count) {
        dossier_put(d, "<b>Nobody was seen.</b> No behaviours, findings and mails of this evidence join into an "
                       "intrusion; that is an answer for <a href=\"#coverage\">what was looked at</a>, and for "
                       "nothing else");
        if (d->findings) {
            dossier_put(d, "; <a href=\"#rules\">");
            dossier_some(d, d->findings, "finding", "findings");
            dossier_put(d, "</a> of rules and indicators ");
            dossier_put(d, d->findings == 1 ? "stands alone" : "stand alone");
        }
        dossier_put(d, ".");
    } else {
        const struct dossier_incident *strongest = &d->incidents[0];

        for (size_t i = 1; i < d->incident_count; i++)
            if (d->incidents[i].level > strongest->level)
                strongest = &d->incidents[i];
        dossier_put(d, strongest->level >= LEVEL_HIGH     ? "<b>Yes.</b> "
                       : strongest->level == LEVEL_MEDIUM ? "<b>Probably.</b> "
                                                          : "<b>Perhaps.</b> ");
        dossier_some(d, d->incident_all, "intrusion", "intrusions");
        dossier_put(d, " left traces in this evidence: ");
        for (size_t i = 0; i < d->incident_count && i < TITLES; i++) {
            dossier_put(d, i == 0 ? "" : i + 1 == d->incident_all ? " and " : "; ");
            incident_link(d, &d->incidents[i]);
        }
        if (d->incident_all > TITLES) {
            dossier_put(d, "; <a href=\"#incidents\">and ");
            dossier_number(d, d->incident_all - TITLES);
            dossier_put(d, " more</a>");
        }
        dossier_put(d, ".");
    }
    answer_end(d);
}

/* Where a time of an incident's first or last act stands. */
static void act_link(struct dossier *d, const struct dossier_incident *n, bool last) {
    if (dossier_is_told(d, n->number) && n->events)
        dossier_format(d, "<a href=\"#i%u-e%" PRIu64 "\">", n->number, last ? n->events : 1);
    else
        dossier_format(d, "<a href=\"#i%u\">", n->number);
    dossier_day(d, last ? n->last : n->first);
    dossier_put(d, "</a>");
}

static void covered(struct dossier *d) {
    if (d->covered_from == INSTANT_NONE) {
        dossier_put(d, "nothing that was read has a time");
        return;
    }
    dossier_put(d, "the <a href=\"#coverage\">logs</a> that were read reach from ");
    dossier_day(d, d->covered_from);
    dossier_put(d, " to ");
    dossier_day(d, d->covered_to);
}

static void since(struct dossier *d) {
    const struct dossier_incident *first = NULL, *last = NULL;

    for (size_t i = 0; i < d->incident_count; i++) {
        const struct dossier_incident *const n = &d->incidents[i];

        if (n->first != INSTANT_NONE && (!first || n->first < first->first))
            first = n;
        if (n->last != INSTANT_NONE && (!last || n->last > last->last))
            last = n;
    }
    question(d, "Since when, and until when?");
    if (!first || !last) {
        dossier_put(d,
                    d->incident_count ? "<b>Not known.</b> None of its acts has a time; " : "<b>No act was seen</b>; ");
    } else {
        dossier_put(d, "<b>From ");
        act_link(d, first, false);
        dossier_put(d, " to ");
        act_link(d, last, true);
        dossier_put(d, "</b>, ");
        dossier_span(d, last->last - first->first);
        dossier_put(d, ", by the acts that were seen; ");
    }
    covered(d);
    if (first && d->covered_from != INSTANT_NONE && first->first - d->covered_from < INT64_C(7) * 86400000000000)
        dossier_put(d, ", so it may have begun before");
    dossier_put(d, ".");
    answer_end(d);
}

static bool how_far(struct dossier *d, struct err *e) {
    static const struct {
        const char *type, *one, *many, *items_one, *items_many;
    } words[] = {
        {"mailbox", "mailbox", "mailboxes", "message read", "messages read"},
        {"file", "file", "files", NULL, NULL},
        {"register", "register", "registers", "record at risk", "records at risk"},
        {"host", "server or workstation", "servers and workstations", NULL, NULL},
        {"account", "account", "accounts", NULL, NULL},
        {"calls", "export of call records", "exports of call records", "call", "calls"},
        {"person", "person exposed by their calls", "persons exposed by their calls", NULL, NULL},
    };
    sqlite3_stmt *s = NULL;
    bool more = false, any = false,
         ok = dossier_ask(d,
                          "SELECT count(DISTINCT name), min(total(items), 9e18), min(total(amount), 9e18) FROM "
                          "incident_reach WHERE type = ?",
                          &s, e);

    question(d, "How far did they come?");
    for (size_t i = 0; ok && i <= COUNT(words); i++) {
        bool const out = i == COUNT(words);

        sqlite3_reset(s);
        sqlite3_bind_text(s, 1, out ? "out" : words[i].type, -1, SQLITE_STATIC);
        if (!(ok = dossier_next(d, s, &more, e)) || !more || !case_number(s, 0))
            continue;
        dossier_put(d, any ? "; " : "<b>They reached</b> ");
        any = true;
        if (out) {
            dossier_put(d, "<a href=\"#reach-out\">");
            dossier_bytes(d, case_number(s, 2));
            dossier_put(d, " went out</a>");
            continue;
        }
        dossier_format(d, "<a href=\"#reach-%s\">", words[i].type);
        dossier_some(d, case_number(s, 0), words[i].one, words[i].many);
        dossier_put(d, "</a>");
        if (words[i].items_one && case_number(s, 1)) {
            dossier_put(d, " (");
            dossier_some(d, case_number(s, 1), words[i].items_one, words[i].items_many);
            dossier_put(d, ")");
        }
    }
    sqlite3_finalize(s);
    if (!any)
        dossier_put(d, d->incident_count ? "<b>Not known.</b> No log says what was reached."
                                         : "<b>Nothing is known to be reached</b>, because no intrusion was seen.");
    else
        dossier_put(d, ", as far as these logs tell.");
    answer_end(d);
    return ok;
}

/* One line of an incident. */
static void group_line(struct dossier *d, const struct dossier_incident *n, const struct dossier_judged *j) {
    dossier_format(d, "<a href=\"#%c%u\">Incident %u</a>: ", dossier_is_told(d, n->number) ? 'w' : 'i', n->number,
                   n->number);
    if (!dossier_is_judged(j)) {
        dossier_put(d, "not judged");
        return;
    }
    if (j->of.level == BRIEF_CLUSTER) {
        dossier_put(d, "insufficient to name a group");
        return;
    }
    dossier_put(d, j->of.level == BRIEF_RESEMBLES ? "resembles what is published of "
                                                  : "consistent with the public attribution of ");
    dossier_brief(d, j->of.group, 40);
    dossier_format(d, ", %.*s. Confidence is %.*s", STR_ARG(likelihood_word(j->of.posterior)),
                   STR_ARG(confidence_word(j->of.confidence)));
}

/* BRIEF_NOT_JUDGED also of what cannot be read. */
static int level_of(const struct dossier *d, const struct dossier_incident *n) {
    const struct dossier_judged *const j = dossier_judged(d, n->number);

    return dossier_is_judged(j) ? (int)j->of.level : BRIEF_NOT_JUDGED;
}

static void which_group(struct dossier *d) {
    int most = BRIEF_NOT_JUDGED;
    size_t told = 0;

    for (size_t i = 0; i < d->incident_count; i++)
        if (level_of(d, &d->incidents[i]) > most)
            most = level_of(d, &d->incidents[i]);
    question(d, "Which group?");
    if (!d->incident_count) {
        dossier_put(d, "<b>No intrusion was seen</b> that could be anybody’s.");
    } else if (most == BRIEF_NOT_JUDGED) {
        const struct dossier_judged *const j = dossier_judged(d, d->incidents[0].number);

        dossier_put(d, "<b>Not judged</b>");
        if (j && j->readable) {
            dossier_put(d, ": ");
            dossier_brief(d, j->of.why, TITLE);
        }
        dossier_put(d, ". What sources say of indicators is quoted under <a href=\"#attribution\">Attribution</a>.");
    } else {
        dossier_put(d, most == BRIEF_CONSISTENT  ? "<b>As far as logs can tell:</b> "
                       : most == BRIEF_RESEMBLES ? "<b>None to be named;</b> there is a likeness. "
                                                 : "<b>None to be named.</b> ");
        /* Those that say most first. */
        for (int level = most; level >= BRIEF_NOT_JUDGED; level--)
            for (size_t i = 0; i < d->incident_count && told < TITLES; i++) {
                const struct dossier_incident *const n = &d->incidents[i];

                if (level_of(d, n) != level)
                    continue;
                dossier_put(d, told++ ? ". " : "");
                group_line(d, n, dossier_judged(d, n->number));
            }
        if (d->incident_all > TITLES) {
            dossier_put(d, "; <a href=\"#attribution\">and ");
            dossier_number(d, d->incident_all - TITLES);
            dossier_put(d, " more</a>");
        }
        dossier_put(d, ".");
    }
    answer_end(d);
}

static bool gone(struct dossier *d, struct err *e) {
    uint64_t open = 0, closed = 0, doors = 0, ongoing = 0;

    if (!dossier_count(d, "SELECT count(*) FROM door", &doors, e) ||
        !dossier_count(d, "SELECT count(*) FROM door WHERE state = 'open'", &open, e) ||
        !dossier_count(d, "SELECT count(*) FROM door WHERE state = 'closed'", &closed, e) ||
        !dossier_count(d, "SELECT count(*) FROM incident WHERE state = 'ongoing'", &ongoing, e))
        return false;
    question(d, "Are they gone?");
    if (!d->incident_count) {
        dossier_put(d, "<b>No intrusion was seen</b> that could have ended.");
    } else {
        dossier_put(d, open || ongoing            ? "<b>No sign of it.</b> "
                       : doors && closed == doors ? "<b>So far, yes.</b> "
                                                  : "<b>That cannot be told.</b> ");
        if (!doors) {
            dossier_put(d, "No door was seen that they used or opened");
        } else {
            dossier_put(d, "Of <a href=\"#doors\">");
            dossier_some(d, doors, "door", "doors");
            dossier_put(d, "</a> that they used or opened ");
            dossier_number(d, open);
            dossier_put(d, open == 1 ? " stands open, " : " stand open, ");
            dossier_number(d, closed);
            dossier_put(d, closed == 1 ? " was closed" : " were closed");
            if (doors > open + closed) {
                dossier_put(d, ", and of ");
                dossier_number(d, doors - open - closed);
                dossier_put(d, " no log tells");
            }
        }
        if (ongoing) {
            dossier_put(d, "; <a href=\"#incidents\">");
            dossier_some(d, ongoing, "intrusion goes", "intrusions go");
            dossier_put(d, " on</a> to the end of what was read");
        }
        dossier_put(d, ".");
    }
    answer_end(d);
    return true;
}

bool dossier_answer(struct dossier *d, struct err *e) {
    dossier_put(
        d, "<header id=\"answer\">\n<p class=\"kicker\">Longwatch dossier</p>\n<h1>Were we hit as well?</h1>\n<dl>\n");
    somebody(d);
    since(d);
    if (!how_far(d, e))
        return false;
    which_group(d);
    if (!gone(d, e))
        return false;
    dossier_put(d, "</dl>\n<p class=\"rests\">This rests on ");
    dossier_put(d, "<a href=\"#ledger\">");
    dossier_some(d, d->files, "file", "files");
    dossier_put(d, "</a> with ");
    dossier_some(d, d->events, "record", "records");
    if (d->unread || d->damages) {
        dossier_put(d, "; <a href=\"#unread\">");
        if (d->unread)
            dossier_some(d, d->unread, "file was not read", "files were not read");
        if (d->damages) {
            dossier_put(d, d->unread ? ", " : "");
            dossier_some(d, d->damages, "place is damaged", "places are damaged");
        }
        dossier_put(d, "</a>");
    }
    dossier_put(d, ". All times are UTC. Every number here leads to the record it was read from.</p>\n</header>\n");
    return true;
}
