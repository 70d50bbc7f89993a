//! What stands beside the item, with and without a fault.

use super::{GOOD, ITEM, errors, expand, spec, tokens};
use crate::attribute::WPU_PROVIDER;
use expect_test::{Expect, expect, expect_file};
use proc_macro2::TokenStream;
use wpu_rt::facts::{ClassId, Dispatch, PlatformId, Requirement, Upcall};

fn print(expansion: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("the expansion is a list of items"))
}

#[test]
fn of_a_provider_without_fault() {
    expect_file!["expected/good.rs"].assert_eq(&print(expand(GOOD, ITEM)));
}

/// Every method is there, and none is watched.
#[test]
fn of_a_provider_with_a_fault() {
    let expansion = expand("class = ifs, uses(WPUModifyIfsHandle)", "struct Files;");
    let text = print(expansion);
    let (head, methods) = text.split_once("impl FilesUpcalls {").expect("the handle has methods");
    let is_head = |line: &&str| !line.trim_start().starts_with(['"', '/']);
    let head: Vec<&str> = head.lines().filter(is_head).collect();
    expect_file!["expected/fault.rs"].assert_eq(&(head.join("\n") + "\n"));
    for upcall in spec().facts.upcalls {
        assert!(methods.contains(&format!("pub(crate) fn {}", upcall.method)), "{}", upcall.name);
    }
    assert!(!text.contains("dead_code"));
}

/// In edition 2015, `::core` in tokens of the user's is nothing: the message would be lost.
#[test]
fn no_error_is_reached_from_the_root_of_the_crate() {
    for (item, path) in [("struct Files;", "__wpu::core::"), ("fn files() {}", "fnfiles(){}")] {
        let text = expand("class = ifs, uses(WPUModifyIfsHandle)", item).to_string().replace(' ', "");
        let (before, _) = text.split_once("compile_error!").expect("there is an error");
        assert!(before.ends_with(path), "{text}");
    }
}

/// The second attribute is not in the item, where it would expand again.
#[test]
fn the_attribute_twice_is_one_error() {
    for again in ["wpu_provider(class = 7)", "wpu::wpu_provider", "::wpu::wpu_provider = 3"] {
        let expansion = expand(GOOD, &format!("#[doc = \"\"] #[{again}] #[allow(unused)] struct S;"));
        let first = "expected `#[wpu_provider]` once, found it again\n= help: keep one of them";
        assert_eq!(errors(&expansion), [first]);
        let item = tokens("#[doc = \"\"] #[allow(unused)] struct S;").to_string();
        assert!(expansion.to_string().starts_with(&item), "{expansion}");
    }
    assert!(errors(&expand(GOOD, "#[other::wpu_provider] struct S;")).is_empty());
    let renamed = GOOD.replace("::wpu", "crate::inner::upcalls");
    assert_eq!(errors(&expand(&renamed, "#[upcalls::wpu_provider] struct S;")).len(), 1);
}

#[test]
fn the_item_stays_as_it_is() {
    for item in [
        ITEM,
        "enum E { A }",
        "union U { a: u8 }",
        "fn f() {}",
        "struct S<T>(T);",
        "let broken = ",
        "struct",
        "",
        "struct S<T: Fn(u8) -> u8>(T);",
        "struct S { a: u8 = 3, unsafe b: m!(<), c: dyn for<'a> Fn(&'a u8) -> [u8; { 1 > 2 }] }",
        "#[a = b!()] #[c::d] pub(in super::x) struct r#type where S<{ 1 }>: T<Item = u8>, { a: (), }",
        "struct S<'a, const N: usize = { 1 << 3 }, T = <u8 as U<'a>>::V>;",
        "gen const struct <<< ;",
    ] {
        for args in [GOOD, "", "class = 7"] {
            let expansion = expand(args, item).to_string();
            assert!(expansion.starts_with(&tokens(item).to_string()), "{expansion}");
        }
    }
}

/// Everything after the item.
fn beside(item: &str, expected: &Expect) {
    let expansion = expand(GOOD, item);
    let errors = errors(&expansion).concat();
    let text = expansion.to_string();
    let handle = if text.contains("Upcalls (())") { "with a handle" } else { "without a handle" };
    let provider = if text.contains("Provider for") { "and a provider" } else { "and no provider" };
    expected.assert_eq(&format!("{}, {handle} {provider}", errors.lines().next().unwrap_or("no error")));
}

