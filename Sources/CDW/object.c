#define _GNU_SOURCE
#include "cdw.h"
#include "library.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct cdw_library cdw;

static int find(void *library, void **function, const char *name) {
    *function = dlsym(library, name);
    return *function != NULL;
}

const char *cdw_load(void) {
    static const char missing[] = "libdw.so.1 cannot be loaded (install libdw1, elfutils' library)";
    static int state;
    if (state != 0) return state > 0 ? NULL : missing;
    state = -1;
    // Its libelf is its own: the one in this program serves libbpf.
    void *library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return missing;
    void *elf = dlopen("libelf.so.1", RTLD_NOW | RTLD_LOCAL);
    if (elf == NULL) return missing;
    if (!find(elf, (void **)&cdw.elf_getphdrnum, "elf_getphdrnum")) return missing;
    if (!find(elf, (void **)&cdw.gelf_getphdr, "gelf_getphdr")) return missing;
#define F(name) if (!find(library, (void **)&cdw.name, #name)) return missing;
    CDW_FUNCTIONS(F)
#undef F
    state = 1;
    return NULL;
}

cdw_object *cdw_open(int fd, const char *path) {
    static char *debug_path;
    static Dwfl_Callbacks callbacks;
    callbacks.find_elf = cdw.dwfl_build_id_find_elf;
    callbacks.find_debuginfo = cdw.dwfl_standard_find_debuginfo;
    callbacks.section_address = cdw.dwfl_offline_section_address;
    callbacks.debuginfo_path = &debug_path;
    cdw_object *object = calloc(1, sizeof *object);
    if (object == NULL) return NULL;
    object->session = cdw.dwfl_begin(&callbacks);
    if (object->session == NULL) goto failed;
    cdw.dwfl_report_begin(object->session);
    object->module = cdw.dwfl_report_elf(object->session, path, path, fd, 0, 1);
    cdw.dwfl_report_end(object->session, NULL, NULL);
    if (object->module == NULL) goto failed;
    object->elf = cdw.dwfl_module_getelf(object->module, &object->bias);
    if (object->elf == NULL) goto failed;
    return object;
failed:
    cdw_close(object);
    return NULL;
}

int cdw_memory_file(const void *bytes, size_t count) {
    int fd = memfd_create("renacer", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, count) == (ssize_t)count) return fd;
    close(fd);
    return -1;
}

void cdw_close(cdw_object *object) {
    if (object->session != NULL) cdw.dwfl_end(object->session);
    free(object->units.ranges);
    while (object->known != NULL) {
        struct cdw_unit *next = object->known->next;
        free(object->known->functions.ranges);
        free(object->known);
        object->known = next;
    }
    free(object);
}

int cdw_address(cdw_object *object, uint64_t offset, uint64_t *address) {
    size_t count = 0;
    if (cdw.elf_getphdrnum(object->elf, &count) != 0) return -1;
    for (size_t i = 0; i < count && i < 65536; i++) {
        GElf_Phdr header;
        if (cdw.gelf_getphdr(object->elf, (int)i, &header) == NULL) return -1;
        if (header.p_type != PT_LOAD || offset < header.p_offset || offset - header.p_offset >= header.p_filesz) continue;
        *address = header.p_vaddr + (offset - header.p_offset);
        return 0;
    }
    return -1;
}

const char *cdw_symbol(cdw_object *object, uint64_t address, uint64_t *offset) {
    GElf_Off distance = 0;
    GElf_Sym symbol;
    const char *name = cdw.dwfl_module_addrinfo(object->module, address + object->bias, &distance, &symbol, NULL, NULL, NULL);
    *offset = distance;
    return name;
}
