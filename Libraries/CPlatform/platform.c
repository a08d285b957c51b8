#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

static int unix_address(const char *path, struct sockaddr_un *address, socklen_t *length) {
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    if (path[0] == '@') {
        address->sun_path[0] = '\0';
        *length -= 1;
    }
    return 0;
}

int weir_notify(const char *path, const char *state) {
    struct sockaddr_un address;
    socklen_t length;
    if (unix_address(path, &address, &length) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    int saved = errno;
    close(fd);
    errno = saved;
    return sent < 0 ? -1 : 0;
}

int weir_socket_answers(const char *path) {
    struct sockaddr_un address;
    socklen_t length;
    if (unix_address(path, &address, &length) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int result = connect(fd, (struct sockaddr *)&address, length);
    int saved = errno;
    close(fd);
    // A full backlog means that somebody listens.
    if (result == 0 || saved == EAGAIN) return 1;
    if (saved == ECONNREFUSED || saved == ENOENT) return 0;
    errno = saved;
    return -1;
}

int weir_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int64_t weir_birth_time(int fd, const char *path) {
    struct statx found;
    if (statx(fd, path, *path ? 0 : AT_EMPTY_PATH, STATX_BTIME, &found) != 0 || !(found.stx_mask & STATX_BTIME)) return -1;
    return (int64_t)found.stx_btime.tv_sec * 1000000000 + found.stx_btime.tv_nsec;
}

int weir_anonymous_copy(int fd, const char *name) {
    int copy = memfd_create(name, MFD_CLOEXEC);
    if (copy < 0) {
        return -1;
    }
    ssize_t sent;
    while ((sent = sendfile(copy, fd, NULL, 1 << 20)) != 0) {
        if (sent < 0 && errno != EINTR) {
            int problem = errno;
            close(copy);
            errno = problem;
            return -1;
        }
    }
    return copy;
}

int weir_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int weir_close_on_exec(int fd) {
    int flags = fcntl(fd, F_GETFD);
    return flags < 0 ? -1 : fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

void weir_limit_arenas(int count) { mallopt(M_ARENA_MAX, count); }

void weir_trim_heap(void) { malloc_trim(0); }

int weir_watch_make(void) { return epoll_create1(EPOLL_CLOEXEC); }

int weir_watch(int set, int fd, uint64_t tag, int is_watched, int readable, int writable) {
    struct epoll_event event = {.events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0), .data.u64 = tag};
    int operation = !is_watched ? EPOLL_CTL_ADD : event.events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return epoll_ctl(set, operation, fd, &event);
}

int weir_watch_wait(int set, struct weir_event *events, int count, int milliseconds) {
    struct epoll_event found[256];
    int total = epoll_wait(set, found, count < 256 ? count : 256, milliseconds);
    if (total < 0) return errno == EINTR ? 0 : -1;
    for (int i = 0; i < total; i++) {
        uint32_t what = found[i].events;
        events[i].tag = found[i].data.u64;
        events[i].readable = (what & EPOLLIN) != 0;
        events[i].writable = (what & EPOLLOUT) != 0;
        events[i].hung_up = (what & (EPOLLHUP | EPOLLERR)) != 0;
    }
    return total;
}

int weir_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int weir_listen(const char *path, int backlog) {
    struct sockaddr_un address;
    socklen_t length;
    if (unix_address(path, &address, &length) != 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, backlog) == 0) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int weir_make_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int weir_peer(int fd, int32_t *process, uint32_t *user, uint32_t *group) {
    struct ucred found;
    socklen_t length = sizeof found;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &length) != 0) return -1;
    *process = found.pid;
    *user = found.uid;
    *group = found.gid;
    return 0;
}

int weir_wake_make(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void weir_wake(int fd) { (void)!write(fd, &(uint64_t){1}, 8); }

void weir_wake_clear(int fd) {
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
}
