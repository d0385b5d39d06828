//! The shop that an order is of.

use super::newtype::text_value;
use super::{ValueError, text};

text_value! {
    /// The customer's own name for one of their shops (`storeId` on the wire): 1 to 100 characters, outer blanks trimmed, case-sensitive, no
    /// control characters.
    StoreId, 100, text::clean
}

impl StoreId {
    /// As much of a text as fits: cut after [`Self::MAX_CHARS`] characters, and without control characters.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] when nothing is left.
    pub fn fitted(text: &str) -> Result<Self, ValueError> {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        Self::parse(&text::fitted(&text, Self::MAX_CHARS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_cut_where_it_does_not_fit() {
        assert_eq!(StoreId::fitted(" a\tb\0 "), StoreId::parse("ab"));
        assert_eq!(StoreId::fitted(&"я".repeat(101)), StoreId::parse(&"я".repeat(100)));
        assert_eq!(StoreId::fitted("\0"), Err(ValueError::Empty));
    }
}
