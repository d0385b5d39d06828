//! Uploading a file. It is stored piece by piece, and imported after its preview.

use super::list::again;
use crate::csrf;
use crate::error::{PageError, go};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};
use selfsame_application::Upload;
use selfsame_domain::console::Permission;
use tokio::time::{Instant, timeout_at};

/// How many bytes have to come within the time that a request may take: a slower browser is cut off.
const STEP: usize = 256 << 10;

/// How long fields besides the file may be, in bytes.
const MAX_FIELD: u64 = 1 << 10;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/imports", post(upload))
}

async fn upload(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    request: Request,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    let media = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|media| media.to_str().ok());
    let boundary = multer::parse_boundary(media.unwrap_or_default()).map_err(|_| PageError::BadForm)?;
    let _slot = state.file_slot().await?;
    let limits = SizeLimit::new().for_field(csrf::FIELD, MAX_FIELD);
    let chunks = request.into_body().into_data_stream();
    let mut parts = Multipart::with_constraints(chunks, boundary, Constraints::new().size_limit(limits));
    let mut pace = Pace::new(&state);
    let mut is_own = false;
    while let Some(mut part) = pace.wait(parts.next_field()).await? {
        match part.name() {
            Some(csrf::FIELD) => is_own = csrf::is_token(&signed_in.token, &pace.wait(part.text()).await?),
            // The token stands before the file, so that nothing is stored without it.
            Some("file") if !is_own => return Err(PageError::Csrf),
            Some("file") => {
                let mut upload = state.app.upload(signed_in.workspace());
                if store(&state, &mut upload, &mut part, &mut pace).await? == 0 {
                    return again(&state, &signed_in, "import-no-file").await;
                }
                let id = upload.keep().await?;
                return Ok(go(&signed_in.browser, &format!("/imports/new/{id}")));
            }
            _ => {}
        }
    }
    if is_own {
        again(&state, &signed_in, "import-no-file").await
    } else {
        Err(PageError::Csrf)
    }
}

/// Stores a file; returns its size in bytes.
async fn store(
    state: &ConsoleState,
    upload: &mut Upload,
    file: &mut Field<'_>,
    pace: &mut Pace,
) -> Result<u64, PageError> {
    let mut size = 0;
    while let Some(bytes) = pace.wait(file.chunk()).await? {
        size += bytes.len() as u64;
        if size > state.settings.import_limit {
            return Err(PageError::TooLarge);
        }
        upload.add(&bytes).await?;
        pace.came(bytes.len());
    }
    Ok(size)
}

/// Bounds how slowly a body may come.
struct Pace {
    time: std::time::Duration,
    ends: Instant,
    /// Bytes since the last step.
    step: usize,
}

impl Pace {
    fn new(state: &ConsoleState) -> Self {
        let time = state.settings.request_timeout;
        Self {
            time,
            ends: Instant::now() + time,
            step: 0,
        }
    }

    async fn wait<T>(&self, next: impl Future<Output = multer::Result<T>>) -> Result<T, PageError> {
        let next = timeout_at(self.ends, next).await.map_err(|_| PageError::TimedOut)?;
        next.map_err(|_| PageError::BadForm)
    }

    fn came(&mut self, bytes: usize) {
        self.step += bytes;
        if self.step >= STEP {
            self.step = 0;
            self.ends = Instant::now() + self.time;
        }
    }
}
