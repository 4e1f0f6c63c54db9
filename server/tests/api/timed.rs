//! A server whose clock a test moves.

use std::{
    net::SocketAddr,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use parterre::{
    config::{Cli, Config},
    server::Server,
};
use parterre_system::clock::Clock;
use tokio::sync::oneshot;

use crate::{
    browser::{Browser, HttpResponse},
    data::{Data, THEN},
};

/// The owner's address and password.
pub(crate) const EMAIL: &str = "ines@example.org";
pub(crate) const PASSWORD: &str = "a long enough password";

/// The server in a thread of this process, with a clock that the test moves.
pub(crate) struct Timed {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    pub(crate) data: Data,
}

impl Timed {
    /// Starts it and makes the owner.
    pub(crate) fn start() -> Self {
        let (data, clock) = (Data::create(), Clock::standing(THEN));
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let addresses = data.addresses().into_iter().map(|(name, url)| (name.to_owned(), url)).collect();
        let cli = Cli { config: None, listen: Some(listen), data: Some(data.path().into()), tls: None };
        let config = Config { workers: 1, ..Config::merge(&cli, addresses).expect("good settings") };
        let ((stop, stopped), (ready, started)) = (oneshot::channel(), mpsc::channel());
        let server_clock = clock.clone();
        let thread = thread::spawn(move || {
            actix_rt::System::new().block_on(async {
                let server = Server::bind(config, server_clock).await.expect("a free port");
                ready.send((server.address(), server.state().setup_key.clone())).expect("the test waits");
                // Told, or the test is over.
                let _ = stopped.await;
                server.stop().await;
            });
        });
        let (address, key) = started.recv().expect("the server starts");
        let form = [("key", &*key.expect("a new server")), ("name", "Inès"), ("email", EMAIL), ("password", PASSWORD)];
        Browser::new(address).post("/setup", &form).expect(303);
        Self { address, clock, stop: Some(stop), thread: Some(thread), data }
    }

    /// A new browser that tries to sign in as the owner.
    pub(crate) fn try_password(&self, password: &str) -> (Browser, HttpResponse) {
        let browser = Browser::new(self.address);
        let answer = browser.post("/login", &[("email", EMAIL), ("password", password)]);
        (browser, answer)
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A server that panicked has failed the test already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
