//! A proxy to the database whose connections can fall silent: nothing is closed, and no bytes arrive any more.

use sqlx::postgres::PgConnectOptions;
use std::str::FromStr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A proxy on its own port, until it is dropped.
pub(crate) struct Proxy {
    url: String,
    state: watch::Sender<State>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Connections below this number are silent.
    silent_below: usize,
    /// How many connections were opened.
    opened: usize,
    /// The connection that sends this message from now on falls silent; 0 for none.
    countdown: usize,
}

impl Proxy {
    /// Starts a proxy in front of the server of a URL.
    pub(crate) async fn before(url: &str) -> Self {
        let options = PgConnectOptions::from_str(url).expect("a URL");
        let database = (options.get_host().to_owned(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let port = listener.local_addr().expect("an address").port();
        let url = url.replacen(
            &format!("{}:{}", database.0, database.1),
            &format!("127.0.0.1:{port}"),
            1,
        );
        let state = watch::Sender::new(State::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, database, state.clone()));
        Self {
            url,
            state,
            _accepting: accepting,
        }
    }

    /// The URL of the database through this proxy.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Silences all open connections.
    pub(crate) fn silence(&self) {
        self.state.send_modify(|state| state.silent_below = state.opened);
    }

    /// Silences all open and future connections.
    pub(crate) fn silence_for_good(&self) {
        self.state.send_modify(|state| state.silent_below = usize::MAX);
    }

    /// Silences the connection that sends this message, counted from now.
    pub(crate) fn silence_at(&self, message: usize) {
        self.state.send_modify(|state| state.countdown = message);
    }

    /// Whether the message of [`Self::silence_at`] has arrived.
    pub(crate) fn has_fallen_silent(&self) -> bool {
        self.state.borrow().countdown == 0
    }
}

async fn accept(listener: TcpListener, database: (String, u16), state: watch::Sender<State>) {
    let mut open = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(&database).await.expect("connect to the database");
        let mut number = 0;
        state.send_modify(|state| {
            number = state.opened;
            state.opened += 1;
        });
        open.spawn(relay(client, server, number, state.clone()));
    }
}

/// Relays until one end closes. Once silent, it keeps both ends open.
async fn relay(client: TcpStream, server: TcpStream, number: usize, state: watch::Sender<State>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let fell_silent = Arc::new(watch::Sender::new(false));
    let silenced = Arc::clone(&fell_silent);
    let counted = state.clone();
    let forth = async move {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_client.read(&mut chunk).await {
            counted.send_if_modified(|state| {
                if state.countdown == 1 {
                    silenced.send_replace(true);
                }
                let counts = state.countdown > 0;
                state.countdown = state.countdown.saturating_sub(1);
                counts
            });
            if *silenced.borrow() {
                std::future::pending::<()>().await;
            }
            if to_server.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    let back = async move {
        let mut chunk = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_server.read(&mut chunk).await {
            if to_client.write_all(&chunk[..length]).await.is_err() {
                break;
            }
        }
    };
    let (mut all, mut own) = (state.subscribe(), fell_silent.subscribe());
    let silence = async {
        tokio::select! {
            _ = all.wait_for(|state| number < state.silent_below) => {}
            _ = own.wait_for(|silent| *silent) => {}
        }
    };
    let relayed = async {
        tokio::select! {
            () = forth => {}
            () = back => {}
        }
    };
    tokio::pin!(relayed);
    let is_silent = tokio::select! {
        () = &mut relayed => false,
        () = silence => true,
    };
    if is_silent {
        // `relayed` holds both ends open.
        std::future::pending::<()>().await;
    }
}
