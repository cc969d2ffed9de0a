/* import_openioc: OpenIOC 1.0 and 1.1, in XML. An OR gives each of its members by itself. An AND is more than a value: it becomes a STIX
 * pattern, members about one kind of object in one bracket, as OpenIOC means them of one file, one process, one key. What no pattern can say
 * is left out whole, because half of an AND would find too much (docs/formats/intel-import.md). */
#include <assert.h>

#include "codec/xml.h"
#include "intel/import_own.h"

#define TREE_MEMORY ((size_t)256 << 20)
#define TYPES_MAX 16u /* kinds of objects in an AND */

enum how { HOW_OR, HOW_AND, HOW_ITEM };
enum condition { IS, CONTAINS, STARTS, ENDS, REGEX, GREATER, LESS, UNKNOWN };

/* What a search term looks at. */
struct term {
    str search;
    str object, path;     /* of STIX; path "": none says it */
    enum observable type; /* NONE: only in a pattern */
    bool number;
};

#define UA "extensions.'http-request-ext'.request_header.'User-Agent'"
#define SERVICE "extensions.'windows-service-ext'.service_name"

static const struct term terms[] = {
    {STR("FileItem/Md5sum"), STR("file"), STR("hashes.MD5"), OBSERVABLE_MD5, false},
    {STR("FileItem/Sha1sum"), STR("file"), STR("hashes.'SHA-1'"), OBSERVABLE_SHA1, false},
    {STR("FileItem/Sha256sum"), STR("file"), STR("hashes.'SHA-256'"), OBSERVABLE_SHA256, false},
    {STR("FileItem/FileName"), STR("file"), STR("name"), OBSERVABLE_FILE_NAME, false},
    {STR("FileItem/FullPath"), STR("file"), STR("path"), OBSERVABLE_FILE_PATH, false},
    {STR("FileItem/FilePath"), STR("file"), STR("parent_directory_ref.path"), OBSERVABLE_NONE, false},
    {STR("FileItem/SizeInBytes"), STR("file"), STR("size"), OBSERVABLE_NONE, true},
    {STR("DriverItem/DriverName"), STR("file"), STR("name"), OBSERVABLE_FILE_NAME, false},
    {STR("DnsEntryItem/Host"), STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN, false},
    {STR("DnsEntryItem/RecordName"), STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN, false},
    {STR("DnsEntryItem/RecordData/Host"), STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN, false},
    {STR("Network/DNS"), STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN, false},
    {STR("UrlHistoryItem/HostName"), STR("domain-name"), STR("value"), OBSERVABLE_DOMAIN, false},
    {STR("DnsEntryItem/RecordData/IPv4Address"), STR("ipv4-addr"), STR("value"), OBSERVABLE_ADDRESS, false},
    {STR("PortItem/remoteIP"), STR("network-traffic"), STR("dst_ref.value"), OBSERVABLE_ADDRESS, false},
    {STR("PortItem/remotePort"), STR("network-traffic"), STR("dst_port"), OBSERVABLE_NONE, true},
    {STR("PortItem/localPort"), STR("network-traffic"), STR("src_port"), OBSERVABLE_NONE, true},
    {STR("ProcessItem/PortList/PortItem/remoteIP"), STR("network-traffic"), STR("dst_ref.value"), OBSERVABLE_ADDRESS,
     false},
    {STR("ProcessItem/PortList/PortItem/remotePort"), STR("network-traffic"), STR("dst_port"), OBSERVABLE_NONE, true},
    {STR("Network/UserAgent"), STR("network-traffic"), STR(UA), OBSERVABLE_USER_AGENT, false},
    {STR("Network/URI"), STR("url"), STR("value"), OBSERVABLE_URL, false},
    {STR("UrlHistoryItem/URL"), STR("url"), STR("value"), OBSERVABLE_URL, false},
    {STR("FileDownloadHistoryItem/SourceURL"), STR("url"), STR("value"), OBSERVABLE_URL, false},
    {STR("Email/From"), STR("email-message"), STR("from_ref.value"), OBSERVABLE_MAIL, false},
    {STR("Email/Subject"), STR("email-message"), STR("subject"), OBSERVABLE_SUBJECT, false},
    {STR("Email/Attachment/Name"), STR("email-message"), STR("body_multipart[*].body_raw_ref.name"),
     OBSERVABLE_FILE_NAME, false},
    {STR("RegistryItem/Path"), STR("windows-registry-key"), STR("key"), OBSERVABLE_REGISTRY, false},
    {STR("RegistryItem/KeyPath"), STR("windows-registry-key"), STR("key"), OBSERVABLE_REGISTRY, false},
    {STR("RegistryItem/ValueName"), STR("windows-registry-key"), STR("values[*].name"), OBSERVABLE_NONE, false},
    {STR("RegistryItem/Value"), STR("windows-registry-key"), STR("values[*].data"), OBSERVABLE_NONE, false},
    {STR("RegistryItem/Text"), STR("windows-registry-key"), STR("values[*].data"), OBSERVABLE_NONE, false},
    {STR("ProcessItem/name"), STR("process"), STR("name"), OBSERVABLE_FILE_NAME, false},
    {STR("ProcessItem/arguments"), STR("process"), STR("command_line"), OBSERVABLE_COMMAND, false},
    {STR("ProcessItem/HandleList/Handle/Name"), STR("mutex"), STR("name"), OBSERVABLE_MUTEX, false},
    {STR("ServiceItem/name"), STR("process"), STR(SERVICE), OBSERVABLE_SERVICE, false},
    {STR("ServiceItem/descriptiveName"), STR("process"), STR(SERVICE), OBSERVABLE_SERVICE, false},
    {STR("TaskItem/Name"), STR(""), STR(""), OBSERVABLE_SERVICE, false},
    {STR("UserItem/Username"), STR("user-account"), STR("account_login"), OBSERVABLE_ACCOUNT, false},
};

