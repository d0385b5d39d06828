//! The setting of log levels.

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Reads a list of levels and of `target=level`. Returns it in lower case, without blanks, and none for any other text: the library would take
/// a misspelt level for the name of a target, and log only that.
pub(super) fn parse(text: &str) -> Option<String> {
    let parts: Option<Vec<String>> = text.split(',').map(|part| parse_part(part.trim())).collect();
    parts.map(|parts| parts.join(","))
}

fn parse_part(part: &str) -> Option<String> {
    match part.split_once('=') {
        None => level(part),
        Some((target, of_target)) if is_target(target) => Some(format!("{target}={}", level(of_target)?)),
        Some(_) => None,
    }
}

fn level(text: &str) -> Option<String> {
    let level = text.to_ascii_lowercase();
    LEVELS.contains(&level.as_str()).then_some(level)
}

/// Targets are paths of modules.
fn is_target(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::EnvFilter;

    #[test]
    fn levels_and_levels_of_targets_are_read() {
        for (text, read) in [
            ("info", "info"),
            ("OFF", "off"),
            ("info, sqlx::query=Debug", "info,sqlx::query=debug"),
            ("tower-http=off,warn", "tower-http=off,warn"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(read));
            assert_eq!(EnvFilter::builder().parse(read).unwrap().to_string().len(), read.len());
        }
    }

    #[test]
    fn a_level_that_there_is_not_is_no_target() {
        for text in [
            "",
            "verbose",
            "info,",
            "sqlx",
            "info,sqlx",
            "sqlx=",
            "=info",
            "sqlx=verbose",
            "sqlx=a=info",
            "3",
            "a b=info",
            "[span]=info",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
