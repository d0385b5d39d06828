//! Estimating a number of members from a sample of contacts.

use crate::ids::ContactId;

/// How many contacts a sample has at the most.
const SAMPLED: u64 = 2_000;

/// A number of contacts: counted, or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The number.
    pub count: u64,
    /// Of an estimate: how far the number may be from the truth either way, with a confidence of 95 %. None for a number that was counted.
    pub margin: Option<u64>,
}

impl Estimate {
    /// A number that was counted.
    pub fn exact(count: u64) -> Self {
        Self { count, margin: None }
    }

    /// The number among `total` contacts when `matching` of `examined` random ones match.
    ///
    /// The margin is 1.96 standard errors of a proportion. Where all or none match, that would be nothing, and the rule of three holds: 3 of `examined`.
    pub fn of_sample(matching: u64, examined: u64, total: u64) -> Self {
        let [matching, examined, total] = [matching, examined.max(1), total].map(u128::from);
        let matching = matching.min(examined);
        let others = examined - matching;
        let margin = if matching == 0 || others == 0 {
            (3 * total).div_ceil(examined)
        } else {
            // The standard error in ten thousandths of a contact of the sample.
            let error = (matching * others * 100_000_000 / examined).isqrt();
            (total * 196 * error).div_ceil(examined * 1_000_000)
        };
        let whole = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
        Self {
            count: whole(total * matching / examined),
            margin: Some(whole(margin.min(total))),
        }
    }
}

/// Contact numbers from 1 to `last`, ascending: one at a random place of each of equal parts. Numbers are assigned in the order in which contacts are made,
/// so old and new contacts are in it alike. The same numbers for the same `last`, so that a repeated preview says the same.
pub fn sample(last: ContactId) -> Vec<ContactId> {
    let last = last.0.max(0).unsigned_abs();
    let parts = last.min(SAMPLED);
    let mut random = last;
    let mut place = |part: u64| {
        // The generator of Knuth's MMIX; its high bits are random enough to choose a place.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (from, until) = (part * last / parts, (part + 1) * last / parts);
        let number = from + 1 + (random >> 33) % (until - from).max(1);
        ContactId(i64::try_from(number).unwrap_or(i64::MAX))
    };
    (0..parts).map(&mut place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_how_far_it_may_be_from_the_truth() {
        let of = |matching, examined, total| {
            let found = Estimate::of_sample(matching, examined, total);
            (found.count, found.margin)
        };
        // 1.96 × √(0.5 × 0.5 / 2000) = 2.19 %
        assert_eq!(of(1_000, 2_000, 1_000_000), (500_000, Some(21_914)));
        assert_eq!(of(20, 2_000, 1_000_000), (10_000, Some(4_361)));
        assert_eq!(of(0, 2_000, 1_000_000), (0, Some(1_500)));
        assert_eq!(of(2_000, 2_000, 1_000_000), (1_000_000, Some(1_500)));
        assert_eq!(of(0, 0, 10), (0, Some(10)));
        assert_eq!(of(1, 2, 3), (1, Some(3)), "no more than there are");
    }

    #[test]
    fn a_sample_has_a_number_of_every_part() {
        assert_eq!(sample(ContactId(0)), []);
        assert_eq!(sample(ContactId(3)), [1, 2, 3].map(ContactId));
        let numbers = sample(ContactId(1_000_000));
        assert_eq!(numbers.len(), 2_000);
        for (part, number) in (0..).zip(&numbers) {
            assert!(
                (part * 500 + 1..=(part + 1) * 500).contains(&number.0),
                "{part}: {number}"
            );
        }
        let early = numbers
            .iter()
            .zip((0..).step_by(500))
            .filter(|(number, from)| number.0 - from <= 250);
        assert!((800..1_200).contains(&early.count()), "places are random");
        assert_eq!(numbers, sample(ContactId(1_000_000)));
    }
}
