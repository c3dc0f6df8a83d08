//! Limits that every order is held against before it is sent.

use thiserror::Error;
use wirebook_book::Qty;

use crate::Money;

/// Limits of one strategy. All open orders on the side of an order count as if they were filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most that one order may have.
    pub order_qty_max: Qty,
    /// The most shares, long or short, of one symbol.
    pub position_max: Qty,
    /// The most that one order may cost.
    pub order_value_max: Money,
    /// The most orders open at the same time.
    pub open_orders_max: usize,
}

impl Limits {
    /// Nothing is limited but by the room there is.
    pub const NONE: Limits = Limits {
        order_qty_max: Qty::MAX_ORDER,
        position_max: Qty::new(i64::MAX as u64),
        order_value_max: Money::from_micros(i64::MAX),
        open_orders_max: usize::MAX,
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::NONE
    }
}

/// The limit that an order would break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Breach {
    /// [`Limits::order_qty_max`].
    #[error("an order of {found}, above the limit of {limit}")]
    OrderQty {
        /// The order's quantity.
        found: Qty,
        /// The limit.
        limit: Qty,
    },
    /// [`Limits::position_max`].
    #[error("a position of {found} if all was filled, above the limit of {limit}")]
    Position {
        /// What the position could become, as a distance from zero.
        found: Qty,
        /// The limit.
        limit: Qty,
    },
    /// [`Limits::order_value_max`].
    #[error("an order worth {found}, above the limit of {limit}")]
    OrderValue {
        /// The order's value.
        found: Money,
        /// The limit.
        limit: Money,
    },
    /// [`Limits::open_orders_max`].
    #[error("more than {limit} open orders")]
    OpenOrders {
        /// The limit.
        limit: usize,
    },
}
