use core::fmt;
use std::collections::BTreeMap;

/// What a backend got of what it asked for: its name, and facts in the order in which they were found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obtained {
    /// The backend.
    pub name: &'static str,
    facts: Vec<(&'static str, String)>,
}

impl Obtained {
    pub(crate) fn new(name: &'static str) -> Obtained {
        Obtained { name, facts: Vec::new() }
    }

    pub(super) fn note(&mut self, what: &'static str, value: impl fmt::Display) {
        let value = value.to_string();
        match self.facts.iter_mut().find(|(name, _)| *name == what) {
            Some((_, known)) => *known = value,
            None => self.facts.push((what, value)),
        }
    }

    /// The facts, as name and value.
    pub fn facts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.facts.iter().map(|(what, value)| (*what, value.as_str()))
    }

    /// The facts by their names, that of the backend among them.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let name = ("name", self.name);
        let all = self.facts().chain(std::iter::once(name));
        all.map(|(what, value)| (what.to_owned(), value.to_owned())).collect()
    }
}

impl fmt::Display for Obtained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (what, value) in self.facts() {
            write!(f, ", {what} {value}")?;
        }
        Ok(())
    }
}
