//! Implements `ServiceProvider` for a layer over the providers below it.

use super::sys::facts::has_plain_input;
use super::sys::ffi::SOCKET;
use super::sys::{Outcome, Progress, Received, ServiceProvider, WsaError};
use super::{LayerProvider, Layered, Moved};

/// Implements each function by calling that of the layer, with the providers below as `next`.
macro_rules! layered {
    ($($(#[request($($lent:ident),*)])? fn $function:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        impl<L: LayerProvider> ServiceProvider for Layered<L> {
            $(layered!{ @ ($($($lent)*)?) $function($($name: $type),*) -> $answer })*
        }
    };

    // Requests with buffers to read are sent, and requests with buffers to fill receive.
    (@ (gather $($more:ident)*) $($signature:tt)*) => { layered!{ @ Sent $($signature)* } };
    (@ (scatter $($more:ident)*) $($signature:tt)*) => { layered!{ @ Received $($signature)* } };
    (@ $moved:ident $function:ident($socket:ident: $of:ty, $($name:ident: $type:ty),*) -> $answer:ty) => {
        #[inline]
        fn $function(&self, $socket: $of, $($name: $type),*) -> Result<$answer, WsaError> {
            let done = self.layer.$function(&self.next, $socket, $($name),*)?;
            Ok(self.note($socket, Moved::$moved, done))
        }
    };

    // A request without buffers has an input, and a code that defines its content.
    (@ (input $($more:ident)*)
        $function:ident($socket:ident: $of:ty, $code:ident: $number:ty, $request:ident: $type:ty) -> $answer:ty) => {
        #[inline]
        fn $function(&self, $socket: $of, $code: $number, $request: $type) -> Result<$answer, WsaError> {
            let request = if has_plain_input($code) {
                $request
            } else {
                // SAFETY: only an `Instance` has access to a `Layered`. Its functions receive the code and
                // the input from one call of the client, which guarantees the pointers that the provider of
                // its socket finds in the input of this code.
                unsafe { $request.tagged($code) }
            };
            let done = self.layer.$function(&self.next, $socket, $code, request)?;
            Ok(self.note($socket, Moved::Controlled, done))
        }
    };

    (@ () $function:ident($($name:ident: $type:ty),*) -> $answer:ty) => {
        #[inline]
        fn $function(&self, $($name: $type),*) -> Result<$answer, WsaError> {
            self.layer.$function(&self.next, $($name),*)
        }
    };
}

wpu_sys::for_each_downcall!(layered);

impl<L: LayerProvider> Layered<L> {
    /// Reports the bytes that a call transferred immediately to the layer.
    #[inline]
    fn note<T: Count>(&self, socket: SOCKET, moved: Moved, done: Progress<T>) -> Progress<T> {
        let outcome = match &done {
            Progress::Done(answer) => Outcome::Done(answer.count()),
            Progress::Partial(answer, error) => Outcome::Partial(answer.count(), *error),
            Progress::Pending(_) => return done,
        };
        if let Some(bytes) = moved.bytes(&outcome) {
            self.layer.moved(socket, moved, bytes);
        }
        done
    }
}

/// The result of a request, which contains the number of transferred bytes.
trait Count {
    fn count(&self) -> u32;
}

impl Count for u32 {
    #[inline]
    fn count(&self) -> u32 {
        *self
    }
}

impl Count for Received {
    #[inline]
    fn count(&self) -> u32 {
        self.bytes
    }
}
