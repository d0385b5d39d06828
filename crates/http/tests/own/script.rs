//! The script that pages load.

use crate::support::Server;
use axum::body::Body;
use http::Request;

#[tokio::test]
async fn the_script_is_cached_by_its_hash() {
    let server = Server::start().await;
    let get = async |header: &str, value: &str| {
        let request = Request::builder().uri("/t/selfsame.js").header(header, value);
        let answer = server.router.clone();
        tower::ServiceExt::oneshot(answer, request.body(Body::empty()).expect("request"))
            .await
            .expect("infallible")
    };
    let plain = get("accept", "*/*").await;
    assert_eq!(plain.status(), 200);
    let header = |name: &str| plain.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
    assert!(header("cache-control").starts_with("public, max-age="));
    assert_eq!(get("if-none-match", &header("etag")).await.status(), 304);
    assert_eq!(get("if-none-match", "\"other\"").await.status(), 200);
    let packed = get("accept-encoding", "gzip").await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["etag"], header("etag").as_str());
}
