//! Lenient reading of JSON objects, as the wire protocol's clients need it: numbers for texts, `null`, blanks, a bare object for
//! an array. Unknown members are ignored, unless [`Fields::only`] is called. All errors are collected before the request is refused.

use crate::body::{Member, list_of, object_of};
use crate::error::{ApiError, Problem};
use serde_json::{Map, Value};

pub(crate) use crate::body::{NOT_A_TEXT, Sent, name_of, says_something, text_of, why};

/// The greatest number of entries of a list without its own limit. The cost of a request grows with its lists.
pub(crate) const MAX_ENTRIES: usize = 500;

/// Collects the errors of a request.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds an error.
    pub(crate) fn add(&mut self, pointer: impl Into<String>, reason: impl ToString) {
        self.0.push(Problem::new(pointer, reason));
    }

    /// Adds errors that were found elsewhere.
    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.0.extend(problems);
    }

    /// The value of a result; an error is added to the problems.
    pub(crate) fn check<T, E: ToString>(&mut self, pointer: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(pointer, error.to_string())).ok()
    }

    /// Whether there is no error so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a list is short enough; a longer one is added as an error.
    pub(crate) fn fits(&mut self, pointer: impl Into<String>, len: usize, max: usize) -> bool {
        if len > max {
            self.add(pointer, format!("must have at most {max} entries, not {len}"));
        }
        len <= max
    }

    /// All errors, for answers that list them without refusing the rest.
    pub(crate) fn all(self) -> Vec<Problem> {
        self.0
    }

    /// Refuses the request if there are errors.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Invalid(self.0))
        }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems)
    }
}

/// The members of an object, and its place in the body.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    object: Option<&'a Map<String, Value>>,
    pointer: String,
}

impl<'a> Fields<'a> {
    /// An object at a JSON pointer; without an object all members are missing.
    pub(crate) fn of(object: Option<&'a Map<String, Value>>, pointer: String) -> Self {
        Self { object, pointer }
    }

    /// The JSON pointer of the object.
    pub(crate) fn here(&self) -> &str {
        &self.pointer
    }

    /// The JSON pointer of a member.
    pub(crate) fn pointer(&self, name: &str) -> String {
        let mut pointer = String::with_capacity(self.pointer.len() + 1 + name.len());
        pointer.push_str(&self.pointer);
        pointer.push('/');
        if name.contains(['~', '/']) {
            pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else {
            pointer.push_str(name);
        }
        pointer
    }

    /// All members as they were sent.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.object
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// A member.
    pub(crate) fn at<'n>(&'n self, name: &'n str) -> Member<'n> {
        Member::of(self, name)
    }

    /// A member without conversion.
    pub(crate) fn raw(&self, name: &str) -> Sent<&'a Value> {
        Sent::of(self.member(name))
    }

