#include "session.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/// Loads an integer field, widened with its sign; 0 where the record ends before it.
static int64_t load(const uint8_t *raw, size_t size, struct field f) {
    if (f.offset + f.size > size) return 0;
    int32_t word;
    int64_t wide;
    switch (f.size) {
    case 1: return raw[f.offset];
    case 4: memcpy(&word, raw + f.offset, 4); return word;
    case 8: memcpy(&wide, raw + f.offset, 8); return wide;
    default: return 0;
    }
}

static void load_text(const uint8_t *raw, size_t size, struct field f, char text[16]) {
    memset(text, 0, 16);
    if (f.offset + f.size <= size) memcpy(text, raw + f.offset, f.size < 16 ? f.size : 16);
}

/// A register's value among those of a record; 0 if it is not there.
static uint64_t register_value(const uint64_t *values, uint64_t mask, int number) {
    if (!(mask >> number & 1)) return 0;
    return values[__builtin_popcountll(mask & ((1ull << number) - 1))];
}

/// The part of the stack behind the registers: its room, the bytes, and how many of them there are.
static void decode_stack(const uint8_t *at, size_t size, const uint64_t *values, struct cperf_record *out) {
    uint64_t room, count;
    if (size < 16) return;
    memcpy(&room, at, 8);
    if (room > size - 16) return;
    memcpy(&count, at + 8 + room, 8);
    out->registers = values;
    out->stack = at + 8;
    out->stack_size = count < room ? count : room;
}

/// What the user's registers tell of a call. `values` is its ABI, then those of `mask`.
static void decode_registers(const uint64_t *values, uint64_t mask, struct cperf_record *out) {
    uint64_t abi = *values++;
    if (abi == PERF_SAMPLE_REGS_ABI_NONE) return;
    out->is_compat = abi == PERF_SAMPLE_REGS_ABI_32;
    out->instruction_pointer = register_value(values, mask, REGISTER_IP);
    out->stack_pointer = register_value(values, mask, REGISTER_SP);
#if defined(__x86_64__)
    static const uint8_t native[6] = {REGISTER_DI, REGISTER_SI, REGISTER_DX, REGISTER_10, REGISTER_8, REGISTER_9};
    static const uint8_t compat[6] = {REGISTER_BX, REGISTER_CX, REGISTER_DX, REGISTER_SI, REGISTER_DI, REGISTER_BP};
    if (out->kind == CPERF_ENTER) {
        // A 64-bit task may make a 32-bit call, whose arguments are in other registers.
        if (out->arguments[0] != register_value(values, mask, REGISTER_DI) ||
            out->arguments[1] != register_value(values, mask, REGISTER_SI))
            out->is_compat = 1;
        return;
    }
    for (int i = 0; i < 6; i++) {
        uint64_t v = register_value(values, mask, out->is_compat ? compat[i] : native[i]);
        out->arguments[i] = out->is_compat ? (uint32_t)v : v;
    }
#else
    if (out->kind == CPERF_ENTER) return;
    for (int i = 0; i < 6; i++) out->arguments[i] = register_value(values, mask, REGISTER_0 + i);
#endif
    out->has_arguments = 1;
}

static int kind_of(const struct cperf *s, uint16_t id) {
    for (int k = 0; k < CPERF_TRACEPOINTS; k++)
        if (s->formats[k].id == id) return k;
    return -1;
}

static int decode_lost(const uint8_t *record, size_t size, struct cperf_record *out) {
    // Its id, how many; at the end who ran, and when.
    if (size < 40) return 0;
    out->kind = CPERF_LOST;
    memcpy(&out->count, record + 16, 8);
    memcpy(&out->pid, record + size - 16, 4);
    memcpy(&out->tid, record + size - 12, 4);
    memcpy(&out->until, record + size - 8, 8);
    return 1;
}

