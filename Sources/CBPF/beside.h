// Work that another thread does meanwhile: or, where that is late, who needs it done.
#pragma once

struct beside;

/// Has another thread do `work`, with all signals blocked. NULL if there is no memory.
struct beside *cbpf_begin_beside(void (*work)(void *), void *of);
/// Does it now unless somebody is at it.
void cbpf_ensure_beside(struct beside *b);
/// Returns when it is done.
void cbpf_finish_beside(struct beside *b);
