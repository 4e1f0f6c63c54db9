//! Guessing passwords: slowed, however many guess at once; and nobody who knows theirs is kept out
//! by those who guess.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    PROGRAM,
    browser::{Browser, HttpResponse},
    data::Data,
    timed::{EMAIL, PASSWORD, Timed},
};

const WRONG: &str = "another long password";
/// Guesses without a wait, and the one after which there is one.
const LOOKED_AT: usize = 5;

fn sign_in(browser: &Browser, email: &str, password: &str) -> HttpResponse {
    browser.post("/login", &[("email", email), ("password", password)])
}

#[test]
fn guessing_is_slowed_and_the_right_password_works_after_the_wait() {
    let server = Timed::start();
    for _ in 0..LOOKED_AT {
        server.try_password(WRONG).1.expect(401);
    }
    let slow = server.try_password(PASSWORD).1.expect(429);
    assert!(slow.body.contains("2 seconds"), "the page says how long to wait");
    assert_eq!(slow.header("retry-after"), "2");
    server.clock.advance(Duration::from_millis(1999));
    server.try_password(PASSWORD).1.expect(429);
    server.clock.advance(Duration::from_millis(1));
    server.try_password(PASSWORD).1.expect(303);
    server.try_password(WRONG).1.expect(401);
    server.try_password(PASSWORD).1.expect(303);
}

#[test]
fn of_two_hundred_guesses_at_once_no_more_are_looked_at_than_one_after_another() {
    let server = Timed::start();
    let wrong = AtomicUsize::new(0);
    let guess = || match server.try_password(WRONG).1.status.as_u16() {
        401 => wrong.fetch_add(1, Ordering::Relaxed),
        status => {
            assert_eq!(status, 429);
            0
        }
    };
    thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(guess);
        }
    });
    // Some found no place to wait; the others were counted. Until there is a wait, each is looked
    // at.
    for _ in 0..LOOKED_AT {
        guess();
    }
    assert_eq!(wrong.into_inner(), LOOKED_AT);
}

#[test]
fn strangers_do_not_slow_a_device_that_has_signed_in_before() {
    let server = Timed::start();
    let (known, _) = server.try_password(PASSWORD);
    known.post("/logout", &[]).expect(303);
    for _ in 0..LOOKED_AT {
        server.try_password(WRONG).1.expect(401);
    }
    server.try_password(PASSWORD).1.expect(429);
    sign_in(&known, EMAIL, PASSWORD).expect(303);
    known.post("/logout", &[]).expect(303);

    // It has a wait of its own, which no further try prolongs.
    for _ in 0..LOOKED_AT {
        sign_in(&known, EMAIL, WRONG).expect(401);
    }
    for _ in 0..4 {
        server.clock.advance(Duration::from_millis(499));
        sign_in(&known, EMAIL, WRONG).expect(429);
    }
    server.clock.advance(Duration::from_millis(4));
    sign_in(&known, EMAIL, PASSWORD).expect(303);
}

#[test]
fn a_device_is_known_by_a_cookie_that_opens_nothing_and_cannot_be_made_up() {
    let server = Timed::start();
    let (known, answer) = server.try_password(PASSWORD);
    let cookie = answer.all("set-cookie").find(|cookie| cookie.starts_with("parterre_known_")).expect("one").to_owned();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a name and a value");
    let with = |value: &str| Browser::new(server.address).with_cookie(name, value);
    assert_eq!(with(value).get("/studio").leads(), (303, "/login"));
    for _ in 0..LOOKED_AT {
        server.try_password(WRONG).1.expect(401);
    }
    for made_up in ["x", "x.y", &format!("x{value}"), &value[..value.len() - 1]] {
        sign_in(&with(made_up), EMAIL, PASSWORD).expect(429);
    }
    sign_in(&with(value), EMAIL, PASSWORD).expect(303);
    known.get("/studio").expect(200);
}

