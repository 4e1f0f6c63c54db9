//! Hands what the bus brings to the rooms that it concerns.

use std::sync::Arc;

use super::{
    bus::{Hint, Signal},
    sync::compare,
};
use crate::{admission::rights::Rights, context::Context, room::Inbound, rooms::Rooms};

/// Listens for as long as the node runs.
pub(crate) async fn run(context: Arc<Context>, rooms: Arc<Rooms>, rights: Arc<Rights>) {
    loop {
        match context.bus.next().await {
            Signal::Notification(notification) => {
                if matches!(notification.hint, Hint::LinkEnded(_) | Hint::Member(_)) {
                    rights.ask_soon();
                }
                if let Some(room) = rooms.get(notification.event) {
                    room.send(Inbound::Notification(notification));
                }
            }
            Signal::Subscribed(event) => compare(&context, rooms.get(event).into_iter().collect()),
            Signal::Disconnected => {
                rights.ask_soon();
                context.set_degraded(true);
                context.heartbeat_soon.notify_one();
                rooms.each(|room| room.send(Inbound::Presence));
            }
            Signal::Lagged => {
                rights.ask_soon();
                context.set_degraded(false);
                let rooms = rooms.all();
                rooms.iter().for_each(|room| room.send(Inbound::Presence));
                compare(&context, rooms);
            }
        }
    }
}
