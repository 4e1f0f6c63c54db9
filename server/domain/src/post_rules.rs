//! How posts are taken: as questions of an event, or as texts of one of its activities.

use parterre_protocol::{QaSettings, RefusalCode, posts::NamePolicy};

use super::Refusal;

/// The rules of one place to which posts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostRules {
    /// Whether a moderator approves each post before it is shown.
    pub review: bool,
    /// Under what name people send.
    pub names: NamePolicy,
    /// The most posts of one participant, withdrawn ones not counted; none: any number.
    pub most: Option<u8>,
}

impl PostRules {
    /// The name under which a post is sent, of the one that was given.
    pub(super) fn name(&self, given: Option<String>) -> Result<Option<String>, Refusal> {
        match self.names {
            NamePolicy::Anonymous => Ok(None),
            NamePolicy::Either => Ok(given),
            NamePolicy::Named if given.is_none() => {
                Err(Refusal::new(RefusalCode::Invalid, "Posts need a name here. Give yours."))
            }
            NamePolicy::Named => Ok(given),
        }
    }
}

impl From<&QaSettings> for PostRules {
    fn from(settings: &QaSettings) -> Self {
        Self { review: settings.review, names: settings.names, most: None }
    }
}
