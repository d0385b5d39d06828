//! The rows of a stored file.

use super::columns::Columns;
use super::contact::ContactBuilder;
use super::how::{how, plan as plan_of};
use crate::contacts::{BulkInput, BulkOptions, request};
use crate::docs::ContactInput;
use crate::error::ApiError;
use crate::fields::{Fields, Problems, text_of};
use selfsame_application::ports::{
    Continuation, FileSample, Import, Inspection, InspectionContext, ReadRow, RowsError,
};
use selfsame_domain::imports::{FileOptions, Plan, Target};
use selfsame_domain::sheet::{Cell, ColumnRole};
use selfsame_domain::values::Region;
use selfsame_domain::{Command, FieldInput, Policy};
use selfsame_tables::{MAX_COLUMNS, RowContent, TableError};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;

/// Reads the rows of files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileRows {
    /// How many bytes a file may have once it is unpacked.
    pub(crate) limit: u64,
}

impl FileRows {
    /// Looks at a whole file.
    pub(crate) fn inspect(
        self,
        import: &Import,
        context: &InspectionContext,
        body: &mut dyn Read,
    ) -> Result<Inspection, RowsError> {
        let options = options_of(import)?;
        let mut inspector = Inspector {
            region: region(&options, &context.policy),
            options,
            context,
            plan: Plan::default(),
            columns: Columns::new(),
            rows: 0,
        };
        let options = inspector.options.clone();
        let mut plan = None;
        let mut failure = None;
        selfsame_tables::read(
            body,
            &how(&options, self.limit),
            &mut |source| plan = Some(plan_of(source)),
            &mut |row| match inspector.look(row.content) {
                Ok(()) => ControlFlow::Continue(()),
                Err(reason) => {
                    failure = Some(format!("line {}: {reason}", row.line));
                    ControlFlow::Break(())
                }
            },
        )
        .map_err(rows_error)?;
        if let Some(reason) = failure {
            return Err(RowsError::Malformed(reason));
        }
        let found = plan.unwrap_or_default();
        inspector.plan = Plan {
            columns: std::mem::take(&mut inspector.plan.columns),
            ..found
        };
        inspector.finish()
    }

    /// Reads the rows of a file that was inspected.
    pub(crate) fn read(
        self,
        import: &Import,
        policy: &Policy,
        body: &mut dyn Read,
        rows: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError> {
        let options = options_of(import)?;
        let plan = import.found.as_deref().map(serde_json::from_str::<Plan>);
        let Some(Ok(plan)) = plan else {
            return Err(RowsError::Malformed(
                "what was found of the file cannot be read back".to_owned(),
            ));
        };
        let mut policy = policy.clone();
        policy.default_phone_region = region(&options, &policy);
        let mut reader = Reader::new(&options, &plan, policy)?;
        let mut is_header = plan.form != "ndjson";
        let how = how(&options, self.limit);
        let visit = &mut |row: selfsame_tables::Row| {
            if std::mem::take(&mut is_header) {
                return ControlFlow::Continue(());
            }
            match rows(reader.row(row)) {
                Continuation::Yes => ControlFlow::Continue(()),
                Continuation::No => ControlFlow::Break(()),
            }
        };
        selfsame_tables::read(body, &how, &mut |_| {}, visit).map_err(rows_error)
    }
}

impl FileRows {
    /// The beginning of a file: what its columns are by their titles, and the cells of the first rows, by column. Of an object the members that
    /// are no lists or objects.
    pub(crate) fn sample(
        self,
        import: &Import,
        context: &InspectionContext,
        body: &mut dyn Read,
        most: usize,
    ) -> Result<FileSample, RowsError> {
        let options = options_of(import)?;
        let mut source = None;
        let mut plan = Plan::default();
        let mut contents = Vec::new();
        let mut visit = |row: selfsame_tables::Row| {
            if contents.len() == most {
                return ControlFlow::Break(());
            }
            match &row.content {
                RowContent::Cells { cells, .. } if plan.columns.is_empty() => {
                    for cell in cells {
                        plan.add(&cell.text, &options, &context.fields);
                    }
                    return ControlFlow::Continue(());
                }
                RowContent::Cells { .. } => {}
                RowContent::Json(text) => add_members(&mut plan, text, &options, context),
            }
            contents.push(row.content);
            ControlFlow::Continue(())
        };
        let mut found = |found: &selfsame_tables::Source| source = Some(plan_of(found));
        selfsame_tables::read(body, &how(&options, self.limit), &mut found, &mut visit).map_err(rows_error)?;
        let plan = Plan {
            columns: plan.columns,
            ..source.unwrap_or_default()
        };
        // The columns that an inspection has found include those of later objects.
        let plan = match import.found.as_deref().map(Plan::from_text) {
            Some(Ok(found)) => found,
            _ => plan,
        };
        let rows = contents.into_iter().map(|content| texts(content, &plan)).collect();
        Ok(FileSample { plan, rows })
    }
}

/// Adds the members of an object that are no columns yet. What is no object has none.
fn add_members(plan: &mut Plan, text: &str, options: &FileOptions, context: &InspectionContext) {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return;
    };
    for name in members.keys() {
        let is_new = !plan.columns.iter().any(|column| column.header == name.trim());
        if is_new && plan.columns.len() < MAX_COLUMNS {
            plan.add(name, options, &context.fields);
        }
    }
}

