/* suggest_field: what the fields of some records hold, and the kind that is guessed from it: time, roles, what to ask for. */
#include "base/address.h"
#include "base/utf.h"
#include "event/suggest_own.h"

#define NAME_BYTES_MAX 200u
#define SHORT_MAX 96u
#define EXAMPLES_MAX 3u
#define EXAMPLE_BYTES 32u
#define LISTED_MAX 80u
#define LINE_WIDTH 110u

/* What is known of the fields */

void stats_free(struct stats *s) {
    free(s->list);
    free(s->at);
    *s = (struct stats){.pool = s->pool};
}

void stats_record(struct stats *s) {
    s->records++;
}

static struct field_stat *stat_of(struct stats *s, uint32_t name) {
    if (name >= s->at_room) {
        uint32_t const room = s->pool->room > name ? s->pool->room : name + 1;
        uint32_t *const bigger = reallocarray(s->at, room, sizeof *bigger);

        if (!bigger)
            return NULL;
        memset(bigger + s->at_room, 0, (room - s->at_room) * sizeof *bigger);
        s->at = bigger;
        s->at_room = room;
    }
    if (s->at[name])
        return &s->list[s->at[name] - 1];
    if (s->count == s->room) {
        uint32_t const room = s->room ? 2 * s->room : 64;
        struct field_stat *const bigger = reallocarray(s->list, room, sizeof *bigger);

        if (!bigger)
            return NULL;
        s->list = bigger;
        s->room = room;
    }
    s->list[s->count] = (struct field_stat){.name = name};
    s->at[name] = ++s->count;
    return &s->list[s->count - 1];
}

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool time_like(str text, bool *numeric) {
    size_t digits = 0;
    struct wall w;

    while (digits < text.len && digit(text.ptr[digits]))
        digits++;
    *numeric = digits == text.len || text.ptr[digits] == '.';
    if ((*numeric && (digits < 9 || digits > 19)) || text.len < 9 || text.len > 64 || !wall_parse(text, &w))
        return false;
    int64_t const when = wall_instant(&w);

    return when != INSTANT_NONE && instant_wall(when).year >= 1980 && instant_wall(when).year < 2100;
}

void stats_add(struct stats *s, uint32_t name, uint32_t value) {
    struct field_stat *const f = stat_of(s, name);
    str const text = pool_text(s->pool, value);
    struct address a;
    bool numeric;

    if (!f) {
        s->failed = true;
        return;
    }
    if (f->last_record == s->records)
        return; /* a list: its first value stands for it */
    f->last_record = s->records;
    f->records++;
    if (text.len == 0)
        return;
    f->filled++;
    f->addresses += address_parse(text, &a);
    if (time_like(text, &numeric)) {
        f->times++;
        f->numeric_times += numeric;
    }
    for (uint32_t i = 0; i < f->value_count; i++)
        if (f->values[i] == value)
            return;
    if (f->value_count < STAT_VALUES_MAX)
        f->values[f->value_count++] = value;
    else
        f->more_values = true;
}

const struct field_stat *stats_field(const struct stats *s, str name) {
    for (uint32_t i = 0; i < s->count; i++)
        if (str_eq(pool_text(s->pool, s->list[i].name), name))
            return &s->list[i];
    return NULL;
}

/* Names */

bool field_nameable(str name) {
    if (name.len == 0 || name.len > NAME_BYTES_MAX || utf8_valid(name) != name.len ||
        str_find(name, S("\xef\xbf\xbd")) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
            return false;
    return true;
}

/* Letters and digits alone, small. */
static str squeeze(str name, char room[SHORT_MAX]) {
    size_t used = 0;

    for (size_t i = 0; i < name.len && used < SHORT_MAX; i++) {
        char const c = name.ptr[i];

        if (c >= 'A' && c <= 'Z')
            room[used++] = (char)(c | 0x20);
        else if ((c >= 'a' && c <= 'z') || digit(c))
            room[used++] = c;
    }
    return (str){room, used};
}

/* What stands behind the last point: the member's own name. */
static str last_part(str name) {
    size_t from = 0;

    for (size_t i = 0; i + 1 < name.len; i++)
        if (name.ptr[i] == '.')
            from = i + 1;
    return str_from(name, from);
}

bool name_is_secret(str name) {
    static const str parts[] = {STR("passw"),    STR("passwd"),  STR("pwd"),      STR("secret"), STR("token"),
                                STR("creden"),   STR("cookie"),  STR("authoriz"), STR("bearer"), STR("passphrase"),
                                STR("passcode"), STR("onetime"), STR("apikey")};
    static const str whole[] = {STR("pin"), STR("otp"), STR("pass"), STR("key"), STR("psk"), STR("auth"), STR("jwt")};
    char room[SHORT_MAX];
    str s = squeeze(name, room);

    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_find(s, parts[i]) != SIZE_MAX)
            return true;
    s = squeeze(last_part(name), room);
    for (size_t i = 0; i < COUNT(whole); i++)
        if (str_eq(s, whole[i]))
            return true;
    return str_ends(s, S("key")) || str_ends(s, S("keyid"));
}

