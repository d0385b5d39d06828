//! Signing in to the console by an OpenID Connect provider: the authorization code flow with PKCE.
//!
//! [`OidcProvider`] implements [`selfsame_application::ports::IdentityProvider`] by the crate `openidconnect`, over the HTTP client that the
//! rest of the project uses.

mod http;
mod provider;

pub use provider::{OidcError, OidcProvider, OidcSettings};
