//! How files begin, and how long they may get.

use super::{Source, sources};

/// Longer than this, a file has more than one subject.
const LINES: usize = 450;
/// A browser test is one story, in which each step needs those before it.
const BROWSER_TEST_LINES: usize = 600;

fn written_by_us() -> Vec<Source> {
    sources("", &[".rs", ".js", ".css", ".html"])
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let says = |source: &Source| {
        let text = source.text.trim_start();
        match source.path.rsplit('.').next() {
            Some("rs") => text.starts_with("//!"),
            Some("js") => text.starts_with("//") || text.starts_with("/*"),
            Some("css") => text.starts_with("/*"),
            _ => true,
        }
    };
    let silent: Vec<String> = written_by_us().into_iter().filter(|it| !says(it)).map(|it| it.path).collect();
    assert!(silent.is_empty(), "no words at the head of {silent:?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let lines = |source: &Source| source.text.lines().count();
    let most = |source: &Source| if source.path.ends_with(".test.js") { BROWSER_TEST_LINES } else { LINES };
    let long = written_by_us().into_iter().filter(|it| lines(it) > most(it));
    let long: Vec<String> = long.map(|it| format!("{}: {}", it.path, lines(&it))).collect();
    assert!(long.is_empty(), "over {LINES} lines: {long:?}");
}

/// No script of a page is longer than this.
const SCRIPT_LINES: usize = 350;
/// Nine of ten are no longer than this: what they are, which may only fall.
const SCRIPT_LINES_NINE_OF_TEN: usize = 272;

#[test]
fn scripts_are_short() {
    let scripts = sources("web/js", &[".js"]).into_iter().chain(sources("web/kinds", &[".js"]));
    let scripts = scripts.filter(|it| !it.path.ends_with(".test.js"));
    let mut lines: Vec<(usize, String)> = scripts.map(|it| (it.text.lines().count(), it.path)).collect();
    lines.sort();
    assert!(lines[lines.len() - 1].0 <= SCRIPT_LINES, "over {SCRIPT_LINES} lines: {:?}", lines[lines.len() - 1]);
    let ninth = &lines[lines.len() * 9 / 10];
    assert!(ninth.0 <= SCRIPT_LINES_NINE_OF_TEN, "a tenth is longer than {ninth:?}");
}