    /// A member as it was sent, `null` and blank texts included.
    pub(crate) fn member(&self, name: &str) -> Option<&'a Value> {
        self.object.and_then(|object| object.get(name))
    }

    /// Adds an error for each member of another name. For resources that a request replaces as a whole: a misspelt member would reset the one
    /// that was meant.
    pub(crate) fn only(&self, names: &[&str], problems: &mut Problems) {
        for (name, _) in self.members().filter(|(name, _)| !names.contains(name)) {
            problems.add(self.pointer(name), "is unknown");
        }
    }

    /// See [`Member::text`].
    pub(crate) fn text(&self, name: &str, problems: &mut Problems) -> Sent<String> {
        self.at(name).text(problems)
    }

    /// See [`Member::integer`].
    pub(crate) fn integer(&self, name: &str, problems: &mut Problems) -> Sent<i64> {
        self.at(name).integer(problems)
    }

    /// See [`Member::boolean`].
    pub(crate) fn boolean(&self, name: &str, problems: &mut Problems) -> Sent<bool> {
        self.at(name).boolean(problems)
    }

    /// See [`Member::list`].
    pub(crate) fn list(&self, name: &str, max: usize, problems: &mut Problems) -> Vec<(String, &'a Value)> {
        list_of(self.raw(name), self.pointer(name), max, problems)
    }

    /// The objects of an array, or a single object (wire fact).
    pub(crate) fn objects(&self, name: &str, max: usize, problems: &mut Problems) -> Vec<Fields<'a>> {
        let entries = self.list(name, max, problems).into_iter();
        entries
            .filter_map(|(pointer, value)| object_of(Sent::Value(value), || pointer.clone(), problems).value())
            .collect()
    }

    /// See [`Member::object`].
    pub(crate) fn object(&self, name: &str, problems: &mut Problems) -> Sent<Fields<'a>> {
        object_of(self.raw(name), || self.pointer(name), problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_clients_send_is_read() {
        let body = json!({
            "text": "a", "number": 7, "digits": " 7 ", "flag": "TRUE", "null": null, "blank": " ", "one": {"a": 1}, "many": [{"a": 1}, null, {"a/b": 2}],
            "texts": ["a", 1, " ", null], "single": "a",
        });
        let fields = Fields::of(body.as_object(), String::new());
        let mut problems = Problems::default();
        assert_eq!(fields.text("text", &mut problems), Sent::Value("a".to_owned()));
        assert_eq!(fields.text("number", &mut problems), Sent::Value("7".to_owned()));
        assert_eq!(fields.integer("digits", &mut problems), Sent::Value(7));
        assert_eq!(fields.boolean("flag", &mut problems), Sent::Value(true));
        assert_eq!(fields.text("null", &mut problems), Sent::Null);
        assert_eq!(fields.text("blank", &mut problems), Sent::Nothing);
        assert_eq!(fields.integer("blank", &mut problems), Sent::Nothing);
        assert_eq!(fields.text("missing", &mut problems), Sent::Nothing);
        assert_eq!(fields.objects("one", 1, &mut problems).len(), 1);
        let many = fields.objects("many", 3, &mut problems);
        assert_eq!(
            many.iter().map(Fields::here).collect::<Vec<_>>(),
            ["/many/0", "/many/2"]
        );
        assert_eq!(many[1].pointer("a/b"), "/many/2/a~1b");
        let texts = fields.at("texts").texts(4, &mut problems);
        assert_eq!(
            texts,
            [
                ("/texts/0".to_owned(), "a".to_owned()),
                ("/texts/1".to_owned(), "1".to_owned())
            ]
        );
        assert_eq!(
            fields.at("single").texts(1, &mut problems),
            [("/single".to_owned(), "a".to_owned())]
        );
        assert!(problems.finish().is_ok());
    }

    #[test]
    fn all_errors_are_reported_at_once() {
        let body = json!({"text": {}, "truth": true, "decimal": 1.5, "number": 1.5, "flag": 1, "list": ["a"], "object": [], "long": [null, 1]});
        let fields = Fields::of(body.as_object(), "/contact".to_owned());
        let mut problems = Problems::default();
        for name in ["text", "truth", "decimal"] {
            assert_eq!(fields.text(name, &mut problems), Sent::Nothing);
        }
        assert_eq!(fields.integer("number", &mut problems), Sent::Nothing);
        assert_eq!(fields.boolean("flag", &mut problems), Sent::Nothing);
        assert!(fields.objects("list", 1, &mut problems).is_empty());
        assert!(fields.at("long").texts(1, &mut problems).is_empty());
        assert!(matches!(fields.object("object", &mut problems), Sent::Nothing));
        let text = problems.finish().expect_err("must be refused").detail();
        assert_eq!(
            text,
            "contact.* must be a text; contact.* must be a text; contact.* must be a text; \
             contact.* must be a whole number; contact.* must be true or false; \
             contact.*[0] must be an object; contact.* must have at most 1 entries, not 2; contact.* must be an object"
        );
    }
}
