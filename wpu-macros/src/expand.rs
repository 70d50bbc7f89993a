//! The code beside a provider: its implementations, and the methods of its handle. Nothing fails here.

use crate::errors::Errors;
use crate::item::{Form, Provider};
use crate::spec::Spec;
use crate::tokens::{code, fill, place};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use wpu_rt::facts::Dispatch;
use wpu_rt::rules::{Declared, KIT, USES, Value};
use wpu_rt::upcall_set::{UpcallSet, are_among};

/// The items beside the imports of the bindings and of the traits.
///
/// The bindings' guards are functions with the names of all variables: if the module of the item has a constant or a unit
/// struct of such a name, the variable would be a pattern. The names of primitive types may have another meaning there too.
const BESIDE: &str = "
    static RUN: $run = __wpu_runtime::Run::new();
    $guards
    $implementations
    const _: () = {
        use __wpu::core::primitive::*;
        impl $handle { $methods }
    };
";

const IMPLEMENTATION: &str = "
    $condition
    impl $parameters __wpu_runtime::Provider for $ty {
        $interface
        type Upcalls = $handle;
        const DECLARATION: __wpu::Declaration = $declaration;
        fn upcalls() -> $handle {
            $handle(())
        }
        const __RUN: __wpu_runtime::Fixed<$run> = __wpu_runtime::Fixed::new(&RUN);
        const __IMPORTS: &'static [__wpu::Import] = &[$imports];
    }
";

const MARKER: &str = "$condition impl $parameters $marker for $ty {}";

/// What is expanded.
pub(crate) struct Expansion {
    pub(crate) spec: &'static Spec,
    /// Whether an argument of the attribute says where the bindings are.
    pub(crate) has_of: bool,
    pub(crate) provider: Provider,
    pub(crate) declared: Declared,
    /// Those that were found in this step.
    pub(crate) errors: Errors,
    /// The place of the attribute.
    pub(crate) site: Span,
    /// The place of a token that no macro wrote.
    pub(crate) written: Option<Span>,
    /// Whether an error was reported.
    pub(crate) faulty: bool,
}

impl Expansion {
    /// All of it.
    pub(crate) fn expand(&self) -> TokenStream {
        let span = self.own(self.provider.name.span());
        let (run, interface) = if self.has_of {
            ("__wpu_runtime::Run<__wpu::Interface>", "type Interface = __wpu::Interface;")
        } else {
            ("__wpu_runtime::Run", "")
        };
        let mut parts = vec![
            ("run", code(run, span)),
            ("interface", code(interface, span)),
            ("guards", code(self.spec.guards, span)),
            ("handle", self.provider.handle(self.site)),
            ("declaration", code(&self.declaration(), span)),
            ("imports", code(&self.imports(), span)),
            ("methods", self.methods(span)),
        ];
        let (markers, mut implementations) = (self.markers(span), TokenStream::new());
        let shared = parts.len();
        for Form { condition, parameters, ty } in &self.provider.forms {
            parts.push(("condition", condition.clone()));
            parts.push(("parameters", parameters.clone()));
            parts.push(("ty", ty.clone()));
            implementations.extend(fill(IMPLEMENTATION, span, &parts));
            for marker in &markers {
                parts.push(("marker", marker.clone()));
                implementations.extend(fill(MARKER, span, &parts));
                parts.pop();
            }
            parts.truncate(shared);
        }
        parts.push(("implementations", implementations));
        let mut all = fill(BESIDE, span, &parts);
        all.extend(self.errors.report("__wpu::core::"));
        all
    }

    fn uses(&self) -> UpcallSet {
        self.declared.upcalls(USES, |name| name.upcall)
    }

    /// A method for each declared upcall, which rustc wants to be called. After an error, one for every upcall, so that no
    /// call is a second error.
    fn methods(&self, span: Span) -> TokenStream {
        let (mut methods, uses) = (TokenStream::new(), self.uses());
        if self.faulty {
            for upcall in 0..self.spec.methods.len() {
                methods.extend(self.method(upcall, "", span));
            }
            return methods;
        }
        for name in &self.declared.names {
            let (USES, Some(upcall)) = (name.list, name.upcall) else { continue };
            // The value of a declared acquiring upcall calls the release, which has no method of its own then.
            if !self.declared.upcall(upcall).acquire.is_some_and(|acquire| uses.contains(acquire)) {
                methods.extend(self.method(
                    upcall,
                    "#[deny(dead_code)]",
                    self.watched(self.errors.start(name.place)),
                ));
            }
        }
        methods
    }

