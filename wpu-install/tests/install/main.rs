//! Plans, what becomes of them, and the functions of Windows' catalog. These tests are one program, which is linked once:
//! catalogs are values, and one simulation waits for the end of the other.

mod applications;
mod broken;
mod common;
mod descriptions;
mod documented_errors;
mod failures;
mod functions;
mod meanwhile;
mod pitfalls;
mod properties;
mod system;
