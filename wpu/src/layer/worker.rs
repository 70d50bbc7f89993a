//! The thread on which the layer's own requests to the provider below start and complete.
//!
//! Completion routines run on the thread that started the operation, in an alertable wait. A client's thread
//! may never wait alertably, so each request that is passed down is started on this thread, while the
//! client's thread waits for it. The order of calls is preserved, and an immediate error is returned
//! immediately.

use super::sys::ffi::{
    FALSE, TRUE, WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT, WSAEVENT, WaitForMultipleObjectsExFn,
};
use super::sys::{Event, EventRef, ThreadId, Upcalls, WsaError, import};
use crate::ending;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wpu_sys::rt::panic::contain;
use wpu_sys::rt::sync::{Unpoisoned as _, lock};

/// The worker thread, which is started when it is first needed.
pub(super) struct Worker {
    upcalls: Upcalls,
    state: Mutex<State>,
}

enum State {
    Idle,
    Running(Running),
    Ended,
}

struct Running {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// The data that the worker shares with the threads that give it tasks.
pub(super) struct Shared {
    upcalls: Upcalls,
    tasks: Mutex<Tasks>,
    /// Set when there is a task, or when the worker must end.
    wake: Event,
    /// Set by providers below when an event occurs on a socket.
    news: Event,
    /// Whether the thread runs no more code of the layer.
    gone: Over,
}

#[derive(Default)]
struct Tasks {
    waiting: VecDeque<Task>,
    ended: bool,
}

/// How often the worker looks whether it must end, in milliseconds. The event that says so cannot be set once a host
/// has closed its upcalls.
const LOOK: u32 = 5000;

/// The time for which the end of the worker is waited for.
const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 1 });

/// The result of a wait when the second event is set.
const NEWS: u32 = WAIT_OBJECT_0 + 1;

/// A call that the worker makes for another thread, which waits until this is dropped.
struct Task {
    body: *mut Body<'static>,
    over: Arc<Over>,
}

type Body<'a> = dyn FnMut(ThreadId<'_>) + 'a;

#[derive(Default)]
struct Over {
    over: Mutex<bool>,
    changed: Condvar,
}

// SAFETY: the thread that created the task waits until it is dropped, and does not access the closure before.
unsafe impl Send for Task {}

impl Task {
    fn run(self, thread: ThreadId<'_>) {
        // SAFETY: the closure is alive and not accessed elsewhere, as the thread that created it waits for
        // `self`.
        let body = unsafe { &mut *self.body };
        // After a panic there is no result, which the waiting thread detects.
        let _ = contain(|| body(thread));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.over.tell();
    }
}

impl Over {
    fn tell(&self) {
        *lock(&self.over) = true;
        self.changed.notify_all();
    }

    /// Waits until it is over, for at most `patience`. Returns whether it is.
    fn wait(&self, patience: Duration) -> bool {
        let over = lock(&self.over);
        *self.changed.wait_timeout_while(over, patience, |over| !*over).unpoisoned().0
    }
}

impl Worker {
    pub(super) const fn new(upcalls: Upcalls) -> Self {
        Self { upcalls, state: Mutex::new(State::Idle) }
    }

    /// The shared data, with which tasks are submitted. `on_news` runs on the worker whenever
    /// [`Shared::news`] was set.
    pub(super) fn shared(&self, on_news: impl Fn() + Send + 'static) -> Result<Arc<Shared>, WsaError> {
        if let Some(answer) = self.present() {
            return answer;
        }
        // No lock is held meanwhile, so two threads may start a worker; one of the workers is ended again.
        let started = start(self.upcalls, on_news)?;
        let mut state = lock(&self.state);
        if let State::Idle = *state {
            let shared = Arc::clone(&started.shared);
            *state = State::Running(started);
            return Ok(shared);
        }
        drop(state);
        started.end();
        self.present().unwrap_or(Err(WsaError::WSANOTINITIALISED))
    }

    fn present(&self) -> Option<Result<Arc<Shared>, WsaError>> {
        match &*lock(&self.state) {
            State::Idle => None,
            State::Running(running) => Some(Ok(Arc::clone(&running.shared))),
            State::Ended => Some(Err(WsaError::WSANOTINITIALISED)),
        }
    }

    /// Ends the thread. Returns when it has ended, unless that takes long.
    pub(super) fn end(&self) {
        let state = std::mem::replace(&mut *lock(&self.state), State::Ended);
        if let State::Running(running) = state {
            running.end();
        }
    }
}

impl Shared {
    /// Runs `body` on the worker and returns its result.
    ///
    /// # Safety
    ///
    /// `body` and its result may be used on another thread while this one waits.
    pub(super) unsafe fn run<R>(&self, body: impl FnOnce(ThreadId<'_>) -> R) -> Result<R, WsaError> {
        let (mut body, mut answer) = (Some(body), None);
        let mut once = |thread: ThreadId<'_>| {
            if let Some(body) = body.take() {
                answer = Some(body(thread));
            }
        };
        self.hand_over(&mut once)?;
        // There is no result if the call panicked.
        answer.ok_or(WsaError::WSASYSCALLFAILURE)
    }

