//! The attribute [`wpu_provider`](macro@wpu_provider) of the crate `wpu`, which re-exports it.
//!
//! Everything behind the entry point works on [`proc_macro2`] types, and so runs in tests too.

mod args;
mod check;
mod errors;
mod expand;
mod generics;
mod provider;
mod suggest;
#[cfg(test)]
mod tests;
mod tokens;

use args::Args;
use errors::{Errors, Place, Problem, compile_error};
use proc_macro2::TokenStream;
use provider::Provider;
use quote::{ToTokens, quote};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes a struct a provider, and checks that it uses the upcalls that it has to.
///
/// ```
/// use wpu::prelude::*;
///
/// /// A base provider whose sockets are not file handles.
/// #[wpu_provider(
///     class = non_ifs,
///     uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
///     waives(
///         WPUGetProviderPath = "base provider: no layer below",
///         WPUPostMessage, WPUQueryBlockingCallback = "offers overlapped sockets only",
///     ),
/// )]
/// pub struct Loopback {
///     upcalls: LoopbackUpcalls,
/// }
///
/// impl Loopback {
///     pub fn socket(&self, entry: u32, context: usize) -> Result<wpu::SocketHandle, wpu::WsaError> {
///         let socket = self.upcalls.create_socket_handle(entry, context)?;
///         assert_eq!(self.upcalls.query_socket_handle_context(socket.raw())?, context);
///         Ok(socket)
///     }
/// }
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// | --- | --- |
/// | `class = …` | The class of the provider: `ifs` or `non_ifs`. It must be there. |
/// | `platform = …` | The platform whose rules count: `nt`, which is the default, or `win9x`. |
/// | `kit = …` | The kit of wpu that makes upcalls on the provider's behalf: `requests`, `base` or `layer`. None, if absent. |
/// | `uses(A, B)` | The upcalls that the provider calls, by their C names. |
/// | `waives(A = "…", B, C = "…")` | The required upcalls that it does without, each with the reason; here `B` and `C` share one. |
/// | `crate = path` | Where to find the crate `wpu`, if not at `::wpu`. |
///
/// # What stands beside the struct
///
/// The struct itself stays as it is. Beside it stand
///
/// - `LoopbackUpcalls` (the name of the struct, and `Upcalls`), a small handle that can be copied at will. It has one
///   method for each upcall in `uses`, for use within the crate: `WPUCreateSocketHandle` is `create_socket_handle`.
/// - `impl wpu::Provider for Loopback`, whose `upcalls()` gives such a handle, anywhere and at any time.
///
/// An upcall that acquires something brings the one that releases it: the value releases when it is dropped, and has
/// `close`. That one need not be named, counts as used, and gets no method. Without its acquiring upcall it is an
/// upcall like the others.
///
/// Both mean the same wherever the struct stands, whatever the names, lints and attributes around it. Names that begin with
/// `__wpu` are the attribute's own.
///
/// # Kits
///
/// What a kit makes counts as used, where it applies to the class: it need not stand in `uses`, cannot be waived, and is
/// declared when the provider starts. Named in `uses` too, it is also called by the provider's own code, has a method,
/// and must not be [`unused`](#unused). The kit itself takes only providers that name it: `wpu::WithKit`.
///
/// ```
/// # use wpu::prelude::*;
/// #[wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "base provider: no layer below"))]
/// # struct Loopback;
/// # fn main() { assert!(Loopback::DECLARATION.kit.is_some()); }
/// ```
///
/// # What is reported
///
/// All problems of an attribute at once, and none a second time through what follows from it.
///
/// ### `missing`
///
/// An upcall that is required of this class on this platform is neither used, also not by the kit, nor waived. *Required* means that no call of
/// the operating system can stand in. Where a provider has no occasion for it, a waiver says why.
///
/// ```compile_fail
/// # use wpu::prelude::*;
/// #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle))]
/// # struct Files;
/// # fn main() { _ = Files::upcalls().modify_ifs_handle(1, 2); }
/// ```
/// ```
/// # use wpu::prelude::*;
/// #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
///     WPUGetProviderPath = "base provider: no layer below",
///     WPUCloseSocketHandle = "never creates a socket handle through Ws2_32",
///     WPUPostMessage, WPUQueryBlockingCallback = "offers overlapped sockets only",
/// ))]
/// # struct Files;
/// # fn main() { _ = Files::upcalls().modify_ifs_handle(1, 2); }
/// ```
///
/// ### `unused`
///
/// An upcall stands in `uses`, and no path through the program leads to a call of it. This is rustc's own `dead_code`
/// (``method `modify_ifs_handle` is never used``), as an error, at the name in `uses`. Call it, or take it out.
///
/// What rustc takes for used counts as used: also a call in a function that is public in a library, that is a trait's
/// method on a type that can be reached, or that stands under `#[allow(dead_code)]`. Where another crate's macro writes the
/// attribute and the struct, from the first token to the last, rustc does not look.
///
/// ```compile_fail
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
/// #     WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here",
/// # ))]
/// # struct Files;
/// fn main() {} // calls nothing
/// ```
///
/// ### `undeclared`
///
/// An upcall is called that does not stand in `uses`. To rustc there is no such method. Name it in `uses`.
///
/// ### `not-applicable`
///
/// An upcall that only providers of another class may call is used or waived. Take it out.
///
/// ```compile_fail
/// # use wpu::prelude::*;
/// # #[wpu_provider(class = non_ifs, uses(WPUModifyIFSHandle), waives(
/// #     WPUCreateSocketHandle, WPUCloseSocketHandle, WPUQuerySocketHandleContext, WPUGetProviderPath, WPUPostMessage,
/// #     WPUQueryBlockingCallback = "not needed here",
/// # ))]
/// # struct Files;
/// # fn main() { _ = Files::upcalls().modify_ifs_handle(1, 2); }
/// ```
///
/// ### `unknown`
///
/// There is no upcall of this name. If one has a similar name, the message says so.
///
/// ### `duplicate`
///
/// An upcall stands more than once in `uses`, in `waives`, or in both together.
///
/// ### `reason`
///
/// A waiver has no reason, or a blank one. Several may share one: `waives(A, B = "…")`.
///
/// ### `no-effect`
///
/// A waiver names what nobody requires, on this platform and of this class, or what an upcall in `uses` brings, or
/// what the kit uses.
///
/// ### `class`
///
/// The attribute names no class.
///
/// ### `syntax`
///
/// The arguments have another form than the table above says.
///
/// ### `item`
///
/// The attribute stands on something else than a struct without parameters.
///
/// ### `panic`
///
/// The attribute itself is at fault. Please report it.
#[proc_macro_attribute]
pub fn wpu_provider(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (args, item) = (args.into(), TokenStream::from(item));
    guard(&item, || provider_with(args, &item)).into()
}

