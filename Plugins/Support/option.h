// An option of a detector, as a row.
#pragma once
#include <renacer/plugin.h>

#define OPTION(kind, title, standard, meaning, low, high) \
    { sizeof(renacer_option), kind, RENACER_TEXT(title), RENACER_TEXT(standard), RENACER_TEXT(meaning), low, high, { 0, 0 } }

// One of several words.
#define OPTION_CHOICE(title, standard, words, meaning) \
    { sizeof(renacer_option), RENACER_OPTION_CHOICE, RENACER_TEXT(title), RENACER_TEXT(standard), RENACER_TEXT(meaning), 0, 0, RENACER_TEXT(words) }
