/* rule_cache: YAML trees of rule files that were read before, on disk, found by the SHA-256 of the file's bytes
 * (docs/formats/rule-cache.md). It changes how long reading takes and never what is read: what is missing, damaged, not our own
 * or made by another version is read from its text, and nothing that goes wrong here is anybody's error. */
#ifndef INTEL_RULE_CACHE_H
#define INTEL_RULE_CACHE_H

#include "base/arena.h"
#include "codec/yaml.h"

#define RULE_CACHE_MAX ((size_t)64 << 20) /* bytes of the file */

/* The folder for this user, malloc'd: LONGWATCH_CACHE, else longwatch in XDG_CACHE_HOME, else in ~/.cache.
 * NULL: LONGWATCH_CACHE is "off", there is no home or it is somebody else's, or memory is out. */
char *rule_cache_folder(void);

struct rule_cache;

/* Reads what the folder holds; it need not exist. max: RULE_CACHE_MAX, or less. NULL: no cache, because memory is out or the
 * folder is not only ours to write. Everything here takes NULL. */
struct rule_cache *rule_cache_open(const char *folder, size_t max);
/* The trees of this text of a rule file, as yaml_read would give them and with as much taken of a, which must be empty, and is
 * empty again when they are not there (false). Their texts are views into the cache. */
bool rule_cache_get(struct rule_cache *c, str text, struct arena *a, struct yaml_node ***documents, size_t *count);
/* For the text last asked for in vain: its trees as yaml_read gave them, and what it took of its arena. */
void rule_cache_add(struct rule_cache *c, struct yaml_node *const *documents, size_t count, size_t used);
/* Writes the file anew if trees were added, and frees all. When all of it would be too large, what was not asked for this time
 * is left out. While another process writes, nothing is written. */
void rule_cache_close(struct rule_cache *c);

#endif
