//! Reads the rows of an import from its stored body on a separate thread.

use super::inspect::InspectionEnd;
use crate::jobs::Interruption;
use crate::ports::{Continuation, Import, Inspection, InspectionContext, ReadRow, RowReader, RowsError, Store};
use selfsame_domain::Policy;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How many rows are read ahead.
const ROWS_AHEAD: usize = 256;
/// How many chunks of the body are read ahead.
const CHUNKS_AHEAD: usize = 2;

/// A piece of the body on its way to the reading thread. None marks the end.
type Piece = Result<Option<Vec<u8>>, io::Error>;

/// The remaining rows of an import. Dropping it stops the reading.
#[derive(Debug)]
pub(super) struct Reading {
    rows: mpsc::Receiver<ReadRow>,
    reader: JoinHandle<Result<(), RowsError>>,
}

/// How the reading ended.
pub(super) enum ReadingEnd {
    /// All rows were read.
    Complete,
    /// The body does not match its format.
    Malformed(String),
}

/// The inspection of a body. Dropping it breaks it off.
pub(super) struct Inspecting {
    inspector: JoinHandle<Result<Inspection, RowsError>>,
    feeder: JoinHandle<()>,
}

impl Inspecting {
    /// Begins to inspect.
    pub(super) fn start(
        store: Arc<dyn Store>,
        reader: Arc<dyn RowReader>,
        import: Import,
        context: InspectionContext,
    ) -> Self {
        let (pieces, body) = mpsc::channel(CHUNKS_AHEAD);
        let source = import.clone();
        let feeder = tokio::spawn(async move { feed(&*store, &source, pieces).await });
        let inspector = tokio::task::spawn_blocking(move || reader.inspect(&import, &context, &mut Body::new(body)));
        Self { inspector, feeder }
    }

    /// How it ended. May be asked again when the answer was not waited for.
    pub(super) async fn end(&mut self) -> Result<InspectionEnd, Interruption> {
        match (&mut self.inspector).await {
            Ok(Ok(inspection)) => Ok(InspectionEnd::Done(inspection)),
            Ok(Err(RowsError::Malformed(reason))) => Ok(InspectionEnd::Malformed(reason)),
            Ok(Err(RowsError::Interrupted(error))) => Err(unreadable(&error)),
            Err(_) => Err(Interruption::Other("inspecting the body panicked")),
        }
    }
}

impl Drop for Inspecting {
    fn drop(&mut self) {
        // The thread fails at its next read of the body.
        self.feeder.abort();
    }
}

fn unreadable(error: &io::Error) -> Interruption {
    tracing::warn!(%error, "the body of an import cannot be read");
    Interruption::Other("the stored body cannot be read")
}

impl Reading {
    /// Starts the reading.
    pub(super) fn start(store: Arc<dyn Store>, reader: Arc<dyn RowReader>, import: Import, policy: Policy) -> Self {
        let body = Body::stored(store, &import);
        Self::of(reader, import, policy, body)
    }

    /// Begins to read a body that is at hand.
    pub(super) fn of(
        reader: Arc<dyn RowReader>,
        import: Import,
        policy: Policy,
        mut body: impl Read + Send + 'static,
    ) -> Self {
        let (sender, rows) = mpsc::channel(ROWS_AHEAD);
        let reader = tokio::task::spawn_blocking(move || {
            let mut hand_on = |row| match sender.blocking_send(row) {
                Ok(()) => Continuation::Yes,
                Err(_) => Continuation::No,
            };
            reader.read(&import, &policy, &mut body, &mut hand_on)
        });
        Self { rows, reader }
    }

    /// Returns the next row; none after the last.
    pub(super) async fn next(&mut self) -> Option<ReadRow> {
        self.rows.recv().await
    }

    /// Returns how the reading ended. Call it after the last row.
    pub(super) async fn end(self) -> Result<ReadingEnd, Interruption> {
        drop(self.rows);
        match self.reader.await {
            Ok(Ok(())) => Ok(ReadingEnd::Complete),
            Ok(Err(RowsError::Malformed(reason))) => Ok(ReadingEnd::Malformed(reason)),
            Ok(Err(RowsError::Interrupted(error))) => Err(unreadable(&error)),
            Err(_) => Err(Interruption::Other("reading the body panicked")),
        }
    }
}

/// Reads the chunks from the storage. Sends an explicit end, so that a reader can distinguish it from a failure.
async fn feed(store: &dyn Store, import: &Import, pieces: mpsc::Sender<Piece>) {
    for place in 0.. {
        let read = store.import_chunk(import.workspace, import.id, place).await;
        let piece = read.map_err(io::Error::other);
        let is_last = !matches!(piece, Ok(Some(_)));
        // The receiver is gone when the attempt has ended.
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// The body as a blocking byte stream.
pub(super) struct Body {
    pieces: mpsc::Receiver<Piece>,
    piece: io::Cursor<Vec<u8>>,
    is_over: bool,
}

impl Body {
    /// The stored body of an import or of an upload with its ID.
    pub(super) fn stored(store: Arc<dyn Store>, import: &Import) -> Self {
        let (pieces, body) = mpsc::channel(CHUNKS_AHEAD);
        let source = import.clone();
        tokio::spawn(async move { feed(&*store, &source, pieces).await });
        Self::new(body)
    }

    fn new(pieces: mpsc::Receiver<Piece>) -> Self {
        Self {
            pieces,
            piece: io::Cursor::default(),
            is_over: false,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.is_over {
                return Ok(read);
            }
            match self.pieces.blocking_recv() {
                Some(Ok(Some(piece))) => self.piece = io::Cursor::new(piece),
                Some(Ok(None)) => self.is_over = true,
                Some(Err(error)) => return Err(error),
                None => return Err(io::Error::other("the storage was not asked for the rest")),
            }
        }
    }
}
