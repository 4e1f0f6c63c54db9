//! What the network has to let through: this server's settings, line by line, for those who set
//! firewalls and proxies up.

use std::fmt::Display;

use netcheck_rules::Plan;

use super::{decimal, note};
use crate::{http::pages::script, i18n::Locale};

/// What the network has to let through.
#[derive(askama::Template)]
#[template(path = "netcheck-requirements.html")]
pub struct RequirementsPage {
    t: Locale,
    here: &'static str,
    /// What is asked for, line by line: a name, and what it is.
    rows: Vec<(String, String)>,
    request: String,
    messages: String,
    note: Option<String>,
    /// Whether the test can be made here.
    has_test: bool,
}

impl RequirementsPage {
    /// The page of the real settings.
    ///
    /// `contact` is whom to ask, or empty; `test` where the network test is, if there is one.
    pub fn new(t: Locale, plan: &Plan, participants: u32, contact: &str, test: Option<&str>) -> Self {
        let needs = plan.participant.needs(participants);
        let [down, up] = [needs.down, needs.up].map(|bits| decimal(t, bits as f64 / 1e6));
        let (n, host, port) = (t.number(participants), &plan.host, plan.port);
        let ping = decimal(t, f64::from(plan.ping_ms) / 1000.0);
        let (addresses, link) = (plan.addresses.join(", "), test.unwrap_or_default());
        // A room arrives within a minute, each with two connections or three.
        let per_second = t.number(participants.div_ceil(60) * 3);
        let kilobytes = t.number(plan.sizes.large_bytes / 1024);
        let scheme = if plan.secure { "https" } else { "http" };
        let kind = |key: &str| {
            if plan.secure { format!("netcheck.need.{key}_secure") } else { format!("netcheck.need.{key}_plain") }
        };
        let arguments: Vec<(&str, &dyn Display)> = vec![
            ("host", host),
            ("port", &port),
            ("scheme", &scheme),
            ("ping", &ping),
            ("n", &n),
            ("down", &down),
            ("up", &up),
            ("addresses", &addresses),
            ("per_second", &per_second),
            ("kilobytes", &kilobytes),
            ("contact", &contact),
            ("test", &link),
        ];
        let row = |name: &str, key: &str| (t.text(&format!("netcheck.need.{name}")), t.format(key, &arguments));
        let mut rows = vec![row("name", "netcheck.need.name_value")];
        if !plan.addresses.is_empty() {
            rows.push(row("addresses", "netcheck.need.addresses_value"));
        }
        rows.extend([
            row("port", &kind("port")),
            row("others", "netcheck.need.others_value"),
            row("protocols", &kind("protocols")),
            row("websocket", "netcheck.need.websocket_value"),
            row("cookies", "netcheck.need.cookies_value"),
            row("idle", "netcheck.need.idle_value"),
            row("answers", "netcheck.need.answers_value"),
            row("inspection", "netcheck.need.inspection_value"),
            row("limits", "netcheck.need.limits_value"),
            row("bandwidth", "netcheck.need.bandwidth_value"),
            row("ipv6", "netcheck.need.ipv6_value"),
            row("services", &kind("services")),
        ]);
        if let Some(sha256) = &plan.certificate {
            rows.push((t.text("netcheck.need.certificate"), sha256.clone()));
        }
        if !contact.is_empty() {
            rows.push(row("contact", "netcheck.need.contact_value"));
        }
        if test.is_some() {
            rows.push(row("test", "netcheck.need.test_value"));
        }
        let lines = rows.iter().map(|(name, value)| {
            format!("- {}", t.format("netcheck.need.row", &[("name", name as &dyn Display), ("value", value)]))
        });
        let opening = t.format("netcheck.need.opening", &arguments);
        let request = std::iter::once(opening).chain(lines).collect::<Vec<_>>().join("\n");
        let messages = script::messages(t, &["netcheck.cop"]);
        // From where this is read is of no matter to it.
        let note = note(t, plan).filter(|_| plan.phones_at.is_none());
        Self { t, here: "/netcheck/requirements", rows, request, messages, note, has_test: test.is_some() }
    }
}
