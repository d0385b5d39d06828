//! Compiles a plan to a statement.

use crate::engine::{Engine, integer, places, text};
use crate::zones::{zoned_moment, zoned_text};
use sea_query::{
    Alias, Expr, Order, PostgresQueryBuilder, Query as Statement, SelectStatement, SqliteQueryBuilder, Value,
};
use selfsame_domain::segments::{Anniversary, Edge, FieldType, Leaf, Operand, Plan, Span, Test, TextTest};
use selfsame_domain::{AttributeKey, ContactId, IdentifierKind, SegmentId, Timestamp, WorkspaceId};

/// A statement and its parameters. The first parameter is the number of the workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The statement.
    pub sql: String,
    /// The values, in order.
    pub values: Vec<Bound>,
}

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A whole number.
    Integer(i64),
    /// A small whole number.
    Small(i16),
    /// A text.
    Text(String),
    /// A point in time.
    Moment(Timestamp),
}

/// A page of members: those after a place in the order, or after an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// What they are ordered by, before their numbers.
    pub by: Option<TimeColumn>,
    /// Whether they are in ascending order.
    pub ascending: bool,
    /// The time, if they are ordered by one, and the number of the last one of the page before.
    pub after: Option<(Option<Timestamp>, ContactId)>,
    /// How many to skip.
    pub offset: u64,
    /// The most members.
    pub limit: u32,
}

/// A time of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeColumn {
    /// When it was created.
    Created,
    /// When it last changed.
    Updated,
}

/// The numbers (`contact_id`) of the active contacts of a workspace that match the plan.
pub fn members(engine: Engine, workspace: WorkspaceId, plan: &Plan, now: Timestamp, rows: Rows) -> Query {
    let mut statement = select(engine, workspace, plan, now, Expr::cust("c.contact_id"));
    let (order, beyond) = if rows.ascending {
        (Order::Asc, ">")
    } else {
        (Order::Desc, "<")
    };
    let column = rows.by.map(|by| match by {
        TimeColumn::Created => "c.created_at",
        TimeColumn::Updated => "c.updated_at",
    });
    match (column, rows.after) {
        (Some(column), Some((Some(at), id))) => {
            let template = format!("(({column}, c.contact_id) {beyond} ({{}}, {{}}))");
            statement.and_where(engine.sql(&template, [engine.moment(at), integer(id.0)]));
        }
        (_, Some((_, id))) => {
            statement.and_where(engine.sql(&format!("c.contact_id {beyond} {{}}"), [integer(id.0)]));
        }
        (_, None) => {}
    }
    if let Some(column) = column {
        statement.order_by_expr(Expr::cust(column), order.clone());
    }
    statement
        .order_by_expr(Expr::cust("c.contact_id"), order)
        .limit(u64::from(rows.limit));
    if rows.offset > 0 {
        statement.offset(rows.offset.min(i64::MAX.unsigned_abs()));
    }
    build(engine, &statement)
}

/// How many active contacts of a workspace match the plan, then how many of them match each of some others: a JSON array, as text.
pub fn counts(engine: Engine, workspace: WorkspaceId, plan: &Plan, of_them: &[Plan], now: Timestamp) -> Query {
    let compiler = Compiler { engine, workspace, now };
    let matching = ", COALESCE(sum(CASE WHEN {} THEN 1 ELSE 0 END), 0)".repeat(of_them.len());
    let array = match engine {
        Engine::Postgres => format!("CAST(json_build_array(count(*){matching}) AS text)"),
        Engine::Sqlite => format!("json_array(count(*){matching})"),
    };
    let counts = engine.sql(&array, of_them.iter().map(|plan| compiler.plan(plan)));
    build(engine, &select(engine, workspace, plan, now, counts))
}

