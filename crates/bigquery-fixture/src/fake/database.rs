//! Datasets and tables, in `SQLite`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDateTime;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An error of the API.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    pub(super) reason: &'static str,
    pub(super) text: String,
}

impl Fault {
    pub(super) fn new(status: StatusCode, reason: &'static str, text: &str) -> Self {
        let text = text.to_owned();
        Self { status, reason, text }
    }

    pub(super) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", &format!("Not found: {what}"))
    }

    pub(super) fn invalid(text: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalidQuery", text)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::invalid(&error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let errors = json!([{"reason": self.reason, "message": self.text}]);
        let body = json!({"error": {"code": self.status.as_u16(), "message": self.text, "errors": errors}});
        (self.status, axum::Json(body)).into_response()
    }
}

/// The datasets of the project.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    datasets: BTreeMap<String, Value>,
    /// By dataset and name.
    tables: BTreeMap<(String, String), Value>,
}

impl Database {
    pub(super) fn open() -> Result<Self, Fault> {
        let connection = Connection::open_in_memory()?;
        // Another hash than that of BigQuery, and short enough for sums of them.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function("FARM_FINGERPRINT", 1, flags, |context| {
            let mut hasher = DefaultHasher::new();
            context.get::<String>(0)?.hash(&mut hasher);
            Ok(i64::try_from(hasher.finish() >> 24).unwrap_or_default())
        })?;
        Ok(Self {
            connection,
            datasets: BTreeMap::new(),
            tables: BTreeMap::new(),
        })
    }

    pub(super) fn dataset(&self, name: &str) -> Result<Value, Fault> {
        self.datasets
            .get(name)
            .cloned()
            .ok_or_else(|| Fault::missing("Dataset"))
    }

    pub(super) fn make_dataset(&mut self, mut body: Value) -> Result<Value, Fault> {
        let name = body["datasetReference"]["datasetId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if self.datasets.contains_key(&name) {
            return Err(Fault::new(StatusCode::CONFLICT, "duplicate", "Already Exists: Dataset"));
        }
        self.connection.execute(&format!("ATTACH ':memory:' AS `{name}`"), [])?;
        if body["location"].is_null() {
            body["location"] = json!("US");
        }
        self.datasets.insert(name, body.clone());
        Ok(body)
    }

    pub(super) fn delete_dataset(&mut self, name: &str) -> Result<(), Fault> {
        self.dataset(name)?;
        if self.tables.keys().any(|(dataset, _)| dataset == name) {
            return Err(Fault::new(
                StatusCode::BAD_REQUEST,
                "resourceInUse",
                "the dataset has tables",
            ));
        }
        self.connection.execute(&format!("DETACH `{name}`"), [])?;
        self.datasets.remove(name);
        Ok(())
    }

    pub(super) fn table(&self, dataset: &str, table: &str) -> Result<Value, Fault> {
        let found = self.tables.get(&(dataset.to_owned(), table.to_owned()));
        found.cloned().ok_or_else(|| Fault::missing("Table"))
    }

    pub(super) fn make_table(&mut self, dataset: &str, mut body: Value) -> Result<Value, Fault> {
        self.dataset(dataset)?;
        let name = body["tableReference"]["tableId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if self.table(dataset, &name).is_ok() {
            return Err(Fault::new(StatusCode::CONFLICT, "duplicate", "Already Exists: Table"));
        }
        let columns: Vec<String> = fields(&body).iter().map(definition).collect();
        let sql = format!("CREATE TABLE `{dataset}`.`{name}` ({})", columns.join(", "));
        self.connection.execute(&sql, [])?;
        body["type"] = json!("TABLE");
        self.tables.insert((dataset.to_owned(), name), body.clone());
        Ok(body)
    }

    /// Adds columns.
    pub(super) fn patch_table(&mut self, dataset: &str, table: &str, body: &Value) -> Result<Value, Fault> {
        let mut known = self.table(dataset, table)?;
        let (before, after) = (fields(&known), fields(body));
        if !after.starts_with(&before) {
            return Err(Fault::invalid("the schema lacks a column, or has another type"));
        }
        for field in &after[before.len()..] {
            let sql = format!("ALTER TABLE `{dataset}`.`{table}` ADD COLUMN {}", definition(field));
            self.connection.execute(&sql, [])?;
        }
        known["schema"] = body["schema"].clone();
        self.tables
            .insert((dataset.to_owned(), table.to_owned()), known.clone());
        Ok(known)
    }

    pub(super) fn delete_table(&mut self, dataset: &str, table: &str) -> Result<(), Fault> {
        self.table(dataset, table)?;
        self.connection
            .execute(&format!("DROP TABLE `{dataset}`.`{table}`"), [])?;
        self.tables.remove(&(dataset.to_owned(), table.to_owned()));
        Ok(())
    }

    /// Loads lines of JSON; all or none.
    pub(super) fn load(&mut self, load: &Value, data: &[u8]) -> Result<Value, Fault> {
        let text = |name: &str| load["destinationTable"][name].as_str().unwrap_or_default().to_owned();
        let (dataset, table) = (text("datasetId"), text("tableId"));
        let fields = fields(&self.table(&dataset, &table)?);
        let places = vec!["?"; fields.len()].join(", ");
        let transaction = self.connection.transaction()?;
        for line in data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Map<String, Value> =
                serde_json::from_slice(line).map_err(|_| Fault::invalid("a line is no object"))?;
            let is_known = |name: &String| fields.iter().any(|field| field["name"] == name.as_str());
            if !row.keys().all(is_known) {
                return Err(Fault::invalid("a line has a member that is no column"));
            }
            let cells = fields.iter().map(|field| {
                let name = field["name"].as_str().unwrap_or_default();
                cell(field, row.get(name).unwrap_or(&Value::Null))
            });
            let cells: Vec<Cell> = cells.collect::<Result<_, _>>()?;
            let sql = format!("INSERT INTO `{dataset}`.`{table}` VALUES ({places})");
            transaction.prepare_cached(&sql)?.execute(params_from_iter(cells))?;
        }
        transaction.commit()?;
        Ok(json!({}))
    }

    /// Runs a script. A transaction that it leaves open ends without its changes.
    pub(super) fn script(&mut self, sql: &str) -> Result<Value, Fault> {
        let done = self.statements(sql);
        if !self.connection.is_autocommit() {
            self.connection.execute("ROLLBACK", [])?;
        }
        done
    }

    fn statements(&self, sql: &str) -> Result<Value, Fault> {
        let mut result = json!({});
        for statement in sql
            .split(";\n")
            .map(str::trim)
            .filter(|text| !text.is_empty() && *text != "END IF")
        {
            let statement = translate(statement)?;
            match statement.strip_prefix("IF ").and_then(|rest| rest.split_once(" THEN")) {
                None => result = self.rows(&statement)?,
                Some((condition, raise)) => {
                    let holds: bool = self
                        .connection
                        .query_row(&format!("SELECT {condition}"), [], |row| row.get(0))?;
                    if holds {
                        return Err(Fault::invalid(raise.split('\'').nth(1).unwrap_or_default()));
                    }
                }
            }
        }
        Ok(result)
    }

    /// The rows of a statement as the API answers them.
    fn rows(&self, sql: &str) -> Result<Value, Fault> {
        let mut statement = self.connection.prepare(sql)?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let value = |place| {
                let value = match row.get_ref(place)? {
                    ValueRef::Null | ValueRef::Blob(_) => Value::Null,
                    ValueRef::Integer(number) => json!(number.to_string()),
                    ValueRef::Real(number) => json!(number.to_string()),
                    ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                };
                Ok(json!({"v": value}))
            };
            let cells: Vec<Value> = (0..names.len()).map(value).collect::<Result<_, rusqlite::Error>>()?;
            rows.push(json!({"f": cells}));
        }
        let fields: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        Ok(json!({"schema": {"fields": fields}, "rows": rows}))
    }
}

