/* person: a custodian with a new pair of keys, for tests of encrypted archives. */
#ifndef TESTS_ARCHIVE_PERSON_H
#define TESTS_ARCHIVE_PERSON_H

#include <cmocka.h>

#include "archive/keyring.h"

/* custodian_key_free. */
static struct custodian_key *person(const char *name) {
    struct custodian_key *k;
    struct err e = {0};

    if (!custodian_key_new(&k, str_of(name), &e))
        fail_msg("%s", e.text);
    return k;
}

#endif
