/* auditd: records of the Linux audit system, joined into events. */
#ifndef READER_AUDITD_H
#define READER_AUDITD_H

#include "reader/reader.h"

extern const struct reader auditd_reader;

#endif