/// The contacts after one that are in a segment now and not by the record of its members, or the reverse, by number: `contact_id`, and whether the contact
/// is in the segment now. Only those among the given numbers, if there are any given.
pub fn differences(
    engine: Engine,
    workspace: WorkspaceId,
    (segment, plan): (SegmentId, &Plan),
    now: Timestamp,
    (among, after, limit): (Option<&[ContactId]>, ContactId, u32),
) -> Query {
    let compiler = Compiler { engine, workspace, now };
    let mut statement = Statement::select();
    let is_in = engine.sql(&format!("({} AND {{}})", engine.active()), [compiler.plan(plan)]);
    let recorded = engine.sql(
        "EXISTS (SELECT 1 FROM segment_periods AS p
         WHERE p.workspace_id = {} AND p.segment_id = {} AND p.contact_id = c.contact_id AND p.left_in IS NULL)",
        [integer(workspace.0), integer(segment.0)],
    );
    statement
        .expr(Expr::cust("c.contact_id"))
        .expr(engine.sql("CASE WHEN {} THEN 0 ELSE 1 END", [recorded.clone()]))
        .from_as("contacts", Alias::new("c"))
        .and_where(engine.sql("c.workspace_id = {}", [integer(workspace.0)]))
        .and_where(engine.sql("c.contact_id > {}", [integer(after.0)]))
        .and_where(engine.sql("({} <> {})", [is_in, recorded]))
        .order_by_expr(Expr::cust("c.contact_id"), Order::Asc)
        .limit(u64::from(limit));
    if let Some(ids) = among {
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let ids = text(serde_json::Value::from(ids).to_string());
        statement.and_where(engine.sql(engine.is_listed(), [ids]));
    }
    build(engine, &statement)
}

fn select(engine: Engine, workspace: WorkspaceId, plan: &Plan, now: Timestamp, what: Expr) -> SelectStatement {
    let compiler = Compiler { engine, workspace, now };
    let mut statement = Statement::select();
    statement
        .expr(what)
        .from_as("contacts", Alias::new("c"))
        .and_where(engine.sql("c.workspace_id = {}", [integer(workspace.0)]))
        .and_where(Expr::cust(engine.active()))
        .and_where(compiler.plan(plan));
    statement
}

fn build(engine: Engine, statement: &SelectStatement) -> Query {
    let (sql, values) = match engine {
        Engine::Postgres => statement.build(PostgresQueryBuilder),
        Engine::Sqlite => statement.build(SqliteQueryBuilder),
    };
    let bound = |value: Value| match value {
        Value::BigInt(Some(number)) => Bound::Integer(number),
        Value::BigUnsigned(Some(number)) => Bound::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
        Value::SmallInt(Some(number)) => Bound::Small(number),
        Value::ChronoDateTimeUtc(Some(at)) => Bound::Moment(at),
        Value::String(Some(text)) => Bound::Text(text),
        other => Bound::Text(format!("{other:?}")),
    };
    Query {
        sql,
        values: values.0.into_iter().map(bound).collect(),
    }
}

pub(crate) struct Compiler {
    pub(crate) engine: Engine,
    pub(crate) workspace: WorkspaceId,
    now: Timestamp,
}

