//! Layers find functions of Ws2_32 by name in the program that hosts them.

fn main() {
    println!("cargo::rustc-link-arg=-rdynamic");
}
