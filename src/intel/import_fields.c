/* import_fields: what an item, a group and a list are made of, and how long each part may be: written once, for those who mend what
 * comes out of a file and for those who check what comes out of a process. */
#include <stddef.h>

#include "base/utf.h"
#include "intel/import_own.h"

#define TEXT_MAX 4096u
#define PATTERN_MAX (1u << 18)

#define TEXT(of, member, most)                                                                                         \
    { (uint16_t) offsetof(struct of, member), most }
#define AT(of, member) (uint16_t) offsetof(struct of, member)

static const struct import_text item_texts[] = {
    TEXT(intel_item, value, PATTERN_MAX),  TEXT(intel_item, raw, PATTERN_MAX), TEXT(intel_item, where, TEXT_MAX),
    TEXT(intel_item, id, IMPORT_NAME_MAX), TEXT(intel_item, title, TEXT_MAX),  TEXT(intel_item, comment, TEXT_MAX),
};
static const uint16_t item_names[] = {AT(intel_item, groups), AT(intel_item, campaigns), AT(intel_item, malware),
                                      AT(intel_item, techniques), AT(intel_item, origins)};
static const uint16_t item_times[] = {AT(intel_item, created),    AT(intel_item, modified),
                                      AT(intel_item, valid_from), AT(intel_item, valid_until),
                                      AT(intel_item, first_seen), AT(intel_item, last_seen)};

static const struct import_text group_texts[] = {
    TEXT(intel_group, name, IMPORT_NAME_MAX),
    TEXT(intel_group, id, IMPORT_NAME_MAX),
    TEXT(intel_group, where, TEXT_MAX),
    TEXT(intel_group, description, 4 * TEXT_MAX),
};
static const uint16_t group_names[] = {AT(intel_group, aliases), AT(intel_group, countries), AT(intel_group, origins),
                                       AT(intel_group, techniques), AT(intel_group, malware)};

static const struct import_text known_texts[] = {
    TEXT(intel_known, group, IMPORT_NAME_MAX),  TEXT(intel_known, id, IMPORT_NAME_MAX),
    TEXT(intel_known, name, IMPORT_NAME_MAX),   TEXT(intel_known, word, IMPORT_NAME_MAX),
    TEXT(intel_known, source, IMPORT_NAME_MAX), TEXT(intel_known, title, IMPORT_NAME_MAX),
};
static const uint16_t known_names[] = {AT(intel_known, names)};
static const uint16_t known_times[] = {AT(intel_known, when)};

static const struct import_text list_texts[] = {
    TEXT(intel_label_list, name, IMPORT_NAME_MAX),
    TEXT(intel_label_list, description, TEXT_MAX),
    TEXT(intel_label_list, version, IMPORT_NAME_MAX),
    TEXT(intel_label_list, category, IMPORT_NAME_MAX),
};

const struct import_fields import_item_fields = {
    .texts = item_texts,
    .text_count = COUNT(item_texts),
    .names = item_names,
    .name_count = COUNT(item_names),
    .times = item_times,
    .time_count = COUNT(item_times),
};
const struct import_fields import_group_fields = {
    .texts = group_texts, .text_count = COUNT(group_texts), .names = group_names, .name_count = COUNT(group_names)};
const struct import_fields import_known_fields = {.texts = known_texts,
                                                  .text_count = COUNT(known_texts),
                                                  .names = known_names,
                                                  .name_count = COUNT(known_names),
                                                  .times = known_times,
                                                  .time_count = COUNT(known_times)};
const struct import_fields import_list_fields = {.texts = list_texts, .text_count = COUNT(list_texts)};

bool import_fit(str *s, size_t max, struct arena *a) {
    str in = str_first(*s, max);
    size_t repaired;
    char *room;

    if (utf8_valid(in) == in.len) {
        *s = in;
        return true;
    }
    if (in.len < s->len && utf8_valid(in) + 4 > in.len) { /* a character cut in two at the bound */
        *s = str_first(in, utf8_valid(in));
        return true;
    }
    if (!(room = arena_bytes(a, in.len * 3)))
        return false;
    in = (str){room, utf8_repair(in, room, &repaired)};
    *s = in.len > max ? utf8_first(in, max) : in;
    return true;
}

bool import_fit_all(void *object, const struct import_fields *fields, struct arena *a) {
    for (size_t i = 0; i < fields->text_count; i++)
        if (!import_fit(import_text_of(object, &fields->texts[i]), fields->texts[i].max, a))
            return false;
    for (size_t i = 0; i < fields->name_count; i++) {
        struct item_names *const names = import_names_of(object, fields->names[i]);

        for (unsigned k = 0; k < names->count; k++)
            if (!import_fit(&names->names[k], IMPORT_NAME_MAX, a))
                return false;
    }
    return true;
}
