//! Programs that the attribute accepts: each module must compile under the lints that it names, and run.

#![expect(dead_code, reason = "what a program declares is there to be compiled")]

mod pointers;

#[test]
fn safe_code_builds_and_reads_structures_with_pointers() {
    pointers::main();
}

macro_rules! programs {
    ($($program:ident)*) => {$(
        mod $program;

        #[test]
        fn $program() {
            $program::main();
        }
    )*};
}

programs! {
    brackets
    conditions
    empty_lists
    kit
    macro_rules
    no_lint
    odd_fields
    places
    prelude_off
    release_alone
    same_names
    unused_elsewhere_altogether
}
