/* confine: what a process that reads evidence may still do: compute, and talk over the descriptors it holds.
 *
 * seccomp-bpf (by libseccomp) ends the process at any system call beyond memory, reading, writing and the passing of
 * descriptors; opening a file is refused. Landlock, where the kernel has it, takes the file system away as well. Nothing
 * that could be executed can be mapped any more: code that is compiled at run time must be compiled before. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* For the rest of this process's life. data_max: bytes of memory beyond what it holds now (RLIMIT_DATA); 0: no bound.
 * ERR_UNSUPPORTED: the kernel has no seccomp; then evidence must not be read. Under the address sanitizer, which needs
 * memory of its own and more system calls, the bound is left out and these calls are allowed. */
MUST_USE bool confine_self(size_t data_max, struct err *e);

/* What a program of somebody else's, run on evidence, may do: read one file, the system's libraries and what lies in one folder; make
 * files in that folder and write to them and to the descriptors that it holds; start nothing. All other system calls fail (EPERM),
 * so that a library that asks too much lives. */
struct confine_program {
    int program;       /* open, and closed on exec: may be executed once (execveat, AT_EMPTY_PATH); -1: nothing is */
    int input;         /* open: may be opened again through /proc/self/fd */
    int folder;        /* open; -1: none */
    bool replaces;     /* may rename and remove files there; else whatever it takes of the disk has a name there */
    uint64_t file_max; /* bytes of one file */
    size_t data_max;   /* bytes of memory (RLIMIT_DATA); where nothing is executed, beyond what is held now */
    unsigned cpu_s;
};

/* For the rest of this process's life, and of the program that it becomes. ERR_UNSUPPORTED: the kernel has no seccomp, or no Landlock
 * (5.13), without which a process that opens files cannot be kept from others; the text says so. */
MUST_USE bool confine_program(const struct confine_program *p, struct err *e);

#endif
