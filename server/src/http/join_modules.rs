//! Scripts and styles as browsers get them: joined with the parts that are theirs alone. What is
//! written in several short files is fetched as one, since each fetch of a first visit costs its
//! headers, its line in the page and a fresh start of its compression. The build script, which
//! embeds them, reads this file too.
//!
//! The parts of `js/phone.js` are in the folder `js/phone/`. They are put before it, each once, in
//! the order in which they need each other; nothing is renamed, and files are looked at line by
//! line. So they keep to a few rules, and what breaks one is refused:
//!
//! - an import is one line, `import { a, b } from './c.js'`, without `as`;
//! - what a part exports is declared so, `export const a`; the module passes it on by `export { a }
//!   from './phone/c.js'`;
//! - a part has neither `import.meta` nor `import()`: both would mean another address;
//! - no two files declare the same name for all of a module, nor one that every page has, such as
//!   `close`.
//!
//! `js/messages.js` is fetched with `js/live.js`, since a live page needs both, and so does every
//! kind: other modules that import it are given the address of that. It is no part like the others:
//! what it exports stays exported.
//!
//! A style begins with `@import 'other.css';` for each other that it takes in.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::strip_comments::{bare, without_types};

/// The modules that are fetched together with the folder of their name.
pub(crate) const JOINED: [&str; 2] = ["js/live.js", "js/phone.js"];

/// A module that is fetched with another.
const WITH_LIVE: (&str, &str) = ("js/messages.js", "js/live.js");

/// How a line begins that declares something for all of a module.
const DECLARATIONS: [&str; 7] =
    ["async function ", "async function* ", "class ", "const ", "function ", "function* ", "let "];
/// Names of the browser's that a part may mean when it does not declare them.
const GLOBALS: [&str; 20] = [
    "alert", "blur", "close", "closed", "event", "fetch", "find", "focus", "history", "length", "location", "name",
    "open", "origin", "parent", "print", "scroll", "self", "stop", "top",
];

/// Gives the text of a file of `web/`.
pub(crate) type Read<'a> = dyn FnMut(&str) -> Option<String> + 'a;

/// Whether a file is fetched only as a part of another.
pub(crate) fn is_part(path: &str) -> bool {
    JOINED.iter().any(|module| is_part_of(module, path))
}

fn is_part_of(module: &str, path: &str) -> bool {
    if (path, module) == WITH_LIVE {
        return true;
    }
    let folder = module.strip_suffix(".js").and_then(|folder| path.strip_prefix(folder));
    folder.is_some_and(|rest| rest.starts_with('/') && rest.ends_with(".js"))
}

/// A script or style of `web/` with its parts.
///
/// # Errors
///
/// What is missing, or which rule is broken, in words.
pub(crate) fn joined(path: &str, read: &mut Read<'_>) -> Result<String, String> {
    let text = read(path).ok_or_else(|| format!("there is no {path}"))?;
    if path.ends_with(".css") {
        return joined_style(path, text, read);
    }
    if !JOINED.contains(&path) {
        return Ok(text.lines().flat_map(|line| [readdressed(path, line), Cow::Borrowed("\n")]).collect());
    }
    let mut joiner = Joiner {
        module: path,
        read,
        imports: BTreeMap::new(),
        parts: BTreeMap::new(),
        names: BTreeMap::new(),
        text: String::new(),
    };
    if path == WITH_LIVE.1 {
        joiner.take_part(WITH_LIVE.0)?;
    }
    joiner.take(path, &text)?;
    Ok(joiner.finish())
}

/// A line of a module that is not joined, with the address at which browsers find what it imports.
fn readdressed<'l>(path: &str, line: &'l str) -> Cow<'l, str> {
    let import = line.rsplit_once(" from '").and_then(|(names, from)| Some((names, from.strip_suffix('\'')?)));
    match import {
        Some((names, from)) if resolve(path, from) == WITH_LIVE.0 => {
            Cow::Owned(format!("{names} from '{}'", relative(path, WITH_LIVE.1)))
        }
        _ => Cow::Borrowed(line),
    }
}

