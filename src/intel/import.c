/* import: the table of importers, who reads what, and what becomes of an item on its way out. Knows no format. */
#include <stdarg.h>

#include "base/utf.h"
#include "intel/import_own.h"

#define ROOM_MAX ((size_t)64 << 20) /* of one item's mended texts */

/* The most particular first: what is JSON of one kind is JSON, and what is a table is text. */
const struct importer *const importers[] = {
    &import_stix,           &import_misp, &import_warninglist, &import_galaxy,   &import_openioc,
    &import_signature_base, &import_csv,  &import_list,        &import_advisory, NULL,
};

const struct importer *import_recognise(str head) {
    const struct importer *best = NULL;
    int sure = 0;

    head = str_first(head, IMPORT_HEAD);
    for (size_t i = 0; importers[i]; i++) {
        int const looks = importers[i]->looks(head);

        if (looks > sure) {
            best = importers[i];
            sure = looks;
        }
    }
    return best;
}

const struct importer *import_named(str name) {
    for (size_t i = 0; importers[i]; i++)
        if (str_eq(str_of(importers[i]->name), name))
            return importers[i];
    return NULL;
}

/* ---- what importers use ---- */

struct intel_item item_new(enum observable type, str value, str where) {
    str const none = S("");

    return (struct intel_item){.type = type,
                               .value = value,
                               .raw = none,
                               .where = where,
                               .id = none,
                               .title = none,
                               .comment = none,
                               .created = INSTANT_NONE,
                               .modified = INSTANT_NONE,
                               .valid_from = INSTANT_NONE,
                               .valid_until = INSTANT_NONE,
                               .first_seen = INSTANT_NONE,
                               .last_seen = INSTANT_NONE,
                               .confidence = ITEM_CONFIDENCE_UNSAID};
}

void item_name_add(struct item_names *to, str name) {
    name = str_trim(name);
    if (!name.len || to->count == ITEM_NAMES_MAX)
        return;
    for (unsigned i = 0; i < to->count; i++)
        if (str_eq(to->names[i], name))
            return;
    to->names[to->count++] = name;
}

bool import_name_add(struct import_names *to, str name, struct arena *a) {
    size_t const room = to->room ? to->room * 2 : 8;
    str *more;

    name = str_trim(name);
    if (!name.len || to->count == IMPORT_NAMES_MAX) /* each is compared with all */
        return true;
    for (size_t i = 0; i < to->count; i++)
        if (str_eq(to->names[i], name))
            return true;
    if (to->count == to->room) {
        if (!(more = arena_zero(a, room, sizeof *more)))
            return false;
        if (to->count)
            memcpy(more, to->names, to->count * sizeof *more);
        to->names = more;
        to->room = room;
    }
    to->names[to->count++] = name;
    return true;
}

/* The part of the names that mention number `part` has. */
static struct item_names names_part(const struct import_names *all, size_t part) {
    struct item_names names = {.count = 0};

    for (size_t i = part * ITEM_NAMES_MAX; i < all->count && names.count < ITEM_NAMES_MAX; i++)
        names.names[names.count++] = all->names[i];
    return names;
}

bool import_group_tell(const struct import_group *g, const struct intel_sink *sink, struct err *e) {
    const struct import_names *const lists[] = {&g->aliases, &g->countries, &g->origins, &g->techniques, &g->malware};
    size_t most = 1;

    if (!sink->group)
        return sink->left_out(sink->ctx, g->where, g->name, S("groups are not asked for here"), e);
    for (size_t i = 0; i < COUNT(lists); i++)
        most = lists[i]->count > most ? lists[i]->count : most;
    for (size_t part = 0; part * ITEM_NAMES_MAX < most; part++) {
        struct intel_group const mention = {.name = g->name,
                                            .id = g->id,
                                            .where = g->where,
                                            .description = part ? (str)STR("") : g->description,
                                            .retired = g->retired,
                                            .aliases = names_part(&g->aliases, part),
                                            .countries = names_part(&g->countries, part),
                                            .origins = names_part(&g->origins, part),
                                            .techniques = names_part(&g->techniques, part),
                                            .malware = names_part(&g->malware, part)};

        if (!sink->group(sink->ctx, &mention, e))
            return false;
    }
    return true;
}

struct intel_known import_known_new(enum intel_known_type type) {
    str const none = S("");

