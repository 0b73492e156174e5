#include "ccurl.h"
#include <dlfcn.h>
#include <string.h>
#include <zlib.h>

static __typeof__(&deflateInit2_) p_init;
static __typeof__(&deflate) p_deflate;
static __typeof__(&deflateEnd) p_end;

const char *cgzip_load(void) {
    if (p_end) return NULL;
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return "libz.so.1 is not there: install the package zlib1g";
    p_init = (__typeof__(&deflateInit2_))dlsym(library, "deflateInit2_");
    p_deflate = (__typeof__(&deflate))dlsym(library, "deflate");
    p_end = (__typeof__(&deflateEnd))dlsym(library, "deflateEnd");
    return p_init && p_deflate && p_end ? NULL : "this zlib lacks deflate";
}

// deflateBound's figure for the default memory level, and gzip's frame.
size_t cgzip_bound(size_t count) { return count + (count >> 12) + (count >> 14) + (count >> 25) + 64; }

ptrdiff_t cgzip(const void *bytes, size_t count, void *out, size_t room) {
    z_stream z;
    memset(&z, 0, sizeof z);
    // Spans repeat themselves: the fastest level takes a tenth of the bytes, higher ones hardly less. 16: gzip.
    if (p_init(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, (int)sizeof z) != Z_OK) return -1;
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)count;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int result = p_deflate(&z, Z_FINISH);
    size_t written = room - z.avail_out;
    p_end(&z);
    return result == Z_STREAM_END ? (ptrdiff_t)written : -1;
}
