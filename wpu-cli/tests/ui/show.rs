//! `wpu show`: what the documentation binds each side to.

use super::{answers, check, wpu};
use expect_test::expect;

#[test]
fn one_obligation() {
    check(
        "show WPUCompleteOverlappedRequest.internals-left-alone",
        expect![[r#"
        WPUCompleteOverlappedRequest.internals-left-alone

        What binds the provider:

          WPUCompleteOverlappedRequest.internals-left-alone (ownership)
            Apart from the mark of an operation in progress, the provider writes neither `Internal` nor
            `InternalHigh` of an operation that this call completes.
            Only for non_ifs.
            The sources contradict each other: The page of WSAOVERLAPPED lets providers without file
            handles use both members as they like. The page of the upcall is followed, which leaves only
            `Offset` and `OffsetHigh` to the provider; after a failure of the call all four are the
            provider's again.
            Source: WPUCompleteOverlappedRequest function, Remarks, Interaction with
            WSPGetOverlappedResult
            <https://learn.microsoft.com/windows/win32/api/ws2spi/nf-ws2spi-wpucompleteoverlappedrequest>
            Source: WSAOVERLAPPED structure, Members
            <https://learn.microsoft.com/windows/win32/api/winsock2/ns-winsock2-wsaoverlapped>
        exit code 0
    "#]],
    );
    check(
        "show WSPRecv.WSAENOTSOCK",
        expect![[r#"
        WSPRecv.WSAENOTSOCK

        What binds the provider:

          WSPRecv.WSAENOTSOCK (error)
            The provider reports `WSAENOTSOCK` if `s` is not a socket.
            Source: LPWSPRECV callback function
            <https://learn.microsoft.com/windows/win32/api/ws2spi/nc-ws2spi-lpwsprecv>
        exit code 0
    "#]],
    );
}

/// A function shows what is written for it, what its topics add, and what its parameters and errors imply.
#[test]
fn a_function_shows_all_that_binds_there() {
    let shown = wpu("show WSPRecv");
    assert!(shown.starts_with("int WSPRecv(\n    SOCKET s,\n    LPWSABUF lpBuffers,\n"), "{shown}");
    let ids =
        ["WSPRecv.only-from-the-peer", "overlapped.zero-was-indicated", "WSPRecv.lpErrno.error-written"];
    assert!(ids.iter().all(|id| shown.contains(&format!("\n  {id} ("))), "{shown}");
    let at = |party: &str| shown.find(&format!("What binds the {party}:")).expect("all three are bound");
    assert!(at("provider") < at("host") && at("host") < at("client"), "the provider comes first");
    assert!(
        wpu("show WPUCreateEvent").starts_with("WPUCreateEvent: Creates a manual-reset event"),
        "an upcall has a sentence"
    );
}

#[test]
fn a_topic_shows_what_it_is_about() {
    let shown = wpu("show network-events");
    assert!(shown.starts_with("network-events: ") && shown.contains("\n  network-events."), "{shown}");
}

#[test]
fn no_line_is_wider_than_a_terminal_where_words_allow_it() {
    let shown = wpu("show WSPIoctl");
    let wide = shown.lines().skip(1).find(|line| line.chars().count() > 100 && !line.contains("https://"));
    assert_eq!(wide, None);
}

#[test]
fn a_name_that_stands_for_nothing() {
    let all = [
        "show",
        "show WSPRecw",
        "show network-event",
        "show WSPRecv.WSAENOTSOKC",
        "show nonsense",
        "show WSPRecv WSPSend",
    ];
    expect![[r#"
        wpu show
          error: `<NAME>` is missing
          help: `wpu show --help` lists its options
          exit code 2
        wpu show WSPRecw
          error: cannot find a function, a topic or an obligation named `WSPRecw`
          help: a similar name exists: `WSPRecv`
          exit code 2
        wpu show network-event
          error: cannot find a function, a topic or an obligation named `network-event`
          help: a similar name exists: `network-events`
          exit code 2
        wpu show WSPRecv.WSAENOTSOKC
          error: cannot find a function, a topic or an obligation named `WSPRecv.WSAENOTSOKC`
          help: a similar name exists: `WSPRecv.WSAENOTSOCK`
          exit code 2
        wpu show nonsense
          error: cannot find a function, a topic or an obligation named `nonsense`
          help: the name of a function, such as `WSPRecv`, or an id from a report
          exit code 2
        wpu show WSPRecv WSPSend
          error: `WSPSend` is not expected here
          help: `wpu show --help` lists its options
          exit code 2
    "#]]
    .assert_eq(&answers(&all));
}
