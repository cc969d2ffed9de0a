/* intel_text: see intel_text.h. */
#include "cli/intel_text.h"

#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "report/finding_text.h"

char *intel_folder(const char *wish, struct err *e) {
    char *const folder = wish ? strdup(wish) : intel_store_folder();

    if (!folder)
        err_set(e, ERR_USAGE, 0,
                "there is no home to keep intelligence in: name a folder with --store, or set "
                "LONGWATCH_DATA");
    return folder;
}

bool intel_open(const char *wish, struct intel_store **out, struct err *e) {
    char *const folder = intel_folder(wish, e);
    bool const ok = folder && intel_store_read(out, folder, e);

    free(folder);
    return ok;
}

int64_t intel_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return instant_from_unix(t.tv_sec, (uint32_t)t.tv_nsec);
}

bool intel_out(struct buf *b, bool machine, struct err *e) {
    if (!b->failed && machine && isatty(STDOUT_FILENO)) {
        struct buf plain = {0};

        finding_plain(&plain, buf_str(b), true);
        buf_free(b);
        *b = plain;
    }
    if (b->failed)
        return err_set(e, ERR_MEMORY, 0, "no memory to print");
    if (b->len && fwrite(b->ptr, 1, b->len, stdout) != b->len)
        return err_system(e, "standard output");
    b->len = 0;
    return true;
}

/* ---- JSON ---- */

void intel_json_text(struct buf *b, const char *name, str s) {
    buf_format(b, ",\"%s\":", name);
    buf_json(b, s);
}

void intel_json_number(struct buf *b, const char *name, uint64_t n) {
    buf_format(b, ",\"%s\":%lu", name, (unsigned long)n);
}

void intel_json_time(struct buf *b, const char *name, int64_t when) {
    char room[INSTANT_TEXT];

    if (when == INSTANT_NONE)
        buf_format(b, ",\"%s\":null", name);
    else
        intel_json_text(b, name, instant_format(when, room));
}

void intel_json_bool(struct buf *b, const char *name, bool value) {
    buf_format(b, ",\"%s\":%s", name, value ? "true" : "false");
}

void intel_json_hash(struct buf *b, const char *name, const uint8_t sha256[SHA256_SIZE]) {
    char hash[2 * SHA256_SIZE + 1];

    sha256_hex(sha256, hash);
    intel_json_text(b, name, str_of(hash));
}

static void json_names(struct buf *b, const char *name, const struct item_names *names) {
    buf_format(b, ",\"%s\":[", name);
    for (unsigned i = 0; i < names->count; i++) {
        if (i)
            buf_byte(b, ',');
        buf_json(b, names->names[i]);
    }
    buf_byte(b, ']');
}

void intel_json_item(struct buf *b, const struct intel_stored_item *i) {
    const struct intel_item *const item = &i->item;

    buf_format(b, "\"number\":%ld", (long)i->number);
    intel_json_text(b, "type", intel_type_text(item));
    intel_json_text(b, "value", item->value);
    intel_json_text(b, "canonical", i->canonical);
    intel_json_text(b, "raw", item->raw);
    if (item->port)
        intel_json_number(b, "port", item->port);
    intel_json_text(b, "where", item->where);
    intel_json_text(b, "id", item->id);
    intel_json_text(b, "title", item->title);
    intel_json_text(b, "comment", item->comment);
    intel_json_time(b, "created", item->created);
    intel_json_time(b, "modified", item->modified);
    intel_json_time(b, "valid_from", item->valid_from);
    intel_json_time(b, "valid_until", item->valid_until);
    intel_json_time(b, "first_seen", item->first_seen);
    intel_json_time(b, "last_seen", item->last_seen);
    if (item->confidence == ITEM_CONFIDENCE_UNSAID)
        buf_add(b, S(",\"confidence\":null"));
    else
        intel_json_number(b, "confidence", item->confidence);
    intel_json_text(b, "tlp", tlp_name(item->tlp));
    intel_json_text(b, "pap", pap_name(item->pap));
    intel_json_text(b, "nature", nature_name(item->nature));
    intel_json_bool(b, "revoked", item->revoked);
    intel_json_bool(b, "context", item->context);
    intel_json_bool(b, "proposed", item->proposed);
    if (item->proposed)
        intel_json_text(b, "review", intel_review_name(i->review));
    if (i->review == REVIEW_CHANGED) {
        intel_json_text(b, "changed_type", observable_name(i->changed_type));
        intel_json_text(b, "changed_value", i->changed_value);
    }
    json_names(b, "groups", &item->groups);
    json_names(b, "campaigns", &item->campaigns);
    json_names(b, "malware", &item->malware);
    json_names(b, "techniques", &item->techniques);
    json_names(b, "origins", &item->origins);
    buf_format(b, ",\"source\":{\"number\":%ld", (long)i->source->number);
    intel_json_text(b, "name", i->source->name);
    intel_json_text(b, "sha256", i->source->sha256);
    intel_json_text(b, "format", i->source->format);
    intel_json_time(b, "until", i->source->until);
    buf_byte(b, '}');
}

