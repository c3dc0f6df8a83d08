//! How far the day is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use wirebook::replay::Progress;

use crate::clock_axis::clock;
use crate::report::grouped;

/// Between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(2);

/// Shows progress on standard error.
pub(crate) struct ProgressView {
    bar: Option<ProgressBar>,
    line_due: Instant,
}

impl ProgressView {
    pub(crate) fn new() -> ProgressView {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            // A template that does not parse leaves the style that is there.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        ProgressView { bar, line_due: Instant::now() + BETWEEN_LINES }
    }

    /// The day is as far as `progress` says.
    pub(crate) fn update(&mut self, progress: &Progress) {
        let text = || format!("{}  {} messages", clock(progress.time), grouped(progress.messages));
        if let Some(bar) = &self.bar {
            if let Some(total) = progress.messages_total {
                bar.set_length(total);
            }
            bar.set_position(progress.messages);
            bar.set_message(text());
        } else if Instant::now() >= self.line_due {
            self.line_due = Instant::now() + BETWEEN_LINES;
            eprintln!("{}", text());
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
