//! Exports, read back as other programs read them.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use parterre_protocol::{
    Act, PostCommand, PostId,
    posts::{Label, PostState, QaState, Queue, Reason, ReasonCode},
    topics::Audience,
};
use serde_json::{Value, json};

use crate::{browser::HttpResponse, event::Event, house::House, live::Live, questions::moderating};

/// What a cell of an export holds.
type Cells = Vec<Vec<Data>>;

fn export(event: &Event, file: &str) -> HttpResponse {
    event.server.owner().get(&event.path(&format!("/export/{file}"))).expect(200)
}

fn workbook(answer: &HttpResponse) -> (String, Cells) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes.clone())).expect("a workbook");
    let sheet = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&sheet).expect("a sheet");
    (sheet, range.rows().map(<[Data]>::to_vec).collect())
}

/// The lines of a text table whose cells have this sign between them.
fn lines(answer: &HttpResponse, separator: u8) -> Vec<Vec<String>> {
    let text = answer.body.strip_prefix('\u{feff}').expect("it says that it is UTF-8");
    let mut table = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
    table.records().map(|line| line.expect("a line").iter().map(str::to_owned).collect()).collect()
}

/// A moment of the server as a workbook has it: days since the end of 1899.
fn serial(at: i64) -> f64 {
    (at.div_euclid(1000)) as f64 / 86_400.0 + 25_569.0
}

fn open(event: &Event) -> Live {
    let mut studio = moderating(event);
    studio.configure(|settings| {
        (settings.state, settings.review, settings.downvotes) = (QaState::Open, true, true);
        settings.labels = vec![Label { id: 1, name: "Été & coûts".to_owned(), colour: 1, public: false }];
    });
    studio
}

fn ask(phone: &mut Live, text: &str, name: Option<&str>) {
    phone.post(PostCommand::Ask { text: text.to_owned(), name: name.map(str::to_owned) });
}

/// What happens in an event: five questions, of which these devices send each, and what a moderator
/// does with them.
fn story(event: &Event, devices: [usize; 5]) -> Vec<Live> {
    let mut studio = open(event);
    let mut phones = [event.phone(), event.phone(), event.phone()];
    let texts = ["=SUM(A1:A9)", "Où dort le comité ?", "Will travel be paid?", "Is travel paid?", "Taken back?"];
    let names = [None, Some("Zoé"), None, None, None];
    for (number, ((device, text), name)) in (1..).zip(devices.into_iter().zip(texts).zip(names)) {
        ask(&mut phones[device], text, name);
        studio.until("the question", |studio| studio.moderates(number, |_| true));
    }
    phones[devices[4]].post(PostCommand::Withdraw { post: PostId::new(5) });
    studio.until("that it is taken back", |studio| studio.moderation().counts.review == 4);
    let reason = Some(Reason { code: ReasonCode::OffTopic, text: Some("Not here.".to_owned()) });
    studio.moderate(Act::Decline { posts: studio.seen(&[1]), reason });
    studio.moderate(Act::Edit { post: studio.seen(&[2])[0], text: "Où dort le comité d’été ?".to_owned() });
    studio.until("the edit", |studio| studio.moderates(2, |post| post.original.is_some()));
    studio.moderate(Act::Label { posts: studio.seen(&[2]), label: 1, on: true });
    studio.until("the label", |studio| studio.moderates(2, |post| !post.labels.is_empty()));
    studio.moderate(Act::Reply { post: studio.seen(&[2])[0], text: "-> Hôtel".to_owned() });
    studio.moderate(Act::Merge { into: studio.seen(&[3])[0], posts: studio.seen(&[4]) });
    studio.until("the part", |studio| studio.moderates(4, |post| post.merged_into.is_some()));
    studio.moderate(Act::Move { posts: studio.seen(&[3]), to: Queue::Published });
    studio.until("it is shown", |studio| studio.moderates(3, |post| post.state == PostState::Published));
    studio.moderate(Act::Answered { posts: studio.seen(&[3]), on: true });
    studio.moderate(Act::Block { post: PostId::new(1), on: true });
    phones.into()
}

