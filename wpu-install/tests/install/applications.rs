//! The layers that a program loads, and changing and restoring what it permits.

use crate::common::*;
use wpu_install::{
    Application, Applications, Class, Layer, Memory, MemoryApplications, Permission, PermissionError,
    PermissionFailure, PermissionStep, Problem, WsaError, loaded, loads,
};
use wpu_sys::ffi::{LSP_CRYPTO_COMPRESS, LSP_FIREWALL, LSP_INSPECTOR, LSP_SYSTEM};

const FIREWALL: u32 = LSP_FIREWALL | LSP_CRYPTO_COMPRESS;

fn application() -> Application {
    Application { path: r"C:\a.exe".into(), arguments: None }
}

fn to(to: Option<u32>) -> Permission {
    Permission { application: application(), to }
}

/// The example in the documentation of categories: two programs and four layers.
#[test]
fn the_documented_example_holds() {
    let _shows = wpu_evidence::tested(["application-categories.uncategorised-is-not-zero"]);
    let (foo, bar) = (Some(LSP_SYSTEM | FIREWALL), Some(FIREWALL));
    let layers = [LSP_SYSTEM, 0, LSP_FIREWALL, LSP_SYSTEM | FIREWALL | LSP_INSPECTOR];
    assert_eq!(layers.map(|layer| loads(foo, layer)), [true, false, false, false]);
    assert_eq!(layers.map(|layer| loads(bar, layer)), [false, false, true, false]);
    assert_eq!(layers.map(|layer| loads(None, layer)), [true; 4]);
    // A layer with as many categories as the program permits, and a program that permits none.
    assert!(loads(foo, LSP_SYSTEM | FIREWALL));
    assert!(!loads(Some(0), 0) && !loads(Some(0), LSP_FIREWALL));
}

#[test]
fn the_layers_of_a_catalog_are_told_apart() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &Layer { categories: LSP_FIREWALL, ..over(1, Class::Ifs, &[1001]) });
    install(&mut memory, &over(2, Class::Ifs, &[1002]));
    let told = |permitted| {
        let all = loaded(memory.catalogs(), permitted);
        all.into_iter().map(|(_, entry, loaded)| (entry.name(), loaded)).collect::<Vec<_>>()
    };
    let named = |first, second| vec![("Layer 1".to_owned(), first), ("Layer 2".to_owned(), second)];
    assert_eq!(told(None), named(true, true));
    assert_eq!(told(Some(LSP_FIREWALL)), named(true, false));
    assert_eq!(told(Some(LSP_SYSTEM)), named(false, false));
}

#[test]
fn categories_are_added_and_removed_only_all_together() {
    use PermissionStep::{Forget, Permit};
    let steps = |now, wanted| to(wanted).plan(now).expect("a plan").steps;
    assert_eq!(steps(None, Some(4)), [Permit(4)]);
    assert_eq!(steps(Some(4), Some(6)), [Permit(6)]);
    assert_eq!(steps(Some(6), Some(4)), [Forget, Permit(4)]);
    assert_eq!(steps(Some(6), Some(9)), [Forget, Permit(9)]);
    assert_eq!(steps(Some(6), None), [Forget]);
    for same in [None, Some(6)] {
        assert!(matches!(to(same).plan(same), Err(Problem::PermittedAlready { .. })));
    }
    let bad = Application { path: "a.exe".into(), arguments: None };
    let plan = Permission { application: bad, to: Some(1) }.plan(None);
    assert!(matches!(plan, Err(Problem::BadPath { .. })));
    let bad = Application { arguments: Some("a\0b".into()), ..application() };
    assert!(matches!(Permission { application: bad, to: Some(1) }.plan(None), Err(Problem::BadPath { .. })));
}

#[test]
fn a_change_and_its_undo_leave_nothing() {
    let _shows = wpu_evidence::tested(["application-categories.path-with-arguments-identifies"]);
    for from in [None, Some(1), Some(6)] {
        for wanted in [None, Some(2), Some(6), Some(12)] {
            let mut applications = MemoryApplications::default();
            if let Some(from) = from {
                applications.permit(&application(), from).unwrap();
            }
            let other = Application { arguments: Some("-k".into()), ..application() };
            applications.permit(&other, 3).unwrap();
            let Ok(plan) = to(wanted).plan(from) else { continue };
            plan.apply(&mut applications).unwrap();
            assert_eq!(applications.permitted(&application()), Ok(wanted));
            to(from).plan(wanted).unwrap().apply(&mut applications).unwrap();
            assert_eq!(applications.permitted(&application()), Ok(from));
            assert_eq!(applications.permitted(&other), Ok(Some(3)), "another program");
        }
    }
}

/// Fails at one of the changes, with or without making it, or reports success and does nothing.
struct Faulty {
    inner: MemoryApplications,
    at: usize,
    done: bool,
    error: Option<WsaError>,
    changes: usize,
}

impl Faulty {
    fn change<E: From<WsaError>>(
        &mut self,
        deed: impl FnOnce(&mut MemoryApplications) -> Result<(), E>,
    ) -> Result<(), E> {
        self.changes += 1;
        if self.changes - 1 != self.at {
            return deed(&mut self.inner);
        }
        if self.done {
            deed(&mut self.inner)?;
        }
        self.error.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Applications for Faulty {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        self.inner.permitted(application)
    }

    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError> {
        self.change(|inner| inner.permit(application, categories))
    }

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        self.change(|inner| inner.forget(application))
    }
}