/// The texts of a row, by column.
fn texts(content: RowContent, plan: &Plan) -> Vec<String> {
    match content {
        RowContent::Cells { cells, .. } => cells.into_iter().map(|cell| cell.text).collect(),
        RowContent::Json(text) => {
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            let member = |header: &str| value.get(header).and_then(text_of).unwrap_or_default();
            plan.columns.iter().map(|column| member(&column.header)).collect()
        }
    }
}

fn options_of(import: &Import) -> Result<FileOptions, RowsError> {
    serde_json::from_str(&import.options)
        .map_err(|_| RowsError::Malformed("the options of the import cannot be read back".to_owned()))
}

fn region(options: &FileOptions, policy: &Policy) -> Option<Region> {
    let named = options.default_phone_region.as_deref();
    let named = named.and_then(|text| Region::parse(text).ok());
    named.or_else(|| policy.default_phone_region.clone())
}

fn rows_error(error: TableError) -> RowsError {
    match error {
        TableError::Malformed(reason) => RowsError::Malformed(reason),
        TableError::Io(error) => RowsError::Interrupted(error),
    }
}

/// A file that is looked at.
struct Inspector<'c> {
    options: FileOptions,
    context: &'c InspectionContext,
    region: Option<Region>,
    plan: Plan,
    columns: Columns,
    rows: u64,
}

impl Inspector<'_> {
    fn look(&mut self, content: RowContent) -> Result<(), String> {
        match content {
            RowContent::Cells { cells, .. } if self.plan.columns.is_empty() => {
                for cell in cells {
                    self.add(&cell.text);
                }
                self.plan.check(&self.options)
            }
            RowContent::Cells { cells, is_placed } => {
                self.rows += 1;
                let is_whole = is_placed || surplus(&cells, self.plan.columns.len()).is_none();
                for (column, cell) in cells.iter().enumerate() {
                    self.columns.note(column, self.rows, cell, is_whole);
                }
                Ok(())
            }
            RowContent::Json(text) => {
                self.rows += 1;
                // What is no object is the row's own problem.
                let Ok(Value::Object(members)) = serde_json::from_str(&text) else {
                    return Ok(());
                };
                self.look_at_members(&members)
            }
        }
    }

    fn look_at_members(&mut self, members: &Map<String, Value>) -> Result<(), String> {
        for (name, value) in members {
            let known = self.plan.columns.iter().position(|column| column.header == name.trim());
            if known.is_none() && self.plan.columns.len() == MAX_COLUMNS {
                return Err(format!("the objects have more than {MAX_COLUMNS} different members"));
            }
            let column = known.unwrap_or_else(|| {
                self.add(name);
                self.plan.columns.len() - 1
            });
            if let Some(text) = text_of(value) {
                self.columns.note(column, self.rows, &Cell::text(&text), true);
            }
        }
        Ok(())
    }

    fn add(&mut self, title: &str) {
        self.plan.add(title, &self.options, &self.context.fields);
        if let Some(column) = self.plan.columns.last() {
            self.columns.add(column, self.region.as_ref(), &self.context.fields);
        }
    }

    fn finish(mut self) -> Result<Inspection, RowsError> {
        if self.rows == 0 {
            return Err(RowsError::Malformed("the file has no rows".to_owned()));
        }
        let is_structured = self.plan.columns.iter().any(|column| column.header == "channels");
        if self.plan.form == "ndjson" && !is_structured {
            self.plan.check(&self.options).map_err(RowsError::Malformed)?;
        }
        let problems = self.columns.judge(&mut self.plan, &self.options);
        let found = serde_json::to_string(&self.plan).map_err(|error| RowsError::Interrupted(error.into()))?;
        Ok(Inspection {
            total: self.rows,
            found,
            problems,
        })
    }
}

/// What is wrong with the number of cells in a row; nothing where it has as many as the header, or only empty ones more.
fn surplus(cells: &[Cell], columns: usize) -> Option<String> {
    let wrong = cells.len() < columns || cells[columns..].iter().any(|cell| !cell.is_blank());
    wrong.then(|| {
        format!(
            "has {} cells where the header has {columns}: its values may be in wrong columns",
            cells.len()
        )
    })
}