/// The item, and beside it what makes it a provider, or what is wrong.
fn provider_with(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(provider) = Provider::parse(item.clone(), &mut errors) else {
        let errors = report(&TokenStream::new(), errors);
        return quote!(#item #errors);
    };
    let written = tokens::written(args.clone()).or_else(|| tokens::written(item.clone()));
    let args = Args::parse(args, &mut errors);
    check::check(&args, &mut errors);
    let beside = if errors.is_empty() {
        expand::expand(&provider, &args, written)
    } else {
        expand::fallback(&provider, &args)
    };
    let errors = report(&provider.conditions, errors);
    quote!(#item #errors #beside)
}

/// All errors, each under the conditions of the item.
fn report(conditions: &TokenStream, errors: Errors) -> TokenStream {
    let mut report = TokenStream::new();
    for (place, problem) in errors.into_sorted() {
        conditions.to_tokens(&mut report);
        compile_error(place, &problem).to_tokens(&mut report);
    }
    report
}

/// Makes an error of a panic, which would take the item away and be followed by errors without end.
fn guard(item: &TokenStream, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(expand)).unwrap_or_else(|payload| {
        let error = compile_error(Place::whole(), &Problem::Panic { message: message(&*payload) });
        quote!(#item #error)
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref().cloned()).unwrap_or_else(|| "no message".to_owned())
}
