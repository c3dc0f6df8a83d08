//! A generated day, message by message.

use wirebook_book::Nanos;

use super::{EncodeError, Encoder};
use crate::flow::{Flow, FlowConfig, FlowError};
use crate::matching::Exchange;

/// One ITCH 5.0 message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// When it was sent, by the exchange's clock.
    pub at: Nanos,
    /// Its bytes, without any framing.
    pub bytes: &'a [u8],
}

/// A generated day of ITCH 5.0 messages. The same configuration gives the same bytes on every
/// machine. See [`crate::flow`] for the model behind it.
///
/// Memory is bounded by the live orders, about one for twelve messages of the day.
#[derive(Debug)]
pub struct Day {
    flow: Flow,
    encoder: Encoder,
}

impl Day {
    /// A day from its first message on.
    ///
    /// # Errors
    /// [`FlowError`] where the configuration asks for too much or too little.
    pub fn new(config: FlowConfig) -> Result<Day, FlowError> {
        Ok(Day { flow: Flow::new(config)?, encoder: Encoder::new() })
    }

    /// The next message; `None` after the last one.
    ///
    /// # Errors
    /// [`EncodeError`], which no day that the flow makes should cause; the day may be continued
    /// behind the message that is missing then.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, EncodeError> {
        // The flow publishes public events only, so each one is a message.
        let Some(stamped) = self.flow.next() else { return Ok(None) };
        let bytes = self.encoder.encode(stamped.at, &stamped.event)?;
        Ok(bytes.map(|bytes| Message { at: stamped.at, bytes }))
    }

    /// Messages still to come.
    #[must_use]
    pub fn messages_left(&self) -> u64 {
        self.flow.messages_left()
    }

    /// The exchange as it stands after the messages that were made so far, of which some may not
    /// have been handed out yet.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        self.flow.exchange()
    }
}
