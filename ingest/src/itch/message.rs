//! Any message: the kind byte decides.

use core::fmt;

use wirebook_book::{Locate, Nanos};

use super::{
    AddOrder, AddOrderAttributed, AuctionCollar, BreakerLevels, BreakerStatus, BrokenTrade,
    CrossTrade, DirectListing, Imbalance, ItchError, OperationalHalt, OrderCancel, OrderDelete,
    OrderExecuted, OrderExecutedWithPrice, OrderReplace, ParticipantPosition, QuotingPeriod,
    RetailInterest, ShortSaleRestriction, StockDirectory, SystemEvent, Trade, TradingAction,
};

macro_rules! messages {
    ($($(#[$doc:meta])* $view:ident,)+) => {
        /// A view of any message, by its kind byte.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum Message<'a> {
            $($(#[$doc])* $view($view<'a>),)+
        }

        /// The bytes that a message of each kind has at least; zero for kinds that do not exist.
        pub const LENGTHS: [u8; 256] = {
            let mut lengths = [0; 256];
            $(
                assert!(lengths[$view::KIND as usize] == 0, "two messages of one kind");
                assert!($view::LEN <= u8::MAX as usize);
                #[allow(clippy::cast_possible_truncation)] // checked above
                { lengths[$view::KIND as usize] = $view::LEN as u8; }
            )+
            lengths
        };

        /// The view of one message. Bytes after the known ones are left out.
        ///
        /// # Errors
        /// [`ItchError::Empty`], [`ItchError::UnknownKind`] or [`ItchError::Short`].
        #[inline]
        pub fn parse(message: &[u8]) -> Result<Message<'_>, ItchError> {
            match message.first() {
                $(Some(&$view::KIND) => $view::new(message).map(Message::$view),)+
                Some(&kind) => Err(ItchError::UnknownKind { kind }),
                None => Err(ItchError::Empty),
            }
        }

        impl<'a> Message<'a> {
            /// The known bytes of the message; the first is its kind.
            #[must_use]
            pub const fn as_bytes(self) -> &'a [u8] {
                match self { $(Message::$view(view) => view.as_bytes(),)+ }
            }

            /// The kind byte.
            #[must_use]
            pub const fn kind(self) -> u8 {
                match self { $(Message::$view(_) => $view::KIND,)+ }
            }

            /// The symbol's number for the day; zero in messages that concern no symbol.
            #[must_use]
            pub fn locate(self) -> Locate {
                match self { $(Message::$view(view) => view.locate(),)+ }
            }

            /// When the message was made.
            #[must_use]
            pub fn timestamp(self) -> Nanos {
                match self { $(Message::$view(view) => view.timestamp(),)+ }
            }
        }

        impl fmt::Display for Message<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Message::$view(view) => fmt::Display::fmt(view, f),)+ }
            }
        }
    };
}

messages! {
    /// `S`.
    SystemEvent,
    /// `R`.
    StockDirectory,
    /// `H`.
    TradingAction,
    /// `Y`.
    ShortSaleRestriction,
    /// `L`.
    ParticipantPosition,
    /// `V`.
    BreakerLevels,
    /// `W`.
    BreakerStatus,
    /// `K`.
    QuotingPeriod,
    /// `J`.
    AuctionCollar,
    /// `h`.
    OperationalHalt,
    /// `A`.
    AddOrder,
    /// `F`.
    AddOrderAttributed,
    /// `E`.
    OrderExecuted,
    /// `C`.
    OrderExecutedWithPrice,
    /// `X`.
    OrderCancel,
    /// `D`.
    OrderDelete,
    /// `U`.
    OrderReplace,
    /// `P`.
    Trade,
    /// `Q`.
    CrossTrade,
    /// `B`.
    BrokenTrade,
    /// `I`.
    Imbalance,
    /// `N`.
    RetailInterest,
    /// `O`.
    DirectListing,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_told_apart() {
        assert_eq!(parse(&[]), Err(ItchError::Empty));
        assert_eq!(parse(b"Z-------------------"), Err(ItchError::UnknownKind { kind: b'Z' }));
        let short = ItchError::Short { kind: b'D', expected: 19, found: 18 };
        assert_eq!(parse(&[b'D'; 18]), Err(short));

        assert_eq!(OrderDelete::new(&[]), Err(ItchError::Empty));
        assert_eq!(OrderDelete::new(&[b'D'; 18]), Err(short));
        let other = ItchError::OtherKind { expected: b'D', found: b'X' };
        assert_eq!(OrderDelete::new(&[b'X'; 19]), Err(other));
        assert_eq!(OrderDelete::new(b"X"), Err(other));
    }

    #[test]
    fn every_kind_needs_its_own_length() {
        for (kind, length) in (0..=u8::MAX).zip(LENGTHS) {
            let whole = vec![kind; usize::from(length).max(1)];
            let Ok(message) = parse(&whole) else {
                assert_eq!((length, parse(&whole)), (0, Err(ItchError::UnknownKind { kind })));
                continue;
            };
            assert_eq!((message.kind(), message.as_bytes()), (kind, whole.as_slice()));
            let (_, short) = whole.split_first().unwrap();
            let error = ItchError::Short { kind, expected: length, found: length - 1 };
            assert_eq!(parse(short), Err(error));
        }
    }

    #[test]
    fn a_longer_message_keeps_its_known_prefix() {
        let long = [b'D'; 200];
        assert_eq!(parse(&long).map(Message::as_bytes), Ok(&long[..19]));
    }
}
