//! Warnings about the server's address for facilitators: phones cannot reach the address that is
//! shown, or the page was opened at another address than the server knows. The room sees none of
//! it.

use askama::Template;

use crate::{
    http::origin::Outside,
    i18n::Locale,
    origin::Origin,
    state::{AppState, Unreachable},
};

/// The notes at the head of a page.
#[derive(Template)]
#[template(path = "address.html")]
pub struct AddressNotes {
    t: Locale,
    /// Why phones cannot join.
    unreachable: Option<String>,
    /// The server's own address, for the script to compare with the browser's. Empty if there is
    /// nothing to compare: on the server's own machine, links lead to its address in the network.
    known: String,
    /// What the browser asked, as far as the server can tell.
    asked: String,
    /// The sentence on the two, before and behind the browser's.
    differs: (String, String),
    /// Where to go on, if the settings say where.
    there: Option<String>,
    /// Whether the network test can be made here.
    has_test: bool,
}

/// Stands for the browser's address until the script knows it.
const HERE: char = '\u{0}';

impl AddressNotes {
    /// For the page at this path.
    pub fn new(t: Locale, state: &AppState, outside: &Outside, path: &str) -> Self {
        let base = outside.base(state);
        let port = state.config.listen.port();
        let unreachable = state.unreachable(&base).map(|why| match why {
            Unreachable::PublicUrl => t.format("studio.address.public_url", &[("address", &base)]),
            Unreachable::Listen => {
                t.format("studio.address.listen", &[("address", &base), ("port", &port.to_string())])
            }
            Unreachable::NoNetwork => t.format("studio.address.no_network", &[("address", &base)]),
        });
        let public = state.config.public_url.as_ref();
        let asked = outside.asked().map(ToString::to_string).unwrap_or_default();
        let from_here = outside.asked().is_none_or(Origin::is_this_machine);
        let asked_elsewhere = if from_here { String::new() } else { asked.clone() };
        let known = public.map_or(asked_elsewhere, ToString::to_string);
        let key = if public.is_some() { "studio.address.elsewhere" } else { "studio.address.unknown" };
        let differs = t.format(key, &[("here", &HERE), ("address", &known)]);
        let (before, behind) = differs.split_once(HERE).unwrap_or((&differs, ""));
        Self {
            t,
            unreachable,
            differs: (before.to_owned(), behind.to_owned()),
            there: public.map(|url| format!("{url}{path}")),
            known,
            asked,
            has_test: state.config.netcheck.is_on(),
        }
    }

    /// The browser tells the server's proxies what it asked, and not the server: so this may be
    /// wrong where they rewrite it, and the script sees to it.
    fn is_open_elsewhere(&self) -> bool {
        self.known != self.asked
    }
}
