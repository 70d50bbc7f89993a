//! Safe code that implements the runtime's traits by hand, shares its statics, and calls its hidden parts: no
//! function of a table ever gets an instance of another type.

#![cfg(all(feature = "macros", feature = "base", feature = "layer"))]

use crate::common::host::Scripted;
use crate::common::provider::{ENTRY, VERSION, call, clean_up, functions_of};
use safe::{as_base, as_itself, as_itself_again, as_layer, copycat, nested};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::{Provider, WsaError};
use wpu_sys::ffi::{WSPDATA, WSPPROC_TABLE, WSPStartupExFn, WSPUPCALLTABLEEX};

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// The code of a provider's author.
mod safe {
    #![forbid(unsafe_code)]

    use std::cell::Cell;
    use std::net::Shutdown;
    use wpu::__private::{Fixed, Import, Run};
    use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
    use wpu::layer::{LayerProvider, Layered};
    use wpu::prelude::*;
    use wpu::{Class, Declaration, WithKit, facts::kits};

    /// A provider that is a transport and a layer at the same time. As itself it returns its number.
    #[wpu_provider(
        class = non_ifs,
        kit = base,
        uses(WPUCloseEvent, WPUCreateEvent, WPUGetProviderPath, WPUOpenCurrentThread, WPUCloseThread),
    )]
    pub struct Both(pub [u64; 8]);

    pub const NUMBER: usize = 4711;
    pub const ITS_OWN: u64 = 0x5555;

    impl ServiceProvider for Both {
        fn socket(&self, _: SocketParams<'_>) -> Result<SOCKET, WsaError> {
            assert!(self.0.iter().all(|word| *word == ITS_OWN), "this is the memory of another type");
            Ok(NUMBER)
        }
    }

    pub struct Nothing;

    impl Transport for Both {
        type Endpoint = Nothing;
        fn open(&self, _: Kind, _: Notify) -> Result<Nothing, WsaError> {
            Err(WsaError::WSAEMFILE)
        }
    }

    impl Endpoint for Nothing {
        fn bind(&self, _: &Address) -> Result<(), WsaError> {
            Ok(())
        }
        fn local(&self) -> Result<Address, WsaError> {
            Err(WsaError::WSAEINVAL)
        }
        fn peer(&self) -> Result<Address, WsaError> {
            Err(WsaError::WSAENOTCONN)
        }
        fn connect(&self, _: &Address) -> Result<(), WsaError> {
            Ok(())
        }
        fn receive(&self, _: &mut [u8], _: Receive) -> Result<usize, WsaError> {
            Ok(0)
        }
        fn send(&self, _: &[u8]) -> Result<usize, WsaError> {
            Ok(0)
        }
        fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
            Ok(())
        }
    }

    /// A crate may state that it names a kit, as long as it declares the kit's upcalls.
    impl WithKit<kits::Layer> for Both {}
    impl Layer for Both {
        /// Calls what it declares for the second kit.
        fn shutdown(&self, next: &impl ServiceProvider, socket: SOCKET, how: i32) -> Result<(), WsaError> {
            let upcalls = <Self as Provider>::upcalls();
            upcalls.get_provider_path(&Self::ID)?;
            drop((upcalls.create_event()?, upcalls.open_current_thread()?));
            next.shutdown(socket, how)
        }
    }

    impl Lifecycle for Both {
        fn start(start: &Start<'_>) -> Result<Self, WsaError> {
            BEGUN.set(BEGUN.get() + 1);
            // A layer can be started only as the exported type, and once.
            assert!(<Layered<Self> as Lifecycle>::start(start).is_err());
            Ok(Self([PATTERN.get(); 8]))
        }

        fn start_again(&self, _: &Start<'_>) -> Result<(), WsaError> {
            AGAIN.set(AGAIN.get() + 1);
            Ok(())
        }
    }

    impl LayerProvider for Both {
        const ID: GUID = GUID { Data1: 1, Data2: 2, Data3: 3, Data4: [4; 8] };
    }

    pub mod as_itself {
        wpu::export!(super::Both; san; any());
    }
    pub mod as_itself_again {
        wpu::export!(super::Both; san; any());
    }
    pub mod as_base {
        wpu::export!(wpu::base::Base<super::Both>; san; any());
    }
    pub mod as_layer {
        wpu::export!(wpu::layer::Layered<super::Both>; san; any());
    }
    pub mod copycat {
        wpu::export!(super::Copycat; san; any());
    }
    pub mod nested {
        wpu::export!(super::Nested; san; any());
    }

    /// States that the run of another provider is its own.
    pub struct Copycat(Box<str>);

    impl Provider for Copycat {
        type Upcalls = wpu::Upcalls;
        const DECLARATION: Declaration = Declaration { class: Class::NonIfs.id(), ..Both::DECLARATION };
        fn upcalls() -> wpu::Upcalls {
            // The cell of the other provider is not accessible.
            static NONE: wpu::raw::Cell = wpu::raw::Cell::new();
            wpu::Upcalls::new(&NONE)
        }
        const __RUN: Fixed<Run> = Both::__RUN;
        const __IMPORTS: &'static [Import] = Both::__IMPORTS;
    }

    impl ServiceProvider for Copycat {
        fn close_socket(&self, _: SOCKET) -> Result<(), WsaError> {
            assert_eq!(&*self.0, "copycat");
            Ok(())
        }
    }

    impl Lifecycle for Copycat {
        fn start(_: &Start<'_>) -> Result<Self, WsaError> {
            Ok(Self("copycat".into()))
        }
    }

    thread_local! {
        /// The pattern in the memory of the next provider: each form has its own.
        pub static PATTERN: Cell<u64> = const { Cell::new(ITS_OWN) };
        /// The result of a layer that was started from within other code.
        pub static STARTED: Cell<Option<WsaError>> = const { Cell::new(None) };
        /// The number of further start-ups.
        pub static AGAIN: Cell<usize> = const { Cell::new(0) };
        /// The number of start-ups of the author's code.
        pub static BEGUN: Cell<usize> = const { Cell::new(0) };
    }

    /// Starts a layer in its own start-up.
    pub struct Nested(Base<Both>);

    impl Provider for Nested {
        type Upcalls = wpu::Upcalls;
        const DECLARATION: Declaration = Both::DECLARATION;
        fn upcalls() -> wpu::Upcalls {
            Copycat::upcalls()
        }
        const __RUN: Fixed<Run> = Both::__RUN;
        const __IMPORTS: &'static [Import] = &[];
    }

    impl ServiceProvider for Nested {
        fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
            self.0.close_socket(socket)
        }
    }

    impl Lifecycle for Nested {
        fn start(start: &Start<'_>) -> Result<Self, WsaError> {
            STARTED.set(<Layered<Both> as Lifecycle>::start(start).err());
            <Base<Both> as Lifecycle>::start(start).map(Self)
        }
    }
}

