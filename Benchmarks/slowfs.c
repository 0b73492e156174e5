// A file system with one file, whose fsync takes as many microseconds as the number that was written to it last.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
static int device;
static void answer(struct fuse_in_header *in, int error, void *data, size_t size) {
    static char bytes[4096];
    struct fuse_out_header out = {sizeof out + size, -error, in->unique};
    memcpy(bytes, &out, sizeof out);
    if (size) memcpy(bytes + sizeof out, data, size);
    if (write(device, bytes, out.len) < 0 && errno != ENOENT) perror("slowfs");
}
static struct fuse_attr attributes(unsigned long node) {
    struct fuse_attr a = {.ino = node, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0644, .nlink = 1, .blksize = 4096};
    return a;
}
int main(int argc, char **argv) {
    static char bytes[(1 << 20) + 4096];
    char options[99];
    long wait = 0;
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
    if (argc < 2 || device < 0 || mount("slowfs", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0) return perror("slowfs"), 1;
    prctl(PR_SET_TIMERSLACK, 1);
    puts("mounted"), fflush(stdout);
    for (;;) {
        ssize_t n = read(device, bytes, sizeof bytes);
        if (n < 0 && errno == ENODEV) return 0;
        if (n < (ssize_t)sizeof(struct fuse_in_header)) continue;
        struct fuse_in_header *in = (void *)bytes;
        void *body = in + 1;
        switch (in->opcode) {
        case FUSE_INIT: {
            struct fuse_init_in *i = body;
            struct fuse_init_out o = {.major = FUSE_KERNEL_VERSION, .minor = i->minor < FUSE_KERNEL_MINOR_VERSION ? i->minor : FUSE_KERNEL_MINOR_VERSION, .max_write = 1 << 17};
            answer(in, 0, &o, sizeof o);
            break;
        }
        case FUSE_LOOKUP: {
            if (strcmp(body, "synced")) { answer(in, ENOENT, 0, 0); break; }
            struct fuse_entry_out o = {.nodeid = 2, .entry_valid = 3600, .attr_valid = 3600, .attr = attributes(2)};
            answer(in, 0, &o, sizeof o);
            break;
        }
        case FUSE_GETATTR: case FUSE_SETATTR: {
            struct fuse_attr_out o = {.attr_valid = 3600, .attr = attributes(in->nodeid)};
            answer(in, 0, &o, sizeof o);
            break;
        }
        case FUSE_OPEN: {
            struct fuse_open_out o = {.open_flags = FOPEN_DIRECT_IO};
            answer(in, 0, &o, sizeof o);
            break;
        }
        case FUSE_WRITE: {
            struct fuse_write_in *w = body;
            struct fuse_write_out o = {.size = w->size};
            wait = atol((char *)(w + 1));
            answer(in, 0, &o, sizeof o);
            break;
        }
        case FUSE_FSYNC: {
            struct timespec t = {wait / 1000000, wait % 1000000 * 1000};
            nanosleep(&t, 0);
            answer(in, 0, 0, 0);
            break;
        }
        case FUSE_FORGET: case FUSE_INTERRUPT: break;
        case FUSE_FLUSH: case FUSE_RELEASE: case FUSE_ACCESS: answer(in, 0, 0, 0); break;
        default: answer(in, ENOSYS, 0, 0);
        }
    }
}
