//! The differences between the two databases.

use chrono::{DateTime, Utc};
use sea_query::{Expr, Value};
use selfsame_domain::segments::ItemField;
use selfsame_domain::values::Source;
use selfsame_domain::{AttributeKey, Timestamp};

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite, with this project's functions of decimals and zones.
    Sqlite,
}

/// A bound text.
pub(crate) fn text(text: impl Into<String>) -> Expr {
    Expr::Value(Value::String(Some(text.into())))
}

/// A bound whole number.
pub(crate) fn integer(number: i64) -> Expr {
    Expr::Value(Value::BigInt(Some(number)))
}

impl Engine {
    /// A piece of SQL with expressions in the places of `{}`, in order.
    pub(crate) fn sql(self, template: &str, parts: impl IntoIterator<Item = Expr>) -> Expr {
        let mut pieces = template.split("{}");
        let mut sql = pieces.next().unwrap_or_default().to_owned();
        for (number, piece) in pieces.enumerate() {
            let place = match self {
                Self::Postgres => format!("${}", number + 1),
                Self::Sqlite => "?".to_owned(),
            };
            sql.push_str(&place);
            sql.push_str(piece);
        }
        Expr::cust_with_exprs(sql, parts)
    }

    fn pick(self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        match self {
            Self::Postgres => postgres,
            Self::Sqlite => sqlite,
        }
    }

