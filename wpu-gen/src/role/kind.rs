//! What a parameter is in the safe form: the one trait that all roles implement, and what they are told.

use crate::emit::local;
use crate::emit::path::item;
use crate::emit::tokens::{At, Tokens, comment};
use crate::model::{Function, Key, Param, Placed, ProvidedBy, Table, Ty};
use crate::names::ident;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::fmt::Debug;

/// What a C parameter is in the safe form.
pub(crate) trait Kind: Debug {
    /// What is true of it, whatever function it stands in.
    fn facts(&self) -> Facts {
        Facts::default()
    }

    /// Its type in the form that the plug-in sees.
    fn ty(&self, _arg: &Arg<'_>, _at: At) -> TokenStream {
        TokenStream::new()
    }

    /// The parameters of the host's method for it.
    fn host_params(&self, arg: &Arg<'_>) -> Vec<(Ident, TokenStream)> {
        vec![(arg.rust(), arg.tokens().plain(&arg.param.ty, At::Inside))]
    }

    /// What the caller needs.
    fn pass(&self, arg: &Arg<'_>) -> Pass {
        if arg.facts.shown.is_answer() {
            return pass_zero(arg);
        }
        let name = arg.rust();
        Pass::only(quote!(#name.as_ptr()))
    }

    /// What checks it on the other side, and binds its form to its Rust name.
    fn bind(&self, arg: &Arg<'_>) -> TokenStream {
        if arg.facts.shown.is_answer() { check_out(arg) } else { TokenStream::new() }
    }

    /// What the method is given there.
    fn argument(&self, arg: &Arg<'_>) -> TokenStream {
        let name = arg.rust();
        quote!(#name)
    }

    /// How a trace shows it: a format, and the C parameter.
    fn trace(&self, _arg: &Arg<'_>) -> Option<(String, Ident)> {
        None
    }

    /// The type of the answer that it is, as the plug-in sees it.
    fn answer(&self, arg: &Arg<'_>, at: At) -> TokenStream {
        let (tokens, to) = (arg.tokens(), arg.pointee());
        to.map(|to| tokens.value(to, at)).unwrap_or_default()
    }

    /// The same, as the host sees it.
    fn host_answer(&self, arg: &Arg<'_>) -> TokenStream {
        let (tokens, to) = (arg.tokens(), arg.pointee());
        to.map(|to| tokens.plain(to, At::Inside)).unwrap_or_default()
    }

    /// The answer, for the caller. `came` is what came out.
    fn received(&self, arg: &Arg<'_>, came: TokenStream) -> TokenStream {
        match arg.pointee() {
            Some(to) => arg.tokens().taken(to, came),
            None => came,
        }
    }

    /// Asks the host, and does what its answer needs at once.
    fn asked(&self, _arg: &Arg<'_>, ask: TokenStream) -> TokenStream {
        ask
    }

    /// Writes the answer where it comes out. Nothing: that is done already.
    fn write(&self, arg: &Arg<'_>, value: &Ident) -> TokenStream {
        write_out(arg, value)
    }

    /// What a trace says of the answer: the arms of a match.
    fn outcome(&self, arg: &Arg<'_>) -> TokenStream {
        arg.pointee().map(|to| arg.tokens().outcome(to)).unwrap_or_default()
    }

    /// The argument for a parameter that is a part of it, which this key names.
    fn part(&self, _arg: &Arg<'_>, _key: Key, _part: &Arg<'_>) -> TokenStream {
        TokenStream::new()
    }

    /// How many bytes it has, on the callee's side.
    fn size(&self, _arg: &Arg<'_>) -> TokenStream {
        TokenStream::new()
    }
}

/// What is true of a parameter, whatever function it stands in.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) shown: Shown,
    /// The keys that it reads, but for `nullable` and `optional` in an upcall, which reads neither.
    pub(crate) keys: &'static [Key],
    /// It leads to memory of the caller's that is lent for the call only.
    pub(crate) of_the_call: bool,
    /// It is good only in the run in which it came out.
    pub(crate) keeps_run: bool,
    /// What a request that it is lent along with calls it.
    pub(crate) lent: Option<Lent>,
    /// The parameter whose moved bytes it counts.
    pub(crate) counts: Option<usize>,
    /// The handle that it acquires.
    pub(crate) acquires: Option<usize>,
    /// The error that says that a buffer was too small, where the call is repeated then.
    pub(crate) too_small: Option<usize>,
}

/// How the safe form shows a parameter.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Hidden,
    #[default]
    Passed,
    /// Passed, and only unsafe code can make one.
    Vouched,
    /// Passed, and taken over by a call that succeeds.
    Consumed,
    /// The request that a downcall brings.
    Request,
    Answer,
    /// Passed, and another answered.
    Both,
    /// The caller passes a closure, which gets what comes out for as long as it runs.
    Closure,
}

impl Shown {
    pub(crate) fn is_hidden(self) -> bool {
        matches!(self, Self::Hidden | Self::Answer)
    }