/// The modules that a module needs before it can run, itself left out.
///
/// # Errors
///
/// As [`joined`].
pub(crate) fn needed_by(module: &str, read: &mut Read<'_>) -> Result<BTreeSet<String>, String> {
    let mut needed = BTreeSet::new();
    let mut waiting = vec![module.to_owned()];
    while let Some(path) = waiting.pop() {
        let text = bare(&joined(&path, read)?);
        // Any quotes and any layout: others' modules are written in their own way. What is only
        // spoken of, or fetched later by those who need it, does not stand behind these words.
        let parts: Vec<&str> = text.split(['\'', '"']).collect();
        let at_once = |before: &str| ["from", "import"].iter().any(|word| before.trim_end().ends_with(word));
        let imports = parts.windows(2).filter(|parts| at_once(parts[0])).map(|parts| parts[1]);
        for import in imports.filter(|import| import.starts_with('.') && import.ends_with(".js")) {
            let import = resolve(&path, import);
            if import != module && needed.insert(import.clone()) {
                waiting.push(import);
            }
        }
    }
    Ok(needed)
}

fn joined_style(path: &str, text: String, read: &mut Read<'_>) -> Result<String, String> {
    let Some((before, rest)) = text.split_once("@import '") else { return Ok(text) };
    let (name, rest) = rest.split_once("';\n").ok_or_else(|| format!("{path}: an import is one line"))?;
    let taken = joined(&resolve(path, &format!("./{name}")), read)?;
    joined_style(path, format!("{before}{taken}{rest}"), read)
}

/// Where a part is on its way into a module.
#[derive(PartialEq, Eq)]
enum Part {
    UnderWay,
    Taken,
}

/// A module that is being joined.
struct Joiner<'a, 'r> {
    module: &'a str,
    read: &'a mut Read<'r>,
    /// What is imported of files that are no parts, by their paths.
    imports: BTreeMap<String, BTreeSet<String>>,
    parts: BTreeMap<String, Part>,
    /// What is declared or imported for all of the module, and where.
    names: BTreeMap<String, String>,
    text: String,
}

impl Joiner<'_, '_> {
    /// Adds a file, after the parts that it needs.
    fn take(&mut self, path: &str, text: &str) -> Result<(), String> {
        let mut kept = String::with_capacity(text.len());
        for line in text.lines() {
            let line = self.line(path, line).map_err(|why| format!("{path}: {why}: {line}"))?;
            if let Some(line) = line {
                kept.push_str(&line);
                kept.push('\n');
            }
        }
        self.text.push_str(&kept);
        Ok(())
    }

    /// A line as it is when all is one module; an import leaves nothing.
    fn line<'l>(&mut self, path: &str, line: &'l str) -> Result<Option<Cow<'l, str>>, String> {
        let is_module = path == self.module || path == WITH_LIVE.0;
        if !is_module && has_own_address(line) {
            return Err("a part is not at an address of its own".to_owned());
        }
        if line.starts_with("import ") {
            let (names, from) = names_from(line, "import").ok_or("not a plain import")?;
            let from = resolve(path, from);
            if is_part_of(self.module, &from) {
                self.take_part(&from)?;
            } else {
                let from = if from == WITH_LIVE.0 { WITH_LIVE.1.to_owned() } else { from };
                names.iter().try_for_each(|name| self.declare(name, &from))?;
                self.imports.entry(from).or_default().extend(names.into_iter().map(str::to_owned));
            }
            return Ok(None);
        }
        let exported = line.strip_prefix("export ");
        if let Some(names) = declared(exported.unwrap_or(line)) {
            names.iter().try_for_each(|name| self.declare(name, path))?;
            return Ok(Some(Cow::Borrowed(if is_module { line } else { exported.unwrap_or(line) })));
        }
        if exported.is_none() {
            return Ok(Some(Cow::Borrowed(line)));
        }
        let passed_on = names_from(line, "export").map(|(names, from)| (names, resolve(path, from)));
        let passed_on = passed_on.filter(|(_, from)| is_module && is_part_of(path, from));
        let (names, from) = passed_on.ok_or("not a plain export")?;
        self.take_part(&from)?;
        Ok(Some(Cow::Owned(format!("export {{ {} }}", names.join(", ")))))
    }

    fn take_part(&mut self, path: &str) -> Result<(), String> {
        match self.parts.get(path) {
            Some(Part::Taken) => return Ok(()),
            Some(Part::UnderWay) => return Err(format!("{path}: parts need each other in a circle")),
            None => {}
        }
        self.parts.insert(path.to_owned(), Part::UnderWay);
        let text = (self.read)(path).ok_or_else(|| format!("there is no {path}"))?;
        self.take(path, &text)?;
        self.parts.insert(path.to_owned(), Part::Taken);
        Ok(())
    }

    /// Takes note of a name; the same may be imported from the same file any number of times.
    fn declare(&mut self, name: &str, from: &str) -> Result<(), String> {
        // What is fetched with it means none of those.
        if GLOBALS.contains(&name) && from != WITH_LIVE.0 {
            return Err(format!("{name} is a name of the browser's"));
        }
        match self.names.insert(name.to_owned(), from.to_owned()).filter(|former| former != from) {
            Some(former) => Err(format!("{name} is declared in {former} too")),
            None => Ok(()),
        }
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for (from, names) in &self.imports {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            text.push_str(&format!("import {{ {} }} from '{}'\n", names.join(", "), relative(self.module, from)));
        }
        text + &self.text
    }
}