    /// The method of one upcall, which is at `span` from its first token to its last: rustc looks for dead code at places
    /// that the user wrote, and at the item as a whole. Paths are not: lints must not ask users to shorten them.
    fn method(&self, upcall: usize, lint: &str, span: Span) -> TokenStream {
        let method = self.spec.methods[upcall];
        let method = format!("{lint} {method}").parse().expect("the literal contains code");
        place(method, [span, self.own(span)], &[])
    }

    /// The same place, for the macro's own code, which lints ignore and whose edition is that of this crate.
    fn own(&self, place: Span) -> Span {
        self.site.located_at(place)
    }

    /// The same place, for code that lints look at. They ignore what another crate's macro wrote, such as the name of an
    /// upcall; if the macro wrote everything, there is nothing that they look at.
    fn watched(&self, span: Span) -> Span {
        self.written.map_or(span, |written| span.resolved_at(written))
    }

    /// The traits that allow the kit to make upcalls, and to complete requests: all of them where the kit is not known.
    fn markers(&self, span: Span) -> Vec<TokenStream> {
        let (declared, mut markers) = (&self.declared, Vec::new());
        let wrong = matches!(declared.words[KIT], Value::Wrong);
        if let Value::Given(kit, place) = declared.words[KIT] {
            let marker = self.spec.kits[kit].marker;
            let marker = format!("__wpu_runtime::WithKit<__wpu::facts::kits::{marker}>");
            markers.push(code(&marker, self.own(self.errors.start(place))));
        }
        let mut makes = declared.by_kit().to_vec();
        makes.extend_from_slice(&self.uses());
        let (mut completing, mut complete) = (false, true);
        for kit in self.spec.kits {
            if kit.completes {
                completing = true;
                complete &= are_among(kit.uses(declared.class()), &makes);
            }
        }
        // A spec without such kits has no marker for them.
        if completing && (wrong || complete) {
            markers.push(code("__wpu::facts::Completes", span));
        }
        if wrong && self.provider.forms.iter().all(|form| form.parameters.is_empty()) {
            let any = format!("Any{}", self.provider.name.unraw());
            markers.push(code(&format!("<{any}> __wpu_runtime::WithKit<{any}>"), span));
        }
        markers
    }

    fn declaration(&self) -> String {
        let declared = &self.declared;
        let (class, platform) = (declared.class().index(), declared.platform().index());
        let kit = match declared.words[KIT] {
            Value::Given(kit, _) => format!("Some(&__wpu::facts::KITS[{kit}])"),
            Value::Absent | Value::Wrong => "None".to_owned(),
        };
        let mut waives = String::new();
        for waiver in &declared.waivers {
            let Value::Given(reason, _) = &waiver.reason else { continue };
            for name in &declared.names[waiver.names.clone()] {
                let Some(upcall) = name.upcall else { continue };
                waives += &format!("__wpu::Waiver {{ upcall: {upcall}, reason: {reason:?} }},");
            }
        }
        format!(
            "__wpu::Declaration {{
                facts: &__wpu::facts::FACTS,
                provider: {:?},
                class: __wpu::Class::ALL[{class}].id(),
                platform: __wpu::Platform::ALL[{platform}].id(),
                kit: __wpu::core::option::Option::{kit},
                uses: &{:?},
                waives: &[{waives}],
            }}",
            self.provider.name.unraw().to_string(),
            &*self.uses(),
        )
    }

    /// The functions that are looked up by name. Only declared ones: a program that never mentions an export links without
    /// it.
    fn imports(&self) -> String {
        let (mut imports, facts, uses) = (String::new(), &self.spec.facts, self.uses());
        for upcall in &*self.declared.case(&uses, &[]).calls(facts) {
            let fact = self.declared.upcall(*upcall);
            if fact.dispatch != Dispatch::Slot {
                let name = fact.method.strip_prefix("r#").unwrap_or(fact.method).to_uppercase();
                imports += &format!("__wpu::import::{name},");
            }
        }
        imports
    }
}
