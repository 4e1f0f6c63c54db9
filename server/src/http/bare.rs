//! Scripts as browsers get them: without the lines that only people read, which would be a quarter of what a phone loads.
//! The build script, which embeds them, reads this file too.

/// A script without the comments that begin a line. The lines stay where they are, so that the place of an error is the same
/// here and there. No text over several lines in our scripts has a line that begins like a comment.
pub(crate) fn without_comments(script: &str) -> String {
    let mut bare = String::with_capacity(script.len());
    let mut inside = false;
    for line in script.lines() {
        let start = line.trim_start();
        inside |= start.starts_with("/*");
        let kept = if inside {
            let end = line.split_once("*/");
            inside = end.is_none();
            end.map_or("", |(_, rest)| rest.trim_start())
        } else if start.starts_with("//") {
            ""
        } else {
            line
        };
        bare.push_str(kept);
        bare.push('\n');
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_read_is_left_out_and_every_line_stays_where_it_is() {
        let script = "// Of votes.\n\n/**\n * A vote.\n * @param {number} n\n */\nfunction vote(n) {\n  /** @type {string} */\n  const url = 'http://a/*b*/' // kept\n  /** @type {any} */ (url).go(/** @type {any} */ (n))\n}\n";
        let bare = "\n\n\n\n\n\nfunction vote(n) {\n\n  const url = 'http://a/*b*/' // kept\n(url).go(/** @type {any} */ (n))\n}\n";
        assert_eq!(without_comments(script), bare);
    }
}
