//! Rebuilds when a migration is added: cargo tracks only changes of the files that it knows. Enables the tests on a
//! cluster when `TEST_CITUS_URL` is set.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/postgres");
    println!("cargo:rerun-if-env-changed=TEST_CITUS_URL");
    println!("cargo:rustc-check-cfg=cfg(citus)");
    if std::env::var_os("TEST_CITUS_URL").is_some() {
        println!("cargo:rustc-cfg=citus");
    }
}
