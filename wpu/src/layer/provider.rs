//! A layer over what is below it, as one provider.

use super::sys::facts::has_plain_input;
use super::sys::ffi::SOCKET;
use super::sys::{Progress, ServiceProvider, WsaError};
use super::{LayerProvider, Layered, Moved};

/// Implements each function by that of the layer, which is told what comes next.
macro_rules! layered {
    ($($(#[request($($lent:ident),*)])? fn $function:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        impl<L: LayerProvider> ServiceProvider for Layered<L> {
            $(layered!{ @ ($($($lent)*)?) $function($($name: $type),*) -> $answer })*
        }
    };

    // Buffers to read from are sent, and buffers to fill are received into.
    (@ (gather $($more:ident)*) $($signature:tt)*) => { layered!{ @ Sent $($signature)* } };
    (@ (scatter $($more:ident)*) $($signature:tt)*) => { layered!{ @ Received $($signature)* } };
    (@ $moved:ident $function:ident($socket:ident: $of:ty, $($name:ident: $type:ty),*) -> $answer:ty) => {
        #[inline]
        fn $function(&self, $socket: $of, $($name: $type),*) -> Result<$answer, WsaError> {
            let done = self.layer.$function(&self.next, $socket, $($name),*)?;
            Ok(self.note($socket, Moved::$moved, done))
        }
    };

    // What lends no buffers has an input, and a code that says what is in it.
    (@ (input $($more:ident)*)
        $function:ident($socket:ident: $of:ty, $code:ident: $number:ty, $request:ident: $type:ty) -> $answer:ty) => {
        #[inline]
        fn $function(&self, $socket: $of, $code: $number, $request: $type) -> Result<$answer, WsaError> {
            let request = if has_plain_input($code) {
                $request
            } else {
                // SAFETY: nobody has a `Layered` but its `Instance`, whose functions get both from one call of the client: it
                // vouches for what the provider of its socket finds in the input of this code.
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
    /// Tells the layer of what was moved at once.
    #[inline]
    fn note<T: Count>(&self, socket: SOCKET, moved: Moved, done: Progress<T>) -> Progress<T> {
        if let Progress::Done(answer) = &done {
            self.layer.moved(socket, moved, answer.count());
        }
        done
    }
}

/// What a request answers, which says how many bytes were moved.
trait Count {
    fn count(&self) -> u32;
}

impl Count for u32 {
    #[inline]
    fn count(&self) -> u32 {
        *self
    }
}

impl Count for (u32, u32) {
    #[inline]
    fn count(&self) -> u32 {
        self.0
    }
}
