//! The store's contract: the same assertions on SQLite and on Postgres.

#![expect(clippy::unwrap_used, reason = "what cannot go on is a failed test")]

#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/disk.rs"]
mod disk;
#[path = "../support/ports.rs"]
mod ports;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/relay.rs"]
mod relay;

mod activities;
mod away;
mod clock;
mod concurrency;
mod desk;
mod events;
mod forum;
mod full;
mod guesses;
mod job_model;
mod job_runners;
mod jobs;
mod locks;
mod members;
mod migrations;
mod moderation;
mod nodes;
mod outage;
mod participants;
mod posts;
mod property;
mod reports;
mod responses;
mod retention;
mod rights;
mod room;
mod room_tests;
mod sessions;
mod speed;
mod stage;
mod timers;
mod tls;
mod words;

use parterre_store::{Store, StoreError};
use postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("parterre.db").display());
    contract(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    let mut server = Postgres::start();
    let host = contract(&server.url()).await;
    outage::no_answer_is_lost_or_doubled_by_a_crash(&mut server, &host).await;
    outage::no_question_vote_or_act_is_lost_or_doubled_by_a_crash(&mut server, &host).await;
}

/// Everything that the store promises, in a fresh database at this address.
async fn contract(url: &str) -> room::Host {
    let store = Store::open(url).await.unwrap();
    let other_node = Store::open(url).await.unwrap();
    store.check().await.unwrap();

    let host = members::only_one_owner_is_ever_made(&store, &other_node).await;
    members::a_member_is_found_by_address(&store, &host).await;
    members::a_session_lasts_until_it_expires_or_ends(&store, &host).await;
    sessions::a_session_lasts_as_long_as_it_is_used_and_no_longer_than_its_end(&store, &host).await;
    sessions::a_session_takes_the_place_of_the_one_that_the_browser_had(&store, &host).await;
    sessions::a_changed_password_ends_all_other_sessions(&store, &other_node, &host).await;
    sessions::a_setup_key_is_good_for_a_day(&store).await;
    guesses::of_many_guesses_at_once_no_more_are_looked_at_than_one_after_another(&store, &other_node).await;
    guesses::a_right_guess_is_taken_back_and_wrong_ones_are_told(&store, &host).await;
    guesses::guesses_are_forgotten(&store).await;

    events::an_event_is_made_found_changed_and_listed(&store, &host).await;
    events::a_code_is_free_once_its_event_is_deleted(&store, &host).await;
    events::every_change_has_a_higher_version(&store, &host).await;

    activities::the_rundown_keeps_its_order(&store, &host).await;
    activities::a_deleted_activity_comes_back_where_it_was(&store, &host).await;
    activities::a_kind_never_changes(&store, &host).await;
    activities::a_rundown_has_a_limit(&store, &host).await;

    stage::a_command_is_done_once(&store, &host).await;
    stage::a_refusal_changes_nothing(&store, &host).await;
    stage::deleting_what_is_on_stage_clears_it(&store, &host).await;

    timers::moments_are_found_in_order_and_only_where_something_can_happen(&store, &host).await;
    timers::what_is_due_is_done_once_however_many_try(&store, &other_node, &host).await;
    timers::when_the_time_is_up_nothing_is_counted_though_nobody_has_closed_it(&store, &other_node, &host).await;
    timers::what_comes_back_does_what_was_due_meanwhile(&store, &host).await;

    participants::a_device_is_one_participant(&store, &host).await;
    participants::one_device_twice_in_a_batch_is_one_participant(&store, &host).await;
    participants::many_participants_are_found_in_their_order_like_each_alone(&store, &host).await;
    participants::a_participant_is_stored_with_the_first_thing_it_sends(&store, &host).await;
    participants::who_comes_back_finds_their_answers(&store, &host).await;

    responses::the_same_command_gets_the_same_receipt(&store, &host).await;
    responses::a_change_of_mind_counts_once(&store, &host).await;
    responses::some_answers_are_final(&store, &host).await;
    responses::taking_words_back_is_not_an_answer(&store, &host).await;
    responses::what_is_not_open_takes_no_answer(&store, &host).await;
    responses::a_participant_of_another_event_cannot_answer(&store, &host).await;
    responses::refusals_in_a_batch_hinder_no_others(&store, &host).await;
    responses::a_batch_spans_events(&store, &host).await;
    responses::a_batch_of_a_thousand_is_stored(&store, &host).await;

    posts::a_command_is_done_once(&store, &host).await;
    posts::a_cid_is_one_command_whatever_it_is_about(&store, &host).await;
    posts::answers_and_questions_of_a_batch_are_one_version(&store, &host).await;
    posts::a_question_is_asked_reworded_and_taken_back(&store, &host).await;
    posts::a_flood_is_held_back_by_device(&store, &host).await;
    posts::who_is_of_another_event_or_blocked_cannot_ask(&store, &host).await;
    posts::what_is_not_open_takes_no_question(&store, &host).await;
    posts::a_person_counts_once_through_merges(&store, &host).await;
    posts::parts_of_parts_follow_the_whole(&store, &host).await;
    posts::who_comes_back_finds_their_votes(&store, &host).await;
    posts::a_large_batch_is_judged_in_order(&store, &host).await;

    moderation::an_act_is_done_once(&store, &host).await;
    moderation::a_refused_act_changes_nothing(&store, &host).await;
    moderation::every_field_of_a_post_lasts(&store, &host).await;
    moderation::who_may_moderate(&store, &other_node, &host).await;
    moderation::how_far_a_link_goes(&store, &host).await;
    moderation::of_two_acts_on_the_same_version_one_is_stale(&store, &other_node, &host).await;
    moderation::an_act_is_undone_exactly(&store, &host).await;
    moderation::what_has_changed_since_is_not_undone(&store, &host).await;
    moderation::the_ledger_says_who_did_what_when(&store, &host).await;
    moderation::what_is_put_on_stage_takes_questions_off_the_screen(&store, &host).await;
    moderation::a_link_is_kept_found_and_revoked(&store, &other_node, &host).await;
    words::what_is_decided_of_words_lasts_and_is_undone(&store, &other_node, &host).await;

    rights::who_acts_by_a_session_is_signed_in_at_that_moment(&store, &other_node, &host).await;
    rights::rights_are_asked_for_together(&store, &host).await;

    forum::a_forum_kept_by_changes_is_the_one_that_is_read(&store, &other_node, &host).await;
    property::a_tally_kept_by_changes_equals_a_recount(&store, &host).await;

    concurrency::answers_committed_twice_at_once_count_once(&store, &other_node, &host).await;
    concurrency::a_close_is_a_barrier(&store, &other_node, &host).await;
    concurrency::nodes_with_the_same_events_do_not_block_each_other(&store, &other_node, &host).await;
    concurrency::questions_and_votes_sent_to_two_nodes_are_stored_once(&store, &other_node, &host).await;
    concurrency::a_room_is_one_moment(&store, &other_node, &host).await;

    nodes::a_participant_counts_once_however_many_nodes_they_sit_at(&store, &other_node, &host).await;
    nodes::a_heartbeat_tells_what_each_room_needs(&store, &other_node, &host).await;
    nodes::who_is_silent_does_not_count_and_is_forgotten(&store, &other_node, &host).await;
    nodes::thousands_connect_in_one_heartbeat(&store, &other_node, &host).await;

    room_tests::readings_of_a_phone_go_on(&store, &host).await;
    room_tests::readings_are_kept_no_longer_than_their_test(&store, &host).await;

    reports::a_key_is_made_once(&store, &other_node).await;
    reports::reports_are_kept_for_so_long_and_so_many(&store).await;
    reports::anonymous_reports_push_out_no_others(&store).await;
    jobs::of_many_who_claim_each_job_is_one_s(&store, &other_node).await;
    jobs::jobs_are_claimed_when_they_are_due_in_their_order(&store).await;
    jobs::a_lease_that_ends_is_another_s_and_the_former_has_no_say(&store, &other_node).await;
    jobs::of_one_key_one_job_is_pending(&store, &other_node).await;
    jobs::what_fails_is_tried_again_later_and_stays_once_it_is_given_up(&store, url).await;
    jobs::a_job_that_recurs_is_due_again_in_the_same_row(&store).await;
    jobs::a_node_that_stops_lets_go_of_its_jobs(&store, &other_node).await;
    jobs::work_of_a_lease_that_is_lost_changes_nothing(&store, &other_node, &host).await;
    jobs::a_node_that_starts_finds_or_adds_what_recurs(&store, &other_node).await;
    job_model::whatever_nodes_do_a_job_has_one_holder(&store, &other_node).await;
    job_runners::each_job_is_done_once_by_many_nodes(&store, &other_node).await;
    job_runners::what_a_dead_node_had_begun_another_does(&store, &other_node).await;
    job_runners::a_lease_is_renewed_until_it_is_lost(&store, &other_node).await;
    job_runners::attempts_end_in_success_or_in_failure(&store).await;
    retention::of_a_deleted_event_nothing_is_left(&store, &host, url).await;
    retention::what_has_a_term_goes_when_it_is_over(&store, &host).await;
    retention::what_is_too_much_for_a_batch_goes_in_several(&store).await;

    speed::thousands_of_answers(&store, &host).await;
    speed::thousands_of_questions_and_votes(&store, &host).await;
    speed::pulses_of_a_full_room(&store, &host).await;

    what_was_acknowledged_is_there_after_a_restart(store, url, &host).await;
    other_node.close().await;
    host
}

async fn what_was_acknowledged_is_there_after_a_restart(store: Store, url: &str, host: &room::Host) {
    let room = room::Room::running(&store, host).await;
    let phone = room.join().await;
    room.commit_one(room.pick(phone, 2), 10).await;
    let before = room.state().await;
    let event = room.event;
    store.close().await;
    assert!(store.event(event).await.unwrap_err().is_retryable());

    let reopened = Store::open(url).await.unwrap();
    assert_eq!(reopened.room(event).await.unwrap().unwrap(), before);
    assert!(reopened.has_owner().await.unwrap());
    reopened.close().await;
}

#[tokio::test]
async fn an_address_of_another_database_is_refused() {
    assert!(matches!(Store::open("mysql://localhost/parterre").await, Err(StoreError::Address)));
}
