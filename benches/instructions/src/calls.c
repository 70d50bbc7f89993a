/* Every upcall as a careful C provider makes it: through a global table, with every out value
   initialised before the call and read only after success. Each returns 0 or the error code. */

#include <stdbool.h>
#include <stdint.h>

typedef void *HANDLE;
typedef uintptr_t SOCKET;
typedef struct { HANDLE ThreadHandle; uintptr_t Reserved; } WSATHREADID;
typedef int (*LPBLOCKINGCALLBACK)(uintptr_t);
typedef void (*LPWSAUSERAPC)(uintptr_t);

#define SOCKET_ERROR (-1)
#define INVALID_SOCKET ((SOCKET)-1)

static struct {
    int (*lpWPUCloseEvent)(HANDLE, int *);
    int (*lpWPUCloseSocketHandle)(SOCKET, int *);
    HANDLE (*lpWPUCreateEvent)(int *);
    SOCKET (*lpWPUCreateSocketHandle)(uint32_t, uintptr_t, int *);
    int (*lpWPUFDIsSet)(SOCKET, const void *);
    int (*lpWPUGetProviderPath)(const void *, uint16_t *, int *, int *);
    SOCKET (*lpWPUModifyIFSHandle)(uint32_t, SOCKET, int *);
    int (*lpWPUPostMessage)(HANDLE, uint32_t, uintptr_t, intptr_t);
    int (*lpWPUQueryBlockingCallback)(uint32_t, LPBLOCKINGCALLBACK *, uintptr_t *, int *);
    int (*lpWPUQuerySocketHandleContext)(SOCKET, uintptr_t *, int *);
    int (*lpWPUQueueApc)(const WSATHREADID *, LPWSAUSERAPC, uintptr_t, int *);
    int (*lpWPUResetEvent)(HANDLE, int *);
    int (*lpWPUSetEvent)(HANDLE, int *);
    int (*lpWPUOpenCurrentThread)(WSATHREADID *, int *);
    int (*lpWPUCloseThread)(const WSATHREADID *, int *);
    int (*lpWPUCompleteOverlappedRequest)(SOCKET, void *, uint32_t, uint32_t, int *);
} upcalls;

void c_start(const void *table) { __builtin_memcpy(&upcalls, table, sizeof upcalls); }

int c_close_event(HANDLE event) {
    int error = 0;
    if (!upcalls.lpWPUCloseEvent(event, &error)) return error;
    return 0;
}

int c_close_socket_handle(SOCKET socket) {
    int error = 0;
    if (upcalls.lpWPUCloseSocketHandle(socket, &error) == SOCKET_ERROR) return error;
    return 0;
}

int c_create_event(HANDLE *out) {
    int error = 0;
    HANDLE event = upcalls.lpWPUCreateEvent(&error);
    if (!event) return error;
    *out = event;
    return 0;
}

int c_create_socket_handle(uint32_t entry, uintptr_t context, SOCKET *out) {
    int error = 0;
    SOCKET socket = upcalls.lpWPUCreateSocketHandle(entry, context, &error);
    if (socket == INVALID_SOCKET) return error;
    *out = socket;
    return 0;
}

bool c_fd_is_set(SOCKET socket, const void *set) {
    return upcalls.lpWPUFDIsSet(socket, set) != 0;
}

int c_get_provider_path(const void *id, uint16_t *path, int length) {
    int error = 0;
    if (upcalls.lpWPUGetProviderPath(id, path, &length, &error) == SOCKET_ERROR) return error;
    return 0;
}

int c_modify_ifs_handle(uint32_t entry, SOCKET proposed, SOCKET *out) {
    int error = 0;
    SOCKET socket = upcalls.lpWPUModifyIFSHandle(entry, proposed, &error);
    if (socket == INVALID_SOCKET) return error;
    *out = socket;
    return 0;
}

bool c_post_message(HANDLE window, uint32_t message, uintptr_t wparam, intptr_t lparam) {
    return upcalls.lpWPUPostMessage(window, message, wparam, lparam) != 0;
}

int c_query_blocking_callback(uint32_t entry, LPBLOCKINGCALLBACK *hook_out, uintptr_t *context_out) {
    LPBLOCKINGCALLBACK hook = 0;
    uintptr_t context = 0;
    int error = 0;
    if (upcalls.lpWPUQueryBlockingCallback(entry, &hook, &context, &error) == SOCKET_ERROR) return error;
    *hook_out = hook;
    *context_out = context;
    return 0;
}

int c_query_socket_handle_context(SOCKET socket, uintptr_t *out) {
    uintptr_t context = 0;
    int error = 0;
    if (upcalls.lpWPUQuerySocketHandleContext(socket, &context, &error) == SOCKET_ERROR) return error;
    *out = context;
    return 0;
}

int c_queue_apc(const WSATHREADID *thread, LPWSAUSERAPC routine, uintptr_t context) {
    int error = 0;
    if (upcalls.lpWPUQueueApc(thread, routine, context, &error) == SOCKET_ERROR) return error;
    return 0;
}

int c_reset_event(HANDLE event) {
    int error = 0;
    if (!upcalls.lpWPUResetEvent(event, &error)) return error;
    return 0;
}

int c_set_event(HANDLE event) {
    int error = 0;
    if (!upcalls.lpWPUSetEvent(event, &error)) return error;
    return 0;
}

int c_open_current_thread(WSATHREADID *out) {
    WSATHREADID thread = {0};
    int error = 0;
    if (upcalls.lpWPUOpenCurrentThread(&thread, &error) == SOCKET_ERROR) return error;
    *out = thread;
    return 0;
}

int c_close_thread(const WSATHREADID *thread) {
    int error = 0;
    if (upcalls.lpWPUCloseThread(thread, &error) == SOCKET_ERROR) return error;
    return 0;
}

int c_complete_overlapped_request(SOCKET socket, void *overlapped, uint32_t status, uint32_t transferred) {
    int error = 0;
    if (upcalls.lpWPUCompleteOverlappedRequest(socket, overlapped, status, transferred, &error) == SOCKET_ERROR) return error;
    return 0;
}
