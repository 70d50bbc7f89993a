/* The sixteen upcalls of a host in C, and WSCEnumProtocols for layers. Each counts its calls and keeps its arguments. */

#ifndef UPCALLS_H
#define UPCALLS_H

#include <stdio.h>
#include <string.h>

#include "stack.h"
#include "wpu.h"

#define SOCKETS 64
#define FIRST_SOCKET ((SOCKET)0x10000)

static volatile LONG upcalls[WPU_UPCALLS];
/* The arguments of the first call of each upcall. */
static char first_arguments[WPU_UPCALLS][160];
static int talk;
static struct {
    volatile LONG used;
    DWORD entry;
    DWORD_PTR context;
} sockets[SOCKETS];
static volatile LONG events, threads;
static WSAPROTOCOL_INFOW catalog[4];
static int entries;
static WCHAR below[MAX_PATH];

static void came(int number, const char *arguments)
{
    if (InterlockedIncrement(&upcalls[number]) == 1)
        snprintf(first_arguments[number], sizeof first_arguments[number], "%s", arguments);
    if (talk)
        printf("    %s(%s)\n", wpu_upcalls[number].name, arguments);
}

/* Records an upcall: its number and its arguments, formatted as by printf. */
#define CAME(name, ...)                                                                                     \
    do {                                                                                                    \
        char arguments_[160];                                                                               \
        snprintf(arguments_, sizeof arguments_, __VA_ARGS__);                                               \
        came(WPU_NUMBER_##name, arguments_);                                                                \
    } while (0)

static int known(SOCKET s)
{
    return s >= FIRST_SOCKET && s < FIRST_SOCKET + 4 * SOCKETS && s % 4 == 0 &&
           sockets[(s - FIRST_SOCKET) / 4].used;
}

static WINBOOL WSPAPI up_CloseEvent(WSAEVENT event, LPINT error)
{
    CAME(WPUCloseEvent, "%p", event);
    InterlockedDecrement(&events);
    if (CloseHandle(event))
        return TRUE;
    *error = WSA_INVALID_HANDLE;
    return FALSE;
}

static int WSPAPI up_CloseSocketHandle(SOCKET s, LPINT error)
{
    CAME(WPUCloseSocketHandle, "%#lx", (unsigned long)s);
    if (!known(s)) {
        *error = WSAENOTSOCK;
        return SOCKET_ERROR;
    }
    sockets[(s - FIRST_SOCKET) / 4].used = 0;
    return 0;
}

static WSAEVENT WSPAPI up_CreateEvent(LPINT error)
{
    CAME(WPUCreateEvent, "%s", error ? "" : "no errno");
    InterlockedIncrement(&events);
    return CreateEventW(NULL, TRUE, FALSE, NULL);
}

static SOCKET WSPAPI up_CreateSocketHandle(DWORD entry, DWORD_PTR context, LPINT error)
{
    int at;
    CAME(WPUCreateSocketHandle, "%lu, %#lx", entry, (unsigned long)context);
    for (at = 0; at < SOCKETS; at++)
        if (!InterlockedExchange(&sockets[at].used, 1)) {
            sockets[at].entry = entry;
            sockets[at].context = context;
            return FIRST_SOCKET + 4 * at;
        }
    *error = WSAENOBUFS;
    return INVALID_SOCKET;
}

static int WSPAPI up_FDIsSet(SOCKET s, fd_set *set)
{
    u_int at;
    CAME(WPUFDIsSet, "%#lx, {%u}", (unsigned long)s, set->fd_count);
    for (at = 0; at < set->fd_count; at++)
        if (set->fd_array[at] == s)
            return 1;
    return 0;
}

static int WSPAPI up_GetProviderPath(LPGUID id, WCHAR *path, LPINT length, LPINT error)
{
    int needed = (int)wcslen(below) + 1;
    CAME(WPUGetProviderPath, "{%08lx}, %d", id->Data1, *length);
    if (*length < needed) {
        *length = needed;
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    wcscpy(path, below);
    *length = needed;
    return 0;
}

static SOCKET WSPAPI up_ModifyIFSHandle(DWORD entry, SOCKET proposed, LPINT error)
{
    CAME(WPUModifyIFSHandle, "%lu, %#lx, %s", entry, (unsigned long)proposed, error ? "errno" : "no errno");
    return proposed;
}

static WINBOOL WSPAPI up_PostMessage(HWND window, UINT message, WPARAM w, LPARAM l)
{
    CAME(WPUPostMessage, "%p, %u, %#lx, %ld", window, message, (unsigned long)w, (long)l);
    return window != NULL;
}

static int WSPAPI up_QueryBlockingCallback(DWORD entry, LPBLOCKINGCALLBACK *callback, PDWORD_PTR context, LPINT error)
{
    CAME(WPUQueryBlockingCallback, "%lu, %s", entry, error ? "errno" : "no errno");
    *callback = NULL;
    *context = 0;
    return 0;
}

static int WSPAPI up_QuerySocketHandleContext(SOCKET s, PDWORD_PTR context, LPINT error)
{
    CAME(WPUQuerySocketHandleContext, "%#lx", (unsigned long)s);
    if (!known(s)) {
        *error = WSAENOTSOCK;
        return SOCKET_ERROR;
    }
    *context = sockets[(s - FIRST_SOCKET) / 4].context;
    return 0;
}

static int WSPAPI up_QueueApc(LPWSATHREADID thread, LPWSAUSERAPC routine, DWORD_PTR context, LPINT error)
{
    CAME(WPUQueueApc, "{%p}", thread->ThreadHandle);
    if (QueueUserAPC((PAPCFUNC)routine, thread->ThreadHandle, context))
        return 0;
    *error = WSAEFAULT;
    return SOCKET_ERROR;
}

static WINBOOL WSPAPI up_ResetEvent(WSAEVENT event, LPINT error)
{
    CAME(WPUResetEvent, "%p", event);
    if (ResetEvent(event))
        return TRUE;
    *error = WSA_INVALID_HANDLE;
    return FALSE;
}

static WINBOOL WSPAPI up_SetEvent(WSAEVENT event, LPINT error)
{
    CAME(WPUSetEvent, "%p", event);
    if (SetEvent(event))
        return TRUE;
    *error = WSA_INVALID_HANDLE;
    return FALSE;
}

static int WSPAPI up_OpenCurrentThread(LPWSATHREADID thread, LPINT error)
{
    HANDLE process = GetCurrentProcess();
    CAME(WPUOpenCurrentThread, "%s", error ? "" : "no errno");
    InterlockedIncrement(&threads);
    thread->Reserved = 0;
    DuplicateHandle(process, GetCurrentThread(), process, &thread->ThreadHandle, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return 0;
}

static int WSPAPI up_CloseThread(LPWSATHREADID thread, LPINT error)
{
    CAME(WPUCloseThread, "{%p}, %s", thread->ThreadHandle, error ? "errno" : "no errno");
    InterlockedDecrement(&threads);
    CloseHandle(thread->ThreadHandle);
    return 0;
}

/* Sets the event, and stores the result in the structure. */
static int WSPAPI up_CompleteOverlappedRequest(SOCKET s, LPWSAOVERLAPPED request, DWORD result, DWORD count, LPINT error)
{
    CAME(WPUCompleteOverlappedRequest, "%#lx, %lu, %lu, %s", (unsigned long)s, result, count, error ? "errno" : "no errno");
    request->OffsetHigh = result;
    request->InternalHigh = count;
    request->Internal = 0;
    if (request->hEvent)
        SetEvent((HANDLE)((uintptr_t)request->hEvent & ~(uintptr_t)1));
    return 0;
}

static int WSPAPI enum_protocols(LPINT wanted, LPWSAPROTOCOL_INFOW buffer, LPDWORD length, LPINT error)
{
    DWORD needed = entries * sizeof(WSAPROTOCOL_INFOW);
    (void)wanted;
    if (!buffer || *length < needed) {
        *length = needed;
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    memcpy(buffer, catalog, needed);
    return entries;
}

/* By how many bytes a 32-bit function with this number of argument words moves the stack pointer. */
#ifdef __i386__
#define POPS(words) (4 * (intptr_t)(words))
#else
#define POPS(words) ((intptr_t)0 * (words))
#endif

#define BODY(name, words)                                                                                   \
    stack_bodies[WPU_NUMBER_WPU##name] = (void *)up_##name;                                                 \
    stack_expected[WPU_NUMBER_WPU##name] = POPS(words);

static void prepare(void)
{
    BODY(CloseEvent, 2)
    BODY(CloseSocketHandle, 2)
    BODY(CreateEvent, 1)
    BODY(CreateSocketHandle, 3)
    BODY(FDIsSet, 2)
    BODY(GetProviderPath, 4)
    BODY(ModifyIFSHandle, 3)
    BODY(PostMessage, 4)
    BODY(QueryBlockingCallback, 4)
    BODY(QuerySocketHandleContext, 3)
    BODY(QueueApc, 4)
    BODY(ResetEvent, 2)
    BODY(SetEvent, 2)
    BODY(OpenCurrentThread, 2)
    BODY(CloseThread, 2)
    BODY(CompleteOverlappedRequest, 5)
    stack_bodies[16] = (void *)enum_protocols;
    stack_expected[16] = POPS(4);
}

#define FILL(slot, member, function, pointer) table.member = (pointer)stack_entries[WPU_NUMBER_##function];

static WSPUPCALLTABLE full_table(void)
{
    WSPUPCALLTABLE table;
    WPU_EACH_WSPUPCALLTABLE(FILL)
    return table;
}

/* Replaces a function that a library imports by one of this program. */
static int redirect(HMODULE module, const char *name, void *function)
{
    char *base = (char *)module;
    IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_DATA_DIRECTORY *found = &headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    IMAGE_IMPORT_DESCRIPTOR *library = (IMAGE_IMPORT_DESCRIPTOR *)(base + found->VirtualAddress);
    for (; found->Size && library->Name; library++) {
        IMAGE_THUNK_DATA *names = (IMAGE_THUNK_DATA *)(base + library->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slots = (IMAGE_THUNK_DATA *)(base + library->FirstThunk);
        for (; names->u1.AddressOfData; names++, slots++) {
            DWORD old;
            if (IMAGE_SNAP_BY_ORDINAL(names->u1.Ordinal))
                continue;
            if (strcmp((char *)((IMAGE_IMPORT_BY_NAME *)(base + names->u1.AddressOfData))->Name, name))
                continue;
            VirtualProtect(&slots->u1.Function, sizeof(void *), PAGE_READWRITE, &old);
            slots->u1.Function = (uintptr_t)function;
            return 1;
        }
    }
    return 0;
}

#endif
