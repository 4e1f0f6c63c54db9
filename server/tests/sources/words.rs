//! The words that people read are in the catalogues, not in the pages.

use super::sources;

/// The one word that is the same in every language.
const NAME: &str = "Parterre";
/// Attributes whose value is shown or read out.
const SPOKEN: [&str; 6] = ["alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription"];

#[test]
fn pages_hold_no_words_of_their_own() {
    let (pages, kinds) = (sources("web/pages", &[".html"]), sources("web/kinds", &[".html"]));
    assert!(!pages.is_empty() && !kinds.is_empty());
    let words = pages
        .iter()
        .chain(&kinds)
        .flat_map(|page| own_words(&page.text).into_iter().map(|word| (page.path.clone(), word)));
    let words: Vec<(String, String)> = words.collect();
    assert!(words.is_empty(), "to be moved into web/i18n: {words:#?}");
}

#[test]
fn a_word_is_seen_wherever_a_person_would_read_it() {
    assert_eq!(own_words("<p>{{ t.text(\"a.b\") }}: <b>Vote</b> &middot; 12 %</p>"), [": Vote  12 %"]);
    assert_eq!(own_words("<img alt=\"A tulip\" src=\"tulip.svg\"><input placeholder='{{ hint }}'>"), ["A tulip"]);
    assert_eq!(own_words("{# why #}{% if a > b %}<!-- note --><title>Parterre</title>{% endif %}"), [""; 0]);
    assert_eq!(own_words("<script type=\"module\">run()</script><style>a{}</style>"), [""; 0]);
}

/// What nobody reads, in the order in which it is taken away: the blocks that fill in attributes of
/// a tag, then askama's own marks, which may hold anything, then comments and code.
const UNREAD: [(&str, &str); 8] = [
    ("{% block body_attributes %}", "{% endblock %}"),
    ("{% block theme %}", "{% endblock %}"),
    ("{#", "#}"),
    ("{%", "%}"),
    ("{{", "}}"),
    ("<!--", "-->"),
    ("<script", "</script>"),
    ("<style", "</style>"),
];

fn own_words(page: &str) -> Vec<String> {
    let page = UNREAD.iter().fold(page.to_owned(), |page, (open, close)| without(&page, open, close).0);
    let (text, tags) = without(&page, "<", ">");
    let (text, _entities) = without(&text, "&", ";");
    let spoken = tags.iter().flat_map(|tag| SPOKEN.iter().filter_map(|name| attribute(tag, name)));
    let lines = text.lines().chain(spoken).map(|words| words.replace(NAME, "").trim().to_owned());
    lines.filter(|words| words.contains(char::is_alphabetic)).collect()
}

/// The text without what stands between these marks, and what stood there.
fn without(text: &str, open: &str, close: &str) -> (String, Vec<String>) {
    let (mut rest, mut kept, mut taken) = (text, String::new(), Vec::new());
    while let Some((before, after)) = rest.split_once(open) {
        let (inside, behind) = after.split_once(close).unwrap_or((after, ""));
        kept.push_str(before);
        taken.push(inside.to_owned());
        rest = behind;
    }
    (kept + rest, taken)
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}="))?;
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    value[1..].split(quote).next()
}