fn fields(table: &Value) -> Vec<Value> {
    table["schema"]["fields"].as_array().cloned().unwrap_or_default()
}

fn definition(field: &Value) -> String {
    let kind = match field["type"].as_str() {
        Some("INTEGER" | "TIMESTAMP") => "INTEGER",
        _ => "TEXT",
    };
    format!("`{}` {kind}", field["name"].as_str().unwrap_or_default())
}

fn cell(field: &Value, value: &Value) -> Result<Cell, Fault> {
    let wrong = || Fault::invalid("a value is not of the type of its column");
    Ok(match (value, field["type"].as_str()) {
        (Value::Null, _) => Cell::Null,
        (Value::Number(number), Some("INTEGER")) => Cell::Integer(number.as_i64().ok_or_else(wrong)?),
        (Value::String(text), Some("TIMESTAMP")) => Cell::Integer(micros(text)?),
        (Value::String(text), Some("STRING" | "BIGNUMERIC" | "DATE" | "DATETIME")) => Cell::Text(text.clone()),
        (Value::Bool(flag), Some("BOOLEAN")) => Cell::Text(flag.to_string()),
        _ => return Err(wrong()),
    })
}

/// Times are kept as microseconds.
fn micros(text: &str) -> Result<i64, Fault> {
    let bare = text.trim_end_matches(" UTC").trim_end_matches("+00");
    let time = NaiveDateTime::parse_from_str(bare, "%Y-%m-%d %H:%M:%S%.f");
    time.map(|time| time.and_utc().timestamp_micros())
        .map_err(|_| Fault::invalid("a time cannot be read"))
}

/// What `SQLite` spells otherwise: names of three parts, times, and rows as JSON.
fn translate(sql: &str) -> Result<String, Fault> {
    let sql = sql
        .replace(&format!("`{}`.", crate::PROJECT), "")
        .replace("UNIX_MICROS(", "(")
        .replace("TO_JSON_STRING(STRUCT(", "(json_array(");
    let mut parts = sql.split("TIMESTAMP '");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (time, rest) = part
            .split_once('\'')
            .ok_or_else(|| Fault::invalid("a time has no end"))?;
        text.push_str(&micros(time)?.to_string());
        text.push_str(rest);
    }
    Ok(text)
}
