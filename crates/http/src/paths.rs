//! Path and query parameters.

use crate::error::ApiError;
use crate::fields::Problems;
use crate::members;
use axum::extract::{FromRequestParts, Path, Query};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use selfsame_application::ports::ImportId;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{CategoryId, ConnectorId, ContactId, ExportId, FieldId, MergeId, SegmentId, WebhookId};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The greatest and default number of rows of a page (wire fact).
pub(crate) const MAX_ROWS: u64 = 500;

/// Path parameters. A path that cannot be decoded is answered 400.
#[derive(Debug, Clone)]
pub(crate) struct ApiPath<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        read.map(|Path(value)| Self(value))
            .map_err(|_| ApiError::invalid("path", "must be percent-encoded UTF-8"))
    }
}

/// The ID of a resource in a path. One that cannot be read is answered as [`PathId`] says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ApiPath(text) = ApiPath::<String>::from_request_parts(parts, state).await?;
        T::from_path(text.trim()).map(Self)
    }
}

/// An ID that paths name a resource by.
pub(crate) trait PathId: Sized {
    /// Reads the ID.
    fn from_path(text: &str) -> Result<Self, ApiError>;
}

/// Numbers, which are positive.
macro_rules! numbers {
    ($($id:ident),*) => {$(
        impl PathId for $id {
            fn from_path(text: &str) -> Result<Self, ApiError> {
                let id = positive(text).map(Self);
                id.ok_or_else(|| ApiError::invalid("id", "must be a positive whole number"))
            }
        }
    )*};
}

numbers!(CategoryId, ContactId, FieldId, SegmentId);

/// UUIDs. A text that is none is read as the UUID of zeros, which nothing has: it is answered like an unknown one, after the errors of the body.
macro_rules! uuids {
    ($($id:ident),*) => {$(
        impl PathId for $id {
            fn from_path(text: &str) -> Result<Self, ApiError> {
                Ok(Self(Uuid::parse_str(text).unwrap_or_default()))
            }
        }
    )*};
}

uuids!(ConnectorId, ExportId, ImportId, WebhookId);

impl PathId for EventTypeKey {
    fn from_path(text: &str) -> Result<Self, ApiError> {
        Self::parse(text).map_err(|error| ApiError::invalid("key", error))
    }
}

impl PathId for MergeId {
    fn from_path(text: &str) -> Result<Self, ApiError> {
        let id = Uuid::parse_str(text).map(Self);
        id.map_err(|_| ApiError::invalid("id", "must be the identity of a merge, a UUID"))
    }
}

/// Reads a contact's number from a path or query.
pub(crate) fn contact_id(name: &str, text: &str) -> Result<ContactId, ApiError> {
    positive(text)
        .map(ContactId)
        .ok_or_else(|| ApiError::invalid(name, "must be a positive whole number"))
}

/// Reads a positive number, as contacts, segments and the like have.
pub(crate) fn positive(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|id| *id > 0)
}

/// Query parameters. Names are case-insensitive; the last of several wins; blank ones count as missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    /// The query as it was sent.
    query: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The framework would replace invalid UTF-8 by U+FFFD, which gives a different identifier.
        let query = parts.uri.query().unwrap_or_default();
        if percent_decode_str(query).decode_utf8().is_err() {
            return Err(ApiError::invalid("query", "must be percent-encoded UTF-8"));
        }
        let read = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(pairs) = read.map_err(|_| ApiError::invalid("query", "must be name=value pairs"))?;
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.chars().any(char::is_control)) {
            // The sender chose an unknown name, so the error does not repeat it.
            let name = if members::is_known(name) { name } else { "query" };
            return Err(ApiError::invalid(name, "must not contain control characters"));
        }
        let query = query.to_owned();
        Ok(Self { pairs, query })
    }
}

