//! The tests that read the sources of the project, or start compilers of this machine. They are one program,
//! which is linked once, and whose tests share the processors.

mod builds;
mod c_headers;
mod common;
mod docs;
mod examples;
mod fixtures;
mod freshness;
mod hygiene;
mod names;
mod no_spec_names;
mod output;
mod programs;
mod properties;
mod public_names;
mod retired_words;
mod rings;
mod rubbish;
mod sdk_page;
mod shapes;
mod text_constants;
mod texts;
mod texts_shown;
mod windows_libraries;