/// Whether a line means the address of its module, other than in a type.
fn has_own_address(line: &str) -> bool {
    let code = without_types(line);
    let is_comment = ["//", "/*", "* "].iter().any(|start| code.trim_start().starts_with(start));
    !is_comment && (code.contains("import.meta") || code.contains("import("))
}

/// The names in braces, and the path, of a line such as `import { a, b } from './c.js'`.
fn names_from<'a>(line: &'a str, word: &str) -> Option<(Vec<&'a str>, &'a str)> {
    let (names, from) = line.strip_prefix(word)?.trim_start().strip_prefix('{')?.split_once("} from '")?;
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    names.iter().all(|name| is_name(name)).then_some((names, from.strip_suffix('\'')?))
}

/// What a line declares for all of a module.
fn declared(line: &str) -> Option<Vec<&str>> {
    let rest = DECLARATIONS.iter().find_map(|word| line.strip_prefix(word))?;
    let until = if rest.starts_with(['[', '{']) { '=' } else { ' ' };
    let names = rest.split(until).next()?.split(|c: char| !is_of_name(c));
    let names = names.filter(|name| !name.is_empty());
    // Of `find(element)` the name alone.
    Some(if until == '=' { names.collect() } else { names.take(1).collect() })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// The path under `web/` that an import means.
fn resolve(importer: &str, import: &str) -> String {
    let mut steps: Vec<&str> = importer.split('/').collect();
    steps.pop();
    for step in import.split('/') {
        match step {
            "." => {}
            ".." => drop(steps.pop()),
            name => steps.push(name),
        }
    }
    steps.join("/")
}

/// How a module of the same folder, or of another below `web/`, is named in this one.
fn relative(importer: &str, path: &str) -> String {
    let folder: Vec<&str> = importer.split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let steps: Vec<&str> = path.split('/').collect();
    let same = folder.iter().zip(&steps).take_while(|(one, other)| one == other).count();
    let up = "../".repeat(folder.len() - same);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, steps[same..].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads from these files.
    fn files<'a>(files: &'a [(&str, &str)]) -> impl FnMut(&str) -> Option<String> + 'a {
        |path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
    }

    fn phone(parts: &[(&str, &str)]) -> Result<String, String> {
        joined("js/phone.js", &mut files(parts))
    }

    #[test]
    fn parts_come_once_before_what_needs_them() {
        let text = phone(&[
            (
                "js/phone.js",
                "// The page.\n\nimport { t } from './messages.js'\nimport { B } from './phone/b.js'\nexport { a } from './phone/a.js'\n\nnew B(t)\n",
            ),
            (
                "js/phone/b.js",
                "import { h, t } from '../messages.js'\nimport { Live } from '../live.js'\nimport { a } from './a.js'\nexport class B extends Live {\n  a = a(h, t)\n}\n",
            ),
            (
                "js/phone/a.js",
                "/** @type {import('../wire.js').Stage} */\nconst [ONE, TWO] = [1, 2]\nexport const a = () => ONE\n",
            ),
        ]);
        let expected = "import { Live, h, t } from './live.js'\n\
            /** @type {import('../wire.js').Stage} */\nconst [ONE, TWO] = [1, 2]\nconst a = () => ONE\n\
            class B extends Live {\n  a = a(h, t)\n}\n// The page.\n\nexport { a }\n\nnew B(t)\n";
        assert_eq!(text.unwrap(), expected);
    }

    #[test]
    fn what_would_mean_something_else_when_joined_is_refused() {
        let refused = |part: &str| {
            let module = "import { a } from './phone/a.js'\nimport { t } from './messages.js'\nconst page = a(t)\n";
            phone(&[
                ("js/phone.js", module),
                ("js/phone/a.js", part),
                ("js/phone/b.js", "import { a } from './a.js'\n"),
            ])
            .unwrap_err()
        };
        for (part, why) in [
            ("const page = 1\n", "js/phone.js: page is declared in js/phone/a.js too"),
            ("const t = 1\n", "js/phone.js: t is declared in js/phone/a.js too"),
            ("import { t } from '../words.js'\n", "js/phone.js: t is declared in js/words.js too"),
            ("function close() {}\n", "close is a name of the browser's"),
            ("const { a, name } = x\n", "name is a name of the browser's"),
            ("import * as all from '../messages.js'\n", "not a plain import"),
            ("import { t as words } from '../messages.js'\n", "not a plain import"),
            ("export default 1\n", "not a plain export"),
            ("export { t } from '../messages.js'\n", "not a plain export"),
            ("const here = import.meta.url\n", "not at an address of its own"),
            ("  await import(path)\n", "not at an address of its own"),
            ("import { b } from './b.js'\n", "in a circle"),
            ("import { c } from './c.js'\n", "there is no js/phone/c.js"),
        ] {
            let told = refused(part);
            assert!(told.contains(why), "{part:?}: {told}");
        }
    }

    #[test]
    fn messages_come_with_the_live_connection_and_are_imported_from_there() {
        let mut read = files(&[
            ("js/live.js", "import { a } from './live/a.js'\nexport const live = a\n"),
            ("js/live/a.js", "export const a = 1\n"),
            ("js/messages.js", "const find = 1\nexport const t = () => import('./field.js')\n"),
            ("kinds/poll/phone.js", "import {\n  t,\n} from '../../js/messages.js'\nt()\n"),
            ("js/one.js", "export { t } from './messages.js'\n"),
        ]);
        let live = joined("js/live.js", &mut read).unwrap();
        assert_eq!(
            live,
            "const find = 1\nexport const t = () => import('./field.js')\nconst a = 1\nexport const live = a\n"
        );
        assert_eq!(
            joined("kinds/poll/phone.js", &mut read).unwrap(),
            "import {\n  t,\n} from '../../js/live.js'\nt()\n"
        );
        assert_eq!(joined("js/one.js", &mut read).unwrap(), "export { t } from './live.js'\n");
        let needed = needed_by("kinds/poll/phone.js", &mut read).unwrap();
        assert!(is_part("js/messages.js") && needed.iter().eq(["js/live.js"]));
    }

    #[test]
    fn a_style_takes_in_others() {
        let mut read = files(&[
            ("css/phone.css", "/* One. */\n@import 'tokens.css';\nb {}\n"),
            ("css/tokens.css", "a {}\n"),
            ("kinds/poll/page.css", "@import '../../css/phone.css';\n@import 'phone.css';\n"),
            ("kinds/poll/phone.css", "c {}\n"),
        ]);
        assert_eq!(joined("css/phone.css", &mut read).unwrap(), "/* One. */\na {}\nb {}\n");
        assert_eq!(joined("kinds/poll/page.css", &mut read).unwrap(), "/* One. */\na {}\nb {}\nc {}\n");
    }

    #[test]
    fn what_a_module_needs_is_followed_through_parts_and_others_modules() {
        let mut read = files(&[
            ("js/phone.js", "import { a } from './phone/a.js'\nimport('./later.js')\n"),
            ("js/phone/a.js", "import { b } from '../b.js'\n"),
            ("js/b.js", "import * as lit from '../vendor/lit.js'\n// such as './spoken.js'\n"),
            ("vendor/lit.js", "import{x as t}from\"./directive.js\";export*from'./html.js'"),
            ("vendor/directive.js", ""),
            ("vendor/html.js", ""),
        ]);
        let needed = needed_by("js/phone.js", &mut read).unwrap();
        assert_eq!(
            needed.iter().map(String::as_str).collect::<Vec<_>>(),
            ["js/b.js", "vendor/directive.js", "vendor/html.js", "vendor/lit.js"]
        );
    }
}