    return (struct intel_known){.type = type,
                                .group = none,
                                .id = none,
                                .name = none,
                                .word = none,
                                .source = none,
                                .title = none,
                                .when = INSTANT_NONE};
}

bool import_known_tell(struct intel_known *known, const struct import_names *names, const struct intel_sink *sink,
                       struct err *e) {
    for (size_t part = 0; !part || part * ITEM_NAMES_MAX < names->count; part++) {
        known->names = names_part(names, part);
        if (!sink->known(sink->ctx, known, e))
            return false;
    }
    return true;
}

bool import_left_out(const struct intel_sink *sink, str where, str what, struct err *e, const char *fmt, ...) {
    char why[512];
    va_list arguments;
    int n;

    va_start(arguments, fmt);
    n = vsnprintf(why, sizeof why, fmt, arguments);
    va_end(arguments);
    n = n < 0 ? 0 : n >= (int)sizeof why ? (int)sizeof why - 1 : n;
    str const all = {why, (size_t)n};

    return sink->left_out(sink->ctx, where, what, str_first(all, utf8_valid(all)), e);
}

/* ---- an item on its way out ---- */

struct passing {
    const struct import_about *about;
    const struct intel_sink *to;
    struct arena *room;
    struct buf canonical, refanged;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory to read intelligence");
}

/* Feeds write a network where an address belongs, a host where an address, an address where a host, a path where a name. */
static bool alike(enum observable a, enum observable b) {
    static const uint32_t families[] = {
        1u << OBSERVABLE_ADDRESS | 1u << OBSERVABLE_NETWORK | 1u << OBSERVABLE_DOMAIN | 1u << OBSERVABLE_URL,
        1u << OBSERVABLE_MD5 | 1u << OBSERVABLE_SHA1 | 1u << OBSERVABLE_SHA256 | 1u << OBSERVABLE_SHA512,
        1u << OBSERVABLE_FILE_NAME | 1u << OBSERVABLE_FILE_PATH,
    };

    for (size_t i = 0; i < COUNT(families); i++)
        if (families[i] >> a & families[i] >> b & 1)
            return true;
    return false;
}

/* "1.2.3.4:443" out of which the guess took the address. */
static uint16_t port_behind(str all, str value) {
    str const rest = str_from(all, (size_t)(value.ptr - all.ptr) + value.len);
    uint64_t port;

    if (value.ptr < all.ptr || value.ptr > all.ptr + all.len)
        return 0;
    str const digits = str_from(rest, str_starts(rest, S("]:")) ? 2 : 1);

    return str_find_byte(rest, ':') <= 1 && str_u64(digits, UINT16_MAX, &port) ? (uint16_t)port : 0;
}

/* Under the type that it was given, or one like it. */
static bool settle(struct passing *p, struct intel_item *item, str value, const char **why) {
    static const enum observable kin[] = {OBSERVABLE_NETWORK, OBSERVABLE_ADDRESS, OBSERVABLE_FILE_PATH};
    str whole = str_trim(value);
    enum observable type;
    const char *other;

    p->canonical.len = 0;
    if (observable_canonical(item->type, whole, &p->canonical, why)) {
        item->value = whole;
        return true;
    }
    if (p->canonical.failed || p->about->strict)
        return false;
    value = whole;
    type = observable_guess(&value);
    if (alike(type, item->type) && observable_canonical(type, value, &p->canonical, &other)) {
        if (!item->port)
            item->port = port_behind(whole, value);
        item->type = type;
        item->value = value;
        return true;
    }
    for (size_t i = 0; i < COUNT(kin) && !p->canonical.failed; i++)
        if (alike(kin[i], item->type) && observable_canonical(kin[i], whole, &p->canonical, &other)) {
            item->type = kin[i];
            item->value = whole;
            return true;
        }
    return false;
}

/* False: it is no such value; *why, or p->canonical.failed. */
static bool settle_either(struct passing *p, struct intel_item *item, const char **why) {
    str const raw = item->value;

    if (raw.len > OBSERVABLE_BYTES_MAX) {
        *why = "too long";
        return false;
    }
    if (settle(p, item, raw, why))
        return true;
    p->refanged.len = 0;
    if (p->canonical.failed || !observable_refang(raw, &p->refanged) || p->refanged.failed)
        return false;
    if (!settle(p, item, buf_str(&p->refanged), why))
        return false;
    if (!item->raw.len)
        item->raw = raw;
    return true;
}

