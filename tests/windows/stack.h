/* Calls in both directions with checks of the stack pointer.
 *
 * `stack_call` calls a function with a list of machine words and returns by how many bytes it moved the stack pointer.
 * On 32-bit machines the callee removes its arguments; on 64-bit machines the stack pointer does not change.
 *
 * `STACK_ENTRY(n)` is the function in slot n of a provider's table: on 32-bit machines it records the stack pointer,
 * calls the function itself, and checks the stack pointer when that returns. */

#ifndef STACK_H
#define STACK_H

#include <stdint.h>
#include <windows.h>

#define STACK_ENTRIES 17

uintptr_t stack_call(void *function, const uintptr_t *words, uintptr_t count, intptr_t *moved);

/* The functions that the entries call, and by how many bytes each must move the stack pointer. */
static void *stack_bodies[STACK_ENTRIES];
static intptr_t stack_expected[STACK_ENTRIES];
static volatile LONG stack_entered, stack_wrong;

#ifdef __i386__

__asm__(".text\n"
        ".globl _stack_call\n"
        "_stack_call:\n"
        "    pushl %ebp\n    movl %esp, %ebp\n    pushl %esi\n    pushl %edi\n    pushl %ebx\n"
        "    movl 16(%ebp), %ecx\n    movl 12(%ebp), %esi\n"
        "    leal (,%ecx,4), %eax\n    subl %eax, %esp\n    movl %esp, %edi\n    cld\n    rep movsl\n"
        "    movl %esp, %ebx\n"
        "    call *8(%ebp)\n"
        "    movl %esp, %ecx\n    subl %ebx, %ecx\n    movl 20(%ebp), %edx\n    movl %ecx, (%edx)\n"
        "    leal -12(%ebp), %esp\n    popl %ebx\n    popl %edi\n    popl %esi\n    popl %ebp\n    ret\n");

/* For each running upcall of a thread: its return address, and the stack pointer before it. */
struct stack_frame {
    void *back;
    uintptr_t at;
    int entry;
};
static __thread struct stack_frame stack_frames[16];
static __thread int stack_depth;
void stack_back(void);

/* Called when a provider makes an upcall: `top` is the location of the return address. */
void *__cdecl stack_enter(int entry, uintptr_t *top)
{
    struct stack_frame *frame = &stack_frames[stack_depth++ & 15];
    InterlockedIncrement(&stack_entered);
    frame->back = (void *)*top;
    frame->at = (uintptr_t)(top + 1);
    frame->entry = entry;
    *top = (uintptr_t)stack_back;
    return stack_bodies[entry];
}

/* Called when the function has returned, with the stack pointer after it. */
void *__cdecl stack_leave(uintptr_t now)
{
    struct stack_frame *frame = &stack_frames[--stack_depth & 15];
    if ((intptr_t)(now - frame->at) != stack_expected[frame->entry])
        InterlockedIncrement(&stack_wrong);
    return frame->back;
}

__asm__(".text\n"
        "stack_common:\n"
        "    leal 4(%esp), %eax\n    pushl %eax\n    pushl 4(%esp)\n    call _stack_enter\n"
        "    addl $12, %esp\n    jmp *%eax\n"
        ".globl _stack_back\n"
        "_stack_back:\n"
        "    pushl %eax\n    pushl %edx\n    leal 8(%esp), %ecx\n    pushl %ecx\n    call _stack_leave\n"
        "    addl $4, %esp\n    movl %eax, %ecx\n    popl %edx\n    popl %eax\n    jmp *%ecx\n");

#define STACK_ENTRY(n)                                                                                      \
    void stack_entry_##n(void);                                                                             \
    __asm__(".text\n.globl _stack_entry_" #n "\n_stack_entry_" #n ":\n    pushl $" #n "\n    jmp stack_common\n");

#else

__asm__(".text\n"
        ".globl stack_call\n"
        "stack_call:\n"
        "    pushq %rbp\n    movq %rsp, %rbp\n    pushq %rbx\n    pushq %rsi\n    pushq %rdi\n    pushq %r12\n"
        "    movq %rcx, %rax\n    movq %rdx, %rsi\n    movq %r8, %rcx\n    movq %r9, %r12\n"
        "    subq $192, %rsp\n    movq %rsp, %rdi\n    cld\n    rep movsq\n"
        "    movq %rsp, %rbx\n"
        "    movq (%rsp), %rcx\n    movq 8(%rsp), %rdx\n    movq 16(%rsp), %r8\n    movq 24(%rsp), %r9\n"
        "    call *%rax\n"
        "    movq %rsp, %rcx\n    subq %rbx, %rcx\n    movq %rcx, (%r12)\n"
        "    leaq -32(%rbp), %rsp\n    popq %r12\n    popq %rdi\n    popq %rsi\n    popq %rbx\n    popq %rbp\n    ret\n");

/* Here an entry checks whether the stack has the alignment of the platform. */
void *stack_enter(int entry, uintptr_t top)
{
    InterlockedIncrement(&stack_entered);
    if (top % 16 != 8)
        InterlockedIncrement(&stack_wrong);
    return stack_bodies[entry];
}

__asm__(".text\n"
        "stack_common:\n"
        "    leaq 8(%rsp), %rax\n"
        "    pushq %rcx\n    pushq %rdx\n    pushq %r8\n    pushq %r9\n"
        "    movq 32(%rsp), %rcx\n    movq %rax, %rdx\n"
        "    movq %rsp, %rax\n    subq $48, %rsp\n    andq $-16, %rsp\n    movq %rax, 32(%rsp)\n"
        "    call stack_enter\n"
        "    movq 32(%rsp), %rsp\n"
        "    popq %r9\n    popq %r8\n    popq %rdx\n    popq %rcx\n    addq $8, %rsp\n    jmp *%rax\n");

#define STACK_ENTRY(n)                                                                                      \
    void stack_entry_##n(void);                                                                             \
    __asm__(".text\n.globl stack_entry_" #n "\nstack_entry_" #n ":\n    pushq $" #n "\n    jmp stack_common\n");

#endif

STACK_ENTRY(0)
STACK_ENTRY(1)
STACK_ENTRY(2)
STACK_ENTRY(3)
STACK_ENTRY(4)
STACK_ENTRY(5)
STACK_ENTRY(6)
STACK_ENTRY(7)
STACK_ENTRY(8)
STACK_ENTRY(9)
STACK_ENTRY(10)
STACK_ENTRY(11)
STACK_ENTRY(12)
STACK_ENTRY(13)
STACK_ENTRY(14)
STACK_ENTRY(15)
STACK_ENTRY(16)

static void *const stack_entries[STACK_ENTRIES] = {
    stack_entry_0,  stack_entry_1,  stack_entry_2,  stack_entry_3,  stack_entry_4,  stack_entry_5,
    stack_entry_6,  stack_entry_7,  stack_entry_8,  stack_entry_9,  stack_entry_10, stack_entry_11,
    stack_entry_12, stack_entry_13, stack_entry_14, stack_entry_15, stack_entry_16,
};

#endif