/// What the import says of all its contacts.
fn bulk_options(options: &FileOptions) -> Result<BulkOptions, RowsError> {
    if options.call.is_empty() {
        return Ok(BulkOptions::of_file(options.dedupe_on(), options.restore_removed));
    }
    let call = Fields::of(Some(&options.call), String::new());
    BulkOptions::of(&BulkInput::of(&call, &[]))
        .map_err(|_| RowsError::Malformed("the options of the import cannot be read back".to_owned()))
}

/// Reads the rows of a file according to its plan.
struct Reader<'p> {
    plan: &'p Plan,
    policy: Policy,
    bulk: BulkOptions,
    clears: bool,
    roles: Vec<ColumnRole>,
}

impl<'p> Reader<'p> {
    fn new(options: &FileOptions, plan: &'p Plan, policy: Policy) -> Result<Self, RowsError> {
        let targets = || plan.columns.iter().filter_map(|column| column.target);
        let cleared: BTreeSet<_> = targets()
            .filter_map(Target::member)
            .filter(|_| options.empty_clears)
            .collect();
        let fields = targets().filter_map(|target| match target {
            Target::Field(id) => Some(id),
            _ => None,
        });
        let bulk = bulk_options(options)?.with_columns(cleared, fields.collect());
        let roles = plan
            .columns
            .iter()
            .map(|column| column.target.map_or(ColumnRole::Text, |target| target.role(&[])));
        Ok(Self {
            plan,
            policy,
            bulk,
            clears: options.empty_clears,
            roles: roles.collect(),
        })
    }

    fn row(&mut self, row: selfsame_tables::Row) -> ReadRow {
        let (bytes, draft) = match row.content {
            RowContent::Cells { cells, is_placed } => {
                let bytes = cells.iter().map(|cell| cell.text.len()).sum();
                (bytes, self.of_cells(&cells, is_placed))
            }
            RowContent::Json(text) => (text.len(), self.of_json(&text)),
        };
        let command = draft.and_then(|draft| self.command(draft));
        let dedupe_value = match &command {
            Ok(Command::Contact(_, request)) => self.bulk.dedupe_value(request),
            _ => None,
        };
        ReadRow {
            line: row.line,
            bytes,
            dedupe_value,
            command,
        }
    }

    fn of_cells(&self, cells: &[Cell], is_placed: bool) -> Result<ContactBuilder, String> {
        if let Some(reason) = surplus(cells, self.plan.columns.len()).filter(|_| !is_placed) {
            return Err(reason);
        }
        let blank = Cell::text("");
        let mut draft = ContactBuilder::default();
        for place in 0..self.plan.columns.len() {
            self.place(&mut draft, place, cells.get(place).unwrap_or(&blank))?;
        }
        Ok(draft)
    }

    fn place(&self, draft: &mut ContactBuilder, place: usize, cell: &Cell) -> Result<(), String> {
        let column = &self.plan.columns[place];
        if let Some(target) = column.target {
            // The decision may have been to continue with the rest of a damaged column.
            if let Some(damage) = self.roles[place].damage_of(cell) {
                return Err(format!("{target} {damage}"));
            }
        }
        draft.place(column, &cell.text);
        Ok(())
    }

    fn of_json(&self, text: &str) -> Result<ContactBuilder, String> {
        let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
            return Err("must be a JSON object".to_owned());
        };
        let mut draft = ContactBuilder::default();
        for (name, value) in members {
            let place = self.plan.columns.iter().position(|column| column.header == name.trim());
            match (place, text_of(&value)) {
                (Some(place), Some(text)) => self.place(&mut draft, place, &Cell::text(&text))?,
                (Some(place), None) if value.is_null() => self.place(&mut draft, place, &Cell::text(""))?,
                _ => draft.take_over(&name, value),
            }
        }
        Ok(draft)
    }

    fn command(&self, mut draft: ContactBuilder) -> Result<Command, String> {
        let empty = std::mem::take(&mut draft.empty_fields);
        let contact = draft.finish();
        let mut problems = Problems::default();
        let fields = Fields::of(Some(&contact), String::new());
        let mut command = self.bulk.contact(&fields, &self.policy, &mut problems);
        if let Command::Contact(_, request) = &mut command {
            request::read_groups(ContactInput::of(&fields).groups, request, &mut problems);
        }
        problems.finish().map_err(|error: ApiError| error.detail())?;
        if let (Command::Contact(_, request), true) = (&mut command, self.clears) {
            request.fields.extend(empty.into_iter().map(|id| FieldInput {
                id,
                text: None,
                member: "fields".to_owned(),
            }));
        }
        Ok(command)
    }
}
