/// A base provider.
#[derive(Debug)]
pub struct Loopback {
    upcalls: LoopbackUpcalls,
}
///The upcalls of [`Loopback`]: `WPUCreateSocketHandle`, `WPUQuerySocketHandleContext`, `WPUCompleteOverlappedRequest`.
///
///Each has a method, for use within this crate. What one of them acquires is released when it is dropped.
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct LoopbackUpcalls(());
const _: () = {
    use ::wpu::crate_must_be_the_path_of_wpu as __wpu;
    use __wpu as __wpu_runtime;
    static RUN: __wpu_runtime::Run = __wpu_runtime::Run::new();
    fn out() {}
    fn event() {}
    fn socket() {}
    fn entry() {}
    fn context() {}
    fn set() {}
    fn id() {}
    fn proposed() {}
    fn window() {}
    fn message() {}
    fn wparam() {}
    fn lparam() {}
    fn hook() {}
    fn thread() {}
    fn apc() {}
    fn operation() {}
    fn error() {}
    fn transferred() {}
    impl __wpu_runtime::Provider for Loopback {
        type Upcalls = LoopbackUpcalls;
        const DECLARATION: __wpu::Declaration = __wpu::Declaration {
            facts: &__wpu::facts::FACTS,
            provider: "Loopback",
            class: __wpu::Class::ALL[1].id(),
            platform: __wpu::Platform::ALL[0].id(),
            kit: __wpu::core::option::Option::None,
            uses: &[3, 9, 15],
            waives: &[
                __wpu::Waiver {
                    upcall: 5,
                    reason: "base provider: no layer below",
                },
                __wpu::Waiver {
                    upcall: 7,
                    reason: "not needed here",
                },
                __wpu::Waiver {
                    upcall: 8,
                    reason: "not needed here",
                },
            ],
        };
        fn upcalls() -> LoopbackUpcalls {
            LoopbackUpcalls(())
        }
        const __RUN: __wpu_runtime::Fixed<__wpu_runtime::Run> = __wpu_runtime::Fixed::new(
            &RUN,
        );
        const __IMPORTS: &'static [__wpu::Import] = &[
            __wpu::import::COMPLETE_OVERLAPPED_REQUEST,
        ];
    }
    const _: () = {
        use __wpu::core::primitive::*;
        impl LoopbackUpcalls {
            #[deny(dead_code)]
            /// `WPUCreateSocketHandle`: Makes a socket handle for a provider whose sockets are no file handles.
            ///
            /// Such a provider gives its clients no other handles: from `WSPSocket`, also for a duplicated socket, from `WSPAccept` and from `WSPJoinLeaf`.
            /// To the system the handle looks like a file: reads and writes come back to the provider, and a completion port can be bound to it.
            /// Ws2_32 does not look into the context; `WPUQuerySocketHandleContext` returns it.
            /// Give the handle back with `WPUCloseSocketHandle`, at the latest during the last clean-up.
            /// A SAN provider keeps the handle for itself and returns a descriptor of its own.
            /// No error is documented for a wrong catalog entry.
            #[inline]
            pub(crate) fn create_socket_handle(
                self,
                entry: u32,
                context: usize,
            ) -> __wpu::core::result::Result<
                __wpu::handles::SocketHandle,
                __wpu::error::WsaError,
            > {
                let Self(()) = self;
                __wpu::Upcalls::create_socket_handle(
                    __wpu::Upcalls::new(__wpu_runtime::Run::cell(&RUN)),
                    entry,
                    context,
                )
            }
            #[deny(dead_code)]
            /// `WPUQuerySocketHandleContext`: Returns the context that was given when a socket handle was made.
            ///
            /// Most functions of a provider whose sockets are no file handles begin with it.
            /// The context is a key and not a promise: another thread may close the socket between the question and the use of the answer.
            /// What happens with a handle that is closed already, or that is another provider's, is not documented.
            #[inline]
            pub(crate) fn query_socket_handle_context(
                self,
                socket: __wpu::ffi::SOCKET,
            ) -> __wpu::core::result::Result<usize, __wpu::error::WsaError> {
                let Self(()) = self;
                __wpu::Upcalls::query_socket_handle_context(
                    __wpu::Upcalls::new(__wpu_runtime::Run::cell(&RUN)),
                    socket,
                )
            }
            #[deny(dead_code)]
            /// `WPUCompleteOverlappedRequest`: Tells the client that an overlapped operation is done.
            ///
            /// Only for operations without a completion routine; those with one are completed by `WPUQueueApc`.
            /// Ws2_32 sets the client's event, posts to its completion port, or does both, and the provider need not know which.
            /// It writes `InternalHigh` first and then `Internal`; both may become visible only after the call has returned.
            /// `Offset` and `OffsetHigh` belong to the provider. By custom it leaves the flags and the error of the operation there before the call.
            /// The error code of this call is not that of the operation. If the call fails, the client may wait for ever.
            /// A SAN provider calls it only where the lowest bit of `hEvent` is zero.
            #[inline]
            pub(crate) fn complete_overlapped_request(
                self,
                socket: __wpu::ffi::SOCKET,
                operation: __wpu::handles::Operation,
                error: u32,
                transferred: u32,
            ) -> __wpu::core::result::Result<
                (),
                __wpu::rt::refused::Refused<
                    __wpu::handles::Operation,
                    __wpu::error::WsaError,
                >,
            > {
                let Self(()) = self;
                __wpu::Upcalls::complete_overlapped_request(
                    __wpu::Upcalls::new(__wpu_runtime::Run::cell(&RUN)),
                    socket,
                    operation,
                    error,
                    transferred,
                )
            }
        }
    };
    #[automatically_derived]
    impl __wpu::core::fmt::Debug for LoopbackUpcalls {
        fn fmt(
            &self,
            out: &mut __wpu::core::fmt::Formatter<'_>,
        ) -> __wpu::core::fmt::Result {
            __wpu::core::fmt::Formatter::write_str(out, "LoopbackUpcalls")
        }
    }
};
