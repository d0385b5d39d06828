//! The layers of the workspace: the allowed dependencies between crates, and the greatest length of a file.
//!
//! `docs/ARCHITECTURE.md` gives the reasons. When a rule here prevents a change, the change is most likely in the wrong
//! crate.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Crates that may depend on every crate of ours: they wire the others together, or test and measure the result.
const WIRING: [&str; 3] = ["selfsame-server", "selfsame-tests", "selfsame-bench"];

/// Every other crate, with the crates of ours that it may depend on outside of its tests. Dependencies point inward.
const INWARD: [(&str, &[&str]); 13] = [
    ("selfsame-domain", &[]),
    ("selfsame-application", &["selfsame-domain"]),
    (
        "selfsame-storage-conformance",
        &["selfsame-application", "selfsame-domain"],
    ),
    (
        "selfsame-storage-postgres",
        &["selfsame-application", "selfsame-domain", "selfsame-segment-sql"],
    ),
    (
        "selfsame-storage-sqlite",
        &["selfsame-application", "selfsame-domain", "selfsame-segment-sql"],
    ),
    ("selfsame-segment-sql", &["selfsame-domain"]),
    ("selfsame-tables", &["selfsame-domain"]),
    (
        "selfsame-http",
        &["selfsame-application", "selfsame-domain", "selfsame-tables"],
    ),
    ("selfsame-console", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-export", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-oidc", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-pg-fixture", &[]),
    ("selfsame-bigquery-fixture", &[]),
];

/// Third-party crates that inner crates must not depend on.
const OUTSIDE: [(&str, &[&str]); 5] = [
    ("selfsame-domain", &["tokio", "sqlx", "axum", "reqwest", "getrandom"]),
    ("selfsame-application", &["sqlx", "axum", "reqwest"]),
    ("selfsame-http", &["sqlx"]),
    ("selfsame-storage-postgres", &["axum"]),
    ("selfsame-storage-sqlite", &["axum"]),
];

/// The modules of `resolve` in the order of their layers: each one uses only modules that stand before it.
const RULES: [&str; 34] = [
    // The state, and the decision about a command.
    "working_copy",
    "decision_builder",
    "context",
    // What an identifier proves, and which one is meant.
    "evidence",
    "naming",
    // Who owned an identifier when, and to whom its history belongs.
    "ownership",
    "history",
    // What a contact holds.
    "held",
    "memberships",
    // Which contact it is, and which become one.
    "search",
    "merge",
    "absorb",
    "undo",
    // Who gets an identifier.
    "trust",
    "device_tokens",
    "claim",
    // What is written to a contact.
    "channels",
    "attributes",
    "row_changes",
    "recorded_events",
    "contact",
    // Events and orders.
    "late_event",
    "event",
    "order",
    // All other commands.
    "merge_by_hand",
    "review",
    "take_back",
    "remove",
    "unsubscribe",
    "token",
    "segment_members",
    "segment_definitions",
    "catalog",
    // The result.
    "changes",
];

const LONGEST_FILE: usize = 500;

fn workspace() -> Metadata {
    // Without dependencies cargo reads only the manifests and contacts no registry.
    MetadataCommand::new().no_deps().exec().unwrap()
}

/// The normal dependencies of `package`, without those of its tests and its build script.
fn needs(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.as_str())
}

/// The row of the table for the crate.
fn row<'a>(table: &[(&str, &'a [&'a str])], package: &Package) -> Option<&'a [&'a str]> {
    table
        .iter()
        .find(|(name, _)| *name == package.name.as_str())
        .map(|(_, row)| *row)
}

#[test]
fn dependencies_point_inward() {
    let workspace = workspace();
    for package in workspace
        .packages
        .iter()
        .filter(|package| !WIRING.contains(&package.name.as_str()))
    {
        let allowed = row(&INWARD, package)
            .unwrap_or_else(|| panic!("{} is new: say in this test what it may depend on", package.name));
        let forbidden = needs(package).find(|name| name.starts_with("selfsame-") && !allowed.contains(name));
        assert_eq!(forbidden, None, "{} may only depend on {allowed:?}", package.name);
    }
}

#[test]
fn inner_crates_know_neither_transport_nor_storage() {
    for package in &workspace().packages {
        let outside = row(&OUTSIDE, package).unwrap_or_default();
        let found = needs(package).find(|name| outside.contains(name));
        assert_eq!(found, None, "{} must not depend on it", package.name);
    }
}

#[test]
fn the_rules_are_about_crates_that_have_these_names() {
    let workspace = workspace();
    for name in [
        "selfsame-domain",
        "selfsame-application",
        "selfsame-http",
        "selfsame-storage-postgres",
    ] {
        assert!(
            workspace.packages.iter().any(|package| package.name.as_str() == name),
            "{name} is gone"
        );
    }
}

#[test]
fn a_rule_uses_only_rules_of_the_layers_before_it() {
    let root = workspace().workspace_root.join("crates/domain/src/resolve");
    let files = fs::read_dir(root).unwrap().map(|file| file.unwrap().path());
    let mut found = 0;
    for file in files.filter(|file| file.is_file() && !file.ends_with("mod.rs")) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let layer = RULES.iter().position(|rule| *rule == name);
        let layer = layer.unwrap_or_else(|| panic!("{name} is new: say in this test where it belongs"));
        let source = fs::read_to_string(&file).unwrap();
        let uses = source
            .split("super::")
            .skip(1)
            .filter_map(|rest| rest.split(';').next());
        let words = uses.flat_map(|item| item.split(|c: char| c != '_' && !c.is_alphanumeric()));
        for used in words.filter(|word| RULES.contains(word) && *word != name) {
            assert!(
                RULES[..layer].contains(&used),
                "{name} uses {used}, which stands after it"
            );
        }
        found += 1;
    }
    assert_eq!(found, RULES.len(), "a rule is gone");
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    let workspace = workspace();
    let root = workspace.workspace_root.join("crates");
    let files = fs::read_dir(root)
        .unwrap()
        .flat_map(|member| rust_files(&member.unwrap().path().join("src")));
    let lengths = files.map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > LONGEST_FILE).collect();
    assert!(
        long.is_empty(),
        "longer than {LONGEST_FILE} lines, split by noun or verb: {long:#?}"
    );
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