    pub(crate) fn is_answer(self) -> bool {
        matches!(self, Self::Answer | Self::Both | Self::Closure)
    }
}

/// What a request lends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lent {
    /// The member of what it lends.
    pub(crate) field: &'static str,
    /// The type that has an empty one, where none is as good as an empty one.
    pub(crate) empty: Option<&'static str>,
}

/// What the caller of a function needs for a parameter.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// Before the call.
    pub(crate) before: TokenStream,
    /// In the call.
    pub(crate) argument: TokenStream,
    /// After a success.
    pub(crate) after: TokenStream,
}

impl Pass {
    /// An argument that needs nothing else.
    pub(crate) fn only(argument: TokenStream) -> Self {
        Self { argument, ..Self::default() }
    }
}

/// How a function looks to a Rust programmer.
#[derive(Debug)]
pub struct Form {
    /// What each C parameter is in the safe form.
    pub(crate) params: Vec<Box<dyn Kind>>,
    /// What is answered, in this order.
    pub(crate) answers: Vec<Answer>,
    /// How it fails.
    pub(crate) failure: Failure,
    /// The parameter that is the client's request, if it can bring one.
    pub(crate) request: Option<usize>,
}

/// One part of what a successful call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The return value.
    Returned,
    /// A parameter.
    Param(usize),
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Never,
    /// Without a code.
    Uncoded,
    /// With a code in the error parameter (an index).
    Coded(usize),
}

/// A function with its form and its names, as emitters see it.
pub(crate) struct Call<'a> {
    pub(crate) tokens: &'a Tokens<'a>,
    /// Its index among upcalls or downcalls.
    pub(crate) at: usize,
    pub(crate) function: &'a Function,
    pub(crate) form: &'a Form,
    pub(crate) name: Ident,
    pub(crate) method: Ident,
    /// The function pointer type.
    pub(crate) pointer: Ident,
}

impl Call<'_> {
    /// Each C parameter.
    pub(crate) fn args(&self) -> impl Iterator<Item = Arg<'_>> {
        (0..self.function.params.len()).map(|at| self.arg(at))
    }

    pub(crate) fn arg(&self, at: usize) -> Arg<'_> {
        let kind = &*self.form.params[at];
        Arg { call: self, at, param: &self.function.params[at], kind, facts: kind.facts(), present: false }
    }

    /// Those that the safe form shows: what a client lends along with a request is a part of that.
    pub(crate) fn shown(&self) -> impl Iterator<Item = Arg<'_>> {
        let requested = self.form.request.is_some();
        self.args().filter(move |arg| !(arg.facts.shown.is_hidden() || requested && arg.facts.lent.is_some()))
    }

    /// Those that a client lends along with its request.
    pub(crate) fn lent(&self) -> impl Iterator<Item = (Arg<'_>, Lent)> {
        let requested = self.form.request.is_some();
        self.args().filter_map(move |arg| Some((arg, arg.facts.lent?)).filter(|_| requested))
    }

    /// The parameters that are answers.
    pub(crate) fn outs(&self) -> impl Iterator<Item = Arg<'_>> {
        self.args().filter(|arg| arg.facts.shown.is_answer())
    }

    /// The errors beside which its answers are written too: one list for all of them.
    pub(crate) fn partial(&self) -> &[Placed<usize>] {
        self.outs().next().map_or(&[], |arg| &arg.param.on_error)
    }

    /// The same in the output.
    pub(crate) fn partial_errors(&self) -> TokenStream {
        let errors = self.partial().iter().map(|error| self.tokens.error_code(**error));
        quote!([#(#errors),*])
    }

    /// The parameter that the call consumes.
    pub(crate) fn consumed(&self) -> Option<Arg<'_>> {
        self.args().find(|arg| arg.facts.shown == Shown::Consumed)
    }

    /// The parameter that receives the error code.
    pub(crate) fn errno(&self) -> Option<Arg<'_>> {
        match self.form.failure {
            Failure::Coded(errno) => Some(self.arg(errno)),
            Failure::Never | Failure::Uncoded => None,
        }
    }

    /// What it answers at once where a pointer is bad: one that cannot fail answers no.
    pub(crate) fn refuse(&self, error: &TokenStream) -> TokenStream {
        if self.form.failure == Failure::Never { quote!(Ok(false)) } else { quote!(Err(#error)) }
    }

    /// Its member in a table.
    pub(crate) fn member(&self, table: &Table) -> Ident {
        ident(&format!("{}{}", table.member_prefix, self.function.name))
    }

    /// The releasing function that goes through a given table.
    pub(crate) fn through(&self) -> Ident {
        item("handles", &format!("{}_through", self.function.method))
    }

    /// The host's method. It has a name of its own, so that the compiler never takes it for the provider's.
    pub(crate) fn on(&self) -> Ident {
        format_ident!("on_{}", self.function.method)
    }

    /// Whether it is a function of the host.
    pub(crate) fn is_upcall(&self) -> bool {
        self.function.provided_by == ProvidedBy::Host
    }

    /// Its number among all functions, upcalls first.
    pub(crate) fn number(&self) -> usize {
        if self.is_upcall() { self.at } else { self.tokens.model.upcalls.len() + self.at }
    }
}

/// A parameter of a function.
#[derive(Clone, Copy)]
pub(crate) struct Arg<'a> {
    pub(crate) call: &'a Call<'a>,
    pub(crate) at: usize,
    pub(crate) param: &'a Param,
    pub(crate) kind: &'a dyn Kind,
    pub(crate) facts: Facts,
    /// Whether its type is that of one that is there.
    pub(crate) present: bool,
}

impl<'a> Arg<'a> {
    pub(crate) fn tokens(&self) -> &'a Tokens<'a> {
        self.call.tokens
    }

    /// The C name.
    pub(crate) fn c(&self) -> Ident {
        self.param.c()
    }

    /// The Rust name.
    pub(crate) fn rust(&self) -> Ident {
        self.param.rust()
    }

    /// What it points at.
    pub(crate) fn pointee(&self) -> Option<&'a Ty> {
        self.call.tokens.model.pointee(&self.param.ty)
    }

    /// What a bad pointer fails with.
    pub(crate) fn null(&self) -> TokenStream {
        match self.call.form.failure {
            Failure::Uncoded => quote!(Failed),
            Failure::Never | Failure::Coded(_) => self.tokens().error_code(self.param.null_error),
        }
    }

    /// How a trace shows its C value.
    pub(crate) fn traced(&self, style: &str) -> (String, Ident) {
        (format!("{} {{{style}}}", self.shown()), self.c())
    }

    /// What a text calls it.
    pub(crate) fn shown(&self) -> String {
        local::shown(&self.rust())
    }

    /// The variable that it comes out in on the caller's side.
    pub(crate) fn out(&self) -> Ident {
        if self.call.is_upcall() { self.rust() } else { format_ident!("out{}", self.at) }
    }
}

