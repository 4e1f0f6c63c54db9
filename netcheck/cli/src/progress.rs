//! The current step, for someone at a terminal; nothing is written anywhere else.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use netcheck_rules::Step;

use crate::words::Words;

/// The lines of a running test.
pub(crate) struct Progress {
    words: Words,
    lines: MultiProgress,
    quick: ProgressBar,
    silences: ProgressBar,
}

impl Progress {
    /// On the terminal, if there is one.
    pub(crate) fn new(words: Words) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = |template: &str| {
            let style = ProgressStyle::with_template(template).expect("the template is well-formed");
            ProgressBar::hidden().with_style(style)
        };
        let quick = lines.add(bar("{spinner} {prefix} · {msg}"));
        let silences = bar("  {prefix} {bar:24} {pos} / {len} s");
        quick.set_prefix(words.text("program.quick"));
        silences.set_prefix(words.text("program.silences"));
        quick.enable_steady_tick(Duration::from_millis(120));
        Self { words, lines, quick, silences }
    }

    /// A step begins.
    pub(crate) fn step(&self, step: Step) {
        self.quick.set_message(self.words.text(&format!("netcheck.step.{}", step.kind())));
    }

    /// All but the silences is done.
    pub(crate) fn quick_done(&self) {
        self.quick.set_message(self.words.text("netcheck.silences"));
    }

    /// Silences begin, and are as long as the longest of them.
    pub(crate) fn silences(&self, seconds: &[u32]) {
        let longest = u64::from(seconds.iter().copied().max().unwrap_or_default());
        self.silences.set_length(longest);
        self.silences.set_position(0);
        self.silences.reset_elapsed();
        // Drawn from now on.
        self.lines.add(self.silences.clone());
    }

    /// Moves the line of the silences, once a second.
    pub(crate) fn tick(&self) {
        let length = self.silences.length().unwrap_or_default();
        self.silences.set_position(self.silences.elapsed().as_secs().min(length));
    }

    /// Takes the lines away.
    pub(crate) fn clear(&self) {
        self.quick.finish_and_clear();
        self.silences.finish_and_clear();
        // What could not be drawn was not there.
        let _ = self.lines.clear();
    }
}
