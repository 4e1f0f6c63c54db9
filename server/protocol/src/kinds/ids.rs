//! Maps by the id of a part, such as an option: JSON has text keys only.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use super::choice::OptionId;

/// Reads numeric keys from JSON's text keys, which serde does not do inside a tagged enum.
pub(super) fn by_id<'de, D, V>(deserializer: D) -> Result<BTreeMap<OptionId, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    let texts = BTreeMap::<String, V>::deserialize(deserializer)?;
    texts.into_iter().map(|(key, value)| Ok((key.parse().map_err(D::Error::custom)?, value))).collect()
}
