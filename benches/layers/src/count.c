/* A layer that counts bytes, in the style of Microsoft's sample: it looks up each socket under a lock, holds it
   during the call, and forwards. With THIN it makes no lookup, as layers that patch the table do. */
#include "winsock.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

int WSCEnumProtocols(const int *protocols, INFO *entries, uint32_t *length, int *error);

typedef struct context {
    struct context *next;
    SOCKET upper, lower;
    const PROCS *provider;
    int references;
    atomic_ulong sent, received;
} CONTEXT;

enum { BUCKETS = 64 };
static struct { pthread_mutex_t lock; CONTEXT *first; } map[BUCKETS];
static UPCALLS upcalls;
static PROCS below;
static uint32_t entry;
static INFO below_info;
#ifdef THIN
static CONTEXT only;
#endif

static CONTEXT *hold(SOCKET s, int *error) {
#ifdef THIN
    return &only;
#else
    unsigned at = (s >> 2) % BUCKETS;
    pthread_mutex_lock(&map[at].lock);
    CONTEXT *found = map[at].first;
    while (found && found->upper != s) found = found->next;
    if (found) found->references++;
    else *error = 10038;
    pthread_mutex_unlock(&map[at].lock);
    return found;
#endif
}

static void release(CONTEXT *context) {
#ifndef THIN
    unsigned at = (context->upper >> 2) % BUCKETS;
    pthread_mutex_lock(&map[at].lock);
    context->references--;
    pthread_mutex_unlock(&map[at].lock);
#endif
}

static int count_send(SOCKET s, WSABUF *buffers, uint32_t count, uint32_t *sent, uint32_t flags, void *overlapped,
                      void *routine, void *thread, int *error) {
    CONTEXT *context = hold(s, error);
    if (!context) return -1;
    int answer = ((send_fn *)below.slot[SEND])(s, buffers, count, sent, flags, overlapped, routine, thread, error);
    if (answer == 0 && sent) atomic_fetch_add(&context->sent, *sent);
    release(context);
    return answer;
}

static int count_receive(SOCKET s, WSABUF *buffers, uint32_t count, uint32_t *received, uint32_t *flags,
                         void *overlapped, void *routine, void *thread, int *error) {
    CONTEXT *context = hold(s, error);
    if (!context) return -1;
    int answer = ((recv_fn *)below.slot[RECV])(s, buffers, count, received, flags, overlapped, routine, thread, error);
    if (answer == 0 && received) atomic_fetch_add(&context->received, *received);
    release(context);
    return answer;
}

static SOCKET make(int family, int kind, int protocol, const INFO *info, uint32_t group, uint32_t flags, int *error) {
    SOCKET lower = ((socket_fn *)below.slot[SOCKET_CALL])(family, kind, protocol, &below_info, group, flags, error);
    if (lower == ~(SOCKET)0) return lower;
    SOCKET upper = ((SOCKET (*)(uint32_t, SOCKET, int *))upcalls.slot[MODIFY_IFS_HANDLE])(entry, lower, error);
    CONTEXT *context = calloc(1, sizeof *context);
    context->upper = upper;
    context->lower = lower;
    unsigned at = (upper >> 2) % BUCKETS;
    pthread_mutex_lock(&map[at].lock);
    context->next = map[at].first;
    map[at].first = context;
    pthread_mutex_unlock(&map[at].lock);
    return upper;
}

int WSPStartup(uint16_t version, DATA *data, const INFO *info, UPCALLS table, PROCS *procs) {
    static INFO entries[16];
    uint32_t length = sizeof entries;
    int error = 0, found = WSCEnumProtocols(NULL, entries, &length, &error), path_length = 260;
    uint16_t path[260];
    char narrow[260];
    upcalls = table;
    entry = info->words[ENTRY_ID];
    for (int at = 0; at < found; at++)
        if (entries[at].words[ENTRY_ID] == info->words[CHAIN_ENTRIES + 1]) below_info = entries[at];
    if (((int (*)(void *, uint16_t *, int *, int *))table.slot[GET_PROVIDER_PATH])(&below_info.words[PROVIDER_ID], path, &path_length, &error))
        return 10091;
    for (int at = 0; at < 260; at++) narrow[at] = (char)path[at];
    void *library = dlopen(narrow, RTLD_NOW | RTLD_LOCAL);
    startup_fn *start = library ? (startup_fn *)dlsym(library, "WSPStartup") : NULL;
    if (!start) return 10091;
    for (int at = 0; at < BUCKETS; at++) pthread_mutex_init(&map[at].lock, NULL);
    int answer = start(version, data, &below_info, table, &below);
    *procs = below;
    procs->slot[SOCKET_CALL] = (void *)make;
    procs->slot[SEND] = (void *)count_send;
    procs->slot[RECV] = (void *)count_receive;
    return answer;
}
