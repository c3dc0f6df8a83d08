//! `wirebook generate`: a synthetic day.

use std::path::PathBuf;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use wirebook::InputError;
use wirebook_exchange::feed::{self, Day, Multicast};
use wirebook_exchange::flow::FlowConfig;

use super::outcome::{Failure, Outcome};
use super::output::Output;

/// Make a synthetic but realistic day: the same seed gives the same bytes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to write; `-` is standard output.
    output: PathBuf,
    /// Messages of the day, to the message.
    #[arg(long, value_name = "N", default_value_t = FlowConfig::default().messages)]
    messages: u64,
    /// Symbols.
    #[arg(long, value_name = "N", default_value_t = FlowConfig::default().symbols)]
    symbols: u16,
    /// Which of all possible days.
    #[arg(long, value_name = "S", default_value_t = FlowConfig::default().seed)]
    seed: u64,
    /// Messages behind their lengths, or a capture of MoldUDP64 packets; by default what the name
    /// of the file says.
    #[arg(long)]
    format: Option<Layout>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    Itch,
    Pcap,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let &Arguments { messages, symbols, seed, .. } = arguments;
    let mut day = Day::new(FlowConfig { symbols, messages, seed }).map_err(InputError::from)?;
    let output = Output::create(&arguments.output)?;
    let by_name = match arguments.output.extension() {
        Some(extension) if extension == "pcap" => Layout::Pcap,
        _ => Layout::Itch,
    };
    let writer = output.writer()?;
    let progress = progress_bar(messages);
    let written = match arguments.format.unwrap_or(by_name) {
        Layout::Itch => feed::write_itch(&mut day, writer, |done| progress.set_position(done)),
        Layout::Pcap => {
            let line = Multicast::default();
            feed::write_pcap(&mut day, &line, writer, |done| progress.set_position(done))
        }
    };
    progress.finish_and_clear();
    written.map_err(|error| Failure::Generate(output.name().to_owned(), error))?;
    output.finish()?;
    Ok(Outcome::Complete)
}

/// Shows how far the day is, on a terminal alone.
fn progress_bar(messages: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} messages, {eta}");
    let bar = ProgressBar::new(messages);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
