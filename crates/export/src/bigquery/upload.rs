//! The file of a load job, sent in parts while it is being made (a resumable upload,
//! <https://cloud.google.com/bigquery/docs/reference/api-uploads>).

use super::client::{Answer, Client};
use super::error::ApiError;
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

/// How much is sent at a time, in bytes; a multiple of 256 KiB, as the API wants it.
const PART: usize = 4 << 20;

/// A load job whose file is being sent.
#[derive(Debug)]
pub(super) struct Upload {
    job: String,
    place: Url,
    /// What the server has, in bytes.
    sent: usize,
    /// What it has not.
    rest: Vec<u8>,
}

impl Upload {
    /// Begins a job that loads lines of JSON into a table that is there.
    pub(super) async fn begin(client: &Client, job: String, table: &Value, fields: &Value) -> Result<Self, ApiError> {
        let body = json!({
            "jobReference": client.reference(&job),
            "configuration": {"load": {
                "destinationTable": table,
                "schema": {"fields": fields},
                "sourceFormat": "NEWLINE_DELIMITED_JSON",
                "createDisposition": "CREATE_NEVER",
                "writeDisposition": "WRITE_APPEND",
            }},
        });
        Ok(Self {
            job,
            place: client.begin_upload(&body).await?,
            sent: 0,
            rest: Vec::new(),
        })
    }

    /// Adds lines. They are sent when there is enough of them.
    pub(super) async fn write(&mut self, client: &Client, lines: &[u8]) -> Result<(), ApiError> {
        self.rest.extend_from_slice(lines);
        // Something is left for the last part.
        while self.rest.len() > PART {
            if self.send(client, PART, None).await? {
                return Err(ApiError::unreadable("an upload ended before its last part"));
            }
        }
        Ok(())
    }

    /// Sends the rest, upon which the job runs; answers its ID.
    pub(super) async fn finish(mut self, client: &Client) -> Result<String, ApiError> {
        let total = self.sent + self.rest.len();
        while !self.send(client, self.rest.len(), Some(total)).await? {}
        Ok(self.job)
    }

    /// Sends a part, again where that fails, until the server has more than before. Says whether the upload is complete.
    async fn send(&mut self, client: &Client, length: usize, total: Option<usize>) -> Result<bool, ApiError> {
        let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
        let mut tries = 1;
        let mut is_question = false;
        loop {
            let part = if is_question {
                &[]
            } else {
                self.rest.get(..length).unwrap_or(&self.rest)
            };
            let range = if part.is_empty() {
                format!("bytes */{total}")
            } else {
                format!("bytes {}-{}/{total}", self.sent, self.sent + part.len() - 1)
            };
            match client.put(&self.place, &range, part.to_vec()).await {
                Ok(answer) => {
                    let before = self.sent;
                    if self.took(&answer)? {
                        return Ok(true);
                    }
                    if self.sent > before {
                        return Ok(false);
                    }
                    if !is_question {
                        return Err(ApiError::lost());
                    }
                    is_question = false;
                }
                // The job has been begun: the answer to an earlier attempt was lost.
                Err(error) if error.is_duplicate() => return Ok(true),
                Err(error) if error.is_missing() => return Err(ApiError::lost()),
                // How much of what was sent has come is asked before more is.
                Err(error) => {
                    client.pause(error, tries).await?;
                    (is_question, tries) = (true, tries + 1);
                }
            }
        }
    }

    /// Drops what the server has.
    fn took(&mut self, answer: &Answer) -> Result<bool, ApiError> {
        if answer.status != StatusCode::PERMANENT_REDIRECT {
            return Ok(true);
        }
        let end = answer.range.as_deref().and_then(|range| range.rsplit_once('-'));
        let has = match end {
            None => 0,
            Some((_, end)) => {
                end.parse::<usize>()
                    .map_err(|_| ApiError::unreadable("a range is no number"))?
                    + 1
            }
        };
        let new = has
            .checked_sub(self.sent)
            .filter(|new| *new <= self.rest.len())
            .ok_or_else(ApiError::lost)?;
        self.rest.drain(..new);
        self.sent = has;
        Ok(false)
    }
}
