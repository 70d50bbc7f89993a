/// A base provider.
#[derive(Debug)]
pub struct Loopback {
    upcalls: LoopbackUpcalls,
}
///The upcalls of [`Loopback`]: `WPUCreateSocketHandle`, `WPUQuerySocketHandleContext`, `WPUCompleteOverlappedRequest`.
///
///Each has a method, for use within this crate. What one of them acquires is released when it is dropped.
pub struct LoopbackUpcalls(());
const _: () = {
    use ::wpu as __wpu;
    static RUN: __wpu::__private::Run = __wpu::__private::Run::new();
    fn apc() {}
    fn context() {}
    fn entry() {}
    fn error() {}
    fn event() {}
    fn hook() {}
    fn id() {}
    fn lparam() {}
    fn message() {}
    fn operation() {}
    fn out() {}
    fn proposed() {}
    fn set() {}
    fn socket() {}
    fn thread() {}
    fn transferred() {}
    fn window() {}
    fn wparam() {}
    impl __wpu::Provider for Loopback {
        type Upcalls = LoopbackUpcalls;
        const DECLARATION: __wpu::__private::Declaration = __wpu::__private::Declaration {
            provider: "Loopback",
            class: __wpu::__private::Class::ALL[1],
            platform: __wpu::__private::Platform::ALL[0],
            kit: __wpu::__private::core::option::Option::None,
            uses: __wpu::__private::UpcallSet::of(&[3, 9, 15]),
            waives: &[
                __wpu::__private::Waiver {
                    upcall: 5,
                    reason: "base provider: no layer below",
                },
                __wpu::__private::Waiver {
                    upcall: 7,
                    reason: "not needed here",
                },
                __wpu::__private::Waiver {
                    upcall: 8,
                    reason: "not needed here",
                },
            ],
        };
        fn upcalls() -> LoopbackUpcalls {
            LoopbackUpcalls(())
        }
        const __RUN: __wpu::__private::Fixed<__wpu::__private::Run> = __wpu::__private::Fixed::new(
            &RUN,
        );
        const __IMPORTS: &'static [__wpu::__private::Import] = &[
            __wpu::__private::import::COMPLETE_OVERLAPPED_REQUEST,
        ];
    }
    #[automatically_derived]
    impl __wpu::__private::core::clone::Clone for LoopbackUpcalls {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl __wpu::__private::core::marker::Copy for LoopbackUpcalls {}
    #[automatically_derived]
    impl __wpu::__private::core::fmt::Debug for LoopbackUpcalls {
        fn fmt(
            &self,
            out: &mut __wpu::__private::core::fmt::Formatter<'_>,
        ) -> __wpu::__private::core::fmt::Result {
            __wpu::__private::core::fmt::Formatter::write_str(out, "LoopbackUpcalls")
        }
    }
    impl LoopbackUpcalls {
        ///`WPUCreateSocketHandle`: Makes a socket handle for a provider whose sockets are no file handles.
        ///
        /**Such a provider gives its clients no other handles: from `WSPSocket`, also for a duplicated socket, from `WSPAccept` and from `WSPJoinLeaf`.
To the system the handle looks like a file: reads and writes come back to the provider, and a completion port can be bound to it.
Ws2_32 does not look into the context; `WPUQuerySocketHandleContext` returns it.
Give the handle back with `WPUCloseSocketHandle`, at the latest during the last clean-up.
A SAN provider keeps the handle for itself and returns a descriptor of its own.
No error is documented for a wrong catalog entry.*/
        #[deny(dead_code)]
        #[inline]
        pub(crate) fn create_socket_handle(
            self,
            entry: __wpu::__private::core::primitive::u32,
            context: __wpu::__private::core::primitive::usize,
        ) -> __wpu::__private::core::result::Result<
            __wpu::__private::handles::SocketHandle,
            __wpu::__private::error::WsaError,
        > {
            let Self(()) = self;
            __wpu::__private::Upcalls::create_socket_handle(
                __wpu::__private::Upcalls::new(__wpu::__private::Run::cell(&RUN)),
                entry,
                context,
            )
        }
        ///`WPUQuerySocketHandleContext`: Returns the context that was given when a socket handle was made.
        ///
        /**Most functions of a provider whose sockets are no file handles begin with it.
The context is a key and not a promise: another thread may close the socket between the question and the use of the answer.
What happens with a handle that is closed already, or that is another provider's, is not documented.*/
        #[deny(dead_code)]
        #[inline]
        pub(crate) fn query_socket_handle_context(
            self,
            socket: __wpu::__private::ffi::SOCKET,
        ) -> __wpu::__private::core::result::Result<
            __wpu::__private::core::primitive::usize,
            __wpu::__private::error::WsaError,
        > {
            let Self(()) = self;
            __wpu::__private::Upcalls::query_socket_handle_context(
                __wpu::__private::Upcalls::new(__wpu::__private::Run::cell(&RUN)),
                socket,
            )
        }
        ///`WPUCompleteOverlappedRequest`: Tells the client that an overlapped operation is done.
        ///
        /**Only for operations without a completion routine; those with one are completed by `WPUQueueApc`.
Ws2_32 sets the client's event, posts to its completion port, or does both, and the provider need not know which.
It writes `InternalHigh` first and then `Internal`; both may become visible only after the call has returned.
`Offset` and `OffsetHigh` belong to the provider. By custom it leaves the flags and the error of the operation there before the call.
The error code of this call is not that of the operation. If the call fails, the client may wait for ever.
A SAN provider calls it only where the lowest bit of `hEvent` is zero.*/
        #[deny(dead_code)]
        #[inline]
        pub(crate) fn complete_overlapped_request(
            self,
            socket: __wpu::__private::ffi::SOCKET,
            operation: __wpu::__private::handles::Operation,
            error: __wpu::__private::core::primitive::u32,
            transferred: __wpu::__private::core::primitive::u32,
        ) -> __wpu::__private::core::result::Result<
            (),
            __wpu::__private::support::refused::Refused<
                __wpu::__private::handles::Operation,
                __wpu::__private::error::WsaError,
            >,
        > {
            let Self(()) = self;
            __wpu::__private::Upcalls::complete_overlapped_request(
                __wpu::__private::Upcalls::new(__wpu::__private::Run::cell(&RUN)),
                socket,
                operation,
                error,
                transferred,
            )
        }
    }
};
