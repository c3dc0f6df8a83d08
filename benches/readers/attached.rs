//! What a read costs in another process, which has attached to the books.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use wirebook::book::region::RegionConfig;
use wirebook::book::{Books, Capacity, Depth as Published};

use crate::cost::{self, pin};
use crate::depth::{self, Engine, FIRST};

/// Nanoseconds of a read of the touch and of ten levels a side.
pub(crate) type Reads = [f64; 2];

/// The costs in another process: while nobody writes, and under a writer that never pauses.
pub(crate) fn measure(time: Duration) -> Result<[Reads; 2], String> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_path_buf() } else { env::temp_dir() };
    let folder = tempfile::tempdir_in(folder).map_err(|error| error.to_string())?;
    let file = folder.path().join("books");
    let config = RegionConfig { file: Some(file.clone()), ..RegionConfig::default() };
    let books = Books::create(Capacity::SMALL, &config).map_err(|error| error.to_string())?;
    let mut engine = Engine::over(books);
    let idle = result(start(&file, time)?)?;
    let reader = start(&file, time)?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            let mut seq = FIRST;
            while !done.load(Ordering::Relaxed) {
                (0..256).for_each(|_| {
                    engine.update(seq, 0);
                    seq += 1;
                });
            }
        });
        let busy = result(reader);
        done.store(true, Ordering::Relaxed);
        Ok([idle, busy?])
    })
}

fn start(file: &Path, time: Duration) -> Result<Child, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    Command::new(program)
        .arg("--attach")
        .arg(file)
        .args(["--milliseconds", &time.as_millis().to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())
}

fn result(child: Child) -> Result<Reads, String> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut figures = text.split_whitespace().map(str::parse::<f64>);
    match (figures.next(), figures.next()) {
        (Some(Ok(touch)), Some(Ok(levels))) => Ok([touch, levels]),
        _ => Err(format!("the process that attached said {text:?}")),
    }
}

/// The other process.
pub(crate) fn attached(file: &PathBuf, time: Duration) -> Result<(), String> {
    let reader = wirebook::attach(file).map_err(|error| error.to_string())?;
    // The writer may still be starting.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(50) {
        std::hint::black_box(depth::top(&reader));
    }
    let touch = || depth::top(&reader).is_some_and(|(_, touch)| touch > 0);
    let levels = || {
        let mut place = Published::new();
        depth::depth(&reader, &mut place) && depth::sum(&place) > 0
    };
    let [touch, levels] =
        [&touch as &dyn Fn() -> bool, &levels].map(|read| cost::reads(read, time).ns);
    println!("{touch} {levels}");
    Ok(())
}
