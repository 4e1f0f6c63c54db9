//! Bad networks between a phone and the server: one that drops silence, one that ends without a
//! word, a phone that sleeps.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parterre_protocol::{
    ChoicePoll, Control, Prompt, Settings,
    kinds::choice::PollOption,
    topics::{Audience, Presence},
};
use serde_json::json;

use crate::{
    event::{Event, poll, strict_poll},
    house::House,
};

/// How often a way looks whether it has been silent for too long.
const SILENCE_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// What a link's sockets hold before they let the sender wait: little, so that it shows soon.
const BUFFER: usize = 4096;

/// A link to the server that can fail. It carries one connection.
struct FaultyLink {
    address: SocketAddr,
    state: Arc<LinkState>,
}

#[derive(Debug)]
struct LinkState {
    /// Carries nothing any more, and tells nobody.
    dead: AtomicBool,
    /// Takes nothing from the server for now.
    asleep: AtomicBool,
    /// After so much silence it is dead.
    drops_after: Duration,
    last: Mutex<Instant>,
}

impl FaultyLink {
    fn new(server: SocketAddr, drops_after: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (dead, asleep) = (AtomicBool::new(false), AtomicBool::new(false));
        let state = Arc::new(LinkState { dead, asleep, drops_after, last: Mutex::new(Instant::now()) });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let (client, _) = listener.accept().expect("the client comes");
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
            socket.set_recv_buffer_size(BUFFER).expect("a small buffer");
            socket.connect(&server.into()).expect("the server accepts");
            let server = TcpStream::from(socket);
            let copies = [&client, &server].map(|stream| stream.try_clone().expect("a second handle"));
            let [to_client, to_server] = copies;
            let up = Arc::clone(&shared);
            thread::spawn(move || up.carry(client, to_server, false));
            shared.carry(server, to_client, true);
        });
        Self { address, state }
    }
}

impl LinkState {
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, from_server: bool) {
        from.set_read_timeout(Some(SILENCE_POLL_INTERVAL)).expect("a time that is not zero");
        let mut buffer = [0; BUFFER];
        loop {
            if from_server && self.asleep.load(Ordering::Relaxed) {
                thread::park_timeout(SILENCE_POLL_INTERVAL);
                continue;
            }
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) if !self.is_dead() => {
                    *self.last.lock().expect("nobody panics with it") = Instant::now();
                    if to.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
    }

    fn is_dead(&self) -> bool {
        let silent = self.last.lock().expect("nobody panics with it").elapsed();
        if silent >= self.drops_after {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.dead.load(Ordering::Relaxed)
    }
}

const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn an_idle_phone_is_kept_through_a_way_that_drops_silence() {
    let house = House::new(&[("PARTERRE_LIVE__PING_MS", "1000")]);
    let event = Event::new(&house, &[poll()]);
    let link = FaultyLink::new(house.address(), Duration::from_secs(5));
    let mut phone = event.connect_at(link.address, &event.device(), "as=phone").expect("let in");
    // Longer than the way bears silence, and than the server is silent.
    phone.is_pinged(6);
    let _studio = event.open(event.activities[0]);
    phone.until("the poll", |phone| phone.has_stage() && phone.stage().activity.is_some());
}

#[test]
fn a_phone_whose_network_ended_without_a_word_is_found_to_be_gone() {
    let house = House::new(&[("PARTERRE_LIVE__PING_MS", "1000"), ("PARTERRE_LIVE__PONG_TIMEOUT_MS", "3000")]);
    let event = Event::new(&house, &[]);
    let link = FaultyLink::new(house.address(), NEVER);
    // First, so that it is told of the phone however soon that is given up: nobody reads what the
    // phone is asked.
    let mut screen = event.screen();
    let _phone = event.connect_at(link.address, &event.device(), "as=phone").expect("let in");
    screen.until("the phone", |screen| screen.presence() == Presence { here: 1, joined: 1, ..Presence::default() });
    link.state.dead.store(true, Ordering::Relaxed);
    screen.until("nobody", |screen| screen.presence() == Presence { here: 0, joined: 1, ..Presence::default() });
}

#[test]
fn a_phone_that_reads_nothing_for_too_long_is_let_go_and_delays_nobody() {
    let house = House::new(&[("PARTERRE_LIVE__WRITE_TIMEOUT_MS", "1000")]);
    let event = Event::new(&house, &[Settings::Choice(strict_poll())]);
    let mut studio = event.open(event.activities[0]);
    let link = FaultyLink::new(house.address(), NEVER);
    let _sleeper = event.connect_at(link.address, &event.device(), "as=phone").expect("let in");
    let mut awake = event.enter(Audience::Phone, &event.device());
    studio.until("both phones", |studio| studio.presence().here == 2);
    link.state.asleep.store(true, Ordering::Relaxed);
    // Each is a frame of 40 KB; a sleeper's buffers hold a few.
    for change in 0..40 {
        let options = (1..=20).map(|id| PollOption { id, text: format!("{id} {change} {}", "\u{1f33b}".repeat(120)) });
        let settings = ChoicePoll { options: options.collect(), title: change.to_string(), ..strict_poll() };
        let path = event.path(&format!("/activities/{}", event.activities[0]));
        house.owner().ask("PUT", &path, &json!({"settings": Settings::Choice(settings)})).expect(200);
        // Whoever is awake reads all along, however long this takes.
        for live in [&mut awake, &mut studio] {
            live.until("the change", |live| {
                live.stage().activity.is_some_and(
                    |activity| matches!(&activity.prompt, Prompt::Choice(poll) if poll.title == change.to_string()),
                )
            });
        }
    }
    studio.until("the sleeper to be gone", |studio| studio.presence().here == 1);
    studio.steer(Control::Lobby);
}
