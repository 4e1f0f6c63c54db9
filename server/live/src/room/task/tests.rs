//! A room whose task does not run by itself: what each word to it leads to.

use parterre_domain::{
    event::EventSettings,
    ids::{LinkId, MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_protocol::{
    Act, CommandId, Control, EventId, Outcome, ParticipantId, PostCommand, QaSettings, posts::QaState, topics::Topic,
};
use parterre_store::{Actor, Batch, EventVersion, NewPostCommand, Store};
use parterre_system::{clock::Clock, metrics::Metrics};
use uuid::Uuid;

use super::*;
use crate::{
    cluster::bus::LocalBus,
    room::{RoomHeartbeat, view::TOPICS},
    settings::NodeSettings,
};

/// A draft event with its room, whose task does not run.
struct World {
    store: Store,
    event: EventId,
    owner: MemberId,
    room: Arc<Room>,
    task: RoomTask,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", folder.path().join("parterre.db").display())).await.unwrap();
    let (id, workspace, event) =
        (MemberId::new(Uuid::new_v4()), WorkspaceId::new(Uuid::new_v4()), EventId::new(Uuid::new_v4()));
    let (name, email) = ("Inès".to_owned(), Email::parse("ines@example.org").unwrap());
    let owner = Member { id, workspace, name, email, role: Role::Owner };
    assert!(store.create_owner(workspace, "Parterre", &owner, "", 1).await.unwrap());
    let settings = EventSettings::parse("Annual meeting", "TULIP", false).unwrap();
    store.create_event(event, workspace, &settings, 1).await.unwrap().unwrap();
    let (settings, bus) = (NodeSettings::default(), Arc::new(LocalBus::default()));
    let context = Context::new(store.clone(), Clock::standing(1), Metrics::new(), &settings, bus);
    let (room, task) = RoomTask::new(Arc::new(context), store.room(event).await.unwrap().unwrap());
    World { store, event, owner: id, room, task, _folder: folder }
}

impl World {
    /// Renames the event; nobody tells the room. Its version afterwards.
    async fn rename(&self, name: &str) -> Rev {
        let wanted = EventSettings::parse(name, "TULIP", false).unwrap();
        self.store.change_event(self.event, &wanted).await.unwrap().unwrap();
        self.store.event(self.event).await.unwrap().unwrap().rev
    }

    async fn heartbeat(&mut self, rev: Rev, lacks_bus: bool) {
        let heartbeat =
            RoomHeartbeat { rev, arriving: 0, counted: None, respondents: None, answered_here: None, lacks_bus };
        assert!(self.task.take(&self.room, Inbound::Heartbeat(heartbeat)).await);
        if self.task.order.due().is_some_and(|due| due <= Instant::now()) {
            assert!(self.task.fill_gap(&self.room).await);
        }
    }
}

#[tokio::test]
async fn a_room_behind_the_previous_heartbeat_is_read_again() {
    let mut world = world().await;
    let rev = world.rename("Autumn meeting").await;
    world.heartbeat(rev, false).await;
    assert_eq!(world.room.state().event.name, "Annual meeting", "a notification may be on its way");
    world.heartbeat(rev, false).await;
    assert_eq!(world.room.state().event.name, "Autumn meeting");
    world.heartbeat(rev, false).await;
    assert_eq!(world.task.context.metrics.room_resyncs.at(ResyncCause::Heartbeat).get(), 1);
}

#[tokio::test]
async fn a_room_without_a_bus_is_read_at_the_first_heartbeat() {
    let mut world = world().await;
    let rev = world.rename("Autumn meeting").await;
    world.heartbeat(rev, true).await;
    assert_eq!(world.room.state().event.name, "Autumn meeting");
}

#[tokio::test]
async fn a_crowd_that_comes_at_once_is_one_word_and_who_comes_later_another() {
    let mut world = world().await;
    for _ in 0..2 {
        (0..5000).for_each(|_| world.room.send(Inbound::Presence));
        let word = world.task.inbound.try_recv().unwrap();
        assert!(matches!(word, Inbound::Presence));
        assert!(world.task.inbound.try_recv().is_err());
        assert!(world.task.take(&world.room, word).await);
    }
    world.room.send(Inbound::Presence);
    assert!(world.task.take(&world.room, Inbound::Resync).await, "what waits is thrown away, and read");
    world.room.send(Inbound::Presence);
    assert!(world.task.inbound.try_recv().is_ok());
    assert_eq!(
        world.task.context.metrics.room_resyncs.at(ResyncCause::Lagged).get(),
        1,
        "asked for, not by a full inbox"
    );
}

#[tokio::test]
async fn who_came_or_left_elsewhere_is_published() {
    let mut world = world().await;
    let view = world.room.view(Audience::Screen);
    let heartbeat = |here, joined| {
        Inbound::Heartbeat(RoomHeartbeat {
            rev: 0,
            arriving: 3,
            counted: Some((here, joined)),
            respondents: None,
            answered_here: None,
            lacks_bus: false,
        })
    };
    for (elsewhere, joined) in [(7, 9), (5, 9), (5, 10)] {
        assert!(world.task.take(&world.room, heartbeat(elsewhere, joined)).await);
        let due = world.task.ticks.due(Tick::Fast).unwrap();
        sleep_until(due).await;
        world.task.publish_due(&world.room);
        let place = TOPICS.iter().position(|topic| *topic == Topic::Presence).unwrap();
        let frame = view.borrow().frames[place].as_ref().map(|frame| frame.full.clone()).unwrap();
        let frame = String::from_utf8_lossy(&frame).into_owned();
        for said in [format!(r#""here":{elsewhere}"#), format!(r#""joined":{joined}"#), r#""arriving":3"#.to_owned()] {
            assert!(frame.contains(&said), "{said} is not in {frame}");
        }
    }
    assert!(world.task.take(&world.room, heartbeat(5, 10)).await);
    let uncounted =
        RoomHeartbeat { rev: 0, arriving: 3, counted: None, respondents: None, answered_here: None, lacks_bus: false };
    assert!(world.task.take(&world.room, Inbound::Heartbeat(uncounted)).await);
    assert!(world.task.ticks.due(Tick::Fast).is_none(), "nothing is new");
}

#[tokio::test]
async fn who_lost_a_word_reads_once_for_all_that_waits() {
    let mut world = world().await;
    world.rename("Autumn meeting").await;
    let World { room, task, .. } = &mut world;
    (0..5000).for_each(|_| room.send(Inbound::ViewersChanged));
    let first = task.inbound.recv().await.unwrap();
    assert!(task.take(room, first).await);
    assert_eq!(room.state().event.name, "Autumn meeting");
    assert!(task.inbound.try_recv().is_err(), "what waited is known from the reading");
    room.send(Inbound::ViewersChanged);
    assert!(!room.has_missed(), "there is room for the next word");
}

impl World {
    /// A question that is asked by way of another node, as its notification says it.
    async fn asked_elsewhere(&self, text: &str) -> Notification {
        let command = NewPostCommand {
            cid: CommandId::new(Uuid::new_v4()),
            event: self.event,
            participant: ParticipantId::new(Uuid::new_v4()),
            command: PostCommand::Ask { text: text.to_owned(), name: None },
            flagged: false,
        };
        let mut done = self.store.commit(&Batch { posts: vec![command], ..Batch::default() }, 1).await.unwrap();
        assert!(matches!(done.posts[0], Outcome::Stored { .. }), "{:?}", done.posts);
        done.changes.remove(0).into()
    }

    /// Lets the room take questions.
    async fn take_questions(&mut self) {
        let settings = QaSettings { state: QaState::Open, ..QaSettings::default() };
        let act = Act::Configure { version: 0, settings: settings.into() };
        let cid = CommandId::new(Uuid::new_v4());
        let acted = self.store.moderate(self.event, Actor::Member(self.owner), cid, &act, 1).await.unwrap();
        assert!(matches!(acted.outcome, Outcome::Stored { .. }), "{:?}", acted.outcome);
        let start =
            self.store.control(self.event, self.owner, CommandId::new(Uuid::new_v4()), &Control::Start, 1).await;
        assert!(matches!(start.unwrap().outcome, Outcome::Stored { .. }));
        self.take(Inbound::Resync).await;
    }

    async fn take(&mut self, inbound: Inbound) {
        assert!(self.task.take(&self.room, inbound).await);
    }

    fn texts(&self) -> Vec<String> {
        self.task.state.forum.posts().map(|post| post.fields.text.clone()).collect()
    }

    fn readings(&self) -> u64 {
        let rereads = &self.task.context.metrics.room_resyncs;
        [ResyncCause::Notification, ResyncCause::Lagged, ResyncCause::Heartbeat]
            .map(|cause| rereads.at(cause).get())
            .iter()
            .sum()
    }
}

#[tokio::test]
async fn notifications_in_any_order_doubled_and_old_lead_to_the_same_without_a_reading() {
    let mut world = world().await;
    world.take_questions().await;
    let before = world.readings();
    let mut notifications = Vec::new();
    for text in ["One?", "Two?", "Three?", "Four?"] {
        notifications.push(world.asked_elsewhere(text).await);
    }
    for place in [2, 1, 2, 3] {
        world.take(Inbound::Notification(notifications[place].clone())).await;
        assert_eq!(world.texts(), [""; 0], "the first is missing");
    }
    assert!(world.task.order.due().is_some());
    for place in [0, 0, 3] {
        world.take(Inbound::Notification(notifications[place].clone())).await;
        assert_eq!(world.texts(), ["One?", "Two?", "Three?", "Four?"]);
    }
    assert_eq!((world.task.order.due(), world.readings()), (None, before));
    assert_eq!(world.room.rev(), notifications[3].rev);
}

#[tokio::test]
async fn a_notification_that_does_not_come_is_read_once_and_the_rest_follows() {
    let mut world = world().await;
    world.take_questions().await;
    let before = world.readings();
    drop(world.asked_elsewhere("Lost?").await);
    for text in ["Two?", "Three?"] {
        let notification = world.asked_elsewhere(text).await;
        world.take(Inbound::Notification(notification)).await;
    }
    let late = world.asked_elsewhere("Four?").await;
    assert_eq!(world.texts(), [""; 0]);
    let World { mut task, room, .. } = world;
    let (context, kept) = (Arc::clone(&task.context), Arc::clone(&room));
    let running = tokio::spawn(async move { task.run(&kept).await });
    room.knows(late.rev).await;
    room.send(Inbound::Notification(late));
    let texts = || room.questions().forum.posts().map(|post| post.fields.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(), ["Lost?", "Two?", "Three?", "Four?"]);
    assert_eq!(
        context.metrics.room_resyncs.at(ResyncCause::Notification).get()
            + context.metrics.room_resyncs.at(ResyncCause::Lagged).get(),
        before + 1
    );
    running.abort();
}

#[tokio::test]
async fn where_anything_may_have_changed_nothing_is_carried_over() {
    let mut world = world().await;
    world.take_questions().await;
    let known = world.room.rev();
    // The very next version, and its notification does not say of what.
    let asked = world.asked_elsewhere("One?").await;
    assert_eq!(asked.rev, known + 1);
    world.take(Inbound::Notification(Notification { hint: Hint::Resync, ..asked })).await;
    assert!(world.task.order.due().is_some_and(|due| due <= Instant::now()));
    assert!(world.task.fill_gap(&world.room.clone()).await);
    assert_eq!(world.texts(), ["One?"]);
}

#[tokio::test]
async fn a_link_that_has_ended_is_one_version_and_no_reading() {
    let mut world = world().await;
    let before = world.readings();
    let (rev, link) = (world.room.rev() + 1, LinkId::new(Uuid::new_v4()));
    world.take(Inbound::Notification(Notification { event: world.event, rev, hint: Hint::LinkEnded(link) })).await;
    assert_eq!((world.room.rev(), world.readings()), (rev, before));
}

#[tokio::test]
async fn how_far_the_database_is_makes_nobody_read_who_knows_it() {
    let mut world = world().await;
    let rev = world.room.rev();
    let version = |rev| Inbound::Version(EventVersion { event: EventId::new(Uuid::nil()), rev, joined: Some(4) });
    world.take(version(rev)).await;
    assert_eq!((world.task.order.due(), world.task.state.joined), (None, 4));
    world.take(version(rev + 1)).await;
    assert!(world.task.order.due().is_some_and(|due| due > Instant::now()), "a notification may be on its way");
}
