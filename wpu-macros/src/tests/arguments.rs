//! Bad arguments: every mistake is reported once, in order, and causes no other.

use super::{GOOD, ITEM, errors, expand, mistakes, tokens};
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
            expected `class = …`, found no class
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
        expected `waives(…)`, found `waives{…}`
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
        expected the name of an upcall, found `a::b::WPUSetEvent`
        expected the name of an upcall, found `:`
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
        expected a reason in quotes, found `concat!(…)`
        expected `=` and a reason, found `(…)`
    "#]],
    );
    check(
        "class = ifs, waives(= \"a\", \"b\" = WPUPostMessage)",
        &expect![[r#"
        expected the name of an upcall, found `=`
        expected the name of an upcall, found `"b"`
    "#]],
    );
    check(
        "waives(WPUPostMessage = b\"bytes\", WPUGetProviderPath = r#\"\t\"#)",
        &expect![[r#"
        expected `class = …`, found no class
        expected a reason in quotes, found `b"bytes"`
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
        let expansion = crate::provider_with(args.clone(), &tokens(ITEM));
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
    let expansion = crate::provider_with(hidden, &tokens(ITEM));
    assert_eq!(errors(&expansion), Vec::<String>::new());
    assert_eq!(expansion.to_string(), expand(GOOD, ITEM).to_string());
}
