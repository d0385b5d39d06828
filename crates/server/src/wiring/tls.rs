//! Which cryptography TLS uses.

/// Makes ring the provider of TLS connections of this process. To be called before the first one is made.
pub(crate) fn install() {
    // It is there already where another part of the process was faster; it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
