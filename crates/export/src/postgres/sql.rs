//! Texts of statements: names of tables and columns cannot be bound.

use selfsame_domain::export::{Column, ColumnType, Dataset};

/// A name, quoted.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted text.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A table with its schema.
pub(super) fn table(schema: &str, table: &str) -> String {
    format!("{}.{}", name(schema), name(table))
}

/// Quoted names, separated by commas.
pub(super) fn names<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = all.into_iter().map(name).collect();
    quoted.join(", ")
}

/// The type of a column.
pub(super) fn type_of(kind: ColumnType) -> String {
    match kind {
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInteger => "bigint".to_owned(),
        ColumnType::Number => "numeric".to_owned(),
        ColumnType::Flag => "boolean".to_owned(),
        ColumnType::Time | ColumnType::LocalTime => "timestamp without time zone".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Text(Some(max)) => format!("character varying({max})"),
        ColumnType::Text(None) => "text".to_owned(),
    }
}

/// Whether a column of this type, as `format_type` writes it, can hold every value of the export.
pub(super) fn holds(kind: ColumnType, actual: &str) -> bool {
    let length = |actual: &str| {
        let digits = actual.strip_prefix("character varying(")?.strip_suffix(')')?;
        digits.parse::<u32>().ok()
    };
    match kind {
        ColumnType::Integer => matches!(actual, "integer" | "bigint" | "numeric"),
        ColumnType::BigInteger => matches!(actual, "bigint" | "numeric"),
        ColumnType::Number => actual == "numeric",
        ColumnType::Flag => actual == "boolean",
        ColumnType::Time => matches!(
            actual,
            "timestamp without time zone" | "timestamp with time zone" | "timestamp(0) without time zone"
        ),
        ColumnType::Date => actual == "date",
        ColumnType::LocalTime => matches!(actual, "timestamp without time zone" | "timestamp(0) without time zone"),
        ColumnType::Text(max) => {
            let fits = |length: u32| max.is_some_and(|max| length >= u32::from(max));
            matches!(actual, "text" | "character varying") || length(actual).is_some_and(fits)
        }
    }
}

/// The statements that create a table.
pub(super) fn create(schema: &str, dataset: Dataset, columns: &[Column]) -> Vec<String> {
    let target = table(schema, dataset.as_str());
    let defined: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {}", name(&column.name), type_of(column.kind)))
        .collect();
    let key = dataset.key();
    let mut statements = vec![
        format!(
            "CREATE TABLE {target} ({}, PRIMARY KEY ({}))",
            defined.join(", "),
            names(key.iter().copied())
        ),
        format!("COMMENT ON TABLE {target} IS {}", literal(dataset.description())),
    ];
    statements.extend(columns.iter().map(|column| comment(schema, dataset, column)));
    // The columns by which rows are deleted; the primary key serves its first column.
    let indexed = dataset.owners().iter().filter(|owner| key.first() != Some(*owner));
    statements.extend(indexed.map(|owner| {
        let index = name(&format!("{}_{owner}_idx", dataset.as_str()));
        format!("CREATE INDEX {index} ON {target} ({})", name(owner))
    }));
    statements
}

/// The statements that add a column to a table.
pub(super) fn add(schema: &str, dataset: Dataset, column: &Column) -> [String; 2] {
    let target = table(schema, dataset.as_str());
    [
        format!(
            "ALTER TABLE {target} ADD COLUMN {} {}",
            name(&column.name),
            type_of(column.kind)
        ),
        comment(schema, dataset, column),
    ]
}

fn comment(schema: &str, dataset: Dataset, column: &Column) -> String {
    let target = table(schema, dataset.as_str());
    format!(
        "COMMENT ON COLUMN {target}.{} IS {}",
        name(&column.name),
        literal(&column.description)
    )
}

/// Upserts the staged rows of a table. Rows that are equal already are left alone.
pub(super) fn upsert(target: &str, staged: &str, dataset: Dataset, columns: &[Column]) -> String {
    let key = names(dataset.key().iter().copied());
    let all = names(columns.iter().map(|column| &*column.name));
    let others = columns.iter().filter(|column| !dataset.key().contains(&&*column.name));
    let others: Vec<String> = others.map(|column| name(&column.name)).collect();
    let insert =
        format!("INSERT INTO {target} AS t ({all}) SELECT DISTINCT ON ({key}) {all} FROM {staged} ON CONFLICT ({key})");
    if others.is_empty() {
        return format!("{insert} DO NOTHING");
    }
    let set: Vec<String> = others
        .iter()
        .map(|column| format!("{column} = EXCLUDED.{column}"))
        .collect();
    let old: Vec<String> = others.iter().map(|column| format!("t.{column}")).collect();
    let new: Vec<String> = others.iter().map(|column| format!("EXCLUDED.{column}")).collect();
    format!(
        "{insert} DO UPDATE SET {} WHERE ({}) IS DISTINCT FROM ({})",
        set.join(", "),
        old.join(", "),
        new.join(", "),
    )
}

/// Deletes the rows of a table that were not staged.
pub(super) fn delete_others(target: &str, staged: &str, dataset: Dataset) -> String {
    let same: Vec<String> = dataset
        .key()
        .iter()
        .map(|column| format!("s.{0} = t.{0}", name(column)))
        .collect();
    format!(
        "DELETE FROM {target} t WHERE NOT EXISTS (SELECT FROM {staged} s WHERE {})",
        same.join(" AND ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(name(r#"a"b"#), r#""a""b""#);
        assert_eq!(table("my schema", "Contacts"), r#""my schema"."Contacts""#);
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn wider_columns_are_taken() {
        let short = ColumnType::Text(Some(50));
        for (kind, actual, taken) in [
            (short, "character varying(50)", true),
            (short, "character varying(51)", true),
            (short, "character varying(49)", false),
            (short, "text", true),
            (ColumnType::Text(None), "character varying(500)", false),
            (ColumnType::BigInteger, "bigint", true),
            (ColumnType::BigInteger, "integer", false),
            (ColumnType::Integer, "bigint", true),
            (ColumnType::Time, "timestamp with time zone", true),
            (ColumnType::Time, "date", false),
            (ColumnType::Date, "date", true),
            (ColumnType::Date, "timestamp without time zone", false),
            (ColumnType::LocalTime, "timestamp without time zone", true),
            (ColumnType::LocalTime, "timestamp with time zone", false),
            (ColumnType::Number, "numeric(10,2)", false),
            (ColumnType::Flag, "boolean", true),
        ] {
            assert_eq!(holds(kind, actual), taken, "{kind:?} in {actual}");
        }
    }
}
