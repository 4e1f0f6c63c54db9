//! The tasks that run as long as the server does. Each has a name, so that the log can say which
//! one ended early. All end with the server.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::task::AbortHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The endless tasks of one server.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    end: CancellationToken,
}

impl Tasks {
    /// Runs a task on the current runtime until [`Tasks::end`], or until it is aborted by what is
    /// returned.
    pub fn run(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let end = self.end.clone();
        let tracked = self.tracker.spawn(async move {
            // Nobody awaits the handle, so a panic would be reported without the task's name.
            let task = AssertUnwindSafe(task).catch_unwind();
            tokio::select! {
                biased;
                () = end.cancelled() => {}
                ended = task => tracing::error!(task = name, panicked = ended.is_err(), "a task ended before the server did"),
            }
        });
        tracked.abort_handle()
    }

    /// Ends all of them, and waits until they have ended.
    pub async fn end(&self) {
        self.end.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{Arc, Weak},
    };

    use super::*;

    /// Runs a task that holds something, which is there for as long as the task.
    fn holding(tasks: &Tasks, then: impl Future<Output = ()> + Send + 'static) -> (Weak<()>, AbortHandle) {
        let held = Arc::new(());
        let there = Arc::downgrade(&held);
        let task = tasks.run("test", async move {
            then.await;
            drop(held);
        });
        (there, task)
    }

    #[tokio::test]
    async fn all_have_ended_when_the_end_was_waited_for() {
        let tasks = Tasks::default();
        let [(one, _), (other, _)] = [(); 2].map(|()| holding(&tasks, pending()));
        tasks.end().await;
        assert!([one, other].iter().all(|held| held.strong_count() == 0));
    }

    #[tokio::test]
    async fn one_that_is_aborted_or_fails_takes_no_other_with_it() {
        let tasks = Tasks::default();
        let (stays, _stays) = holding(&tasks, pending());
        let (aborted, task) = holding(&tasks, pending());
        let (failed, _failed) = holding(&tasks, async { panic!("as it was told") });
        task.abort();
        while aborted.strong_count() + failed.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stays.strong_count(), 1);
        tasks.end().await;
    }
}
