/* A host in C, compiled with the headers of Windows, for providers in any language.
 *
 *   host <provider.dll> [--ifs] [--sockets] [--ex] [--talk] [--layer <id> --below <dll>] [upcall ...]
 *
 * It starts the provider with its own table, calls every function of the returned table with valid and with hostile
 * arguments, counts the upcalls, and checks the stack pointer around every call in both directions. The provider must
 * have made the upcalls named at the end. The exit code is the number of faults. */

#include <stddef.h>
#include <winsock2.h>
#include <windows.h>
#include <ws2spi.h>
#if __has_include(<ws2san.h>)
#include <ws2san.h>
#else
#include <ddk/ws2san.h>
#endif

#include "upcalls.h"

static int faults, calls;

static int expect(int holds, const char *what)
{
    if (!holds) {
        printf("  FAULT: %s\n", what);
        faults++;
    }
    return holds;
}

/* The number of argument words of each function of a provider; the last is always the error location. */
static const int words_of[WPU_DOWNCALLS] = {6, 6, 5, 4, 1, 1, 2, 8, 4, 4, 4, 6, 4, 4, 6,
                                            4, 11, 9, 3, 9, 3, 11, 6, 9, 3, 11, 6, 3, 7, 6};

/* Calls a function, and checks the stack pointer. */
static uintptr_t call(const char *name, void *function, const uintptr_t *words, int count)
{
    intptr_t moved = 0;
    uintptr_t result = stack_call(function, words, count, &moved);
    char text[120];
    calls++;
    snprintf(text, sizeof text, "%s moves the stack pointer by %ld bytes, not by %ld", name, (long)moved, (long)POPS(count));
    expect(moved == POPS(count), text);
    return result;
}

static void *functions[WPU_DOWNCALLS];

/* Calls a function of the provider. */
static uintptr_t down(int slot, const uintptr_t *words)
{
    return call(wpu_downcalls[slot].name, functions[slot], words, words_of[slot]);
}

#define DOWN(name, ...) down(WPU_SLOT_WSPPROC_TABLE_##name, (const uintptr_t[]){__VA_ARGS__})
#define P(pointer) ((uintptr_t)(pointer))

static WSPDATA data;
static WSPPROC_TABLE procs;
static WSAPROTOCOL_INFOW entry;

/* Calls WSPStartup with the table by value: as words on 32-bit machines, and by hidden address on others. */
static int start(void *startup, WORD version, WSPDATA *to, WSAPROTOCOL_INFOW *info, WSPUPCALLTABLE table, WSPPROC_TABLE *out)
{
    uintptr_t words[20];
    int count = 0;
    words[count++] = version;
    words[count++] = P(to);
    words[count++] = P(info);
#ifdef __i386__
    memcpy(words + count, &table, sizeof table);
    count += sizeof table / sizeof *words;
#else
    words[count++] = P(&table);
#endif
    words[count++] = P(out);
    return (int)call("WSPStartup", startup, words, count);
}

static int start_ex(void *startup, WSPUPCALLTABLEEX *table)
{
    const uintptr_t words[] = {0x0202, P(&data), P(&entry), P(table), P(&procs)};
    return (int)call("WSPStartupEx", startup, words, 5);
}

