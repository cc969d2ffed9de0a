/* observed: what an analyst observed or knows, as text, into evidence: a plain list of ATT&CK numbers, or YAML (docs/formats/observed.md): techniques, software,
 * victim, infrastructure with its group and source, hours, language, statements of governments, links to other incidents. */
#ifndef ATTRIBUTION_OBSERVED_H
#define ATTRIBUTION_OBSERVED_H

#include "attribution/evidence.h"

#define OBSERVED_BYTES_MAX ((size_t)1 << 20)

/* Items are marked as given. profiles: by which software has numbers and names (NULL: only numbers). All in a. ERR_USAGE: "line N: ..." */
MUST_USE bool observed_evidence(struct evidence *out, str text, const struct profiles *profiles, struct arena *a,
                                struct err *e);

#endif