fn run() -> wpu::__private::Fixed<wpu::raw::Run> {
    safe::Both::__RUN
}

/// Serializes the tests, since all of these providers share one run.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(run().starts(), 0);
    guard
}

/// Starts a form in which the kit implements the functions: its memory has another pattern.
fn start_other(startup: WSPStartupExFn) -> Result<WSPPROC_TABLE, WsaError> {
    safe::PATTERN.set(0xaaaa);
    let started = start(startup);
    safe::PATTERN.set(safe::ITS_OWN);
    started
}

/// Starts a form in which the provider implements the functions.
fn start(startup: WSPStartupExFn) -> Result<WSPPROC_TABLE, WsaError> {
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    // SAFETY: the pointers point to locals, and the table is callable for the lifetime of the process.
    let code =
        unsafe { startup(VERSION, &raw mut data, &raw const ENTRY, &raw const TABLE, &raw mut functions) };
    if code == 0 {
        return Ok(functions);
    }
    assert!(functions_of(&functions).iter().all(|function| function.is_null()));
    Err(WsaError::new(code))
}

/// The result of `WSPSocket`.
fn socket(functions: &WSPPROC_TABLE) -> Result<usize, WsaError> {
    let mut errno = 0;
    let socket = functions.lpWSPSocket.expect("a full table");
    // SAFETY: a null entry is allowed, and the errno location is a local.
    let made = unsafe { socket(2, 1, 6, std::ptr::null_mut(), 0, 0, &raw mut errno) };
    if errno == 0 { Ok(made) } else { Err(WsaError::new(errno)) }
}

