//! A progress bar on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `total` steps of `what`; it goes away when it is dropped.
pub fn bar(what: &'static str, total: usize) -> Bar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    let style = ProgressStyle::with_template("{msg:>20} {wide_bar} {pos}/{len} {elapsed}");
    bar.set_style(style.expect("the template is well-formed"));
    Bar(bar)
}

/// A progress bar.
pub struct Bar(ProgressBar);

impl Bar {
    /// One or more steps were done.
    pub fn inc(&self, steps: u64) {
        self.0.inc(steps);
    }

    /// Sets the number of completed steps.
    pub fn set(&self, steps: u64) {
        self.0.set_position(steps);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
