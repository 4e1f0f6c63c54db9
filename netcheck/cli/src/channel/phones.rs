//! Many connections from here, as a room has them.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream::FuturesUnordered};
use netcheck_rules::{Phones, Trouble};
use tokio::time::{self, sleep};
use tokio_tungstenite::tungstenite::Message;

use super::{Channel, ECHOES_TIMEOUT, End, since};
use crate::route::Route;

/// A phone comes so long after the one before: fifty in a second.
const COME: Duration = Duration::from_millis(20);
/// So often each says something.
const SAY: Duration = Duration::from_secs(2);
/// So long all stay after the last has come.
const STAY: Duration = Duration::from_secs(6);
/// The maximum number of delays in the figures.
const SAMPLES: usize = 1_000;
/// This many connections reveal most limits on their number.
const CROWD: u32 = 30;
/// So long they stay after the last has come: they are to come about, and not to last.
const CROWD_STAYS: Duration = Duration::from_secs(1);

/// How one of many connections ended.
enum Phone {
    Kept(Vec<f64>),
    Cut(Vec<f64>),
    /// It stands, and is slow.
    Late(Vec<f64>),
}

/// Many connections from here: they come one after another, each says something now and then, and
/// all stay until the last has been there for a while. The server lets only whom a facilitator has
/// given a token open more than a few.
pub(crate) async fn phones(route: &Route, room: Option<&(u32, String)>) -> Result<Phones, Trouble> {
    let (asked, token, stay, query) = match room {
        Some((asked, token)) => (*asked, Some(token.as_str()), STAY, ""),
        None => (CROWD, None, CROWD_STAYS, "?crowd=true"),
    };
    let end = time::Instant::now() + COME * asked + stay;
    let all = (0..asked).map(|number| async move {
        sleep(COME * number).await;
        let channel = Channel::open_by(route, query, token).await.map_err(|refused| refused.trouble)?;
        phone(channel, end).await
    });
    let ended: Vec<Result<Phone, Trouble>> = all.collect::<FuturesUnordered<_>>().collect().await;
    if let Some(Err(refused)) = ended.iter().find(|it| matches!(it, Err(Trouble::Refused { status: 401 }))) {
        return Err(*refused);
    }
    Ok(counted(asked, ended))
}

/// Says something now and then until the end.
async fn phone(mut channel: Channel, end: time::Instant) -> Result<Phone, Trouble> {
    let mut took = Vec::new();
    loop {
        let began = Instant::now();
        match channel.until([Message::text("there?")], ECHOES_TIMEOUT, |_| true).await? {
            End::Met => took.push(since(began)),
            End::Late => return Ok(Phone::Late(took)),
            End::Closed => return Ok(Phone::Cut(took)),
        }
        let next = end.min(time::Instant::now() + SAY);
        let quiet = next.saturating_duration_since(time::Instant::now());
        match channel.until([], quiet, |_| false).await? {
            End::Closed => return Ok(Phone::Cut(took)),
            End::Met | End::Late if next >= end => break,
            End::Met | End::Late => {}
        }
    }
    channel.close().await;
    Ok(Phone::Kept(took))
}

/// How they ended, all together.
fn counted(asked: u32, ended: Vec<Result<Phone, Trouble>>) -> Phones {
    let mut phones = Phones { asked, opened: 0, busy: 0, late: 0, kept: 0, ms: Vec::new() };
    for phone in ended {
        let (kept, took) = match phone {
            Ok(Phone::Kept(took) | Phone::Late(took)) => (1, took),
            Ok(Phone::Cut(took)) => (0, took),
            Err(trouble) => {
                phones.busy += u32::from(trouble == Trouble::Busy);
                phones.late += u32::from(trouble == Trouble::Silent);
                continue;
            }
        };
        phones.opened += 1;
        phones.kept += kept;
        phones.ms.extend(took);
    }
    phones.ms.truncate(SAMPLES);
    phones
}