#[test]
fn a_failed_step_leaves_the_permitted_categories_unchanged() {
    for (from, wanted) in [(None, Some(4)), (Some(4), Some(6)), (Some(6), Some(9)), (Some(6), None)] {
        let plan = to(wanted).plan(from).unwrap();
        for at in 0..plan.steps.len() {
            for (done, error) in
                [(false, None), (false, Some(WsaError::WSANO_RECOVERY)), (true, Some(WsaError::WSAEFAULT))]
            {
                let mut inner = MemoryApplications::default();
                if let Some(from) = from {
                    inner.permit(&application(), from).unwrap();
                }
                let mut faulty = Faulty { inner, at, done, error, changes: 0 };
                let failure = plan.apply(&mut faulty).unwrap_err();
                let error = error.map_or(PermissionError::NotDone, PermissionError::Winsock);
                let program = application().to_string();
                assert_eq!(failure, PermissionFailure::TakenBack { application: program, error });
                assert_eq!(faulty.inner.permitted(&application()), Ok(from), "{from:?} {at}");
            }
        }
    }
}

/// Nothing can be added after the failure.
struct Stuck(MemoryApplications);

impl Applications for Stuck {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        self.0.permitted(application)
    }

    fn permit(&mut self, _: &Application, _: u32) -> Result<(), WsaError> {
        Err(WsaError::WSANO_RECOVERY)
    }

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        self.0.forget(application)
    }
}

#[test]
fn a_change_that_cannot_be_undone_is_reported() {
    let mut inner = MemoryApplications::default();
    inner.permit(&application(), 6).unwrap();
    let plan = to(Some(9)).plan(Some(6)).unwrap();
    let failure = plan.apply(&mut Stuck(inner)).unwrap_err();
    assert!(matches!(failure, PermissionFailure::HalfWay { now: Ok(None), .. }), "{failure}");
    let text = failure.to_string();
    assert!(text.starts_with(r"cannot change what `C:\a.exe` permits: "), "{text}");
    assert!(text.ends_with("; now it permits every layer, since it is not categorised"), "{text}");
}

#[test]
fn a_program_that_was_changed_meanwhile_is_not_changed() {
    let mut applications = MemoryApplications::default();
    let plan = to(Some(4)).plan(None).unwrap();
    applications.permit(&application(), 8).unwrap();
    let failure = plan.apply(&mut applications).unwrap_err();
    let wanted = "another program changed what `C:\\a.exe` permits since the plan was made: now it permits layers of the \
        categories firewall; nothing was changed";
    assert_eq!(failure.to_string(), wanted);
    assert_eq!(applications.permitted(&application()), Ok(Some(8)));
}

/// Another program adds a category before one of the calls, and from some call on nothing can be read.
struct Shared {
    inner: MemoryApplications,
    calls: usize,
    other: usize,
    blind: usize,
}

impl Shared {
    fn call(&mut self) -> &mut MemoryApplications {
        if self.calls == self.other {
            self.inner.permit(&application(), 64).unwrap();
        }
        self.calls += 1;
        &mut self.inner
    }
}

impl Applications for Shared {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        if self.calls >= self.blind {
            return Err(WsaError::WSANO_RECOVERY);
        }
        self.call().permitted(application)
    }

    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError> {
        self.call().permit(application, categories)
    }

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        // A change between reading and deleting cannot be detected.
        self.inner.forget(application)
    }
}

#[test]
fn categories_that_another_program_adds_meanwhile_stay() {
    let _shows = wpu_evidence::tested(["application-categories.categories-add-up"]);
    let mut failed = 0;
    for (from, wanted) in [(None, Some(4)), (Some(4), Some(6)), (Some(6), Some(9)), (Some(6), None)] {
        for other in 1..8 {
            let mut inner = MemoryApplications::default();
            if let Some(from) = from {
                inner.permit(&application(), from).unwrap();
            }
            let mut shared = Shared { inner, calls: 0, other, blind: usize::MAX };
            let result = to(wanted).plan(from).unwrap().apply(&mut shared);
            if shared.calls <= other {
                break;
            }
            let now = shared.inner.permitted(&application()).unwrap();
            assert_eq!(now, Some(from.unwrap_or(0) | 64), "{from:?} {wanted:?} {other}");
            let failure = result.unwrap_err();
            assert!(
                matches!(&failure, PermissionFailure::HalfWay { now: told, .. } if *told == Ok(now)),
                "{failure}"
            );
            failed += 1;
        }
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn unreadable_categories_are_reported_as_unknown() {
    let plan = to(Some(4)).plan(None).unwrap();
    let failure = |blind| {
        let inner = MemoryApplications::default();
        plan.apply(&mut Shared { inner, calls: 0, other: usize::MAX, blind }).unwrap_err().to_string()
    };
    let first = failure(0);
    assert!(first.starts_with(r"cannot read what `C:\a.exe` permits: WSANO_RECOVERY"), "{first}");
    assert!(first.ends_with("; nothing was changed"), "{first}");
    let later = failure(2);
    assert!(later.starts_with(r"cannot change what `C:\a.exe` permits: WSANO_RECOVERY"), "{later}");
    assert!(later.contains("; what it permits now cannot be read: WSANO_RECOVERY"), "{later}");
}

/// Each error has a text of its own.
#[test]
fn each_error_of_forgetting_has_its_text() {
    let key = r"HKLM\SYSTEM\CurrentControlSet\Services\WinSock2\Parameters\AppId_Catalog";
    let texts = [
        (PermissionError::NoKey, format!("no key below `{key}` has this path and these arguments")),
        (
            PermissionError::NotAscii,
            format!(
                "`reg` does not tell letters that are not ASCII apart; delete the key of the program below `{key}` yourself"
            ),
        ),
        (
            PermissionError::NoTool { why: "gone".into() },
            "`reg`, which deletes the key, cannot be started: gone".into(),
        ),
        (
            PermissionError::Tool { says: "ERROR: Access is denied.".into() },
            "`reg`, which deletes the key, failed: ERROR: Access is denied.".into(),
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}