#[test]
fn made_up_accounts_do_not_slow_a_colleague_at_the_same_address() {
    let server = Timed::start();
    let (known, _) = server.try_password(PASSWORD);
    let refused = (0..60)
        .map(|n| sign_in(&Browser::new(server.address), &format!("nobody{n}@example.org"), WRONG).status.as_u16())
        .collect::<Vec<_>>();
    assert!(refused.iter().all(|status| *status == 401), "{refused:?}");
    server.try_password(PASSWORD).1.expect(303);
    sign_in(&known, EMAIL, PASSWORD).expect(303);
    // Who goes on guessing at one account is held to the pace of all in the network.
    let guesser = Browser::new(server.address);
    let statuses = [(); 3].map(|()| sign_in(&guesser, "somebody@example.org", WRONG).status.as_u16());
    assert_eq!(statuses, [401, 401, 429]);
}

/// A server behind a proxy on this machine, and its owner.
struct Open {
    address: SocketAddr,
    _process: crate::process::Process,
    _data: Data,
}

impl Open {
    fn start() -> Self {
        let data = Data::create();
        let mut process = data.start(PROGRAM, &[("PARTERRE_PROXIES", "127.0.0.1")]);
        let link = process.next_line();
        let (_, key) = link.rsplit_once("key=").expect("the setup link");
        let form = [("key", key), ("name", "Inès"), ("email", EMAIL), ("password", PASSWORD)];
        Browser::new(process.address).post("/setup", &form).expect(303);
        Self { address: process.address, _process: process, _data: data }
    }

    /// A browser in this network.
    fn browser(&self, from: &str) -> Browser {
        Browser::new(self.address).with("X-Forwarded-For", from)
    }
}

/// Ends a storm, also when a test fails.
struct Until<'a>(&'a AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Signs in, coming again when told; how long that took.
fn patiently(browser: &Browser) -> Duration {
    let start = Instant::now();
    loop {
        let answer = sign_in(browser, EMAIL, PASSWORD);
        if answer.status == 303 {
            return start.elapsed();
        }
        let seconds = answer.expect(429).header("retry-after").parse().expect("seconds");
        thread::sleep(Duration::from_secs(seconds));
    }
}

#[test]
fn a_thousand_strangers_keep_nobody_out() {
    let server = Open::start();
    let known = server.browser("198.51.100.1");
    sign_in(&known, EMAIL, PASSWORD).expect(303);
    let (strangers, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    // Each of a network of its own, half of them at the owner's account; and those of one network
    // again and again.
    let storm = || {
        while !over.load(Ordering::Relaxed) {
            let n = strangers.fetch_add(1, Ordering::Relaxed) % 1000;
            let from = if n % 4 == 0 { "203.0.113.9".to_owned() } else { format!("10.{}.{}.1", n / 250, n % 250) };
            let somebody = format!("somebody{n}@example.org");
            let account = if n % 2 == 0 { EMAIL } else { &somebody };
            let status = sign_in(&server.browser(&from), account, WRONG).status.as_u16();
            assert!([401, 429].contains(&status), "{status}");
        }
    };
    thread::scope(|scope| {
        let _until = Until(&over);
        for _ in 0..32 {
            scope.spawn(storm);
        }
        while strangers.load(Ordering::Relaxed) < 1000 {
            thread::yield_now();
        }
        let mut times = [(); 3].map(|()| patiently(&known));
        times.sort();
        let elsewhere = patiently(&server.browser("192.0.2.7"));
        let tried = strangers.load(Ordering::Relaxed);
        println!("{tried} tries; known device {times:?}, another one {elsewhere:?}");
        assert!(times[1] < Duration::from_secs(1), "{times:?}");
        // Some seconds where nothing else runs on the machine; without a ticket it would be as long
        // as the storm.
        assert!(elsewhere < Duration::from_secs(15), "{elsewhere:?}");
    });
}