static const struct {
    str name;
    enum condition condition;
    bool negated;
} conditions[] = {
    {STR("is"), IS, false},
    {STR("isnot"), IS, true},
    {STR("contains"), CONTAINS, false},
    {STR("containsnot"), CONTAINS, true},
    {STR("starts-with"), STARTS, false},
    {STR("ends-with"), ENDS, false},
    {STR("matches"), REGEX, false},
    {STR("greater-than"), GREATER, false},
    {STR("less-than"), LESS, false},
};

struct node {
    enum how how;
    uint32_t number; /* of the items, or of the other nodes, from 1, as they are written */
    struct node *first, *last, *next, *parent;
    str id;
    /* ITEM: */
    str search, content, comment;
    const struct term *term; /* NULL: unknown */
    enum condition condition;
    bool negated, keeps_case;
};

/* One indicator of compromise; a file may hold many. */
struct ioc {
    struct node *root;
    struct intel_item item;
    str description;
};

struct openioc {
    const struct import_about *about;
    const struct intel_sink *sink;
    struct arena *a;       /* of one ioc */
    struct arena *scratch; /* of one pattern */
    struct buf text, pattern, comment;
    struct ioc ioc;
    struct node *here; /* the Indicator or item that is open */
    str rel, href;     /* of the link that is open */
    uint32_t items, nodes;
    size_t iocs;
};

static bool no_memory(struct err *e) {
    return err_set(e, ERR_MEMORY, 0, "no memory for OpenIOC");
}

/* ---- what a member says ---- */

static bool name_is(str s, const char *name) {
    return str_eq_ascii(s, str_of(name));
}

/* A member that a pattern can say; else why not. */
static const char *not_expressible(const struct node *n) {
    uint64_t number;

    if (n->how != HOW_ITEM) {
        if (!n->first)
            return "an empty group";
        for (const struct node *c = n->first; c; c = c->next) {
            const char *const why = not_expressible(c);

            if (why)
                return why;
            if (c->how == HOW_ITEM && c->negated && n->how == HOW_OR)
                return "what must not be there stands as one of several choices";
        }
        return NULL;
    }
    if (!n->term || !n->term->path.len)
        return "logs and patterns have nothing for it";
    if (n->condition == UNKNOWN)
        return "its condition is not known";
    if (!n->content.len)
        return "it has no content";
    if (n->term->number && ((n->condition != IS && n->condition < GREATER) || !str_u64(n->content, INT64_MAX, &number)))
        return "its content is no number";
    return !n->term->number && n->condition >= GREATER ? "its content is no number" : NULL;
}

static const struct node *inexpressible_item(const struct node *n) {
    if (n->how == HOW_ITEM)
        return not_expressible(n) ? n : NULL;
    for (const struct node *c = n->first; c; c = c->next) {
        const struct node *const item = inexpressible_item(c);

        if (item)
            return item;
    }
    return NULL;
}

