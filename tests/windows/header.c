/* Uses wpu.h as a tool would, in C and in C++: the facts are consistent, and match the system's headers if there are any. */

#ifdef _WIN32
#include <winsock2.h>
#include <ws2spi.h>
#endif
#include "wpu.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A second inclusion has no effect. */
#include "wpu.h"

static int faults;

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("%s\n", what);
        faults++;
    }
}

#define SAME_NAME(slot, member, function, pointer)                                                          \
    expect(strcmp(wpu_upcalls[WPU_NUMBER_##function].name, #function) == 0, #function);                     \
    expect(WPU_SLOT_WSPUPCALLTABLE_##function == slot, "slot of " #function);

#define COUNT(slot, member, function, pointer) +1

#define SAME_DOWNCALL(slot, member, function, pointer)                                                      \
    expect(strcmp(wpu_downcalls[slot].name, #function) == 0, #function);

#ifdef _WIN32
#define IN_PLACE(slot, member, function, pointer)                                                           \
    expect(offsetof(WSPUPCALLTABLE, member) == (slot) * sizeof(pointer), #member);
#endif

int main(void)
{
    int class_, platform, at;
    WPU_EACH_WSPUPCALLTABLE(SAME_NAME)
    WPU_EACH_WSPPROC_TABLE(SAME_DOWNCALL)
    expect((0 WPU_EACH_WSPUPCALLTABLE(COUNT)) == WPU_SLOTS_WSPUPCALLTABLE, "slots of the table");
    expect((0 WPU_EACH_WSPUPCALLTABLEEX(COUNT)) == WPU_UPCALLS, "slots of the larger table");
    expect((0 WPU_EACH_WSPPROC_TABLE(COUNT)) == WPU_DOWNCALLS, "slots of the provider's table");
#ifdef _WIN32
    WPU_EACH_WSPUPCALLTABLE(IN_PLACE)
#endif
    for (at = 0; at < WPU_UPCALLS; at++) {
        const wpu_upcall *upcall = &wpu_upcalls[at];
        expect(upcall->text[0] && upcall->reason[0], upcall->name);
        for (class_ = 0; class_ < WPU_CLASSES; class_++)
            for (platform = 0; platform < WPU_PLATFORMS; platform++) {
                if (upcall->status[class_][platform] == WPU_REQUIRED)
                    expect(upcall->waiver != 0, upcall->name);
                if (upcall->status[class_][platform] == WPU_OPTIONAL)
                    expect(upcall->substitute != 0, upcall->name);
            }
    }
    expect(wpu_upcalls[WPU_NUMBER_WPUPostMessage].status[WPU_CLASS_NON_IFS][WPU_PLATFORM_NT] == WPU_REQUIRED,
           "WPUPostMessage is required on NT");
    expect(strcmp(wpu_upcalls[WPU_NUMBER_WPUCompleteOverlappedRequest].library, "ws2_32") == 0, "the export");
    for (at = 0; at < WPU_ERRORS; at++)
        expect(wpu_errors[at].code != 0, wpu_errors[at].name);
    return faults != 0;
}
