//! Texts of others in our sentences: no longer than they may be, and without what does not show.

/// What somebody sent, no longer than a line.
pub(super) fn bounded(text: &str) -> String {
    bounded_to(text, 80)
}

/// What somebody sent, no longer than this.
pub(super) fn bounded_to(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// Those of IPv6 among these addresses, as one text.
pub(super) fn listed_v6(all: &[String]) -> String {
    listed(&all.iter().filter(|address| address.contains(':')).cloned().collect::<Vec<_>>())
}

/// Some of many, as one text.
pub(super) fn listed(all: &[String]) -> String {
    bounded_to(&all[..all.len().min(8)].join(", "), 200)
}
