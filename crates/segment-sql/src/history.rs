//! Conditions on events and orders.

use crate::compile::Compiler;
use crate::engine::{integer, text};
use sea_query::Expr;
use selfsame_domain::segments::{Aggregate, EventLeaf, ItemField, OrderField, OrdersLeaf, Span, Test};

impl Compiler {
    /// That enough events happened. Whose they are is asked in three ways, each of which an index answers.
    pub(crate) fn event(&self, leaf: &EventLeaf) -> Expr {
        let subjects = [
            format!(
                "{} AS g JOIN events AS e ON e.workspace_id = {{}} AND e.contact_id = g.contact_id",
                self.engine.group()
            ),
            "(SELECT v.visitor_id FROM visitors AS v WHERE v.workspace_id = {} AND v.owner_id = c.contact_id) AS g
             JOIN events AS e ON e.workspace_id = {} AND e.visitor_id = g.visitor_id"
                .to_owned(),
        ];
        let wanted = || {
            let mut parts = vec![self.engine.sql("e.type_key = {}", [text(leaf.type_key.as_str())])];
            parts.extend(
                leaf.within
                    .iter()
                    .map(|span| self.moments(&|| Expr::cust("e.occurred_at"), span)),
            );
            parts.extend(leaf.filters.iter().map(|(name, test)| self.parameter(name, test)));
            parts
        };
        let workspace = || integer(self.workspace.0);
        let select = |from: &String, what: &str| {
            let conditions = wanted();
            let template = format!(
                "({what} FROM {from} WHERE {})",
                vec!["{}"; conditions.len()].join(" AND ")
            );
            self.engine
                .sql(&template, [workspace(), workspace()].into_iter().chain(conditions))
        };
        let [own, visitors] = &subjects;
        if leaf.least == 1 {
            let [own, visitors] = [own, visitors].map(|from| select(from, "SELECT 1"));
            return self.engine.sql("(EXISTS {} OR EXISTS {})", [own, visitors]);
        }
        let [own, visitors] = [own, visitors].map(|from| select(from, "SELECT count(*)"));
        let least = integer(i64::try_from(leaf.least).unwrap_or(i64::MAX));
        self.engine.sql("({} + {} >= {})", [own, visitors, least])
    }

    /// A condition on a parameter of the event `e`, true or false.
    fn parameter(&self, name: &str, test: &Test) -> Expr {
        let engine = self.engine;
        let there = || engine.sql("COALESCE({}, FALSE)", [engine.parameter_is_there(name)]);
        match test {
            Test::Empty => engine.sql("(NOT {})", [there()]),
            Test::NotEmpty => there(),
            test => self.plain(&|| engine.parameter(name), test),
        }
    }

    /// A condition on a text that may be a number, true or false.
    fn plain(&self, value: &dyn Fn() -> Expr, test: &Test) -> Expr {
        let engine = self.engine;
        let compare =
            |operator: &str, number: &dyn std::fmt::Display| engine.compare_text(value, operator, &number.to_string());
        let fits = match test {
            Test::Text(test) => self.text(value, test),
            Test::Numbers(numbers) => self.any(numbers.iter().map(|number| compare("=", number)).collect()),
            Test::Greater(least) => compare(">", least),
            Test::Less(greatest) => compare("<", greatest),
            Test::Between(least, greatest) => {
                engine.sql("({} AND {})", [compare(">=", least), compare("<=", greatest)])
            }
            _ => Expr::cust("(1 = 0)"),
        };
        engine.sql("COALESCE({}, FALSE)", [fits])
    }

    /// What the orders come to.
    pub(crate) fn orders(&self, leaf: &OrdersLeaf) -> Expr {
        let engine = self.engine;
        let select = |what: Expr| self.select_orders(what, leaf);
        let number = |template: &'static str| move || select(Expr::cust(template));
        let fits = match (leaf.aggregate, &leaf.test) {
            (Aggregate::Count | Aggregate::Sum, Test::Empty) => Expr::cust("(1 = 0)"),
            (Aggregate::Average | Aggregate::LastDate, Test::Empty) => {
                engine.sql("({} = 0)", [select(Expr::cust("count(*)"))])
            }
            (Aggregate::Count, test) => self.compared(&number("count(*)"), test),
            (Aggregate::Sum, test) => self.compared(&number(engine.sum_of_costs()), test),
            (Aggregate::Average, test) => self.average(leaf, test),
            (Aggregate::LastDate, Test::Spans(spans)) => {
                let last = || select(Expr::cust("max(o.ordered_at)"));
                self.any(spans.iter().map(|span| self.moments(&last, span)).collect())
            }
            (Aggregate::LastDate, _) => Expr::cust("(1 = 0)"),
        };
        engine.sql("COALESCE({}, FALSE)", [fits])
    }

