/* words: lists of words; all names end in .example or .test (RFC 2606), addresses are for documentation (RFC 5737). */
#include "exercise/words.h"

static const char *const subjects[] = {"Agenda for Thursday",
                                       "Draft of the answer",
                                       "Room change",
                                       "Minutes of the committee",
                                       "Question on section four",
                                       "Visit of the delegation",
                                       "Translation of the annex",
                                       "Budget line 12",
                                       "Lunch next week",
                                       "Deadline moved",
                                       "Numbers for the hearing",
                                       "Speech, second version",
                                       "Parking permit",
                                       "Your note of Monday",
                                       "Amendments received",
                                       "Seating plan",
                                       "Invitation, please confirm",
                                       "Photographs of the opening",
                                       "List of speakers",
                                       "Printing costs",
                                       "Correction to the summary",
                                       "Reading list",
                                       "Archive request",
                                       "Call tomorrow morning"};
/* A sentence is one of each: 28 * 28 * 28 * 16 of them. */
static const char *const who[] = {"The committee",      "Our chair",         "The print shop",     "Her office",
                                  "The archive",        "Nobody here",       "The second reading", "A journalist",
                                  "The ministry",       "The auditor",       "My colleague",       "The delegation",
                                  "The translator",     "The porter",        "The working group",  "The library",
                                  "The older building", "His deputy",        "The opposition",     "The school",
                                  "The new scanner",    "The budget office", "The legal service",  "The band",
                                  "The rapporteur",     "The caterer",       "The union",          "The gardener"};
static const char *const does[] = {"has asked for",      "would rather drop",    "still waits for",
                                   "cannot find",        "has sent back",        "wants to see",
                                   "must not forget",    "will bring",           "has lost",
                                   "agrees with",        "has doubts about",     "needs",
                                   "pays for",           "has promised",         "copied",
                                   "complains about",    "would like to change", "already knows",
                                   "has thanked us for", "is looking into",      "postpones",
                                   "prepares",           "does not recognise",   "has withdrawn",
                                   "wrote a note about", "is happy with",        "counts on",
                                   "overlooked"};
static const char *const what[] = {"the third annex",
                                   "the minutes of 1994",
                                   "two more chairs",
                                   "the seating plan",
                                   "the grey covers",
                                   "the lunch in the small hall",
                                   "the answer to question two",
                                   "the figures of May",
                                   "the portrait",
                                   "the lift",
                                   "the draft contract",
                                   "the list of speakers",
                                   "the key of room nine",
                                   "the microphone",
                                   "the expert opinion",
                                   "the evening post",
                                   "the photographs",
                                   "the amendment on fees",
                                   "the parking permits",
                                   "the visit of the towns",
                                   "the second summary",
                                   "the invoice for heating",
                                   "the spelling of names",
                                   "the projector",
                                   "the guest book",
                                   "the travel forms",
                                   "the shorter title",
                                   "the map of the valley"};
static const char *const when[] = {
    "before Friday",    "again",         "since Monday",  "for the hearing", "this week",         "after the recess",
    "by telephone",     "in writing",    "without hurry", "as you expected", "at the latest now", "for three days",
    "with good reason", "as every year", "on the quiet",  "at our request"};
static const char *const files[][2] = {
    {"Committee/agenda", "docx"}, {"Committee/minutes", "docx"}, {"Budget/plan", "xlsx"},
    {"Budget/estimates", "xlsx"}, {"Members/travel", "pdf"},     {"Members/speech", "docx"},
    {"Drafts/bill", "docx"},      {"Drafts/annex", "docx"},      {"Personnel/rota", "xlsx"},
    {"Press/statement", "docx"},  {"Research/brief", "pdf"},     {"Research/survey", "xlsx"}};
static const char *const sites[] = {
    "parliament.example", "news.example",   "weather.example",       "timetable.example",  "lexicon.example",
    "library.example",    "maps.example",   "search.example",        "museum.example",     "statistics.example",
    "gazette.example",    "courts.example", "update.vendor.example", "cdn.vendor.example", "video.example",
    "translate.example",  "hotel.example",  "railway.example",       "bank.example",       "shop.example"};
