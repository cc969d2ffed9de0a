/* outlook_own: what the files of the unpacking of Outlook data files know of each other. Not for others. */
#ifndef EVIDENCE_OUTLOOK_OWN_H
#define EVIDENCE_OUTLOOK_OWN_H

#include <sys/stat.h>

#include "base/buf.h"
#include "evidence/outlook.h"

#define OUTLOOK_COMPLAINTS_MAX 100u             /* and a few of our own */
#define OUTLOOK_DISK_LEAST (UINT64_C(64) << 20) /* a disk with less left is left alone */
#define OUTLOOK_DEPTH_MAX 64u                   /* folders within each other */
#define OUTLOOK_WAYS_MAX ((size_t)8 << 20)      /* bytes of the ways to all files and folders */
/* Ways, and what they are shown as, which is up to three times as long. */
#define OUTLOOK_NAMES_MAX (4 * OUTLOOK_WAYS_MAX + ((size_t)2 << 20))

/* ---- outlook_keep.c: the keeper ---- */

/* What the keeper says first; without an error it has begun. */
struct outlook_hello {
    struct err e;
    char path[4096]; /* of the folder */
};

/* And at the end; then `size` bytes: texts of complaints, with a NUL behind each; of each box its size (8 bytes), the way to it from
 * the folder and its name as it is shown, with a NUL behind each. Not more than OUTLOOK_NAMES_MAX and a megabyte. */
struct outlook_report {
    uint64_t size, others;
    uint32_t complaints, boxes;
};

/* All of the keeper's life. input: the file; program: readpst; channel: says the above; the keeper ends when its other end is closed. */
_Noreturn void outlook_keep(const struct outlook_limits *limits, int input, int program, int channel);

/* ---- outlook_folder.c: what lies in the folder ---- */

/* Is it a plain file that has no other name? */
bool outlook_is_plain(const struct stat *st);

/* Opens the folder that a way ends in, folder by folder, so that no link on it is followed; *name: the way's end. -1 and errno. */
MUST_USE int outlook_way_open(int top, const char *way, const char **name);

/* A look at all that lies there. */
struct outlook_look {
    /* A file, or a folder that is not looked into: the folder it lies in, its name there, its way from the top; why nobody may read it,
     * or NULL. False ends the look. NULL: nobody asks. */
    bool (*file)(void *ctx, int folder, const char *name, str way, const struct stat *st, const char *not_read);
    void *ctx;
    uint32_t files_max;
    /* What was seen: */
    uint64_t bytes; /* on the disk */
    uint32_t files; /* and folders */
    size_t ways;    /* bytes */
    bool unseen;    /* there are folders that were not looked into */
    struct buf way; /* to be freed */
};

/* False: not all was looked at: there are more files or ways than may be, or the system refused. */
MUST_USE bool outlook_look(struct outlook_look *l, int folder);

/* Removes all in it, however deep it goes. Never follows a link. */
void outlook_empty(int top);

/* ---- outlook_settle.c: a mailbox that readpst wrote, with boundaries that are the same every time ---- */

/* The file `name` in the open folder. It is replaced when the whole of it has been written anew, as `copy`, a name that nothing there
 * has; on failure it stays as it is, and no copy does. Reads what may be hostile: for a confined process. */
MUST_USE bool outlook_settle(int folder, const char *name, const char *copy, struct err *e);

#endif
