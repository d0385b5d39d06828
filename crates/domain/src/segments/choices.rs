//! The fields that a person can choose from when a formula is built.

use super::field::{BUILT_IN, CUSTOM};
use super::{Definitions, Field, FieldType};

/// A field to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChoice {
    /// Its name in a formula.
    pub name: String,
    /// What people call it: that of the readable form, and for a custom field the name that the workspace gave it.
    pub label: String,
    /// What it holds, which says the operators that apply.
    pub held: FieldType,
}

/// All fields of contacts, then the custom fields that are not archived.
pub fn field_choices(definitions: &Definitions) -> Vec<FieldChoice> {
    let built_in = BUILT_IN
        .iter()
        .map(|(name, label, _)| ((*name).to_owned(), (*label).to_owned()));
    let live = definitions.fields.iter().filter(|field| !field.archived);
    let custom = live.map(|field| {
        let name = format!("{CUSTOM}{}.{}", field.profile_key, field.field_key);
        (name, field.name.clone())
    });
    let choice = |(name, label): (String, String)| {
        let (_, held) = Field::named(&name, definitions)?;
        Some(FieldChoice { name, label, held })
    };
    built_in.chain(custom).filter_map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_contacts_can_be_chosen() {
        let choices = field_choices(&Definitions::default());
        let names: Vec<&str> = choices.iter().map(|choice| choice.name.as_str()).collect();
        assert_eq!(names, Field::names().collect::<Vec<_>>());
        let external_id = choices.iter().find(|choice| choice.name == "externalCustomerId");
        assert_eq!(
            external_id.map(|choice| (choice.label.as_str(), choice.held)),
            Some(("External ID", FieldType::Text))
        );
    }
}