static bool value_is_secret(str value) {
    static const str begins[] = {STR("eyJ"),  STR("Bearer "), STR("Basic "),     STR("AKIA"),  STR("ASIA"),
                                 STR("ghp_"), STR("gho_"),    STR("github_"),    STR("xoxb-"), STR("xoxp-"),
                                 STR("sk-"),  STR("sk_"),     STR("-----BEGIN"), STR("glpat-")};

    for (size_t i = 0; i < COUNT(begins); i++)
        if (str_starts(value, begins[i]))
            return true;
    return false;
}

/* Words of a blank-separated list: which one is it? SIZE_MAX: none. */
static size_t word_index(const char *words, str word) {
    str rest = str_of(words);

    for (size_t i = 0; rest.len; i++) {
        size_t const blank = str_find_byte(rest, ' ');

        if (str_eq(str_first(rest, blank), word))
            return i;
        rest = blank == SIZE_MAX ? S("") : str_from(rest, blank + 1);
    }
    return SIZE_MAX;
}

/* How well a field's name fits a list, the best first: its whole name before its last part; 0: not at all. */
static unsigned fit(const char *words, str name) {
    char room[SHORT_MAX];
    size_t i = word_index(words, squeeze(name, room));

    if (i != SIZE_MAX)
        return 2000 - (unsigned)i;
    i = word_index(words, squeeze(last_part(name), room));
    return i != SIZE_MAX ? 1000 - (unsigned)i : 0;
}

/* Comments */

static bool hides(const struct stats *s, const struct field_stat *f, uint32_t i) {
    return name_is_secret(pool_text(s->pool, f->name)) || value_is_secret(pool_text(s->pool, f->values[i]));
}

static void examples_put(struct buf *b, const struct stats *s, const struct field_stat *f) {
    buf_add(b, S(" # "));
    if (f->value_count == 0)
        buf_add(b, S("always empty here"));
    for (uint32_t i = 0; i < f->value_count && i < EXAMPLES_MAX; i++) {
        if (i)
            buf_add(b, S(", "));
        if (hides(s, f, i))
            buf_add(b, S("(not shown)"));
        else
            comment_put(b, pool_text(s->pool, f->values[i]), EXAMPLE_BYTES);
    }
    if (f->value_count > EXAMPLES_MAX || f->more_values)
        buf_add(b, S(", ..."));
}

/* What to ask for */

static const char general_names[] =
    "id time timestamp date name type user username host hostname message msg level severity event action status "
    "result source src dst "
    "ip address text data value title description category version port program pid facility format object target url "
    "path "
    "file session account email received label collector module msgid repeated computer";

/* The more particular, the higher. */
static unsigned particular(str name) {
    char room[SHORT_MAX];
    str const squeezed = squeeze(name, room);
    bool const general = word_index(general_names, squeezed) != SIZE_MAX;
    unsigned const len = (unsigned)(squeezed.len < 20 ? squeezed.len : 20);

    return (general || name_is_secret(name) ? 0 : 100) + len + (squeezed.len != name.len ? 20 : 0);
}

struct choice {
    str name;
    unsigned score;
    const struct field_stat *stat;
};

static int by_score(const void *a, const void *b) {
    const struct choice *const x = a, *const y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return str_cmp(x->name, y->name);
}

