//! What templates must not have, and that every text they name is there.

use std::fs;
use std::path::{Path, PathBuf};

fn files(directory: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|known| known == extension) {
                let text = fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{directory}");
    found
}

#[test]
fn templates_have_nothing_that_the_policy_forbids() {
    let banned = [
        "hx-on",
        "js:",
        "javascript:",
        "hx-vals",
        "hx-headers",
        " style=",
        "<style",
        "<script>",
        "onclick",
        "onchange",
        "onsubmit",
        "onload",
        "|safe",
        "eval(",
        "http://",
        "https://",
    ];
    for (path, text) in files("templates", "html") {
        for word in banned {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
        // A filter of a trigger is a script.
        let filtered = text
            .split("hx-trigger=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        assert!(
            filtered.clone().all(|trigger| !trigger.contains('[')),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_form_that_changes_something_has_a_token() {
    for (path, text) in files("templates", "html") {
        let is_open = ["sign_in.html", "sign_in_code.html", "invitation.html", "layout.html"];
        if is_open.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for form in text.split("<form").skip(1).filter(|form| {
            form.split('>')
                .next()
                .is_some_and(|tag| tag.contains("method=\"post\""))
        }) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.contains("name=\"csrf\""), "{}", path.display());
        }
    }
}

#[test]
fn every_text_that_is_named_is_there() {
    let (_, english) = files("locales", "ftl")
        .into_iter()
        .find(|(path, _)| path.ends_with("en.ftl"))
        .expect("texts");
    let is_there = |name: &str| english.lines().any(|line| line.starts_with(&format!("{name} =")));
    let calls = [
        ".t(\"",
        ".with(\"",
        ".with_all(\"",
        ".count(\"",
        "texts.get(\"",
        "about(\"",
        "numbered(\"",
    ];
    for (path, text) in files("templates", "html").into_iter().chain(files("src", "rs")) {
        for call in calls {
            for rest in text.split(call).skip(1) {
                let name = rest.split('"').next().unwrap_or_default();
                // Names in a path, a query or a test are others.
                let is_name = name.contains('-')
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_');
                assert!(
                    !is_name || name.ends_with('-') || is_there(name),
                    "{name} in {}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn pages_know_neither_storage_nor_the_other_front_end() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("a manifest");
    let (needed, _) = manifest.split_once("[dev-dependencies]").expect("its parts");
    for other in ["selfsame-http", "selfsame-storage", "sqlx", "rusqlite"] {
        assert!(!needed.contains(other), "{other}");
    }
}
