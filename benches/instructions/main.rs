//! One pass over a generated day, for who counts instructions: `benches/instructions.sh`.
//!
//! Nothing here reads a clock, and [`play`] stays a function of its own, so that a count begins and ends
//! with it.

use std::process::ExitCode;

#[path = "../day/mod.rs"]
mod day;
#[allow(dead_code)] // the benchmark of growth takes the rest of it
#[path = "../growth/shape.rs"]
mod shape;

use day::{Day, feed_of_a_day};
use wirebook::book::SeqNo;
use wirebook::ingest::feed::Feed;
use wirebook::ingest::mold::{Block, Messages};
use wirebook::replay::touch_checksum;

/// Instead of a number of symbols: the dearest messages that there can be.
const HOSTILE: &str = "hostile";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(HOSTILE) {
        let count = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000);
        return report(hostile(count));
    }
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let &[symbols, messages] = &numbers[..] else {
        // `cargo bench` and `cargo test` start it with arguments of their own.
        println!("usage: instructions (SYMBOLS | hostile) MESSAGES; see benches/instructions.sh");
        return ExitCode::SUCCESS;
    };
    let symbols = u16::try_from(symbols).unwrap_or(u16::MAX);
    report(run(symbols, messages))
}

fn report(checksum: Result<u64, String>) -> ExitCode {
    match checksum {
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

/// The worst level of the deepest side moves with every message.
fn hostile(count: u64) -> Result<u64, String> {
    let (_, filling, keeping) = shape::hostile(count).swap_remove(0);
    let mut feed = feed_of_a_day().map_err(|error| error.to_string())?;
    let [first, second] = [&filling, &keeping].map(|bytes| Messages::prefix(&bytes.bytes).0);
    let next = SeqNo::new(1 + filling.messages);
    feed.on_file_block(Block { first: SeqNo::new(1), messages: first });
    play(&mut feed, Block { first: next, messages: second });
    if feed.books().rejects().total() > 0 {
        return Err(format!("messages were refused: {:?}", feed.books().rejects()));
    }
    Ok(touch_checksum(feed.books()))
}

#[inline(never)]
fn play(feed: &mut Feed<()>, block: Block<'_>) {
    feed.on_file_block(block);
}
