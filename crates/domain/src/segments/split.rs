//! Splitting the members of a segment into parts.

use crate::ContactId;
use uuid::Uuid;

/// Splits contacts into parts whose sizes differ by one at the most. Which part a contact gets depends on the contacts and the number of parts alone, and
/// looks random, so that parts can be compared with each other. Each part is in the order of the numbers.
pub fn split(contacts: &[ContactId], parts: usize) -> Vec<Vec<ContactId>> {
    let digest = |id: &ContactId| Uuid::new_v5(&Uuid::NAMESPACE_OID, &id.0.to_be_bytes());
    let mut shuffled = contacts.to_vec();
    shuffled.sort_by_cached_key(|id| (digest(id), *id));
    let mut split = vec![Vec::new(); parts];
    for (index, contact) in shuffled.into_iter().enumerate() {
        if let Some(part) = split.get_mut(index % parts.max(1)) {
            part.push(contact);
        }
    }
    for part in &mut split {
        part.sort_unstable();
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn parts_are_equal_and_stay_the_same() {
        let contacts: Vec<ContactId> = (1..=100).map(ContactId).collect();
        let parts = split(&contacts, 3);
        let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
        assert_eq!(sizes, [34, 33, 33]);
        let all: BTreeSet<ContactId> = parts.iter().flatten().copied().collect();
        assert_eq!(all, contacts.iter().copied().collect());
        let reversed: Vec<ContactId> = contacts.iter().rev().copied().collect();
        assert_eq!(split(&reversed, 3), parts);
        // Not every third, nor one third after the other.
        assert_ne!(parts[0][..3], [1, 4, 7].map(ContactId));
        assert_ne!(parts[0][..3], [1, 2, 3].map(ContactId));
        assert_eq!(split(&[], 2), [vec![], vec![]]);
    }
}