type Answers = Result<usize, WsaError>;

/// Each form of the provider, with the result of its `WSPSocket`.
const FORMS: [(WSPStartupExFn, Answers); 3] = [
    (as_itself::WSPStartupEx, Ok(safe::NUMBER)),
    (as_itself_again::WSPStartupEx, Ok(safe::NUMBER)),
    (as_base::WSPStartupEx, Err(WsaError::WSAEMFILE)),
];

#[test]
fn types_that_share_a_run_are_started_one_at_a_time() {
    let _alone = alone();
    for (first, (startup, answer)) in FORMS.iter().enumerate() {
        let begin = if answer.is_ok() { start } else { start_other };
        let functions = begin(*startup).expect("nobody else is started");
        assert_eq!(socket(&functions), *answer);
        for (_, (other, _)) in FORMS.iter().enumerate().filter(|(other, _)| *other != first) {
            assert_eq!(start(*other).err(), Some(WsaError::WSASYSNOTREADY));
        }
        assert_eq!(start(copycat::WSPStartupEx).err(), Some(WsaError::WSASYSNOTREADY));
        assert_eq!((run().starts(), socket(&functions)), (1, *answer), "nothing has changed");
        start(*startup).expect("itself may be started again");
        clean_up(&functions).expect("started twice");
        clean_up(&functions).expect("started once");
    }
}

#[test]
fn functions_of_one_type_never_get_an_instance_of_another() {
    let _alone = alone();
    let old = FORMS.map(|(startup, answer)| {
        let begin = if answer.is_ok() { start } else { start_other };
        let functions = begin(startup).expect("nobody else is started");
        clean_up(&functions).expect("started");
        functions
    });
    let functions = start(copycat::WSPStartupEx).expect("nobody else is started");
    assert_eq!(call(&functions, 1), Ok(()));
    for old in &old {
        assert_eq!(socket(old), Err(WsaError::WSANOTINITIALISED));
        assert_eq!(clean_up(old), Err(WsaError::WSANOTINITIALISED), "it is not theirs to end");
    }
    assert_eq!((call(&functions, 1), run().starts()), (Ok(()), 1));
    clean_up(&functions).expect("started");
}

#[test]
fn an_exported_run_cannot_be_ended_by_other_code() {
    let _alone = alone();
    let functions = start(as_itself::WSPStartupEx).expect("nobody else is started");
    let by_hand = wpu::raw::clean_up::<safe::Both>(|| panic!("it is not over"));
    assert_eq!(by_hand, Err(WsaError::WSANOTINITIALISED));
    // SAFETY: the table is callable for the lifetime of the process.
    let started = unsafe { wpu::raw::start::<safe::Both>(&TABLE) };
    assert_eq!(started, Err(wpu::raw::StartError::Shared));
    assert_eq!((run().starts(), socket(&functions)), (1, Ok(safe::NUMBER)));
    clean_up(&functions).expect("started");
}

#[test]
fn a_transport_receives_each_further_start() {
    let _alone = alone();
    let functions = start_other(as_base::WSPStartupEx).expect("nobody else is started");
    assert_eq!(safe::AGAIN.get(), 0);
    start_other(as_base::WSPStartupEx).expect("it may be started again");
    assert_eq!(safe::AGAIN.get(), 1);
    for _ in 0..2 {
        clean_up(&functions).expect("started");
    }
}

#[test]
fn a_layer_cannot_be_started_by_other_code() {
    let _alone = alone();
    let functions = start_other(nested::WSPStartupEx).expect("nobody else is started");
    // The outer start-up was that of the base; the layer was refused before its author's code.
    assert_eq!((safe::STARTED.take(), safe::BEGUN.take()), (Some(WsaError::WSASYSNOTREADY), 1));
    clean_up(&functions).expect("started");
    // A start-up of the layer itself continues only once. Windows has a catalog without the layer: there it
    // does not start.
    assert!(start_other(as_layer::WSPStartupEx).is_err());
    assert_eq!((safe::BEGUN.get(), run().starts()), (usize::from(cfg!(not(windows))), 0));
}
