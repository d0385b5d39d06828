//! The shape of the house: which crate may know which, and how long a file may be.
//!
//! `docs/ARCHITECTURE.md` says why. When a rule here is in the way of a change, the change is most likely in the wrong
//! crate.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// May know every crate of ours: they put the others together, or measure the result.
const WIRING: [&str; 3] = ["selfsame-server", "selfsame-tests", "selfsame-bench"];

/// Every other crate, with the crates of ours that it may know outside of its tests. Dependencies point inward.
const INWARD: [(&str, &[&str]); 11] = [
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
    ("selfsame-http", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-console", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-export", &["selfsame-application", "selfsame-domain"]),
    ("selfsame-pg-fixture", &[]),
    ("selfsame-bigquery-fixture", &[]),
];

/// What the inner crates leave to the outer ones.
const OUTSIDE: [(&str, &[&str]); 5] = [
    ("selfsame-domain", &["tokio", "sqlx", "axum", "reqwest", "getrandom"]),
    ("selfsame-application", &["sqlx", "axum", "reqwest"]),
    ("selfsame-http", &["sqlx"]),
    ("selfsame-storage-postgres", &["axum"]),
    ("selfsame-storage-sqlite", &["axum"]),
];

const LONGEST_FILE: usize = 500;

fn workspace() -> Metadata {
    // Without dependencies cargo reads the manifests alone and asks no registry.
    MetadataCommand::new().no_deps().exec().unwrap()
}

/// The crates that `package` needs to be built: neither its tests' nor its build script's.
fn needs(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.as_str())
}

/// What the table says about the crate.
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
