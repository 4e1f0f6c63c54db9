//! Scripts and styles as browsers get them: without what only people read, which would be a quarter
//! of what a phone loads. The build script, which embeds them, reads this file too.

/// A script or a style without the comments that begin a line, without types, and without
/// indentation. The lines stay where they are, so that the place of an error is the same here and
/// there. No text over several lines in our scripts has a line that begins like a comment, or means
/// anything by how far it is indented.
pub(crate) fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let start = line.trim_start();
        inside |= start.starts_with("/*");
        let kept = if inside {
            let end = line.split_once("*/");
            inside = end.is_none();
            end.map_or("", |(_, rest)| rest.trim_start())
        } else if start.starts_with("//") {
            ""
        } else {
            start
        };
        // The last of a style's declarations needs no end.
        bare.push_str(&without_types(kept).replace("; }", "}"));
        bare.push('\n');
    }
    bare
}

/// The text as in a release: without lines that end up empty, and, for a style sheet, without the
/// spaces that only help reading. No string in our styles contains a brace or a semicolon.
pub(crate) fn packed(path: &str, text: &str) -> String {
    let mut packed = String::with_capacity(text.len());
    for line in bare(text).lines().filter(|line| !line.is_empty()) {
        if path.ends_with(".css") {
            let spaced = [(" { ", "{"), (" {", "{"), ("; ", ";"), ("} ", "}"), (": ", ":"), (", ", ",")];
            packed.push_str(&spaced.iter().fold(line.to_owned(), |line, (long, short)| line.replace(long, short)));
        } else {
            packed.push_str(line);
        }
        packed.push('\n');
    }
    packed
}

/// A line without the types that stand in the middle of it.
pub(crate) fn without_types(line: &str) -> String {
    let mut parts = line.split("/** @");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("*/") {
            Some((_, rest)) => kept.push_str(rest.strip_prefix(' ').unwrap_or(rest)),
            None => kept.extend(["/** @", part]),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_read_is_left_out_and_every_line_stays_where_it_is() {
        let script = "// Of votes.\n\n/**\n * A vote.\n * @param {number} n\n */\nfunction vote(n) {\n  /** @type {string} */\n  const url = 'http://a/*b*/' // kept\n  /** @type {any} */ (url).go(/** @type {any} */ (n))\n}\n";
        let plain = "\n\n\n\n\n\nfunction vote(n) {\n\nconst url = 'http://a/*b*/' // kept\n(url).go((n))\n}\n";
        assert_eq!(bare(script), plain);
        assert_eq!(packed("a.js", script), plain.trim_start().replace("\n\n", "\n"));
    }

    #[test]
    fn a_style_is_packed_without_its_spaces() {
        let style = "/* A bar. */\n.bar > b:hover, .bar b { margin: calc(1px + 2px) 0; color: red; }\n\n@media (width > 1px) {\n  a { top: 0; } b { left: 0; }\n}\n";
        let packed = packed("a.css", style);
        assert_eq!(
            packed,
            ".bar > b:hover,.bar b{margin:calc(1px + 2px) 0;color:red}\n@media (width > 1px){\na{top:0}b{left:0}\n}\n"
        );
    }
}
