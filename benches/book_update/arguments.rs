//! What is measured, and how often.

use clap::Parser;

/// Measures what a message costs: decoded, applied to the book of its symbol, queues kept.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Messages of the day of many symbols.
    #[arg(long, default_value_t = 20_000_000)]
    pub(crate) messages: u64,
    /// Its symbols.
    #[arg(long, default_value_t = 8_000)]
    pub(crate) symbols: u16,
    /// Messages of the day of one symbol.
    #[arg(long, default_value_t = 2_000_000)]
    pub(crate) hot_messages: u64,
    /// Rounds of each workload; engine and baseline take turns.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Small workloads, for their checksums rather than their figures.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print one JSON object for each workload.
    #[arg(long)]
    pub(crate) json: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    pub(crate) fn read() -> Arguments {
        let mut arguments = Arguments::parse();
        if arguments.quick {
            (arguments.messages, arguments.symbols) = (200_000, 500);
            (arguments.hot_messages, arguments.rounds) = (50_000, 1);
        }
        arguments.rounds = arguments.rounds.max(1);
        arguments
    }
}
