/* channel: AF_UNIX stream sockets, files passed by SCM_RIGHTS (unix(7)). */
#include "base/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

bool channel_pair(int ends[2], struct err *e) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ||
           err_system(e, "no connection between processes");
}

bool channel_send(int end, str bytes, int fd, struct err *e) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    size_t done = 0;

    while (done < bytes.len) {
        struct iovec part = {(char *)(uintptr_t)bytes.ptr + done, bytes.len - done};
        struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

        if (fd >= 0) {
            m.msg_control = control.room;
            m.msg_controllen = sizeof control.room;
            struct cmsghdr *const c = CMSG_FIRSTHDR(&m);

            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof fd);
            memcpy(CMSG_DATA(c), &fd, sizeof fd);
        }
        ssize_t const n = sendmsg(end, &m, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "the other process cannot be written to");
        fd = -1;
        done += (size_t)n;
    }
    return true;
}

bool channel_take(int end, char *out, size_t size, int *fd, bool *closed, struct err *e) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    size_t done = 0;

    *closed = false;
    if (fd)
        *fd = -1;
    while (done < size) {
        struct iovec part = {out + done, size - done};
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
        ssize_t const n = recvmsg(end, &m, MSG_CMSG_CLOEXEC);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(e, "the other process cannot be read from");
        if (n == 0) {
            *closed = done == 0;
            return err_set(e, ERR_TRUNCATED, 0, "the other process is gone");
        }
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                continue;
            /* Padding leaves room for more files than were meant to come. */
            for (size_t at = CMSG_LEN(0); c->cmsg_len - at >= sizeof(int); at += sizeof(int)) {
                int came;

                memcpy(&came, (const char *)c + at, sizeof came);
                if (fd && *fd < 0)
                    *fd = came;
                else
                    close(came);
            }
        }
        done += (size_t)n;
    }
    return true;
}

bool channel_some(int end, char *out, size_t room, size_t *got, struct err *e) {
    ssize_t n;

    do
        n = recv(end, out, room, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == ECONNRESET)
        n = 0;
    if (n < 0)
        return err_system(e, "the other process cannot be read from");
    *got = (size_t)n;
    return true;
}
