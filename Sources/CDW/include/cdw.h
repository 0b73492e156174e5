#pragma once
#include <stddef.h>
#include <stdint.h>

// What elfutils' libdw knows of one ELF file. The library is loaded when it is first needed: plain traces start
// without it. Addresses are the file's own (`p_vaddr`), wherever it is mapped.

/// Loads libdw: NULL, or why it cannot be.
const char *cdw_load(void);

typedef struct cdw_object cdw_object;

/// A file, with the separate debug file that its build id or .gnu_debuglink leads to.
///
/// `fd` is the library's from then on. `path` is where a debug file is looked for from. NULL if it is no ELF file.
cdw_object *cdw_open(int fd, const char *path);
/// A descriptor of a file without a name that holds `count` bytes, or -1.
int cdw_memory_file(const void *bytes, size_t count);
void cdw_close(cdw_object *object);

/// The address that the byte at `offset` of the file is loaded to: 0, or -1 if none.
int cdw_address(cdw_object *object, uint64_t offset, uint64_t *address);

/// The symbol that `address` lies in, which lives as long as `object`; NULL if none.
const char *cdw_symbol(cdw_object *object, uint64_t address, uint64_t *offset);

/// A function at a line of source. Strings live as long as the object; each may be NULL.
struct cdw_line {
    /// Mangled, if the compiler left that.
    const char *function;
    const char *file;
    /// Where the compiler ran.
    const char *directory;
    int line;
};

/// The functions at `address`, inlined ones before those they are inlined into: their number, 0 if nothing is known.
int cdw_lines(cdw_object *object, uint64_t address, struct cdw_line *lines, int room);

/// An operation of a DWARF expression.
struct cdw_operation {
    uint8_t code;
    uint64_t number;
    uint64_t number2;
};

/// How a register of the caller is found.
enum cdw_kind {
    cdw_same,
    cdw_undefined,
    /// At `number` bytes from the CFA.
    cdw_saved,
    /// By `count` operations from `first` on, which give where it is saved, or after DW_OP_stack_value its value.
    cdw_expression,
};

struct cdw_rule {
    uint8_t kind;
    uint16_t first;
    uint16_t count;
    int64_t number;
};

enum { cdw_register_count = 33, cdw_operation_count = 128 };

/// How to go from a frame to its caller's, by the unwind table. Registers have DWARF's numbers.
struct cdw_frame {
    /// The CFA is this register and `cfa_offset`; -1: it is the expression `cfa`.
    int cfa_register;
    int64_t cfa_offset;
    struct cdw_rule cfa;
    /// The column of the return address.
    int return_register;
    int is_signal_frame;
    struct cdw_rule registers[cdw_register_count];
    int operation_count;
    struct cdw_operation operations[cdw_operation_count];
};

/// 0, or -1 if no unwind table has `address`.
int cdw_unwind(cdw_object *object, uint64_t address, struct cdw_frame *frame);
