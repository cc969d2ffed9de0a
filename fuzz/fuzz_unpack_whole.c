/* fuzz_unpack_whole: any bytes as what a process that unpacks says, which may have been taken over: nothing larger than the bounds and no
 * path that is no text comes out of it. */
#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/utf.h"
#include "evidence/unpack_whole_own.h"

#define SAID_MAX ((size_t)64 << 10) /* fits into the channel */
#define MEMBER_MAX 100u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_member(void *ctx, str path, str bytes, bool whole, struct err *e) {
    size_t *const members = ctx;

    (void)whole, (void)e;
    assert(utf8_valid(path) == path.len);
    assert(bytes.len <= MEMBER_MAX);
    ++*members;
    return true;
}

static bool on_damage(void *ctx, str path, str why, struct err *e) {
    (void)ctx, (void)e;
    assert(utf8_valid(path) == path.len && utf8_valid(why) == why.len);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct unpack_whole_limits limits = unpack_whole_usual;
    size_t members = 0;
    struct unpack_whole_visitor const v = {&members, on_member, on_damage};
    struct err e = {0}, end = {0};
    int ends[2];
    bool done;

    limits.member_max = MEMBER_MAX;
    limits.unpack.members_max = 8;
    if (size > SAID_MAX || !channel_pair(ends, &e))
        return 0;
    bool const sent = size == 0 || channel_send(ends[1], (str){(const char *)data, size}, -1, &e);

    close(ends[1]);
    assert(sent);
    if (!unpack_whole_hear(ends[0], &limits, &v, NULL, &done, &end, &e))
        assert(e.code != ERR_NONE && *e.text);
    assert(members <= limits.unpack.members_max);
    close(ends[0]);
    return 0;
}
