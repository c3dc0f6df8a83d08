//! Market participants.

use wirebook_book::Symbol;

use super::Mpid;
use super::codes::{Flag, MarketMakerMode, ParticipantState};
use super::view::wire_message;

wire_message! {
    /// `L`, market participant position: a firm's standing in an issue (section 1.2.4).
    b'L', 26 => ParticipantPosition, ParticipantPositionFields {
        /// The firm.
        mpid: Mpid @ 11:4,
        /// The symbol.
        symbol: Symbol @ 15:8,
        /// Whether the firm is a primary market maker.
        primary: Flag @ 23:1,
        /// How it quotes.
        mode: MarketMakerMode @ 24:1,
        /// Its registration.
        state: ParticipantState @ 25:1,
    }
}
