//! Exports of all results of an event, read back as other programs read them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read},
};

use calamine::{Data, Reader, Xlsx};
use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, Control, Outcome, PostCommand, Rating, Ratings, Settings, TextWall,
    kinds::{choice::PollOption, rating::Scale},
    posts::{ActivityRound, NamePolicy, QaState},
    topics::Audience,
};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, HttpResponse},
    event::{Event, cloud, pick, strict_poll, words},
    house::House,
    live::{Live, response},
    questions::moderating,
    schema::problems,
};

const SCHEMA: &str = include_str!("../../../docs/export.schema.json");

fn export(event: &Event, ending: &str) -> HttpResponse {
    event.server.owner().get(&event.path(&format!("/export/results.{ending}"))).expect(200)
}

/// The sheets of a workbook by name, as they stand in it, without their headings' formulas.
fn workbook(answer: &HttpResponse) -> (Vec<String>, BTreeMap<String, Vec<Vec<Data>>>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes.clone())).expect("a workbook");
    let names = book.sheet_names();
    let mut sheet = |name: &String| {
        let range = book.worksheet_range(name).expect("a sheet");
        (name.clone(), range.rows().map(<[Data]>::to_vec).collect())
    };
    let sheets = names.iter().map(&mut sheet).collect();
    (names, sheets)
}

/// The files of an archive by name, each as lines of cells with this sign between them.
fn archive(answer: &HttpResponse, separator: u8) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.bytes.clone())).expect("an archive");
    let files = zip.len();
    let read = |at: usize| {
        let mut file = zip.by_index(at).expect("a file");
        let (name, mut text) = (file.name().expect("UTF-8").into_owned(), String::new());
        file.read_to_string(&mut text).expect("UTF-8");
        let text = text.strip_prefix('\u{feff}').expect("it says that it is UTF-8");
        let mut table = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
        (name, table.records().map(|line| line.expect("a line").iter().map(str::to_owned).collect()).collect())
    };
    (0..files).map(read).collect()
}

fn several() -> Settings {
    let poll = strict_poll();
    Settings::Choice(ChoicePoll { title: "Which days?".to_owned(), max: 2, other: true, ..poll })
}

fn rating() -> Settings {
    let statement = |(id, text): (u16, &str)| PollOption { id, text: text.to_owned() };
    let statements = [(1, "Clear"), (2, "=SUM(A1:A9)")].map(statement).into();
    Settings::Rating(Rating { title: "The statutes".to_owned(), statements, scale: Scale::Nps, changeable: true })
}

fn wall() -> Settings {
    let title = "What should we stop doing?".to_owned();
    Settings::Open(TextWall { title, texts_per_person: None, review: false, names: NamePolicy::Anonymous })
}

/// A choice of these options, and one's own.
fn choice(options: &[u16], other: Option<&str>) -> Answer {
    Answer::Choice(Choice { options: options.to_vec(), other: other.map(str::to_owned) })
}

/// Has people answer an activity: in the order of the answers or the other way round, the first who
/// answers being the n-th of them.
fn give(phones: &mut [Live], (activity, round): (ActivityId, u32), first: usize, answers: &[Answer]) {
    let order: Vec<_> = if first == 0 { answers.iter().collect() } else { answers.iter().rev().collect() };
    for (n, answer) in order.into_iter().enumerate() {
        let outcome = phones[(first + n) % 3].command(&response(activity, round, answer.clone()));
        assert!(matches!(outcome, Outcome::Stored { .. }), "{outcome:?}");
    }
}

/// An event in which three people have answered a poll, in two rounds, and everything else once. To
/// whom the answers of each activity belong depends on this order.
fn story(event: &Event, phones: &mut [Live; 3], order: [usize; 5]) {
    let mut studio = moderating(event);
    studio.configure(|settings| settings.state = QaState::Open);
    let [poll, days, statutes, cloud, wall] = event.activities[..] else { panic!("five activities") };
    studio.steer(Control::Open { activity: poll });
    give(phones, (poll, 1), order[0], &[pick(1), pick(2), pick(1)]);
    studio.steer(Control::Reset { activity: poll, round: 1 });
    studio.steer(Control::Open { activity: poll });
    give(phones, (poll, 2), order[1], &[pick(2)]);
    studio.steer(Control::Open { activity: days });
    give(phones, (days, 1), order[2], &[choice(&[1, 2], None), choice(&[2], Some("=HYPERLINK(\"x\")"))]);
    studio.steer(Control::Open { activity: statutes });
    let values = [&[(1, 10), (2, 0)][..], &[(1, 7)], &[(1, 9), (2, 4)]];
    let rated = values.map(|values| Answer::Rating(Ratings { ratings: values.iter().copied().collect() }));
    give(phones, (statutes, 1), order[3], &rated);
    studio.steer(Control::Open { activity: cloud });
    give(phones, (cloud, 1), order[4], &[words(&["Été", "sun"]), words(&["Sun"]), words(&[])]);
    studio.steer(Control::Open { activity: wall });
    for (phone, text) in phones.iter_mut().zip(["Meetings; and mails", "@home"]) {
        let to = ActivityRound { activity: wall, round: 1 };
        phone.post(PostCommand::Send { to, text: text.to_owned(), name: None });
    }
    phones[order[0]].post(PostCommand::Ask { text: "Who pays?".to_owned(), name: None });
    studio.until("the question", |studio| studio.moderates(3, |_| true));
}

