//! The base kit, as clients see it: its two examples, loaded by path, do what Winsock promises.

#[path = "base/blocking.rs"]
mod blocking;
#[path = "base/events.rs"]
mod events;
#[path = "base/overlapped.rs"]
mod overlapped;
#[path = "base/settings.rs"]
mod settings;
#[path = "base/world.rs"]
mod world;

/// Each test is run with each of the providers.
macro_rules! with_each {
    ($($module:ident::$test:ident),+ $(,)?) => {
        mod loopback {
            $(#[test] fn $test() { super::$module::$test(super::world::World::new("loopback")); })+
        }
        mod tcp {
            $(#[test] fn $test() { super::$module::$test(super::world::World::new("tcp")); })+
        }
    };
}

with_each![
    blocking::bytes_cross_both_ways,
    blocking::nothing_listens_there,
    blocking::a_receiver_waits_for_bytes,
    blocking::a_sender_waits_for_room,
    blocking::d_20_a_hook_runs_while_a_call_waits,
    blocking::d_20_a_hook_that_says_no_ends_the_call,
    blocking::d_20_a_hook_may_cancel_and_nothing_else,
    blocking::closing_ends_a_call_that_waits,
    blocking::a_time_limit_ends_a_call_that_waits,
    blocking::without_blocking_nothing_waits,
    blocking::shutting_down_ends_one_direction,
    blocking::a_condition_judges_callers,
    blocking::sixty_four_sockets_and_eight_threads,
    events::d_27_accepted_sockets_inherit_events,
    events::an_event_comes_again_only_after_its_call,
    events::there_is_room_again,
    events::connecting_is_told,
    events::d_19_messages_carry_the_handle_and_stop,
    events::d_21_select_waits_and_clears,
    events::d_21_select_counts_with_no_time_and_for_ever,
    overlapped::d_15_by_event,
    overlapped::d_16_by_routine,
    overlapped::d_16_by_port,
    overlapped::in_order_and_all_bytes,
    overlapped::d_02_closing_aborts_what_is_pending,
    overlapped::the_result_can_be_waited_for,
    overlapped::d_10_clean_up_tells_nobody_and_leaves_nothing,
    settings::d_28_options,
    settings::names_and_addresses,
    settings::d_25_strange_handles_and_values_are_refused,
    settings::d_05_a_handle_with_the_same_context_is_another,
    settings::d_22_select_poll_and_others_are_shown_the_clients_handle,
    settings::d_24_there_are_no_functions_beside_the_thirty,
    settings::d_36_what_lives_in_this_process_has_no_duplicates,
];
