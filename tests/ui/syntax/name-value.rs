//! A text after the attribute. The struct and its upcalls exist nevertheless.
use wpu::prelude::*;

#[wpu_provider = "x"]
pub struct Files(pub FilesUpcalls);

fn main() {
    _ = Files(Files::upcalls()).0.modify_ifs_handle(1, 2);
}
