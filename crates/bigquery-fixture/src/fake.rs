//! The part of the REST API that exports use, over `SQLite`: for machines that the emulator does not run on.
//!
//! It knows the statements that exports write and not the language. A dataset is an attached database, so that names have two parts.

mod database;
mod gate;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use database::{Database, Fault};
use gate::Gate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the fake has.
#[derive(Debug)]
pub(crate) struct State {
    base: String,
    /// Before scripts that write.
    pub(crate) gate: Gate,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    /// By their IDs.
    jobs: BTreeMap<String, Value>,
    /// The jobs of uploads under way, and what has come.
    uploads: Vec<(Value, Vec<u8>)>,
    /// The `Authorization` of the latest job.
    authorization: Option<String>,
    /// How many answers are still to be lost.
    to_lose: u32,
}

type Answer = Result<Response, Fault>;

pub(crate) async fn start() -> std::io::Result<(String, JoinHandle<std::io::Result<()>>, Arc<State>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let database = Database::open().map_err(|fault| std::io::Error::other(fault.text))?;
    let state = Arc::new(State {
        base: base.clone(),
        gate: Gate::default(),
        inner: Mutex::new(Inner {
            database,
            jobs: BTreeMap::new(),
            uploads: Vec::new(),
            authorization: None,
            to_lose: 0,
        }),
    });
    let at = "/bigquery/v2/projects/{project}";
    let router = Router::new()
        .route(&format!("{at}/datasets"), post(make_dataset))
        .route(
            &format!("{at}/datasets/{{dataset}}"),
            get(dataset).delete(delete_dataset),
        )
        .route(&format!("{at}/datasets/{{dataset}}/tables"), post(make_table))
        .route(
            &format!("{at}/datasets/{{dataset}}/tables/{{table}}"),
            get(table).patch(patch_table).delete(delete_table),
        )
        .route(&format!("{at}/jobs"), post(begin_job))
        .route(&format!("{at}/jobs/{{job}}"), get(job))
        .route(&format!("{at}/queries/{{job}}"), get(results))
        .route(&format!("/upload{at}/jobs"), post(begin_upload).put(upload))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&state));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((base, server, state))
}

impl State {
    /// Nothing in here panics half-way.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn authorization(&self) -> Option<String> {
        self.inner().authorization.clone()
    }

    pub(crate) fn lose(&self, count: u32) {
        self.inner().to_lose = count;
    }
}

impl Inner {
    /// An answer, or the error of a lost answer.
    fn perhaps_lost(&mut self, answer: Response) -> Answer {
        if self.to_lose == 0 {
            return Ok(answer);
        }
        self.to_lose -= 1;
        Err(Fault::new(StatusCode::SERVICE_UNAVAILABLE, "backendError", "try again"))
    }

    fn run(&mut self, job: &Value, data: Option<&[u8]>) -> Answer {
        let configuration = &job["configuration"];
        let sql = configuration["query"]["query"].as_str();
        if configuration["dryRun"] == true {
            return Ok(axum::Json(json!({"status": {"state": "DONE"}})).into_response());
        }
        let id = job["jobReference"]["jobId"].as_str().unwrap_or_default().to_owned();
        if self.jobs.contains_key(&id) {
            let fault = Fault::new(StatusCode::CONFLICT, "duplicate", "Already Exists: Job");
            return Err(fault);
        }
        let done = match (sql, data) {
            (Some(sql), _) => self.database.script(sql),
            (None, Some(data)) => self.database.load(&configuration["load"], data),
            (None, None) => Err(Fault::invalid("a job of no kind")),
        };
        let mut kept = job.clone();
        kept["status"] = json!({"state": "DONE"});
        match done {
            Ok(result) => kept["result"] = result,
            Err(fault) => kept["status"]["errorResult"] = json!({"reason": fault.reason, "message": fault.text}),
        }
        self.jobs.insert(id, kept.clone());
        self.perhaps_lost(axum::Json(kept).into_response())
    }
}

async fn dataset(Shared(state): Shared<Arc<State>>, Path((_, dataset)): Path<(String, String)>) -> Answer {
    Ok(axum::Json(state.inner().database.dataset(&dataset)?).into_response())
}

async fn make_dataset(Shared(state): Shared<Arc<State>>, axum::Json(body): axum::Json<Value>) -> Answer {
    Ok(axum::Json(state.inner().database.make_dataset(body)?).into_response())
}

