//! Rows of what statements return.

/// Declares a struct that is read from a row of either database: a field from the column of its
/// name, or of the name behind `=`. Fields that begin with `..` are such structs themselves, whose
/// columns stand among the others, and come first.
///
/// In place of sqlx's derive: for that alone, the database drivers and SQLite itself would be built
/// twice, once for the compiler.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $(.. $part_visibility:vis $part:ident: $part_type:ty,)*
            $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $type:ty $(= $column:literal)?,)*
        }
    ) => {
        $(#[$meta])*
        $visibility struct $name {
            $($part_visibility $part: $part_type,)*
            $($(#[$field_meta])* $field_visibility $field: $type,)*
        }

        row!(@read sqlx::sqlite::SqliteRow, $name { $($part,)* } { $($field $($column)?,)* });
        row!(@read sqlx::postgres::PgRow, $name { $($part,)* } { $($field $($column)?,)* });
    };
    (@read $row:ty, $name:ident { $($part:ident,)* } { $($field:ident $($column:literal)?,)* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                use sqlx::Row as _;

                Ok(Self {
                    $($part: sqlx::FromRow::from_row(row)?,)*
                    $($field: row.try_get(row!(@column $field $($column)?))?,)*
                })
            }
        }
    };
    (@column $field:ident) => { stringify!($field) };
    (@column $field:ident $column:literal) => { $column };
}
