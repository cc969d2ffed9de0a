/* family: a client program's name without its versions: "Chrome/144.0.0.0" and "Chrome/132.0.0.0" are one. */
#ifndef EVENT_FAMILY_H
#define EVENT_FAMILY_H

#include "base/str.h"

/* Without digits, and without the dots and underscores before them. out: room for program.len bytes. */
str program_family(str program, char *out);
/* The same of a path, or of a file's name: there digits belong to the name (rundll32.exe), and only what is surely a version
 * goes: digits with dots between them (1.5.00.1, app-2.0). */
str program_path_family(str path, char *out);
/* Is it a path or the name of a file, and no words that a client says about itself? */
bool program_is_path(str program);

#endif
