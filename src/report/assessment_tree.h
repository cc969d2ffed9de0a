/* assessment_tree: an assessment that a case holds (docs/formats/assessment.md), as a tree, for those who tell it. It may be a stranger's: bounded, and what is not
 * as it must be is no assessment. */
#ifndef REPORT_ASSESSMENT_TREE_H
#define REPORT_ASSESSMENT_TREE_H

#include <jansson.h>

#include "attribution/assessment.h"

#define ASSESSMENT_BYTES_MAX ((size_t)16 << 20)
#define ASSESSMENT_VALUES_MAX 2000000u /* at most so many brackets, commas and colons */

/* json_decref it. NULL with ERR_NONE: it is none, or too large; ERR_MEMORY. */
json_t *assessment_tree(str json, struct err *e);

/* What is said first. Views live as long as the tree. */
struct assessment_brief {
    enum { BRIEF_NOT_JUDGED, BRIEF_CLUSTER, BRIEF_RESEMBLES, BRIEF_CONSISTENT } level;
    str why;                /* of BRIEF_NOT_JUDGED */
    str group, id;          /* of the first; there from BRIEF_RESEMBLES on */
    double posterior, none; /* 0 to 1; posterior NAN where there is no group */
    enum assessed_confidence confidence;
};
/* False: something that must be there is not, or is no such thing. */
bool assessment_brief(const json_t *tree, struct assessment_brief *out);

/* A finite number, or NAN; one from 0 to 1; the members of a list, NULL of anything else. */
double assessment_real(const json_t *object, const char *name);
double assessment_chance(const json_t *object, const char *name);
const json_t *assessment_list(const json_t *object, const char *name);
/* The name of a group among `groups`, its number where it has none. */
str assessment_group_name(const json_t *group);

#endif
