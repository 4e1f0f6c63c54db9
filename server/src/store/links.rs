//! Private links.

use parterre_protocol::{EventId, Millis};

use super::{Store, StoreError};
use crate::domain::{ids::LinkId, link::Link};

impl Store {
    /// Keeps a new link under the hash of its secret.
    pub async fn add_link(&self, link: &Link, token_hash: &str) -> Result<(), StoreError> {
        let _ = (link, token_hash);
        todo!()
    }

    /// The link with this hash, good or not.
    pub async fn link(&self, token_hash: &str) -> Result<Option<Link>, StoreError> {
        let _ = token_hash;
        todo!()
    }

    /// All links of an event, newest first.
    pub async fn links(&self, event: EventId) -> Result<Vec<Link>, StoreError> {
        let _ = event;
        todo!()
    }

    /// Revokes a link; `None` if the event has no such link.
    pub async fn revoke_link(&self, event: EventId, link: LinkId, now: Millis) -> Result<Option<Link>, StoreError> {
        let _ = (event, link, now);
        todo!()
    }
}
