//! Reading changes of fields and categories, which have the same form.

use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use selfsame_domain::values::ValueError;

/// Reads the number in a path.
pub(super) fn number(text: &str) -> Result<i64, ApiError> {
    let read = text.trim().parse().ok().filter(|number| *number > 0);
    read.ok_or_else(|| ApiError::invalid("id", "must be a positive whole number"))
}

/// Reads the new name and the new archived state. An empty change is refused: its members are probably misspelt.
pub(super) fn change<T>(
    body: &Fields<'_>,
    parse: impl FnOnce(&str) -> Result<T, ValueError>,
) -> Result<(Option<T>, Option<bool>), ApiError> {
    let mut problems = Problems::default();
    let name = body.text("name", &mut problems).value();
    let archived = body.boolean("archived", &mut problems).value();
    if name.is_none() && archived.is_none() {
        problems.add(body.here(), "must say what changes: name, archived or both");
    }
    let name = name.and_then(|name| problems.check(&body.pointer("name"), parse(&name)));
    problems.finish()?;
    Ok((name, archived))
}
