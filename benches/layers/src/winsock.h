/* The few types that the C side of this benchmark needs, with the layout of 64-bit Windows. */
#include <stdint.h>

typedef uintptr_t SOCKET;
typedef struct { uint32_t len; char *buf; } WSABUF;
typedef struct { void *slot[15]; } UPCALLS;
typedef struct { void *slot[30]; } PROCS;
typedef struct { uint16_t version, high, description[256]; } DATA;
typedef struct { uint32_t words[157]; } INFO;

enum { ENTRY_ID = 9, PROVIDER_ID = 5, CHAIN_ENTRIES = 11 };
enum { CREATE_SOCKET_HANDLE = 3, GET_PROVIDER_PATH = 5, MODIFY_IFS_HANDLE = 6 };
enum { CLEANUP = 5, CLOSE_SOCKET = 6, RECV = 19, SEND = 23, SOCKET_CALL = 28 };

typedef SOCKET socket_fn(int, int, int, const INFO *, uint32_t, uint32_t, int *);
typedef int close_fn(SOCKET, int *);
typedef int cleanup_fn(int *);
typedef int send_fn(SOCKET, WSABUF *, uint32_t, uint32_t *, uint32_t, void *, void *, void *, int *);
typedef int recv_fn(SOCKET, WSABUF *, uint32_t, uint32_t *, uint32_t *, void *, void *, void *, int *);
typedef int startup_fn(uint16_t, DATA *, const INFO *, UPCALLS, PROCS *);