/// A variable that something comes out in, or its place beside a request, which may outlive the call.
pub(crate) fn pass_out(arg: &Arg<'_>, first: &TokenStream) -> Pass {
    if arg.call.form.request.is_some() {
        let place = place_of_out(arg);
        return Pass::only(quote!(#place));
    }
    let out = arg.out();
    let before = quote!(let mut #out = #first;);
    Pass { before, argument: quote!(&raw mut #out), after: TokenStream::new() }
}

/// The same for what is zero before the call.
pub(crate) fn pass_zero(arg: &Arg<'_>) -> Pass {
    let zero = arg.pointee().map(|to| arg.tokens().zero(to, At::Inside));
    pass_out(arg, &zero.unwrap_or_default())
}

/// Where something comes out beside a request.
pub(crate) fn place_of_out(arg: &Arg<'_>) -> Ident {
    format_ident!("out_at{}", index_of_out(arg))
}

/// Which of the answers a parameter is.
pub(crate) fn index_of_out(arg: &Arg<'_>) -> usize {
    arg.call.outs().take_while(|out| out.at < arg.at).count()
}

/// Writes an answer through its pointer, unless nobody wants it.
pub(crate) fn write_out(arg: &Arg<'_>, value: &Ident) -> TokenStream {
    let c = arg.c();
    let value = match arg.pointee() {
        Some(to) if !arg.call.is_upcall() => arg.tokens().given(to, quote!(#value)),
        _ => quote!(#value),
    };
    let safety =
        comment("SAFETY: the pointer passed the check; the contract of this function guarantees the rest.");
    let write = quote!(#safety unsafe { #c.write(#value) };);
    if arg.param.optional { quote!(if !#c.is_null() { #write }) } else { write }
}

/// Checks the pointer to what comes out.
pub(crate) fn check_out(arg: &Arg<'_>) -> TokenStream {
    let (c, null) = (arg.c(), arg.null());
    if arg.param.optional {
        quote!(if !#c.is_null() { checks::output(#c, #null)?; })
    } else {
        quote!(checks::output(#c, #null)?;)
    }
}

/// Binds what `make` gives to the Rust name: `None` where it may be absent and is, else the error.
pub(crate) fn bind_checked(arg: &Arg<'_>, absent: &TokenStream, make: &TokenStream) -> TokenStream {
    let (name, null, safety) = (arg.rust(), arg.null(), contract());
    if arg.param.optional {
        quote!(let #name = if #absent { None } else { #safety Some(unsafe { #make }.ok_or(#null)?) };)
    } else {
        quote!(#safety let #name = unsafe { #make }.ok_or(#null)?;)
    }
}

/// The reason why a callee may read what it was passed.
pub(crate) fn contract() -> TokenStream {
    comment("SAFETY: the contract of this function.")
}

/// A type that may be absent.
pub(crate) fn or_absent(arg: &Arg<'_>, ty: TokenStream) -> TokenStream {
    if arg.param.optional && !arg.present { quote!(Option<#ty>) } else { ty }
}
