//! Scripts as browsers get them: without the spaces that only help reading, and with short names
//! for the private members of classes. Those begin with `#`, so no other code can name them, and
//! neither change needs more than the tokens of a script. The build script, which embeds scripts,
//! reads this file too.
//!
//! All builds do this, so that the browser tests run what a release serves. Lines stay where they
//! are.

use std::collections::BTreeMap;

/// Words after which a slash begins a regular expression; after others it divides.
const BEFORE_A_REGEX: [&str; 14] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// White space and comments.
    Space,
    /// A name, a keyword or the digits of a number.
    Word,
    /// The name of a private member, with its `#`.
    Private,
    /// A string, a regular expression or a piece of a template.
    Literal,
    /// One character of punctuation.
    Sign,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// A script with short private names and without spaces.
///
/// # Errors
///
/// Where the script cannot be read without doubt, with what stands there.
pub(crate) fn shortened(script: &str) -> Result<String, String> {
    let tokens = tokens(script)?;
    let names = short_names(&tokens);
    let mut short = String::with_capacity(script.len());
    let (mut before, mut gap) = (None, false);
    for token in tokens {
        if token.kind == Kind::Space {
            gap = true;
            for line_end in token.text.matches('\n') {
                short.push_str(line_end);
                before = None;
            }
            continue;
        }
        if gap && before.is_some_and(|before| stay_apart(before, token)) {
            short.push(' ');
        }
        short.push_str(names.get(token.text).map_or(token.text, String::as_str));
        (before, gap) = (Some(token), false);
    }
    Ok(short)
}

/// Whether two tokens would mean something else without the space between them.
fn stay_apart(before: Token<'_>, next: Token<'_>) -> bool {
    let is_word = |token: Token<'_>| matches!(token.kind, Kind::Word | Kind::Private);
    let number_and_dot = before.text.starts_with(|c: char| c.is_ascii_digit()) && next.text == ".";
    let signs = (before.text.chars().next_back(), next.text.chars().next());
    let one_operator = matches!(signs, (Some('+'), Some('+')) | (Some('-'), Some('-')) | (Some('/'), Some('/' | '*')));
    (is_word(before) && is_word(next)) || number_and_dot || one_operator || signs == (Some('?'), Some('.'))
}

/// Short names for the private ones, the shortest for those that occur most often.
fn short_names<'a>(tokens: &[Token<'a>]) -> BTreeMap<&'a str, String> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for token in tokens.iter().filter(|token| token.kind == Kind::Private) {
        *counts.entry(token.text).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by_key(|&(_, count)| usize::MAX - count);
    names.into_iter().enumerate().map(|(place, (name, _))| (name, short_name(place))).collect()
}

/// `#a` to `#z`, then `#aa`, `#ba` and so on: none is the forbidden `#constructor` so soon.
fn short_name(mut place: usize) -> String {
    let mut name = "#".to_owned();
    loop {
        name.push(char::from(b'a' + (place % 26) as u8));
        if place < 26 {
            return name;
        }
        place = place / 26 - 1;
    }
}

fn tokens(script: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    // Of each open brace, whether it is one in a template.
    let mut braces = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let before = tokens.iter().rev().find(|token| token.kind != Kind::Space);
        let doubt = || format!("cannot read: {}", rest.lines().next().unwrap_or_default());
        let (kind, length) = match first {
            '/' if rest.starts_with("//") => (Kind::Space, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (Kind::Space, rest.find("*/").ok_or_else(doubt)? + 2),
            '/' if begins_regex(before).ok_or_else(doubt)? => (Kind::Literal, regex(rest).ok_or_else(doubt)?),
            '\'' | '"' => (Kind::Literal, string(rest, first).ok_or_else(doubt)?),
            '`' => (Kind::Literal, template(rest, &mut braces).ok_or_else(doubt)?),
            '}' if braces.pop().ok_or_else(doubt)? => (Kind::Literal, template(rest, &mut braces).ok_or_else(doubt)?),
            '{' => {
                braces.push(false);
                (Kind::Sign, 1)
            }
            '#' => (Kind::Private, 1 + word(&rest[1..])),
            _ if is_of_word(first) => (Kind::Word, word(rest)),
            _ if first.is_whitespace() => (Kind::Space, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())),
            _ => (Kind::Sign, first.len_utf8()),
        };
        let (text, after) = rest.split_at(length);
        tokens.push(Token { kind, text });
        rest = after;
    }
    if braces.is_empty() { Ok(tokens) } else { Err("a brace is not closed".to_owned()) }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn word(text: &str) -> usize {
    text.find(|c| !is_of_word(c)).unwrap_or(text.len())
}

