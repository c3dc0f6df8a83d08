//! Decoding alone, beside an ITCH crate that others use.
//!
//! `cargo bench --bench decode` takes every field that concerns books out of every message of a
//! generated day, from memory, with `wirebook-ingest` (messages on orders all alike, the others by their views)
//! and with `itchy`, in turns. A number that depends on every field taken must be the same; if it is not, it fails.

use std::process::ExitCode;

use clap::Parser;
use itchy::{Body, MessageStream};
use wirebook::book::{OrderRef, Price, Qty, Side};
use wirebook::ingest::itch::{self, Message, OrderMessage};
use wirebook::ingest::mold::Messages;

#[path = "../day/mod.rs"]
mod day;

use day::{Day, median, thread_time};

/// Measures decoding alone.
#[derive(Parser)]
struct Arguments {
    /// Messages of the day.
    #[arg(long, default_value_t = 4_000_000)]
    messages: u64,
    /// Its symbols.
    #[arg(long, default_value_t = 8_000)]
    symbols: u16,
    /// Rounds; both take turns.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// A short run, for its checksums.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.messages, arguments.symbols, arguments.rounds) = (200_000, 500, 1);
    }
    match bench(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("decode: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> Result<(), String> {
    let day = Day::generate(arguments.symbols, arguments.messages)?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut sum = Sum::default();
    for _ in 0..arguments.rounds.max(1) {
        let [(our_sum, our_ns), (their_sum, their_ns)] =
            [timed(&day, views)?, timed(&day, with_itchy)?];
        if our_sum != their_sum || our_sum.messages != day.messages_total {
            return Err(format!("{}: {our_sum:?} and {their_sum:?}", day.name));
        }
        sum = our_sum;
        ours.push(our_ns);
        theirs.push(their_ns);
        ratios.push(our_ns / their_ns);
    }
    println!("{}, checksum {}", day.name, sum.fields);
    println!("  wirebook  {:6.2} ns a message, median of {}", median(&mut ours), ratios.len());
    println!("  itchy     {:6.2} ns a message", median(&mut theirs));
    println!("  ratio     {:6.3}", median(&mut ratios));
    Ok(())
}

fn timed(day: &Day, decode: fn(&Day) -> Result<Sum, String>) -> Result<(Sum, f64), String> {
    let start = thread_time();
    let sum = decode(day)?;
    Ok((sum, day.per_message(thread_time().saturating_sub(start))))
}

/// What was taken out of the messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sum {
    messages: u64,
    fields: u64,
}

impl Sum {
    fn message(&mut self, locate: u16, timestamp: u64) {
        self.messages += 1;
        self.field(u64::from(locate));
        self.field(timestamp);
    }

    fn field(&mut self, field: u64) {
        self.fields = self.fields.wrapping_add(field.wrapping_mul(self.messages));
    }

    fn order_ref(&mut self, order_ref: OrderRef) {
        self.field(order_ref.get());
    }

    fn qty(&mut self, qty: Qty) {
        self.field(qty.shares());
    }

    fn price(&mut self, price: Price) {
        self.field(price.units().cast_unsigned());
    }

    fn side(&mut self, is_bid: bool) {
        self.field(u64::from(is_bid));
    }
}

fn views(day: &Day) -> Result<Sum, String> {
    let mut sum = Sum::default();
    let mut rest = &day.bytes[..];
    while let Some((message, after)) = Messages::split_first(rest) {
        sum.decoded(message)?;
        rest = after;
    }
    if !rest.is_empty() {
        return Err("the day ends within a message".to_owned());
    }
    Ok(sum)
}

impl Sum {
    #[inline(always)]
    fn decoded(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Some(order) = OrderMessage::read(bytes) else { return self.views(bytes) };
        self.message(order.locate.get(), order.timestamp.get());
        // What a kind does not have is zero, and adds nothing.
        self.order_ref(order.order_ref);
        self.order_ref(order.new_ref);
        self.side(order.is_add() & (order.side == Side::Bid));
        self.qty(order.qty);
        self.price(order.price);
        Ok(())
    }

    #[inline(never)]
    fn views(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sum = self;
        let message = itch::parse(bytes).map_err(|error| error.to_string())?;
        sum.message(message.locate().get(), message.timestamp().get());
        match message {
            Message::AddOrder(add) => {
                sum.order_ref(add.order_ref());
                sum.side(add.side() == Ok(Side::Bid));
                sum.qty(add.qty());
                sum.price(add.price());
            }
            Message::AddOrderAttributed(add) => {
                sum.order_ref(add.order_ref());
                sum.side(add.side() == Ok(Side::Bid));
                sum.qty(add.qty());
                sum.price(add.price());
            }
            Message::OrderExecuted(executed) => {
                sum.order_ref(executed.order_ref());
                sum.qty(executed.executed());
            }
            Message::OrderExecutedWithPrice(executed) => {
                sum.order_ref(executed.order_ref());
                sum.qty(executed.executed());
                sum.price(executed.price());
            }
            Message::OrderCancel(cancel) => {
                sum.order_ref(cancel.order_ref());
                sum.qty(cancel.cancelled());
            }
            Message::OrderDelete(delete) => sum.order_ref(delete.order_ref()),
            Message::OrderReplace(replace) => {
                sum.order_ref(replace.old_ref());
                sum.order_ref(replace.new_ref());
                sum.qty(replace.qty());
                sum.price(replace.price());
            }
            Message::Trade(trade) => {
                sum.qty(trade.qty());
                sum.price(trade.price());
            }
            _ => {}
        }
        Ok(())
    }
}

fn with_itchy(day: &Day) -> Result<Sum, String> {
    let mut sum = Sum::default();
    for message in MessageStream::from_reader(&day.bytes[..]) {
        let message = message.map_err(|error| error.to_string())?;
        sum.message(message.stock_locate, message.timestamp);
        match message.body {
            Body::AddOrder(add) => {
                sum.field(add.reference);
                sum.side(add.side == itchy::Side::Buy);
                sum.field(add.shares.into());
                sum.field(add.price.raw().into());
            }
            Body::OrderExecuted { reference, executed, .. } => {
                sum.field(reference);
                sum.field(executed.into());
            }
            Body::OrderExecutedWithPrice { reference, executed, price, .. } => {
                sum.field(reference);
                sum.field(executed.into());
                sum.field(price.raw().into());
            }
            Body::OrderCancelled { reference, cancelled } => {
                sum.field(reference);
                sum.field(cancelled.into());
            }
            Body::DeleteOrder { reference } => sum.field(reference),
            Body::ReplaceOrder(replace) => {
                sum.field(replace.old_reference);
                sum.field(replace.new_reference);
                sum.field(replace.shares.into());
                sum.field(replace.price.raw().into());
            }
            Body::NonCrossTrade(trade) => {
                sum.field(trade.shares.into());
                sum.field(trade.price.raw().into());
            }
            _ => {}
        }
    }
    Ok(sum)
}