#define TAKE(slot, member, function, pointer)                                                               \
    functions[slot] = (void *)procs.member;                                                                 \
    expect(procs.member != NULL, #function " is null");

static int good_start(void *startup)
{
    int result;
    memset(&procs, 0, sizeof procs);
    memset(&data, 0xAA, sizeof data);
    result = start(startup, 0x0202, &data, &entry, full_table(), &procs);
    if (!expect(result == 0, "WSPStartup fails")) {
        printf("  WSPStartup: %d\n", result);
        return 0;
    }
    WPU_EACH_WSPPROC_TABLE(TAKE)
    expect(data.wVersion == 0x0202 && data.wHighVersion == 0x0202, "the versions in WSPDATA");
    expect(wcsnlen(data.szDescription, 256) < 256, "the description has no end");
    return 1;
}

static int clean_up(void)
{
    int error = 0;
    int result = (int)DOWN(WSPCleanup, P(&error));
    if (result)
        printf("  WSPCleanup: %d\n", error);
    return result == 0;
}

#define NULL_SLOT(slot, member, function, pointer)                                                          \
    {                                                                                                       \
        WSPUPCALLTABLE holed = full_table();                                                                \
        int result;                                                                                         \
        holed.member = NULL;                                                                                \
        result = start(startup, 0x0202, &data, &entry, holed, &procs);                                      \
        if (result == 0) {                                                                                  \
            WPU_EACH_WSPPROC_TABLE(TAKE)                                                                    \
            expect(clean_up(), "WSPCleanup fails");                                                         \
            without++;                                                                                      \
        } else {                                                                                            \
            expect(result == WSAEPROVIDERFAILEDINIT || result == WSAEINVALIDPROCTABLE || result == WSASYSNOTREADY, \
                   "a null " #function " is refused with another error");                                   \
            refused++;                                                                                      \
        }                                                                                                   \
    }

/* Tables with null slots, null pointers, and a version that does not exist. */
static void hostile_starts(void *startup)
{
    static const WSPUPCALLTABLE nothing;
    int refused = 0, without = 0;
    WPU_EACH_WSPUPCALLTABLE(NULL_SLOT)
    printf("  one slot null: %d refused, %d not needed\n", refused, without);
    expect(start(startup, 0x0202, &data, &entry, nothing, &procs) != 0, "an empty table is taken");
    expect(start(startup, 0x0202, NULL, &entry, full_table(), &procs) != 0, "no WSPDATA is taken");
    expect(start(startup, 0x0202, &data, NULL, full_table(), &procs) != 0, "no entry is taken");
    expect(start(startup, 0x0202, &data, &entry, full_table(), NULL) != 0, "no table to fill is taken");
    expect(start(startup, 0x0001, &data, &entry, full_table(), &procs) == WSAVERNOTSUPPORTED, "version 1.0 is taken");
}

/* A call that may succeed. A socket that it opens is closed again; the result is then 0. */
static uintptr_t answer(int slot, const uintptr_t *words)
{
    int error = 0;
    uintptr_t result = down(slot, words);
    if (slot != WPU_SLOT_WSPPROC_TABLE_WSPSocket || result == INVALID_SOCKET)
        return result;
    return expect(DOWN(WSPCloseSocket, result, P(&error)) == 0, "WSPSocket opens what is no socket") ? 0 : 2;
}

/* Calls every function of the table with arguments that no correct client passes. */
static void hostile_calls(void)
{
    static const uintptr_t values[] = {0, 1, (uintptr_t)-1};
    int slot, at, failed = 0, taken = 0;
    size_t value;
    for (slot = 0; slot < WPU_DOWNCALLS; slot++) {
        if (slot == WPU_SLOT_WSPPROC_TABLE_WSPCleanup)
            continue;
        for (value = 0; value < sizeof values / sizeof *values; value++) {
            uintptr_t words[12];
            int error = 0, last = words_of[slot] - 1;
            int32_t result;
            /* A single 1 or -1 would be an invalid pointer; only the first argument, a handle, may have such a value. */
            for (at = 0; at < last; at++)
                words[at] = at == 0 ? values[value] : 0;
            words[last] = P(&error);
            result = (int32_t)answer(slot, words);
            if (error)
                failed++;
            else if (result == 0 || result == 1)
                taken++;
            else
                expect(0, wpu_downcalls[slot].name);
            /* Without an error location. */
            words[last] = 0;
            answer(slot, words);
        }
    }
    printf("  hostile calls: %d refused with an error, %d answered\n", failed, taken);
}

static SOCKET new_socket(DWORD flags)
{
    int error = 0;
    SOCKET s = (SOCKET)DOWN(WSPSocket, AF_INET, SOCK_STREAM, 0, P(&entry), 0, flags, P(&error));
    if (!expect(s != INVALID_SOCKET, "WSPSocket fails"))
        printf("  WSPSocket: %d\n", error);
    return s;
}

static int works(const char *name, uintptr_t result, int error)
{
    char text[80];
    snprintf(text, sizeof text, "%s fails with %d", name, error);
    return expect((int)result == 0, text);
}

/* A connection within the process: bytes in both directions, blocking and overlapped. */
static void socket_calls(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address, error = 0;
    DWORD moved = 0, flags = 0;
    char sent[] = "over there", got[32] = {0};
    WSABUF out = {sizeof sent, sent}, in = {sizeof got, got};
    WSAOVERLAPPED request = {0};
    WSATHREADID thread = {0};
    SOCKET listener = new_socket(0), client = new_socket(WSA_FLAG_OVERLAPPED), server;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    works("WSPBind", DOWN(WSPBind, listener, P(&address), sizeof address, P(&error)), error);
    works("WSPListen", DOWN(WSPListen, listener, 5, P(&error)), error);
    works("WSPGetSockName", DOWN(WSPGetSockName, listener, P(&address), P(&length), P(&error)), error);
    works("WSPConnect", DOWN(WSPConnect, client, P(&address), sizeof address, 0, 0, 0, 0, P(&error)), error);
    server = (SOCKET)DOWN(WSPAccept, listener, 0, 0, 0, 0, P(&error));
    expect(server != INVALID_SOCKET, "WSPAccept fails");
    works("WSPSend", DOWN(WSPSend, server, P(&out), 1, P(&moved), 0, 0, 0, 0, P(&error)), error);
    expect(moved == sizeof sent, "WSPSend sends less");
    works("WSPRecv", DOWN(WSPRecv, client, P(&in), 1, P(&moved), P(&flags), 0, 0, 0, P(&error)), error);
    expect(moved == sizeof sent && !strcmp(got, sent), "other bytes arrive than were sent");

    /* A receive before the send is pending, and its event is set when the bytes arrive. */
    memset(got, 0, sizeof got);
    request.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &thread.ThreadHandle, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    flags = 0;
    error = 0;
    expect((int)DOWN(WSPRecv, client, P(&in), 1, P(&moved), P(&flags), P(&request), 0, P(&thread), P(&error)) == SOCKET_ERROR &&
               error == WSA_IO_PENDING,
           "an overlapped WSPRecv is not pending");
    works("WSPSend", DOWN(WSPSend, server, P(&out), 1, P(&moved), 0, 0, 0, 0, P(&error)), error);
    expect(WaitForSingleObject(request.hEvent, 5000) == WAIT_OBJECT_0, "nobody tells of the overlapped WSPRecv");
    moved = 0;
    error = 0;
    if (!expect((int)DOWN(WSPGetOverlappedResult, client, P(&request), P(&moved), FALSE, P(&flags), P(&error)) == TRUE &&
                    moved == sizeof sent && !strcmp(got, sent),
                "the overlapped WSPRecv brings other bytes"))
        printf("  error %d, %lu bytes, \"%.32s\"\n", error, moved, got);

    CloseHandle(request.hEvent);
    CloseHandle(thread.ThreadHandle);
    works("WSPCloseSocket", DOWN(WSPCloseSocket, client, P(&error)), error);
    works("WSPCloseSocket", DOWN(WSPCloseSocket, server, P(&error)), error);
    works("WSPCloseSocket", DOWN(WSPCloseSocket, listener, P(&error)), error);
    expect((int)DOWN(WSPCloseSocket, client, P(&error)) == SOCKET_ERROR && error == WSAENOTSOCK, "a socket is closed twice");
}

/* The entries of a base, a layer, and the layer over the base; sockets are opened from the last one. */
static int add_layer(const char *text)
{
    unsigned parts[11];
    int at;
    if (sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", parts, parts + 1, parts + 2, parts + 3, parts + 4, parts + 5,
               parts + 6, parts + 7, parts + 8, parts + 9, parts + 10) != 11)
        return 0;
    catalog[0] = entry;
    /* The base providers below have sockets that are not file handles. */
    catalog[0].dwServiceFlags1 &= ~XP1_IFS_HANDLES;
    catalog[1] = entry;
    catalog[1].ProviderId.Data1 = parts[0];
    catalog[1].ProviderId.Data2 = (WORD)parts[1];
    catalog[1].ProviderId.Data3 = (WORD)parts[2];
    for (at = 0; at < 8; at++)
        catalog[1].ProviderId.Data4[at] = (BYTE)parts[3 + at];
    catalog[1].dwCatalogEntryId = 1002;
    catalog[1].dwProviderFlags = PFL_HIDDEN;
    catalog[1].ProtocolChain.ChainLen = LAYERED_PROTOCOL;
    catalog[2] = entry;
    catalog[2].ProviderId.Data1++;
    catalog[2].dwCatalogEntryId = 1003;
    catalog[2].ProtocolChain.ChainLen = 2;
    catalog[2].ProtocolChain.ChainEntries[0] = 1002;
    catalog[2].ProtocolChain.ChainEntries[1] = 1001;
    entries = 3;
    entry = catalog[2];
    return 1;
}

static HMODULE load(const char *path)
{
    HMODULE module = LoadLibraryA(path);
    if (!module) {
        printf("  FAULT: cannot load %s: %lu\n", path, GetLastError());
        exit(100);
    }
    redirect(module, "WPUCompleteOverlappedRequest", stack_entries[WPU_NUMBER_WPUCompleteOverlappedRequest]);
    redirect(module, "WSCEnumProtocols", stack_entries[16]);
    return module;
}

#define EX_FILL(slot, member, function, pointer) table.member = (pointer)stack_entries[slot];

int main(int count, char **args)
{
    int at, ifs = 0, with_sockets = 0, ex = 0, first = count, error = 0, leaks;
    const char *layer = NULL, *base = NULL;
    HMODULE module;
    void *startup, *startup_ex;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (count < 2)
        return 100;
    wcscpy(below, L"%SystemRoot%\\System32\\below.dll");
    for (at = 2; at < count; at++) {
        if (!strcmp(args[at], "--ifs"))
            ifs = 1;
        else if (!strcmp(args[at], "--sockets"))
            with_sockets = 1;
        else if (!strcmp(args[at], "--ex"))
            ex = 1;
        else if (!strcmp(args[at], "--talk"))
            talk = 1;
        else if (!strcmp(args[at], "--below"))
            MultiByteToWideChar(CP_UTF8, 0, base = args[++at], -1, below, MAX_PATH);
        else if (!strcmp(args[at], "--layer"))
            layer = args[++at];
        else {
            first = at;
            break;
        }
    }
    entry.dwServiceFlags1 = XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | (ifs ? XP1_IFS_HANDLES : 0);
    entry.ProviderId.Data1 = 0x77707501;
    entry.dwCatalogEntryId = 1001;
    entry.ProtocolChain.ChainLen = BASE_PROTOCOL;
    entry.iVersion = 2;
    entry.iAddressFamily = AF_INET;
    entry.iMaxSockAddr = entry.iMinSockAddr = 16;
    entry.iSocketType = SOCK_STREAM;
    entry.iProtocol = IPPROTO_TCP;
    prepare();
    if (layer && !add_layer(layer))
        return 100;

    /* The layer loads it again and gets the same module, whose imports are already replaced. */
    if (base)
        load(base);
    module = load(args[1]);
    startup = (void *)GetProcAddress(module, "WSPStartup");
    startup_ex = (void *)GetProcAddress(module, "WSPStartupEx");
    if (!expect(startup != NULL, "WSPStartup is not exported"))
        return faults;
    expect(!ex == !startup_ex, "WSPStartupEx is exported, or is not");

    hostile_starts(startup);
    if (good_start(startup)) {
        hostile_calls();
        if (with_sockets)
            socket_calls();
        /* A second start-up, which needs a second clean-up. */
        expect(good_start(startup) && clean_up(), "a second start and its clean-up");
        SleepEx(0, TRUE);
        expect(clean_up(), "WSPCleanup fails");
        expect((int)DOWN(WSPListen, 4, 5, P(&error)) == SOCKET_ERROR && error == WSANOTINITIALISED,
               "a call after the last clean-up is answered");
        expect((int)DOWN(WSPCleanup, P(&error)) == SOCKET_ERROR && error == WSANOTINITIALISED,
               "a clean-up too many is answered");
        error = 0;
    }
    if (startup_ex) {
        WSPUPCALLTABLEEX table;
        WPU_EACH_WSPUPCALLTABLEEX(EX_FILL)
        expect(start_ex(startup_ex, &table) == 0, "WSPStartupEx fails");
        WPU_EACH_WSPPROC_TABLE(TAKE)
        hostile_calls();
        expect(clean_up(), "WSPCleanup fails");
        expect(start_ex(startup_ex, NULL) != 0, "no table is taken");
    }

    /* Unloaded and loaded again. */
    expect(FreeLibrary(module), "FreeLibrary fails");
    module = load(args[1]);
    startup = (void *)GetProcAddress(module, "WSPStartup");
    expect(startup && good_start(startup) && clean_up(), "the library does not work again");
    expect(FreeLibrary(module), "FreeLibrary fails");

    for (leaks = at = 0; at < SOCKETS; at++)
        leaks += sockets[at].used != 0;
    expect(leaks == 0, "socket handles are left open");
    expect(events == 0, "events are left open");
    expect(threads == 0, "threads are left open");
    expect(stack_wrong == 0, "an upcall left the stack pointer elsewhere");
    for (at = first; at < count; at++) {
        int number = 0;
        while (number < WPU_UPCALLS && strcmp(wpu_upcalls[number].name, args[at]))
            number++;
        expect(number < WPU_UPCALLS && upcalls[number] > 0, args[at]);
    }
    printf("  calls made: %d, the stack pointer looked at around each; WSPStartup moves it by %ld\n", calls,
           (long)POPS(sizeof(WSPUPCALLTABLE) / sizeof(void *) + 4));
    if (ex)
        printf("  WSPStartupEx moves it by %ld\n", (long)POPS(5));
    printf("  upcalls received: %ld, the stack pointer looked at in each, wrong in %ld; with the arguments of the first:\n",
           stack_entered, stack_wrong);
    for (at = 0; at < WPU_UPCALLS; at++)
        if (upcalls[at])
            printf("    %ld %s(%s)\n", upcalls[at], wpu_upcalls[at].name, first_arguments[at]);
    printf("  faults: %d\n", faults);
    return faults;
}
