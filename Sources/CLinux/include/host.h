#pragma once
// Declarations that Swift's Glibc module lacks.
#include <sys/xattr.h>
