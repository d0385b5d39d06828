//! Bodies as types: one struct is the schema of a body and its reader.
//!
//! A reader that `serde` derives stops at the first value that it cannot read. Here each member is read for itself, so that one answer names
//! all that are wrong. [`body!`] makes structs of values: the types of the members say what is lenient ([`FromMember`]), and rules that span several
//! members are checked by the handler, once each of them could be read. [`members!`] makes structs of members as they were sent, for calls that
//! leave out what they cannot read.

use super::{Incoming, Member};
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use crate::state::HttpState;
use axum::extract::{FromRequest, Request};

/// What a member of a body is read as.
pub(crate) trait FromMember: Sized {
    /// Reads the member. None if an error was added to the problems.
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self>;
}

/// A body, or a part of one, that is an object.
pub(crate) trait FromObject: Sized {
    /// Reads the members. None if an error was added to the problems.
    fn from_object(fields: &Fields<'_>, problems: &mut Problems) -> Option<Self>;
}

/// Reads an object, or says all that is wrong with it.
pub(crate) fn read_object<T: FromObject>(fields: &Fields<'_>) -> Result<T, ApiError> {
    let mut problems = Problems::default();
    let read = T::from_object(fields, &mut problems);
    problems.finish()?;
    read.ok_or(ApiError::Internal("a body without problems that cannot be read"))
}

/// A request that writes, with its body as `T`. The extractor refuses a body that cannot be read with 400, and names all that is wrong.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T, pub(crate) Incoming);

impl<T: FromObject> FromRequest<HttpState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Self::Rejection> {
        let incoming = Incoming::from_request(request, state).await?;
        let read = read_object(&incoming.object()?.fields())?;
        Ok(Self(read, incoming))
    }
}

/// Takes members of any name, as clients send them to servers of other versions.
pub(crate) fn any(_: &Fields<'_>, _: &[&str], _: &mut Problems) {}

/// Makes a struct that is the schema of an object and reads it. Names of members are in camelCase on the wire. In a `strict` one a member of
/// another name is an error: where a request replaces a whole resource, a misspelt member would reset the one that was meant.
macro_rules! body {
    (strict $($struct:tt)*) => {
        $crate::body::body! { @struct [$crate::fields::Fields::only] $($struct)* }
    };
    (@struct [$unknown:path] $(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)*
    }) => {
        #[derive(Debug, utoipa::ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::body::FromObject for $name {
            fn from_object(
                fields: &$crate::fields::Fields<'_>,
                problems: &mut $crate::fields::Problems,
            ) -> Option<Self> {
                $unknown(fields, &[$($crate::body::wire_name!($field)),*], problems);
                $(let $field = {
                    let member = $crate::body::Member::of(fields, $crate::body::wire_name!($field));
                    <$type as $crate::body::FromMember>::read(member, problems)
                };)*
                Some(Self { $($field: $field?,)* })
            }
        }

        impl $crate::body::FromMember for $name {
            fn read(member: $crate::body::Member<'_>, problems: &mut $crate::fields::Problems) -> Option<Self> {
                member.required(problems)?;
                let fields = member.object(problems).value()?;
                $crate::body::FromObject::from_object(&fields, problems)
            }
        }
    };
    ($($struct:tt)*) => {
        $crate::body::body! { @struct [$crate::body::any] $($struct)* }
    };
}

pub(crate) use body;

/// Makes a struct that is the schema of an object and has its members as they were sent. The types are those of the schema. `strict` is as in
/// [`body!`]. A member whose name on the wire is not that of the field in camelCase has its name before its type: `user_email = "user_email": …`.
/// A first member `list events: …` is for a body that [`Incoming::batch`] reads: the member has the entries of the list.
macro_rules! members {
    (strict $(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $schema:ty,)*
    }) => {
        $crate::body::members! {
            $(#[$meta])* $vis struct $name {
                $($(#[$field_meta])* $field: $schema,)*
            }
        }

        impl<'a> $name<'a> {
            /// The members of an object, and an error for each of another name.
            $vis fn only(fields: &'a $crate::fields::Fields<'_>, problems: &mut $crate::fields::Problems) -> Self {
                fields.only(&[$($crate::body::wire_name!($field)),*], problems);
                Self::of(fields)
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $(#[$list_meta:meta])* list $list:ident: $entries:ty,
        $($(#[$field_meta:meta])* $field:ident $(= $wire:literal)?: $schema:ty,)*
    }) => {
        #[derive(Debug, Clone, Copy, utoipa::ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        $vis struct $name<'a> {
            #[schema(value_type = $entries)] $(#[$list_meta])* pub(crate) $list: &'a [$crate::body::Entry<'a>],
            $(#[schema(value_type = $schema $(, rename = $wire)?)] $(#[$field_meta])* pub(crate) $field: $crate::body::Member<'a>,)*
        }

        impl<'a> $name<'a> {
            /// The name of the list.
            $vis const LIST: &'static str = $crate::body::wire_name!($list);

            /// The members of an object, and the entries of its list.
            $vis fn of(_fields: &'a $crate::fields::Fields<'_>, $list: &'a [$crate::body::Entry<'a>]) -> Self {
                Self {
                    $list,
                    $($field: $crate::body::Member::of(_fields, $crate::body::wire_name!($field $(= $wire)?)),)*
                }
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident $(= $wire:literal)?: $schema:ty,)*
    }) => {
        #[derive(Debug, Clone, Copy, Default, utoipa::ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        $vis struct $name<'a> {
            $(#[schema(value_type = $schema $(, rename = $wire)?)] $(#[$field_meta])* pub(crate) $field: $crate::body::Member<'a>,)*
        }

        impl<'a> $name<'a> {
            /// The members of an object.
            $vis fn of(fields: &'a $crate::fields::Fields<'_>) -> Self {
                Self {
                    $($field: $crate::body::Member::of(fields, $crate::body::wire_name!($field $(= $wire)?)),)*
                }
            }
        }
    };
}

pub(crate) use members;

/// The name of a member on the wire: `contact_id` is `contactId`.
macro_rules! wire_name {
    ($field:ident = $wire:literal) => {
        $wire
    };
    ($field:ident) => {{
        const FIELD: &str = stringify!($field);
        const NAME: [u8; $crate::body::wire_length(FIELD)] = $crate::body::wire_bytes(FIELD);
        const TEXT: &str = match std::str::from_utf8(&NAME) {
            Ok(text) => text,
            Err(_) => FIELD,
        };
        TEXT
    }};
}

pub(crate) use wire_name;

/// The length of `field` on the wire.
pub(crate) const fn wire_length(field: &str) -> usize {
    let field = field.as_bytes();
    let (mut at, mut length) = (start(field), 0);
    while at < field.len() {
        if field[at] != b'_' {
            length += 1;
        }
        at += 1;
    }
    length
}

/// `field` on the wire, `N` bytes long.
pub(crate) const fn wire_bytes<const N: usize>(field: &str) -> [u8; N] {
    let field = field.as_bytes();
    let (mut at, mut length, mut name) = (start(field), 0, [0; N]);
    while at < field.len() {
        if field[at] != b'_' {
            let begins_word = at > 0 && field[at - 1] == b'_';
            name[length] = if begins_word {
                field[at].to_ascii_uppercase()
            } else {
                field[at]
            };
            length += 1;
        }
        at += 1;
    }
    name
}

/// Where the name begins: behind the mark of a raw identifier.
const fn start(field: &[u8]) -> usize {
    if field.len() > 2 && field[0] == b'r' && field[1] == b'#' {
        2
    } else {
        0
    }
}
