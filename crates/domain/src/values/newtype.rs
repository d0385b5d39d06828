//! What every newtype over one checked text has in common.

/// Makes a newtype over one text that only its `parse` can make: from documentation, name, greatest length in
/// characters, and a function that takes the text and that length and gives the checked text or the cause.
///
/// Serialized as the text itself; deserialized through `parse`, so that no stored or sent text gets around the check.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $max:expr, $check:expr) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The greatest length, in characters.
            pub const MAX_CHARS: usize = $max;

            /// Reads the value from a text, or says why it is none.
            pub fn parse(text: &str) -> Result<Self, $crate::values::ValueError> {
                $check(text, Self::MAX_CHARS).map(Self)
            }

            /// The checked text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::values::ValueError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::values::ValueError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

pub(super) use text_value;
