/* history: what people typed into bash, zsh and fish, out of the files in which those keep it. */
#ifndef READER_HISTORY_H
#define READER_HISTORY_H

#include "reader/reader.h"

extern const struct reader history_reader;

#endif
