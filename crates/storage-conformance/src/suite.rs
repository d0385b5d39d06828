//! The macros that make tests of the one list of cases, [`for_each_case!`](crate::for_each_case).

/// Emits one named test per case for a storage adapter.
///
/// Takes an expression that is a future of a [`Backend`](crate::Backend); every test awaits its own future. With `concurrent` in
/// front it emits only the cases with that mark: they run a second time, without batching. Call it once per module:
///
/// ```ignore
/// mod batched {
///     use super::MyBackend;
///
///     selfsame_storage_conformance::conformance!(MyBackend::new(256));
/// }
///
/// mod one_by_one {
///     use super::MyBackend;
///
///     selfsame_storage_conformance::conformance!(concurrent MyBackend::new(1));
/// }
/// ```
#[macro_export]
macro_rules! conformance {
    (concurrent $make:expr) => {
        $crate::for_each_case! { [$crate::conformance_tests] concurrent ($make) }
    };
    ($make:expr) => {
        $crate::for_each_case! { [$crate::conformance_tests] all ($make) }
    };
}

/// The expansion of [`conformance!`] for the list.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($cases:ident ($make:expr) $($noun:ident { $($name:ident $(for $table:ident)? $(, $mark:ident)?;)* })*) => {
        $(
            mod $noun {
                #[allow(unused_imports)]
                use super::*;

                $($crate::conformance_case! { $cases ($make) $noun $name $(for $table)? $(, $mark)? })*
            }
        )*
    };
}

/// Leaves out a case without the mark if only concurrent cases are wanted.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_case {
    (concurrent ($make:expr) $noun:ident $name:ident $(for $table:ident)?) => {};
    ($cases:ident ($make:expr) $noun:ident $name:ident $(for $table:ident)? $(, concurrent)?) => {
        $crate::conformance_test! { ($make) $noun $name $(for $table)? }
    };
}

/// One test, or one for every row of a table.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_test {
    (($make:expr) $noun:ident $name:ident) => {
        #[test]
        fn $name() {
            $crate::runners::$noun::$name($crate::boxed($make));
        }
    };
    (($make:expr) $noun:ident $name:ident for $table:ident) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::table! { $table [$crate::conformance_rows] ($make) $noun $name }
        }
    };
}

/// The tests of a table.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_rows {
    (($make:expr) $noun:ident $name:ident $($row:ident = $argument:expr;)*) => {
        $(
            #[test]
            fn $row() {
                $crate::runners::$noun::$name($crate::boxed($make), $argument);
            }
        )*
    };
}

/// The tables: the arguments of cases with an argument.
#[doc(hidden)]
#[macro_export]
macro_rules! table {
    (kinds [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            external_id = $crate::Kind::ExternalId;
            email = $crate::Kind::Email;
            phone = $crate::Kind::Phone;
            mobile_push = $crate::Kind::MobilePush;
            web_push = $crate::Kind::WebPush;
            telegram = $crate::Kind::Telegram;
            device_id = $crate::Kind::DeviceId;
            cookie = $crate::Kind::Cookie;
        }
    };
    (kinds_below_external_id [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            email = $crate::Kind::Email;
            phone = $crate::Kind::Phone;
            mobile_push = $crate::Kind::MobilePush;
            web_push = $crate::Kind::WebPush;
            telegram = $crate::Kind::Telegram;
            device_id = $crate::Kind::DeviceId;
            cookie = $crate::Kind::Cookie;
        }
    };
    (changeable_kinds [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            mobile_push = $crate::Kind::MobilePush;
            web_push = $crate::Kind::WebPush;
            telegram = $crate::Kind::Telegram;
            device_id = $crate::Kind::DeviceId;
            cookie = $crate::Kind::Cookie;
        }
    };
    (replaceable_kinds [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            external_id = $crate::Kind::ExternalId;
            email = $crate::Kind::Email;
            phone = $crate::Kind::Phone;
        }
    };
    (kinds_of_text [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            external_id = $crate::Kind::ExternalId;
            email = $crate::Kind::Email;
            mobile_push = $crate::Kind::MobilePush;
            web_push = $crate::Kind::WebPush;
            telegram = $crate::Kind::Telegram;
            device_id = $crate::Kind::DeviceId;
            cookie = $crate::Kind::Cookie;
        }
    };
    (field_types [$($callback:tt)*] $($arguments:tt)*) => {
        $($callback)*! {
            $($arguments)*
            text_field = $crate::FieldType::TextField;
            text_area = $crate::FieldType::TextArea;
            number = $crate::FieldType::Number;
            decimal = $crate::FieldType::Decimal;
            date = $crate::FieldType::Date;
            date_time = $crate::FieldType::DateTime;
            combo_box = $crate::FieldType::ComboBox;
            checkbox_list = $crate::FieldType::CheckboxList;
            tags = $crate::FieldType::Tags;
        }
    };
}
