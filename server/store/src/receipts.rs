//! Receipts of earlier commands: a repeated command of a facilitator or moderator gets the receipt
//! it had.

use parterre_protocol::{CommandId, Millis};
use uuid::Uuid;

use super::{
    StoreError,
    sql::{Tx, query},
};

/// When this command was done, if it was: a facilitator's, or a moderator's act.
pub(super) async fn receipt(tx: &mut Tx, sender: Uuid, cid: CommandId) -> Result<Option<Millis>, StoreError> {
    let done = query!(tx.fetch_optional::<(Millis,)>(
        "SELECT at FROM commands WHERE member_id = $1 AND cid = $2
         UNION ALL SELECT at FROM acts WHERE actor_id = $1 AND cid = $2 LIMIT 1",
        sender,
        cid.uuid(),
    ))?;
    Ok(done.map(|(at,)| at))
}
