//! `wirebook run`: live ingest.

mod config;
mod options;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use wirebook::book::{Books, Capacity};
use wirebook::ingest::backend::{Backend, Obtained};
use wirebook::ingest::feed::{Feed, FeedConfig, Publisher, SymbolFilter};
use wirebook::ingest::receiver::Receiver;
use wirebook::live::{LiveFigures, LiveTape, StopWhen, live_tape, pin_to, receive};
use wirebook::replay::Summary;

use super::outcome::{Failure, Outcome};
use super::output::Output;
use super::replay::symbols;
use super::tell::tell;
pub(super) use config::{Plan, plans};
pub(super) use options::{BackendKind, Options};

/// Receive a feed live and keep its books.
///
/// Packets of MoldUDP64 come in by one of four backends, on one or two lines. Books can be read by other
/// processes (--region, and wirebook attach). SIGINT and SIGTERM end it with a full account.
///
/// Exit status: 0 if nothing is missing; 2 if it could not begin; 3 if messages are missing.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A TOML file with any of the options below under their long names, with _ for -; options given here
    /// go before it. [[channel]] tables with group, line_b, interface, core, region and bbo receive several
    /// feeds, each on a thread of its own.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<std::path::PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Print the summary as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    let plans = plans(arguments.options, arguments.config.as_deref())?;
    let stop = stop_on_signals()?;
    // All are open before any is received, so that a mistake in one ends all before they begin.
    let mut channels = Vec::with_capacity(plans.len());
    for plan in plans {
        channels.push(Channel::open(plan)?);
    }
    for channel in &channels {
        eprintln!("wirebook: ready to receive: {}", channel.describe());
    }
    let summaries = thread::scope(|scope| {
        let spawn = |channel: Channel| {
            let stop = &stop;
            scope.spawn(move || channel.receive(stop))
        };
        let threads: Vec<_> = channels.into_iter().map(spawn).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect::<Result<Vec<Summary>, Failure>>()
    })?;
    report(&summaries, arguments.json);
    let complete = summaries.iter().all(Summary::is_complete);
    Ok(if complete { Outcome::Complete } else { Outcome::Missing })
}

/// Set by the first SIGINT or SIGTERM. The second one ends the process at once.
pub(super) fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(Failure::Signals)?;
    }
    Ok(stop)
}

/// One feed, ready to be received.
struct Channel {
    plan: Plan,
    backend: Box<dyn Backend>,
    books: Books,
    feed: FeedConfig,
    bbo: Option<Output>,
}

impl Channel {
    fn open(plan: Plan) -> Result<Channel, Failure> {
        let capacity =
            Capacity { orders: plan.orders_max, levels: plan.levels_max, ..Capacity::WHOLE_DAY };
        let feed = FeedConfig {
            assume_complete: plan.assume_complete,
            symbols: SymbolFilter::only(symbols(&plan.symbols)?),
            ..FeedConfig::default()
        };
        let bbo = plan.bbo.as_deref().map(Output::create).transpose()?;
        // Before the books: what is refused should be refused quickly.
        let backend = plan.backend.open(&plan.subscription)?;
        let books = open_books(&plan, capacity)?;
        Ok(Channel { plan, backend, books, feed, bbo })
    }

    fn describe(&self) -> String {
        let obtained: &Obtained = self.backend.obtained();
        let lines: Vec<String> =
            self.plan.subscription.lines.iter().map(|line| line.group.to_string()).collect();
        let lines = lines.join(" and ");
        format!("{lines} on {} by {obtained}", self.plan.subscription.interface)
    }

    fn receive(self, stop: &AtomicBool) -> Result<Summary, Failure> {
        let Channel { plan, backend, books, feed, bbo } = self;
        let (tape, writer) =
            live_tape(bbo.as_ref().map(Output::writer).transpose()?, plan.any_state);
        let summary = thread::scope(|scope| {
            let writing = scope.spawn(move || writer.write_all());
            // It was started before this thread is pinned, or it would have to share its core. The tape ends with the
            // receiver that has it, and the writer with the tape.
            let received = receive_into(&plan, backend, books, feed, tape, stop);
            let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let mut summary = received?;
            let name = bbo.as_ref().map_or(Path::new(""), Output::name);
            summary.bbo_sha256 = written.map_err(Failure::output(name))?;
            Ok::<Summary, Failure>(summary)
        })?;
        bbo.map_or(Ok(()), Output::finish)?;
        Ok(summary)
    }
}

/// Books in the memory of the core that will write them, where cores have memories of their own.
fn open_books(plan: &Plan, capacity: Capacity) -> Result<Books, Failure> {
    let open = || {
        if let Some(core) = plan.core {
            pin_to(core)?;
        }
        Ok::<Books, Failure>(plan.region.open(capacity)?.books)
    };
    // On a thread that ends with it: this one is not to stay on that core.
    thread::scope(|scope| scope.spawn(open).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Receives until it is time to stop, and sums up. The backend is let go of on this thread, to which it belongs.
fn receive_into(
    plan: &Plan,
    backend: Box<dyn Backend>,
    books: Books,
    feed: FeedConfig,
    tape: LiveTape,
    stop: &AtomicBool,
) -> Result<Summary, Failure> {
    if let Some(core) = plan.core {
        pin_to(core)?;
    }
    let publisher = Publisher::of(&books);
    let feed = Feed::new(books, (tape, publisher), feed);
    let mut receiver = Receiver::new(backend, feed, plan.session, plan.protocol, plan.pace());
    let when = StopWhen { at_end: plan.exit_at_end, idle: plan.exit_idle };
    let tell = |figures: LiveFigures| eprintln!("wirebook: {}{figures}", plan.name);
    receive(&mut receiver, stop, when, plan.interval(), tell)?;
    let mut summary = Summary::of_live(&mut receiver);
    let (count, waits) = receiver.with_feed(|_, (tape, _)| (tape.count(), tape.waits()));
    summary.bbo_changes = count;
    if let Some(live) = &mut summary.live {
        live.backend.insert("mode".to_owned(), plan.pace().name().to_owned());
        if let Some(core) = plan.core {
            live.backend.insert("core".to_owned(), core.to_string());
        }
        live.tape_waits = waits;
    }
    Ok(summary)
}

fn report(summaries: &[Summary], json: bool) {
    match summaries {
        [summary] => tell(summary, json, |out, summary| writeln!(out, "{summary}")),
        summaries => tell(summaries, json, |out, summaries| {
            summaries.iter().try_for_each(|summary| writeln!(out, "{summary}"))
        }),
    }
    for summary in summaries.iter().filter(|summary| !summary.is_complete()) {
        for gap in &summary.gaps {
            eprintln!("wirebook: gap: messages {} to {} are missing", gap.first, gap.last);
        }
        let (state, count) = (&summary.feed_state, summary.books_not_live.len());
        eprintln!("wirebook: incomplete: the feed is {state}; {count} books are not Live");
    }
}
