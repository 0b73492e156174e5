#pragma once
#include "cbpf.h"

struct cbpf_freezer {
    /// Of the control groups: 1 or 2.
    int version;
    /// The file that freezes and thaws, open.
    int state;
    /// The group, and the one above.
    char path[400], parent[320];
    /// The guard's process; its end of `life` tells it that this process is gone, ours of
    /// `done` that it is.
    pid_t guard;
    int life, done;
};

void cbpf_set_frozen(struct cbpf_freezer *f, int is_frozen);
/// Thaws the group, puts its processes back into the one above and removes it.
void cbpf_remove_freezer(struct cbpf_freezer *f);
