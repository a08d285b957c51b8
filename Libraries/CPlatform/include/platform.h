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

/// Marks a descriptor close-on-exec. Returns 0, or -1 with errno set.
int weir_close_on_exec(int fd);

#endif
