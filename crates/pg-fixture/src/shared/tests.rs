//! The protocol, with real processes: this test binary starts itself as the users of a cluster.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::time::Instant;

use super::*;

const STATE: &str = "SELFSAME_PG_FIXTURE_TEST_STATE";
const GRACE_FOR_TESTS: Duration = Duration::from_secs(2);
/// Much longer than the grace period and a stop, for busy machines.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process that uses the cluster of a state directory until it is killed.
struct User(Child);

impl User {
    fn start(state: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "shared::tests::a_user_of_the_cluster", "--nocapture"]);
        command.env(STATE, state).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Waits until it has joined, and returns the cluster.
    fn joined(&mut self) -> String {
        let lines = BufReader::new(self.0.stdout.as_mut().unwrap()).lines();
        let found = lines
            .map(Result::unwrap)
            .find_map(|line| Some(line.split_once("joined ")?.1.to_owned()));
        found.expect("the user ended before it joined")
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Not a test: the process of a [`User`].
#[tokio::test]

async fn a_user_of_the_cluster() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let lease = join_in(&installation(), Path::new(&state), GRACE_FOR_TESTS)
        .await
        .unwrap();
    println!("joined {}", lease.cluster.dir.display());
    // Waits until the parent kills this process or ends itself.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

fn installation() -> Installation {
    Installation::find()
        .unwrap()
        .expect("these tests need PostgreSQL's server programs on this machine")
}

/// A state directory for one test, which the unprivileged user can traverse.
fn state() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::Permissions::from_mode(0o711);
    tempfile::Builder::new()
        .prefix("selfsame-pg-test-")
        .permissions(permissions)
        .tempdir_in(PARENT)
        .unwrap()
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Processes whose command line names `dir`, zombies excluded.
fn processes_of(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(dir)).collect()
}

#[tokio::test]
async fn four_processes_at_once_share_one_cluster_and_their_death_ends_it() {
    let state = state();
    let mut users: Vec<User> = (0..4).map(|_| User::start(state.path())).collect();
    let joined: Vec<String> = users.iter_mut().map(User::joined).collect();
    assert!(joined.iter().all(|cluster| *cluster == joined[0]), "{joined:?}");
    let cluster = current(state.path()).unwrap();
    assert_eq!(cluster.dir, Path::new(&joined[0]));

    // Three of them are killed; the remaining one keeps the cluster beyond the grace period.
    let last = users.pop().unwrap();
    users.into_iter().for_each(User::kill);
    tokio::time::sleep(GRACE_FOR_TESTS + Duration::from_secs(2)).await;
    assert!(cluster.answers().await, "the cluster was stopped under its last user");

    last.kill();
    eventually("the cluster is still there", async || !cluster.dir.exists()).await;
    eventually("its processes are still there", async || {
        processes_of(&cluster.dir).is_empty()
    })
    .await;
    assert_eq!(current(state.path()), None);
}

#[tokio::test]
async fn a_process_within_the_grace_period_finds_the_cluster_running() {
    let state = state();
    let mut first = User::start(state.path());
    let cluster = first.joined();
    first.kill();
    let mut second = User::start(state.path());
    assert_eq!(second.joined(), cluster);
    second.kill();
    eventually("the cluster is still there", async || !Path::new(&cluster).exists()).await;
}

#[tokio::test]
async fn a_killed_supervisor_takes_the_cluster_with_it_and_the_next_process_starts_another() {
    let state = state();
    let lease = join_in(&installation(), state.path(), GRACE_FOR_TESTS).await.unwrap();
    let cluster = lease.cluster.clone();
    kill_holder_of(&cluster.dir.join("alive"));
    eventually("the server outlived its supervisor", async || !cluster.answers().await).await;

    let second = join_in(&installation(), state.path(), GRACE_FOR_TESTS).await.unwrap();
    assert_ne!(second.cluster.dir, cluster.dir);
    eventually("the rubbish is still there", async || {
        lock::sweep(state.path()).unwrap();
        !cluster.dir.exists()
    })
    .await;
    drop((lease, second));
    eventually("the second cluster is still there", async || {
        current(state.path()).is_none()
    })
    .await;
}

/// Sends SIGKILL to the supervisor: the shell that has `alive` open.
fn kill_holder_of(alive: &Path) {
    // Under any descriptor number: a shell moves its descriptors while it runs a command.
    let holds = |fd: fs::DirEntry| fs::read_link(fd.path()).is_ok_and(|target| target == alive);
    let processes = fs::read_dir("/proc").unwrap().flatten().filter(|process| {
        let open = fs::read_dir(process.path().join("fd"));
        open.is_ok_and(|mut open| open.any(|fd| fd.is_ok_and(holds)))
    });
    let ids: Vec<_> = processes.map(|entry| entry.file_name()).collect();
    assert!(!ids.is_empty(), "no process holds {}", alive.display());
    let status = Command::new("sh")
        .args(["-c", "kill -KILL \"$@\"", "sh"])
        .args(ids)
        .status();
    assert!(status.unwrap().success());
}
