//! Which symbols are kept.

use wirebook_book::{Locate, Symbol};

/// What is known of a locate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    Nothing,
    Kept,
    LeftOut,
}

/// Which symbols are kept: all of them, or those on a list.
#[derive(Clone, Debug)]
pub struct SymbolFilter {
    /// Empty: all.
    listed: Vec<Symbol>,
    known: Vec<Known>,
}

impl SymbolFilter {
    /// All symbols.
    #[must_use]
    pub fn all() -> SymbolFilter {
        SymbolFilter { listed: Vec::new(), known: Vec::new() }
    }

    /// These symbols.
    #[must_use]
    pub fn only(listed: Vec<Symbol>) -> SymbolFilter {
        let known = if listed.is_empty() { 0 } else { 1 << 16 };
        SymbolFilter { listed, known: vec![Known::Nothing; known] }
    }

    /// Whether a symbol is kept; remembers its locate.
    pub(super) fn admit(&mut self, locate: Locate, symbol: Symbol) -> bool {
        let Some(known) = self.known.get_mut(locate.index()) else { return true };
        let kept = self.listed.contains(&symbol);
        *known = if kept { Known::Kept } else { Known::LeftOut };
        kept
    }

    /// Whether messages on this locate are kept. Where its name is not known yet, only `symbol`
    /// can tell, if the message has one.
    #[inline(always)]
    pub(super) fn keeps(
        &mut self,
        locate: Locate,
        symbol: impl FnOnce() -> Option<Symbol>,
    ) -> bool {
        match self.known.get(locate.index()) {
            None | Some(Known::Kept) => true,
            Some(Known::LeftOut) => false,
            Some(Known::Nothing) => symbol().is_some_and(|symbol| self.admit(locate, symbol)),
        }
    }

    pub(super) fn forget_locates(&mut self) {
        self.known.fill(Known::Nothing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locate_is_kept_once_its_symbol_is_known_to_be_listed() {
        let (aapl, msft) = (Symbol::new("AAPL").unwrap(), Symbol::new("MSFT").unwrap());
        let mut filter = SymbolFilter::only(vec![aapl]);
        let (one, two) = (Locate::new(1), Locate::new(2));
        assert!(!filter.keeps(one, || None), "nothing tells");
        assert!(filter.keeps(one, || Some(aapl)));
        assert!(filter.keeps(one, || None), "remembered");
        assert!(!filter.admit(two, msft));
        assert!(!filter.keeps(two, || Some(aapl)), "the directory was clear");
        filter.forget_locates();
        assert!(!filter.keeps(one, || None));
        assert!(SymbolFilter::all().keeps(two, || None));
    }
}