/* The kind of object that all of it is about; "": several. */
static str object_of(const struct node *n) {
    str object = S("");

    if (n->how == HOW_ITEM)
        return n->term->object;
    for (const struct node *c = n->first; c; c = c->next) {
        str const other = object_of(c);

        if (!other.len || (object.len && !str_eq(object, other)))
            return S("");
        object = other;
    }
    return object;
}

/* ---- patterns ---- */

/* Between quotes of a pattern. */
static void put_quoted(struct buf *b, str s) {
    buf_byte(b, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\' || s.ptr[i] == '\'')
            buf_byte(b, '\\');
        buf_byte(b, s.ptr[i]);
    }
    buf_byte(b, '\'');
}

/* As a regular expression, what it holds taken literally: LIKE knows no way to write a `_` that is one. */
static void put_regex(struct buf *b, const struct node *n) {
    struct buf r = {0};

    if (!n->keeps_case)
        buf_add(&r, S("(?i)"));
    if (n->condition == STARTS)
        buf_byte(&r, '^');
    for (size_t i = 0; i < n->content.len; i++) {
        char const c = n->content.ptr[i];

        if (n->condition != REGEX && c && strchr("\\^$.[]|()?*+{}-#", c))
            buf_byte(&r, '\\');
        buf_byte(&r, c);
    }
    if (n->condition == ENDS)
        buf_add(&r, S("\\z"));
    b->failed = b->failed || r.failed;
    put_quoted(b, buf_str(&r));
    buf_free(&r);
}

static void put_test(struct buf *b, const struct node *n) {
    buf_format(b, "%.*s:%.*s", STR_ARG(n->term->object), STR_ARG(n->term->path));
    if (n->term->number) {
        buf_add(b, n->condition == GREATER ? (str)STR(" > ")
                   : n->condition == LESS  ? (str)STR(" < ")
                   : n->negated            ? (str)STR(" != ")
                                           : (str)STR(" = "));
        buf_add(b, n->content);
    } else if (n->condition == IS) {
        buf_add(b, n->negated ? (str)STR(" != ") : (str)STR(" = "));
        put_quoted(b, n->content);
    } else {
        buf_add(b, n->negated ? (str)STR(" NOT MATCHES ") : (str)STR(" MATCHES "));
        put_regex(b, n);
    }
}

static str joint(const struct node *n) {
    return n->how == HOW_OR ? S(" OR ") : S(" AND ");
}

/* All of it about one object, inside of a bracket. */
static void put_comparison(struct buf *b, const struct node *n) {
    if (n->how == HOW_ITEM) {
        put_test(b, n);
        return;
    }
    buf_byte(b, '(');
    for (const struct node *c = n->first; c; c = c->next) {
        if (c != n->first)
            buf_add(b, joint(n));
        put_comparison(b, c);
    }
    buf_byte(b, ')');
}

/* The members of an AND about one kind of object; false: all of them say what must not be there. */
static bool put_bracket(struct buf *b, const struct node *n, str object) {
    bool positive = false, some = false;

    buf_byte(b, '[');
    for (const struct node *c = n->first; c; c = c->next) {
        if (!str_eq(object_of(c), object))
            continue;
        if (some)
            buf_add(b, joint(n));
        some = true;
        positive = positive || c->how != HOW_ITEM || !c->negated;
        put_comparison(b, c);
    }
    buf_byte(b, ']');
    return positive;
}

static const char *put_observations(struct buf *b, const struct node *n);

/* Brackets and parentheses of one node, joined. NULL, or why it cannot be said. */
static const char *put_members(struct buf *b, const struct node *n) {
    str told[TYPES_MAX];
    size_t count = 0;
    bool some = false;

    for (const struct node *c = n->first; c; c = c->next) {
        str const object = object_of(c);
        const char *why = NULL;
        bool seen = false;

        for (size_t i = 0; i < count; i++)
            seen = seen || (object.len && str_eq(told[i], object));
        if (seen)
            continue;
        if (some)
            buf_add(b, joint(n));
        some = true;
        if (!object.len)
            why = put_observations(b, c);
        else if (count == TYPES_MAX)
            why = "it is about too many kinds of things";
        else if (!put_bracket(b, n, told[count++] = object))
            why = "it says of a kind of things only what must not be there";
        if (why)
            return why;
    }
    return NULL;
}

