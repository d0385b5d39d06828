//! Previews of segments.

use crate::support::Stand;
use selfsame_application::{Preview, SegmentPreviewRequest};
use selfsame_domain::segments::{Estimate, Formula};
use selfsame_storage_conformance::api_call;
use serde_json::json;

const CONTACTS: u32 = 50;

#[tokio::test(start_paused = true)]
async fn a_preview_that_takes_long_is_estimated() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    for number in 0..CONTACTS {
        let contact = api_call().email(&format!("{number}@example.com"));
        // Every fifth one.
        let contact = if number % 5 == 0 {
            contact.external(&format!("c{number}"))
        } else {
            contact
        };
        f.decide(contact.upsert()).await;
    }
    let named = json!({"field": "externalCustomerId", "op": "is_not_empty"});
    let formula = Formula::read(&named).expect("a formula");
    let preview = async |exact| -> Preview {
        let request = SegmentPreviewRequest {
            formula: &formula,
            compared_with: None,
            exact,
        };
        f.app().preview_segment(f.workspace, request).await.expect("preview")
    };
    let counted = preview(false).await;
    assert_eq!(counted.count, Estimate::exact(10));
    probe.count_slowly();
    let estimated = preview(false).await;
    // The sample has all contacts, because there are few. 1.96 × √(0.2 × 0.8 / 50) × 50 = 5.5.
    let expected = Estimate {
        count: 10,
        margin: Some(6),
    };
    assert_eq!((estimated.count, &estimated.contacts), (expected, &counted.contacts));
    assert_eq!(preview(true).await, counted, "counted to the end");
}
