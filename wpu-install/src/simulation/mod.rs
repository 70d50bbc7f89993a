//! Ws2_32's functions for the catalog over catalogs in memory, for tests of installers on any system.

mod arguments;
mod condition;
mod functions;
mod state;

use crate::application::MemoryApplications;
use crate::memory::Memory;
use condition::Failing;
use state::{State, state};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_sys::{WsaError, import};

pub use condition::Condition;

/// Catalogs in memory behind the functions of Ws2_32 that list and change catalogs and permitted categories.
///
/// From its start on, `wpu_sys::import` finds these functions, and so does everything that uses it, such as
/// [`System`](crate::System). They check their arguments as the documentation says, and answer its error
/// codes. On Windows `wpu_sys::import` finds those of Ws2_32, and there is no simulation.
///
/// # Examples
///
/// ```
/// use wpu_install::{Condition, Memory, Registrar, Simulation, System, Width, WsaError};
///
/// let simulation = Simulation::start(Memory::sample(&[Width::Bits64]));
/// let mut system = System::open(&[Width::Bits64]).unwrap();
/// assert_eq!(system.read_all().unwrap(), simulation.memory(|memory| memory.catalogs().clone()));
///
/// simulation.fail(Condition::NoMemory, 0..1);
/// let failed = system.reorder(Width::Bits64, &[1004, 1003, 1002, 1001]);
/// assert_eq!(failed, Err(WsaError::WSA_NOT_ENOUGH_MEMORY));
/// assert_eq!(system.reorder(Width::Bits64, &[1004, 1003, 1002, 1001]), Ok(()));
/// ```
#[derive(Debug)]
pub struct Simulation {
    /// The functions have no state but that of one simulation.
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Simulation {
    /// Starts a simulation, and waits before that until no other one is left in this process.
    #[must_use]
    pub fn start(memory: Memory) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let applications = MemoryApplications::default();
        *state() = Some(State { memory, applications, failing: None, last_error: None });
        offer();
        Self { _turn: turn }
    }

    /// Looks at the catalogs, or changes them as another program does.
    pub fn memory<R>(&self, look: impl FnOnce(&mut Memory) -> R) -> R {
        self.with(|state| look(&mut state.memory))
    }

    /// Makes calls fail under a condition: those of these numbers, counted from 0 and from now on among the
    /// calls that the condition concerns.
    pub fn fail(&self, condition: Condition, calls: Range<usize>) {
        self.with(|state| state.failing = Some(Failing { condition, calls, seen: 0 }));
    }

    /// The error of the latest call that failed, also if the call could not write it.
    #[must_use]
    pub fn last_error(&self) -> Option<WsaError> {
        self.with(|state| state.last_error)
    }

    #[expect(clippy::unused_self, reason = "there is a state while there is a simulation")]
    fn with<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        look(state().as_mut().expect("there is a simulation"))
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        *state() = None;
    }
}

/// Offers the functions to those that import them by name.
fn offer() {
    macro_rules! offer {
        ($($provide:ident = $function:expr;)*) => {
            $(
                // SAFETY: the function keeps the documented contract of this name, as long as the process runs.
                unsafe { import::$provide($function) };
            )*
        };
    }
    offer! {
        provide_wsc_enum_protocols = functions::enumerate::<false>;
        provide_wsc_enum_protocols32 = functions::enumerate::<true>;
        provide_wsc_get_provider_path = functions::path::<false>;
        provide_wsc_get_provider_path32 = functions::path::<true>;
        provide_wsc_install_provider = functions::install::<false>;
        provide_wsc_install_provider64_32 = functions::install::<true>;
        provide_wsc_deinstall_provider = functions::remove::<false>;
        provide_wsc_deinstall_provider32 = functions::remove::<true>;
        provide_wsc_write_provider_order = functions::order::<false>;
        provide_wsc_write_provider_order32 = functions::order::<true>;
        provide_wsc_get_provider_info = functions::info::<false>;
        provide_wsc_get_provider_info32 = functions::info::<true>;
        provide_wsc_set_provider_info = functions::set_info::<false>;
        provide_wsc_set_provider_info32 = functions::set_info::<true>;
        provide_wsc_get_application_category = functions::permitted;
        provide_wsc_set_application_category = functions::permit;
    }
}
