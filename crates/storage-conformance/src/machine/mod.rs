//! Random commands, compared with the in-memory adapter after each.
//!
//! Both storages get the same commands, times and IDs, and the model gets the numbers that the storage under test
//! assigned. So everything must be exactly equal, snapshots included.

mod destination;
mod exported;
mod history;
mod logout;
mod pair;
mod run;
mod same;
mod step;
mod transact;

pub(crate) use run::{exports_follow, merges_come_apart, random_commands_agree};

/// Emits tests that drive random commands through a storage and the in-memory adapter and compare them.
///
/// Takes the arguments of [`conformance!`](crate::conformance). The environment variable `SELFSAME_PROPTEST_CASES` sets the number
/// of sequences of each test; 16 without it.
#[macro_export]
macro_rules! machine {
    ($make:expr) => {
        #[test]
        fn random_commands_agree_with_the_model() {
            $crate::runners::machine::random_commands_agree($crate::boxed($make));
        }

        #[test]
        fn merges_come_apart_in_any_order() {
            $crate::runners::machine::merges_come_apart($crate::boxed($make));
        }

        #[test]
        fn exports_follow_random_commands() {
            $crate::runners::machine::exports_follow($crate::boxed($make));
        }
    };
}
