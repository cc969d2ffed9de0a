/* utmp: records of logins out of utmp, wtmp, btmp and lastlog, the binary files of Linux. */
#ifndef READER_UTMP_H
#define READER_UTMP_H

#include "reader/reader.h"

extern const struct reader utmp_reader;

#endif
