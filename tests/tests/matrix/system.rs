//! Properties of the system's TCP on which the example `tcp` depends. They are checked without any provider,
//! since Wine differs from Windows here.

use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// A requirement of a scenario.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// A connection that is closed with a linger time of 0 is reset.
    Resets,
    /// A thread that peeks at bytes does not prevent another thread from reading them.
    Looks,
}

impl Need {
    /// Whether the system meets it.
    pub fn is_met(self) -> bool {
        static RESETS: OnceLock<bool> = OnceLock::new();
        static LOOKS: OnceLock<bool> = OnceLock::new();
        let met = match self {
            Self::Resets => *RESETS.get_or_init(resets),
            Self::Looks => *LOOKS.get_or_init(looks),
        };
        assert!(met || cfg!(windows), "{self:?}: elsewhere every system does");
        met
    }

    /// The reason to print if the system does not meet it.
    pub fn lacking(self) -> &'static str {
        match self {
            Self::Resets => "the system ends connections that should be reset",
            Self::Looks => "the system has no bytes for one thread while another looks at them",
        }
    }
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let near = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    (near, listener.accept().expect("a caller").0)
}

fn resets() -> bool {
    let (near, mut far) = pair();
    SockRef::from(&near).set_linger(Some(Duration::ZERO)).expect("an option");
    drop(near);
    far.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

fn looks() -> bool {
    const BYTES: usize = 5000;
    let (mut near, mut far) = pair();
    near.write_all(&[0; 2 * BYTES]).expect("room for some bytes");
    // All bytes have arrived.
    while far.peek(&mut [0; 2 * BYTES]).expect("a connection") < 2 * BYTES {
        thread::yield_now();
    }
    far.set_nonblocking(true).expect("an option");
    let (looker, done) = (far.try_clone().expect("another handle"), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // The result of the peek is irrelevant.
                let _ = looker.peek(&mut [0]);
            }
        });
        let all = (0..BYTES).all(|_| far.read(&mut [0]).is_ok());
        done.store(true, Ordering::Relaxed);
        all
    })
}
