#ifndef WEIR_CPLATFORM_H
#define WEIR_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>

/// Sends `state` to the service manager's socket; a leading '@' names an abstract one. Returns 0, or -1 with errno set.
int weir_notify(const char *path, const char *state);

/// What a connection to a Unix stream socket meets: 1 when somebody answers, 0 when the file is stale or absent, -1 with
/// errno set otherwise.
int weir_socket_answers(const char *path);

/// Makes all threads share at most `count` heaps, which then grow less than one for each thread.
void weir_limit_arenas(int count);

/// Gives the system back what the heaps hold free; the allocator keeps what reading settings and lists took once.
void weir_trim_heap(void);

/// Marks a descriptor close-on-exec. Returns 0, or -1 with errno set.
int weir_close_on_exec(int fd);

/// A pipe, close-on-exec from the start: no process that another thread starts meanwhile holds it open. Returns 0, or -1
/// with errno set.
int weir_pipe(int ends[2]);

/// When the file at `path` was made, or with an empty path the open file `fd`, in nanoseconds since 1970 UTC; -1 where its
/// file system does not say.
int64_t weir_birth_time(int fd, const char *path);

/// What a regular file holds from its position on, copied into memory that nobody else can change: a descriptor,
/// close-on-exec, or -1 with errno set. `name` is for whoever looks at the process.
int weir_anonymous_copy(int fd, const char *name);

/// Has a process that is to be started close every descriptor from `first` on; `actions` is a
/// posix_spawn_file_actions_t. Returns 0 or an error number.
int weir_spawn_close_from(void *actions, int first);

/// Something happened to a watched descriptor.
struct weir_event {
    uint64_t tag;
    int readable;
    int writable;
    int hung_up;
};

/// A set of watched descriptors (epoll), or -1 with errno set.
int weir_watch_make(void);

/// Watches `fd` from now on, or with another interest than before; with neither interest it is no longer watched.
/// Returns 0, or -1 with errno set.
int weir_watch(int set, int fd, uint64_t tag, int is_watched, int readable, int writable);

/// Waits for events, at most `milliseconds` (-1: for ever). Returns how many there are, 0 when interrupted, -1 with errno
/// set.
int weir_watch_wait(int set, struct weir_event *events, int count, int milliseconds);

/// Accepts a connection, non-blocking and close-on-exec. Returns its descriptor, or -1 with errno set.
int weir_accept(int fd);

/// A non-blocking Unix stream socket that listens at `path`, or -1 with errno set.
int weir_listen(const char *path, int backlog);

/// Makes a descriptor non-blocking. Returns 0, or -1 with errno set.
int weir_make_nonblocking(int fd);

/// The process, user and group at the other end of a Unix socket. Returns 0, or -1 with errno set.
int weir_peer(int fd, int32_t *process, uint32_t *user, uint32_t *group);

/// A descriptor that `weir_wake` makes readable and `weir_wake_clear` does not, or -1 with errno set.
int weir_wake_make(void);
void weir_wake(int fd);
void weir_wake_clear(int fd);

#endif