impl Compiler {
    fn plan(&self, plan: &Plan) -> Expr {
        match plan {
            Plan::All(parts) => self.join(parts, " AND "),
            Plan::Any(parts) => self.join(parts, " OR "),
            Plan::Not(part) => self.negated(part),
            Plan::Dynamic { plan, .. } => self.plan(plan),
            Plan::List { segment, .. } => self.engine.sql(
                "EXISTS (SELECT 1 FROM segment_members AS m
                 WHERE m.workspace_id = {} AND m.segment_id = {} AND m.owner_id = c.contact_id AND m.hidden_by IS NULL)",
                [integer(self.workspace.0), integer(segment.0)],
            ),
            Plan::Leaf(leaf) => self.leaf(leaf),
            Plan::Event(leaf) => self.event(leaf),
            Plan::Orders(leaf) => self.orders(leaf),
        }
    }

    /// The complement of a part. A negation of a negation would keep the database from joining: `NOT NOT EXISTS` is evaluated contact by contact.
    fn negated(&self, part: &Plan) -> Expr {
        match part {
            Plan::Not(part) => self.plan(part),
            Plan::Dynamic { plan, .. } => self.negated(plan),
            Plan::Leaf(Leaf {
                operand: Operand::Identifier(kind),
                test: Test::Empty,
                ..
            }) => self.held(*kind, None),
            _ => self.engine.sql("(NOT {})", [self.plan(part)]),
        }
    }

    fn join(&self, parts: &[Plan], joint: &str) -> Expr {
        let template = format!("({})", vec!["{}"; parts.len()].join(joint));
        self.engine.sql(&template, parts.iter().map(|part| self.plan(part)))
    }

    /// A condition that is true or false, never null.
    fn leaf(&self, leaf: &Leaf) -> Expr {
        let engine = self.engine;
        match leaf.operand {
            Operand::Identifier(kind) => return self.identifier(kind, || Expr::cust("i.value"), &leaf.test),
            Operand::EmailDomain => {
                let domain = || Expr::cust(engine.domain_of_identifier());
                return self.identifier(IdentifierKind::Email, domain, &leaf.test);
            }
            Operand::EmailStatus => {
                let status = || Expr::cust(engine.status_of_identifier());
                return self.identifier(IdentifierKind::Email, status, &leaf.test);
            }
            Operand::DeviceOs => return self.device_os(&leaf.test),
            Operand::Import => return self.import(&leaf.test),
            _ => {}
        }
        match &leaf.test {
            Test::Empty => self.is_empty(leaf.operand),
            test => self.engine.sql("COALESCE({}, FALSE)", [self.test(leaf.operand, test)]),
        }
    }

    /// That the contact shows an identifier of a kind of which the value passes the test.
    fn identifier(&self, kind: IdentifierKind, value: impl Fn() -> Expr, test: &Test) -> Expr {
        match test {
            Test::Text(test) => self.held(kind, Some(self.text(&value, test))),
            _ => self.engine.sql("(NOT {})", [self.held(kind, None)]),
        }
    }

    /// That the contact shows an identifier `i` of a kind that fulfils a condition, if there is one.
    fn held(&self, kind: IdentifierKind, condition: Option<Expr>) -> Expr {
        let held = "EXISTS (SELECT 1 FROM identifiers AS i
            WHERE i.workspace_id = {} AND i.owner_id = c.contact_id AND i.kind = {} AND i.hidden_by IS NULL";
        let template = format!("{held}{})", if condition.is_some() { " AND {}" } else { "" });
        let bound = [integer(self.workspace.0), integer(i64::from(kind.code()))];
        self.engine.sql(&template, bound.into_iter().chain(condition))
    }

    /// That a token which the contact shows is of an operating system that passes the test.
    fn device_os(&self, test: &Test) -> Expr {
        let held = "EXISTS (SELECT 1 FROM identifiers AS i
            WHERE i.workspace_id = {} AND i.owner_id = c.contact_id AND i.hidden_by IS NULL";
        let (engine, workspace) = (self.engine, integer(self.workspace.0));
        let os = || Expr::cust(engine.os_of_identifier());
        match test {
            Test::Text(test) => engine.sql(&format!("{held} AND {{}})"), [workspace, self.text(&os, test)]),
            _ => engine.sql(&format!("(NOT {held} AND {{}} IS NOT NULL))"), [workspace, os()]),
        }
    }

    /// That an import which passes the test changed the contact or one that it absorbed. The outcomes of rows are created, updated, restored and merged.
    fn import(&self, test: &Test) -> Expr {
        let (engine, workspace) = (self.engine, || integer(self.workspace.0));
        let changed = format!(
            "EXISTS (SELECT 1 FROM {} AS g JOIN import_rows AS r ON r.workspace_id = {{}} AND r.contact_id = g.contact_id
             WHERE r.outcome IN (0, 1, 2, 4)",
            engine.group()
        );
        match test {
            Test::Text(TextTest::OneOf(ids)) => {
                let template = format!("{changed} AND r.import_id IN ({}))", places(ids.len(), "{}"));
                let ids = ids.iter().map(|id| engine.import_id(id));
                engine.sql(&template, [workspace(), workspace()].into_iter().chain(ids))
            }
            _ => engine.sql(&format!("(NOT {changed}))"), [workspace(), workspace()]),
        }
    }

    /// How many different identifiers the contact shows that fulfil a condition.
    fn count_of_identifiers(&self, condition: Expr) -> Expr {
        let index = self.engine.by_owner();
        let count = format!(
            "(SELECT count(*) FROM (SELECT DISTINCT i.kind, i.value FROM identifiers AS i {index}
              WHERE i.workspace_id = {{}} AND i.owner_id = c.contact_id AND i.hidden_by IS NULL AND {{}}) AS h)"
        );
        self.engine.sql(&count, [integer(self.workspace.0), condition])
    }

    fn is_empty(&self, operand: Operand) -> Expr {
        match operand {
            Operand::Attribute(key) => self.engine.sql("({} IS NULL)", [self.engine.attribute(key)]),
            Operand::Custom(id, _) => {
                let value = self.engine.attribute(AttributeKey::Field(id));
                self.engine.sql("({} IS NULL)", [value])
            }
            Operand::Name(_) => self.engine.sql("({} IS NULL)", [self.value(operand)]),
            // Every contact has a value for these.
            Operand::ContactId
            | Operand::CountOf(_)
            | Operand::Quarantined
            | Operand::Shared { .. }
            | Operand::AbsorbedCount
            | Operand::EmailDomain
            | Operand::EmailStatus
            | Operand::DeviceOs
            | Operand::Import
            | Operand::CreatedAt
            | Operand::UpdatedAt
            | Operand::Source
            | Operand::Identifier(_) => Expr::cust("(1 = 0)"),
        }
    }

    /// The value to compare; null without one.
    fn value(&self, operand: Operand) -> Expr {
        match operand {
            Operand::ContactId
            | Operand::Identifier(_)
            | Operand::EmailDomain
            | Operand::EmailStatus
            | Operand::DeviceOs
            | Operand::Import => Expr::cust("c.contact_id"),
            Operand::AbsorbedCount => {
                let absorbed = self.engine.absorbed();
                self.engine.sql(absorbed, [integer(self.workspace.0)])
            }
            Operand::CountOf(kind) => {
                let kind = integer(i64::from(kind.code()));
                self.count_of_identifiers(self.engine.sql("i.kind = {}", [kind]))
            }
            Operand::Quarantined => self.count_of_identifiers(Expr::cust(self.engine.quarantined())),
            Operand::Shared { threshold } => {
                let threshold = integer(i64::from(threshold));
                self.count_of_identifiers(self.engine.sql(self.engine.shared(), [threshold]))
            }
            Operand::Attribute(key) => self.engine.attribute(key),
            Operand::Name(AttributeKey::LastName) => Expr::cust("c.last_name_match"),
            Operand::Name(_) => Expr::cust("c.first_name_match"),
            Operand::CreatedAt => Expr::cust("c.created_at"),
            Operand::UpdatedAt => Expr::cust("c.updated_at"),
            Operand::Source => Expr::cust("c.source"),
            Operand::Custom(id, held) => {
                let member = |name| self.engine.member(AttributeKey::Field(id), name);
                match held {
                    FieldType::Number => self
                        .engine
                        .sql("COALESCE({}, {})", [member("decimal"), member("integer")]),
                    FieldType::Date => member("date"),
                    FieldType::Local | FieldType::Instant => member("date_time"),
                    FieldType::Choices => member("choices"),
                    FieldType::Text | FieldType::Name => member("text"),
                }
            }
        }
    }

    fn test(&self, operand: Operand, test: &Test) -> Expr {
        let engine = self.engine;
        let value = || self.value(operand);
        let compare =
            |operator: &str, number: &dyn std::fmt::Display| engine.compare(value(), operator, &number.to_string());
        match test {
            Test::Empty => self.is_empty(operand),
            Test::NotEmpty => engine.sql("(NOT {})", [self.is_empty(operand)]),
            Test::Text(test) => self.text(&value, test),
            Test::Sources(sources) => {
                let sources = sources.iter().map(|source| engine.source(*source));
                self.one_of(value(), sources.collect())
            }
            Test::Numbers(numbers) if operand == Operand::ContactId => {
                // As whole numbers, by which the database looks contacts up.
                let whole = numbers
                    .iter()
                    .filter_map(|number| number.normalize().to_string().parse().ok());
                self.one_of(value(), whole.map(integer).collect())
            }
            Test::Numbers(numbers) => self.any(numbers.iter().map(|number| compare("=", number)).collect()),
            Test::Greater(least) => compare(">", least),
            Test::Less(greatest) => compare("<", greatest),
            Test::Between(least, greatest) => {
                engine.sql("({} AND {})", [compare(">=", least), compare("<=", greatest)])
            }
            Test::Spans(spans) => self.any(spans.iter().map(|span| self.span(operand, span)).collect()),
            Test::Anniversary(days) => self.anniversary(value, *days),
            Test::Choices(wanted) => match operand {
                Operand::Custom(id, _) => engine.has_entry(AttributeKey::Field(id), wanted.iter().map(text).collect()),
                _ => Expr::cust("(1 = 0)"),
            },
        }
    }

    pub(crate) fn any(&self, parts: Vec<Expr>) -> Expr {
        let template = format!("({})", vec!["{}"; parts.len()].join(" OR "));
        self.engine.sql(&template, parts)
    }

    fn one_of(&self, value: Expr, wanted: Vec<Expr>) -> Expr {
        if wanted.is_empty() {
            return Expr::cust("(1 = 0)");
        }
        let template = format!("({{}} IN ({}))", places(wanted.len(), "{}"));
        self.engine.sql(&template, [value].into_iter().chain(wanted))
    }

    pub(crate) fn text(&self, value: &dyn Fn() -> Expr, test: &TextTest) -> Expr {
        match test {
            TextTest::OneOf(texts) => self.one_of(value(), texts.iter().map(text).collect()),
            TextTest::Contains(part) => self.engine.contains(value(), part),
            TextTest::StartsWith(part) => self.engine.starts_with(value(), part),
            TextTest::EndsWith(part) => self.engine.ends_with(value(), part),
        }
    }

    fn span(&self, operand: Operand, span: &Span) -> Expr {
        let compare = |operator: &str, edge: Edge| self.with_edge(operand, operator, edge);
        match (span.from, span.until) {
            (Some(from), Some(until)) => self
                .engine
                .sql("({} AND {})", [compare(">=", from), compare("<", until)]),
            (Some(from), None) => compare(">=", from),
            (None, Some(until)) => compare("<", until),
            (None, None) => Expr::cust("(1 = 1)"),
        }
    }

    fn with_edge(&self, operand: Operand, operator: &str, edge: Edge) -> Expr {
        let (engine, now) = (self.engine, self.now);
        let value = self.value(operand);
        match operand {
            Operand::Custom(_, FieldType::Date) => {
                let day = zoned_text(engine, |zone| edge.day(zone, now).format("%Y-%m-%d").to_string());
                engine.by_bytes(value, operator, day)
            }
            Operand::Custom(..) => {
                let minute = zoned_text(engine, |zone| {
                    edge.minute(zone, now).format("%Y-%m-%dT%H:%M:%S").to_string()
                });
                engine.by_bytes(value, operator, minute)
            }
            _ => {
                let moment = self.edge(edge);
                engine.sql(&format!("({{}} {operator} {{}})"), [value, moment])
            }
        }
    }

    /// The moment of an edge.
    pub(crate) fn edge(&self, edge: Edge) -> Expr {
        zoned_moment(self.engine, |zone| edge.moment(zone, self.now))
    }

    /// Month and day are the sixth to tenth character of dates and times alike.
    fn anniversary(&self, value: impl Fn() -> Expr, days: u32) -> Expr {
        let engine = self.engine;
        let today = Edge::Days {
            days: 0,
            included: false,
        };
        let around = |zone| Anniversary::around(today.day(zone, self.now), days);
        let day = || engine.sql("substr({}, 6, 5)", [value()]);
        let first = || zoned_text(engine, |zone| around(zone).first);
        let last = || zoned_text(engine, |zone| around(zone).last);
        let from_first = || engine.by_bytes(day(), ">=", first());
        let to_last = || engine.by_bytes(day(), "<=", last());
        let same_year = engine.by_bytes(engine.sql("CAST({} AS text)", [first()]), "<=", last());
        engine.sql(
            "(CASE WHEN {} THEN ({} AND {}) ELSE ({} OR {}) END)",
            [same_year, from_first(), to_last(), from_first(), to_last()],
        )
    }
}