/* Keeps the best `most`, in order. */
static void choose(struct choice *best, size_t *count, size_t most, struct choice one) {
    size_t i = *count;

    if (i == most && by_score(&one, &best[i - 1]) > 0)
        return;
    i -= i == most;
    for (; i > 0 && by_score(&one, &best[i - 1]) < 0; i--)
        best[i] = best[i - 1];
    best[i] = one;
    *count += *count < most;
}

static bool asked(const struct kind_draft *k, str name) {
    for (size_t i = 0; i < k->wanted_count; i++)
        if (str_eq(k->wanted[i].field, name))
            return true;
    return false;
}

#define ALWAYS_MAX 4u

/* What syslog's head says is there whatever the log; a kind that extends unix/syslog asks for it already. */
static bool of_parent(const struct kind_draft *k, str name) {
    char room[SHORT_MAX];

    return k->extends.len &&
           word_index(
               "message timestamp host program pid severity facility msgid received collector label module repeated",
               squeeze(name, room)) != SIZE_MAX;
}

static size_t always_there(const struct kind_draft *k, const struct stats *s, struct choice best[ALWAYS_MAX]) {
    size_t count = 0;

    for (uint32_t i = 0; i < s->count; i++) {
        str const name = pool_text(s->pool, s->list[i].name);

        if (s->list[i].records == s->records && field_nameable(name) && !asked(k, name) && !of_parent(k, name))
            choose(best, &count, ALWAYS_MAX,
                   (struct choice){name, particular(name) + (k->elsewhere && pool_has(k->elsewhere, name) ? 0 : 200),
                                   &s->list[i]});
    }
    /* Three are enough where they say something. */
    return count == ALWAYS_MAX && best[0].score >= 300 ? 3 : count;
}

static void wanted_put(struct buf *b, const struct wanted *w) {
    buf_add(b, S("  "));
    yaml_put(b, w->field);
    buf_add(b, S(": "));
    if (w->how == WANTED_EQUALS)
        yaml_put(b, w->value);
    else
        buf_add(b, w->how == WANTED_PRESENT ? S("{present: true}") : S("{present: false}"));
    buf_byte(b, '\n');
}

/* Time */

static const char time_names[] =
    "timestamp time eventtime eventtimestamp datetime eventdate when ts stamp occurred createdat created "
    "creationtime createddatetime start starttime date logtime received";

static bool hints_at_time(str name) {
    static const str parts[] = {STR("time"), STR("date"), STR("stamp"), STR("epoch"), STR("created"), STR("when")};
    char room[SHORT_MAX];
    str const s = squeeze(name, room);

    for (size_t i = 0; i < COUNT(parts); i++)
        if (str_find(s, parts[i]) != SIZE_MAX)
            return true;
    return fit(time_names, name) > 0;
}

#define TIMES_MAX 3u

struct used {
    const struct field_stat *list[32]; /* fields that are told of already */
    size_t count;
};

static void use(struct used *u, const struct field_stat *f) {
    if (f && u->count < COUNT(u->list))
        u->list[u->count++] = f;
}

static bool is_used(const struct used *u, const struct field_stat *f) {
    for (size_t i = 0; i < u->count; i++)
        if (u->list[i] == f)
            return true;
    return false;
}

static void time_write(struct buf *b, const struct kind_draft *k, const struct stats *s, struct used *u) {
    struct choice best[TIMES_MAX];
    size_t count = 0, put = 0;

    if (k->timed) {
        buf_add(b, S("# time: known from the log's own form\n"));
        return;
    }

    for (uint32_t i = 0; i < s->count && k->time_count + k->extends.len == 0; i++) {
        const struct field_stat *const f = &s->list[i];
        str const name = pool_text(s->pool, f->name);
        bool const hint = hints_at_time(name);

        if (f->filled == 0 || f->times != f->filled || !field_nameable(name) || name_is_secret(name) ||
            (f->numeric_times && !hint) || 2 * f->filled < s->records)
            continue;
        unsigned const named = fit(time_names, name);

        choose(best, &count, TIMES_MAX, (struct choice){name, named ? named : hint ? 2u : 1u, f});
    }
    if (count + k->time_count == 0) {
        if (k->extends.len == 0)
            buf_add(b, S("# time: no field is always a time that can be read\n"));
        return;
    }
    buf_add(b, S("time: "));
    if (count + k->time_count > 1)
        buf_byte(b, '[');
    for (size_t i = 0; i < k->time_count + count; i++) {
        str const name = i < k->time_count ? k->times[i] : best[i - k->time_count].name;

        buf_add(b, put++ ? S(", ") : S(""));
        yaml_put(b, name);
        use(u, stats_field(s, name));
    }
    if (put > 1)
        buf_byte(b, ']');
    if (count)
        examples_put(b, s, best[0].stat);
    buf_byte(b, '\n');
}

