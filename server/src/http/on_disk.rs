//! The assets of a debug build, read from `web/` at each request, so that a change shows without
//! compiling. What was made of several files is remembered until one of them changes: a page names
//! dozens of modules, each of which needs others.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    fs,
    thread::LocalKey,
    time::SystemTime,
};

use actix_web::web::Bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{
    content_type::{FOLDERS, is_own_text},
    join_modules::{Read, is_part, joined, needed_by},
    shorten::shortened,
    strip_comments::{bare, packed},
};

/// An asset.
#[derive(Clone)]
pub(super) struct File {
    pub(super) bytes: Bytes,
    /// As Subresource Integrity has it.
    pub(super) integrity: String,
}

/// What was made of files, each as it was changed last.
struct Made<T> {
    from: Vec<(String, SystemTime)>,
    value: T,
}

type Remembered<T> = RefCell<HashMap<String, Made<T>>>;

thread_local! {
    static ASSETS: Remembered<File> = RefCell::default();
    static NEEDS: Remembered<BTreeSet<String>> = RefCell::default();
}

/// The asset with this path, such as `js/phone.js`; nothing where browsers may not have it.
pub(super) fn asset(path: &str) -> Option<File> {
    let (folder, rest) = path.split_once('/')?;
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']);
    if !FOLDERS.contains(&folder) || !rest.split('/').all(is_plain) || is_part(path) || changed(path).is_none() {
        return None;
    }
    remembered(&ASSETS, path, |read| {
        let bytes = if is_own_text(path) {
            let log = |why: &String| tracing::error!(path, why, "cannot serve an asset");
            let text = joined(path, read).inspect_err(log).ok()?;
            // The lines of a script stay where they are, so that line numbers in errors are right.
            let is_script = path.ends_with(".js");
            let text = if is_script { shortened(&bare(&text)).inspect_err(log).ok()? } else { packed(path, &text) };
            text.into()
        } else {
            Bytes::from(fs::read(place(path)).ok()?)
        };
        let integrity = format!("sha256-{}", STANDARD.encode(Sha256::digest(&bytes)));
        Some(File { bytes, integrity })
    })
}

/// The modules that a module cannot run without.
pub(super) fn needs(module: &str) -> BTreeSet<String> {
    let needs = |read: &mut Read<'_>| needed_by(module, read).inspect_err(|why| tracing::error!(why, "a module")).ok();
    remembered(&NEEDS, module, needs).unwrap_or_default()
}

fn remembered<T: Clone>(
    known: &'static LocalKey<Remembered<T>>,
    path: &str,
    make: impl FnOnce(&mut Read<'_>) -> Option<T>,
) -> Option<T> {
    let is_current = |made: &&Made<T>| made.from.iter().all(|(path, when)| changed(path) == Some(*when));
    let value = known.with_borrow(|known| known.get(path).filter(is_current).map(|made| made.value.clone()));
    if value.is_some() {
        return value;
    }
    // Others than scripts and styles are read by themselves.
    let mut from = vec![(path.to_owned(), changed(path)?)];
    let value = make(&mut |path| {
        from.push((path.to_owned(), changed(path)?));
        source(path)
    })?;
    known.with_borrow_mut(|known| known.insert(path.to_owned(), Made { from, value: value.clone() }));
    Some(value)
}

/// When a file was changed last.
fn changed(path: &str) -> Option<SystemTime> {
    fs::metadata(place(path)).and_then(|file| file.modified()).ok()
}

/// The text of a file.
pub(super) fn source(path: &str) -> Option<String> {
    fs::read_to_string(place(path)).ok()
}

/// Where a file of `web/` is.
pub(super) fn place(path: &str) -> String {
    format!("{}/../web/{path}", env!("CARGO_MANIFEST_DIR"))
}
