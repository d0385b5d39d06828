//! The rate limit of keys.

use super::support::Server;
use selfsame_http::{HttpSettings, RateLimit};
use std::num::NonZeroU32;

#[tokio::test]
async fn a_key_over_its_rate_is_answered_with_retry_after() {
    let one = NonZeroU32::MIN;
    let limit = RateLimit {
        per_second: one,
        burst: one.saturating_add(1),
    };
    let server = Server::with(HttpSettings {
        rate_limit: Some(limit),
        ..HttpSettings::default()
    })
    .await;
    for _ in 0..2 {
        assert_eq!(server.get("/api/v1/version").await.status, 200);
    }
    let refused = server.get("/api/v1/identity/policy").await;
    assert_eq!(refused.problem(429), "too-many-requests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Other keys, and routes without a key, are not limited.
    assert_eq!(server.call("two", "GET", "/api/v1/version", None).await.status, 200);
    for _ in 0..5 {
        assert_eq!(server.get("/healthz").await.status, 200);
    }
    // An invented key is limited before the database is queried for it.
    let unknown = async || {
        server
            .call("made-up", "GET", "/api/v1/version", None)
            .await
            .status
            .as_u16()
    };
    assert_eq!([unknown().await, unknown().await, unknown().await], [401, 401, 429]);
}
