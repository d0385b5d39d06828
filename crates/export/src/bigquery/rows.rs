//! Rows as lines of JSON, and the types of their columns.

use selfsame_domain::export::{Cell, Column, ColumnType, Row};
use serde_json::{Value, json};

/// The type of a column. Texts have no limit there: they were cut to the protocol's.
pub(super) fn type_of(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer | ColumnType::BigInteger => "INTEGER",
        // Amounts have up to 28 digits after the point.
        ColumnType::Number => "BIGNUMERIC",
        ColumnType::Flag => "BOOLEAN",
        ColumnType::Time => "TIMESTAMP",
        ColumnType::Date => "DATE",
        ColumnType::LocalTime => "DATETIME",
        ColumnType::Text(_) => "STRING",
    }
}

/// Whether a column, as the API describes it, holds whatever the export has for it.
pub(super) fn holds(kind: ColumnType, field: &Value) -> bool {
    if field["mode"] == "REPEATED" {
        return false;
    }
    let actual = field["type"].as_str().unwrap_or_default();
    match kind {
        ColumnType::Integer | ColumnType::BigInteger => {
            matches!(actual, "INTEGER" | "INT64" | "NUMERIC" | "BIGNUMERIC")
        }
        ColumnType::Number => actual == "BIGNUMERIC" && field["precision"].is_null(),
        ColumnType::Flag => matches!(actual, "BOOLEAN" | "BOOL"),
        ColumnType::Time => actual == "TIMESTAMP",
        ColumnType::Date => actual == "DATE",
        ColumnType::LocalTime => actual == "DATETIME",
        ColumnType::Text(max) => {
            let length = field["maxLength"].as_str().and_then(|text| text.parse::<u64>().ok());
            let fits = length.is_none_or(|length| max.is_some_and(|max| length >= u64::from(max)));
            actual == "STRING" && fits
        }
    }
}

/// Columns as the API describes them.
pub(super) fn fields(columns: &[Column]) -> Value {
    let field = |column: &Column| json!({"name": column.name, "type": type_of(column.kind), "mode": "NULLABLE", "description": column.description});
    columns.iter().map(field).collect()
}

/// The lines of rows. What has no value is left out.
pub(super) fn lines(columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::with_capacity(rows.iter().flatten().map(|cell| cell.size() + 24).sum());
    for row in rows {
        lines.push(b'{');
        let values = columns.iter().zip(row).filter(|(_, cell)| **cell != Cell::Null);
        for (index, (column, cell)) in values.enumerate() {
            if index > 0 {
                lines.push(b',');
            }
            serde_json::to_writer(&mut lines, &*column.name)?;
            lines.push(b':');
            put(&mut lines, cell)?;
        }
        lines.extend_from_slice(b"}\n");
    }
    Ok(lines)
}

fn put(lines: &mut Vec<u8>, cell: &Cell) -> Result<(), serde_json::Error> {
    match cell {
        Cell::Null => serde_json::to_writer(lines, &()),
        Cell::Integer(number) => serde_json::to_writer(lines, number),
        Cell::Flag(flag) => serde_json::to_writer(lines, flag),
        // A number of JSON would lose digits.
        Cell::Number(amount) => serde_json::to_writer(lines, &amount.to_string()),
        Cell::Time(time) => serde_json::to_writer(lines, &time.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
        Cell::Date(date) => serde_json::to_writer(lines, &date.to_string()),
        Cell::LocalTime(time) => serde_json::to_writer(lines, &time.format("%Y-%m-%d %H:%M:%S").to_string()),
        Cell::Text(text) => serde_json::to_writer(lines, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::export::Dataset;
    use selfsame_domain::values::Amount;

    fn column(dataset: Dataset, name: &str) -> Column {
        dataset.column(name).unwrap().clone()
    }

    #[test]
    fn a_row_is_a_line() {
        let columns = [
            column(Dataset::Orders, "contactId"),
            column(Dataset::Orders, "totalCost"),
            column(Dataset::Orders, "orderDate"),
            column(Dataset::Orders, "Phone"),
        ];
        let full = vec![
            Cell::Integer(7),
            Cell::Number(Amount::parse("0.1234567890123456789012345678").unwrap()),
            Cell::Time("0001-02-03T04:05:06.7Z".parse().unwrap()),
            Cell::Text("a\n\"\0😀".to_owned()),
        ];
        let empty = vec![Cell::Null, Cell::Null, Cell::Null, Cell::Text(String::new())];
        assert_eq!(
            String::from_utf8(lines(&columns, &[full, empty]).unwrap()).unwrap(),
            "{\"contactId\":7,\"totalCost\":\"0.1234567890123456789012345678\",\"orderDate\":\"0001-02-03 04:05:06 UTC\",\
             \"Phone\":\"a\\n\\\"\\u0000😀\"}\n{\"Phone\":\"\"}\n"
        );
    }

    #[test]
    fn wider_columns_are_taken() {
        let short = ColumnType::Text(Some(50));
        for (kind, field, taken) in [
            (short, json!({"type": "STRING"}), true),
            (short, json!({"type": "STRING", "maxLength": "50"}), true),
            (short, json!({"type": "STRING", "maxLength": "49"}), false),
            (
                ColumnType::Text(None),
                json!({"type": "STRING", "maxLength": "5000"}),
                false,
            ),
            (short, json!({"type": "STRING", "mode": "REPEATED"}), false),
            (ColumnType::BigInteger, json!({"type": "NUMERIC"}), true),
            (ColumnType::BigInteger, json!({"type": "STRING"}), false),
            (ColumnType::Number, json!({"type": "NUMERIC"}), false),
            (
                ColumnType::Number,
                json!({"type": "BIGNUMERIC", "precision": "10"}),
                false,
            ),
            (ColumnType::Time, json!({"type": "DATETIME"}), false),
            (ColumnType::Flag, json!({"type": "BOOL"}), true),
        ] {
            assert_eq!(holds(kind, &field), taken, "{kind:?} in {field}");
        }
    }
}