impl Params {
    /// A text, outer blanks trimmed.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let sent = self.pairs.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name));
        sent.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// An email or a phone number. An unencoded plus is decoded as a space in a query. It is read as a plus where that gives a valid identifier:
    /// no email has a space, and only a phone number may have one behind the plus.
    pub(crate) fn with_plus<T, E>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<Result<T, E>> {
        let text = self.text(name)?;
        let literal = self.literal(name).unwrap_or_default();
        let only_first = literal
            .starts_with('+')
            .then(|| format!("+{}", text.trim_start_matches('+')));
        let read = parse(&literal).ok().or_else(|| parse(&only_first?).ok());
        Some(read.map_or_else(|| parse(text), Ok))
    }

    /// As [`Self::text`], with each plus undecoded.
    fn literal(&self, name: &str) -> Option<String> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().trim().to_owned();
        let mut pairs = self.query.split('&').rev().filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| decoded(key).eq_ignore_ascii_case(name))?;
        Some(decoded(value)).filter(|value| !value.is_empty())
    }

    /// Whether the parameter was sent without a value: `name=`, or blanks.
    pub(crate) fn is_blank(&self, name: &str) -> bool {
        self.text(name).is_none() && self.pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// A whole number of at least `min`; a greater one than `max` counts as `max`.
    pub(crate) fn number(&self, name: &str, min: u64, max: u64, default: u64, problems: &mut Problems) -> u64 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<u64>() {
            Ok(number) if number >= min => number.min(max),
            _ => {
                problems.add(name, format!("must be a whole number of at least {min}"));
                default
            }
        }
    }

    /// Offset and length of a page: `startindex` counts from 1, `maxrows` is at most [`MAX_ROWS`] (wire fact).
    pub(crate) fn page(&self, problems: &mut Problems) -> (u64, u32) {
        let Paging { startindex, maxrows } = Paging::of(self);
        let start = self.number(startindex.name, 1, i64::MAX as u64, 1, problems);
        let rows = self.number(maxrows.name, 1, MAX_ROWS, MAX_ROWS, problems);
        (start - 1, u32::try_from(rows).unwrap_or(u32::MAX))
    }

    /// Parameters as a test names them.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let encoded = pairs.iter().map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
        Self {
            pairs: owned.collect(),
            query: encoded.collect::<Vec<_>>().join("&"),
        }
    }

    /// A boolean.
    pub(crate) fn flag(&self, name: &str, default: bool, problems: &mut Problems) -> bool {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None => default,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(_) => {
                problems.add(name, "must be true or false");
                default
            }
        }
    }
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter<'a> {
    /// The parameters of the request.
    pub(crate) params: &'a Params,
    /// Its name.
    pub(crate) name: &'static str,
}

impl<'a> Parameter<'a> {
    /// See [`Params::text`].
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.params.text(self.name)
    }

    /// A boolean; a name without a value means yes.
    pub(crate) fn switch(&self, problems: &mut Problems) -> bool {
        self.params.flag(self.name, self.params.is_blank(self.name), problems)
    }
}

/// Makes a struct that is the description of query parameters and has them as they were sent. The types are those of the description.
macro_rules! parameters {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $schema:ty,)*
    }) => {
        #[derive(Debug, Clone, Copy, utoipa::IntoParams)]
        $(#[$meta])*
        #[into_params(parameter_in = Query, rename_all = "camelCase")]
        $vis struct $name<'a> {
            $(#[param(value_type = $schema)] $(#[$field_meta])* pub(crate) $field: $crate::paths::Parameter<'a>,)*
        }

        impl<'a> $name<'a> {
            /// The parameters of a request.
            $vis fn of(params: &'a $crate::paths::Params) -> Self {
                Self {
                    $($field: $crate::paths::Parameter { params, name: $crate::body::wire_name!($field) },)*
                }
            }
        }
    };
}

pub(crate) use parameters;

parameters! {
    /// The query parameters of a list's page.
    pub(crate) struct Paging {
        /// The first row, counted from 1.
        #[param(minimum = 1, default = 1)]
        startindex: Option<u64>,
        /// How many rows; more than 500 are 500.
        #[param(minimum = 1, default = 500)]
        maxrows: Option<u64>,
    }
}