#[test]
fn of_items_that_are_no_plain_struct() {
    beside(
        "pub(crate) enum E {}",
        &expect!["expected a struct after `#[wpu_provider]`, found an enum, with a handle and a provider"],
    );
    beside(
        "union U { a: u8 }",
        &expect!["expected a struct after `#[wpu_provider]`, found a union, with a handle and a provider"],
    );
    beside(
        "struct S<'a, T: 'a + ?Sized, const N: usize = 3>(&'a [u8; N], T) where T: Copy;",
        &expect![
            "expected a struct without parameters after `#[wpu_provider]`, found `S<…>`, with a handle and a provider"
        ],
    );
    beside(
        "struct S<T> where T: Copy { a: T }",
        &expect![
            "expected a struct without parameters after `#[wpu_provider]`, found `S<…>`, with a handle and a provider"
        ],
    );
    beside(
        "pub const unsafe extern \"C\" fn struct_like() {}",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a function, without a handle and no provider"
        ],
    );
    beside(
        "unsafe impl<T> Send for S<T> {}",
        &expect![
            "expected a struct after `#[wpu_provider]`, found an `impl` block, without a handle and no provider"
        ],
    );
    beside(
        "impl S { fn f() {} }",
        &expect![
            "expected a struct after `#[wpu_provider]`, found an `impl` block, without a handle and no provider"
        ],
    );
    beside(
        "pub(in a::b) trait T {}",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a trait, without a handle and no provider"
        ],
    );
    beside(
        "mod m { struct S; }",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a module, without a handle and no provider"
        ],
    );
    beside(
        "type T = [u8; 3];",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a type alias, without a handle and no provider"
        ],
    );
    beside(
        "const C: u8 = 3;",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a constant, without a handle and no provider"
        ],
    );
    beside(
        "static C: u8 = 3;",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a static, without a handle and no provider"
        ],
    );
    beside(
        "use a::b;",
        &expect![
            "expected a struct after `#[wpu_provider]`, found an import, without a handle and no provider"
        ],
    );
    beside(
        "extern crate core;",
        &expect![
            "expected a struct after `#[wpu_provider]`, found an `extern` item, without a handle and no provider"
        ],
    );
    beside(
        "macro_rules! m { () => {} }",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a macro, without a handle and no provider"
        ],
    );
    beside(
        "union! {}",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a macro call, without a handle and no provider"
        ],
    );
    beside(
        "thread_local! {}",
        &expect![
            "expected a struct after `#[wpu_provider]`, found a macro call, without a handle and no provider"
        ],
    );
}

/// Parameters are a fault, but the only one: the implementation has them too, where they belong. Those under conditions
/// are there in some implementations, and these under the same conditions.
#[test]
fn parameters_are_repeated_without_their_defaults_and_attributes() {
    for (item, expected) in [
        ("struct S<>;", &["impl<> __wpu_runtime::Provider for S<> where Self: Sized + 'static"][..]),
        (
            "struct S<T: Iterator<Item = u8> = Vec<u8>, const N: usize = { 3 }>(T) where T: Copy;",
            &[
                "impl<T: Iterator<Item = u8>, const N: usize> __wpu_runtime::Provider for S<T, N> where T: Copy, Self: Sized + 'static",
            ],
        ),
        (
            "struct S<#[cfg(x)] T, 'a: 'b, #[allow(unused)] 'b,> where T: Fn(u8) -> [u8; { 1 }], { f: &'a T }",
            &[
                "#[cfg(all(all(x),))] impl<'a: 'b, 'b, T> __wpu_runtime::Provider for S<'a, 'b, T> where T: Fn(u8) -> [u8; { 1 }], Self: Sized + 'static",
                "#[cfg(all(not(all(all(x),)),))] impl<'a: 'b, 'b> __wpu_runtime::Provider for S<'a, 'b> where T: Fn(u8) -> [u8; { 1 }], Self: Sized + 'static",
            ],
        ),
        (
            "struct S<T: Fn(u8) -> u8, F = fn() -> Vec<u8>>(T, F) where T: Fn() -> A<{ 1 }> + Copy, F: B;",
            &[
                "impl<T: Fn(u8) -> u8, F> __wpu_runtime::Provider for S<T, F> where T: Fn() -> A<{ 1 }> + Copy, F: B, Self: Sized + 'static",
            ],
        ),
        (
            "struct S<#[cfg(x)] #[cfg(y)] 'a, #[cfg(not(x))] const N: u8>;",
            &[
                "#[cfg(all(all(x), all(y), all(not(x)),))] impl<'a, const N: u8> __wpu_runtime::Provider for S<'a, N> where Self: Sized + 'static",
                "#[cfg(all(not(all(all(x), all(y),)), all(not(x)),))] impl<const N: u8> __wpu_runtime::Provider for S<N> where Self: Sized + 'static",
                "#[cfg(all(all(x), all(y), not(all(all(not(x)),)),))] impl<'a> __wpu_runtime::Provider for S<'a> where Self: Sized + 'static",
                "#[cfg(all(not(all(all(x), all(y),)), not(all(all(not(x)),)),))] impl<> __wpu_runtime::Provider for S<> where Self: Sized + 'static",
            ],
        ),
    ] {
        assert_eq!(heads(item), expected.iter().map(|head| head_of(head)).collect::<Vec<_>>(), "{item}");
    }
}

