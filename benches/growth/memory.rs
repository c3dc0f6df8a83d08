//! The memory that books take.

use std::fs;

use wirebook::book::Capacity;

use crate::shape::{Shape, messages};
use crate::{block, whole};

/// Orders live at the peak of a large day.
pub(crate) const ORDERS: u32 = 1_600_000;

/// What this process has in memory, in bytes.
fn resident() -> Result<usize, String> {
    let text = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| "the kernel does not say VmRSS".to_owned())
}

/// Makes books of a day's size and prints what they take beyond their input.
pub(crate) fn print(orders: u32) -> Result<(), String> {
    let shape = Shape::even(8_000, orders, 19);
    // So many that every place of the table of orders was used once.
    let (filling, keeping) = messages(&shape, 6 * u64::from(orders));
    let before = resident()?;
    let capacity =
        Capacity { orders, levels: shape.levels_total(), locates: u32::from(shape.symbols) + 1 };
    let books = wirebook::book::Books::new(capacity).map_err(|error| error.to_string())?;
    let mut feed = wirebook::ingest::feed::Feed::new(books, (), Default::default());
    feed.on_file_block(block(&filling, 1));
    feed.on_file_block(block(&keeping, 1 + filling.messages));
    whole(&feed)?;
    let taken = resident()?.saturating_sub(before);
    println!(
        "memory: {} MiB for {orders} orders on {} levels of 8000 symbols, {} bytes an order",
        taken >> 20,
        feed.books().levels_live(),
        taken / orders as usize
    );
    Ok(())
}
