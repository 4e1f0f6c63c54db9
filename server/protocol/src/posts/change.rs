//! A change of how an event takes questions: what is absent stays as it is, so that a client which
//! knows fewer settings than the server takes none of them away.

use serde::{Deserialize, Serialize};

use super::settings::{Label, NamePolicy, QaSettings, QaState, WordFilter};

/// Settings that are to be others. An absent one stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QaChange {
    /// Whether questions are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub state: Option<QaState>,
    /// Whether a moderator approves each question before it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub review: Option<bool>,
    /// Under what name people ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub names: Option<NamePolicy>,
    /// Whether one can also vote against a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub downvotes: Option<bool>,
    /// The labels, in order: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub labels: Option<Vec<Label>>,
    /// The word filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub filter: Option<FilterChange>,
    /// Whether everybody sees, after the event's end, how many questions were asked, shown,
    /// answered and declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub share: Option<bool>,
}

/// What of the word filter is to be otherwise. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterChange {
    /// Whether it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub on: Option<bool>,
    /// The languages whose word lists are used: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub languages: Option<Vec<String>>,
    /// The event's own words: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub words: Option<Vec<String>>,
}

impl QaChange {
    /// The settings after the change. Their version is the former one.
    pub fn of(self, before: QaSettings) -> QaSettings {
        QaSettings {
            version: before.version,
            state: self.state.unwrap_or(before.state),
            review: self.review.unwrap_or(before.review),
            names: self.names.unwrap_or(before.names),
            downvotes: self.downvotes.unwrap_or(before.downvotes),
            labels: self.labels.unwrap_or(before.labels),
            filter: self.filter.unwrap_or_default().of(before.filter),
            share: self.share.unwrap_or(before.share),
        }
    }
}

impl FilterChange {
    fn of(self, before: WordFilter) -> WordFilter {
        WordFilter {
            on: self.on.unwrap_or(before.on),
            languages: self.languages.unwrap_or(before.languages),
            words: self.words.unwrap_or(before.words),
        }
    }
}

impl From<QaSettings> for QaChange {
    /// The change that makes all settings these.
    fn from(settings: QaSettings) -> Self {
        let QaSettings { version: _, state, review, names, downvotes, labels, filter, share } = settings;
        Self {
            state: Some(state),
            review: Some(review),
            names: Some(names),
            downvotes: Some(downvotes),
            labels: Some(labels),
            filter: Some(filter.into()),
            share: Some(share),
        }
    }
}

impl From<WordFilter> for FilterChange {
    fn from(WordFilter { on, languages, words }: WordFilter) -> Self {
        Self { on: Some(on), languages: Some(languages), words: Some(words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_as_it_is() {
        let before = QaSettings {
            version: 7,
            review: false,
            downvotes: true,
            labels: vec![Label { id: 1, name: "Travel".to_owned(), colour: 1, public: true }],
            filter: WordFilter { on: false, languages: Vec::new(), words: vec!["zorg".to_owned()] },
            share: true,
            ..QaSettings::default()
        };
        let after = |text: &str| serde_json::from_str::<QaChange>(text).expect(text).of(before.clone());
        assert_eq!(after("{}"), before);
        assert_eq!(
            after(r#"{"state": "open", "on_screen": true}"#),
            QaSettings { state: QaState::Open, ..before.clone() }
        );
        let on = WordFilter { on: true, ..before.filter.clone() };
        assert_eq!(after(r#"{"filter": {"on": true}, "share": null}"#), QaSettings { filter: on, ..before.clone() });
        assert_eq!(after(r#"{"labels": []}"#).labels, []);
        let other = QaSettings { version: 9, ..QaSettings::default() };
        assert_eq!(QaChange::from(other.clone()).of(before), QaSettings { version: 7, ..other });
    }
}
