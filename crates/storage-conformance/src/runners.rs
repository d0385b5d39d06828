//! A function per case that runs it.
//!
//! An `async fn` is compiled where it is awaited. Awaited here, the cases are compiled once, instead of in the tests of every
//! adapter.
#![allow(missing_docs, reason = "the name of a case says what it expects")]

/// The type of a table's rows.
macro_rules! row {
    (field_types) => {
        $crate::FieldType
    };
    ($table:ident) => {
        $crate::Kind
    };
}

macro_rules! runner {
    ($noun:ident $name:ident) => {
        pub fn $name(make: crate::MakeBackend) {
            crate::backend::run_case(make, &|backend| Box::pin(crate::cases::$noun::$name(backend)));
        }
    };
    ($noun:ident $name:ident for $table:ident) => {
        pub fn $name(make: crate::MakeBackend, row: row!($table)) {
            crate::backend::run_case(make, &move |backend| {
                Box::pin(crate::cases::$noun::$name(backend, row))
            });
        }
    };
}

macro_rules! runners {
    ($($noun:ident { $($name:ident $(for $table:ident)? $(, $mark:ident)?;)* })*) => {
        $(
            pub mod $noun {
                $(runner! { $noun $name $(for $table)? })*
            }
        )*
    };
}

crate::for_each_case! { [runners] }

/// The tests of [`machine!`](crate::machine).
pub mod machine {
    pub fn random_commands_agree(make: crate::MakeBackend) {
        crate::backend::run_case(make, &|backend| {
            Box::pin(crate::machine::random_commands_agree(backend))
        });
    }

    pub fn merges_come_apart(make: crate::MakeBackend) {
        crate::backend::run_case(make, &|backend| Box::pin(crate::machine::merges_come_apart(backend)));
    }

    pub fn exports_follow(make: crate::MakeBackend) {
        crate::backend::run_case(make, &|backend| Box::pin(crate::machine::exports_follow(backend)));
    }
}
