//! What `deny.toml` says of dependencies, held wherever the tests run: `cargo xtask audit` says
//! more, but needs cargo-deny and the network. Looked at is what this machine builds.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::Command,
};

use serde_json::Value;

/// How the sources of crates begin that cargo has from its registry, and not from a repository or a
/// folder.
const REGISTRY: &str = "registry+";

/// `deny.toml`.
fn policy() -> Value {
    let text = include_str!("../../../deny.toml");
    let source = config::File::from_str(text, config::FileFormat::Toml);
    config::Config::builder().add_source(source).build().unwrap().try_deserialize().unwrap()
}

/// The packages that are built here, as cargo tells of them.
fn packages() -> Vec<Value> {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-gnu" };
    let platform = format!("{}-{system}", env::consts::ARCH);
    let arguments = ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &platform];
    let told = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut told: Value = serde_json::from_slice(&told.stdout).unwrap();
    serde_json::from_value(told["packages"].take()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a licence expression (SPDX) can be met with licences of which `is_allowed` says yes.
fn is_met(expression: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let met = any(&mut rest, is_allowed);
    assert!(rest.is_empty(), "{expression:?} is no licence expression");
    met
}

fn any(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, is_allowed);
    while words.first() == Some(&"OR") {
        *words = &words[1..];
        met |= all(words, is_allowed);
    }
    met
}

fn all(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, is_allowed);
    while words.first() == Some(&"AND") {
        *words = &words[1..];
        met &= one(words, is_allowed);
    }
    met
}

fn one(words: &mut &[&str], is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    *words = rest;
    if *first == "(" {
        let met = any(words, is_allowed);
        assert_eq!(words.first(), Some(&")"), "a bracket that is not closed");
        *words = &words[1..];
        return met;
    }
    match *words {
        ["WITH", exception, rest @ ..] => {
            *words = rest;
            is_allowed(&format!("{first} WITH {exception}"))
        }
        _ => is_allowed(first),
    }
}

#[test]
fn every_licence_is_one_that_we_allow() {
    let policy = policy();
    let licences = &policy["licenses"];
    let refused: Vec<_> = packages()
        .iter()
        .filter(|package| {
            let own = list(&licences["exceptions"]).iter().filter(|it| it["crate"] == package["name"]);
            let allowed: BTreeSet<&str> = list(&licences["allow"])
                .iter()
                .chain(own.flat_map(|exception| list(&exception["allow"])))
                .filter_map(Value::as_str)
                .collect();
            !is_met(text(package, "license"), &|licence| allowed.contains(licence))
        })
        .map(|package| format!("{}: {}", text(package, "name"), package["license"]))
        .collect();
    assert!(refused.is_empty(), "allow these in deny.toml, with a reason, or do without: {refused:#?}");
}

#[test]
fn an_expression_of_licences_is_understood() {
    let met = |expression| is_met(expression, &|licence| ["MIT", "ISC", "A WITH B"].contains(&licence));
    for expression in ["MIT", "GPL-3.0 OR MIT", "(X OR MIT) AND ISC", "X/MIT", "A WITH B", "X AND Y OR ISC"] {
        assert!(met(expression), "{expression}");
    }
    for expression in ["X", "MIT AND X", "MIT WITH B", "(MIT OR ISC) AND X", ""] {
        assert!(!met(expression), "{expression}");
    }
}

#[test]
fn no_crate_is_there_twice_or_from_elsewhere_or_banned() {
    let (policy, packages) = (policy(), packages());
    let bans = &policy["bans"];
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &packages {
        let (name, source) = (text(package, "name"), &package["source"]);
        let registered = source.as_str().is_some_and(|source| source.starts_with(REGISTRY));
        assert!(source.is_null() || registered, "{name} is from {source}");
        let banned = list(&bans["deny"]).iter().find(|ban| text(ban, "crate") == name);
        assert!(banned.is_none(), "{banned:?}");
        if source.is_null() {
            for dependency in list(&package["dependencies"]).iter().filter(|it| !it["source"].is_null()) {
                assert_ne!(dependency["req"], "*", "{name} takes any version of {}", dependency["name"]);
            }
        }
        versions.entry(name).or_default().push(text(package, "version"));
    }
    let is_skipped = |name: &str, version: &str| {
        list(&bans["skip"]).iter().filter_map(|skip| text(skip, "crate").split_once(':')).any(|(skipped, of)| {
            skipped == name && version.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    versions.iter_mut().for_each(|(name, versions)| versions.retain(|version| !is_skipped(name, version)));
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "say in deny.toml who is waited for, or do without: {versions:#?}");
}
