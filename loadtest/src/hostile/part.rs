//! The attackers, in a process of their own, so that what they cost is not the phones' time; with the least claim to the
//! processor that there is.

use std::{
    io::{Read, Write, stdin, stdout},
    time::Duration,
};

use anyhow::Result;
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use rustix::process::nice;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::attack::{Attack, Attacker, Done, Victim};

/// So much would a bomb unpack to.
const BOMB_BYTES: usize = 1 << 30;
/// Attackers do not come all in the same moment.
const ARRIVAL: Duration = Duration::from_millis(500);

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttackPlan {
    /// What.
    pub attack: Attack,
    /// To whom.
    pub victim: Victim,
    /// How many attackers.
    pub attackers: usize,
    /// For how long, in seconds.
    pub seconds: f64,
}

/// Attacks, and prints what was [`Done`]. Ends when its time is up, and when who started it is gone.
pub async fn run(orders: &str) -> Result<()> {
    let AttackPlan { attack, victim, attackers, seconds } = serde_json::from_str(orders)?;
    nice(10)?;
    let bomb = if attack == Attack::Bombs { bomb()? } else { Vec::new() };
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(seconds);
    let mut running = JoinSet::new();
    for number in 0..attackers {
        let attacker = Attacker::new(attack, victim.clone(), number, bomb.clone()).await?;
        let comes = start + ARRIVAL.mul_f64(number as f64 / attackers as f64);
        running.spawn_local(async move {
            sleep_until(comes).await;
            attacker.run(until).await
        });
    }
    // A thread of its own, because one of the runtime's would be waited for at the end.
    let (orphan, orphaned) = oneshot::channel();
    std::thread::spawn(move || {
        let ended = stdin().read(&mut [0]);
        // Nobody listens any more once the attack is over.
        drop(orphan.send(ended));
    });
    let mut done = Done::default();
    let all = async {
        while let Some(one) = running.join_next().await {
            done.add(one?);
        }
        anyhow::Ok(())
    };
    tokio::select! {
        all = all => all?,
        _ = orphaned => return Ok(()),
    }
    let mut stdout = stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(&done)?)?;
    Ok(stdout.flush()?)
}

/// A gigabyte of blanks, compressed to some hundred bytes.
fn bomb() -> Result<Vec<u8>> {
    let (mut bomb, blanks) = (Vec::new(), vec![b' '; 1 << 20]);
    let params = BrotliEncoderParams { quality: 2, lgwin: 24, ..Default::default() };
    let mut writer = CompressorWriter::with_params(&mut bomb, 1 << 16, &params);
    for _ in 0..BOMB_BYTES / blanks.len() {
        writer.write_all(&blanks)?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bomb)
}