fn activities() -> [Settings; 5] {
    [Settings::Choice(strict_poll()), several(), rating(), cloud(), wall()]
}

/// Cells as text.
fn text(rows: &[Vec<Data>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

#[test]
fn a_workbook_has_a_sheet_of_each_activity_with_a_row_of_each_answer_and_a_summary() {
    let house = House::shared();
    let event = Event::new(&house, &activities());
    let mut phones = [event.phone(), event.phone(), event.phone()];
    story(&event, &mut phones, [0; 5]);
    let answer = export(&event, "xlsx");
    let name = answer.header("content-disposition");
    assert!(name.starts_with(&format!("attachment; filename=\"{}-results-20", event.code)), "{name}");
    assert_eq!(answer.header("content-length"), answer.bytes.len().to_string());
    let (names, sheets) = workbook(&answer);
    assert_eq!(names.len(), 7, "{names:?}");
    assert_eq!((&*names[0], &*names[2], &*names[6]), ("Summary", "2. Which days", "Questions"));
    let table = |at: usize| text(&sheets[&names[at]]);
    let poll = strict_poll();
    let [a, b] = [&poll.options[0].text, &poll.options[1].text];
    assert_eq!(table(1), [["Round", "Answer"], ["1", a], ["1", a], ["1", b], ["2", b]]);
    assert_eq!(
        table(2),
        [["Round", a, b, "Other"], ["1", "1", "1", ""], ["1", "", "1", "=HYPERLINK(\"x\")"]].map(Vec::from)
    );
    let mut statutes = table(3);
    statutes[1..].sort();
    assert_eq!(statutes, [["Round", "Clear", "=SUM(A1:A9)"], ["1", "10", "0"], ["1", "7", ""], ["1", "9", "4"]]);
    assert_eq!(table(4)[0][..3], ["Round", "Word 1", "Word 2"]);
    assert_eq!(table(4).len(), 3, "who took all words back has not answered: {:?}", table(4));
    assert_eq!((table(5).len(), table(6).len()), (3, 2));

    let summary = table(0);
    let line = |label: &str| {
        let found: Vec<_> = summary.iter().filter(|row| row[0] == label).map(|row| row[1..3].to_vec()).collect();
        found
    };
    assert_eq!(line(&names[1])[0], ["4", ""], "{summary:?}");
    assert_eq!(line("All activities")[0], ["13", ""]);
    assert_eq!(line(a), [["2", "0"], ["1", ""]], "in the first round two, in the second nobody");
    assert_eq!(line("Other"), [["1", ""]]);
    assert_eq!(line("Words"), [["3", ""]]);
    assert_eq!(line("10"), [["1", ""], ["0", ""]]);
    assert_eq!(line("Mean"), [["8.666666666666666", ""], ["2", ""]]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes)).expect("a workbook");
    let formulas = book.worksheet_formula("Summary").expect("formulas");
    let formulas: Vec<_> = formulas.used_cells().map(|(_, _, formula)| formula.clone()).collect();
    assert!(formulas.iter().any(|formula| formula.starts_with("SUM(B")), "{formulas:?}");
}

#[test]
fn an_archive_has_a_table_of_each_sheet_in_the_reader_s_language() {
    let house = House::shared();
    let event = Event::new(&house, &activities());
    let mut phones = [event.phone(), event.phone(), event.phone()];
    story(&event, &mut phones, [0; 5]);
    let french = house.owner().with("Accept-Language", "fr");
    let files = archive(&french.get(&event.path("/export/results.zip")).expect(200), b';');
    let (_, sheets) = workbook(&export(&event, "xlsx"));
    assert_eq!(files.len(), sheets.len() - 1, "all but the summary: {:?}", files.keys());
    assert_eq!(files["2. Which days.csv"][2], ["1", "", "1", "'=HYPERLINK(\"x\")"]);
    assert_eq!(files["3. The statutes.csv"][0], ["Tour", "Clear", "'=SUM(A1:A9)"]);
    assert!(files.contains_key("Questions.csv"));
    for (name, rows) in &sheets {
        let lines = files.get(&format!("{name}.csv")).map_or(rows.len(), Vec::len);
        assert_eq!(lines, rows.len(), "{name}");
    }
}

#[test]
fn json_has_every_answer_as_it_was_given() {
    let house = House::shared();
    let event = Event::new(&house, &activities());
    let mut phones = [event.phone(), event.phone(), event.phone()];
    story(&event, &mut phones, [0; 5]);
    let told = export(&event, "json").json();
    assert_eq!((&told["format"], &told["version"]), (&json!("parterre-results"), &json!(1)));
    assert_eq!(told["event"]["code"], event.code);
    let answers = |at: usize| told["activities"][at]["answers"].as_array().cloned().unwrap_or_default();
    let given = |option: u16| json!({"kind": "choice", "options": [option]});
    assert_eq!(
        answers(0),
        [(1, 1, 2), (1, 2, 1), (2, 2, 1)]
            .map(|(round, option, count)| json!({"round": round, "answer": given(option), "count": count}))
    );
    assert_eq!(told["activities"][4]["texts"].as_array().map(Vec::len), Some(2));
    assert_eq!(told["activities"][4]["answers"], Value::Null);
    assert_eq!(told["questions"][0]["text"], "Who pays?");
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    assert_eq!(problems(&schema, "results.json", &told), [""; 0]);
    for phone in &phones {
        assert!(!told.to_string().contains(&phone.me().participant.to_string()));
    }
}

/// All that an export says but its own moment and the event's id, code and times.
fn told(event: &Event) -> Vec<String> {
    let mut json = export(event, "json").json();
    json["exported_at"] = Value::Null;
    json["event"] = Value::Null;
    for list in ["activities", "questions"] {
        for entry in json[list].as_array_mut().expect("a list") {
            entry["id"] = Value::Null;
            for post in entry["texts"].as_array_mut().into_iter().flatten() {
                (post["sent_at"], post["published_at"]) = (Value::Null, Value::Null);
            }
            (entry["asked_at"], entry["published_at"]) = (Value::Null, Value::Null);
        }
    }
    let (names, mut sheets) = workbook(&export(event, "xlsx"));
    sheets.retain(|name, _| *name != names[0] && *name != names[5] && *name != names[6]);
    let cells = sheets.into_iter().map(|(name, rows)| format!("{name}: {:?}", text(&rows)));
    cells.chain([json.to_string()]).collect()
}

#[test]
fn without_names_no_file_tells_who_gave_which_answers_or_in_which_order() {
    let house = House::shared();
    let one = Event::new(&house, &activities());
    let mut phones = [one.phone(), one.phone(), one.phone()];
    story(&one, &mut phones, [0; 5]);
    // The same answers by other people, those to each activity by different ones and in another order.
    let other = Event::new(&house, &activities());
    let mut phones = [other.phone(), other.phone(), other.phone()];
    story(&other, &mut phones, [1, 2, 1, 2, 1]);
    assert_eq!(told(&one), told(&other));
}

#[test]
fn where_names_are_asked_for_each_answer_has_one_and_the_minute() {
    let house = House::shared();
    let event = Event::new(&house, &[Settings::Choice(strict_poll())]);
    house.owner().ask("PATCH", &event.path(""), &json!({"names": true})).expect(200);
    let named = |name: &str| -> Browser {
        let device = house.stranger();
        device.ask("POST", "/api/v1/join", &json!({"code": event.code, "name": name})).expect(200);
        device
    };
    let mut phones = ["Zoé", "Wilma"].map(|name| event.enter(Audience::Phone, &named(name)));
    let _studio = event.open(event.activities[0]);
    for phone in &mut phones {
        phone.respond(event.activities[0], pick(1));
    }
    let (names, sheets) = workbook(&export(&event, "xlsx"));
    let rows = &sheets[&names[1]];
    assert_eq!(text(&rows[..1]), [["Round", "Name", "Answered (UTC)", "Answer"]]);
    let who: BTreeSet<_> = rows[1..].iter().map(|row| row[1].to_string()).collect();
    assert_eq!(who, ["Wilma", "Zoé"].map(str::to_owned).into());
    for row in &rows[1..] {
        let Data::DateTime(at) = &row[2] else { panic!("{row:?}") };
        let minutes = at.as_f64() * 24.0 * 60.0;
        assert!((minutes - minutes.round()).abs() < 1e-4, "{minutes}");
    }
    let told = export(&event, "json").json();
    let first = &told["activities"][0]["answers"][0];
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    assert_eq!(problems(&schema, "results.json", &told), [""; 0]);
    assert!(first["at"].as_str().is_some_and(|at| at.ends_with(":00.000Z")), "{first}");

    house.owner().ask("PATCH", &event.path(""), &json!({"names": false})).expect(200);
    for ending in ["json", "zip"] {
        assert!(!export(&event, ending).body.contains("Wilma"), "names are no longer asked for");
    }
    let (names, sheets) = workbook(&export(&event, "xlsx"));
    assert_eq!(text(&sheets[&names[1]])[0], ["Round", "Answer"]);
}

#[test]
fn results_are_exported_for_the_event_s_facilitators_in_forms_that_there_are() {
    let house = House::shared();
    let event = Event::new(&house, &[]);
    for ending in ["xlsx", "zip", "json"] {
        let path = event.path(&format!("/export/results.{ending}"));
        house.owner().get(&path).expect(200);
        assert_eq!(house.stranger().get(&path).refusal(), (401, "unauthorised".to_owned()));
        assert_eq!(house.other_team().get(&path).refusal(), (404, "unknown_event".to_owned()));
    }
    for ending in ["csv", "pdf", "xlsx.xlsx"] {
        house.owner().get(&event.path(&format!("/export/results.{ending}"))).expect(404);
    }
}
