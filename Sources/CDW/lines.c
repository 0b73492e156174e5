#include "cdw.h"
#include "library.h"
#include <stdlib.h>

static int by_start(const void *a, const void *b) {
    const struct cdw_range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/// Adds what an entry says of its addresses: 0, or -1 without memory.
static int add(struct cdw_index *index, Dwarf_Die *die) {
    Dwarf_Addr base, start, end;
    ptrdiff_t next = 0;
    while ((next = cdw.dwarf_ranges(die, next, &base, &start, &end)) > 0) {
        // What the linker left out lies at 0.
        if (start >= end || start == 0) continue;
        if (index->count == index->room) {
            size_t room = index->room ? index->room * 2 : 64;
            struct cdw_range *ranges = realloc(index->ranges, room * sizeof *ranges);
            if (ranges == NULL) return -1;
            index->ranges = ranges;
            index->room = room;
        }
        index->ranges[index->count++] = (struct cdw_range){start, end, cdw.dwarf_dieoffset(die)};
    }
    return 0;
}

static void sort(struct cdw_index *index) {
    if (index->count > 0) qsort(index->ranges, index->count, sizeof *index->ranges, by_start);
}

static int find(cdw_object *object, const struct cdw_index *index, uint64_t address, Dwarf_Die *die) {
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->ranges[middle].start <= address) low = middle + 1; else high = middle;
    }
    // Ranges overlap where the linker folded code: the nearest start is the likeliest.
    for (size_t i = low; i > 0 && low - i < 8; i--) {
        if (address < index->ranges[i - 1].end) return cdw.dwarf_offdie(object->dwarf, index->ranges[i - 1].die, die) != NULL;
    }
    return 0;
}

/// Which unit has which addresses: .debug_aranges would tell, but only GCC writes that.
static void index_units(cdw_object *object) {
    object->is_indexed = 1;
    object->dwarf = cdw.dwfl_module_getdwarf(object->module, &object->dwarf_bias);
    if (object->dwarf == NULL) return;
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;
    while ((unit = cdw.dwfl_module_nextcu(object->module, unit, &bias)) != NULL) {
        if (add(&object->units, unit) != 0) break;
    }
    sort(&object->units);
}

enum { nesting = 64 };

/// Adds the functions below an entry; they may stand in namespaces and types.
static int index_functions(struct cdw_index *index, Dwarf_Die *parent, int depth) {
    Dwarf_Die die;
    if (depth > nesting || cdw.dwarf_child(parent, &die) != 0) return 0;
    do {
        switch (cdw.dwarf_tag(&die)) {
        case DW_TAG_subprogram:
            if (add(index, &die) != 0) return -1;
            // One that is in a function.
            if (index_functions(index, &die, depth + 1) != 0) return -1;
            break;
        case DW_TAG_namespace: case DW_TAG_module: case DW_TAG_class_type: case DW_TAG_structure_type:
        case DW_TAG_union_type: case DW_TAG_enumeration_type: case DW_TAG_lexical_block:
            if (index_functions(index, &die, depth + 1) != 0) return -1;
            break;
        default: break;
        }
    } while (cdw.dwarf_siblingof(&die, &die) == 0);
    return 0;
}

static const struct cdw_index *functions(cdw_object *object, Dwarf_Die *unit) {
    Dwarf_Off offset = cdw.dwarf_dieoffset(unit);
    for (struct cdw_unit *u = object->known; u != NULL; u = u->next) {
        if (u->die == offset) return &u->functions;
    }
    struct cdw_unit *new = calloc(1, sizeof *new);
    if (new == NULL) return NULL;
    new->die = offset;
    index_functions(&new->functions, unit, 0);
    sort(&new->functions);
    new->next = object->known;
    object->known = new;
    return &new->functions;
}

static int has_address(Dwarf_Die *die, Dwarf_Addr address) {
    Dwarf_Addr base, start, end;
    ptrdiff_t next = 0;
    while ((next = cdw.dwarf_ranges(die, next, &base, &start, &end)) > 0) {
        if (address >= start && address < end) return 1;
    }
    return 0;
}

/// A block or an inlined call with the address in it.
static int is_call(Dwarf_Die *die, Dwarf_Addr address) {
    int tag = cdw.dwarf_tag(die);
    return (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) && has_address(die, address);
}

/// Follows calls that were inlined down to the innermost that has the address: their number.
static int inlined(Dwarf_Die *function, Dwarf_Addr address, Dwarf_Die *calls, int room) {
    int count = 0;
    Dwarf_Die parent = *function, die;
    for (int depth = 0; depth < 4 * nesting && count < room; depth++) {
        if (cdw.dwarf_child(&parent, &die) != 0) break;
        while (!is_call(&die, address)) {
            if (cdw.dwarf_siblingof(&die, &die) != 0) return count;
        }
        if (cdw.dwarf_tag(&die) == DW_TAG_inlined_subroutine) calls[count++] = die;
        parent = die;
    }
    return count;
}

static const char *string(Dwarf_Die *die, unsigned attribute) {
    Dwarf_Attribute value;
    return cdw.dwarf_formstring(cdw.dwarf_attr_integrate(die, attribute, &value));
}

static const char *function_name(Dwarf_Die *die) {
    const char *name = string(die, DW_AT_linkage_name);
    if (name == NULL) name = string(die, DW_AT_MIPS_linkage_name);
    return name != NULL ? name : string(die, DW_AT_name);
}

static Dwarf_Word number(Dwarf_Die *die, unsigned attribute) {
    Dwarf_Attribute value;
    Dwarf_Word result = 0;
    return cdw.dwarf_formudata(cdw.dwarf_attr(die, attribute, &value), &result) == 0 ? result : 0;
}

int cdw_lines(cdw_object *object, uint64_t address, struct cdw_line *lines, int room) {
    Dwarf_Die unit, function, calls[nesting];
    if (room < 1) return 0;
    if (!object->is_indexed) index_units(object);
    Dwarf_Addr at = address + object->bias - object->dwarf_bias;
    if (!find(object, &object->units, at, &unit)) return 0;
    struct cdw_line here = {.directory = string(&unit, DW_AT_comp_dir)};
    Dwarf_Line *line = cdw.dwarf_getsrc_die(&unit, at);
    if (line != NULL) {
        here.file = cdw.dwarf_linesrc(line, NULL, NULL);
        cdw.dwarf_lineno(line, &here.line);
    }
    lines[0] = here;
    const struct cdw_index *index = functions(object, &unit);
    if (index == NULL || !find(object, index, at, &function)) return here.file != NULL;

    int count = 0;
    Dwarf_Files *files = NULL;
    size_t file_count = 0;
    // Each line but the innermost is where the function before was called from.
    for (int depth = inlined(&function, at, calls, nesting); depth > 0 && count + 1 < room; depth--) {
        Dwarf_Die *call = &calls[depth - 1];
        lines[count++].function = function_name(call);
        lines[count] = (struct cdw_line){.directory = here.directory, .line = (int)number(call, DW_AT_call_line)};
        if (files == NULL && cdw.dwarf_getsrcfiles(&unit, &files, &file_count) != 0) files = NULL;
        Dwarf_Word file = number(call, DW_AT_call_file);
        if (files != NULL && file < file_count) lines[count].file = cdw.dwarf_filesrc(files, file, NULL, NULL);
    }
    lines[count++].function = function_name(&function);
    return count;
}
