// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What a task's registers say of the call that it makes.
#pragma once
#include "state.h"

#ifdef __TARGET_ARCH_x86
enum { R_BP = 32, R_BX = 40, R_R10 = 56, R_R9 = 64, R_R8 = 72, R_CX = 88, R_DX = 96, R_SI = 104, R_DI = 112,
       R_AX = 80, R_NUMBER = 120, R_IP = 128, R_SP = 152 };
#else
enum { R_SP = 248, R_IP = 256, R_X0 = 272, R_NUMBER = 280 };
#endif

static void store_arguments(struct task_state *t, void *regs, bool compat) {
    uint64_t *r = t->registers;
#ifdef __TARGET_ARCH_x86
    if (compat) {
        r[0] = FIELD(uint32_t, regs, R_BX);
        r[1] = FIELD(uint32_t, regs, R_CX);
        r[2] = FIELD(uint32_t, regs, R_DX);
        r[3] = FIELD(uint32_t, regs, R_SI);
        r[4] = FIELD(uint32_t, regs, R_DI);
        r[5] = FIELD(uint32_t, regs, R_BP);
    } else {
        r[0] = FIELD(uint64_t, regs, R_DI);
        r[1] = FIELD(uint64_t, regs, R_SI);
        r[2] = FIELD(uint64_t, regs, R_DX);
        r[3] = FIELD(uint64_t, regs, R_R10);
        r[4] = FIELD(uint64_t, regs, R_R8);
        r[5] = FIELD(uint64_t, regs, R_R9);
    }
#else
    r[0] = FIELD(uint64_t, regs, R_X0);
    for (int i = 1; i < 6; i++) r[i] = FIELD(uint64_t, regs, 8 * i);
#endif
    r[CAPTURE_RESULT] = 0;
    r[CAPTURE_STACK] = FIELD(uint64_t, regs, R_SP);
    for (int i = 0; i < 6; i++) t->call.arguments[i] = r[i];
    t->call.instruction_pointer = FIELD(uint64_t, regs, R_IP);
    t->call.stack_pointer = r[CAPTURE_STACK];
}

/// Keeps the registers that an unwinder needs besides those of every record, as a segment.
static __always_inline void store_preserved(struct task_state *t, void *regs) {
#ifdef __TARGET_ARCH_x86
    static const uint32_t places[] = {R_BX, R_BP, 24, 16, 8, 0};
#else
    static const uint32_t places[] = {152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, 240};
#endif
    enum { COUNT = sizeof places / sizeof *places };
    struct capture_segment *segment = (void *)t->data;
    uint64_t *to = (void *)(t->data + sizeof *segment);
    segment->address = 0;
    segment->length = COUNT * 8;
    segment->error = 0;
    segment->moment = CAPTURE_CALLEE_SAVED;
#pragma unroll
    for (int i = 0; i < COUNT; i++) to[i] = FIELD(uint64_t, regs, places[i]);
    t->used = sizeof *segment + COUNT * 8;
    // Until its exec the stack is the tracer's own.
    if (t->starting) t->call.stack_pointer = 0;
}

enum { COMPAT_STATUS = 2, X32_BIT = 0x40000000 };

/// The personality of the call that `task` makes now: native, 32-bit or x32.
///
/// Without branches, each of which would have the verifier follow the rest once more.
static uint32_t personality(struct task_struct *task, int64_t number) {
#ifdef __TARGET_ARCH_x86
    uint32_t compat = FIELD(uint32_t, task, configuration.task_status) / COMPAT_STATUS & 1;
    uint64_t is_negative = (uint64_t)number >> 63;
    asm volatile("" : "+r"(is_negative));
    uint32_t x32 = (uint32_t)number / X32_BIT & ~is_negative & 1;
    return compat | (x32 & ~compat) * 2;
#else
    return 0;
#endif
}

/// Where it stands in `shared.programs`.
static uint32_t place(uint32_t personality, int64_t number) {
    uint64_t n = (uint32_t)number & ~((personality >> 1) * X32_BIT), last = CAPTURE_CALLS - 1;
    // The last place is for all numbers beyond it.
    uint64_t is_beyond = (last - n) >> 63;
    asm volatile("" : "+r"(is_beyond));
    uint32_t at = personality * CAPTURE_CALLS + (n & (is_beyond - 1)) + (last & -is_beyond);
    // Kept apart from what came before, so that the verifier sees the bound.
    asm volatile("" : "+r"(at));
    return at & (CAPTURE_PLACES - 1);
}