/* What happened */

static const char each_names[] =
    "event eventname eventtype action operation activity eventid type eventaction activitytype "
    "operationname method command verb eventcode subtype";

static const struct field_stat *each_of(const struct kind_draft *k, const struct stats *s) {
    struct choice best[1];
    size_t count = 0;

    for (uint32_t i = 0; i < s->count; i++) {
        const struct field_stat *const f = &s->list[i];
        str const name = pool_text(s->pool, f->name);
        unsigned const named = fit(each_names, name);
        bool good = named && field_nameable(name) && !name_is_secret(name) && !str_eq(name, k->apart) &&
                    !asked(k, name) && f->filled == s->records && !f->more_values && f->value_count > 1;

        if (!good || (f->value_count > 5 && 2 * f->value_count > s->records))
            continue;
        for (uint32_t v = 0; v < f->value_count; v++)
            good = good && pool_text(s->pool, f->values[v]).len <= 60 && !hides(s, f, v);
        if (good)
            choose(best, &count, 1, (struct choice){name, named, f});
    }
    return count ? best[0].stat : NULL;
}

/* Roles */

enum holds { HOLDS_ANY, HOLDS_ADDRESS, HOLDS_NO_ADDRESS, HOLDS_OUTCOME };

static const char server_address_names[] = "dstip destip destinationip destinationaddress dst dest destination daddr "
                                           "serverip serveraddress sip targetip localip localaddress to";

static const struct guess {
    enum role role;
    enum holds holds;
    const char *names;
} guesses[] = {
    {ROLE_HOST, HOLDS_ANY,
     "host hostname computer computername machine machinename devicename device devname workstation nodename node "
     "agenthostname"},
    {ROLE_TARGET_ACCOUNT, HOLDS_NO_ADDRESS,
     "targetuser targetusername targetaccount targetuserid dstuser duser affecteduser recipient member newuser"},
    {ROLE_ACCOUNT, HOLDS_NO_ADDRESS,
     "user username accountname account useraccount userprincipalname upn actor actorname actoremail principal login "
     "loginname who subject suser "
     "srcuser userid useremail email employee operator initiator caller requestor requester by person badgeholder"},
    {ROLE_CLIENT_ADDRESS, HOLDS_ADDRESS,
     "clientip clientaddress srcip sourceip sourceipaddress sourceaddress callerip calleripaddress remoteip "
     "remoteaddress remoteaddr remotehost "
     "ipaddress ip src source saddr cip addr address from client peer origin userip"},
    {ROLE_SERVER_ADDRESS, HOLDS_ADDRESS, server_address_names},
    {ROLE_CLIENT_PROGRAM, HOLDS_NO_ADDRESS,
     "useragent agent userclient clientapp clientapplication clientprogram application app browser clientname"},
    {ROLE_OBJECT, HOLDS_NO_ADDRESS,
     "object objectname objectid resource resourcename resourceid target targetname file filename filepath path "
     "document item door uri url "
     "bucket table database share folder directory"},
    {ROLE_OUTCOME, HOLDS_OUTCOME,
     "outcome result resultstatus status granted allowed success succeeded authresult eventresult disposition verdict "
     "decision response action"},
    {ROLE_SESSION, HOLDS_ANY,
     "sessionid session sessid logonid sid correlationid connectionid connid requestid transactionid badge"},
    {ROLE_TENANT, HOLDS_ANY,
     "tenant tenantid organization organisation organizationid organisationid org orgid customerid customer company"},
};