#[test]
fn a_workbook_has_every_question_with_real_dates_and_what_became_of_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let phones = story(&event, [0, 0, 1, 2, 1]);
    let answer = export(&event, "questions.xlsx");
    let name = answer.header("content-disposition");
    assert!(name.starts_with(&format!("attachment; filename=\"{}-questions-20", event.code)), "{name}");
    assert!(answer.header("content-type").contains("spreadsheetml"));
    let (sheet, cells) = workbook(&answer);
    assert_eq!((&*sheet, cells.len()), ("Questions", 5), "what was taken back is not told: {cells:?}");
    let column = |heading: &str| cells[0].iter().position(|cell| *cell == heading).expect("a column");
    let cell = |number: usize, heading: &str| &cells[number][column(heading)];
    for (number, heading, value) in [
        (1, "Question", "=SUM(A1:A9)"),
        (1, "State", "Declined"),
        (1, "Reason", "Off topic: Not here."),
        (2, "Name", "Zoé"),
        (2, "Question", "Où dort le comité d’été ?"),
        (2, "Original text", "Où dort le comité ?"),
        (2, "Labels", "Été & coûts"),
        (2, "Reply", "-> Hôtel"),
        (3, "State", "Published"),
    ] {
        assert_eq!(cell(number, heading), &value, "{number} {heading}");
    }
    assert_eq!((cell(1, "Name"), cell(3, "Name")), (&Data::Empty, &Data::Empty));
    assert_eq!((cell(4, "Merged into no."), cell(4, "Votes for")), (&Data::Float(3.0), &Data::Float(0.0)));
    assert_eq!((cell(3, "Votes for"), cell(3, "Starred")), (&Data::Float(2.0), &Data::Bool(false)));
    let Data::DateTime(asked) = cell(1, "Asked (UTC)") else { panic!("{cells:?}") };
    let at = event.enter(Audience::Phone, &event.device()).me();
    assert!(at.posts.is_empty(), "a newcomer has asked nothing");
    let own = phones[0].own(1).expect("one's own question");
    assert!((asked.as_f64() - serial(own.at)).abs() < 1e-6, "{asked:?} {}", own.at);
    assert!(matches!(cell(3, "Answered (UTC)"), Data::DateTime(_)));
    assert_eq!(cell(1, "Published (UTC)"), &Data::Empty);
}

#[test]
fn text_has_the_same_in_the_reader_s_language_and_defuses_formulas() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let _phones = story(&event, [0, 0, 1, 2, 1]);
    let french = house.owner().with("Accept-Language", "fr");
    let answer = french.get(&event.path("/export/questions.csv")).expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let table = lines(&answer, b';');
    assert_eq!(&table[0][..3], ["N°", "État", "Question"]);
    assert_eq!(&table[1][..5], ["1", "Refusée", "'=SUM(A1:A9)", "", ""]);
    assert_eq!((&*table[2][8], &*table[2][4]), ("'-> Hôtel", "Zoé"));
    let asked = &table[1][14];
    assert!(asked.ends_with('Z') && asked.len() == "2026-11-21T09:12:05.123Z".len(), "{asked}");
    assert_eq!((&*table[1][11], table.len()), ("non", 5));

    let told = export(&event, "questions.json").json();
    assert_eq!(told["code"], event.code);
    let first = &told["questions"][0];
    assert_eq!((&first["name"], &first["state"], &first["votes"]), (&json!(""), &json!("declined"), &json!(1)));
    assert_eq!(first["reason"], json!({"code": "off_topic", "text": "Not here."}));
    assert_eq!((&first["asked_at"], &first["published_at"]), (&json!(asked), &Value::Null));
}

/// A workbook without the times in it.
fn timeless(mut cells: Cells) -> Cells {
    for cell in cells.iter_mut().flatten().filter(|cell| matches!(cell, Data::DateTime(_))) {
        *cell = Data::String("a time".to_owned());
    }
    cells
}

/// Text without the times in it.
fn timeless_text(text: &str) -> String {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || "-:.".contains(c));
    let is_time = |word: &str| word.len() == 24 && word.ends_with('Z') && word.contains('T');
    let words = text.split_inclusive(ends).map(|word| {
        let bare = word.trim_end_matches(ends);
        if is_time(bare) { word.replace(bare, "a time") } else { word.to_owned() }
    });
    words.collect()
}

