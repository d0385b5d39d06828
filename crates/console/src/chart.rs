//! Counts by day as bars, drawn here, so that no script is needed.

use crate::texts::Texts;

/// Width and height of the bars' area, in pixels.
const AREA: (u64, u64) = (720, 140);
/// The space above the bars, for the greatest number, and below them, for the first and the last day.
const ABOVE: u64 = 18;
const BELOW: u64 = 20;

/// A picture of one bar for every series and day. [`Self::rows`] says the same in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// Where the bars stand.
    pub(crate) ground: u64,
    pub(crate) bars: Vec<Bar>,
    /// The greatest number.
    pub(crate) most: String,
    pub(crate) first: String,
    pub(crate) last: String,
    /// Every day with its numbers, the latest first.
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
    /// Which series it is of.
    pub(crate) series: usize,
    pub(crate) title: String,
}

impl Chart {
    /// Draws days, the earliest first, each with one number for every series.
    pub(crate) fn of(days: &[(String, Vec<u64>)], texts: Texts) -> Self {
        let most = days
            .iter()
            .flat_map(|(_, counts)| counts)
            .copied()
            .max()
            .unwrap_or_default();
        let series = days.first().map_or(1, |(_, counts)| counts.len().max(1)) as u64;
        let slot = (AREA.0 / (days.len().max(1) as u64)).max(series + 1);
        let thickness = ((slot - 1) / series).max(1);
        let ground = ABOVE + AREA.1;
        let mut bars = Vec::new();
        for (place, (day, counts)) in (0..).zip(days) {
            for (which, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                // A bar of a small number is seen all the same.
                let height = scaled(*count, most).max(1);
                bars.push(Bar {
                    x: place * slot + which as u64 * thickness,
                    y: ground - height,
                    width: thickness,
                    height,
                    series: which,
                    title: format!("{day}: {}", texts.number(*count)),
                });
            }
        }
        let row = |(day, counts): &(String, Vec<u64>)| {
            let numbers = counts.iter().map(|count| texts.number(*count));
            (day.clone(), numbers.collect())
        };
        let day = |found: Option<&(String, Vec<u64>)>| found.map(|(day, _)| day.clone()).unwrap_or_default();
        Self {
            width: (slot * days.len() as u64).max(1),
            height: ground + BELOW,
            ground,
            bars,
            most: texts.number(most),
            first: day(days.first()),
            last: day(days.last()),
            rows: days.iter().rev().map(row).collect(),
        }
    }

    /// Whether there is anything to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }
}

/// The height of a number's bar. The greatest number has the height of the area.
fn scaled(count: u64, most: u64) -> u64 {
    let height = u128::from(count) * u128::from(AREA.1) / u128::from(most.max(1));
    u64::try_from(height).unwrap_or(AREA.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    fn chart(counts: &[[u64; 2]]) -> Chart {
        let days: Vec<(String, Vec<u64>)> = (1..)
            .zip(counts)
            .map(|(day, counts)| (format!("day {day}"), counts.to_vec()))
            .collect();
        Chart::of(&days, Texts(Language::English))
    }

    #[test]
    fn bars_are_as_high_as_their_numbers_and_do_not_overlap() {
        let chart = chart(&[[10, 0], [5, 1], [0, 0], [1_000, 20]]);
        assert_eq!(chart.most, "1,000");
        assert_eq!((chart.first.as_str(), chart.last.as_str()), ("day 1", "day 4"));
        let heights: Vec<u64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [1, 1, 1, 140, 2]);
        for pair in chart.bars.windows(2) {
            assert!(pair[0].x + pair[0].width <= pair[1].x, "{pair:?}");
        }
        for bar in &chart.bars {
            assert_eq!(bar.y + bar.height, chart.ground);
            assert!(bar.x + bar.width <= chart.width);
        }
        assert_eq!(
            chart.rows[0],
            ("day 4".to_owned(), vec!["1,000".to_owned(), "20".to_owned()])
        );
        assert_eq!(chart.rows.len(), 4);
    }

    #[test]
    fn many_days_and_none_are_drawn() {
        assert!(chart(&[]).is_empty());
        assert!(chart(&[[0, 0]]).is_empty());
        let many = chart(&[[u64::MAX, 1]; 800]);
        assert_eq!(many.bars.len(), 1_600);
        assert!(many.bars.iter().all(|bar| bar.x + bar.width <= many.width));
    }
}
