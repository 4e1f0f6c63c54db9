//! The limits that clients must know. Lengths of text are in Unicode grapheme clusters: what people
//! count as characters.

/// An event's name.
pub const EVENT_NAME_CHARS: usize = 120;
/// An activity's title.
pub const TITLE_CHARS: usize = 300;
/// An option of a choice poll, given or own.
pub const OPTION_CHARS: usize = 140;
/// Fewest and most options of a choice poll.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=20;
/// One word of a word cloud; it may be a short phrase.
pub const WORD_CHARS: usize = 40;
/// Fewest and most words per person.
pub const WORDS_PER_PERSON: std::ops::RangeInclusive<u8> = 1..=10;
/// Fewest and most statements of a rating, each as long as an option.
pub const STATEMENTS: std::ops::RangeInclusive<usize> = 1..=10;
/// The lowest and the highest number of points of a rating's scale.
pub const SCALE_POINTS: std::ops::RangeInclusive<u8> = 2..=10;
/// What an end of a rating's scale means.
pub const SCALE_LABEL_CHARS: usize = 40;
/// A participant's name.
pub const NAME_CHARS: usize = 40;
/// Length of a join code, in letters.
pub const CODE_LETTERS: std::ops::RangeInclusive<usize> = 4..=10;
/// Activities of one event.
pub const ACTIVITIES_PER_EVENT: usize = 200;
/// For how many seconds a countdown may run.
pub const COUNTDOWN_SECONDS: std::ops::RangeInclusive<u32> = 1..=24 * 60 * 60;
/// How many days ahead an activity may be scheduled to open or close.
pub const SCHEDULE_DAYS: u32 = 60;
/// A question.
pub const POST_CHARS: usize = 300;
/// A reply to a question.
pub const REPLY_CHARS: usize = 1000;
/// A reason in a moderator's own words.
pub const REASON_CHARS: usize = 200;
/// Labels of one event.
pub const LABELS: usize = 20;
/// A label's name.
pub const LABEL_CHARS: usize = 30;
/// The colours of labels.
pub const LABEL_COLOURS: std::ops::RangeInclusive<u8> = 1..=8;
/// Words of an event's own word filter, each as long as a word of a cloud.
pub const FILTER_WORDS: usize = 200;
/// Words of one activity that moderators may decide on: hide, merge or restore.
pub const WORDS_DECIDED: usize = 300;
/// Words that are shown, and as many hidden ones, that the topic `results` holds for those who
/// moderate.
pub const WINDOW_WRITTEN: usize = 100;
/// Fewest and most texts of one person on a text wall that has a limit.
pub const TEXTS_PER_PERSON: std::ops::RangeInclusive<u8> = 1..=10;
/// Questions that one device may send within a minute.
pub const POSTS_PER_MINUTE: usize = 5;
/// Texts that one device may send to an activity within a minute: whoever may send ten has them
/// ready.
pub const TEXTS_PER_MINUTE: usize = 10;
/// Posts of one device, at one place, that wait for review at the same time.
pub const POSTS_WAITING: usize = 20;
/// Posts in one act of a moderator.
pub const POSTS_PER_ACT: usize = 200;
/// The most supported questions that the topic `posts` holds for phones, screens and each speakers'
/// view.
pub const WINDOW_PHONE: usize = 20;
/// The same for screens.
pub const WINDOW_SCREEN: usize = 10;
/// The same for speakers.
pub const WINDOW_SPEAKER: usize = 100;
/// The newest texts of an activity that the topic `results` holds for phones.
pub const WINDOW_TEXTS_PHONE: usize = 20;
/// The same for screens and studios.
pub const WINDOW_TEXTS: usize = 60;
/// Posts of each list that the topic `moderation` holds, of questions and of the activity on stage.
pub const WINDOW_MODERATION: usize = 100;
/// Once the topic `moderation` holds so many posts, it holds none of further activities.
pub const MODERATION_POSTS: usize = 800;
/// The name of a place in a room test.
pub const PLACE_CHARS: usize = 60;
/// Places of one phone in a room test; with one more, the oldest reading goes.
pub const PLACES_PER_PHONE: usize = 8;
/// Readings that one phone may send in a room test.
pub const READINGS_PER_PHONE: u32 = 50;
/// Networks and places that a room test's board holds, those with the most readings.
pub const WINDOW_GROUPS: usize = 50;
/// Readings that it holds, the worst.
pub const WINDOW_READINGS: usize = 400;
/// The slowest readings that it holds.
pub const WINDOW_SLOWEST: usize = 50;
/// The bytes of a character in a short text, on average: a family of four takes 25, a flag of a
/// country's part 28.
pub const BYTES_PER_CHAR: usize = 32;
/// The bytes of a character in a long text, on average: in no script do so many take more.
pub const BYTES_PER_CHAR_OF_MANY: usize = 16;
/// Where texts begin to be long: this many bytes any text of up to 300 characters may take.
pub const BYTES_OF_A_TEXT: usize = 300 * BYTES_PER_CHAR_OF_MANY;

/// The bytes that a text of at most so many characters may take, however few it shows: a character
/// may be made of very many code points.
pub const fn bytes_of(chars: usize) -> usize {
    let (short, long) = (chars * BYTES_PER_CHAR, chars * BYTES_PER_CHAR_OF_MANY);
    if short <= BYTES_OF_A_TEXT {
        short
    } else if long <= BYTES_OF_A_TEXT {
        BYTES_OF_A_TEXT
    } else {
        long
    }
}

/// The payload of one message from a client, in bytes; more is refused at the frame's header with
/// 1009.
pub const CLIENT_MESSAGE_BYTES: usize = 16 * 1024;
/// Commands of one connection that wait for their receipts at the same time; one more is refused
/// with `later`.
pub const COMMANDS_IN_FLIGHT: usize = 16;
/// Commands per second that one sender may send to one event for long, on all connections together;
/// one more is refused with `later`. Also messages per second of a connection that are no commands;
/// one more ends it with 1008.
pub const MESSAGES_PER_SECOND: u32 = 10;
/// The same at once, as an outbox does after a time without network.
pub const MESSAGES_BURST: u32 = 60;
/// Messages per second of one connection for long, commands or not, beyond which it is ended with
/// 1008.
pub const FLOOD_PER_SECOND: u32 = 100;
/// The same at once.
pub const FLOOD_BURST: u32 = 600;
/// Connections of one device in one event; one more closes the oldest with 4502.
pub const CONNECTIONS_PER_DEVICE: usize = 8;
