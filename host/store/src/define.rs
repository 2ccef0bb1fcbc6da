/// Declares a table and what its rows are found by. A module of a table has one of them, and its `Row`.
///
/// ```text
/// define_table! {
///     /// What the table holds.
///     Outbox = 31 "outbox";
///     /// What a row is found by.
///     key {
///         /// Parts in the order in which they are written, each a [`Key`](crate::key::Key).
///         subscription: String,
///         number: u64,
///     }
/// }
/// ```
///
/// A key that is one part, or that of another table, is named: `Jobs = 11 "jobs", key u64;`. After `group` stand
/// the parts with which the keys of all rows begin that are read together (`Table::group`); with none, all rows are.
///
/// Numbers and the order of parts are what is on disk: neither ever changes, and no number is used twice.
macro_rules! define_table {
    ($(#[$about:meta])* $table:ident = $id:literal $name:literal, key $key:ty $(, group [$($group:ident),*])?;) => {
        $(#[$about])*
        #[derive(Debug)]
        pub struct $table;

        impl $crate::table::Table for $table {
            const ID: u8 = $id;
            const NAME: &'static str = $name;
            type Key = $key;
            type Row = Row;

            $(
                fn group(key: &Self::Key, out: &mut $crate::key::Writer) -> bool {
                    let _ = (key, &out);
                    $($crate::key::Key::encode(&key.$group, out);)*
                    true
                }
            )?
        }
    };
    (
        $(#[$about:meta])* $table:ident = $id:literal $name:literal $(, group [$($group:ident),*])?;
        $(#[$about_key:meta])* key { $($(#[$about_part:meta])* $part:ident: $type:ty,)* }
    ) => {
        $crate::define::define_table! {
            $(#[$about])* $table = $id $name, key Key $(, group [$($group),*])?;
        }

        $(#[$about_key])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct Key {
            $($(#[$about_part])* pub $part: $type,)*
        }

        impl $crate::key::Key for Key {
            fn encode(&self, out: &mut $crate::key::Writer) {
                $($crate::key::Key::encode(&self.$part, out);)*
            }

            fn decode(from: &mut $crate::key::Reader<'_>) -> Option<Self> {
                Some(Self { $($part: <$type as $crate::key::Key>::decode(from)?,)* })
            }
        }
    };
}

pub(crate) use define_table;
