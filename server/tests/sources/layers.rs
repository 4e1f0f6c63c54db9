//! The lines between the layers: main → server → http → live → store → domain → protocol, each using only what is to its
//! right, and every foreign crate kept in the one layer that needs it.

use std::collections::BTreeSet;

use super::sources;

/// What files under a path may never mention: crates, types, and modules of this crate as `crate::…`. `actix` stands for
/// every crate of that family.
struct Line {
    under: &'static str,
    except: &'static [&'static str],
    never: &'static [&'static str],
}

const LINES: &[Line] = &[
    Line {
        under: "server/src/domain/",
        except: &[],
        never: &[
            "actix",
            "sqlx",
            "redis",
            "tokio",
            "getrandom",
            "prometheus",
            "tracing",
            "SystemTime",
            "Instant",
            "crate::clock",
            "crate::config",
            "crate::http",
            "crate::jobs",
            "crate::live",
            "crate::log",
            "crate::metrics",
            "crate::mutants",
            "crate::random",
            "crate::server",
            "crate::state",
            "crate::store",
        ],
    },
    Line {
        under: "server/src/store/",
        except: &[],
        never: &["crate::http", "crate::jobs", "crate::live", "crate::server", "crate::state"],
    },
    Line {
        under: "server/src/live/",
        except: &[],
        never: &["crate::http", "crate::jobs", "crate::server", "crate::state"],
    },
    Line { under: "server/src/jobs/", except: &[], never: &["crate::http", "crate::server", "crate::state"] },
    Line { under: "server/src/http/", except: &[], never: &["crate::server"] },
    Line { under: "server/src/", except: &["server/src/store/"], never: &["sqlx"] },
    Line { under: "server/src/", except: &["server/src/live/bus/redis"], never: &["redis"] },
    Line {
        under: "server/src/",
        except: &["server/src/http/", "server/src/server.rs", "server/src/main.rs"],
        never: &["actix"],
    },
    // The rules of the network test.
    Line { under: "server/src/", except: &["server/src/http/"], never: &["netcheck_rules"] },
    // What everything else stands on knows nothing of it.
    Line { under: "server/src/clock.rs", except: &[], never: ABOVE },
    Line { under: "server/src/config", except: &[], never: ABOVE },
    Line { under: "server/src/acceptor.rs", except: &[], never: ABOVE },
    Line { under: "server/src/i18n.rs", except: &[], never: ABOVE },
    Line { under: "server/src/lan.rs", except: &[], never: ABOVE },
    Line { under: "server/src/log.rs", except: &[], never: ABOVE },
    Line { under: "server/src/metrics.rs", except: &[], never: ABOVE },
    Line { under: "server/src/mutants.rs", except: &[], never: ABOVE },
    Line { under: "server/src/random.rs", except: &[], never: ABOVE },
    Line { under: "server/src/tls", except: &[], never: ABOVE },
    Line { under: "server/src/", except: &["server/src/tls/acme"], never: &["instant_acme", "ureq"] },
    // Clients know the wire alone, as strangers' clients do.
    Line { under: "server/protocol/src/", except: &[], never: &["parterre", "actix", "sqlx", "tokio"] },
    Line { under: "loadtest/src/", except: &[], never: &["parterre"] },
    Line { under: "netcheck/rules/src/", except: &[], never: &["parterre", "tokio"] },
    Line { under: "netcheck/cli/src/", except: &[], never: &["parterre"] },
];

const ABOVE: &[&str] = &["crate::http", "crate::jobs", "crate::live", "crate::server", "crate::state", "crate::store"];

#[test]
fn each_layer_uses_only_what_is_below_it() {
    let (mut crossed, sources) = (Vec::new(), sources("", &[".rs"]));
    for path in LINES.iter().flat_map(|line| line.except.iter().chain([&line.under])) {
        assert!(sources.iter().any(|source| source.path.starts_with(path)), "there is no {path}");
    }
    for source in sources {
        let mentions = mentions(&source.text);
        for line in LINES.iter().filter(|line| source.path.starts_with(line.under)) {
            if !line.except.iter().any(|path| source.path.starts_with(path)) {
                let found = line.never.iter().filter(|word| mentions.contains(**word));
                crossed.extend(found.map(|word| format!("{} mentions {word}", source.path)));
            }
        }
    }
    assert!(crossed.is_empty(), "{}", crossed.join("\n"));
}

#[test]
fn a_crossed_line_is_seen_however_it_is_written() {
    let seen = |code: &str| mentions(code).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("use actix_web::web;"), ["actix", "web"]);
    assert_eq!(seen("let now = std::time::SystemTime::now();"), ["SystemTime", "now", "std", "time"]);
    assert_eq!(seen("use crate::{config::{Live, Log}, live::hub::Hub, random};").join(" "), {
        "Hub Live Log config crate crate::config crate::live crate::random hub live random"
    });
    assert_eq!(seen("use crate::store;"), ["crate", "crate::store", "store"]);
    assert_eq!(seen("// like sqlx::query\nlet redis = 1; /// tokio::spawn"), Vec::<&str>::new());
    assert_eq!(seen("mod redis;\npub use redis::RedisBus;"), ["RedisBus"]);
}

/// Every name that is part of a path (`a::b`) or of a `use`, and `crate::x` for the modules of this crate; comments and the
/// file's own modules aside.
fn mentions(code: &str) -> BTreeSet<String> {
    let code: String = code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let own: BTreeSet<&str> = statements(&code, "mod ").collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for path in statements(&code, "use ").chain(paths(&code)) {
        found.extend(path.split(|c: char| !is_name(c)).filter(|name| !name.is_empty()).map(family));
    }
    found.extend(modules_of_the_crate(&code).map(|module| format!("crate::{module}")));
    found.retain(|name| !own.contains(name.as_str()));
    found
}

fn family(name: &str) -> String {
    if name.starts_with("actix_") { "actix".to_owned() } else { name.to_owned() }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What stands between this word and the next semicolon, wherever a statement begins with it.
fn statements<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let begins = code[..at].chars().next_back().is_none_or(|before| !is_name(before));
        let (statement, _) = code[at + word.len()..].split_once(';')?;
        (begins && !statement.contains(['=', '(', '"'])).then_some(statement)
    })
}

/// Words that hold `::`.
fn paths(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_name(c) && c != ':').filter(|word| word.contains("::"))
}

/// The first name after each `crate::`, also of those in braces.
fn modules_of_the_crate(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("crate::").flat_map(|(at, word)| {
        let rest = &code[at + word.len()..];
        let items = if rest.starts_with('{') { in_braces(rest) } else { vec![rest] };
        items.into_iter().filter_map(|item| item.trim_start().split(|c| !is_name(c)).next())
    })
}

/// The items between a brace and its partner, parted by the commas that are in no further brace.
fn in_braces(code: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut items) = (0, 1, Vec::new());
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            items.push(&code[begin..at]);
            begin = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}