static const char *put_observations(struct buf *b, const struct node *n) {
    const char *why;

    buf_byte(b, '(');
    why = put_members(b, n);
    buf_byte(b, ')');
    return why;
}

/* ---- telling ---- */

/* A "contains" with a whole value: of a host it means the names below it as well, of others the value. */
static bool is_whole(struct openioc *o, const struct node *n) {
    enum observable const type = n->term->type;
    const char *why;
    bool whole;

    if (n->condition != CONTAINS || type < OBSERVABLE_ADDRESS ||
        (type > OBSERVABLE_SHA512 && type != OBSERVABLE_MAIL) || type == OBSERVABLE_URL)
        return false;
    o->pattern.len = 0;
    whole = observable_canonical(type, n->content, &o->pattern, &why);
    return whole && (type != OBSERVABLE_DOMAIN || str_find_byte(n->content, '.') != SIZE_MAX);
}

static struct intel_item item_of(struct openioc *o, const struct node *n, str where) {
    struct intel_item item = o->ioc.item;

    o->comment.len = 0;
    buf_add(&o->comment, n->comment.len ? n->comment : o->ioc.description);
    item.where = where;
    item.comment = buf_str(&o->comment);
    if (n->id.len)
        item.id = n->id;
    return item;
}

static bool tell_pattern(struct openioc *o, const struct node *n, str where, struct err *e) {
    const char *why = not_expressible(n);
    const struct node *const culprit = inexpressible_item(n);
    struct intel_item item;

    if (why)
        return import_left_out(o->sink, where, culprit ? culprit->search : S(""), e,
                               "%s: no pattern says it, and less than all of it would find too much", why);
    o->pattern.len = 0;
    if (n->how == HOW_ITEM) {
        buf_byte(&o->pattern, '[');
        put_test(&o->pattern, n);
        buf_byte(&o->pattern, ']');
    } else {
        why = put_members(&o->pattern, n);
    }
    if (why)
        return import_left_out(o->sink, where, S(""), e, "%s", why);
    item = item_of(o, n, where);
    if (o->pattern.failed || o->comment.failed)
        return no_memory(e);
    return import_pattern_tell(&item, buf_str(&o->pattern), o->about, o->sink, o->scratch, e);
}

static bool tell_item(struct openioc *o, const struct node *n, struct err *e) {
    struct intel_item item;
    char room[40];

    (void)snprintf(room, sizeof room, "IndicatorItem %u", n->number);
    str const where = str_of(room);

    if (!n->content.len)
        return import_left_out(o->sink, where, n->search, e, "it has no content");
    if (!n->term)
        return import_left_out(o->sink, where, n->content, e, "nothing in logs corresponds to %.*s",
                               STR_ARG(str_first(n->search, 100)));
    if (n->negated)
        return import_left_out(o->sink, where, n->content, e, "it says by itself what must not be there");
    if (n->term->type == OBSERVABLE_NONE || (n->condition != IS && !is_whole(o, n)))
        return tell_pattern(o, n, where, e);
    item = item_of(o, n, where);
    if (o->comment.failed)
        return no_memory(e);
    item.type = n->term->type;
    item.value = n->content;
    return o->sink->item(o->sink->ctx, &item, e);
}

static bool tell_node(struct openioc *o, const struct node *n, struct err *e) {
    char where[40];

    if (n->how == HOW_ITEM)
        return tell_item(o, n, e);
    (void)snprintf(where, sizeof where, "Indicator %u", n->number);
    if (!n->first)
        return import_left_out(o->sink, str_of(where), n->id, e, "an empty group");
    if (n->how == HOW_AND && n->first->next)
        return tell_pattern(o, n, str_of(where), e);
    for (const struct node *c = n->first; c; c = c->next)
        if (!tell_node(o, c, e))
            return false;
    return true;
}

/* ---- reading ---- */

static bool kept(struct openioc *o, str s, str *out) {
    return arena_copy(o->a, s, out);
}

static struct node *node_new(struct openioc *o, enum how how) {
    struct node *const n = arena_zero(o->a, 1, sizeof *n);

    if (!n)
        return NULL;
    n->how = how;
    n->number = how == HOW_ITEM ? ++o->items : o->ioc.root ? ++o->nodes : 0;
    n->id = n->search = n->content = n->comment = S("");
    n->condition = UNKNOWN;
    n->parent = o->here;
    if (!o->here)
        return n;
    if (o->here->last)
        o->here->last->next = n;
    else
        o->here->first = n;
    o->here->last = n;
    return n;
}

