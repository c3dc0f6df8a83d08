//! Which symbols are the most active.

use std::cmp::Reverse;

use strategy_api::{Locate, Trade, TradeKind};

/// Executions by symbol, while it is not yet known in which to make a market.
///
/// They are counted, not their shares: each is a chance that a quote is filled, whatever its
/// size. Crosses and hidden trades fill no quotes and do not count.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    by_locate: Vec<u32>,
}

impl Activity {
    /// For every locate there can be.
    pub(crate) fn new() -> Activity {
        Activity { by_locate: vec![0; usize::from(u16::MAX) + 1] }
    }

    /// A trade.
    pub(crate) fn trade(&mut self, trade: &Trade) {
        let counts = matches!(trade.kind, TradeKind::Execution | TradeKind::ExecutionWithPrice);
        if let Some(executions) = self.by_locate.get_mut(trade.locate.index()) {
            *executions = executions.saturating_add(u32::from(counts && trade.printable));
        }
    }

    /// Up to `count` symbols with the most executions, the most active first; of two with as
    /// many, the one with the lower locate. Those without any are never among them.
    pub(crate) fn most_active(&self, count: usize) -> Vec<Locate> {
        let all = (0..=u16::MAX).map(Locate::new).zip(self.by_locate.iter().copied());
        let mut traded: Vec<(Locate, u32)> =
            all.filter(|&(_, executions)| executions > 0).collect();
        traded.sort_by_key(|&(locate, executions)| (Reverse(executions), locate));
        traded.into_iter().take(count).map(|(locate, _)| locate).collect()
    }
}

#[cfg(test)]
mod tests {
    use strategy_api::{MatchNo, Price, Qty, Side};

    use super::*;

    fn trade(locate: u16, kind: TradeKind) -> Trade {
        Trade {
            locate: Locate::new(locate),
            kind,
            resting: Some(Side::Bid),
            order_ref: None,
            price: Price::from_units(10_000),
            qty: Qty::new(100),
            match_no: MatchNo::default(),
            printable: true,
        }
    }

    #[test]
    fn the_most_active_come_first_and_the_idle_not_at_all() {
        let mut activity = Activity::new();
        for locate in [9, 4, 7, 9, 65_535, 4, 4, 7, 7] {
            activity.trade(&trade(locate, TradeKind::Execution));
        }
        let names = |count| -> Vec<u16> {
            activity.most_active(count).into_iter().map(Locate::get).collect()
        };
        assert_eq!(names(10), [4, 7, 9, 65_535]);
        assert_eq!(names(2), [4, 7]);
    }

    #[test]
    fn what_fills_no_quotes_does_not_count() {
        let mut activity = Activity::new();
        activity.trade(&trade(1, TradeKind::Cross));
        activity.trade(&trade(2, TradeKind::Hidden));
        activity.trade(&Trade { printable: false, ..trade(3, TradeKind::ExecutionWithPrice) });
        assert_eq!(activity.most_active(9), []);
    }
}
