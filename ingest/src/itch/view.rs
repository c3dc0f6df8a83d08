//! The macro that makes a view and a field struct of a table of fields.

/// Makes the view `$view` and the field struct `$fields` of one message.
///
/// A line of the table is `name: Type @ offset:width` as in the specification's own tables. That
/// the fields follow each other without a hole, from the end of the header to the end of the
/// message, is checked when the table is compiled.
macro_rules! wire_message {
    (
        $(#[$meta:meta])*
        $kind:literal, $len:literal => $view:ident, $fields:ident {
            $($(#[$doc:meta])* $name:ident: $type:ident @ $offset:literal:$width:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $view<'a>(&'a [u8; $len]);

        const _: () = {
            let mut end = super::HEADER_LEN;
            $(
                assert!($offset == end, concat!("hole or overlap before ", stringify!($name)));
                end += $width;
            )+
            assert!(end == $len, "the fields do not end where the message does");
        };

        impl<'a> $view<'a> {
            /// The first byte of the message.
            pub const KIND: u8 = $kind;
            /// Bytes of the message.
            pub const LEN: usize = $len;

            /// The view of `message`; bytes after the known ones are left out.
            ///
            /// # Errors
            /// [`ItchError`](super::ItchError), in this order: `Empty`, `OtherKind`, `Short`.
            #[inline(always)]
            pub const fn new(message: &'a [u8]) -> Result<$view<'a>, super::ItchError> {
                match message.first_chunk() {
                    Some(known) if known[0] == $kind => Ok($view(known)),
                    _ => Err(super::ItchError::refused::<$kind, $len>(message)),
                }
            }

            /// The known bytes of the message.
            #[inline(always)]
            #[must_use]
            pub const fn as_bytes(self) -> &'a [u8; $len] {
                self.0
            }

            /// The symbol's number for the day; zero in messages that concern no symbol.
            #[inline(always)]
            #[must_use]
            pub fn locate(self) -> wirebook_book::Locate {
                super::field::Decode::<2>::decode(super::field::at::<1, 2, $len>(self.0))
            }

            /// NASDAQ's internal tracking number.
            #[inline(always)]
            #[must_use]
            pub fn tracking(self) -> super::Tracking {
                super::field::Decode::<2>::decode(super::field::at::<3, 2, $len>(self.0))
            }

            /// When the message was made.
            #[inline(always)]
            #[must_use]
            pub fn timestamp(self) -> wirebook_book::Nanos {
                super::field::timestamp(super::field::at::<3, 8, $len>(self.0))
            }

            $(wire_message!(@accessor $(#[$doc])* $kind, $len, $name: $type @ $offset:$width);)+

            /// All values of the message, to be kept or changed and written again.
            ///
            /// # Errors
            /// [`ItchError::Side`](super::ItchError::Side) in messages that have a side; messages
            /// without one do not fail.
            pub fn fields(self) -> Result<$fields, super::ItchError> {
                Ok($fields {
                    locate: self.locate(),
                    tracking: self.tracking(),
                    timestamp: self.timestamp(),
                    $($name: wire_message!(@value self.$name(), $type),)+
                })
            }
        }

        /// The name of the message and its fields as `name=value`, on one line.
        impl core::fmt::Display for $view<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(
                    f,
                    concat!("{} ", stringify!($view), " locate={} tracking={} timestamp={}"),
                    $kind.escape_ascii(),
                    self.locate(),
                    self.tracking(),
                    self.timestamp(),
                )?;
                $(
                    f.write_str(concat!(" ", stringify!($name), "="))?;
                    wire_message!(@show self.$name(), f, $type);
                )+
                Ok(())
            }
        }

        impl core::fmt::Debug for $view<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        #[doc = concat!("The values of [`", stringify!($view), "`], to be written as a message.")]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $fields {
            /// The symbol's number for the day; zero in messages that concern no symbol.
            pub locate: wirebook_book::Locate,
            /// NASDAQ's internal tracking number.
            pub tracking: super::Tracking,
            /// When the message was made; below 2⁴⁸ nanoseconds.
            pub timestamp: wirebook_book::Nanos,
            $($(#[$doc])* pub $name: $type,)+
        }

        impl $fields {
            /// The first byte of the message.
            pub const KIND: u8 = $kind;
            /// Bytes of the message.
            pub const LEN: usize = $len;

            /// The message.
            ///
            /// # Errors
            /// [`OutOfRange`](super::OutOfRange) names the first value that its field cannot hold.
            #[inline]
            pub fn to_bytes(&self) -> Result<[u8; $len], super::OutOfRange> {
                let mut message = [0; $len];
                message[0] = $kind;
                wire_message!(@put message, $kind, $len, locate: 1:2, self.locate);
                wire_message!(@put message, $kind, $len, tracking: 3:2, self.tracking);
                wire_message!(@put message, $kind, $len, timestamp: 5:6, self.timestamp);
                $(wire_message!(
                    @put message, $kind, $len, $name: $offset:$width, self.$name
                );)+
                Ok(message)
            }

            /// Writes the message into `out`, which stays as it was where a value does not fit.
            ///
            /// # Errors
            /// As [`to_bytes`](Self::to_bytes).
            #[inline]
            pub fn write(&self, out: &mut [u8; $len]) -> Result<(), super::OutOfRange> {
                *out = self.to_bytes()?;
                Ok(())
            }
        }
    };

    (@accessor $(#[$doc:meta])*
        $kind:literal, $len:literal, $name:ident: Side @ $offset:literal:$width:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// [`ItchError::Side`](super::ItchError::Side) where the byte is neither `B` nor `S`.
        #[inline(always)]
        pub fn $name(self) -> Result<wirebook_book::Side, super::ItchError> {
            let [found] = super::field::at::<$offset, $width, $len>(self.0);
            super::field::side(found).ok_or_else(|| super::ItchError::no_side($kind, found))
        }
    };
    (@accessor $(#[$doc:meta])*
        $kind:literal, $len:literal, $name:ident: $type:ident @ $offset:literal:$width:literal) => {
        $(#[$doc])*
        #[inline(always)]
        #[must_use]
        pub fn $name(self) -> $type {
            super::field::Decode::<$width>::decode(super::field::at::<$offset, $width, $len>(self.0))
        }
    };

    (@value $value:expr, Side) => { $value? };
    (@value $value:expr, $type:ident) => { $value };

    (@show $value:expr, $f:ident, Side) => {
        match $value {
            Ok(side) => write!($f, "{side}")?,
            Err(error) => write!($f, "({error})")?,
        }
    };
    // Escaped, so that no symbol breaks the line.
    (@show $value:expr, $f:ident, Symbol) => {
        write!($f, "{}", $value.as_bytes().trim_ascii_end().escape_ascii())?
    };
    (@show $value:expr, $f:ident, $type:ident) => { write!($f, "{}", $value)? };

    (@put $message:ident, $kind:literal, $len:literal, $name:ident: $offset:literal:$width:literal,
        $value:expr) => {
        match super::field::Encode::<$width>::encode($value) {
            Some(bytes) => super::field::put::<$offset, $width, $len>(&mut $message, bytes),
            None => {
                let field = stringify!($name);
                return Err(super::OutOfRange { kind: $kind, field, width: $width });
            }
        }
    };
}

pub(super) use wire_message;

#[cfg(test)]
mod tests {
    use wirebook_book::{Locate, Nanos, OrderRef, Price, Qty, Side, Symbol};

    use crate::itch::{AddOrder, AddOrderFields, ItchError, OutOfRange, Tracking};

    const ADD: AddOrderFields = AddOrderFields {
        locate: Locate::new(1),
        tracking: Tracking::new(2),
        timestamp: Nanos::new((1 << 48) - 1),
        order_ref: OrderRef::new(u64::MAX),
        side: Side::Ask,
        qty: Qty::MAX_ORDER,
        symbol: Symbol::UNKNOWN,
        price: Price::MAX_BOOK,
    };

    #[test]
    fn the_largest_values_fit_and_the_next_are_refused() {
        let bytes = ADD.to_bytes().unwrap();
        assert_eq!(AddOrder::new(&bytes).and_then(AddOrder::fields), Ok(ADD));

        let mut out = [0xaa; AddOrder::LEN];
        let mut refused = |fields: AddOrderFields, field, width| {
            assert_eq!(fields.write(&mut out), Err(OutOfRange { kind: b'A', field, width }));
            assert_eq!(out, [0xaa; AddOrder::LEN], "a refused message was written in part");
        };
        refused(AddOrderFields { timestamp: Nanos::new(1 << 48), ..ADD }, "timestamp", 6);
        refused(AddOrderFields { qty: Qty::new(1 << 32), ..ADD }, "qty", 4);
        let above = Price::MAX_BOOK + Price::from_units(1);
        refused(AddOrderFields { price: above, ..ADD }, "price", 4);
        refused(AddOrderFields { price: Price::from_units(-1), ..ADD }, "price", 4);
    }

    #[test]
    fn only_buy_and_sell_are_sides() {
        let mut bytes = ADD.to_bytes().unwrap();
        for found in 0..=u8::MAX {
            bytes[19] = found;
            let add = AddOrder::new(&bytes).unwrap();
            let error = ItchError::Side { kind: b'A', found };
            match found {
                b'B' => assert_eq!(add.side(), Ok(Side::Bid)),
                b'S' => assert_eq!(add.side(), Ok(Side::Ask)),
                _ => {
                    assert_eq!(add.side(), Err(error));
                    assert_eq!(add.fields(), Err(error));
                    assert!(add.to_string().contains(&format!("side=({error})")), "{add}");
                }
            }
        }
    }

    #[test]
    fn the_timestamp_leaves_out_the_tracking_number_before_it() {
        let tracking = Tracking::new(u16::MAX);
        let early = AddOrderFields { timestamp: Nanos::new(1), tracking, ..ADD };
        let bytes = early.to_bytes().unwrap();
        let view = AddOrder::new(&bytes).unwrap();
        assert_eq!((view.timestamp(), view.tracking()), (Nanos::new(1), tracking));
    }
}
