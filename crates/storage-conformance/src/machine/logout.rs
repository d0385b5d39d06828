//! Random logouts: a customer logs in, the browser gets a new cookie, and an unknown user goes on with it.

use super::history;
use super::pair::Pair;
use super::same::{Checked, assert_same};
use super::step::{Happening, Parts};
use selfsame_domain::Decision;

impl Pair {
    /// Logs a customer in and out of a browser on both sides. Later events do not belong to the customer.
    pub(super) async fn log_out(&mut self, customer: usize, browser: usize, type_key: usize) -> Checked<Vec<Decision>> {
        let login = Parts {
            external_id: Some(customer),
            cookies: vec![browser],
            ..Parts::default()
        };
        let mut decisions = self.decide(vec![self.builder(&login).upsert()]).await?;
        let Some(contact) = decisions[0].contact else {
            return Ok(decisions);
        };
        self.take_new_cookie(browser);
        let before = self.events_of(contact).await;
        for _ in 0..2 {
            let anonymous = Parts {
                cookies: vec![browser],
                ..Parts::default()
            };
            let happening = Happening::Event {
                type_key,
                age: None,
                sent: None,
            };
            let command = history::command(happening, self.builder(&anonymous), self.now());
            decisions.extend(self.decide(vec![command]).await?);
        }
        let after = self.events_of(contact).await;
        assert_same(("what is the customer's after a logout", contact), &after, &before)?;
        Ok(decisions)
    }
}
