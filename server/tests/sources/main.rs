//! What holds of the sources themselves: who may use whom, how files begin and how long they may
//! get, and where the words are that people read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod circles;
mod dependencies;
mod files;
mod mutants;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the repository.
struct Source {
    /// Its path from the root, with slashes.
    path: String,
    text: String,
}

/// The files below a folder of the repository whose name has one of the endings, in order. What was
/// installed or built is left out, and what others wrote.
fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir()
                && !["target", "node_modules", "vendor", "data"].contains(&&*name)
                && !name.starts_with('.')
            {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"),
    };
    found.into_iter().map(source).collect()
}
