#pragma once
#include "cperf.h"

/// A field of a tracepoint's record; a size of 0 if the kernel's has none.
struct field {
    uint16_t offset, size;
};

enum { FIELDS = 7 };

/// A tracepoint's number, and the places of the fields that `wanted` in formats.c names.
struct format {
    int id;
    struct field fields[FIELDS];
};

/// Reads a tracepoint's format from its text: 0 or a negative errno.
int cperf_format(const char *text, size_t size, int kind, struct format *format);
/// Reads the formats of all tracepoints: 0, or a negative errno with a line in `error`.
int cperf_formats(struct format formats[CPERF_TRACEPOINTS], char *error, size_t size);