    /// Whether a contact is neither removed nor absorbed.
    pub(crate) fn active(self) -> &'static str {
        self.pick("c.state = 1", "c.state = 'active'")
    }

    /// Whether the identifier `i` is quarantined.
    pub(crate) fn quarantined(self) -> &'static str {
        self.pick("i.state = 2", "i.state = 'quarantined'")
    }

    /// The domain of the email `i`: what is behind the last @.
    pub(crate) fn domain_of_identifier(self) -> &'static str {
        self.pick(
            "regexp_replace(i.value, '^.*@', '')",
            "substr(i.value, length(rtrim(i.value, replace(i.value, '@', ''))) + 1)",
        )
    }

    /// One of [`selfsame_domain::segments::EMAIL_STATUSES`], of the email `i`.
    pub(crate) fn status_of_identifier(self) -> &'static str {
        self.pick(
            "(CASE WHEN EXISTS (SELECT 1 FROM identifier_values AS k
              WHERE k.workspace_id = i.workspace_id AND k.kind = i.kind AND k.value = i.value
                AND k.unsubscribed_at IS NOT NULL) THEN 'UNSUBSCRIBED' ELSE 'SUBSCRIBED' END)",
            "(CASE WHEN EXISTS (SELECT 1 FROM identifier_keys AS k
              WHERE k.workspace_id = i.workspace_id AND k.kind = i.kind AND k.value = i.value
                AND k.unsubscribed_at IS NOT NULL) THEN 'UNSUBSCRIBED' ELSE 'SUBSCRIBED' END)",
        )
    }

    /// How many contacts the contact `c` has absorbed, as a piece of SQL that is given the workspace.
    pub(crate) fn absorbed(self) -> &'static str {
        self.pick(
            "(SELECT count(*) FROM contacts AS a
              WHERE a.workspace_id = {} AND a.canonical_id = c.contact_id AND a.state = 3)",
            "(SELECT count(*) FROM contacts AS a
              WHERE a.workspace_id = {} AND a.canonical_id = c.contact_id AND a.state = 'merged')",
        )
    }

    /// The operating system of the device or the browser of the identifier `i`; null without one.
    pub(crate) fn os_of_identifier(self) -> &'static str {
        self.pick(
            "COALESCE(i.details -> 'device' ->> 'os', i.details -> 'web_push' ->> 'os')",
            "COALESCE(json_extract(i.details, '$.device.os'), json_extract(i.details, '$.web_push.os'))",
        )
    }

    /// Whether the contact is one of a JSON array of numbers.
    pub(crate) fn is_listed(self) -> &'static str {
        self.pick(
            "c.contact_id IN (SELECT CAST(n.value AS bigint) FROM json_array_elements_text(CAST({} AS json)) AS n (value))",
            "c.contact_id IN (SELECT n.value FROM json_each({}) AS n)",
        )
    }

    /// A point in time.
    pub(crate) fn moment(self, at: Timestamp) -> Expr {
        match self {
            Self::Postgres => Expr::Value(Value::ChronoDateTimeUtc(Some(at))),
            Self::Sqlite => integer(at.timestamp_micros()),
        }
    }

    /// A point in time as a value of a map of zones.
    pub(crate) fn moment_in_map(self, at: DateTime<Utc>) -> serde_json::Value {
        match self {
            Self::Postgres => at.to_rfc3339_opts(chrono::SecondsFormat::Micros, false).into(),
            Self::Sqlite => at.timestamp_micros().into(),
        }
    }

    /// The value of the contact's zone in a map, or the default for a contact whose zone is not in it.
    ///
    /// The map is parsed once per statement: on PostgreSQL by a sub-query without a reference to the contact, on SQLite by the function.
    pub(crate) fn by_zone(self, map: String, default: Expr, is_moment: bool) -> Expr {
        let zone = self.attribute(AttributeKey::TimeZone);
        let template = match self {
            Self::Postgres if is_moment => "COALESCE(CAST((SELECT CAST({} AS jsonb)) ->> {} AS timestamptz), {})",
            Self::Postgres => "COALESCE((SELECT CAST({} AS jsonb)) ->> {}, {})",
            Self::Sqlite => "COALESCE(of_zone({}, {}), {})",
        };
        self.sql(template, [text(map), zone, default])
    }

    /// The text of an attribute that is not a custom field; null without one.
    pub(crate) fn attribute(self, key: AttributeKey) -> Expr {
        match self {
            Self::Postgres => self.sql("(c.attributes -> CAST({} AS text) ->> 'v')", [text(key.to_text())]),
            Self::Sqlite => self.sql("json_extract(c.attributes, {})", [text(path(key, ""))]),
        }
    }

    /// The text of a member of a custom field's value; null without one.
    pub(crate) fn member(self, key: AttributeKey, member: &str) -> Expr {
        match self {
            Self::Postgres => self.sql(
                "(c.attributes -> CAST({} AS text) -> 'v' ->> CAST({} AS text))",
                [text(key.to_text()), text(member)],
            ),
            Self::Sqlite => self.sql("json_extract(c.attributes, {})", [text(path(key, member))]),
        }
    }

    /// Whether the list of a custom field has one of the entries.
    pub(crate) fn has_entry(self, key: AttributeKey, entries: Vec<Expr>) -> Expr {
        let list = places(entries.len(), self.pick("CAST({} AS text)", "{}"));
        match self {
            Self::Postgres => {
                let template = format!(
                    "EXISTS (SELECT 1 FROM jsonb_array_elements_text(c.attributes -> CAST({{}} AS text) -> 'v' -> 'choices') AS e (entry)
                     WHERE e.entry IN ({list}))"
                );
                self.sql(&template, [text(key.to_text())].into_iter().chain(entries))
            }
            Self::Sqlite => {
                let template =
                    format!("EXISTS (SELECT 1 FROM json_each(c.attributes, {{}}) AS e WHERE e.value IN ({list}))");
                self.sql(&template, [text(path(key, "choices"))].into_iter().chain(entries))
            }
        }
    }

    /// Whether a text contains a part.
    pub(crate) fn contains(self, whole: Expr, part: &str) -> Expr {
        self.sql(
            self.pick("(strpos({}, {}) > 0)", "(instr({}, {}) > 0)"),
            [whole, text(part)],
        )
    }

    /// Whether a text begins with a part.
    pub(crate) fn starts_with(self, whole: Expr, part: &str) -> Expr {
        let length = part.chars().count();
        self.sql(&format!("(substr({{}}, 1, {length}) = {{}})"), [whole, text(part)])
    }

    /// Whether a text ends with a part.
    pub(crate) fn ends_with(self, whole: Expr, part: &str) -> Expr {
        let length = part.chars().count();
        let template = match self {
            Self::Postgres => format!("(right({{}}, {length}) = {{}})"),
            Self::Sqlite => format!("(substr({{}}, -{length}) = {{}})"),
        };
        self.sql(&template, [whole, text(part)])
    }

    /// Compares texts by their bytes.
    pub(crate) fn by_bytes(self, one: Expr, operator: &str, other: Expr) -> Expr {
        let collated = self.pick(" COLLATE \"C\"", "");
        self.sql(&format!("({{}}{collated} {operator} {{}})"), [one, other])
    }

    /// Compares a number with a decimal. The number has a numeric type of the database or is a text.
    pub(crate) fn compare(self, number: Expr, operator: &str, decimal: &str) -> Expr {
        match self {
            Self::Postgres => self.sql(
                &format!("(CAST({{}} AS numeric) {operator} CAST({{}} AS numeric))"),
                [number, text(decimal)],
            ),
            Self::Sqlite => self.sql(
                &format!("(decimal_cmp(CAST({{}} AS TEXT), {{}}) {operator} 0)"),
                [number, text(decimal)],
            ),
        }
    }

    /// A comparison of a text with a decimal; null when the text is no number that is written out.
    pub(crate) fn compare_text(self, value: &dyn Fn() -> Expr, operator: &str, decimal: &str) -> Expr {
        match self {
            Self::Postgres => self.sql(
                &format!(
                    "(CASE WHEN {{}} ~ '^-?[0-9]+([.][0-9]+)?$' AND length({{}}) <= 28
                      THEN CAST({{}} AS numeric) {operator} CAST({{}} AS numeric) END)"
                ),
                [value(), value(), value(), text(decimal)],
            ),
            Self::Sqlite => self.sql(
                &format!("(CASE WHEN length({{}}) <= 28 THEN decimal_cmp({{}}, {{}}) {operator} 0 END)"),
                [value(), value(), text(decimal)],
            ),
        }
    }

    /// A comparison of the average cost of orders with a decimal; null without orders.
    pub(crate) fn compare_average(self, operator: &str, decimal: &str) -> Expr {
        let template = match self {
            Self::Postgres => format!("(sum(o.total_cost) {operator} CAST({{}} AS numeric) * count(*))"),
            Self::Sqlite => {
                format!("(decimal_cmp(decimal_sum(o.total_cost), decimal_mul({{}}, count(*))) {operator} 0)")
            }
        };
        self.sql(&template, [text(decimal)])
    }

    /// What orders cost together.
    pub(crate) fn sum_of_costs(self) -> &'static str {
        self.pick(
            "COALESCE(sum(o.total_cost), 0)",
            "COALESCE(decimal_sum(o.total_cost), '0')",
        )
    }

    /// The numbers (`contact_id`) of the contact `c` and of those that it absorbed, as a sub-query that is given the workspace.
    pub(crate) fn group(self) -> &'static str {
        self.pick(
            "(SELECT c.contact_id UNION ALL SELECT a.contact_id FROM contacts AS a
              WHERE a.workspace_id = {} AND a.canonical_id = c.contact_id AND a.state = 3)",
            "(SELECT c.contact_id UNION ALL SELECT a.contact_id FROM contacts AS a
              WHERE a.workspace_id = {} AND a.canonical_id = c.contact_id AND a.state = 'merged')",
        )
    }

    /// The text of a parameter of the event `e` that is a text or a number; null without one.
    pub(crate) fn parameter(self, name: &str) -> Expr {
        match self {
            Self::Postgres => self.sql(
                "(CASE WHEN json_typeof(e.params -> CAST({} AS text)) IN ('string', 'number')
                  THEN e.params ->> CAST({} AS text) END)",
                [text(name), text(name)],
            ),
            Self::Sqlite => {
                let path = format!("$.\"{name}\"");
                self.sql(
                    "(CASE json_type(e.params, {}) WHEN 'text' THEN json_extract(e.params, {})
                      WHEN 'integer' THEN e.params -> {} WHEN 'real' THEN e.params -> {} END)",
                    [text(&path), text(&path), text(&path), text(&path)],
                )
            }
        }
    }

    /// That a parameter of the event `e` is there and is not null; null when it is not there.
    pub(crate) fn parameter_is_there(self, name: &str) -> Expr {
        match self {
            Self::Postgres => self.sql("(json_typeof(e.params -> CAST({} AS text)) <> 'null')", [text(name)]),
            Self::Sqlite => self.sql("(json_type(e.params, {}) <> 'null')", [text(format!("$.\"{name}\""))]),
        }
    }

    /// The items of the order `o`.
    pub(crate) fn items(self) -> &'static str {
        self.pick("json_array_elements(o.items) AS t (value)", "json_each(o.items) AS t")
    }

    /// The text of a member of the item `t`; null without one.
    pub(crate) fn item_member(part: ItemField) -> String {
        format!("(t.value ->> '{}')", part.stored_as())
    }

    /// Which index finds the identifiers of a contact. Without statistics, SQLite would read all identifiers of the workspace for each contact, in the
    /// order that `DISTINCT` needs.
    pub(crate) fn by_owner(self) -> &'static str {
        self.pick("", "INDEXED BY identifiers_by_owner")
    }

    /// Whether the identifier `i` is shared, as a piece of SQL that is given the number of external IDs.
    pub(crate) fn shared(self) -> &'static str {
        self.pick(
            "EXISTS (SELECT 1 FROM identifier_values AS k
              WHERE k.workspace_id = i.workspace_id AND k.kind = i.kind AND k.value = i.value
                AND cardinality(k.seen_with) >= {})",
            "EXISTS (SELECT 1 FROM identifier_keys AS k
              WHERE k.workspace_id = i.workspace_id AND k.kind = i.kind AND k.value = i.value
                AND json_array_length(k.seen_with) >= {})",
        )
    }

    /// The ID of an import, from its text.
    pub(crate) fn import_id(self, id: &str) -> Expr {
        match self {
            Self::Postgres => self.sql("CAST({} AS uuid)", [text(id)]),
            Self::Sqlite => self.sql("unhex({})", [text(id.replace('-', ""))]),
        }
    }

    /// A source as it is stored.
    pub(crate) fn source(self, source: Source) -> Expr {
        match self {
            Self::Postgres => Expr::Value(Value::SmallInt(Some(source.code()))),
            Self::Sqlite => text(source.as_str()),
        }
    }
}

/// This many placeholders, separated by commas.
pub(crate) fn places(count: usize, place: &str) -> String {
    vec![place; count].join(", ")
}

/// The JSON path of an attribute, or of a member of a custom field's value. Keys are our own names and numbers, so they
/// need no escaping.
fn path(key: AttributeKey, member: &str) -> String {
    let key = key.to_text();
    if member.is_empty() {
        format!("$.\"{key}\".v")
    } else {
        format!("$.\"{key}\".v.{member}")
    }
}
