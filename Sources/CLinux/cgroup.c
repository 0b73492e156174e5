#define _GNU_SOURCE
#include "clinux.h"
#include <errno.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

int clinux_cgroup_id(const char *directory, uint64_t *id) {
    struct statfs system;
    struct stat info;
    if (statfs(directory, &system) != 0 || stat(directory, &info) != 0) return -errno;
    if (system.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(info.st_mode)) return -ENOTSUP;
    // The kernel numbers cgroups and their directories alike.
    *id = info.st_ino;
    return 0;
}
