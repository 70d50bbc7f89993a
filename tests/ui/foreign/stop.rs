//! A plug-in by hand whose end does nothing: its host would unload, and its upcalls would still go there.
use zorb::__private::{Class, Declaration, Import, Interface, Platform, Upcalls};
use wpu_table::__private::{Fixed, Provider, Run};

static RUN: Run<Interface> = Run::new();
pub struct Crow;
impl Provider for Crow {
    type Interface = Interface;
    type Upcalls = Upcalls;
    const DECLARATION: Declaration = Declaration { facts: &zorb::FACTS, provider: "Crow", class: Class::ALL[0].id(),
        platform: Platform::ALL[0].id(), kit: None, uses: &[], waives: &[] };
    fn upcalls() -> Upcalls { Upcalls::new(RUN.cell()) }
    const __RUN: Fixed<Run<Interface>> = Fixed::new(&RUN);
    const __IMPORTS: &'static [Import] = &[];
    fn stop() {}
}

fn main() {}