static const char good_words[] =
    "success succeeded successful successfully ok okay yes true granted allow allowed accept accepted pass passed "
    "permit permitted approved authenticated grant valid";
static const char bad_words[] =
    "failure failed fail error errored no false denied deny reject rejected refused refuse block blocked drop "
    "dropped unauthorized unauthorised invalid forbidden declined denial timeout expired";

/* "success", "failure", or "": not known. */
static str outcome_of(str value) {
    char room[SHORT_MAX];
    str const s = value.len < SHORT_MAX ? squeeze(value, room) : S("");

    return s.len == 0                              ? S("")
           : word_index(good_words, s) != SIZE_MAX ? S("success")
           : word_index(bad_words, s) != SIZE_MAX  ? S("failure")
                                                   : S("");
}

static uint32_t outcomes(const struct stats *s, const struct field_stat *f) {
    uint32_t known = 0;

    for (uint32_t i = 0; i < f->value_count; i++)
        known += outcome_of(pool_text(s->pool, f->values[i])).len > 0;
    return known;
}

static bool may_hold(const struct stats *s, const struct field_stat *f, enum holds holds) {
    if (f->filled == 0)
        return false;
    switch (holds) {
    case HOLDS_ADDRESS:
        return 10 * f->addresses >= 9 * f->filled;
    case HOLDS_NO_ADDRESS:
        return 2 * f->addresses < f->filled && 2 * f->times < f->filled;
    case HOLDS_OUTCOME:
        return !f->more_values && 2 * outcomes(s, f) >= f->value_count;
    default:
        return f->times < f->filled || f->numeric_times == f->times;
    }
}

/* {X} in a template: what has a brace or a control character cannot stand in one. */
static bool roleable(str name) {
    return field_nameable(name) && str_find_byte(name, '{') == SIZE_MAX && str_find_byte(name, '}') == SIZE_MAX &&
           !name_is_secret(name);
}

static const struct field_stat *role_of(const struct stats *s, const struct guess *g, const struct used *u) {
    struct choice best[1];
    size_t count = 0;

    for (uint32_t i = 0; i < s->count; i++) {
        const struct field_stat *const f = &s->list[i];
        str const name = pool_text(s->pool, f->name);
        unsigned named = fit(g->names, name);
        bool const good = roleable(name) && may_hold(s, f, g->holds);

        /* An address under whatever name is somebody's: the client's, until a person says otherwise. */
        if (!named && g->role == ROLE_CLIENT_ADDRESS && fit(server_address_names, name) == 0)
            named = 1;
        if (named && good && !is_used(u, f))
            choose(best, &count, 1, (struct choice){name, named, f});
    }
    return count ? best[0].stat : NULL;
}

static void template_put(struct buf *b, str name) {
    struct buf source = {0};

    buf_byte(&source, '{');
    buf_add(&source, name);
    buf_byte(&source, '}');
    b->failed |= source.failed;
    yaml_quote(b, buf_str(&source));
    buf_free(&source);
}

static void outcome_put(struct buf *b, const struct stats *s, const struct field_stat *f) {
    bool first = true, unknown = false, as_is = true;

    for (uint32_t i = 0; i < f->value_count; i++)
        as_is = as_is && str_eq(outcome_of(pool_text(s->pool, f->values[i])), pool_text(s->pool, f->values[i]));
    if (as_is) {
        template_put(b, pool_text(s->pool, f->name));
        return;
    }

    buf_add(b, S("{from: "));
    yaml_put(b, pool_text(s->pool, f->name));
    buf_add(b, S(", map: {"));
    for (uint32_t i = 0; i < f->value_count; i++) {
        str const value = pool_text(s->pool, f->values[i]);
        bool again = false;

        if (outcome_of(value).len == 0) {
            unknown = true;
            continue;
        }
        for (uint32_t j = 0; j < i && !again; j++) /* the table does not know capitals */
            again = str_eq_ascii(pool_text(s->pool, f->values[j]), value);
        if (again)
            continue;
        buf_add(b, first ? S("") : S(", "));
        yaml_put(b, value);
        buf_add(b, S(": "));
        buf_add(b, outcome_of(value));
        first = false;
    }
    buf_add(b, S("}}"));
    if (!unknown)
        return;
    buf_add(b, S(" # not known what it means:"));
    for (uint32_t i = 0; i < f->value_count; i++)
        if (outcome_of(pool_text(s->pool, f->values[i])).len == 0) {
            buf_byte(b, ' ');
            comment_put(b, hides(s, f, i) ? S("(not shown)") : pool_text(s->pool, f->values[i]), EXAMPLE_BYTES);
        }
}

