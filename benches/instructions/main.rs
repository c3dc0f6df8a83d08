//! One pass over a generated day, for who counts instructions: `benches/instructions.sh`.
//!
//! Nothing here reads a clock, and [`play`] stays a function of its own, so that a count begins and ends
//! with it.

use std::process::ExitCode;

#[path = "../day/mod.rs"]
mod day;

use day::{Day, feed_of_a_day};
use wirebook::book::SeqNo;
use wirebook::ingest::feed::Feed;
use wirebook::ingest::mold::Block;
use wirebook::replay::touch_checksum;

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let &[symbols, messages] = &numbers[..] else {
        // `cargo bench` and `cargo test` start it with arguments of their own.
        println!("usage: instructions SYMBOLS MESSAGES; see benches/instructions.sh");
        return ExitCode::SUCCESS;
    };
    let symbols = u16::try_from(symbols).unwrap_or(u16::MAX);
    match run(symbols, messages) {
        Ok(checksum) => {
            println!("{checksum}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(symbols: u16, messages: u64) -> Result<u64, String> {
    let day = Day::generate(symbols, messages)?;
    let mut feed = feed_of_a_day().map_err(|error| error.to_string())?;
    let block = Block { first: SeqNo::new(1), messages: day.messages() };
    play(&mut feed, block);
    Ok(touch_checksum(feed.books()))
}

#[inline(never)]
fn play(feed: &mut Feed<()>, block: Block<'_>) {
    feed.on_file_block(block);
}
