//! Which settings are taken, from where, and what is said of those that are not.

use std::time::Duration;

use super::*;

fn with(file: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("venue.toml");
    std::fs::write(&path, file).unwrap();
    let cli = Cli { config: Some(path), ..Cli::default() };
    Config::merge(&cli, variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
}

#[test]
fn every_default_is_explained_and_understood() {
    Config::merge(&Cli::default(), HashMap::new()).unwrap();
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for (comment, line) in lines.iter().zip(&lines[1..]).filter(|(_, line)| line.contains(" = ")) {
        let sentence = comment.strip_prefix("# ").is_some_and(|comment| comment.ends_with('.'));
        assert!(sentence || line.starts_with('#'), "no sentence above {line}");
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
    let file = "data = \"/file\"\nlisten = \"127.0.0.1:1\"\n[limits]\nconnections = 7\nbody_timeout_ms = 5\n";
    let variables =
        [("PARTERRE_DATA", "/environment"), ("PARTERRE_LIMITS__CONNECTIONS", "8"), ("PARTERRE_PORT", "tcp://x")];
    let settings = with(file, &variables).unwrap();
    assert_eq!(settings.data, PathBuf::from("/environment"));
    assert_eq!(settings.listen.port(), 1);
    assert_eq!(settings.limits.connections.get(), 8);
    assert_eq!(settings.limits.body_timeout, Duration::from_millis(5));
    let cli = Cli { data: Some("/cli".into()), ..Cli::default() };
    let settings = Config::merge(&cli, HashMap::from([("PARTERRE_DATA".into(), "/environment".into())])).unwrap();
    assert_eq!(settings.data, PathBuf::from("/cli"));
}

#[test]
fn a_bad_value_is_told_with_its_key_and_its_source() {
    for (file, variables, key) in [
        ("", &[("PARTERRE_LIMITS__CONNECTIONS", "many")][..], "limits.connections"),
        ("", &[("PARTERRE_LISTEN", "8080")], "listen"),
        ("", &[("PARTERRE_LIVE__SCREEN_TICK_MS", "0")], "live.screen_tick_ms"),
        ("", &[("PARTERRE_PUBLIC_URL", "vote.example.org")], "public_url"),
        ("[netcheck]\nsilence_s = []", &[], "netcheck.silence_s"),
        ("", &[("PARTERRE_NETCHECK__SILENCE_S", "30,soon")], "netcheck.silence_s"),
        ("", &[("PARTERRE_NETCHECK__BYTES_PER_MINUTE", "0")], "netcheck.bytes_per_minute"),
        ("[netcheck]\nreport_bytes = 1000", &[], "netcheck.report_bytes"),
        ("", &[("PARTERRE_PROXIES", "10.0.0.2, proxy")], "proxies"),
        ("", &[("PARTERRE_ACME__NAMES", "vote.example.org, *.example.org")], "acme.names"),
        ("[acme]\ncontact = \"desk\"", &[], "acme.contact"),
        ("[acme]\ndirectory = \"http://acme.example.org/\"", &[], "acme.directory"),
        ("[live]\nping_ms = -1", &[], "live.ping_ms"),
        ("[log]\nformat = \"xml\"", &[], "log.format"),
        ("[log]\nlvel = \"debug\"", &[], "lvel"),
        ("speed = 9", &[], "speed"),
    ] {
        let message = with(file, variables).unwrap_err().to_string();
        let source = if variables.is_empty() { "venue.toml" } else { "the environment" };
        assert!(message.contains(&format!("`{key}`")) && message.contains(source), "{message}");
    }
}

#[test]
fn a_former_name_is_refused_with_the_present_one() {
    let is_known = |path: &str| is_setting(&former::variable(path));
    for (former, present) in former::NAMES {
        let (section, key) = former.split_once('.').unwrap();
        let message = with(&format!("[{section}]\n{key} = 7\n"), &[]).unwrap_err().to_string();
        assert!(message.contains(&format!("`{former}` in ")) && message.contains("venue.toml"), "{message}");
        assert!(message.contains(&format!("`{present}`")), "{message}");
        let message = with("", &[(&former::variable(former), "7")]).unwrap_err().to_string();
        assert!(message.contains(&format!("`{}` in the environment", former::variable(former))), "{message}");
        assert!(message.contains(&format!("`{}`", former::variable(present))), "{message}");
        assert!(is_known(present) && !is_known(former), "{present} is no setting, or {former} still is one");
    }
}

#[test]
fn silences_are_a_list_wherever_they_are_set() {
    let of = |file: &str, variables: &[(&str, &str)]| with(file, variables).unwrap().netcheck.silence_s;
    assert_eq!(of("", &[]), [30, 60, 120, 300, 600]);
    assert_eq!(of("[netcheck]\nsilence_s = [60, 5, 60]", &[]), [5, 60]);
    assert_eq!(of("", &[("PARTERRE_NETCHECK__SILENCE_S", "3, 1")]), [1, 3]);
    assert_eq!(of("", &[("PARTERRE_NETCHECK__SILENCE_S", "7")]), [7]);
    assert!(with("[netcheck]\nsilence_s = [3601]", &[]).is_err());
}

#[test]
fn a_public_url_is_the_same_however_it_is_spelt() {
    for spelt in ["https://vote.example.org", "https://VOTE.example.org:443/", " https://vote.example.org. "] {
        let url = with(&format!("public_url = \"{spelt}\""), &[]).unwrap().public_url.unwrap();
        assert_eq!(url.to_string(), "https://vote.example.org");
    }
    assert_eq!(Config::default().public_url, None);
}