/* Texts that were fitted before stay where they are. */
static bool send_left_out(struct passing *p, str where, str what, str why, struct err *e) {
    if (!import_fit(&where, IMPORT_NAME_MAX, p->room) || !import_fit(&what, IMPORT_NAME_MAX, p->room) ||
        !import_fit(&why, IMPORT_NAME_MAX, p->room))
        return no_memory(e);
    return p->to->left_out(p->to->ctx, where, what, why, e);
}

static bool pass_left_out(void *ctx, str where, str what, str why, struct err *e) {
    struct passing *const p = ctx;

    arena_reset(p->room);
    return send_left_out(p, where, what, why, e);
}

static bool pass_item(void *ctx, const struct intel_item *given, struct err *e) {
    struct passing *const p = ctx;
    const struct import_about *const about = p->about;
    struct intel_item item = *given;
    const char *why = "not a value";

    arena_reset(p->room);
    if (!import_fit_all(&item, &import_item_fields, p->room))
        return no_memory(e);
    if (item.form == ITEM_VALUE && !settle_either(p, &item, &why)) {
        if (p->canonical.failed || p->refanged.failed)
            return no_memory(e);
        return send_left_out(p, item.where, item.value, str_of(why), e);
    }
    if (item.tlp == TLP_NONE)
        item.tlp = about->tlp;
    if (item.pap == PAP_NONE)
        item.pap = about->pap;
    if (item.confidence == ITEM_CONFIDENCE_UNSAID)
        item.confidence = about->confidence;
    if (item.valid_from == INSTANT_NONE && item.valid_until == INSTANT_NONE) {
        item.valid_from = about->valid_from;
        item.valid_until = about->valid_until;
    }
    if (!item.groups.count)
        item_name_add(&item.groups, about->group);
    item_name_add(&item.origins, about->origin);
    return p->to->item(p->to->ctx, &item, e);
}

static bool pass_list(void *ctx, const struct intel_label_list *given, struct err *e) {
    struct passing *const p = ctx;
    struct intel_label_list list = *given;

    arena_reset(p->room);
    return import_fit_all(&list, &import_list_fields, p->room) ? p->to->label_list(p->to->ctx, &list, e) : no_memory(e);
}

static bool pass_label(void *ctx, str entry, struct err *e) {
    struct passing *const p = ctx;

    arena_reset(p->room);
    return import_fit(&entry, IMPORT_LABEL_MAX, p->room) ? p->to->label(p->to->ctx, entry, e) : no_memory(e);
}

static bool pass_group(void *ctx, const struct intel_group *given, struct err *e) {
    struct passing *const p = ctx;
    struct intel_group group = *given;

    arena_reset(p->room);
    return import_fit_all(&group, &import_group_fields, p->room) ? p->to->group(p->to->ctx, &group, e) : no_memory(e);
}

static bool pass_known(void *ctx, const struct intel_known *given, struct err *e) {
    struct passing *const p = ctx;
    struct intel_known known = *given;

    arena_reset(p->room);
    return import_fit_all(&known, &import_known_fields, p->room) ? p->to->known(p->to->ctx, &known, e) : no_memory(e);
}

bool import_bytes(str bytes, const struct importer *importer, const struct import_about *about,
                  const struct intel_sink *sink, const struct importer **used, struct err *e) {
    struct passing p = {.about = about, .to = sink, .room = arena_new(ROOM_MAX)};
    struct intel_sink const through = {.ctx = &p,
                                       .item = pass_item,
                                       .left_out = pass_left_out,
                                       .label_list = sink->label_list ? pass_list : NULL,
                                       .label = pass_label,
                                       .group = sink->group ? pass_group : NULL,
                                       .known = sink->known ? pass_known : NULL};
    bool ok;

    if (!importer)
        importer = import_recognise(bytes);
    *used = importer;
    if (!p.room)
        ok = no_memory(e);
    else if (bytes.len > IMPORT_BYTES_MAX)
        ok = err_set(e, ERR_LIMIT, 0, "more than %zu MiB are not read as one file", IMPORT_BYTES_MAX >> 20);
    else if (!importer)
        ok = err_set(e, ERR_UNSUPPORTED, 0,
                     "neither indicators nor anything else that is known of adversaries is recognised in it");
    else
        ok = importer->read(bytes, about, &through, e);
    buf_free(&p.canonical);
    buf_free(&p.refanged);
    arena_free(p.room);
    return ok;
}
