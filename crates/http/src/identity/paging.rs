//! Pages that go on after a cursor.

use crate::fields::Problems;
use crate::paths::Params;
use uuid::Uuid;

/// How many items a page has without being asked.
pub(crate) const DEFAULT_LIMIT: u64 = 50;
/// How many items a page has at the most.
pub(crate) const MAX_LIMIT: u64 = 500;

/// Where a page begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    /// The last item of the page before, if there was one.
    pub(super) cursor: Option<Uuid>,
    /// How many items at the most, 1 to 500.
    pub(super) limit: u32,
}

impl Paging {
    /// Reads `cursor` and `limit`.
    pub(super) fn read(params: &Params, problems: &mut Problems) -> Self {
        let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, problems);
        let cursor = params.text("cursor").and_then(|text| {
            let read = Uuid::parse_str(text).map_err(|_| "must be the `next` of an earlier page");
            problems.check("cursor", read)
        });
        Self {
            cursor,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        }
    }

    /// How many items to ask for: one more than the page has tells whether there is a next one.
    pub(super) fn ask(self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// Cuts the page, and gives the cursor of the next one, if there is one.
    pub(super) fn cut<T>(self, mut items: Vec<T>, cursor: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<String>) {
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
        assert_eq!(paging.ask(), 3);
        assert_eq!(
            paging.cut(ids.clone(), |id| *id),
            (ids[..2].to_vec(), Some(ids[1].to_string()))
        );
        assert_eq!(paging.cut(ids[..2].to_vec(), |id| *id), (ids[..2].to_vec(), None));
        assert_eq!(paging.cut(Vec::<Uuid>::new(), |id| *id), (Vec::new(), None));
    }
}
