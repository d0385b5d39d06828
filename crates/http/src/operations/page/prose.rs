//! Sentences with code in them.

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The words.
    pub(super) text: String,
    /// Whether they are code, set in a monospaced font.
    pub(super) code: bool,
}

/// Paragraphs of spans.
pub(super) type Prose = Vec<Vec<Span>>;

/// Splits a text at its blank lines into paragraphs, and those at their backticks.
pub(super) fn prose(text: &str) -> Prose {
    let spans = |paragraph: &str| {
        let parts = paragraph.split('`').enumerate().filter(|(_, part)| !part.is_empty());
        parts
            .map(|(index, part)| Span {
                text: part.to_owned(),
                code: index % 2 == 1,
            })
            .collect()
    };
    text.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(spans)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_keeps_paragraphs_and_code() {
        let expected = [
            vec![("one ", false), ("two", true), (" three", false)],
            vec![("four", false)],
        ];
        let expected = expected.map(|spans| {
            spans
                .into_iter()
                .map(|(text, code)| Span {
                    text: text.to_owned(),
                    code,
                })
                .collect::<Vec<_>>()
        });
        assert_eq!(prose("one `two` three\n\nfour\n"), expected);
    }
}