static void begin(struct openioc *o) {
    str const none = S("");

    arena_reset(o->a);
    o->ioc = (struct ioc){.item = item_new(OBSERVABLE_NONE, none, none), .description = none};
    o->here = NULL;
    o->rel = o->href = none;
    o->iocs++;
}

static bool opened(struct openioc *o, str name) {
    o->text.len = 0;
    if (name_is(name, "ioc") || name_is(name, "OpenIOC")) {
        begin(o);
        return true;
    }
    if (!o->iocs || (o->here && o->here->how == HOW_ITEM))
        return true;
    if (name_is(name, "link")) {
        o->rel = o->href = S("");
        return true;
    }
    if (!name_is(name, "Indicator") && !name_is(name, "IndicatorItem"))
        return true;
    /* Around all of them, of which a file has one, but may have none or many. */
    if (!o->ioc.root && !(o->ioc.root = o->here = node_new(o, HOW_OR)))
        return false;
    return (o->here = node_new(o, name_is(name, "Indicator") ? HOW_OR : HOW_ITEM)) != NULL;
}

/* An attribute of the element. */
static bool attribute(struct openioc *o, str element, str name, str value, struct err *e) {
    struct node *const n = o->here;
    str copy;

    if (!o->iocs)
        return true;
    if (!kept(o, value, &copy))
        return no_memory(e);
    if (name_is(element, "ioc") || name_is(element, "OpenIOC")) {
        if (name_is(name, "id")) {
            o->ioc.item.id = copy;
            item_name_add(&o->ioc.item.origins, copy);
        } else if (name_is(name, "last-modified")) {
            o->ioc.item.modified = instant_parse(copy);
        }
    } else if (name_is(element, "link")) {
        if (name_is(name, "rel"))
            o->rel = copy;
        else if (name_is(name, "href"))
            o->href = copy;
    } else if (n && name_is(name, "id") && (name_is(element, "Indicator") || name_is(element, "IndicatorItem"))) {
        n->id = copy;
    } else if (n && n->how != HOW_ITEM && name_is(element, "Indicator") && name_is(name, "operator")) {
        if (!name_is(copy, "AND") && !name_is(copy, "OR"))
            return err_set(e, ERR_CORRUPT, 0, "Indicator %u: an operator that is neither AND nor OR", n->number);
        n->how = name_is(copy, "AND") ? HOW_AND : HOW_OR;
    } else if (n && n->how == HOW_ITEM && name_is(element, "IndicatorItem")) {
        for (size_t i = 0; name_is(name, "condition") && i < COUNT(conditions); i++)
            if (str_eq_ascii(conditions[i].name, copy)) {
                n->condition = conditions[i].condition;
                n->negated = n->negated != conditions[i].negated;
            }
        if (name_is(name, "negate") && (name_is(copy, "true") || name_is(copy, "1")))
            n->negated = !n->negated;
        if (name_is(name, "preserve-case"))
            n->keeps_case = name_is(copy, "true") || name_is(copy, "1");
    } else if (n && n->how == HOW_ITEM && name_is(element, "Context") && name_is(name, "search")) {
        n->search = copy;
        for (size_t i = 0; i < COUNT(terms); i++)
            if (str_eq_ascii(terms[i].search, copy))
                n->term = &terms[i];
    }
    return true;
}

static bool closed_ioc(struct openioc *o, struct err *e) {
    struct node *const root = o->ioc.root;

    o->ioc.root = NULL;
    o->here = NULL;
    if (!root || !root->first)
        return import_left_out(o->sink, S(""), o->ioc.item.id, e, "no indicators are in it");
    return tell_node(o, root, e);
}

static void closed_link(struct openioc *o, str text) {
    struct intel_item *const item = &o->ioc.item;

    if (name_is(o->rel, "threatgroup") || name_is(o->rel, "threat-group"))
        item_name_add(&item->groups, text);
    else if (name_is(o->rel, "family"))
        item_name_add(&item->malware, text);
    else if (o->href.len || str_find(text, S("://")) != SIZE_MAX)
        item_name_add(&item->origins, o->href.len ? o->href : text);
}

