//! Bad arguments: every mistake is reported once, in order, and causes no other.

use super::{GOOD, ITEM, errors, expand, expand_tokens, mistakes, tokens};
use crate::attribute::is_name_value;
use expect_test::{Expect, expect};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The first lines of what is reported.
pub(super) fn check(args: &str, expected: &Expect) {
    let lines: Vec<String> = mistakes(args)
        .iter()
        .map(|message| message.lines().next().unwrap_or_default().to_owned() + "\n")
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn nothing_is_wrong() {
    check(GOOD, &expect![""]);
}

#[test]
fn keys() {
    check("", &expect!["expected `class = …`, found no class\n"]);
    check(
        "class, platform, uses, waives, crate",
        &expect![[r#"
            expected `=` after `class`, found `,`
            expected `=` after `platform`, found `,`
            expected `(` after `uses`, found `,`
            expected `(` after `waives`, found `,`
            expected `=` after `crate`, found nothing
        "#]],
    );
    check(
        "clas = ifs",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `clas`
        "#]],
    );
    check(
        "colour = red, class = ifs, 3, uses()",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `colour`
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `3`
        "#]],
    );
    check(
        "=",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `=`
        "#]],
    );
}

#[test]
fn an_unknown_key_loses_names_only_if_it_may_hold_some() {
    check(
        "class = ifs, colour(WPUModifyIFSHandle)",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `colour`
        "#]],
    );
    check(
        "class = ifs, colour = red, uses(WPUModifyIFSHandle)",
        &expect![[r#"
            not all upcalls required of an `ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUGetProviderPath`, `WPUPostMessage`, `WPUQueryBlockingCallback`
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `colour`
        "#]],
    );
}

#[test]
fn lists() {
    check(
        "class = ifs, uses WPUModifyIFSHandle, WPUPostMessage",
        &expect![[r#"
        expected `(` after `uses`, found `WPUModifyIFSHandle`
    "#]],
    );
    check(
        "uses: (WPUModifyIFSHandle), class = ifs",
        &expect![[r#"
        expected `(` after `uses`, found `:`
    "#]],
    );
    check(
        "uses = [WPUModifyIFSHandle,], waives{}, class = non_ifs",
        &expect![[r#"
            expected `uses(…)`, found `uses = […]`
            upcall `WPUModifyIFSHandle` does not apply to a `non_ifs` provider
            expected `waives(…)`, found `waives{}`
            not all upcalls required of a `non_ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUCreateSocketHandle`, `WPUGetProviderPath`, `WPUPostMessage`, `WPUQueryBlockingCallback`, `WPUQuerySocketHandleContext`
        "#]],
    );
    check(
        "waives = \"nothing\", class = ifs",
        &expect![[r#"
        expected `waives(…)`, found `waives = …`
    "#]],
    );
    check(
        "class = ifs, uses(,)",
        &expect![[r#"
        not all upcalls required of an `ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUGetProviderPath`, `WPUModifyIFSHandle`, `WPUPostMessage`, `WPUQueryBlockingCallback`
        expected the name of an upcall, found `,`
    "#]],
    );
    check(
        "class = ifs, uses(a::b::WPUSetEvent, ::WPUSetEvent)",
        &expect![[r#"
            not all upcalls required of an `ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUGetProviderPath`, `WPUModifyIFSHandle`, `WPUPostMessage`, `WPUQueryBlockingCallback`
            expected the name of an upcall, found `a::b::WPUSetEvent`
            expected the name of an upcall, found `::WPUSetEvent`
            upcall `WPUSetEvent` is in `uses(…)` more than once
        "#]],
    );
}

#[test]
fn kits() {
    let waives = "waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = \"left to the base\")";
    check(&format!("class = ifs, kit = layer, {waives}"), &expect![""]);
    check(&format!("{waives}, kit = layer, class = ifs"), &expect![""]);
    check(
        &format!("class = ifs, kit = base, {waives}"),
        &expect![[r#"
        the kit `base` is not for providers of class `ifs`
    "#]],
    );
    check(
        "kit = layer, platform = red, class = ifs",
        &expect![[r#"
        expected one of `nt`, `win9x`, found `red`
    "#]],
    );
    check(
        "kit = layr, class = ifs",
        &expect![[r#"
        expected one of `requests`, `base`, `layer`, found `layr`
    "#]],
    );
    check(
        "kit, class = ifs",
        &expect![[r#"
        expected `=` after `kit`, found `,`
    "#]],
    );
    check(
        "kit(layer), class = ifs",
        &expect![[r#"
        expected `=` after `kit`, found `(…)`
    "#]],
    );
    check(
        "kt = layer, class = ifs",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `kt`
        "#]],
    );
    check(
        "kits = layr, class = ifs",
        &expect![[r#"
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `kits`
        "#]],
    );
    check(
        "kit = layer + base, class = ifs",
        &expect![[r#"
        expected one of `requests`, `base`, `layer`, found `layer+base`
    "#]],
    );
    check(
        &format!("kit = layer, class = ifs, kit = base, {waives}"),
        &expect![[r#"
        expected `kit` once, found it again
    "#]],
    );
}

#[test]
fn reasons() {
    check(
        "class = ifs, waives(WPUPostMessage = \"a\" + \"b\")",
        &expect![[r#"
        expected `,`, found `+`
    "#]],
    );
    check(
        "class = ifs, waives(WPUPostMessage = concat!(\"a\", \"b\"), WPUGetProviderPath(\"c\"))",
        &expect![[r#"
            expected a reason in quotes after `=`, found `concat!(…)`
            expected `=` and a reason, found `(…)`
        "#]],
    );
    check(
        "class = ifs, waives(= \"a\", \"b\" = WPUPostMessage)",
        &expect![[r#"
            expected the name of an upcall, found `=`
            expected the name of an upcall, found `"b"`
            expected a reason in quotes after `=`, found `WPUPostMessage`
        "#]],
    );
    check(
        "waives(WPUPostMessage = b\"bytes\", WPUGetProviderPath = r#\"\t\"#)",
        &expect![[r#"
            expected `class = …`, found no class
            expected a reason in quotes after `=`, found `b"bytes"`
            waiver of `WPUGetProviderPath` has no reason
        "#]],
    );
}

#[test]
fn paths() {
    check(
        "crate = crate, class = red",
        &expect![[r#"
        expected one of `ifs`, `non_ifs`, found `red`
    "#]],
    );
    check(
        "crate = ::a::b<c>, crate = , class = red",
        &expect![[r#"
        expected a path such as `::wpu`, found `::a::b<c>`
        expected `crate` once, found it again
        expected a value after `=`, found `,`
        expected one of `ifs`, `non_ifs`, found `red`
    "#]],
    );
    check(
        "crate = \"not a path\", class = red",
        &expect![[r#"
        expected a path such as `::wpu`, found `"not a path"`
        expected one of `ifs`, `non_ifs`, found `red`
    "#]],
    );
}

/// One token changed at a time: something is reported unless the change is harmless, and nothing fails.
#[test]
fn no_input_makes_it_fail() {
    let mut reported = 0;
    let all = variants(&tokens(GOOD));
    for args in &all {
        let expansion = expand_tokens(args, &tokens(ITEM));
        let text = expansion.to_string();
        assert!(text.starts_with(&tokens(ITEM).to_string()), "the item is gone: {args}");
        assert!(text.contains("pub struct LoopbackUpcalls (())"), "the handle is gone: {args}");
        assert!(syn::parse2::<syn::File>(expansion.clone()).is_ok(), "no items: {args}");
        reported += usize::from(!errors(&expansion).is_empty());
    }
    assert!(all.len() > 300, "{}", all.len());
    assert!(reported * 10 > all.len() * 8, "only {reported} of {}", all.len());
}

/// The tokens with one of them dropped, doubled or replaced, at every depth.
fn variants(good: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = good.clone().into_iter().collect();
    let mut all = Vec::new();
    for at in 0..trees.len() {
        let with = |middle: TokenStream| -> TokenStream {
            let tree = |tree: &TokenTree| TokenStream::from(tree.clone());
            trees[..at].iter().map(tree).chain([middle]).chain(trees[at + 1..].iter().map(tree)).collect()
        };
        let tree = trees[at].clone();
        let others = ["", "= =", "x", "\"x\"", "[class]", "{ , }", "::", "crate", "waives(x)"];
        all.extend(others.map(|other| with(tokens(other))));
        all.push(with([tree.clone(), tree.clone()].into_iter().collect()));
        if let TokenTree::Group(group) = &tree {
            let groups =
                variants(&group.stream()).into_iter().map(|inner| Group::new(group.delimiter(), inner));
            all.extend(groups.map(|group| with(TokenTree::from(group).into())));
            let hidden = TokenTree::from(Group::new(Delimiter::None, tree.clone().into()));
            all.push(with(hidden.into()));
        }
    }
    all
}

#[test]
fn invisible_groups_are_seen_through() {
    let hide = |tree: TokenTree| TokenTree::from(Group::new(Delimiter::None, tree.into()));
    let hidden: TokenStream = tokens(GOOD)
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => {
                let inner = group.stream().into_iter().map(hide).collect();
                TokenTree::from(Group::new(group.delimiter(), inner))
            }
            tree => hide(tree),
        })
        .collect();
    let expansion = expand_tokens(&hidden, &tokens(ITEM));
    assert_eq!(errors(&expansion), Vec::<String>::new());
    assert_eq!(expansion.to_string(), expand(GOOD, ITEM).to_string());
}

/// The compiler reports that form, and hands on what stands behind `=`.
#[test]
fn a_value_behind_the_name_is_told_by_the_text_of_the_attribute() {
    let is = |text, args: &str| is_name_value(text, &tokens(args));
    for (text, args) in [
        ("#[a = \"x\"]", "\"x\""),
        ("#[a::b = \"(\"]", "\"(\""),
        ("a = concat!(\"x\")", "concat!(\"x\")"),
        ("# [ /* ( */ a=1 ]", "1"),
    ] {
        assert!(is(Some(text), args), "{text}");
    }
    for (text, args) in [
        ("#[a]", ""),
        ("#[a(b = \"x\")]", "b = \"x\""),
        ("#[a[b = 1]]", "b = 1"),
        ("a { b = 1 }", "b = 1"),
        ("#[a(\"=\")]", "\"=\""),
        ("", ""),
        // These are no values, but the arguments must be checked all the same.
        ("#[a /* = */]", ""),
        ("#[a /* = */ (b = 1)]", "b = 1"),
        ("#[a /* = 1 */ (1)]", "1"),
        ("a = 1", ""),
        ("a = 1", "b = 1"),
        ("a =", ""),
        ("#[a = \"x", "\"x\""),
    ] {
        assert!(!is(Some(text), args), "{text}");
    }
    assert!(!is(None, "1"));
}

/// What cannot be read may have been any argument: that none is there is not said too.
#[test]
fn nonsense_is_one_error() {
    for args in ["\"x\"", "3", "(class = ifs)", "= ifs", "\"class = ifs\", \"x\"", "Class = ifs", "clas(ifs)"]
    {
        let commas = tokens(args).into_iter().filter(|tree| tree.to_string() == ",").count();
        assert_eq!(mistakes(args).len(), 1 + commas, "{args}: {:?}", mistakes(args));
    }
    check(
        "class = ifs,, uses(WPUModifyIFSHandle,, WPUSetEvent)",
        &expect![[r#"
            not all upcalls required of an `ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUGetProviderPath`, `WPUPostMessage`, `WPUQueryBlockingCallback`
            expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `,`
            expected the name of an upcall, found `,`
        "#]],
    );
    check(
        ",",
        &expect![[r#"
        expected `class = …`, found no class
        expected one of `class`, `platform`, `kit`, `uses`, `waives`, `crate`, found `,`
    "#]],
    );
}

/// A name in another form is reported as that, and counts.
#[test]
fn names_in_another_form() {
    let rest = "waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUQueryBlockingCallback = \"x\")";
    check(
        &format!("class = ifs, uses(\"WPUModifyIFSHandle\", a::WPUPostMessage), {rest}"),
        &expect![[r#"
            expected the name of an upcall, found `"WPUModifyIFSHandle"`
            expected the name of an upcall, found `a::WPUPostMessage`
        "#]],
    );
    check(
        &format!("class = ifs, uses(\"WPUModifyIFSHandle\", a::WPUPostMessag), {rest}"),
        &expect![[r#"
            expected the name of an upcall, found `"WPUModifyIFSHandle"`
            expected the name of an upcall, found `a::WPUPostMessag`
        "#]],
    );
    check(
        "class = ifs, uses(\"not a name\", 3 WPUSetEvent, wpu::)",
        &expect![[r#"
        expected the name of an upcall, found `"not a name"`
        expected the name of an upcall, found `3`
        expected the name of an upcall, found `wpu::`
    "#]],
    );
    check(
        "class = ifs, uses(WPUSetEvent + WPUResetEvent, WPUPostMessage WPUModifyIFSHandle)",
        &expect![[r#"
        expected `,`, found `+`
        expected `,`, found `WPUModifyIFSHandle`
    "#]],
    );
    check(
        "class = ifs, waives(a::Nothing, \"Nothing\")",
        &expect![[r#"
        expected the name of an upcall, found `a::Nothing`
        expected the name of an upcall, found `"Nothing"`
    "#]],
    );
}

/// A list without brackets ends where the next argument begins.
#[test]
fn lists_without_brackets() {
    check(
        "uses = WPUSetEvent, WPUPostMessage, 3, x, platform = red, class = blue",
        &expect![[r#"
        expected `uses(…)`, found `uses = …`
        expected one of `nt`, `win9x`, found `red`
        expected one of `ifs`, `non_ifs`, found `blue`
    "#]],
    );
    check(
        "waives WPUSetEvent = \"x\" class = blue",
        &expect![[r#"
        expected `(` after `waives`, found `WPUSetEvent`
        expected `,`, found `class`
        expected one of `ifs`, `non_ifs`, found `blue`
    "#]],
    );
    check(
        "class = blue, uses = ,",
        &expect![[r#"
        expected one of `ifs`, `non_ifs`, found `blue`
        expected `uses(…)`, found `uses = …`
    "#]],
    );
    check(
        "class = ifs, uses",
        &expect![[r#"
        expected `(` after `uses`, found nothing
    "#]],
    );
    check(
        "class = ifs, uses WPUSetEvent, kit",
        &expect![[r#"
        expected `(` after `uses`, found `WPUSetEvent`
        expected `=` after `kit`, found nothing
    "#]],
    );
}

/// The value of a key that stands again is not judged.
#[test]
fn what_stands_again_is_reported_as_that_alone() {
    check(
        "class = red, class = blue",
        &expect![[r#"
        expected one of `ifs`, `non_ifs`, found `red`
        expected `class` once, found it again
    "#]],
    );
    check(
        "class = ifs, class = , platform = red, platform",
        &expect![[r#"
        expected `class` once, found it again
        expected a value after `=`, found `,`
        expected one of `nt`, `win9x`, found `red`
        expected `platform` once, found it again
        expected `=` after `platform`, found nothing
    "#]],
    );
    let args = format!("{GOOD} crate = nowhere_else");
    assert!(!expand(&args, ITEM).to_string().contains("nowhere_else"));
}
