#pragma once
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

// The functions of libdw and libelf that are used, found by name when the library is loaded.
#define CDW_FUNCTIONS(F) \
    F(dwarf_attr) F(dwarf_attr_integrate) F(dwarf_cfi_addrframe) F(dwarf_filesrc) \
    F(dwarf_formudata) F(dwarf_formstring) F(dwarf_frame_cfa) F(dwarf_frame_info) \
    F(dwarf_frame_register) F(dwarf_child) F(dwarf_siblingof) F(dwarf_getsrc_die) F(dwarf_getsrcfiles) \
    F(dwarf_lineno) F(dwarf_linesrc) F(dwarf_offdie) F(dwarf_dieoffset) F(dwarf_ranges) F(dwarf_tag) F(dwfl_begin) \
    F(dwfl_end) F(dwfl_module_addrinfo) F(dwfl_module_dwarf_cfi) F(dwfl_module_eh_cfi) F(dwfl_module_getdwarf) \
    F(dwfl_module_getelf) F(dwfl_module_nextcu) F(dwfl_report_begin) F(dwfl_report_elf) F(dwfl_report_end) \
    F(dwfl_build_id_find_elf) F(dwfl_standard_find_debuginfo) F(dwfl_offline_section_address)

struct cdw_library {
#define F(name) __typeof__(&name) name;
    CDW_FUNCTIONS(F)
#undef F
    __typeof__(&elf_getphdrnum) elf_getphdrnum;
    __typeof__(&gelf_getphdr) gelf_getphdr;
};

extern struct cdw_library cdw;


/// Addresses of what the entry at `die` describes.
struct cdw_range {
    uint64_t start, end;
    Dwarf_Off die;
};

/// Sorted by start.
struct cdw_index {
    struct cdw_range *ranges;
    size_t count, room;
};

/// The functions of a compilation unit that was asked about.
struct cdw_unit {
    struct cdw_unit *next;
    Dwarf_Off die;
    struct cdw_index functions;
};

struct cdw_object {
    Dwfl *session;
    Dwfl_Module *module;
    Elf *elf;
    Dwarf_Addr bias;
    /// Made when a line is first asked for.
    int is_indexed;
    struct cdw_index units;
    struct cdw_unit *known;
    Dwarf *dwarf;
    Dwarf_Addr dwarf_bias;
};
