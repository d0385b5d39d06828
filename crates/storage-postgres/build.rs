//! Builds anew when a migration is added: the compiler sees only changes of those that it knows. With `TEST_CITUS_URL` the tests on a cluster exist.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/postgres");
    println!("cargo:rerun-if-env-changed=TEST_CITUS_URL");
    println!("cargo:rustc-check-cfg=cfg(citus)");
    if std::env::var_os("TEST_CITUS_URL").is_some() {
        println!("cargo:rustc-cfg=citus");
    }
}
