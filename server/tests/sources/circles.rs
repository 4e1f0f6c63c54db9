//! No modules of a crate use each other in a circle, a module and those inside it aside: each can
//! be understood with what it uses, and without what uses it.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Attribute, ItemFn, ItemImpl, ItemMod, ItemUse, Path, UseTree,
    visit::{self, Visit},
};

use super::sources;

/// Where the sources of all crates are.
const CRATES: [&str; 11] = [
    "server/src/",
    "server/live/src/",
    "server/store/src/",
    "server/system/src/",
    "server/domain/src/",
    "server/protocol/src/",
    "server/testkit/src/",
    "loadtest/src/",
    "netcheck/cli/src/",
    "netcheck/rules/src/",
    "xtask/src/",
];

/// The names that lead from the root of a crate to a module.
type ModulePath = Vec<String>;

#[test]
fn no_modules_of_a_crate_use_each_other_in_a_circle() {
    let found: Vec<String> = CRATES.iter().flat_map(|folder| circles(folder, &uses(folder))).collect();
    assert!(found.is_empty(), "modules use each other in a circle:\n{}", found.join("\n"));
}

#[test]
fn use_cases_know_no_http() {
    let uses = uses("server/src/");
    let cases: Vec<_> = uses.iter().filter(|(module, _)| module.first().is_some_and(|name| name == "app")).collect();
    assert!(cases.len() > 1, "there are none");
    let knows = |used: &BTreeSet<ModulePath>| used.iter().any(|used| used.first().is_some_and(|name| name == "http"));
    let found: Vec<_> = cases.iter().filter(|(_, used)| knows(used)).map(|(module, _)| module.join("::")).collect();
    assert!(found.is_empty(), "use `http`: {found:?}");
    let asks = |text: &str| text.contains("actix_web") || text.contains("actix_http");
    let found: Vec<_> = sources("server/src/app/", &[".rs"]).into_iter().filter(|it| asks(&it.text)).collect();
    assert!(found.is_empty(), "use actix: {:?}", found.into_iter().map(|it| it.path).collect::<Vec<_>>());
}

#[test]
fn a_circle_is_seen_however_it_is_written() {
    let modules = |texts: &[(&str, &str)]| {
        let known: BTreeSet<_> = texts.iter().map(|(file, _)| module_of(file)).collect();
        let uses = texts.iter().map(|(file, text)| (module_of(file), used(&module_of(file), text, &known)));
        circles("", &uses.collect()).len()
    };
    let one = ("one.rs", "use super::two::Two;");
    assert_eq!(modules(&[one, ("two.rs", "fn two() { crate::one::run() }")]), 1);
    assert_eq!(modules(&[one, ("two.rs", "use crate::{one::{self, One}, three};"), ("three.rs", "")]), 1);
    assert_eq!(modules(&[one, ("two.rs", "mod inner { use super::super::one::One; }")]), 1);
    assert_eq!(modules(&[one, ("two.rs", "#[cfg(test)] mod tests { use crate::one::One; }")]), 0);
    assert_eq!(modules(&[one, ("two/mod.rs", "use self::inner::In;"), ("two/inner.rs", "use super::Two;")]), 0);
}

/// Which modules of its crate each module uses.
fn uses(folder: &str) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
    let mut files = sources(folder, &[".rs"]);
    files.retain(|source| !source.path.ends_with("/tests.rs") && !source.path.contains("/tests/"));
    assert!(!files.is_empty(), "there is nothing in {folder}");
    let module = |path: &str| module_of(path.strip_prefix(folder).unwrap());
    let known: BTreeSet<_> = files.iter().map(|source| module(&source.path)).collect();
    files.iter().map(|source| (module(&source.path), used(&module(&source.path), &source.text, &known))).collect()
}

fn module_of(file: &str) -> ModulePath {
    let mut names: ModulePath = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    names.pop_if(|name| ["mod", "lib", "main"].contains(&name.as_str()));
    names
}

/// The modules that this one names, itself and those around or inside it left out.
fn used(module: &ModulePath, text: &str, known: &BTreeSet<ModulePath>) -> BTreeSet<ModulePath> {
    let mut reader = Reader { module: module.clone(), named: Vec::new() };
    reader.visit_file(&syn::parse_file(text).expect("what is compiled is Rust"));
    let longest = |path: ModulePath| (0..=path.len()).rev().map(|n| path[..n].to_vec()).find(|it| known.contains(it));
    let mut used: BTreeSet<ModulePath> = reader.named.into_iter().filter_map(longest).collect();
    used.retain(|other| !other.starts_with(module) && !module.starts_with(other));
    used
}

/// Each circle as a sentence: the modules from which one comes back to them.
fn circles(folder: &str, uses: &BTreeMap<ModulePath, BTreeSet<ModulePath>>) -> Vec<String> {
    let reached = |from: &ModulePath| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(used) = next.pop().and_then(|module| uses.get(module)) {
            next.extend(used.iter().filter(|module| reached.insert((*module).clone())));
        }
        reached
    };
    let reached: BTreeMap<_, _> = uses.keys().map(|module| (module, reached(module))).collect();
    let (mut told, mut found) = (BTreeSet::new(), Vec::new());
    for (module, others) in reached.iter().filter(|(module, others)| others.contains(**module)) {
        let back = |other: &&ModulePath| reached.get(*other).is_some_and(|others| others.contains(*module));
        let circle: Vec<_> = others.iter().filter(back).collect();
        if told.insert(circle.clone()) {
            let names: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
            found.push(format!("{folder}: {}", names.join(", ")));
        }
    }
    found
}

/// Collects the paths that a file names, from the root of its crate.
struct Reader {
    module: ModulePath,
    named: Vec<ModulePath>,
}

impl Reader {
    /// A path that begins in this crate; others are of no interest.
    fn name(&mut self, path: ModulePath) {
        let mut from = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => self.module.clone(),
            _ => return,
        };
        for name in path {
            match name.as_str() {
                "super" => drop(from.pop()),
                "crate" | "self" => {}
                _ => from.push(name),
            }
        }
        self.named.push(from);
    }

    fn name_all(&mut self, tree: &UseTree, mut so_far: ModulePath) {
        match tree {
            UseTree::Path(path) => {
                so_far.push(path.ident.to_string());
                self.name_all(&path.tree, so_far);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.name_all(tree, so_far.clone())),
            UseTree::Name(name) => {
                so_far.push(name.ident.to_string());
                self.name(so_far);
            }
            UseTree::Rename(rename) => {
                so_far.push(rename.ident.to_string());
                self.name(so_far);
            }
            UseTree::Glob(_) => self.name(so_far),
        }
    }
}

/// Whether something is only there in tests, which may look at whatever they try.
fn is_of_tests(attributes: &[Attribute]) -> bool {
    let of_tests = |attribute: &Attribute| {
        let condition = attribute.parse_args::<Path>();
        attribute.path().is_ident("cfg") && condition.is_ok_and(|condition| condition.is_ident("test"))
    };
    attributes.iter().any(of_tests)
}

impl<'a> Visit<'a> for Reader {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.name_all(&item.tree, Vec::new());
        }
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_of_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_path(&mut self, path: &'a Path) {
        self.name(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}
