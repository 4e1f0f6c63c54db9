//! Work that takes a core for a while, and that no room waits for: passwords, files to take away.
//! It has threads of its own, and gives way to whatever else the server has to do, so that
//! strangers who cause much of it do not slow a room down.

use std::{io, thread};

use tokio::sync::oneshot;

/// How much such work gives way, on the system's scale from -20 to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Why work was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There can be no thread for it.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// It has panicked, which the log tells.
    #[error("it panicked")]
    Panic,
}

/// Has the work done. It goes on where nobody waits for it any more.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
    let (sender, done) = oneshot::channel();
    // Not one of a pool: a thread that gives way can never take that back.
    thread::Builder::new().name("background".to_owned()).spawn(move || {
        give_way();
        // The caller may have gone.
        let _ = sender.send(work());
    })?;
    done.await.map_err(|_| NotDone::Panic)
}

/// Has this thread give way. Of systems on which that means the whole process nothing is asked.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "cannot lower the priority of background work");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_gives_way_and_nothing_else_does() {
        let priority = || rustix::process::getpriority_process(None).expect("a priority");
        let before = priority();
        let within = run(priority).await.expect("done");
        assert_eq!(within, if cfg!(target_os = "linux") { NICE.max(before) } else { before });
        assert_eq!(priority(), before);
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        let broken = run(|| -> u8 { panic!("as it should") }).await;
        assert!(matches!(broken, Err(NotDone::Panic)));
    }
}
