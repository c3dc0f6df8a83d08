//! The command line: one file for each subcommand.

mod attach;
mod bench;
mod doctor;
mod generate;
mod outcome;
mod output;
mod publish;
mod record;
mod region;
mod replay;
mod run;
mod tell;
mod top;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use outcome::Outcome;

/// Limit order books of every symbol, order by order, from a feed or a recording of one.
///
/// Exit status: 0 complete; 2 unusable arguments or input; 3 the input was read to its end but
/// something is missing.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Replay(replay::Arguments),
    Generate(generate::Arguments),
    Attach(attach::Arguments),
    Top(top::Arguments),
    Bench(bench::Arguments),
    Run(Box<run::Arguments>),
    Publish(publish::Arguments),
    Record(Box<record::Arguments>),
    Doctor(Box<doctor::Arguments>),
}

/// Runs the command and says how it went.
pub(crate) fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Attach(arguments) => attach::run(&arguments),
        Command::Top(arguments) => top::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Run(arguments) => run::run(*arguments),
        Command::Publish(arguments) => publish::run(&arguments),
        Command::Record(arguments) => record::run(*arguments),
        Command::Doctor(arguments) => doctor::run(*arguments),
    };
    match outcome {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::Missing) => ExitCode::from(3),
        Err(failure) => {
            eprintln!("wirebook: {failure}");
            ExitCode::from(2)
        }
    }
}
