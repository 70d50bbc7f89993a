//! The rules of compliance: what breaks one is reported once, where it would be mended.

use super::arguments::check;
use expect_test::expect;

/// A name that stands again is reported there, and not where it stands first.
#[test]
fn duplicate() {
    check(
        "class = ifs, uses(WPUModifyIFSHandle, 1, WPUModifyIFSHandle, WPUPostMessage, 2, WPUModifyIFSHandle),
        waives(WPUCloseSocketHandle, WPUQueryBlockingCallback, 3, WPUPostMessage, WPUGetProviderPath, 4,
            WPUGetProviderPath = \"none\")",
        &expect![[r#"
            expected the name of an upcall, found `1`
            upcall `WPUModifyIFSHandle` is in `uses(…)` more than once
            expected the name of an upcall, found `2`
            upcall `WPUModifyIFSHandle` is in `uses(…)` more than once
            expected the name of an upcall, found `3`
            upcall `WPUPostMessage` is both used and waived
            expected the name of an upcall, found `4`
            upcall `WPUGetProviderPath` is in `waives(…)` more than once
        "#]],
    );
    check(
        "class = ifs, waives(WPUPostMessage, WPUCloseSocketHandle, WPUGetProviderPath, WPUQueryBlockingCallback = \"none\", 1),
        uses(2, WPUPostMessage, WPUModifyIFSHandle)",
        &expect![[r#"
            expected the name of an upcall, found `1`
            expected the name of an upcall, found `2`
            upcall `WPUPostMessage` is both used and waived
        "#]],
    );
}

#[test]
fn no_effect_of_a_waiver_that_nothing_requires() {
    check(
        "class = ifs, uses(WPUModifyIFSHandle), waives(1, WPUSetEvent, WPUCloseSocketHandle, WPUGetProviderPath,
            WPUPostMessage, 2, WPUCreateEvent, WPUQueryBlockingCallback = \"none\")",
        &expect![[r#"
            expected the name of an upcall, found `1`
            waiver of `WPUSetEvent` has no effect: it is not required of an `ifs` provider
            expected the name of an upcall, found `2`
            waiver of `WPUCreateEvent` has no effect: it is not required of an `ifs` provider
        "#]],
    );
    check(
        "class = ifs, platform = win9x, uses(WPUModifyIFSHandle),
        waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = \"none\")",
        &expect![[r#"
            waiver of `WPUPostMessage` has no effect: it is not required of an `ifs` provider on `win9x`
        "#]],
    );
}

#[test]
fn no_effect_of_a_waiver_of_what_comes_along() {
    check(
        "class = non_ifs, uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
        waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = \"none\")",
        &expect![[r#"
            waiver of `WPUCloseSocketHandle` has no effect: `WPUCreateSocketHandle` also declares it
        "#]],
    );
    check(
        "class = non_ifs, kit = base, waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUQueueApc = \"none\")",
        &expect![[r#"
            waiver of `WPUCloseSocketHandle` has no effect: the kit `base` uses it
            waiver of `WPUQueueApc` has no effect: the kit `base` uses it
        "#]],
    );
}

/// What stands in the wrong class is reported as that, with each list, and as nothing else.
#[test]
fn not_applicable() {
    check(
        "class = ifs, uses(WPUModifyIFSHandle, WPUCreateSocketHandle), waives(WPUQuerySocketHandleContext,
            WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = \"none\")",
        &expect![[r#"
            upcall `WPUCreateSocketHandle` does not apply to an `ifs` provider
            upcall `WPUQuerySocketHandleContext` does not apply to an `ifs` provider
        "#]],
    );
}

#[test]
fn missing_with_and_without_a_kit() {
    check(
        "class = non_ifs",
        &expect![[r#"
        not all upcalls required of a `non_ifs` provider are used or waived, missing: `WPUCloseSocketHandle`, `WPUCreateSocketHandle`, `WPUGetProviderPath`, `WPUPostMessage`, `WPUQueryBlockingCallback`, `WPUQuerySocketHandleContext`
    "#]],
    );
    check(
        "class = non_ifs, kit = base",
        &expect![[r#"
        not all upcalls required of a `non_ifs` provider are used or waived, missing: `WPUGetProviderPath`
    "#]],
    );
    check(
        "class = ifs, kit = base",
        &expect![[r#"
        the kit `base` is not for providers of class `ifs`
    "#]],
    );
}

/// A waiver that must go anyway needs no reason; the reason is asked for once for all names that share it.
#[test]
fn reason() {
    check(
        "class = ifs, uses(WPUModifyIFSHandle), waives(WPUSetEvent, WPUCloseSocketHandle, WPUGetProviderPath,
            WPUPostMessage = \" \", WPUQueryBlockingCallback)",
        &expect![[r#"
            waiver of `WPUSetEvent` has no effect: it is not required of an `ifs` provider
            waivers of `WPUCloseSocketHandle`, `WPUGetProviderPath`, `WPUPostMessage` have no reason
            waiver of `WPUQueryBlockingCallback` has no reason
        "#]],
    );
    check(
        "class = ifs, uses(WPUModifyIFSHandle), waives(WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage,
            WPUQueryBlockingCallback = \"none\", WPUSetEvent = \"\")",
        &expect![[r#"
            waiver of `WPUSetEvent` has no effect: it is not required of an `ifs` provider
        "#]],
    );
}
