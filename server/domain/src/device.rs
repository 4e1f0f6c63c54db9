//! Which browser on which system somebody uses, as roughly as a person tells their devices apart.

/// A browser and a system; nothing else of what a browser says of itself is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser, as the catalogues know it: `studio.account.browser.…`.
    pub browser: &'static str,
    /// The system, likewise: `studio.account.system.…`.
    pub system: &'static str,
}

/// What a browser's description of itself contains, in the order in which it is looked for: most
/// claim to be others too.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Chromium/", "chrome"),
    ("Safari/", "safari"),
];
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("CrOS", "chromeos"),
    ("Macintosh", "macos"),
    ("Linux", "linux"),
    ("BSD", "bsd"),
];
const OTHER: &str = "other";

impl Device {
    /// What a browser's `User-Agent` says.
    pub fn of(user_agent: &str) -> Self {
        let find = |signs: &[(&str, &'static str)]| {
            signs.iter().find(|(sign, _)| user_agent.contains(sign)).map_or(OTHER, |(_, name)| name)
        };
        Self { browser: find(&BROWSERS), system: find(&SYSTEMS) }
    }

    /// As it is kept, such as `firefox linux`.
    pub fn kept(self) -> String {
        format!("{} {}", self.browser, self.system)
    }

    /// Parses a stored device.
    pub fn parse(kept: &str) -> Self {
        let (browser, system) = kept.split_once(' ').unwrap_or_default();
        let find = |names: &[(&str, &'static str)], name| {
            names.iter().find(|(_, known)| *known == name).map_or(OTHER, |(_, known)| known)
        };
        Self { browser: find(&BROWSERS, browser), system: find(&SYSTEMS, system) }
    }

    /// Whether it is held in a hand.
    pub fn is_mobile(self) -> bool {
        ["iphone", "ipad", "android"].contains(&self.system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say_first_of_themselves() {
        for (user_agent, kept) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Mobile/15E148 Safari/604.1",
                "safari iphone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 \
                 Safari/537.36 Edg/138.0.0.0",
                "edge windows",
            ),
            ("curl/8.5.0", "other other"),
            ("", "other other"),
        ] {
            let device = Device::of(user_agent);
            assert_eq!(device.kept(), kept);
            assert_eq!(Device::parse(kept), device);
        }
        assert_eq!(Device::parse("lynx").kept(), "other other");
    }
}