    fn compared(&self, number: &dyn Fn() -> Expr, test: &Test) -> Expr {
        let compare =
            |operator: &str, other: &dyn std::fmt::Display| self.engine.compare(number(), operator, &other.to_string());
        match test {
            Test::Numbers(numbers) => self.any(numbers.iter().map(|number| compare("=", number)).collect()),
            Test::Greater(least) => compare(">", least),
            Test::Less(greatest) => compare("<", greatest),
            Test::Between(least, greatest) => self
                .engine
                .sql("({} AND {})", [compare(">=", least), compare("<=", greatest)]),
            _ => Expr::cust("(1 = 0)"),
        }
    }

    /// Compares the sum with so many times the number, so that nothing is divided.
    fn average(&self, leaf: &OrdersLeaf, test: &Test) -> Expr {
        let compare = |operator: &str, other: &dyn std::fmt::Display| {
            self.select_orders(self.engine.compare_average(operator, &other.to_string()), leaf)
        };
        match test {
            Test::Numbers(numbers) => self.any(numbers.iter().map(|number| compare("=", number)).collect()),
            Test::Greater(least) => compare(">", least),
            Test::Less(greatest) => compare("<", greatest),
            Test::Between(least, greatest) => self
                .engine
                .sql("({} AND {})", [compare(">=", least), compare("<=", greatest)]),
            _ => Expr::cust("(1 = 0)"),
        }
    }

    fn select_orders(&self, what: Expr, leaf: &OrdersLeaf) -> Expr {
        let conditions: Vec<Expr> = leaf
            .filters
            .iter()
            .map(|(field, test)| self.order_field(*field, test))
            .collect();
        let filter = match conditions.len() {
            0 => String::new(),
            count => format!(" WHERE {}", vec!["{}"; count].join(" AND ")),
        };
        let template = format!(
            "(SELECT {{}} FROM {} AS g JOIN orders AS o ON o.workspace_id = {{}} AND o.contact_id = g.contact_id{filter})",
            self.engine.group()
        );
        let workspace = || integer(self.workspace.0);
        let parts = [what, workspace(), workspace()].into_iter().chain(conditions);
        self.engine.sql(&template, parts)
    }

    /// A condition on the order `o`, true or false.
    fn order_field(&self, field: OrderField, test: &Test) -> Expr {
        let engine = self.engine;
        if let OrderField::Item(part) = field {
            return self.item_field(part, test);
        }
        let value = || {
            Expr::cust(match field {
                OrderField::Status => "o.status",
                OrderField::Currency => "o.currency",
                OrderField::StoreId => "NULLIF(o.store_id, '')",
                OrderField::TotalCost => "o.total_cost",
                OrderField::Date | OrderField::Item(_) => "o.ordered_at",
            })
        };
        let fits = match test {
            Test::Empty => engine.sql("({} IS NULL)", [value()]),
            Test::NotEmpty => engine.sql("({} IS NOT NULL)", [value()]),
            Test::Text(test) => self.text(&value, test),
            Test::Spans(spans) => self.any(spans.iter().map(|span| self.moments(&value, span)).collect()),
            test => self.compared(&value, test),
        };
        engine.sql("COALESCE({}, FALSE)", [fits])
    }

    /// That an item of the order `o` fits, or that none has a value.
    fn item_field(&self, part: ItemField, test: &Test) -> Expr {
        let engine = self.engine;
        let value = || Expr::cust(crate::Engine::item_member(part));
        let some = |condition: Expr| {
            let template = format!("EXISTS (SELECT 1 FROM {} WHERE {{}})", engine.items());
            engine.sql(&template, [condition])
        };
        let is_there = || engine.sql("({} IS NOT NULL)", [value()]);
        match test {
            Test::Empty => engine.sql("(NOT {})", [some(is_there())]),
            Test::Text(test) => some(self.text(&value, test)),
            _ => some(is_there()),
        }
    }

    /// That a moment is within a span.
    fn moments(&self, value: &dyn Fn() -> Expr, span: &Span) -> Expr {
        let compare = |operator: &str, edge| {
            let moment = self.edge(edge);
            self.engine.sql(&format!("({{}} {operator} {{}})"), [value(), moment])
        };
        match (span.from, span.until) {
            (Some(from), Some(until)) => self
                .engine
                .sql("({} AND {})", [compare(">=", from), compare("<", until)]),
            (Some(from), None) => compare(">=", from),
            (None, Some(until)) => compare("<", until),
            (None, None) => Expr::cust("(1 = 1)"),
        }
    }
}