/// Whether a slash after this begins a regular expression, if that can be told.
fn begins_regex(before: Option<&Token<'_>>) -> Option<bool> {
    let Some(before) = before else { return Some(true) };
    match (before.kind, before.text) {
        (Kind::Word, word) => Some(BEFORE_A_REGEX.contains(&word)),
        (Kind::Sign, ")" | "]") | (Kind::Private | Kind::Literal, _) => Some(false),
        // It may end a block or an object.
        (_, "}") => None,
        _ => Some(true),
    }
}

fn regex(text: &str) -> Option<usize> {
    let mut in_class = false;
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(place + 1),
            '\n' => return None,
            _ => {}
        }
    }
    None
}

fn string(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\n' => return None,
            _ if c == quote => return Some(place + 1),
            _ => {}
        }
    }
    None
}

/// A template, or what goes on of one behind a brace, up to its end or to the next brace.
fn template(text: &str, braces: &mut Vec<bool>) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '`' => return Some(place + 1),
            '$' if chars.peek().is_some_and(|&(_, next)| next == '{') => {
                braces.push(true);
                return Some(place + 2);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_are_short_and_spaces_are_gone() {
        let script = "export class A extends B {\n  #count = 0\n  #name\n  get #next() { return this.#count + 1 }\n\n  is(o) { return #name in o }\n}\n";
        let short = "export class A extends B{\n#b=0\n#a\nget #c(){return this.#b+1}\n\nis(o){return #a in o}\n}\n";
        let named = script.replace("return #name in o", "return #name in o && this.#name");
        assert_eq!(shortened(&named).unwrap(), short.replace("return #a in o", "return #a in o&&this.#a"));
    }

    #[test]
    fn what_stands_in_quotes_stays_as_it_is() {
        for literal in [
            "'#name { a : b } // c'",
            "\"it's #name \\\" ` \"",
            "`# name ${ '`' } / #name`",
            "/[/'\"] #name `/u",
            "/a \\/ b/",
        ] {
            let short = shortened(&format!("x = {literal} + #name\n")).unwrap();
            let kept = literal.replace("${ '`' }", "${'`'}");
            assert_eq!(short, format!("x={kept}+#a\n"));
        }
        let nested = "`a ${ b ? `c ${ { d: this.#name } } e` : { f: 1 } } #name`";
        assert_eq!(shortened(nested).unwrap(), "`a ${b?`c ${{d:this.#a}} e`:{f:1}} #name`");
    }

    #[test]
    fn what_would_become_another_operator_or_word_stays_apart() {
        for text in ["a + +b", "a - -b", "a++ + b", "a / /b/.c", "typeof a", "case 1", "a ? .5:b", "1 .c", "in a"] {
            let kept = shortened(text).unwrap();
            assert_eq!(kept.matches(' ').count(), 1, "{kept}");
        }
        assert_eq!(shortened("(a + b) / 2 / c[1] / 3 // d\n").unwrap(), "(a+b)/2/c[1]/3\n");
        assert_eq!(shortened("return /a b/.test(c) /* d\n */ \n").unwrap(), "return/a b/.test(c)\n\n");
    }

    #[test]
    fn what_cannot_be_read_without_doubt_is_refused() {
        for text in ["}", "{", "'a\n'", "`a", "`${a`", "/* a", "if (a) {} /b/.c", "x = /a\n"] {
            assert!(shortened(text).is_err(), "{text}");
        }
    }

    #[test]
    fn there_are_names_enough() {
        let names: Vec<String> = [0, 25, 26, 51, 52, 701].map(short_name).into();
        assert_eq!(names, ["#a", "#z", "#aa", "#za", "#ab", "#zz"]);
    }
}
