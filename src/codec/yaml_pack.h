/* yaml_pack: the trees of one YAML text as bytes, and back in a tenth of the time (docs/formats/rule-cache.md has the bytes).
 * Knows no files. Bytes that come back are hostile until they have been checked. */
#ifndef CODEC_YAML_PACK_H
#define CODEC_YAML_PACK_H

#include "base/buf.h"
#include "base/hash.h"
#include "codec/yaml.h"

#define YAML_PACK_MAX (16u << 20) /* bytes of one pack */

/* Who packs: differs when anything differs that might read a text otherwise or pack it otherwise, that is yaml.c, yaml_pack.c
 * or libyaml. False when memory is out. */
MUST_USE bool yaml_pack_maker(uint8_t maker[SHA256_SIZE]);

/* The documents as yaml_read gave them, appended to *out. used: what yaml_read took of its arena for them.
 * False, and *out as it was (but perhaps failed): no memory, or no pack that could be unpacked: more than YAML_PACK_MAX bytes
 * or more memory than `used`, as aliases written out may take. */
MUST_USE bool yaml_pack(struct yaml_node *const *documents, size_t count, size_t used, struct buf *out);

/* The documents again: equal to what yaml_read gave (an alias comes back as a copy), and as much taken of a. Texts are views
 * into bytes. Whatever the bytes: counts, depth, lines and texts keep to what yaml.h says of a tree, but that two keys of a
 * mapping differ is not looked at. No two packs give the same trees and `used`.
 *
 * ERR_CORRUPT  no pack
 * ERR_MEMORY   a is full */
MUST_USE bool yaml_unpack(str bytes, struct arena *a, struct yaml_node ***documents, size_t *count, struct err *e);

#endif
