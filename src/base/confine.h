/* confine: what a process that reads evidence may still do: compute, and talk over the descriptors it holds.
 *
 * seccomp-bpf (by libseccomp) ends the process at any system call beyond memory, reading, writing and the passing of
 * descriptors; opening a file is refused. Landlock, where the kernel has it, takes the file system away as well. Nothing
 * that could be executed can be mapped any more: code that is compiled at run time must be compiled before. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* For the rest of this process's life. data_max: bytes of memory beyond what it holds now (RLIMIT_DATA); 0: no bound.
 * ERR_UNSUPPORTED: the kernel has no seccomp; then evidence must not be read. Under the address sanitizer, which needs
 * memory of its own and more system calls, the bound is left out and these calls are allowed. */
MUST_USE bool confine_self(size_t data_max, struct err *e);

#endif
