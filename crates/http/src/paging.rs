//! Paging by cursor.

use crate::fields::Problems;
use crate::paths::{Params, positive};
use crate::times;
use chrono::DateTime;
use selfsame_domain::{DecisionId, Place};
use uuid::Uuid;

/// The default number of items of a page.
pub(crate) const DEFAULT_LIMIT: u64 = 50;
/// The greatest number of items of a page.
pub(crate) const MAX_LIMIT: u64 = 500;

/// A place in a history as a cursor: `MICROSECONDS.DECISION`.
pub(crate) fn write_place((at, decision): Place) -> String {
    format!("{}.{}", at.timestamp_micros(), decision.0.simple())
}

/// Reads what [`write_place`] wrote.
pub(crate) fn read_place(text: &str) -> Option<Place> {
    let (at, decision) = text.split_once('.')?;
    let at = DateTime::from_timestamp_micros(at.parse().ok()?).filter(|at| times::is_storable(*at))?;
    Some((at, DecisionId(Uuid::parse_str(decision).ok()?)))
}

/// The start and the length of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging<C> {
    /// The last item of the page before, if there was one.
    pub(crate) cursor: Option<C>,
    /// The greatest number of items, 1 to 500.
    pub(crate) limit: u32,
}

impl Paging<Uuid> {
    /// Reads `cursor` and `limit` of a list by UUIDs.
    pub(crate) fn read(params: &Params, problems: &mut Problems) -> Self {
        Self::read_with(params, problems, |text| Uuid::parse_str(text).ok())
    }
}

impl Paging<i64> {
    /// Reads `cursor` and `limit` of a list by numbers.
    pub(crate) fn numbered(params: &Params, problems: &mut Problems) -> Self {
        Self::read_with(params, problems, positive)
    }

    /// Cuts the page out of a complete list in the order of its numbers.
    pub(crate) fn cut_whole<T>(self, mut items: Vec<T>, number: impl Fn(&T) -> i64) -> (Vec<T>, Option<String>) {
        items.retain(|item| self.cursor.is_none_or(|cursor| number(item) > cursor));
        self.cut(items, number)
    }
}

impl<C: ToString> Paging<C> {
    /// Reads `cursor` and `limit` of a list by another cursor.
    pub(crate) fn read_with(params: &Params, problems: &mut Problems, parse: impl FnOnce(&str) -> Option<C>) -> Self {
        let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, problems);
        Self::of(params, limit, problems, parse)
    }

    /// Reads `cursor` of a list with a limit of its own.
    pub(crate) fn of(
        params: &Params,
        limit: u64,
        problems: &mut Problems,
        parse: impl FnOnce(&str) -> Option<C>,
    ) -> Self {
        let cursor = params.text("cursor").and_then(|text| {
            let read = parse(text).ok_or("must be the `next` of an earlier page");
            problems.check("cursor", read)
        });
        Self {
            cursor,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        }
    }

    /// How many items to read: one more than the page, which shows whether there is a next page.
    pub(crate) fn read_limit(&self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// Cuts the page, and returns the cursor of the next page, if there is one.
    pub(crate) fn cut<T>(self, mut items: Vec<T>, cursor: impl Fn(&T) -> C) -> (Vec<T>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| cursor(last).to_string());
        (items, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_given_when_there_is_more() {
        let paging = Paging { cursor: None, limit: 2 };
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        assert_eq!(paging.read_limit(), 3);
        assert_eq!(
            paging.cut(ids.clone(), |id| *id),
            (ids[..2].to_vec(), Some(ids[1].to_string()))
        );
        assert_eq!(paging.cut(ids[..2].to_vec(), |id| *id), (ids[..2].to_vec(), None));
        assert_eq!(paging.cut(Vec::<Uuid>::new(), |id| *id), (Vec::new(), None));
    }

    #[test]
    fn a_whole_list_is_cut_after_the_cursor() {
        let paging = |cursor| Paging { cursor, limit: 2 };
        let numbers = vec![2, 3, 5];
        let cut = |cursor| paging(cursor).cut_whole(numbers.clone(), |number| *number);
        assert_eq!(cut(None), (vec![2, 3], Some("3".to_owned())));
        assert_eq!(cut(Some(3)), (vec![5], None));
        // The item of the cursor may be deleted by now.
        assert_eq!(cut(Some(4)), (vec![5], None));
        assert_eq!(cut(Some(5)), (vec![], None));
    }
}
