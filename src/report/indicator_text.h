/* indicator_text: what a finding says of an indicator: as members of its JSON, and in a few words. */
#ifndef REPORT_INDICATOR_TEXT_H
#define REPORT_INDICATOR_TEXT_H

#include "base/buf.h"
#include "detection/finding.h"

enum indicator_sort {
    INDICATOR_GROUPS,
    INDICATOR_CAMPAIGNS,
    INDICATOR_MALWARE,
    INDICATOR_TECHNIQUES,
    INDICATOR_SOURCES
};

#define INDICATOR_CLAIMS_TOLD 16u /* of one indicator; how many there are is told as well */

/* An object (docs/formats/case.md): type, value, what it is worth and why, groups, warninglists, claims with their sources. */
void indicator_json(struct buf *b, const struct finding_indicator *i);
/* "domain evil.example (APT31; 2 witnesses; in its window)", "address 192.0.2.1 (APT31; 2 y 3 months after its window; on the
 * warninglist ...)": one line, of plain characters. */
void indicator_words(struct buf *b, const struct finding_indicator *i);
/* All names of one sort that claims of an entry give, each once, in their order: at most max. Views of the set. */
/* Its groups by their one name, each once: those that several are called, or that are not known, as the source spells them. */
size_t indicator_groups(const struct finding_indicator *i, str *out, size_t max);
size_t indicator_names(const struct intel_set *s, uint32_t entry, enum indicator_sort what, str *out, size_t max);

#endif
