//! Maps by the id of a part, such as an option, or of a post: JSON has text keys only.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// Reads numeric keys from JSON's text keys, which serde does not do inside a tagged enum. An id is
/// written in one way only: `01` beside `1` would be the same part twice.
pub(crate) fn by_id<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: FromStr<Err: Display> + Display + Ord,
    V: Deserialize<'de>,
{
    let texts = BTreeMap::<String, V>::deserialize(deserializer)?;
    let id = |key: &str| {
        let id: K = key.parse().map_err(D::Error::custom)?;
        if id.to_string() == key { Ok(id) } else { Err(D::Error::custom(format!("{key:?} is to be written as {id}"))) }
    };
    texts.into_iter().map(|(key, value)| Ok((id(&key)?, value))).collect()
}
