//! The symbol of a page: one ring, drawn in a way of its own for each.

use maud::{Markup, Render, html};

/// The symbol of a page. It only accompanies the heading, and is hidden from who does not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A keyhole: come in.
    Keyhole,
    /// An arrow that leaves: go out.
    Leaving,
    /// A tick: it is done.
    Done,
    /// A ring that turns into an arrow: once more.
    Again,
    /// Three dots: wait.
    Waiting,
    /// A bar: no way in.
    Barred,
    /// An exclamation mark: something is wrong.
    Wrong,
}

impl Symbol {
    fn ring(self) -> &'static str {
        match self {
            Self::Leaving => "M36.7 10.4A20 20 0 1 0 36.7 37.6",
            Self::Again => "M41.3 14A20 20 0 1 0 44 24",
            _ => "M24 4a20 20 0 1 0 0 40 20 20 0 1 0 0-40",
        }
    }

    fn inside(self) -> &'static str {
        match self {
            Self::Keyhole => "M24 15a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9M24 24v9",
            Self::Leaving => "M20 24h24M37.5 17.5 44 24l-6.5 6.5",
            Self::Done => "m15.5 24.5 6 6 11.5-12.5",
            Self::Again => "M42.5 5v9.5H33",
            Self::Waiting => "M15.5 24v.01M24 24v.01M32.5 24v.01",
            Self::Barred => "M15 24h18",
            Self::Wrong => "M24 14.5v12M24 33v.01",
        }
    }
}

impl Render for Symbol {
    fn render(&self) -> Markup {
        html! {
            svg class="symbol" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false" {
                path class="ring" d=(self.ring()) {}
                path class="mark" d=(self.inside()) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ALL: [Symbol; 7] =
        [Symbol::Keyhole, Symbol::Leaving, Symbol::Done, Symbol::Again, Symbol::Waiting, Symbol::Barred, Symbol::Wrong];

    #[test]
    fn every_symbol_is_a_ring_with_a_mark_of_its_own() {
        for symbol in ALL {
            let drawn = symbol.render().into_string();
            for path in [symbol.ring(), symbol.inside()] {
                assert!(path.starts_with(['M', 'm']) && drawn.contains(&format!("d=\"{path}\"")), "{drawn}");
            }
        }
        assert_eq!(HashSet::from(ALL.map(Symbol::inside)).len(), ALL.len());
        assert_eq!(HashSet::from(ALL.map(Symbol::ring)).len(), 3, "closed, open to the right, and turning");
    }
}