async fn delete_dataset(Shared(state): Shared<Arc<State>>, Path((_, dataset)): Path<(String, String)>) -> Answer {
    state.inner().database.delete_dataset(&dataset)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn make_table(
    Shared(state): Shared<Arc<State>>,
    Path((_, dataset)): Path<(String, String)>,
    axum::Json(body): axum::Json<Value>,
) -> Answer {
    Ok(axum::Json(state.inner().database.make_table(&dataset, body)?).into_response())
}

type TablePath = Path<(String, String, String)>;

async fn table(Shared(state): Shared<Arc<State>>, Path((_, dataset, table)): TablePath) -> Answer {
    Ok(axum::Json(state.inner().database.table(&dataset, &table)?).into_response())
}

async fn patch_table(
    Shared(state): Shared<Arc<State>>,
    Path((_, dataset, table)): TablePath,
    axum::Json(body): axum::Json<Value>,
) -> Answer {
    Ok(axum::Json(state.inner().database.patch_table(&dataset, &table, &body)?).into_response())
}

async fn delete_table(Shared(state): Shared<Arc<State>>, Path((_, dataset, table)): TablePath) -> Answer {
    state.inner().database.delete_table(&dataset, &table)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn begin_job(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    axum::Json(job): axum::Json<Value>,
) -> Answer {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    state.inner().authorization = authorization.map(str::to_owned);
    let sql = job["configuration"]["query"]["query"].as_str();
    if sql.is_some_and(|sql| sql.contains("COMMIT TRANSACTION")) {
        state.gate.pass().await;
    }
    state.inner().run(&job, None)
}

fn found(state: &State, job: &str) -> Result<Value, Fault> {
    let found = state.inner().jobs.get(job).cloned();
    found.ok_or_else(|| Fault::missing("Job"))
}

async fn job(Shared(state): Shared<Arc<State>>, Path((_, job)): Path<(String, String)>) -> Answer {
    Ok(axum::Json(found(&state, &job)?).into_response())
}

async fn results(Shared(state): Shared<Arc<State>>, Path((_, job)): Path<(String, String)>) -> Answer {
    let job = found(&state, &job)?;
    let error = &job["status"]["errorResult"];
    if !error.is_null() {
        return Err(Fault::invalid(error["message"].as_str().unwrap_or_default()));
    }
    let mut answer = job["result"].clone();
    answer["jobComplete"] = json!(true);
    Ok(axum::Json(answer).into_response())
}

async fn begin_upload(Shared(state): Shared<Arc<State>>, axum::Json(job): axum::Json<Value>) -> Answer {
    let mut inner = state.inner();
    inner.uploads.push((job, Vec::new()));
    let place = format!(
        "{}/upload/bigquery/v2/projects/{}/jobs?upload_id={}",
        state.base,
        crate::PROJECT,
        inner.uploads.len() - 1
    );
    Ok([("location", place)].into_response())
}

/// Takes a part of an upload, or says how much has come.
async fn upload(
    Shared(state): Shared<Arc<State>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    part: Bytes,
) -> Answer {
    let mut inner = state.inner();
    let place = query.get("upload_id").and_then(|id| id.parse::<usize>().ok());
    let range = headers.get("content-range").and_then(|range| range.to_str().ok());
    let (range, total) = range
        .and_then(|range| range.strip_prefix("bytes ")?.split_once('/'))
        .ok_or_else(|| Fault::invalid("no range"))?;
    let (job, came) = place
        .and_then(|place| inner.uploads.get_mut(place))
        .ok_or_else(|| Fault::missing("Upload"))?;
    if let Some((first, _)) = range.split_once('-') {
        if first.parse() != Ok(came.len()) {
            return Err(Fault::invalid("a part of an upload is not the next one"));
        }
        came.extend_from_slice(&part);
    }
    if total.parse() == Ok(came.len()) {
        let (job, data) = (job.clone(), came.clone());
        return inner.run(&job, Some(&data));
    }
    let mut answer = StatusCode::PERMANENT_REDIRECT.into_response();
    if let Some(last) = came.len().checked_sub(1) {
        let range = format!("bytes=0-{last}");
        let value = range.parse().map_err(|_| Fault::invalid("a range cannot be written"))?;
        answer.headers_mut().insert("range", value);
    }
    inner.perhaps_lost(answer)
}
