/* A minimal base provider: every byte is sent and received immediately. */
#include "winsock.h"

static UPCALLS upcalls;
static uint32_t entry;

static SOCKET make(int family, int kind, int protocol, const INFO *info, uint32_t group, uint32_t flags, int *error) {
    return ((SOCKET (*)(uint32_t, uintptr_t, int *))upcalls.slot[CREATE_SOCKET_HANDLE])(entry, 1, error);
}

static int send_all(SOCKET s, WSABUF *buffers, uint32_t count, uint32_t *sent, uint32_t flags, void *overlapped,
                    void *routine, void *thread, int *error) {
    uint32_t total = 0;
    for (uint32_t at = 0; at < count; at++) total += buffers[at].len;
    *sent = total;
    return 0;
}

static int receive_all(SOCKET s, WSABUF *buffers, uint32_t count, uint32_t *received, uint32_t *flags, void *overlapped,
                       void *routine, void *thread, int *error) {
    return send_all(s, buffers, count, received, 0, overlapped, routine, thread, error);
}

static int refuse(void) { return -1; }
static int release(SOCKET s, int *error) { return 0; }
static int clean_up(int *error) { return 0; }

int WSPStartup(uint16_t version, DATA *data, const INFO *info, UPCALLS table, PROCS *procs) {
    upcalls = table;
    entry = info->words[ENTRY_ID];
    data->version = data->high = 0x0202;
    for (int at = 0; at < 30; at++) procs->slot[at] = (void *)refuse;
    procs->slot[SOCKET_CALL] = (void *)make;
    procs->slot[CLOSE_SOCKET] = (void *)release;
    procs->slot[SEND] = (void *)send_all;
    procs->slot[RECV] = (void *)receive_all;
    procs->slot[CLEANUP] = (void *)clean_up;
    return 0;
}