int cperf_decode(const struct cperf *s, const uint8_t *record, size_t size, struct cperf_record *out) {
    struct perf_event_header header;
    memcpy(&header, record, sizeof header);
    if (header.type == PERF_RECORD_LOST) return decode_lost(record, size, out);
    if (header.type != PERF_RECORD_SAMPLE || size < 32) return 0;
    uint32_t raw_size;
    uint16_t id;
    memcpy(&out->pid, record + 8, 4);
    memcpy(&out->tid, record + 12, 4);
    memcpy(&out->time, record + 16, 8);
    memcpy(&raw_size, record + 24, 4);
    const uint8_t *raw = record + 28;
    if (raw_size < 8 || raw_size > size - 28) return 0;
    memcpy(&id, raw, 2);
    int kind = kind_of(s, id);
    if (kind < 0) return 0;
    const struct field *f = s->formats[kind].fields;
    out->kind = (uint8_t)kind;
    out->is_compat = out->has_arguments = 0;
    out->registers = NULL;
    switch (kind) {
    case CPERF_ENTER:
        out->number = load(raw, raw_size, f[0]);
        if (f[1].offset + sizeof out->arguments > raw_size) return 0;
        memcpy(out->arguments, raw + f[1].offset, sizeof out->arguments);
        break;
    case CPERF_EXIT:
        out->number = load(raw, raw_size, f[0]);
        out->result = load(raw, raw_size, f[1]);
        break;
    case CPERF_NEW_TASK:
        out->other = (int32_t)load(raw, raw_size, f[0]);
        out->flags = (uint64_t)load(raw, raw_size, f[1]);
        load_text(raw, raw_size, f[2], out->command);
        return 1;
    case CPERF_EXEC: out->other = (int32_t)load(raw, raw_size, f[0]); return 1;
    case CPERF_GONE: out->is_last = f[0].size ? (int32_t)load(raw, raw_size, f[0]) : -1; return 1;
    case CPERF_SENT:
    case CPERF_TAKEN:
        out->signal = (int32_t)load(raw, raw_size, f[0]);
        out->error = (int32_t)load(raw, raw_size, f[1]);
        out->code = (int32_t)load(raw, raw_size, f[2]);
        if (kind == CPERF_SENT) {
            out->other = (int32_t)load(raw, raw_size, f[3]);
            out->fate = (int32_t)load(raw, raw_size, f[4]);
        } else {
            out->handler = (uint64_t)load(raw, raw_size, f[3]);
            out->flags = (uint64_t)load(raw, raw_size, f[4]);
        }
        return 1;
    case CPERF_RENAME:
        out->other = (int32_t)load(raw, raw_size, f[0]);
        load_text(raw, raw_size, f[1], out->command);
        return 1;
    }
    // Registers, if this event has any, are behind.
    uint64_t mask = kind == CPERF_ENTER ? s->enter_registers : s->exit_registers;
    size_t at = 28 + raw_size, room = (1 + (size_t)__builtin_popcountll(mask)) * 8;
    out->instruction_pointer = out->stack_pointer = 0;
    if (size >= at + room) {
        // Records and their parts are aligned to words.
        const uint64_t *values = (const void *)(record + at);
        decode_registers(values, mask, out);
        if (kind == CPERF_ENTER && s->plan.stack && *values == PERF_SAMPLE_REGS_ABI_64)
            decode_stack(record + at + room, size - at - room, values + 1, out);
    }
    return 1;
}

int cperf_decode_by(const char *format, size_t length, int kind, const uint8_t *record, size_t size, struct cperf_record *out) {
    struct perf_event_header header;
    if (kind < 0 || kind >= CPERF_TRACEPOINTS || size < sizeof header) return -EINVAL;
    memcpy(&header, record, sizeof header);
    if (header.size != size) return 0;
    struct cperf *s = calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    for (int k = 0; k < CPERF_TRACEPOINTS; k++) s->formats[k].id = -1;
    s->plan.stack = 8;
    s->enter_registers = s->exit_registers = 0xff;
    int status = cperf_format(format, length, kind, &s->formats[kind]);
    if (status == 0) status = cperf_decode(s, record, size, out);
    free(s);
    return status;
}
