// The header is C: this file is all that has to compile.
#include "renacer/plugin.h"

_Static_assert(offsetof(renacer_event, time) == 16 && offsetof(renacer_event, arguments) == 48, "fields of events never move");
_Static_assert(sizeof(renacer_event) == 168, "events are only appended to");
