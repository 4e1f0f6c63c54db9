//! The attackers, in a separate process with the lowest priority, so that they do not take the
//! phones' CPU time.

use std::{
    io::{Read, Write, stdin, stdout},
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use rustix::process::nice;
use serde::{Deserialize, Serialize};
use tokio::{
    process::{Child, Command},
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    attack::{Attack, Done, Victim},
    attacker::Attacker,
};

/// The size of a decompressed bomb.
const BOMB_BYTES: usize = 1 << 30;
/// Attackers do not come all in the same moment.
const ARRIVAL: Duration = Duration::from_millis(500);

/// The options.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttackPlan {
    /// What.
    pub attack: Attack,
    /// The target.
    pub victim: Victim,
    /// How many attackers.
    pub attackers: usize,
    /// For how long, in seconds.
    pub seconds: f64,
}

/// Attacks, and prints what was [`Done`]. Ends when its time is up, or when the process that
/// started it has ended.
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
    let mut done = Done::default();
    let all = async {
        while let Some(one) = running.join_next().await {
            done.add(one?);
        }
        anyhow::Ok(())
    };
    tokio::select! {
        all = all => all?,
        _ = orphaned() => return Ok(()),
    }
    let mut stdout = stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(&done)?)?;
    Ok(stdout.flush()?)
}

/// Resolves when the process that started the attack has ended.
fn orphaned() -> oneshot::Receiver<()> {
    let (orphan, orphaned) = oneshot::channel();
    // A separate thread, because the runtime would wait for one of its own at the end.
    std::thread::spawn(move || {
        // Whatever the result, the other process has ended.
        let _ = stdin().read(&mut [0]);
        // Fails if the attack is already over.
        let _ = orphan.send(());
    });
    orphaned
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

/// Has them begin.
pub(super) fn start(orders: &AttackPlan) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("hostile-part").arg(serde_json::to_string(orders)?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    Ok(command.spawn()?)
}

/// Waits until they have ended. Returns what they did.
pub(super) async fn finish(attack: Child, within: Duration) -> Result<Done> {
    let output = timeout(within, wait(attack)).await.context("the attackers did not come to an end")??;
    ensure!(output.status.success(), "the attackers ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("the attackers said something else than what they did")
}

/// Waits for the end of the attackers, whose standard input stays open until then: its end is the
/// order to stop.
async fn wait(mut attack: Child) -> Result<Output> {
    let _input = attack.stdin.take();
    Ok(attack.wait_with_output().await?)
}