static const struct word_partner partners[] = {
    {"Ilse Marten", "i.marten", "ministry.example", "mail.ministry.example", "192.0.2.30"},
    {"Tomas Reber", "t.reber", "ministry.example", "mail.ministry.example", "192.0.2.30"},
    {"Court Registry", "registry", "courts.example", "mx.courts.example", "192.0.2.41"},
    {"Greta Solm", "g.solm", "daily-post.example", "mail.daily-post.example", "192.0.2.52"},
    {"Piet Harder", "p.harder", "evening-sheet.example", "mail.evening-sheet.example", "192.0.2.53"},
    {"Newsroom", "newsroom", "daily-post.example", "mail.daily-post.example", "192.0.2.52"},
    {"Union of Towns", "office", "union-of-towns.example", "mx1.union-of-towns.example", "192.0.2.64"},
    {"Dr. Helga Brun", "h.brun", "university.example", "smtp.university.example", "192.0.2.75"},
    {"Chamber of Trade", "info", "trade-chamber.example", "mail.trade-chamber.example", "192.0.2.86"},
    {"Print Shop Hahn", "orders", "hahn-print.example", "mail.hahn-print.example", "192.0.2.97"},
    {"Example Managed Services", "support", "managed-services.example", "mail.managed-services.example",
     "198.51.100.19"},
    {"Sister Parliament", "liaison", "sister-parliament.example", "mx.sister-parliament.example", "192.0.2.108"}};

const struct word_article word_articles[WORD_ARTICLES] = {
    {"The bridge that nobody wanted to close",
     {"For thirty years the iron bridge has carried twice what its builders allowed. Every spring an engineer walked "
      "beneath it with a hammer, listened, and "
      "signed that it would hold until the next spring, and so it did.",
      "This year the engineer has retired, and his successor measures with strain gauges where the old man used his "
      "ear. The instruments say what everybody "
      "suspected: the eastern pier has moved by the width of a hand since it was last surveyed.",
      "The council has the choice between a detour of forty kilometres and a ferry for which there is no landing. It "
      "has asked for another opinion, and the "
      "ferrymen have begun to look for planks."}},
    {"Salt, silence and a new archive",
     {"Six hundred metres below the village, where salt was cut until the nineties, the air is dry enough to keep "
      "paper for a thousand years. That is why "
      "three provinces now send their land registers down in yellow tubs.",
      "The archivists who work there speak in low voices, although there is nobody to disturb. They say that the "
      "silence makes every word sound like a "
      "decision, and that most visitors ask first how long the lift takes.",
      "What they cannot say is who will read it all. The newest tubs hold disks for which there is no drive any more, "
      "and the oldest hold deeds in a hand "
      "that two people in the country can still read."}},
    {"Why the harbour pilots went back to school",
     {"At the age of fifty-eight, with four thousand ships behind him, the senior pilot of the northern harbour sat in "
      "a classroom and learned how to talk "
      "to a vessel that has no bridge and no crew.",
      "The first of them came in October, low and grey, and stopped exactly where it had been told to. The pilot "
      "admits that he missed the captain's coffee, "
      "and that he kept one hand on the radio all the same.",
      "The insurers have not made up their minds. Until they do, a tug follows every ship without a crew, and on the "
      "tug sits a pilot who has been to "
      "school, and who is paid for waiting."}}};

const char *word_subject(struct office *o) {
    return subjects[rng_below(o->r, COUNT(subjects))];
}

void word_letter(struct office *o, struct buf *b, const char *to, const char *from) {
    static const char *const greetings[] = {"Good morning", "Hello", "Dear colleague", "Dear", "Good day"};
    unsigned const count = 2 + (unsigned)rng_below(o->r, 5);

    buf_format(b, "%s %s,\n\n", greetings[rng_below(o->r, COUNT(greetings))], to);
    for (unsigned i = 0; i < count; i++)
        buf_format(b, "%s %s %s %s.\n", who[rng_below(o->r, COUNT(who))], does[rng_below(o->r, COUNT(does))],
                   what[rng_below(o->r, COUNT(what))], when[rng_below(o->r, COUNT(when))]);
    buf_format(b, "\n%s\n", from);
}

void word_file(struct office *o, char out[60]) {
    const char *const *const f = files[rng_below(o->r, COUNT(files))];

    snprintf(out, 60, "%s-%u.%s", f[0], (unsigned)rng_below(o->r, 90), f[1]);
}

const char *word_site(struct office *o, char address[ADDRESS_MAX]) {
    uint64_t const at = rng_below(o->r, COUNT(sites));

    snprintf(address, ADDRESS_MAX, "192.0.2.%u", 130 + (unsigned)at);
    return sites[at];
}

const struct word_partner *word_partner(struct office *o) {
    return &partners[rng_below(o->r, COUNT(partners))];
}

void word_token(struct office *o, unsigned length, char *out) {
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";

    for (unsigned i = 0; i < length; i++)
        out[i] = digits[rng_below(o->r, sizeof digits - 1)];
    out[length] = '\0';
}