    fn hand_over(&self, body: &mut Body<'_>) -> Result<(), WsaError> {
        // Later it is too late: the worker may use `body`.
        ending::check_others_live()?;
        let over = Arc::new(Over::default());
        let body: *mut Body<'_> = body;
        // SAFETY: only the lifetime changes, and this function does not return before the task is dropped.
        #[allow(clippy::transmute_ptr_to_ptr, reason = "a cast cannot change this lifetime")]
        let body = unsafe { std::mem::transmute::<*mut Body<'_>, *mut Body<'static>>(body) };
        let task = Task { body, over: Arc::clone(&over) };
        let refused = {
            let mut tasks = lock(&self.tasks);
            if tasks.ended {
                Some(task)
            } else {
                tasks.waiting.push_back(task);
                None
            }
        };
        if refused.is_some() {
            return Err(WsaError::WSANOTINITIALISED);
        }
        if let Err(error) = self.upcalls.set_event(self.wake.borrowed()) {
            // The worker may already have taken the task.
            if self.take_back(&over) {
                return Err(error);
            }
        }
        let mut is_over = lock(&over.over);
        // It depends on the worker, which drops each task before it ends, and on the provider below, in which the
        // worker may be blocked as the client's own thread would be.
        while !*is_over {
            is_over = over.changed.wait(is_over).unpoisoned();
        }
        Ok(())
    }

    /// The event that providers below set when an event occurs on a socket.
    pub(super) fn news(&self) -> EventRef<'_> {
        self.news.borrowed()
    }

    /// Makes the worker query for events.
    pub(super) fn look(&self) {
        // On failure, the worker queries at the next event of any socket.
        let _ = self.upcalls.set_event(self.news());
    }

    /// Removes the task of `over` from the queue. Returns false if the worker has already taken it.
    fn take_back(&self, over: &Arc<Over>) -> bool {
        let mut tasks = lock(&self.tasks);
        let at = tasks.waiting.iter().position(|task| Arc::ptr_eq(&task.over, over));
        at.and_then(|at| tasks.waiting.remove(at)).is_some()
    }

    fn take_task(&self) -> Option<Task> {
        lock(&self.tasks).waiting.pop_front()
    }

    /// Runs tasks until the worker must end.
    fn work(&self, thread: ThreadId<'_>, wait: WaitForMultipleObjectsExFn, on_news: &impl Fn()) {
        let events: [WSAEVENT; 2] = [self.wake.borrowed().raw(), self.news.borrowed().raw()];
        loop {
            while let Some(task) = self.take_task() {
                task.run(thread);
            }
            if lock(&self.tasks).ended {
                return;
            }
            // It depends on clients and providers below, which set the events and queue the functions; the time-out ends
            // it where they cannot.
            // SAFETY: the pointer points to two events, which live as long as `self`.
            let woken = unsafe { wait(2, events.as_ptr(), FALSE, LOOK, TRUE) };
            match woken {
                // Completion routines have run, or it is time to look.
                WAIT_IO_COMPLETION | WAIT_TIMEOUT => {}
                WAIT_OBJECT_0 => drop(self.upcalls.reset_event(self.wake.borrowed())),
                NEWS => {
                    // Events that occur from now on set it again.
                    let _ = self.upcalls.reset_event(self.news());
                    let _ = contain(on_news);
                }
                // Waiting is no longer possible, as when the system is about to end the process.
                _ => return self.close(),
            }
        }
    }

    /// Refuses further tasks, and releases the threads that wait for one.
    fn close(&self) {
        let left = {
            let mut tasks = lock(&self.tasks);
            tasks.ended = true;
            std::mem::take(&mut tasks.waiting)
        };
        drop(left);
    }
}

impl Running {
    fn end(self) {
        lock(&self.shared.tasks).ended = true;
        let _ = self.shared.upcalls.set_event(self.shared.wake.borrowed());
        // It depends on the provider below, in which the worker may be blocked if the host has started that provider
        // too, and on the host, which may have closed its upcalls. So the wait has a limit. A thread that stays
        // runs in a library that stays, and ends when it can. A clean-up on the worker itself is refused, since the
        // layer's code there runs as a call of the provider.
        if self.shared.gone.wait(PATIENCE) {
            // There is only the end of the thread left, which depends on nobody.
            let _ = self.thread.join();
        } else {
            self.shared.close();
        }
    }
}

fn start(upcalls: Upcalls, on_news: impl Fn() + Send + 'static) -> Result<Running, WsaError> {
    ending::check_others_live()?;
    // Providers below receive completion routines of this library, and some call one later than permitted.
    crate::module::stay();
    let wait = import::find_wait_for_multiple_objects_ex().ok_or(WsaError::WSASYSNOTREADY)?;
    let (wake, news) = (upcalls.create_event()?, upcalls.create_event()?);
    // Some hosts have stubs for these upcalls. That is reported as an error here, since otherwise a thread
    // would wait forever or the worker would run without a pause.
    upcalls.set_event(wake.borrowed())?;
    upcalls.reset_event(wake.borrowed())?;
    let shared = Arc::new(Shared { upcalls, tasks: Mutex::default(), wake, news, gone: Over::default() });
    let (tell, told) = mpsc::channel();
    let own = Arc::clone(&shared);
    let thread = thread::Builder::new().name("wpu layer".into()).spawn(move || {
        // The id is that of this thread, and must be closed like any other.
        match upcalls.open_current_thread() {
            Ok(thread) => {
                let _ = tell.send(Ok(()));
                own.work(thread.borrowed(), wait, &on_news);
            }
            Err(error) => drop(tell.send(Err(error))),
        }
        own.close();
        own.gone.tell();
    });
    let thread = thread.map_err(|_| WsaError::WSAENOBUFS)?;
    // It depends on the new thread, which makes one upcall.
    match told.recv().unwrap_or(Err(WsaError::WSASYSCALLFAILURE)) {
        Ok(()) => Ok(Running { shared, thread }),
        Err(error) => {
            // The thread has told its error, and only ends.
            let _ = thread.join();
            Err(error)
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*lock(&self.state) {
            State::Idle => "idle",
            State::Running(_) => "running",
            State::Ended => "ended",
        };
        out.debug_tuple("Worker").field(&state).finish()
    }
}