#[test]
fn no_export_tells_whether_two_questions_are_of_one_device() {
    let house = House::shared();
    let (one, several) = (Event::new(&house, &[]), Event::new(&house, &[]));
    // In the first event one device sends the first four questions, in the second different ones
    // do.
    let alone = story(&one, [0, 0, 0, 1, 1]);
    let _others = story(&several, [0, 1, 2, 0, 0]);
    let told = |event: &Event, file: &str| timeless_text(&export(event, file).body).replace(&event.code, "CODE");
    for file in ["questions.json", "questions.csv", "ledger.csv"] {
        assert_eq!(told(&one, file), told(&several, file), "{file}");
    }
    for file in ["questions.xlsx", "ledger.xlsx"] {
        let cells = |event| timeless(workbook(&export(event, file)).1);
        assert_eq!(cells(&one), cells(&several), "{file}");
    }
    let participant = alone[0].me().participant.to_string();
    for file in ["questions.json", "questions.csv", "ledger.json", "ledger.csv"] {
        assert!(!export(&one, file).body.contains(&participant), "{file}");
    }
}

#[test]
fn who_has_a_name_and_asks_without_it_stays_without_it() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    let mut studio = open(&event);
    let device = house.stranger();
    device.ask("POST", "/api/v1/join", &json!({"code": event.code, "name": "Wilhelmina"})).expect(200);
    let mut phone = event.enter(Audience::Phone, &device);
    assert_eq!(phone.me().name.as_deref(), Some("Wilhelmina"));
    ask(&mut phone, "Who am I?", None);
    studio.until("the question", |studio| studio.moderates(1, |_| true));
    for file in ["questions.json", "questions.csv", "ledger.json"] {
        assert!(!export(&event, file).body.contains("Wilhelmina"), "{file}");
    }
    let (_, cells) = workbook(&export(&event, "questions.xlsx"));
    assert_eq!(cells[1][4], Data::Empty, "{cells:?}");
    ask(&mut phone, "And now?", Some("anything"));
    studio.until("the second", |studio| studio.moderates(2, |_| true));
    assert!(export(&event, "questions.csv").body.contains("Wilhelmina"), "where it is given, it is the one");
}

#[test]
fn the_ledger_says_who_did_what_in_words() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    let _phones = story(&event, [0, 0, 1, 2, 1]);
    let table = lines(&export(&event, "ledger.csv"), b',');
    assert_eq!(
        table[0],
        ["When (UTC)", "Who", "What", "Questions and texts no.", "Text", "Reason", "New wording or reply"]
    );
    let rest: Vec<_> = table[1..].iter().map(|line| line[1..].join("|")).collect();
    assert_eq!(
        rest,
        [
            "Inès|Question settings changed||||",
            "Inès|Declined|1|'=SUM(A1:A9)|Off topic: Not here.|",
            "Inès|Text changed|2|Où dort le comité d’été ?||Où dort le comité d’été ?",
            "Inès|Label “Été & coûts” added|2|Où dort le comité d’été ?||",
            "Inès|Reply written|2|Où dort le comité d’été ?||'-> Hôtel",
            "Inès|Merged into no. 3|4|Is travel paid?||",
            "Inès|Published|3|Will travel be paid?||",
            "Inès|Marked as answered|3|Will travel be paid?||",
            "Inès|Device blocked|1|'=SUM(A1:A9)||",
        ]
    );
    let (sheet, cells) = workbook(&export(&event, "ledger.xlsx"));
    assert_eq!((&*sheet, cells.len()), ("Moderation ledger", 10));
    assert!(matches!(cells[1][0], Data::DateTime(_)), "{cells:?}");
    let french = house.owner().with("Accept-Language", "fr").get(&event.path("/export/ledger.csv")).expect(200);
    let name = french.header("content-disposition");
    assert!(name.contains(&format!("{}-journal-20", event.code)), "{name}");
    let told = export(&event, "ledger.json").json();
    let merge = &told["acts"][5];
    assert_eq!((&merge["what"], &merge["questions"], &merge["who"]), (&json!("merge"), &json!([4]), &json!("Inès")));
}

#[test]
fn exports_are_for_the_event_s_facilitators() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    for file in ["questions.xlsx", "questions.csv", "questions.json", "ledger.xlsx", "ledger.csv", "ledger.json"] {
        let path = event.path(&format!("/export/{file}"));
        house.owner().get(&path).expect(200);
        assert_eq!(house.stranger().get(&path).refusal(), (401, "unauthorised".to_owned()));
        assert_eq!(house.other_team().get(&path).refusal(), (404, "unknown_event".to_owned()));
    }
    for file in ["questions.pdf", "questions", "answers.csv", "questions.csv.csv"] {
        house.owner().get(&event.path(&format!("/export/{file}"))).expect(404);
    }
}