/// Beyond a number of parameters under conditions, there is no implementation, and nothing grows without end.
#[test]
fn many_parameters_under_conditions_are_left_alone() {
    let item = |count: usize| format!("struct S<{}>;", "#[cfg(x)] T,".repeat(count));
    assert_eq!(heads(&item(4)).len(), 16);
    assert_eq!(heads(&item(5)).len(), 0);
}

/// The heads of the implementations for an item, printed.
fn heads(item: &str) -> Vec<String> {
    let file: syn::File = syn::parse2(expand(GOOD, item)).expect("the expansion is a list of items");
    let mut heads = Vec::new();
    for item in file.items {
        let syn::Item::Const(constant) = item else { continue };
        let syn::Expr::Block(block) = *constant.expr else { continue };
        for statement in block.block.stmts {
            if let syn::Stmt::Item(syn::Item::Impl(mut item)) = statement {
                if item.items.iter().any(|item| matches!(item, syn::ImplItem::Type(_))) {
                    item.items.clear();
                    heads.push(print(quote::quote!(#item)));
                }
            }
        }
    }
    heads
}

fn head_of(text: &str) -> String {
    let text = text.replace("Sized", "::core::marker::Sized");
    print(tokens(&format!("{text} {{}}")))
}

#[test]
fn an_item_that_cannot_be_read_is_left_to_rustc() {
    for item in
        ["struct", "pub struct {}", "#[derive(Debug)]", "", "pub", "# struct S;", "struct S<T", "struct S<"]
    {
        assert_eq!(expand(GOOD, item).to_string(), tokens(item).to_string());
    }
}

#[test]
fn a_renamed_crate_is_the_only_one_named() {
    let args = GOOD.replace("::wpu", "crate::inner::upcalls");
    for args in [args.as_str(), "crate = crate::inner::upcalls"] {
        let expansion = expand(args, ITEM).to_string();
        assert!(
            expansion.contains("use crate :: inner :: upcalls :: crate_must_be_the_path_of_wpu as __wpu ;"),
            "{expansion}"
        );
        assert!(!expansion.contains(":: wpu"), "{expansion}");
    }
    for start in ["crate", "self", "super"] {
        let expansion = expand(&format!("class = ifs, crate = {start}"), ITEM).to_string();
        assert!(
            expansion.contains(&format!("use {start} :: crate_must_be_the_path_of_wpu as __wpu ;")),
            "{expansion}"
        );
    }
}

/// For every class and platform: using what is required, and waiving it, are both without fault;
/// each method of the facts can be printed.
#[test]
fn every_requirement_can_be_met_and_waived() {
    let facts = &spec().facts;
    let platforms = || (0..facts.platforms.len()).map(PlatformId::new);
    for (class, platform) in classes().flat_map(|class| platforms().map(move |platform| (class, platform))) {
        let required = |status: Requirement| status == Requirement::Required;
        let names = |wanted: &dyn Fn(Requirement) -> bool| -> Vec<&str> {
            let wanted = facts.upcalls.iter().filter(|upcall| wanted(upcall.requirement(class, platform)));
            wanted.map(|upcall| upcall.name).collect()
        };
        let head =
            format!("class = {}, platform = {}", facts.class(class).name, facts.platform(platform).name);
        let applicable = names(&|status| status != Requirement::NotApplicable);
        let uses = format!("{head}, uses({})", applicable.join(","));
        let waives = format!("{head}, waives({} = \"not needed here\")", names(&required).join(","));
        for args in [uses, waives] {
            let expansion = expand(&args, ITEM);
            assert_eq!(errors(&expansion), Vec::<String>::new(), "{args}");
            assert!(syn::parse2::<syn::File>(expansion).is_ok(), "{args}");
        }
    }
}

fn classes() -> impl Iterator<Item = ClassId> {
    (0..spec().facts.classes.len()).map(ClassId::new)
}

/// A waiver of all that is required of a class on the usual platform and for which this does not hold.
fn waives(class: ClassId, but: impl Fn(usize, &Upcall) -> bool) -> String {
    let facts = &spec().facts;
    let required = facts.upcalls.iter().enumerate().filter(|(at, upcall)| {
        upcall.requirement(class, facts.default_platform) == Requirement::Required && !but(*at, upcall)
    });
    let names: Vec<&str> = required.map(|(_, upcall)| upcall.name).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("waives({} = \"not needed here\")", names.join(","))
    }
}

/// What a kit uses is declared, looked for by name and no method; the kit finds its mark.
#[test]
fn a_kit_is_declared_and_marked() {
    let spec = spec();
    let class = ClassId::new(1);
    for (at, kit) in spec.kits.iter().enumerate() {
        let made = |at: usize, upcall: &Upcall| {
            let uses = kit.uses(class);
            uses.contains(&at) || upcall.acquire.is_some_and(|acquire| uses.contains(&acquire))
        };
        let (word, waives) = (spec.facts.class(class).name, waives(class, made));
        let expansion = expand(&format!("class = {word}, kit = {}, {waives}", kit.name), ITEM);
        assert_eq!(errors(&expansion), Vec::<String>::new());
        let text = print(expansion);
        let declared = format!("kit: __wpu::core::option::Option::Some(&__wpu::facts::KITS[{at}])");
        let text = text.split_whitespace().collect::<String>().replace(",)", ")");
        for part in [declared, format!("WithKit<__wpu::facts::kits::{}> for Loopback", kit.marker)] {
            assert!(text.contains(&part.replace(' ', "")), "{part} is not in {text}");
        }
        assert!(!text.contains("pub(crate)fn"), "{text}");
        let upcalls = kit.uses(class).iter().map(|at| &spec.facts.upcalls[*at]);
        for upcall in upcalls.filter(|upcall| upcall.dispatch != Dispatch::Slot) {
            assert!(text.contains(&format!("import::{},", upcall.method.to_uppercase())), "{text}");
        }
    }
}

/// Requests are completed with the upcalls of one kit: by who has it, who declares all of them, and who may mean it.
#[test]
fn requests_can_be_completed_with_all_upcalls_of_the_kit_for_them_and_no_fewer() {
    let completes = |args: &str| expand(args, ITEM).to_string().contains("facts :: Completes");
    let spec = spec();
    let kit = spec.kits.iter().find(|kit| kit.completes).expect("there is one");
    for class in classes() {
        let uses: Vec<&str> = kit.uses(class).iter().map(|at| spec.facts.upcalls[*at].name).collect();
        let head = format!("class = {}", spec.facts.class(class).name);
        // What else is required is waived.
        let with = |used: &[&str]| {
            let waives = waives(class, |_, upcall| used.contains(&upcall.name));
            format!("{head}, uses({}), {waives}", used.join(","))
        };
        assert!(completes(&format!("{head}, kit = {}", kit.name)), "{class:?}");
        assert!(completes(&format!("{head}, kit = nothing_like_it")), "{class:?}");
        assert!(completes(&with(&uses)), "{class:?}");
        assert!(!completes(&with(&uses[1..])), "{class:?}");
    }
}

/// A kit that is not known may be any; one that is not there is none.
#[test]
fn a_kit_that_is_wrong_is_one_error() {
    let marked = |args| expand(args, ITEM).to_string().contains("WithKit");
    assert!(marked("class = ifs, kit = nothing_like_it"));
    assert!(!marked("class = ifs"));
    assert!(!marked(GOOD));
    let generic = expand("class = ifs, kit = nothing_like_it", "struct S<T>(T);");
    assert_eq!(errors(&generic).len(), 2);
    let raw = expand("class = ifs, kit = nothing_like_it", "struct r#struct;");
    assert_eq!(errors(&raw).len(), 1, "{:?}", errors(&raw));
    assert!(raw.to_string().contains("Anystruct"));
}

#[test]
fn a_panic_is_an_error_beside_the_item() {
    let error =
        crate::guard(WPU_PROVIDER, proc_macro2::Span::call_site(), &|| panic!("the lamp is {}", "broken"));
    let message = errors(&error.expect_err("it panics")).concat();
    assert!(message.starts_with("`#[wpu_provider]` failed: the lamp is broken\n"), "{message}");
    assert!(message.contains("please report it"), "{message}");
}

/// A deprecated struct is named without a warning; any other has nothing to allow.
#[test]
fn only_for_a_deprecated_struct_is_something_allowed() {
    let allows = |item| expand(GOOD, item).to_string().contains("allow");
    assert!(allows("#[deprecated] struct S;"));
    assert!(allows("#[doc = \"deprecated\"] #[deprecated = \"x\"] struct S;"));
    assert!(!allows("#[doc = \"deprecated\"] struct S;"));
}

#[test]
fn the_handle_is_seen_by_who_sees_the_struct() {
    for visibility in ["", "pub", "pub(crate)", "pub(in super::x)"] {
        let expansion = expand(GOOD, &format!("#[a] {visibility} struct S(u8);"));
        let handle = format!("{visibility} struct SUpcalls(());");
        assert!(expansion.to_string().contains(&format!("] {}", tokens(&handle))), "{expansion}");
    }
}
