//! `wirebook publish`: puts a recording on the wire.

use std::io::Write;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::str::FromStr;

use wirebook::ingest::mold::{PAYLOAD_BYTES_DEFAULT, SessionId};
use wirebook::ingest::source::Format;
use wirebook::publish::{Faults, PublishConfig, Published, Rate, publish};

use super::outcome::{Failure, Outcome};
use super::run::stop_on_signals;
use super::tell::tell;

/// Put a recording on the wire as MoldUDP64.
///
/// A file of messages is packed into packets; the packets of a capture are sent as they are. With two lines
/// every packet is sent on both. Faults are by chance, but the same for the same seed; nothing is lost
/// on both lines unless that is allowed. In the end it is said several times that the session ends.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The recording.
    input: PathBuf,
    /// The interface by which packets leave.
    #[arg(long, value_name = "IF")]
    interface: String,
    /// The multicast group, or the address, and the port of line A.
    #[arg(long, value_name = "ADDR:PORT")]
    group: SocketAddrV4,
    /// The same of line B.
    #[arg(long, value_name = "ADDR:PORT")]
    line_b: Option<SocketAddrV4>,
    /// What the recording is, where its content and name do not tell.
    #[arg(long)]
    format: Option<Format>,
    /// Packets a second, `recorded` for the times of the recording, or `max`.
    #[arg(long, value_name = "PPS|recorded|max", default_value = "recorded")]
    rate: RateArgument,
    /// The share of line A's packets that are withheld, from 0 to 1.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    loss_a: f64,
    /// The same of line B.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    loss_b: f64,
    /// The share of packets that are sent twice.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    dup: f64,
    /// The share of packets that are sent after one to three later ones.
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    reorder: f64,
    /// Both lines may lose the same packet.
    #[arg(long)]
    allow_gap: bool,
    /// The seed of all this.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The session that packets name, where the recording is no capture: at most ten characters.
    #[arg(long, default_value = "WIREBOOK01", value_parser = session)]
    session: SessionId,
    /// Bytes of the longest payload that messages are packed into.
    #[arg(long, value_name = "BYTES", default_value_t = PAYLOAD_BYTES_DEFAULT)]
    payload_bytes_max: usize,
    /// Routers that a multicast packet may pass.
    #[arg(long, value_name = "N", default_value_t = 1)]
    ttl: u8,
    /// How often it is said that the session ends.
    #[arg(long, value_name = "N", default_value_t = 3)]
    ends: u32,
    /// Print what was sent as one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy)]
struct RateArgument(Rate);

impl FromStr for RateArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<RateArgument, String> {
        let rate = match text {
            "recorded" => Rate::Recorded,
            "max" => Rate::Max,
            _ => match text.parse::<f64>() {
                Ok(rate) if rate.is_finite() && rate >= 0.001 => Rate::PerSecond(rate),
                _ => return Err("a number of packets a second, recorded or max".to_owned()),
            },
        };
        Ok(RateArgument(rate))
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share from 0 to 1".to_owned())
}

fn session(text: &str) -> Result<SessionId, String> {
    SessionId::new(text).ok_or_else(|| "at most ten characters of ASCII".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if arguments.line_b == Some(arguments.group) {
        return Err(Failure::Option(format!("lines A and B are both {}", arguments.group)));
    }
    let config = PublishConfig {
        interface: arguments.interface.clone(),
        lines: [Some(arguments.group), arguments.line_b].into_iter().flatten().collect(),
        rate: arguments.rate.0,
        faults: Faults {
            loss_a: arguments.loss_a,
            loss_b: arguments.loss_b,
            duplicates: arguments.dup,
            reordered: arguments.reorder,
            allow_gap: arguments.allow_gap,
            seed: arguments.seed,
        },
        session: arguments.session,
        payload_bytes_max: arguments.payload_bytes_max,
        time_to_live: arguments.ttl,
        ends: arguments.ends,
    };
    let stop = stop_on_signals()?;
    let published = publish(&arguments.input, arguments.format, &config, &stop)?;
    tell(&published, arguments.json, in_words);
    Ok(Outcome::Complete)
}

fn in_words(out: &mut dyn Write, published: &Published) -> std::io::Result<()> {
    let Published { session, packets, messages, messages_lost, lines, seconds } = published;
    writeln!(out, "session {session}: {messages} messages in {packets} packets, {seconds:.3} s")?;
    for (name, line) in lines {
        writeln!(
            out,
            "line {name}: {} packets, {} bytes; withheld {} with {} messages, twice {}, late {}",
            line.packets,
            line.bytes,
            line.withheld_packets,
            line.withheld_messages,
            line.duplicated,
            line.reordered
        )?;
    }
    writeln!(out, "messages that no line got: {messages_lost}")
}
