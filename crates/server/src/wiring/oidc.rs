//! The OpenID Connect provider by which people may sign in to the console.

use super::clock::SystemClock;
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use selfsame_application::Application;
use selfsame_oidc::{OidcProvider, OidcSettings};
use std::sync::Arc;

/// The use cases with the provider of the settings, if they name one.
pub(crate) fn with_provider(app: Application, settings: &Settings) -> Result<Application> {
    let Some(issuer) = &settings.oidc_issuer else {
        if settings.oidc_client_id.is_some() || settings.oidc_client_secret.is_some() {
            bail!("oidc_client_id and oidc_client_secret need oidc_issuer: set it, or neither of them");
        }
        return Ok(app);
    };
    let client_id = settings.oidc_client_id.clone();
    let oidc = OidcSettings {
        issuer: issuer.clone(),
        client_id: client_id.context("oidc_issuer needs oidc_client_id: the name of this server at the provider")?,
        client_secret: settings.oidc_client_secret.clone(),
    };
    let provider = OidcProvider::new(oidc, Arc::new(SystemClock)).context("oidc_issuer cannot be used")?;
    Ok(app.with_identity_provider(Arc::new(provider)))
}
