//! What kinds of characters there are, by Unicode's own properties.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

/// What stands for a space: white space, controls, and the signs that are as wide as a letter and
/// show nothing.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Characters that show nothing by themselves: default-ignorable code points, format controls
/// except those drawn around digits, and noncharacters.
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || (category(c) == GeneralCategory::Format && !is_drawn_around_digits(c))
        || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{1d159}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that show nothing by themselves: default-ignorable code points, format controls
/// except those drawn around digits, and noncharacters.
pub(super) const fn shapes_neighbours(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Of those, what has something to say only where a text goes on.
pub(super) const fn is_nothing_at_the_end(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}')
}

/// A tag: a letter that nobody sees, and that belongs to a flag.
pub(super) const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Whether a tag may follow: the black flag, of which tags make that of a country's part, and other
/// tags.
pub(super) const fn takes_tags(c: char) -> bool {
    c == '\u{1f3f4}' || is_tag(c)
}

/// A mark that is drawn on a letter, or after it: nothing without one.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(category(c))
}

/// An accent, or a sign for a vowel that may be left out: no letter of its own in any script.
pub(super) const fn is_accent(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{487}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'
            | '\u{5c1}'
            | '\u{5c2}'
            | '\u{5c4}'
            | '\u{5c5}'
            | '\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Punctuation of any script, but for the signs that make another word of what they stand at, such
/// as `C#` and `50%`.
pub(super) fn is_punctuation(c: char) -> bool {
    let says_something = matches!(c, '#' | '%' | '&' | '@' | '§' | '‰' | '‱' | '٪' | '﹟' | '﹠' | '﹪' | '﹫')
        || matches!(c, '＃' | '％' | '＆' | '＠');
    let is_drawn_large = matches!(c, '\u{2753}'..='\u{2755}' | '\u{2757}');
    (GeneralCategoryGroup::Punctuation.contains(category(c)) && !says_something)
        || matches!(c, '`' | '´')
        || is_drawn_large
}

/// Apostrophes, quotation marks and dashes as the plain ones of a keyboard, whichever of them a
/// device puts; others as they are.
pub(super) fn plain_sign(c: char) -> char {
    match c {
        '`' | '´' | '\u{2b9}' | '\u{2bb}'..='\u{2bd}' | '\u{2c8}' | '\u{374}' | '\u{55a}' | '\u{5f3}' => '\'',
        '\u{7f4}' | '\u{7f5}' | '\u{1fbd}' | '\u{1fbf}' => '\'',
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2035}' | '\u{2039}' | '\u{203a}' | '\u{a78b}' | '\u{a78c}' => '\'',
        '«' | '»' | '״' | '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{2036}' | '\u{301d}'..='\u{301f}' => '"',
        '\u{301c}' | '\u{3030}' => '~',
        '\u{2d7}' | '\u{2043}' | '\u{2212}' => '-',
        c if !c.is_ascii() && category(c) == GeneralCategory::DashPunctuation => '-',
        c => c,
    }
}

/// What tells a power or an index from the digit that it is made of.
pub(super) const fn raised_or_lowered(c: char) -> Option<char> {
    match c {
        '²' | '³' | '¹' | '\u{2070}'..='\u{207f}' => Some('^'),
        '\u{2080}'..='\u{208e}' => Some('_'),
        _ => None,
    }
}

/// The bars by which a word is made longer in Arabic and N’Ko.
pub(super) const fn is_stretch(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{7fa}')
}

const fn is_drawn_around_digits(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}')
        || matches!(c, '\u{110bd}' | '\u{110cd}')
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}
