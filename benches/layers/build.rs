//! Exports the functions of the program, in which layers find functions of Ws2_32 by name.

fn main() {
    println!("cargo::rustc-link-arg=-rdynamic");
}
