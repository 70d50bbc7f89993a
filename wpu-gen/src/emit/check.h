#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

/* How the spec says that functions are called; only 32-bit machines have several ways. */
#if (defined(_M_IX86) || defined(__i386__)) && (defined(_WIN32) || defined(_MSC_VER))
#define CHECK_CALL CONVENTION
#else
#define CHECK_CALL
#endif

#define CHECK(condition, text) _Static_assert(condition, text)

/* What holds where pointers have 32 bits, and where they have 64. */
#define CHECK_BY_WIDTH(narrow, wide) (sizeof(void *) == 4 ? (size_t)(narrow) : (size_t)(wide))

/* Whether two types are one. */
#if defined(__GNUC__) || defined(__clang__)
#define CHECK_SAME(a, b) __builtin_types_compatible_p(a, b)
#else
#define CHECK_SAME(a, b) _Generic((a *)0, b *: 1, default: 0)
#endif

#define CHECK_SIZE(type, narrow, wide)                                                                      \
    CHECK(sizeof(type) == CHECK_BY_WIDTH(narrow, wide),                                                     \
          "size of " #type ": the spec says " #narrow " bytes on 32-bit and " #wide " on 64-bit machines")

#define CHECK_ALIGNMENT(type, narrow, wide)                                                                 \
    CHECK(_Alignof(type) == CHECK_BY_WIDTH(narrow, wide),                                                   \
          "alignment of " #type ": the spec says " #narrow " on 32-bit and " #wide " on 64-bit machines")

#define CHECK_MEMBER(type, member, narrow, wide, spec, text)                                                \
    CHECK(offsetof(type, member) == CHECK_BY_WIDTH(narrow, wide),                                           \
          "offset of " #type "." #member ": the spec says " #narrow " on 32-bit and " #wide                 \
          " on 64-bit machines");                                                                           \
    CHECK(_Generic(&((type *)0)->member, spec *: 1, default: 0),                                            \
          "type of " #type "." #member ": the spec says " text)

#define CHECK_TYPE(type, spec, text) CHECK(CHECK_SAME(type, spec), #type ": the spec says " text)

#define CHECK_FUNCTION(function, spec, text)                                                                \
    CHECK(_Generic(&(function), spec: 1, default: 0), #function ": the spec says " text)

#define CHECK_SIGNED(type) CHECK((type)-1 < (type)0, #type ": the spec says that it has a sign")
#define CHECK_UNSIGNED(type) CHECK((type)-1 > (type)0, #type ": the spec says that it has no sign")

#define CHECK_VALUE(name, type, value) CHECK((type)(name) == (type)(value), #name ": the spec says " #value)
#define CHECK_ERROR(name, value) CHECK((name) == (value), #name ": the spec says " #value)

/* A text of a header, which is a literal. What stands in one, these compilers say while they compile. */
#if defined(__GNUC__) || defined(__clang__)
#define CHECK_LITERAL(name, value, text)                                                                    \
    CHECK(sizeof(name) == sizeof(value) && !__builtin_memcmp(name, value, sizeof(value)), text)
#else
#define CHECK_LITERAL(name, value, text) CHECK(sizeof(name) == sizeof(value), text)
#endif
#ifdef _WIN32
#define CHECK_WIDE(text) L##text
#else
#define CHECK_WIDE(text) u##text
#endif
#define CHECK_TEXT(name, value) CHECK_LITERAL(name, value, #name ": the spec says " #value)
#define CHECK_WIDE_TEXT(name, value) CHECK_LITERAL(name, CHECK_WIDE(value), #name ": the spec says " #value)

/* What a pointer is, only this compiler says of itself while it compiles. */
#if defined(__GNUC__) && !defined(__clang__)
#define CHECK_NULL(name, type)                                                                              \
    CHECK(!(name), #name ": the spec says null");                                                           \
    CHECK(_Generic((name), type: 1, default: 0), #name ": the spec says " #type)
#else
#define CHECK_NULL(name, type) CHECK(_Generic((name), type: 1, default: 0), #name ": the spec says " #type)
#endif

/* An object of a header, which is what initializes one. What is in it, these compilers say when they optimize. */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__OPTIMIZE__)
#define CHECK_OBJECT(name, type, text, ...)                                                                 \
    void spec_no_##name(void) __attribute__((error(#name ": the spec says " text)));                        \
    void spec_is_##name(void);                                                                              \
    void spec_is_##name(void) {                                                                             \
        static const type found = name, spec = __VA_ARGS__;                                                 \
        if (__builtin_memcmp(&found, &spec, sizeof(spec))) spec_no_##name();                                \
    }
#else
#define CHECK_OBJECT(name, type, text, ...)                                                                 \
    CHECK(sizeof((type)name) == sizeof(type), #name ": the spec says " text);
#endif

#endif