/* ---- for people ---- */

str intel_type_text(const struct intel_item *item) {
    return item->form == ITEM_PATTERN ? S("pattern")
           : item->form == ITEM_REGEX ? S("regex")
                                      : observable_name(item->type);
}

static void flag(struct buf *b, size_t from, const char *word) {
    buf_add(b, b->len > from ? S(", ") : S(""));
    buf_add(b, str_of(word));
}

void intel_flags(struct buf *b, const struct intel_stored_item *i) {
    size_t const from = b->len;

    if (i->item.proposed && i->review == REVIEW_OPEN)
        flag(b, from, "proposed");
    else if (i->item.proposed)
        flag(b, from, intel_review_name(i->review).ptr);
    if (i->item.revoked)
        flag(b, from, "revoked");
    if (i->item.context)
        flag(b, from, "context only");
    if (i->source->until != INSTANT_NONE)
        flag(b, from, "history");
}

static void line(struct buf *b, const char *name, str value) {
    if (!value.len)
        return;
    buf_format(b, "    %-10s ", name);
    finding_plain(b, value, false);
    buf_byte(b, '\n');
}

static void names(struct buf *b, const char *name, const struct item_names *n) {
    struct buf all = {0};

    for (unsigned i = 0; i < n->count; i++) {
        buf_add(&all, i ? S(", ") : S(""));
        buf_add(&all, n->names[i]);
    }
    b->failed |= all.failed;
    line(b, name, buf_str(&all));
    buf_free(&all);
}

static void time_part(struct buf *b, const char *before, int64_t when) {
    char room[INSTANT_TEXT];

    if (when != INSTANT_NONE)
        buf_format(b, "%s%s%.*s", b->len ? ", " : "", before, STR_ARG(instant_format(when, room)));
}

static void part(struct buf *b, str s) {
    if (!s.len)
        return;
    buf_add(b, b->len ? S(", ") : S(""));
    buf_add(b, s);
}

static void said_line(struct buf *b, const char *name, struct buf *said) {
    b->failed |= said->failed;
    line(b, name, buf_str(said));
    said->len = 0;
}

void intel_claim(struct buf *b, const struct intel_stored_item *i) {
    const struct intel_item *const item = &i->item;
    struct buf said = {0};

    buf_format(&said, "%.*s (%.*s, source %ld)", STR_ARG(i->source->name), STR_ARG(i->source->format),
               (long)i->source->number);
    part(&said, item->where);
    said_line(b, "source", &said);
    if (item->raw.len)
        line(b, "written", item->raw);
    if (item->port)
        buf_format(&said, "%u", item->port);
    said_line(b, "port", &said);
    line(b, "id", item->id);
    line(b, "title", item->title);
    line(b, "comment", item->comment);
    time_part(&said, "created ", item->created);
    time_part(&said, "modified ", item->modified);
    time_part(&said, "first seen ", item->first_seen);
    time_part(&said, "last seen ", item->last_seen);
    said_line(b, "dates", &said);
    time_part(&said, "from ", item->valid_from);
    time_part(&said, "until ", item->valid_until);
    said_line(b, "valid", &said);
    part(&said, tlp_name(item->tlp));
    part(&said, pap_name(item->pap));
    said_line(b, "marking", &said);
    if (item->confidence != ITEM_CONFIDENCE_UNSAID)
        buf_format(&said, "%u of 100", item->confidence);
    said_line(b, "confidence", &said);
    line(b, "nature", nature_name(item->nature));
    names(b, "group", &item->groups);
    names(b, "campaign", &item->campaigns);
    names(b, "malware", &item->malware);
    names(b, "technique", &item->techniques);
    names(b, "origin", &item->origins);
    if (item->proposed) {
        buf_add(&said, i->review == REVIEW_OPEN
                           ? S("read out of prose, and nobody has looked at it yet (longwatch intel "
                               "review)")
                           : intel_review_name(i->review));
        if (i->review == REVIEW_CHANGED)
            buf_format(&said, ": %.*s %.*s", STR_ARG(observable_name(i->changed_type)), STR_ARG(i->changed_value));
        said_line(b, "review", &said);
    }
    if (item->revoked)
        line(b, "revoked", S("its source has taken it back"));
    if (item->context)
        line(b, "context", S("its source does not mean it for detection: it is not hunted"));
    if (i->source->until != INSTANT_NONE) {
        time_part(&said, "its feed no longer holds it since ", i->source->until);
        said_line(b, "history", &said);
    }
    b->failed |= said.failed;
    buf_free(&said);
}
