//! What watches the nodes: Prometheus' rules and Grafana's dashboard.

use std::collections::BTreeSet;

use parterre_system::metrics::Metrics;
use serde_json::Value;

use crate::file;

/// What Prometheus derives from a histogram.
const DERIVED: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The names of what the server counts.
fn counted() -> BTreeSet<String> {
    let text = Metrics::new().render();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.flat_map(|(name, kind)| names_of(name, kind)).collect()
}

/// A metric of this kind as Prometheus keeps it.
fn names_of(name: &str, kind: &str) -> Vec<String> {
    let derived = DERIVED.iter().filter(|_| kind == "histogram").map(|end| format!("{name}{end}"));
    derived.chain([name.to_owned()]).collect()
}

#[test]
fn of_a_histogram_everything_derived_is_counted() {
    let names = counted();
    for derived in ["parterre_commit_seconds_bucket", "parterre_commit_seconds_sum", "parterre_commit_seconds_count"] {
        assert!(names.contains(derived), "{derived}");
    }
}

/// Every word of a text that begins like one of them.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("parterre_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_and_the_rules_ask_for_nothing_that_is_not_counted() {
    let counted = counted();
    for name in ["grafana-dashboard.json", "alerts.yml"] {
        let named = named(&file(name));
        assert!(named.len() > 3, "{name} asks for next to nothing: {named:?}");
        let unknown: Vec<_> = named.difference(&counted).collect();
        assert!(unknown.is_empty(), "{name} asks for {unknown:?}, of {counted:#?}");
    }
}

#[test]
fn everything_that_is_counted_is_on_the_dashboard() {
    let shown = named(&file("grafana-dashboard.json"));
    let text = Metrics::new().render();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let hidden: Vec<_> = types.filter(|name| !shown.iter().any(|shown| shown.starts_with(name))).collect();
    assert!(hidden.is_empty(), "counted and shown nowhere: {hidden:?}");
}

#[test]
fn the_dashboard_is_one_that_grafana_can_draw() {
    let board: Value = serde_json::from_str(&file("grafana-dashboard.json")).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let mut places = BTreeSet::new();
    for panel in panels {
        let (title, place) = (&panel["title"], &panel["gridPos"]);
        assert!(panel["id"].as_u64().is_some_and(|id| places.insert(format!("id {id}"))), "the id of {title}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| place[side].as_u64().expect("a place"));
        assert!(x + w <= 24, "{title} is on the board");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| format!("{x}, {y}"))) {
            assert!(places.insert(cell), "{title} covers another panel");
        }
        if panel["type"] != "row" {
            let asks = |target: &Value| target["expr"].as_str().is_some_and(|expr| !expr.is_empty());
            assert!(panel["targets"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(asks)), "{title}");
            assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title} is explained");
        }
    }
}