static void roles_write(struct buf *b, const struct stats *s, struct used *u) {
    const struct field_stat *of[COUNT(guesses)] = {0};
    bool any = false;

    for (size_t i = 0; i < COUNT(guesses); i++)
        use(u, of[i] = role_of(s, &guesses[i], u));
    for (size_t i = 0; i < COUNT(guesses); i++) {
        if (!of[i])
            continue;
        if (!any)
            buf_add(b, S("roles: # guessed\n"));
        any = true;
        buf_format(b, "  %.*s: ", STR_ARG(role_name(guesses[i].role)));
        if (guesses[i].role == ROLE_OUTCOME) {
            outcome_put(b, s, of[i]);
        } else {
            template_put(b, pool_text(s->pool, of[i]->name));
            examples_put(b, s, of[i]);
        }
        buf_byte(b, '\n');
    }
    if (!any)
        buf_add(b, S("# roles: no field could be told to be one\n"));
}

static int by_name(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void others_write(struct buf *b, const struct stats *s, const struct used *u) {
    str *const names = calloc(s->count + 1, sizeof *names);
    size_t count = 0, line = b->len;

    if (!names) {
        b->failed = true;
        return;
    }
    for (uint32_t i = 0; i < s->count; i++)
        if (!is_used(u, &s->list[i]))
            names[count++] = pool_text(s->pool, s->list[i].name);
    qsort(names, count, sizeof *names, by_name);
    if (count)
        buf_add(b, S("# other fields:"));
    for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
        if (b->len - line > LINE_WIDTH) {
            buf_add(b, S("\n#  "));
            line = b->len;
        }
        buf_byte(b, ' ');
        comment_put(b, names[i], 60);
        if (i + 1 < count)
            buf_byte(b, ',');
    }
    if (count > LISTED_MAX)
        buf_format(b, " and %zu more", count - LISTED_MAX);
    if (count)
        buf_byte(b, '\n');
    free(names);
}

bool kind_write(struct buf *out, const struct kind_draft *k, const struct stats *s) {
    const struct field_stat *each;
    struct choice always[ALWAYS_MAX];
    struct used u = {.count = 0};
    size_t const always_count = k->by_presence ? always_there(k, s, always) : 0;

    if (always_count + k->wanted_count == 0)
        return false;
    buf_add(out, S("kind: "));
    yaml_put(out, k->name);
    buf_add(out, S("\ntitle: "));
    yaml_put(out, k->name);
    buf_format(out, " # %u record%s\n", s->records, s->records == 1 ? "" : "s");
    if (k->extends.len)
        buf_format(out, "extends: %.*s\n", STR_ARG(k->extends));
    if (k->reader.len) {
        buf_add(out, S("reader: "));
        yaml_put(out, k->reader);
        buf_byte(out, '\n');
    }
    buf_add(out, S("when:\n"));
    for (size_t i = 0; i < k->wanted_count; i++) {
        wanted_put(out, &k->wanted[i]);
        if (k->wanted[i].how == WANTED_EQUALS)
            use(&u, stats_field(s, k->wanted[i].field));
    }
    for (size_t i = 0; i < always_count; i++)
        wanted_put(out, &(struct wanted){WANTED_PRESENT, always[i].name, S("")});
    if ((each = each_of(k, s))) {
        buf_add(out, S("each: "));
        yaml_put(out, pool_text(s->pool, each->name));
        examples_put(out, s, each);
        buf_byte(out, '\n');
        use(&u, each);
    }
    time_write(out, k, s, &u);
    buf_add(out, S("logsources:\n  - product: "));
    yaml_put(out, k->product);
    if (k->service.len) {
        buf_add(out, S("\n    service: "));
        yaml_put(out, k->service);
    }
    buf_byte(out, '\n');
    roles_write(out, s, &u);
    others_write(out, s, &u);
    return true;
}
