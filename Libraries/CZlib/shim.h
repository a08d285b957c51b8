#include <zlib.h>

/// inflateInit2 is a macro, which Swift does not see. 15 + 16: the largest window, gzip's header and no other.
static inline int weir_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
