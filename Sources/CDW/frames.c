#include "cdw.h"
#include "library.h"
#include <stdlib.h>
#include <string.h>

/// Copies an expression into the frame: libdw's lives as long as its own frame.
static int copy(struct cdw_frame *frame, const Dwarf_Op *operations, size_t count, struct cdw_rule *rule) {
    if (count > (size_t)(cdw_operation_count - frame->operation_count)) return -1;
    rule->kind = cdw_expression;
    rule->first = (uint16_t)frame->operation_count;
    rule->count = (uint16_t)count;
    for (size_t i = 0; i < count; i++) {
        frame->operations[frame->operation_count++] =
            (struct cdw_operation){operations[i].atom, operations[i].number, operations[i].number2};
    }
    return 0;
}

static int read_cfa(Dwarf_Frame *table, struct cdw_frame *frame) {
    Dwarf_Op *operations;
    size_t count;
    if (cdw.dwarf_frame_cfa(table, &operations, &count) != 0 || count == 0) return -1;
    frame->cfa_register = -1;
    if (count == 1 && operations[0].atom >= DW_OP_breg0 && operations[0].atom <= DW_OP_breg31) {
        frame->cfa_register = operations[0].atom - DW_OP_breg0;
        frame->cfa_offset = (int64_t)operations[0].number;
    } else if (count == 1 && operations[0].atom == DW_OP_bregx && operations[0].number < cdw_register_count) {
        frame->cfa_register = (int)operations[0].number;
        frame->cfa_offset = (int64_t)operations[0].number2;
    }
    return frame->cfa_register >= 0 ? 0 : copy(frame, operations, count, &frame->cfa);
}

static int read_register(Dwarf_Frame *table, int n, struct cdw_frame *frame) {
    Dwarf_Op space[3], *operations;
    size_t count;
    struct cdw_rule *rule = &frame->registers[n];
    if (cdw.dwarf_frame_register(table, n, space, &operations, &count) != 0) return -1;
    if (count == 0) {
        rule->kind = operations == space ? cdw_undefined : cdw_same;
        return 0;
    }
    if (operations[0].atom == DW_OP_call_frame_cfa && (count == 1 || (count == 2 && operations[1].atom == DW_OP_plus_uconst))) {
        rule->kind = cdw_saved;
        rule->number = count == 1 ? 0 : (int64_t)operations[1].number;
        return 0;
    }
    return copy(frame, operations, count, rule);
}

static int read_frame(Dwarf_CFI *table, uint64_t address, struct cdw_frame *frame) {
    Dwarf_Frame *row = NULL;
    if (table == NULL || cdw.dwarf_cfi_addrframe(table, address, &row) != 0) return -1;
    memset(frame, 0, sizeof *frame);
    bool is_signal_frame = false;
    frame->return_register = cdw.dwarf_frame_info(row, NULL, NULL, &is_signal_frame);
    frame->is_signal_frame = is_signal_frame;
    int result = frame->return_register >= 0 && frame->return_register < cdw_register_count ? read_cfa(row, frame) : -1;
    for (int n = 0; result == 0 && n < cdw_register_count; n++) result = read_register(row, n, frame);
    free(row);
    return result;
}

int cdw_unwind(cdw_object *object, uint64_t address, struct cdw_frame *frame) {
    Dwarf_Addr bias = 0, at = address + object->bias;
    Dwarf_CFI *table = cdw.dwfl_module_eh_cfi(object->module, &bias);
    if (table != NULL && read_frame(table, at - bias, frame) == 0) return 0;
    table = cdw.dwfl_module_dwarf_cfi(object->module, &bias);
    return table != NULL ? read_frame(table, at - bias, frame) : -1;
}
