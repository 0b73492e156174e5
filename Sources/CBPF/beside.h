// Work that another CPU does meanwhile, if one is free.
#pragma once

struct beside;

/// Has `work` done by another thread, which takes no signals; NULL if there is no memory: then by
/// `cbpf_finish_beside`.
struct beside *cbpf_begin_beside(void (*work)(void *), void *of);
/// Waits until it is done, or does it if no CPU was free to begin with it.
void cbpf_finish_beside(struct beside *b, void (*work)(void *), void *of);
