#ifndef WEIR_CPLATFORM_H
#define WEIR_CPLATFORM_H

#include <stdint.h>

/// The process at the other end of a connected Unix socket. Returns 0, or -1 with errno set.
int weir_peer_credentials(int fd, int32_t *pid, uint32_t *uid, uint32_t *gid);

#endif
