//! Every case is in the list: a case outside of it would never run.

use std::collections::BTreeSet;
use std::path::Path;

macro_rules! names {
    ($($noun:ident { $($name:ident $(for $table:ident)? $(, $mark:ident)?;)* })*) => {
        [$($(concat!(stringify!($noun), "::", stringify!($name)),)*)*]
    };
}

#[test]
fn every_case_is_listed() {
    let listed: BTreeSet<String> = selfsame_storage_conformance::for_each_case! { [names] }
        .into_iter()
        .map(str::to_owned)
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases");
    let mut written = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("read the folder of cases") {
        let path = entry.expect("read an entry").path();
        let noun = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name")
            .to_owned();
        let text = std::fs::read_to_string(&path).expect("read a file of cases");
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next());
        written.extend(names.map(|name| format!("{noun}::{name}")));
    }
    assert_eq!(listed, written);
}