static bool closed(struct openioc *o, str name, struct err *e) {
    struct intel_item *const item = &o->ioc.item;
    struct node *const n = o->here;
    str text;

    if (!o->iocs)
        return true;
    if (name_is(name, "ioc") || name_is(name, "OpenIOC"))
        return closed_ioc(o, e);
    if (name_is(name, "Indicator") || name_is(name, "IndicatorItem")) {
        if (n && n->parent)
            o->here = n->parent;
        return true;
    }
    if (o->text.failed || !kept(o, str_trim(buf_str(&o->text)), &text))
        return no_memory(e);
    o->text.len = 0;
    if (n && n->how == HOW_ITEM && name_is(name, "Content"))
        n->content = text;
    else if (n && n->how == HOW_ITEM && name_is(name, "Comment"))
        n->comment = text;
    else if (n)
        return true; /* what is not in front of the indicators is not about all of them */
    else if (name_is(name, "short_description"))
        item->title = text;
    else if (name_is(name, "description"))
        o->ioc.description = text;
    else if (name_is(name, "authored_by"))
        item_name_add(&item->origins, text);
    else if (name_is(name, "authored_date"))
        item->created = instant_parse(text);
    else if (name_is(name, "link"))
        closed_link(o, text);
    return true;
}

/* Text of the element that is open, or a value of an attribute, into o->text. */
static bool add_text(struct openioc *o, const struct xml *x) {
    char *const to = buf_reserve(&o->text, x->value.len);

    if (to)
        o->text.len += xml_text(x, to);
    return to || !x->value.len;
}

static bool read_all(struct openioc *o, str bytes, struct err *e) {
    struct xml x = {.rest = str_starts(bytes, S("\xef\xbb\xbf")) ? str_from(bytes, 3) : bytes};
    str element = S("");

    for (;;) {
        enum xml_found const found = xml_next(&x);
        bool ok = true;

        switch (found) {
        case XML_OPEN:
            element = xml_local(x.name);
            ok = opened(o, element) || no_memory(e);
            break;
        case XML_ATTRIBUTE:
            o->text.len = 0;
            ok = add_text(o, &x) ? attribute(o, element, xml_local(x.name), buf_str(&o->text), e) : no_memory(e);
            o->text.len = 0;
            break;
        case XML_TEXT:
            ok = add_text(o, &x) || no_memory(e);
            break;
        case XML_CLOSE:
            ok = closed(o, xml_local(x.name), e);
            break;
        case XML_END:
            return o->iocs || err_set(e, ERR_CORRUPT, 0, "no OpenIOC is in it");
        case XML_BAD:
            return err_set(e, ERR_CORRUPT, (uint64_t)(x.rest.ptr - bytes.ptr),
                           "it is no XML from byte %zu on, or nests too deep", (size_t)(x.rest.ptr - bytes.ptr));
        }
        if (!ok)
            return false;
    }
}

static bool openioc_read(str bytes, const struct import_about *about, const struct intel_sink *sink, struct err *e) {
    struct openioc o = {.about = about,
                        .sink = sink,
                        .a = arena_new(TREE_MEMORY),
                        .scratch = arena_new(IMPORT_PATTERN_MEMORY),
                        .rel = STR(""),
                        .href = STR("")};
    bool const ok = o.a && o.scratch ? read_all(&o, bytes, e) : no_memory(e);

    buf_free(&o.text);
    buf_free(&o.pattern);
    buf_free(&o.comment);
    arena_free(o.a);
    arena_free(o.scratch);
    return ok;
}

/* By the name of the element and its namespace, or the elements that only it has. */
static int openioc_looks(str head) {
    bool const element = str_find(head, S("<ioc")) != SIZE_MAX || str_find(head, S("<OpenIOC")) != SIZE_MAX ||
                         str_find(head, S(":OpenIOC")) != SIZE_MAX;

    if (!element || !str_starts(str_trim(str_starts(head, S("\xef\xbb\xbf")) ? str_from(head, 3) : head), S("<")))
        return 0;
    return str_find(head, S("schemas.mandiant.com/2010/ioc")) != SIZE_MAX ||
                   str_find(head, S("openioc.org/schemas")) != SIZE_MAX ||
                   str_find(head, S("<IndicatorItem")) != SIZE_MAX
               ? 3
               : 0;
}

const struct importer import_openioc = {.name = "openioc", .looks = openioc_looks, .read = openioc_read};
