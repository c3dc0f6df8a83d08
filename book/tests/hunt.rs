//! The hunt for a torn read: one writer at full speed, readers in threads and in processes.
//!
//! `READERS_READS` is the number of reads of all readers together: some seconds' worth by default.
//!
//! ```text
//! READERS_READS=1000000000 cargo test --release -p wirebook-book --test hunt -- --nocapture
//! ```

#![forbid(unsafe_code)]

mod processes;
mod writing;

use std::env;
use std::io::Read;
use std::process::Child;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use processes::{create, file, folder, start};
use wirebook_book::{SeqNo, attach};
use writing::{Reads, read_until};

const THREADS: usize = 2;
const PROCESSES: usize = 2;

/// How much each reader has to read.
fn share() -> u64 {
    let reads: u64 =
        env::var("READERS_READS").map_or(1_000_000, |text| text.parse().expect("a number"));
    reads.div_ceil((THREADS + PROCESSES) as u64)
}

fn has_read(share: u64) -> impl Fn(&Reads) -> bool {
    move |reads| reads.tops + reads.depths + reads.walks >= share
}

/// What a process that has ended says of its reads.
fn heard(process: &mut Child) -> Reads {
    let mut said = String::new();
    process.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
    let status = process.wait().expect("a process that ends");
    let numbers = said.split_once("> ").and_then(|(_, line)| line.lines().next());
    let numbers = numbers.unwrap_or_else(|| panic!("{status}: {said}"));
    let numbers: Vec<u64> =
        numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
    let &[tops, depths, walks, news, torn, retries, busy] = &numbers[..] else { panic!("{said}") };
    assert!(status.success(), "{status}");
    Reads { tops, depths, walks, news, torn, retries, busy }
}

#[test]
fn no_read_of_a_long_hunt_is_torn() {
    let folder = folder();
    let file = folder.path().join("books");
    let mut writer = create(&file);
    let start_of_hunt = Instant::now();
    let mut processes = [(); PROCESSES].map(|()| start("part_hunter", &file));
    let readers = [writer.books.reader(), writer.books.reader().with_tries(50)];
    let by_threads: [Reads; THREADS] = thread::scope(|scope| {
        let threads =
            readers.map(|reader| scope.spawn(move || read_until(&reader, has_read(share()))));
        let is_gone = |process: &mut Child| process.try_wait().expect("a process").is_some();
        while !threads.iter().all(ScopedJoinHandle::is_finished)
            || !processes.iter_mut().all(is_gone)
        {
            (0..1_000).for_each(|_| writer.message());
            writer.books.note_applied(SeqNo::new(writer.next));
            writer.books.beat(writer.next);
        }
        threads.map(|thread| thread.join().expect("a reader that ends"))
    });
    let by_processes = processes.each_mut().map(heard);
    let seconds = start_of_hunt.elapsed().as_secs_f64();
    println!("{} messages in {seconds:.1} s", writer.next);
    by_threads.iter().for_each(|reads| println!("a thread: {reads}"));
    by_processes.iter().for_each(|reads| println!("a process: {reads}"));
    for reads in by_threads.iter().chain(&by_processes) {
        assert_eq!(reads.torn, 0, "{reads}");
        assert!(reads.news > 0 && reads.depths > 0, "this reader hunted nothing: {reads}");
    }
}

#[test]
#[ignore = "a part of no_read_of_a_long_hunt_is_torn, in a process of its own"]
fn part_hunter() {
    let reader = attach(file()).expect("books that are complete");
    let Reads { tops, depths, walks, news, torn, retries, busy } =
        read_until(&reader, has_read(share()));
    println!("> {tops} {depths} {walks} {news} {torn} {retries} {busy}");
}
