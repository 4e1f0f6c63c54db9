//! Ids that never go over the live wire, beside those that do.

pub use parterre_protocol::{ActivityId, CommandId, EventId, ParticipantId, PostId};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that this UUID is.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind the id.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }
    };
}

id! {
    /// One team's space.
    WorkspaceId
}
id! {
    /// A person with an account.
    MemberId
}
id! {
    /// One run of a node.
    NodeId
}
id! {
    /// A private link of an event.
    LinkId
}
